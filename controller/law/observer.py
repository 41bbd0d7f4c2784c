"""Momentum observers: what pushes on the arm, once without and once with the wrist sensor's share known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]


@compiled
def observe(
    dt: float,
    gain_per_s: float,
    mass: Array,
    coriolis: Array,
    gravity: Array,
    dq: Array,
    tau: Array,
    known: Array,
    integral: Array,
    residual: Array,
    is_first: bool,
) -> None:
    """Advance a generalised-momentum observer by one tick (De Luca et al. 2006).

    residual -> torque on the joints that is neither ``tau``, gravity nor ``known``: external torque plus friction,
    through a first-order filter of ``gain_per_s``.

    Args:
        dt: tick [s].
        gain_per_s: bandwidth [1/s].
        mass: (n, n).
        coriolis: (n, n), with dM/dt = C + C^T.
        gravity: (n,) torque that holds the arm.
        dq: (n,) joint speeds.
        tau: (n,) torque of the drives in the last tick.
        known: (n,) torque known from elsewhere.
        integral: state, (n,).
        residual: state and result, (n,).
        is_first: True on the first tick; starts from the present momentum.
    """
    joints = dq.shape[0]
    for i in range(joints):
        momentum = 0.0
        transport = 0.0
        for j in range(joints):
            momentum += mass[i, j] * dq[j]
            transport += coriolis[j, i] * dq[j]
        if is_first:
            integral[i] = momentum
            residual[i] = 0.0
        else:
            integral[i] += (tau[i] + known[i] + transport - gravity[i] + residual[i]) * dt
            residual[i] = gain_per_s * (momentum - integral[i])
