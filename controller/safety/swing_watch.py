"""Trip on a swing of the arm (L5): a force on the wrist sensor that alternates for long, however small its mean is.

A loop that swings on stiff tissue, or an arm whose lag or elasticity is worse than its file says, alternates by some
newtons at 12 Hz and more. No peak of it reaches a trip, and the force loop's own filters hide part of it.
"""

from __future__ import annotations

import math
from operator import mul, sub

from controller.safety.reaction import stop_reason
from controller.types import Cause, StopReason, Vector

CORNER_RAD_S = 2.0 * math.pi * 12.0
"""Slower is breathing, strokes and their ramps, and most of a cough (design choice)."""
MEMORY_S = 2.0
"""Time constant of the mean square: a jerk or a cough of the person is over before, a swing is not (design choice)."""
LARGEST_N = 8.0
"""More than this counts as this: a sensor that is lost at once is no swing and has names of its own (design choice)."""
SWING_N = 4.5
"""Root mean square that stops the session: an amplitude of 10 N at 20 Hz within 1.5 s, one of 6 N in the end. Sessions
on typical plants stay below 1.6 N; a cough that moves the person by 4 mm three times comes to 2.5 N, and a sensor with
noise of 2 N on each axis to 3.7 N (design choice)."""


class SwingWatch:
    """Takes what is left of the sensed force beyond two low-passes in series, and its mean square.

    Args:
        dt_s: period of the calls [s].
    """

    def __init__(self, dt_s: float) -> None:
        self._share = -math.expm1(-CORNER_RAD_S * dt_s)
        self._mean_share = -math.expm1(-dt_s / MEMORY_S)
        self.clear()

    def clear(self) -> None:
        """Begin anew with the next force."""
        self._first: Vector = ()
        self._second: Vector = ()
        self._square_n2 = 0.0

    def watch(self, force_s: Vector, t_s: float) -> StopReason | None:
        """Take a force of the wrist sensor, and return why to stop or None.

        A force that is no number is left out: a stop of its own follows where it stays.

        Args:
            force_s: force in S, (3,) [N].
            t_s: session time [s].
        """
        if not math.isfinite(sum(force_s)):
            return None
        if not self._first:
            self._first = self._second = force_s
        share = self._share
        self._first = tuple([old + share * (f - old) for f, old in zip(force_s, self._first, strict=True)])
        self._second = tuple([old + share * (f - old) for f, old in zip(self._first, self._second, strict=True)])
        beyond_n = tuple(map(sub, force_s, self._second))
        square_n2 = sum(map(mul, beyond_n, beyond_n))
        self._square_n2 += self._mean_share * (min(square_n2, LARGEST_N**2) - self._square_n2)
        if self._square_n2 <= SWING_N**2:
            return None
        swing_n = math.sqrt(self._square_n2)
        return stop_reason(Cause.SWING, "alternating force on the wrist sensor, rms", swing_n, SWING_N, "N", t_s)
