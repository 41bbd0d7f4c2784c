"""Where the spheres of an arm are, from its joint angles: compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.period.arm_kinematics import AXIS, OFFSET, ROTATION
from sim.surroundings.link_spheres import CARRIER, LOCAL, WORLD

Array = NDArray[np.float64]


@compiled
def carry_spheres(chain: Array, motion: Array, spheres: Array, begin: int = 0) -> None:
    """Write where the spheres are in W.

    Args:
        chain: (n + 1, 15) kinematic chain.
        motion: (2 n,) joint positions [rad] and speeds.
        spheres: (s, ``SPHERE_SIZE``) in the order of their joints; ``WORLD`` is written.
        begin: the first sphere to carry.
    """
    joints, count, s = chain.shape[0] - 1, spheres.shape[0], begin
    p0, p1, p2 = 0.0, 0.0, 0.0
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0
    for k in range(joints):
        c = chain[k]
        x, y, z = c[OFFSET], c[OFFSET + 1], c[OFFSET + 2]
        p0, p1, p2 = (
            p0 + r00 * x + r01 * y + r02 * z,
            p1 + r10 * x + r11 * y + r12 * z,
            p2 + r20 * x + r21 * y + r22 * z,
        )
        r00, r01, r02 = _row_times(r00, r01, r02, c[ROTATION:OFFSET])
        r10, r11, r12 = _row_times(r10, r11, r12, c[ROTATION:OFFSET])
        r20, r21, r22 = _row_times(r20, r21, r22, c[ROTATION:OFFSET])
        r00, r01, r02 = _row_turned(r00, r01, r02, c[AXIS:], motion[k])
        r10, r11, r12 = _row_turned(r10, r11, r12, c[AXIS:], motion[k])
        r20, r21, r22 = _row_turned(r20, r21, r22, c[AXIS:], motion[k])
        while s < count and spheres[s, CARRIER] == k:
            x, y, z = spheres[s, LOCAL], spheres[s, LOCAL + 1], spheres[s, LOCAL + 2]
            spheres[s, WORLD] = p0 + r00 * x + r01 * y + r02 * z
            spheres[s, WORLD + 1] = p1 + r10 * x + r11 * y + r12 * z
            spheres[s, WORLD + 2] = p2 + r20 * x + r21 * y + r22 * z
            s += 1


@compiled
def _row_times(a: float, b: float, c: float, m: Array) -> tuple[float, float, float]:
    """Return the row (a, b, c) times a (3, 3) matrix given row by row."""
    return a * m[0] + b * m[3] + c * m[6], a * m[1] + b * m[4] + c * m[7], a * m[2] + b * m[5] + c * m[8]


@compiled
def _row_turned(a: float, b: float, c: float, axis: Array, angle: float) -> tuple[float, float, float]:
    """Return the row (a, b, c) times the rotation by an angle about an axis: the row turned back (Rodrigues)."""
    s, v = math.sin(angle), 1.0 - math.cos(angle)
    x, y, z = axis[0], axis[1], axis[2]
    along = (a * x + b * y + c * z) * v
    u = 1.0 - v
    return (
        a * u + (b * z - c * y) * s + along * x,
        b * u + (c * x - a * z) * s + along * y,
        c * u + (a * y - b * x) * s + along * z,
    )
