"""The arm in PyBullet: a thin typed adaptor with the settings that make it exact.

Only this file, ``bullet_file`` and ``sim.fem`` know PyBullet, by ``engine``.

Settings that matter: inertias from the file (else Bullet makes its own from collision shapes), all default dampings
zero, one property per ``changeDynamics`` call (it silently drops some when given together), no collision shapes
(contact forces come from the tissue law), links that never move against each other merged (``rigid_groups``).

Two things of Bullet are not used because they are not exact: its joint feedback (see ``wrist``), and forces on links,
which it places by link frames a step old; the joint torques of a contact force are given to it instead.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.robot import GRAVITY_M_S2
from controller.types import Vector, Vector3
from sim.bullet.differing_links import differing_links
from sim.bullet.engine import pybullet
from sim.bullet.rigid_groups import ArmLink, carriers, hanging_on, merged, summed, urdf_text, with_point_mass
from sim.bullet.robot_file import joint_axis, joint_infos, link_frame, links_of_file, load_file, load_robot, new_world
from sim.differences.values import EXACT_PLANT, PlantDifferences
from sim.period.arm_kinematics import chain_of_frames
from sim.period.wrist_sensor import BODY_SIZE, COM, INERTIA, MASS, SENSOR_POSITION, SENSOR_ROTATION

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Picture:
    """A rendered view.

    Attributes:
        rgb: (height, width, 3) uint8.
    """

    rgb: NDArray[np.uint8]


class BulletArm:
    """One arm in a physics world of its own.

    Args:
        arm: the arm and its tool.
        placement: X_WB.
        dt_s: time step.
        differences: what its links differ by from the arm's file.

    Raises:
        PlantError: the URDF does not exist, cannot be loaded or lacks a link.
        ConfigError: links with these differences cannot be.
    """

    def __init__(
        self,
        arm: ArmDescription,
        placement: Placement,
        dt_s: float,
        differences: PlantDifferences = EXACT_PLANT,
    ) -> None:
        self._arm, self._placement = arm, placement
        self._links = differing_links(links_of_file(arm), arm, differences)
        self._count = len(arm.joint_names)
        self._friction_nm: Vector = (0.0,) * self._count
        self._world: int = pybullet.connect(pybullet.DIRECT)
        try:
            pybullet.setGravity(0.0, 0.0, -GRAVITY_M_S2, physicsClientId=self._world)
            pybullet.setTimeStep(dt_s, physicsClientId=self._world)
            self._load(0.0)
        except BaseException:
            self.close()
            raise

    @property
    def links(self) -> list[ArmLink]:
        """The links of the file, as they stand in the frame of the base with all joints at zero."""
        return list(self._links)

    @property
    def placement(self) -> Placement:
        """Where the base stands: X_WB."""
        return self._placement

    def _load(self, extra_kg: float) -> None:
        """Put the arm with so much extra mass at its tool into the world."""
        world, arm, links = self._world, self._arm, with_point_mass(self._links, self._arm.tool_frame, extra_kg)
        self._extra_kg = extra_kg
        bodies = merged(links)
        self.text = urdf_text(bodies)
        """The file that the engine has read."""
        with tempfile.NamedTemporaryFile("w", suffix=".urdf") as file:
            file.write(self.text)
            file.flush()
            self._body = load_file(file.name, self._placement, world)
        infos = joint_infos(self._body, world)
        joints, numbers = ({info[key].decode(): info[0] for info in infos} for key in (1, 12))
        self._joints = [joints[name] for name in arm.joint_names]
        tool = next(index for index, link in enumerate(links) if link.name == arm.tool_frame)
        carrier = links[carriers(links)[tool]]
        self._carrier = numbers[carrier.name]
        self._tool_position = carrier.rotation.T @ (links[tool].position_m - carrier.position_m)
        self._tool_rotation = carrier.rotation.T @ links[tool].rotation
        self._remove_defaults(len(bodies))
        self._tool_body = _tool_body(links, arm)

    def _remove_defaults(self, links: int) -> None:
        for link in range(-1, links):
            for setting in ({"linearDamping": 0.0}, {"angularDamping": 0.0}, {"jointDamping": 0.0}):
                pybullet.changeDynamics(self._body, link, **setting, physicsClientId=self._world)

    def chain(self) -> Array:
        """Return the kinematic chain (n + 1, 15) as the engine has it; moves the joints to zero."""
        count = self._count
        for joint in self._joints:
            pybullet.resetJointState(self._body, joint, 0.0, 0.0, physicsClientId=self._world)
        rotations, origins = np.zeros((count + 1, 3, 3)), np.zeros((count + 1, 3))
        axes = np.zeros((count, 3))
        for k, joint in enumerate(self._joints):
            origins[k], rotations[k] = link_frame(self._body, joint, self._world)
            axes[k] = joint_axis(self._body, joint, self._world)
        origins[count], rotations[count] = self.tool_pose()
        return chain_of_frames(rotations, origins, axes)

    def reset(self, q_rad: Vector, dq_rad_s: Vector | None = None) -> None:
        """Place the joints."""
        speeds = dq_rad_s if dq_rad_s is not None else (0.0,) * self._count
        for joint, angle, speed in zip(self._joints, q_rad, speeds, strict=True):
            pybullet.resetJointState(self._body, joint, angle, speed, physicsClientId=self._world)

    def set_friction(self, friction_nm: Vector) -> None:
        """Brake every joint toward rest with at most this torque: Coulomb friction, or the brakes when it is large."""
        self._friction_nm = friction_nm
        pybullet.setJointMotorControlArray(
            self._body, self._joints, pybullet.VELOCITY_CONTROL, forces=friction_nm, physicsClientId=self._world
        )

    def set_extra_tool_mass(self, extra_kg: float) -> None:
        """Make the tool this much heavier than its model, at the pad; the arm goes on as it moves."""
        if extra_kg == self._extra_kg:
            return
        motion = tuple(self.state())
        # Bullet cannot shift the centre of mass of a link it has, so the arm is loaded anew
        pybullet.removeBody(self._body, physicsClientId=self._world)
        self._load(extra_kg)
        self.set_friction(self._friction_nm)
        self.reset(motion[: self._count], motion[self._count :])

    def tool_body(self) -> Array:
        """Return what is behind the wrist sensor, (``sim.period.wrist_sensor.BODY_SIZE``,)."""
        return self._tool_body

    def holding_torque(self, q_rad: Vector) -> Vector:
        """Return the torque [Nm] that holds the arm still at ``q_rad`` against gravity."""
        rest = [0.0] * self._count
        return tuple(
            pybullet.calculateInverseDynamics(self._body, list(q_rad), rest, rest, physicsClientId=self._world)
        )

    def step(self, tau_nm: list[float]) -> None:
        """Let one time step pass with these torques (n,) at the joints, those of a contact force among them."""
        world = self._world
        pybullet.setJointMotorControlArray(
            self._body, self._joints, pybullet.TORQUE_CONTROL, forces=tau_nm, physicsClientId=world
        )
        pybullet.stepSimulation(physicsClientId=world)

    def state(self) -> list[float]:
        """Return joint positions and speeds (2 n,)."""
        states = pybullet.getJointStates(self._body, self._joints, physicsClientId=self._world)
        return [*[s[0] for s in states], *[s[1] for s in states]]

    def tool_pose(self) -> tuple[Array, Array]:
        """Return p_WT (3,) and R_WT (3, 3) as the engine has them."""
        origin, rotation = link_frame(self._body, self._carrier, self._world)
        return origin + rotation @ self._tool_position, rotation @ self._tool_rotation

    def picture(self, eye_w: Vector3, target_w: Vector3, width: int = 640, height: int = 480) -> Picture:
        """Render the arm without a window (software renderer), from the file, whose shapes the physics leave out."""
        view = pybullet.computeViewMatrix(eye_w, target_w, (0.0, 0.0, 1.0))
        projection = pybullet.computeProjectionMatrixFOV(45.0, width / height, 0.05, 5.0)
        angles = self.state()[: self._count]
        with new_world() as world:
            body = load_robot(self._arm.urdf_path, self._placement, world)
            numbers = {info[1].decode(): info[0] for info in joint_infos(body, world)}
            for name, angle in zip(self._arm.joint_names, angles, strict=True):
                pybullet.resetJointState(body, numbers[name], angle, physicsClientId=world)
            image = pybullet.getCameraImage(
                width, height, view, projection, renderer=pybullet.ER_TINY_RENDERER, physicsClientId=world
            )
        rgba = np.asarray(image[2], dtype=np.uint8).reshape(height, width, 4)
        return Picture(rgba[:, :, :3].copy())

    def close(self) -> None:
        """Disconnect; never raises."""
        with contextlib.suppress(pybullet.error):
            pybullet.disconnect(physicsClientId=self._world)


def _tool_body(links: list[ArmLink], arm: ArmDescription) -> Array:
    """Return what is behind the wrist sensor as ``sim.period.wrist_sensor`` needs it."""
    tool = next(link for link in links if link.name == arm.tool_frame)
    group = hanging_on(links, arm.sensor_frame)
    sensor, axes = summed(group[0], group), tool.rotation
    body = np.zeros(BODY_SIZE)
    body[MASS] = sensor.mass_kg
    body[COM:INERTIA] = axes.T @ (sensor.com_m - tool.position_m)
    body[INERTIA:SENSOR_POSITION] = (axes.T @ sensor.inertia_kg_m2 @ axes).ravel()
    body[SENSOR_POSITION:SENSOR_ROTATION] = axes.T @ (sensor.position_m - tool.position_m)
    body[SENSOR_ROTATION:] = (axes.T @ sensor.rotation).ravel()
    return body
