"""Poses of the tool over the skin: where the sphere's centre is and how the tool is turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from trajectories.back import Back

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
    """

    position_m: Array
    rotation: Array
    normal: Array

    def __getitem__(self, index: int | slice | Indices) -> Poses:
        """Return some of the poses; a single index keeps the first axis."""
        chosen = slice(index, index + 1 or None) if isinstance(index, int) else index
        return Poses(self.position_m[chosen], self.rotation[chosen], self.normal[chosen])

    def __len__(self) -> int:
        return len(self.position_m)

    def raised(self, height_m: Array) -> Poses:
        """Return the poses moved out along their normals by heights (N,) [m]; one pose and N heights make N poses."""
        shift = np.reshape(height_m, (-1, 1)) * self.normal
        rotation = np.broadcast_to(self.rotation, (len(shift), 3, 3))
        return Poses(self.position_m + shift, rotation, np.broadcast_to(self.normal, shift.shape))


def poses_on_skin(feet_xy_m: Array, back: Back, pad_radius_m: float, yaw_rad: float) -> Poses:
    """Return the poses that press on feet (N, 2) with the tool along the skin's normal."""
    x, y = feet_xy_m.T
    normal = back.skin.normal(x, y)
    feet = np.column_stack([x, y, back.skin.height(x, y)])
    rotation = tool_rotation(back.tool_skin.normal(x, y), yaw_rad)
    return Poses(feet + (pad_radius_m - NOMINAL_DEPTH_M) * normal, rotation, normal)


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


def quaternions(rotation: Array, before: Array | None = None) -> Array:
    """Return xyzw quaternions (N, 4) whose signs are continuous, beginning near ``before`` (4,)."""
    quaternion = Rotation.from_matrix(rotation).as_quat()
    turns = np.sum(quaternion[1:] * quaternion[:-1], axis=1) < 0.0
    sign = np.concatenate([[1.0], np.cumprod(np.where(turns, -1.0, 1.0))])
    if before is not None and float(quaternion[0] @ before) < 0.0:
        sign = -sign
    return np.asarray(quaternion * sign[:, None])
