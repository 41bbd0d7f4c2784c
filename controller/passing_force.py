"""The largest force of a stroke whose worst case stays under the ceiling: what a refusal tells a person to choose."""

from __future__ import annotations

import math
from collections.abc import Callable

STEP_N = 0.1
"""Forces are proposed in steps of this."""
LEAST_N = 5.0
"""A lighter touch is no stroke: the least force that a program file may ask for."""


def largest_passing_n(bound_n: Callable[[float], float], ceiling_n: float, wanted_n: float) -> float:
    """Return the largest multiple of STEP_N below ``wanted_n`` whose bound is within the ceiling; NaN where none is.

    The bound grows with the force; the force is found by bisection and what is returned has itself been tried.

    Args:
        bound_n: worst-case press force of the stroke over its target force [N].
        ceiling_n: hard limit of the place [N].
        wanted_n: force that was asked for [N], which does not pass.
    """
    low, high = math.ceil(LEAST_N / STEP_N), math.ceil(wanted_n / STEP_N)

    def passes(steps: int) -> bool:
        return bound_n(steps * STEP_N) <= ceiling_n

    if not (low < high and passes(low)):
        return math.nan
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if passes(middle) else (low, middle)
    return low * STEP_N
