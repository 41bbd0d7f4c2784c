"""Joint motion from joint positions and the arm's own equation of motion: speeds without the gears' oscillation.

Speeds that come from differenced positions carry the oscillation of elastic joints, and a filter strong enough against
it would cost the loops their phase. So a model of the rigid arm is driven by the torque that the drives report and by
the wrench that the wrist sensor measures, and is held to the measured positions by slow poles (an extended state
observer: position, speed and the acceleration that the model does not explain; Gao 2003). Far below the poles the
speed is that of the measurement, far above it is the model's, without lag. Reported speeds are not used at all.

The gains put all three poles of one joint to exp(-rate dt) (critically damped, as in g-h-k filters).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.law.small_algebra import cholesky_solve

Array = NDArray[np.float64]

POSITION, SPEED, UNEXPLAINED = 0, 1, 2
"""Rows of the estimate: joint position [rad], joint speed [rad/s], unexplained acceleration [rad/s2]."""


@compiled
def estimate_motion(
    dt: float,
    rate_per_s: float,
    slow_per_s: float,
    mass_factor: Array,
    coriolis: Array,
    gravity: Array,
    q: Array,
    tau: Array,
    known: Array,
    drag: Array,
    is_first: bool,
    motion: Array,
) -> None:
    """Advance the estimate by one tick.

    Args:
        dt: tick [s].
        rate_per_s: rate of two of the poles [1/s].
        slow_per_s: rate of the third, at which the unexplained acceleration is learned [1/s].
        mass_factor: (n, n) Cholesky factor of the joint inertia.
        coriolis: (n, n).
        gravity: (n,) torque that holds the arm.
        q: (n,) measured joint positions.
        tau: (n,) torque that the motors gave in the last tick.
        known: (n,) torque known from elsewhere: of the wrench at the tool.
        drag: (n,) torque of the joint friction that the planned motion meets [Nm].
        is_first: True on the first tick: starts at rest where the arm is.
        motion: (3, n) estimate, changed.
    """
    joints = q.shape[0]
    if is_first:
        for i in range(joints):
            motion[POSITION, i], motion[SPEED, i], motion[UNEXPLAINED, i] = q[i], 0.0, 0.0
        return
    pole, slow_pole = math.exp(-rate_per_s * dt), math.exp(-slow_per_s * dt)
    first, third = 1.0 - pole * pole * slow_pole, (1.0 - pole) ** 2 * (1.0 - slow_pole)
    to_position, to_acceleration = first, third / dt**2
    to_speed = (3.0 - 2.0 * pole - slow_pole - first - third) / dt
    acceleration = np.zeros(joints)
    for i in range(joints):
        acceleration[i] = tau[i] + known[i] - gravity[i] - drag[i]
        for j in range(joints):
            acceleration[i] -= coriolis[i, j] * motion[SPEED, j]
    cholesky_solve(mass_factor, acceleration)
    for i in range(joints):
        change = (acceleration[i] + motion[UNEXPLAINED, i]) * dt
        motion[SPEED, i] += change
        motion[POSITION, i] += motion[SPEED, i] * dt
        error = q[i] - motion[POSITION, i]
        motion[POSITION, i] += to_position * error
        motion[SPEED, i] += to_speed * error
        motion[UNEXPLAINED, i] += to_acceleration * error


@compiled
def unexplained_torque(mass: Array, motion: Array, out: Array) -> None:
    """Write the joint torque (n,) that the model does not explain: friction and errors of the model."""
    joints = out.shape[0]
    for i in range(joints):
        total = 0.0
        for j in range(joints):
            total += mass[i, j] * motion[UNEXPLAINED, j]
        out[i] = total
