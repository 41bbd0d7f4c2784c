"""The only place that knows PyBullet: a thin typed adaptor with the settings that make it exact.

Settings that matter: inertias from the file (else Bullet makes its own from collision shapes), all default dampings
zero, one property per ``changeDynamics`` call (it silently drops some when given together), no collision shapes
(contact forces come from the tissue law), joint feedback in the joint frame. Bullet's feedback is the wrench of the
arm on the tool side: minus what a wrist sensor reads.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.errors import PlantError
from controller.robot import GRAVITY_M_S2
from controller.types import Vector, Vector3
from sim.chain import chain_of_frames
from sim.quiet import silenced_output

with silenced_output():
    import pybullet

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

    Raises:
        PlantError: the URDF does not exist, cannot be loaded or lacks a link.
    """

    def __init__(self, arm: ArmDescription, placement: Placement, dt_s: float) -> None:
        if not Path(arm.urdf_path).is_file():
            raise PlantError(f"{arm.urdf_path}: no such file", "check --arm and the installation")
        self._world: int = pybullet.connect(pybullet.DIRECT)
        try:
            self._load(arm, placement, dt_s)
        except BaseException:
            self.close()
            raise

    def _load(self, arm: ArmDescription, placement: Placement, dt_s: float) -> None:
        world = self._world
        pybullet.setGravity(0.0, 0.0, -GRAVITY_M_S2, physicsClientId=world)
        pybullet.setTimeStep(dt_s, physicsClientId=world)
        pybullet.setPhysicsEngineParameter(
            jointFeedbackMode=pybullet.JOINT_FEEDBACK_IN_JOINT_FRAME, physicsClientId=world
        )
        try:
            with silenced_output():
                self._body: int = pybullet.loadURDF(
                    str(arm.urdf_path),
                    placement.position_m,
                    placement.quaternion_xyzw,
                    useFixedBase=True,
                    flags=pybullet.URDF_USE_INERTIA_FROM_FILE | pybullet.URDF_IGNORE_COLLISION_SHAPES,
                    physicsClientId=world,
                )
        except pybullet.error as error:
            raise PlantError(f"{arm.urdf_path}: PyBullet cannot load it ({error})", "check the URDF") from error
        joints_by_name, links_by_name = self._index(arm)
        for wanted, known in ((arm.joint_names, joints_by_name), ((arm.sensor_frame, arm.tool_frame), links_by_name)):
            missing = [name for name in wanted if name not in known]
            if missing:
                raise PlantError(f"{arm.urdf_path}: no {missing[0]!r}", f"the file has {', '.join(known)}")
        self._joints = [joints_by_name[name] for name in arm.joint_names]
        self._sensor = links_by_name[arm.sensor_frame]
        self._tool = links_by_name[arm.tool_frame]
        self._read = [*self._joints, self._sensor]
        self._count = len(self._joints)
        self._remove_defaults(len(links_by_name))
        self._pad_kg = float(pybullet.getDynamicsInfo(self._body, self._tool, physicsClientId=world)[0])
        pybullet.enableJointForceTorqueSensor(self._body, self._sensor, True, physicsClientId=world)

    def _index(self, arm: ArmDescription) -> tuple[dict[str, int], dict[str, int]]:
        """Return joints and links by name; the index of a link is that of the joint before it."""
        joints: dict[str, int] = {}
        links: dict[str, int] = {}
        for index in range(pybullet.getNumJoints(self._body, physicsClientId=self._world)):
            info = pybullet.getJointInfo(self._body, index, physicsClientId=self._world)
            joints[info[1].decode()] = index
            links[info[12].decode()] = index
            if info[2] == pybullet.JOINT_PRISMATIC:
                raise PlantError(f"{arm.urdf_path}: joint {info[1].decode()!r} slides", "use revolute joints only")
        return joints, links

    def _remove_defaults(self, links: int) -> None:
        for link in range(-1, links):
            for setting in ({"linearDamping": 0.0}, {"angularDamping": 0.0}, {"jointDamping": 0.0}):
                pybullet.changeDynamics(self._body, link, **setting, physicsClientId=self._world)

    def chain(self) -> Array:
        """Return the kinematic chain (n + 1, 15) as the engine has it; moves the joints to zero."""
        count = self._count
        for joint in self._joints:
            pybullet.resetJointState(self._body, joint, 0.0, 0.0, physicsClientId=self._world)
        rotations, origins = np.empty((count + 1, 3, 3)), np.empty((count + 1, 3))
        axes = np.empty((count, 3))
        for k, link in enumerate([*self._joints, self._tool]):
            state = pybullet.getLinkState(self._body, link, 0, 1, physicsClientId=self._world)
            origins[k], rotations[k] = _link_frame(state)
            if k < count:
                # Bullet gives the axis in the principal frame of inertia of the link, not in the link's frame.
                axis = np.array(pybullet.getJointInfo(self._body, link, physicsClientId=self._world)[13])
                axes[k] = rotations[k].T @ _matrix(state[1]) @ axis
        return chain_of_frames(rotations, origins, axes)

    def reset(self, q_rad: Vector, dq_rad_s: Vector | None = None) -> None:
        """Place the joints."""
        speeds = dq_rad_s if dq_rad_s is not None else (0.0,) * self._count
        for joint, angle, speed in zip(self._joints, q_rad, speeds, strict=True):
            pybullet.resetJointState(self._body, joint, angle, speed, physicsClientId=self._world)

    def set_friction(self, friction_nm: Vector) -> None:
        """Brake every joint toward rest with at most this torque: Coulomb friction, or the brakes when it is large."""
        pybullet.setJointMotorControlArray(
            self._body, self._joints, pybullet.VELOCITY_CONTROL, forces=friction_nm, physicsClientId=self._world
        )

    def set_extra_tool_mass(self, extra_kg: float) -> None:
        """Make the tool this much heavier than its model, at the pad."""
        mass_kg = self._pad_kg + extra_kg
        pybullet.changeDynamics(self._body, self._tool, mass=mass_kg, physicsClientId=self._world)

    def holding_torque(self, q_rad: Vector) -> Vector:
        """Return the torque [Nm] that holds the arm still at ``q_rad`` against gravity."""
        rest = [0.0] * self._count
        return tuple(
            pybullet.calculateInverseDynamics(self._body, list(q_rad), rest, rest, physicsClientId=self._world)
        )

    def step(self, tau_nm: list[float], force_w: list[float] | None, point_w: list[float]) -> None:
        """Let one time step pass.

        Args:
            tau_nm: (n,) torques at the joints.
            force_w: (3,) force on the tool link in W, None for none.
            point_w: (3,) where it acts, in W.
        """
        world = self._world
        pybullet.setJointMotorControlArray(
            self._body, self._joints, pybullet.TORQUE_CONTROL, forces=tau_nm, physicsClientId=world
        )
        if force_w is not None:
            pybullet.applyExternalForce(
                self._body, self._tool, force_w, point_w, pybullet.WORLD_FRAME, physicsClientId=world
            )
        pybullet.stepSimulation(physicsClientId=world)

    def state(self) -> list[float]:
        """Return joint positions and speeds (2 n,) now, and minus the wrench at S (6,) of the last step."""
        joints = pybullet.getJointStates(self._body, self._read, physicsClientId=self._world)
        states = joints[:-1]
        return [*[s[0] for s in states], *[s[1] for s in states], *joints[-1][2]]

    def tool_pose(self) -> tuple[Array, Array]:
        """Return p_WT (3,) and R_WT (3, 3) as the engine has them."""
        state = pybullet.getLinkState(self._body, self._tool, 0, 1, physicsClientId=self._world)
        return _link_frame(state)

    def picture(self, eye_w: Vector3, target_w: Vector3, width: int = 640, height: int = 480) -> Picture:
        """Render the arm without a window (software renderer)."""
        view = pybullet.computeViewMatrix(eye_w, target_w, (0.0, 0.0, 1.0))
        projection = pybullet.computeProjectionMatrixFOV(45.0, width / height, 0.05, 5.0)
        image = pybullet.getCameraImage(
            width, height, view, projection, renderer=pybullet.ER_TINY_RENDERER, physicsClientId=self._world
        )
        rgba = np.asarray(image[2], dtype=np.uint8).reshape(height, width, 4)
        return Picture(rgba[:, :, :3].copy())

    def close(self) -> None:
        """Disconnect; never raises."""
        with contextlib.suppress(pybullet.error):
            pybullet.disconnect(physicsClientId=self._world)


def _link_frame(state: tuple[tuple[float, ...], ...]) -> tuple[Array, Array]:
    """Return p (3,) and R (3, 3) of a link frame in W from ``getLinkState``.

    Bullet rounds the link frame it reports to single precision; the centre of mass and its place in the link are exact.
    """
    rotation = _matrix(state[1]) @ _matrix(state[3]).T
    return np.array(state[0]) - rotation @ np.array(state[2]), rotation


def _matrix(quaternion_xyzw: tuple[float, ...]) -> Array:
    return np.array(pybullet.getMatrixFromQuaternion(quaternion_xyzw), dtype=np.float64).reshape(3, 3)
