"""A simulated arm over a back, and the fixed little controller that the tests of the simulation hold it with."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.robot import RobotModel
from controller.safety import gate
from controller.types import Truth, Vector
from sim.bullet.arm import BulletArm
from sim.options import SimulationOptions
from sim.period.arm_kinematics import LINE_SIZE, add_joint_torques, tool_motion
from sim.plant import SimPlant, build_simulation
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from urdf.arms import load_arm

Array = NDArray[np.float64]


@functools.cache
def setting(arm_name: str = "servo7", body_name: str = "median_m") -> tuple[ArmDescription, Placement, Body, Skin]:
    """Return arm, base beside the body, body and skin."""
    arm, body = load_arm(arm_name), load_body(body_name)
    skin = Skin.from_body(body)
    x = 0.55 * body.landmarks["C7"][0]
    half = math.sqrt(0.5)
    return arm, Placement((x, -0.45, float(skin.height(x, 0.0)[0]) + 0.05), (0.0, 0.0, half, half)), body, skin


@functools.cache
def posture(arm_name: str, x_m: float, y_m: float, gap_m: float) -> tuple[Vector, tuple[float, ...], tuple[float, ...]]:
    """Return joint angles, tool position and outward normal with the pad's centre ``gap_m`` off the skin."""
    arm, placement, _, skin = setting(arm_name)
    model = RobotModel(arm, placement)
    normal = skin.normal(x_m, y_m)[0]
    position = np.array([x_m, y_m, skin.height(x_m, y_m)[0]]) + gap_m * normal
    rotation = tool_rotation(normal)
    q = np.array(arm.home_rad)
    for _ in range(400):
        p, r = model.tool_pose(q)
        error = np.concatenate([position - p, pin.log3(rotation @ r.T)])
        jacobian = model.tool_jacobian(q)
        q = q + jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + 1e-4 * np.eye(6), error)
    if not np.linalg.norm(error) < 1e-9:
        raise RuntimeError(f"no posture for {x_m}, {y_m}: {error}")
    return tuple(q.tolist()), tuple(position.tolist()), tuple(normal.tolist())


def tool_rotation(normal: Array) -> Array:
    """Return R_WT with z into the body and x as near to the world's y as it gets."""
    z = -normal
    x = np.array([0.0, 1.0, 0.0]) - z[1] * z
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


class Push:
    """Turns a force on the tool of an arm in the physics engine into what its joints have to be given.

    Args:
        bullet: the arm; its joints are left at zero.
    """

    def __init__(self, bullet: BulletArm) -> None:
        self._bullet, self._chain = bullet, bullet.chain()
        self.pad, self.room = np.zeros(9), np.zeros((3, 3, 3))
        """Motion of the tool and its R_WT at the last look."""
        self.lines = np.zeros((len(self._chain), LINE_SIZE))
        """Axes of the joints at the last look."""

    def look(self) -> None:
        """Take note of how the arm stands and moves now."""
        tool_motion(self._chain, np.array(self._bullet.state()), self.pad, self.room, self.lines)

    def load(self, torque_nm: Sequence[float], force_w: Sequence[float], point_w: Sequence[float]) -> list[float]:
        """Return the joint torques together with those of a force [N] that acts at a point [m]."""
        self.look()
        load = np.array(torque_nm)
        add_joint_torques(self.lines, np.array(force_w), np.array(point_w), np.zeros(3), load)
        return load.tolist()


def approved(tau_nm: Array) -> gate.ApprovedCommand:
    """Return torques as if the gate had let them through."""
    return gate.ApprovedCommand(tuple(tau_nm.tolist()), gate._KEY)


class Rig:
    """A plant with a stiff impedance that keeps the tool over one spot and presses with a given force."""

    def __init__(
        self, options: SimulationOptions, spot: tuple[float, float, float] = (0.1, 0.04, 0.0185), name: str = "servo7"
    ) -> None:
        arm, placement, body, _ = setting(name)
        self.model = RobotModel(arm, placement)
        self.plant: SimPlant = build_simulation(arm, placement, body, options)
        self.plant.configure()
        q, position, normal = posture(name, *spot)
        self.position, self.normal = np.array(position), np.array(normal)
        self.rotation = tool_rotation(self.normal)
        self.plant.activate(q)

    def step(self, press_n: float) -> Truth:
        """Let one period pass."""
        state = self.plant.read()
        dq = np.array(state.dq_rad_s)
        self.model.update(np.array(state.q_rad), dq)
        twist = self.model.jacobian @ dq
        gap = self.position - self.model.position
        force = 800.0 * (gap - self.normal * (gap @ self.normal)) - press_n * self.normal - 120.0 * twist[:3]
        moment = 30.0 * pin.log3(self.rotation @ self.model.rotation.T) - 2.0 * twist[3:]
        tau = self.model.jacobian.T @ np.concatenate([force, moment])
        self.plant.apply(approved(tau + self.model.gravity + self.model.coriolis @ dq))
        return self.plant.truth()[0]

    def close(self) -> None:
        """Close the world."""
        self.plant.deactivate()
