"""Kinematics of the simulated arm itself, as it stands in the physics engine: tool, joint axes, forces; compiled.

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
LINE, ORIGIN, LINE_SIZE = 0, 3, 6
"""Where a row of the lines holds a joint's unit axis (3) and its origin (3) [m] in W. The last row is the tool's: the
linear (3) [m/s2] and angular (3) [rad/s2] acceleration that it has while no joint accelerates."""


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
def _carry(step: Array, pad: Array, rest: Array) -> None:
    """Carry position, twist and acceleration from one origin of a rigid link to its next, ``step`` (3,) away in W."""
    dx, dy, dz = step[0], step[1], step[2]
    ex, ey, ez = pad[7] * dz - pad[8] * dy, pad[8] * dx - pad[6] * dz, pad[6] * dy - pad[7] * dx
    pad[0], pad[1], pad[2] = pad[0] + dx, pad[1] + dy, pad[2] + dz
    pad[3], pad[4], pad[5] = pad[3] + ex, pad[4] + ey, pad[5] + ez
    rest[0] += rest[4] * dz - rest[5] * dy + pad[7] * ez - pad[8] * ey
    rest[1] += rest[5] * dx - rest[3] * dz + pad[8] * ex - pad[6] * ez
    rest[2] += rest[3] * dy - rest[4] * dx + pad[6] * ey - pad[7] * ex


@compiled
def _spin(axis: Array, speed: float, pad: Array, rest: Array) -> None:
    """Add what a joint does: ``dw += w x axis dq``, ``w += axis dq``."""
    x, y, z = axis[0] * speed, axis[1] * speed, axis[2] * speed
    rest[3] += pad[7] * z - pad[8] * y
    rest[4] += pad[8] * x - pad[6] * z
    rest[5] += pad[6] * y - pad[7] * x
    pad[6], pad[7], pad[8] = pad[6] + x, pad[7] + y, pad[8] + z


@compiled
def tool_motion(chain: Array, motion: Array, pad: Array, room: Array, lines: Array) -> None:
    """Write where the tool is and how it moves, and where the joints' axes are.

    Twist and acceleration are carried outward: ``dv += dw x step + w x (w x step)``, ``v += w x step``, then the joint.

    Args:
        chain: (n + 1, 15).
        motion: (2 n,) joint positions [rad] and speeds [rad/s].
        pad: (9,) written: origin of the tool frame [m], its velocity [m/s], angular velocity [rad/s], in W.
        room: (3, 3, 3); room[0] holds R_WT afterwards.
        lines: (n + 1, 6), written.
    """
    joints = chain.shape[0] - 1
    pose, turn, step = room[0], room[1], room[2]
    rest, way = lines[joints], turn[0]
    pad[:] = 0.0
    rest[:] = 0.0
    pose[:] = 0.0
    pose[0, 0], pose[1, 1], pose[2, 2] = 1.0, 1.0, 1.0
    for k in range(joints + 1):
        ox, oy, oz = chain[k, OFFSET], chain[k, OFFSET + 1], chain[k, OFFSET + 2]
        for i in range(3):
            way[i] = pose[i, 0] * ox + pose[i, 1] * oy + pose[i, 2] * oz
        _carry(way, pad, rest)
        _multiply(pose, chain[k, ROTATION:OFFSET].reshape((3, 3)), step)
        if k == joints:
            pose[:] = step
            return
        axis = chain[k, AXIS:]
        for i in range(3):
            lines[k, LINE + i] = step[i, 0] * axis[0] + step[i, 1] * axis[1] + step[i, 2] * axis[2]
            lines[k, ORIGIN + i] = pad[i]
        _spin(lines[k, LINE:ORIGIN], motion[joints + k], pad, rest)
        _turn(axis, motion[k], turn)
        _multiply(step, turn, pose)


@compiled
def add_joint_torques(lines: Array, force: Array, point: Array, moment: Array, load: Array) -> None:
    """Add the joint torques of a wrench on the tool, ``J^T w``: exactly what the wrench itself does to the joints.

    Args:
        lines: (n + 1, 6) of ``tool_motion``.
        force: (3,) in W [N].
        point: (3,) where it acts, in W [m].
        moment: (3,) moment about that point, in W [Nm].
        load: (n,) torques, changed [Nm].
    """
    for k in range(load.shape[0]):
        x, y, z = point[0] - lines[k, ORIGIN], point[1] - lines[k, ORIGIN + 1], point[2] - lines[k, ORIGIN + 2]
        load[k] += (
            lines[k, LINE] * (y * force[2] - z * force[1] + moment[0])
            + lines[k, LINE + 1] * (z * force[0] - x * force[2] + moment[1])
            + lines[k, LINE + 2] * (x * force[1] - y * force[0] + moment[2])
        )
