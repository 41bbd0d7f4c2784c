"""Samples of the wrist sensor: when there is a new one, which one is read, and how old it is."""

from __future__ import annotations

import math
from collections import deque

from sim.options import SimulationOptions

TICK_ROUNDING = 1e-9
"""A sample whose time is met to within so many ticks is there."""
SAMPLES = 512
"""Samples kept, for those that come late."""


class WristSamples:
    """The samples of a run.

    Args:
        options: choices of the run.
    """

    def __init__(self, options: SimulationOptions) -> None:
        self._dt_s, self._period = options.dt_s, options.sensor_period_ticks
        self._late = options.extra_delay_samples + 1
        self._number, self._taken_tick = -1, 0
        self.all: deque[list[float]] = deque(maxlen=SAMPLES)
        """(6,) wrenches so far, the last one at the end."""

    def take(self, wrench: list[float], tick: int) -> tuple[list[float], float, bool]:
        """Return the sample that is read at a tick, its age [s], and whether it is new; ``wrench`` is the true one."""
        number = math.floor(tick / self._period + TICK_ROUNDING)
        is_new = number != self._number
        if is_new:
            self._number, self._taken_tick = number, tick
            self.all.append(wrench)
        held = tick - self._taken_tick
        late = min(self._late, len(self.all))
        return self.all[-late], self._dt_s * ((late - 1) * self._period + 1 + held), is_new
