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
def planned_direction(jbar_t: Array, twist: Array, way: Array) -> None:
    """Write the direction (n,) in which the plan moves every joint, from -1 to 1, easy at rest.

    Not that of the measured motion: an oscillation must not teach friction, nor be fed by it.

    Args:
        jbar_t: (6, n), from joint torque to tool wrench; its transpose maps the planned twist to joint speeds.
        twist: (6,) planned.
        way: (n,) written.
    """
    for j in range(way.shape[0]):
        speed = 0.0
        for i in range(6):
            speed += jbar_t[i, j] * twist[i]
        way[j] = math.tanh(speed / EASE_RAD_S)


@compiled
def learn_friction(dt: float, delay_per_s: float, cap: Array, way: Array, unexplained: Array, memory: Array) -> None:
    """Advance the fit by one tick.

    Args:
        dt: tick [s].
        delay_per_s: rate at which the unexplained torque follows a change of friction [1/s].
        cap: (n,) largest friction [Nm].
        way: (n,) planned direction, from -1 to 1.
        unexplained: (n,) torque beside drives, gravity, wrench and the friction known so far [Nm].
        memory: (ROWS, n), changed.
    """
    fade = 1.0 - dt / MEMORY_S
    for i in range(cap.shape[0]):
        memory[DELAYED, i] += (1.0 - math.exp(-delay_per_s * dt)) * (way[i] - memory[DELAYED, i])
        late = memory[DELAYED, i]
        against = memory[FRICTION, i] * late - unexplained[i]
        memory[WEIGHT, i] = fade * memory[WEIGHT, i] + dt
        memory[DIRECTION, i] = fade * memory[DIRECTION, i] + dt * late
        memory[TORQUE, i] = fade * memory[TORQUE, i] + dt * against
        memory[SQUARE, i] = fade * memory[SQUARE, i] + dt * late * late
        memory[PRODUCT, i] = fade * memory[PRODUCT, i] + dt * late * against
        weight = memory[WEIGHT, i]
        spread = memory[SQUARE, i] - memory[DIRECTION, i] ** 2 / weight
        product = memory[PRODUCT, i] - memory[DIRECTION, i] * memory[TORQUE, i] / weight
        memory[FRICTION, i] = min(cap[i], max(0.0, product / (PRIOR_S + max(0.0, spread))))
