"""Absolute deadlines on a fixed grid: one that is missed is left out, never made up for."""

from __future__ import annotations

from controller.processes.realtime.clock import Clock


class Deadlines:
    """Deadlines of one loop, a period apart.

    Args:
        period_ns: period [ns], above 0.
        clock: what they are kept on.
        first_ns: the first one [ns].
        spin_ns: how long before a deadline to wake up and look at the clock until it is there [ns]; 0 never to.

    Raises:
        ValueError: a period that is not above 0, or a time of spinning that is not below it.
    """

    def __init__(self, period_ns: int, clock: Clock, first_ns: int, spin_ns: int = 0) -> None:
        if not 0 <= spin_ns < period_ns:
            raise ValueError(f"period of {period_ns} ns with {spin_ns} ns of spinning; allowed: 0 <= spinning < period")
        self._period_ns, self._clock, self._spin_ns = period_ns, clock, spin_ns
        self.due_ns = first_ns
        """The next deadline [ns]."""

    def wait(self) -> int:
        """Wait for the next deadline; return the time at which it woke up [ns], never before the deadline."""
        due_ns, clock = self.due_ns, self._clock
        clock.sleep_until_ns(due_ns - self._spin_ns)
        while (now_ns := clock.now_ns()) < due_ns:
            pass
        return now_ns

    def advance(self) -> int:
        """Take the first deadline that has not passed; return how many were left out for it."""
        late_ns = self._clock.now_ns() - self.due_ns
        periods = max(-(-late_ns // self._period_ns), 1)
        self.due_ns += periods * self._period_ns
        return periods - 1
