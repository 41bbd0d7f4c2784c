"""Rigid-body terms of an arm from Pinocchio: one evaluation a tick, buffers owned here and never aliased outside."""

from __future__ import annotations

import math

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.compiled import compiled
from controller.errors import ModelError

Array = NDArray[np.float64]
GRAVITY_M_S2 = 9.81
"""Standard acceleration of free fall, rounded as in PyBullet's examples; model and simulation must agree."""

LEAST_MASS_SHARE = 0.2
"""A link that is measured to have less than this share of its mass was not measured well (assumed)."""


class RobotModel:
    """Kinematics and dynamics of one arm at a place, for any number of joints.

    Args:
        arm: the arm and its tool.
        placement: X_WB.

    Raises:
        ModelError: the file cannot be read or lacks a joint or frame.
    """

    def __init__(self, arm: ArmDescription, placement: Placement) -> None:
        try:
            model = pin.buildModelFromXML(arm.urdf_text)
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                str(arm.urdf_path), f"unreadable URDF ({error})", "one arm with revolute joints"
            ) from error
        names = tuple(model.names)[1:]
        if names != arm.joint_names or model.nq != model.nv:
            raise ModelError(str(arm.urdf_path), f"joints {', '.join(names)}", f"exactly {', '.join(arm.joint_names)}")
        for frame in (arm.sensor_frame, arm.tool_frame):
            if not model.existFrame(frame):
                raise ModelError(str(arm.urdf_path), f"no frame {frame!r}", "a link of that name", "add it to the URDF")
        x_wb = pin.SE3(pin.Quaternion(*_wxyz(placement.quaternion_xyzw)), np.array(placement.position_m))
        model.jointPlacements[1] = x_wb * model.jointPlacements[1]
        _separate_motors(model, arm)
        model.gravity.linear = np.array([0.0, 0.0, -GRAVITY_M_S2])
        self.arm = arm
        self.placement = placement
        self.model = model
        self.data = model.createData()
        self._spare = model.createData()
        self._stated = [inertia.copy() for inertia in model.inertias]
        if arm.link_additions:
            self.correct(np.array(arm.link_additions))
            self._stated = [inertia.copy() for inertia in model.inertias]
        self.joints: int = model.nq
        self.tool_id: int = model.getFrameId(arm.tool_frame)
        self.sensor_id: int = model.getFrameId(arm.sensor_frame)
        self.lower = np.array(arm.lower_rad)
        self.upper = np.array(arm.upper_rad)
        n = self.joints
        self.terms = np.zeros(6 * n + 2 * n * n + n + 12)
        """All terms of the last ``update`` in one array; the attributes below are views into it."""
        self.jacobian = self.terms[: 6 * n].reshape(6, n)
        """(6, n) LOCAL_WORLD_ALIGNED at T."""
        self.mass = self.terms[6 * n : 6 * n + n * n].reshape(n, n)
        self.coriolis = self.terms[6 * n + n * n : 6 * n + 2 * n * n].reshape(n, n)
        self.gravity = self.terms[-n - 12 : -12]
        self.rotation = self.terms[-12:-3].reshape(3, 3)
        """R_WT."""
        self.position = self.terms[-3:]
        """p_WT."""
        placement_in_joint = model.frames[self.tool_id].placement
        self._fixed_rotation = np.ascontiguousarray(placement_in_joint.rotation)
        self._fixed_position = np.array(placement_in_joint.translation)
        if model.frames[self.tool_id].parentJoint != self.joints:
            raise ModelError(str(arm.urdf_path), f"frame {arm.tool_frame!r} not behind the last joint", "a serial arm")
        self._live = self._live_views()

    def update(self, q: Array, dq: Array) -> None:
        """Evaluate all terms at ``q`` (n,) rad, ``dq`` (n,) rad/s, and copy them into this object's buffers."""
        pin.computeAllTerms(self.model, self.data, q, dq)
        pin.computeCoriolisMatrix(self.model, self.data, q, dq)  # Pinocchio 4 leaves it zero in the call above
        _gather(*self._live, self._fixed_rotation, self._fixed_position, self.terms)

    def _live_views(self) -> tuple[Array, Array, Array, Array, Array, Array]:
        """Return views of Pinocchio's own buffers: M, C, g, joint Jacobian in W, rotation and origin of the last joint.

        They change with every evaluation, which is why nothing outside this class may hold them.
        """
        data = self.data
        pin.computeAllTerms(self.model, data, pin.neutral(self.model), np.zeros(self.joints))
        last = data.oMi[self.joints]
        return data.M, data.C, data.g, data.J, last.rotation, last.translation

    def tool_pose(self, q: Array) -> tuple[Array, Array]:
        """Return (p_WT (3,), R_WT (3, 3)) at ``q``; does not touch the buffers of ``update``."""
        pin.framesForwardKinematics(self.model, self.data, q)
        frame = self.data.oMf[self.tool_id]
        return frame.translation.copy(), frame.rotation.copy()

    def tool_jacobian(self, q: Array) -> Array:
        """Return the (6, n) LOCAL_WORLD_ALIGNED Jacobian of T at ``q``."""
        return np.array(
            pin.computeFrameJacobian(self.model, self.data, q, self.tool_id, pin.LOCAL_WORLD_ALIGNED), dtype=np.float64
        )

    def effective_mass(self, q: Array, direction_w: Array) -> float:
        """Return Lambda_n [kg]: the arm's inertia felt at T along a unit direction (3,), full 6-D (stiff wrist).

        The larger of the two usual definitions (with the orientation held, as a stiff wrist does, and with it free).
        """
        jacobian = self.tool_jacobian(q)
        mass = pin.crba(self.model, self.data, q)
        mobility = jacobian @ np.linalg.solve(mass, jacobian.T)
        direction = np.concatenate([direction_w, np.zeros(3)])
        stiff = float(direction @ np.linalg.solve(mobility + 1e-9 * np.eye(6), direction))
        free = 1.0 / float(direction @ mobility @ direction)
        return max(stiff, free)

    def braked_mass(self, q: Array, direction_w: Array) -> float:
        """Return the largest inertia [kg] felt at T along a unit direction (3,) with any one joint held by its brake.

        The wrist is free, as it is when a stopped arm unloads. Where the held joint bars the direction altogether, the
        inertia is infinite.
        """
        jacobian = self.tool_jacobian(q)[:3]
        mass = pin.crba(self.model, self.data, q)
        row = direction_w @ jacobian
        masses = []
        for held in range(self.joints):
            free = np.arange(self.joints) != held
            mobility = float(row[free] @ np.linalg.solve(mass[np.ix_(free, free)], row[free]))
            masses.append(1.0 / mobility if mobility > 0.0 else math.inf)
        return max(masses)

    def reflected_friction(self, q: Array, direction_w: Array, friction_nm: Array) -> float:
        """Return the largest tool force [N] along a unit direction (3,) that joint friction (n,) can amount to."""
        jacobian = self.tool_jacobian(q)
        mass = pin.crba(self.model, self.data, q)
        inverse = np.linalg.solve(mass, jacobian.T)
        jbar_t = np.linalg.solve(jacobian @ inverse + 1e-9 * np.eye(6), inverse.T)
        return float(np.abs(direction_w @ jbar_t[:3]) @ friction_nm)

    def gravity_regressor(self, q: Array) -> Array:
        """Return (n, 4 n): holding torque at ``q`` over mass [kg] and first moment (3) [kg m] of each link."""
        still = np.zeros(self.joints)
        whole = pin.computeJointTorqueRegressor(self.model, self._spare, q, still, still)
        columns = (10 * np.arange(self.joints)[:, None] + np.arange(4)).ravel()
        return np.array(whole[:, columns], dtype=np.float64)

    def holding_nm(self, q: Array) -> Array:
        """Return the torque (n,) that holds the arm at ``q``; does not touch the buffers of ``update``."""
        return np.array(pin.computeGeneralizedGravity(self.model, self._spare, q), dtype=np.float64)

    def tool_load_nm(self, q: Array, mass_kg: float) -> Array:
        """Return the torque (n,) that holds so much more mass at ``q``, in the centre of mass of the tool."""
        x, y, z = self.model.frames[self.sensor_id].placement.act(np.array(self.arm.tool.com_s_m)).tolist()
        return np.asarray(self.gravity_regressor(q)[:, -4:] @ (mass_kg * np.array([1.0, x, y, z])))

    def link_masses_kg(self) -> Array:
        """Return the mass of every moving link, (n,)."""
        return np.array([inertia.mass for inertia in list(self.model.inertias)[1:]])

    def correct(self, additions: Array) -> None:
        """Add to masses and first moments of the links what was measured; ``restore`` takes all of it back.

        Args:
            additions: to mass [kg] and mass times centre of mass (3) [kg m] of every link, (n, 4).

        Raises:
            ModelError: a number that is not finite, or a link left with less than a fifth of its mass.
        """
        for joint, row in enumerate(additions, start=1):
            link = self.model.inertias[joint]
            mass = link.mass + float(row[0])
            if not (np.isfinite(row).all() and mass >= LEAST_MASS_SHARE * link.mass):
                raise ModelError(
                    f"measured mass of link {joint}",
                    f"{mass:.3g} kg",
                    f"at least {LEAST_MASS_SHARE * link.mass:.3g} kg",
                )
        for joint, row in enumerate(additions, start=1):
            link = self.model.inertias[joint]
            mass = link.mass + float(row[0])
            self.model.inertias[joint] = pin.Inertia(mass, (link.mass * link.lever + row[1:]) / mass, link.inertia)

    def restore(self) -> None:
        """Make the links those of the file again."""
        for joint, inertia in enumerate(self._stated):
            self.model.inertias[joint] = inertia.copy()

    def sensor_in_tool(self) -> tuple[Array, Array]:
        """Return (p_TS (3,), R_TS (3, 3)): the fixed pose of the wrist sensor in the tool frame."""
        q = pin.neutral(self.model)
        pin.framesForwardKinematics(self.model, self.data, q)
        x_ts = self.data.oMf[self.tool_id].inverse() * self.data.oMf[self.sensor_id]
        return x_ts.translation.copy(), x_ts.rotation.copy()


def _separate_motors(model: pin.Model, arm: ArmDescription) -> None:
    """Let the motors turn on their own joint only, as they do, instead of with the link that carries their inertia.

    A motor that is in its link's inertia is taken out of it (``urdf.geometry.with_reflected_rotor``) and becomes
    Pinocchio's armature, which adds to the diagonal of the joint inertia. Gravity does not change.
    """
    for joint, drive in enumerate(arm.drives):
        if drive.is_motor_in_link:
            axis = _own_axis(model, joint)
            ring = 0.5 * drive.motor_inertia_kg_m2 * (np.eye(3) + np.outer(axis, axis))
            body = model.inertias[joint + 1]
            model.inertias[joint + 1] = pin.Inertia(body.mass, body.lever, body.inertia - ring)
    model.armature = np.array([drive.motor_inertia_kg_m2 for drive in arm.drives])


def _own_axis(model: pin.Model, joint: int) -> Array:
    """Return the axis (3,) of a joint (from 0) in the frame of the link behind it."""
    data, speeds = model.createData(), np.zeros(model.nv)
    speeds[joint] = 1.0
    pin.forwardKinematics(model, data, pin.neutral(model), speeds)
    return np.array(data.v[joint + 1].angular)


@compiled
def _gather(
    mass: Array,
    coriolis: Array,
    gravity: Array,
    joint_jacobian: Array,
    rotation: Array,
    origin: Array,
    fixed_rotation: Array,
    fixed_position: Array,
    terms: Array,
) -> None:
    """Copy Pinocchio's buffers into ``terms`` and move the Jacobian from the world's origin to the tool.

    J_T = J_linear + J_angular x p_WT, column by column: LOCAL_WORLD_ALIGNED from WORLD.
    """
    n = gravity.shape[0]
    jacobian = terms[: 6 * n].reshape(6, n)
    masses = terms[6 * n : 6 * n + n * n].reshape(n, n)
    coriolis_terms = terms[6 * n + n * n : 6 * n + 2 * n * n].reshape(n, n)
    tool_rotation = terms[-12:-3].reshape(3, 3)
    tool = terms[-3:]
    for i in range(3):
        tool[i] = origin[i]
        for k in range(3):
            tool[i] += rotation[i, k] * fixed_position[k]
            tool_rotation[i, k] = 0.0
            for m in range(3):
                tool_rotation[i, k] += rotation[i, m] * fixed_rotation[m, k]
    for j in range(n):
        terms[-12 - n + j] = gravity[j]
        for i in range(n):
            masses[i, j] = mass[i, j]
            coriolis_terms[i, j] = coriolis[i, j]
        for i in range(3):
            k, m = (i + 1) % 3, (i + 2) % 3
            jacobian[i, j] = (
                joint_jacobian[i, j] + joint_jacobian[3 + k, j] * tool[m] - joint_jacobian[3 + m, j] * tool[k]
            )
            jacobian[3 + i, j] = joint_jacobian[3 + i, j]


def _wxyz(quaternion_xyzw: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x, y, z, w = quaternion_xyzw
    return w, x, y, z
