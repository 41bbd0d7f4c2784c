"""Joint friction, learned from the torque that the arm's model does not explain, and fed forward from the plan.

A feedback of the unexplained torque that is fast enough for friction would feed the gears' oscillation back too. So the
Coulomb friction of every joint is a number that is learned over seconds, by least squares with fading memory of the
unexplained torque on the direction of motion and a constant (errors of gravity), and used in two places: in the motion
estimate's model, and as feed-forward of the planned joint speed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]

FRICTION, DELAYED, WEIGHT, DIRECTION, TORQUE, SQUARE, PRODUCT, ROWS = 0, 1, 2, 3, 4, 5, 6, 7
"""Rows of the memory: friction [Nm], direction as late as the unexplained torque, and the fading sums of the fit."""
EASE_RAD_S = 0.01
"""Joint speed below which friction fades over its direction (assumed)."""
MEMORY_S = 2.0
"""Memory of the fit: two circles of a stroke (assumed)."""
PRIOR_S = 0.2
"""Weight of no friction, in seconds of perfectly informative motion (assumed)."""


@compiled
def direction(speed_rad_s: float) -> float:
    """Return the direction of motion, from -1 to 1, easy at rest."""
    return math.tanh(speed_rad_s / EASE_RAD_S)


@compiled
def learn_friction(dt: float, delay_per_s: float, cap: Array, speed: Array, unexplained: Array, memory: Array) -> None:
    """Advance the fit by one tick.

    Args:
        dt: tick [s].
        delay_per_s: rate at which the unexplained torque follows a change of friction [1/s].
        cap: (n,) largest friction [Nm].
        speed: (n,) joint speeds [rad/s].
        unexplained: (n,) torque beside drives, gravity, wrench and the friction known so far [Nm].
        memory: (ROWS, n), changed.
    """
    fade = 1.0 - dt / MEMORY_S
    for i in range(cap.shape[0]):
        memory[DELAYED, i] += (1.0 - math.exp(-delay_per_s * dt)) * (direction(speed[i]) - memory[DELAYED, i])
        way = memory[DELAYED, i]
        against = memory[FRICTION, i] * way - unexplained[i]
        memory[WEIGHT, i] = fade * memory[WEIGHT, i] + dt
        memory[DIRECTION, i] = fade * memory[DIRECTION, i] + dt * way
        memory[TORQUE, i] = fade * memory[TORQUE, i] + dt * against
        memory[SQUARE, i] = fade * memory[SQUARE, i] + dt * way * way
        memory[PRODUCT, i] = fade * memory[PRODUCT, i] + dt * way * against
        weight = memory[WEIGHT, i]
        spread = memory[SQUARE, i] - memory[DIRECTION, i] ** 2 / weight
        product = memory[PRODUCT, i] - memory[DIRECTION, i] * memory[TORQUE, i] / weight
        memory[FRICTION, i] = min(cap[i], max(0.0, product / (PRIOR_S + max(0.0, spread))))
