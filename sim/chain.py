"""Kinematics of the simulated arm itself, as it stands in the physics engine: pose and twist of the tool, compiled.

Read back from the engine and not from the controller's model, so that the two can be held to each other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]


ROTATION, OFFSET, AXIS = 0, 9, 12
"""Where a row of a chain holds the joint frame's orientation (9, row by row) and origin (3) [m] in the frame before at
zero angle, and the unit axis (3) in the joint frame. The first row stands in W, the last is the tool's."""


def chain_of_frames(rotations_w: Array, origins_w: Array, axes: Array) -> Array:
    """Return the chain (n + 1, 15) whose joint and tool frames stand as given in W when all angles are zero.

    Args:
        rotations_w: (n + 1, 3, 3).
        origins_w: (n + 1, 3) [m].
        axes: (n, 3) in the joint frames.
    """
    chain = np.zeros((len(rotations_w), 15))
    before = np.concatenate([np.eye(3)[None], rotations_w[:-1]])
    origin_before = np.concatenate([np.zeros((1, 3)), origins_w[:-1]])
    chain[:, ROTATION:OFFSET] = np.einsum("nji,njk->nik", before, rotations_w).reshape(-1, 9)
    chain[:, OFFSET:AXIS] = np.einsum("nji,nj->ni", before, origins_w - origin_before)
    chain[:-1, AXIS:] = axes
    return chain


@compiled
def _turn(axis: Array, angle: float, out: Array) -> None:
    """Write the (3, 3) rotation by ``angle`` about a unit axis (Rodrigues)."""
    s, c = math.sin(angle), math.cos(angle)
    x, y, z = axis[0], axis[1], axis[2]
    v = 1.0 - c
    out[0, 0], out[0, 1], out[0, 2] = c + x * x * v, x * y * v - z * s, x * z * v + y * s
    out[1, 0], out[1, 1], out[1, 2] = x * y * v + z * s, c + y * y * v, y * z * v - x * s
    out[2, 0], out[2, 1], out[2, 2] = x * z * v - y * s, y * z * v + x * s, c + z * z * v


@compiled
def _multiply(a: Array, b: Array, out: Array) -> None:
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]


@compiled
def tool_motion(chain: Array, motion: Array, pad: Array, room: Array) -> None:
    """Write where the tool is and how it moves.

    The twist is carried outward: ``v += w x (step to the next origin)``, ``w += axis dq``.

    Args:
        chain: (n + 1, 15).
        motion: (2 n,) joint positions [rad] and speeds [rad/s].
        pad: (9,) written: origin of the tool frame [m], its velocity [m/s], angular velocity [rad/s], in W.
        room: (3, 3, 3); room[0] holds R_WT afterwards.
    """
    joints = chain.shape[0] - 1
    pose, turn, step = room[0], room[1], room[2]
    pad[:] = 0.0
    pose[:] = 0.0
    pose[0, 0], pose[1, 1], pose[2, 2] = 1.0, 1.0, 1.0
    for k in range(joints + 1):
        ox, oy, oz = chain[k, OFFSET], chain[k, OFFSET + 1], chain[k, OFFSET + 2]
        dx = pose[0, 0] * ox + pose[0, 1] * oy + pose[0, 2] * oz
        dy = pose[1, 0] * ox + pose[1, 1] * oy + pose[1, 2] * oz
        dz = pose[2, 0] * ox + pose[2, 1] * oy + pose[2, 2] * oz
        pad[0], pad[1], pad[2] = pad[0] + dx, pad[1] + dy, pad[2] + dz
        pad[3] += pad[7] * dz - pad[8] * dy
        pad[4] += pad[8] * dx - pad[6] * dz
        pad[5] += pad[6] * dy - pad[7] * dx
        _multiply(pose, chain[k, ROTATION:OFFSET].reshape((3, 3)), step)
        if k == joints:
            pose[:] = step
            return
        axis = chain[k, AXIS:]
        for i in range(3):
            along = step[i, 0] * axis[0] + step[i, 1] * axis[1] + step[i, 2] * axis[2]
            pad[6 + i] += along * motion[joints + k]
        _turn(axis, motion[k], turn)
        _multiply(step, turn, pose)
