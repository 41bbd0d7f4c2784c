"""Session time as a sense: what the clock says is held against the number of ticks, and replaced where it is wrong."""

from __future__ import annotations

import math

from controller.safety.reaction import stop_reason
from controller.types import Cause, StopReason

STILL_SHARE = 0.8
"""A clock that runs slower than this share of the ticks is wrong (assumed: no crystal is off by a thousandth, and a
loop that catches up after a late tick does so within ``SLOW_S``)."""
SLOW_S = 0.012
"""How much time may be missing (design choice): 15 ticks of a clock that stands still, or a third of a second of one
that runs at three quarters."""
JUMP_S = 0.5
"""A gap longer than this cannot be a loop that stood still and has the drives: the supervisor takes them long before
(design choice)."""


class OwnTime:
    """Session time that only goes forward.

    It is what the clock says until a reading is no number, lies back, jumps ahead while the drives are the loop's, or
    the clock falls behind the count of ticks. From then on it is the count of ticks.

    Args:
        dt_s: period of the calls [s].
        late_s: longest gap of a loop that is not late [s].
    """

    def __init__(self, dt_s: float, late_s: float) -> None:
        self._dt_s, self._jump_s = dt_s, max(JUMP_S, late_s)
        self.now_s = 0.0
        """The time that is believed [s]."""
        self._offset_s: float | None = 0.0
        self.resume()

    def resume(self) -> None:
        """Believe the clock again from its next reading on, after a stop that somebody has cleared."""
        if self._offset_s is None or self.now_s > 0.0:
            self._offset_s = math.nan
        self._last_s = math.nan
        self._missing_s = 0.0

    def step(self, t_s: float, *, has_drives: bool) -> StopReason | None:
        """Take the reading of a tick.

        Args:
            t_s: the clock's reading [s].
            has_drives: nobody has taken the drives from the loop.

        Returns:
            Why the clock cannot be believed, None where it can; once it cannot, None for every later tick.
        """
        if self._offset_s is None:
            self.now_s += self._dt_s
            return None
        is_first = math.isnan(self._last_s)
        wrong = self._look(t_s, has_drives=has_drives)
        self._last_s = t_s
        if wrong is None:
            now_s = t_s + self._offset_s
            self.now_s = now_s if is_first else max(now_s, self.now_s)
            return None
        self._offset_s = None
        self.now_s += self._dt_s
        what, value_s, allowed_s = wrong
        return stop_reason(Cause.CLOCK, what, value_s, allowed_s, "s", self.now_s)

    def _look(self, t_s: float, *, has_drives: bool) -> tuple[str, float, float] | None:
        """Return what is wrong with a reading, found and allowed [s]; None where nothing is."""
        if not math.isfinite(t_s):
            return "session clock, no number", t_s, 0.0
        if math.isnan(self._last_s):
            # The first reading; after a cleared stop time goes on from where it was.
            if self._offset_s is not None and math.isnan(self._offset_s):
                self._offset_s = self.now_s + self._dt_s - t_s
            return None
        gap_s = t_s - self._last_s
        if not gap_s >= 0.0:
            return "step of the session clock", gap_s, 0.0
        if has_drives and not gap_s <= self._jump_s:
            return "step of the session clock", gap_s, self._jump_s
        self._missing_s = max(0.0, self._missing_s + STILL_SHARE * self._dt_s - gap_s)
        if self._missing_s <= SLOW_S:
            return None
        return "time that the session clock is behind its ticks", self._missing_s, SLOW_S
