"""Poses of the tool over the skin: where the sphere's centre is and how the tool is turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from trajectories.anatomy.back import Back

Array = NDArray[np.float64]
Indices = NDArray[np.integer]

NOMINAL_DEPTH_M = 0.007
"""How deep the pad is thought to be while it works; only the tangential position is controlled there, so this is a
place for the reference to be, not an aim (thoracic tissue at 20 N, see the prototype)."""


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """Tool poses in W.

    Attributes:
        position_m: (N, 3) p_WT.
        rotation: (N, 3, 3) R_WT.
        normal: (N, 3) outward normals that belong to the poses.
        yaw_rad: (N,) turn about the normal, within the rotation, beside the one that holds for the whole session.
    """

    position_m: Array
    rotation: Array
    normal: Array
    yaw_rad: Array

    def __getitem__(self, index: int | slice | Indices) -> Poses:
        """Return some of the poses; a single index keeps the first axis."""
        chosen = slice(index, index + 1 or None) if isinstance(index, int) else index
        return Poses(self.position_m[chosen], self.rotation[chosen], self.normal[chosen], self.yaw_rad[chosen])

    def __len__(self) -> int:
        return len(self.position_m)

    def raised(self, height_m: Array) -> Poses:
        """Return the poses moved out along their normals by heights (N,) [m]; one pose and N heights make N poses."""
        shift = np.reshape(height_m, (-1, 1)) * self.normal
        rotation = np.broadcast_to(self.rotation, (len(shift), 3, 3))
        normal, yaw = np.broadcast_to(self.normal, shift.shape), np.broadcast_to(self.yaw_rad, len(shift))
        return Poses(self.position_m + shift, rotation, normal, yaw)

    def in_yaw(self, session_yaw_rad: float) -> Poses:
        """Return the poses with another turn for the whole session, their own turn kept."""
        rotation = tool_rotation(-self.rotation[:, :, 2], session_yaw_rad)
        return Poses(self.position_m, turned_about_normal(rotation, self.yaw_rad), self.normal, self.yaw_rad)


def poses_on_skin(
    feet_xy_m: Array, back: Back, pad_radius_m: float, session_yaw_rad: float, yaw_rad: Array | None = None
) -> Poses:
    """Return the poses that press on feet with the tool along the skin's normal.

    Args:
        feet_xy_m: (N, 2) feet.
        back: the back.
        pad_radius_m: radius of the pad.
        session_yaw_rad: turn of the tool for the whole session, see ``tool_rotation``.
        yaw_rad: (N,) turn about the normal beside it; None for none.
    """
    x, y = feet_xy_m.T
    normal = back.skin.normal(x, y)
    feet = np.column_stack([x, y, back.skin.height(x, y)])
    own = np.zeros(len(x)) if yaw_rad is None else yaw_rad
    rotation = turned_about_normal(tool_rotation(back.tool_skin.normal(x, y), session_yaw_rad), own)
    return Poses(feet + (pad_radius_m - NOMINAL_DEPTH_M) * normal, rotation, normal, own)


def tool_rotation(normal: Array, yaw_rad: float) -> Array:
    """Return R_WT (N, 3, 3) with z = -normal and x as near as possible to a horizontal direction.

    Args:
        normal: (N, 3) outward unit normals, none of them along the direction.
        yaw_rad: angle of the direction from the patient's cranial axis toward the person's left.
    """
    z = -normal
    wanted = np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])
    x = wanted - (z @ wanted)[:, None] * z
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=2)


def turned_about_normal(rotation: Array, yaw_rad: Array) -> Array:
    """Return R_WT (N, 3, 3) turned by angles (N,) about -z of the tool, the outward normal; zero changes no value."""
    x, y, z = rotation[:, :, 0], rotation[:, :, 1], rotation[:, :, 2]
    cosine, sine = np.cos(yaw_rad)[:, None], np.sin(yaw_rad)[:, None]
    return np.stack([cosine * x - sine * y, cosine * y + sine * x, z], axis=2)


def quaternions(rotation: Array, before: Array | None = None) -> Array:
    """Return xyzw quaternions (N, 4) whose signs are continuous, beginning near ``before`` (4,)."""
    quaternion = Rotation.from_matrix(rotation).as_quat()
    turns = np.sum(quaternion[1:] * quaternion[:-1], axis=1) < 0.0
    sign = np.concatenate([[1.0], np.cumprod(np.where(turns, -1.0, 1.0))])
    if before is not None and float(quaternion[0] @ before) < 0.0:
        sign = -sign
    return np.asarray(quaternion * sign[:, None])
