"""The drives: one tick of transport, a first-order torque loop, the torque limit.

The friction that is left at the joints is not here: it is a joint motor with a small torque in the physics engine.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]

LAG_S = 0.002
"""Time constant of the torque loop (assumed, in the range of torque-controlled servo drives)."""


def lag_share(dt_s: float) -> float:
    """Return the share of the remaining difference that the first-order lag makes up in one period."""
    return -math.expm1(-dt_s / LAG_S)


@compiled
def drive(command: Array, limit: Array, share: float, torque: Array) -> None:
    """Advance the drives by one period, at its end: the torque acts in the next one.

    So a command acts one tick late and then through the lag.

    Args:
        command: (n,) torque asked for in the period that has just ended [Nm].
        limit: (n,) torque limit [Nm].
        share: from ``lag_share``.
        torque: (n,) torque at the joints, changed.
    """
    for i in range(command.shape[0]):
        torque[i] += share * (min(limit[i], max(-limit[i], command[i])) - torque[i])
