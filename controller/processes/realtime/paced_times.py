"""Times of a loop that has no deadlines of its own but goes by the ticks of another one."""

from __future__ import annotations

import time
from collections.abc import Callable

from controller.processes.realtime.loop_times import LoopTimes


class PacedTimes:
    """Counts how much later a tick comes than the ticks since the last one take, and how long the work then takes.

    Args:
        times: where it is counted.
        tick_ns: period of the other loop's ticks [ns].
        now_ns: the clock [ns].
    """

    def __init__(self, times: LoopTimes, tick_ns: int, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._times, self._tick_ns, self._now_ns = times, tick_ns, now_ns
        self._tick: int | None = None
        self._began_ns = self._late_ns = 0

    def begin(self, tick: int) -> None:
        """Take note that the work on a tick begins."""
        now_ns = self._now_ns()
        due_ns = now_ns if self._tick is None else self._began_ns + (tick - self._tick) * self._tick_ns
        self._tick, self._began_ns, self._late_ns = tick, now_ns, max(now_ns - due_ns, 0)

    def end(self) -> None:
        """Count the work that has begun."""
        self._times.note(self._late_ns, self._now_ns() - self._began_ns)
