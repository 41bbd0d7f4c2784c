"""Runs the periods of a loop at absolute deadlines, and keeps the figures of its time."""

from __future__ import annotations

import gc
from collections.abc import Callable

from controller.processes.realtime.clock import CLOCK, Clock
from controller.processes.realtime.deadlines import Deadlines
from controller.processes.realtime.loop_times import LoopTimes

WARM_UP_WAITS = 20
"""Waits for deadlines that have passed, before time counts: the first calls load code (assumed)."""


class RealtimeRunner:
    """Runs a body once a period.

    A period that begins late or takes too long goes past deadlines: those are counted and left out, and the next period
    begins at the first deadline that is still to come. The garbage collector rests meanwhile.

    Args:
        times: period of the loop, and where its times are counted.
        spin_ns: how long before a deadline to wake up and look at the clock [ns].
        clock: what time is kept on.
    """

    def __init__(self, times: LoopTimes, spin_ns: int = 0, clock: Clock = CLOCK) -> None:
        self._times, self._spin_ns, self._clock = times, spin_ns, clock

    def run(self, body: Callable[[], bool]) -> None:
        """Run the body period by period until it returns False; the garbage collector is as before when this returns.

        Args:
            body: one period; warmed up: whatever it loads or compiles on its first call has been loaded before.
        """
        had_collector = gc.isenabled()
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            self._warm_up()
            self._run(body)
        finally:
            gc.unfreeze()
            if had_collector:
                gc.enable()

    def _warm_up(self) -> None:
        """Run the way of a period without a body, on figures that nobody reads."""
        clock, period_ns = self._clock, self._times.period_ns
        deadlines, times = Deadlines(period_ns, clock, clock.now_ns(), self._spin_ns), LoopTimes(period_ns)
        for _ in range(WARM_UP_WAITS):
            deadlines.due_ns = clock.now_ns()
            _period(deadlines, clock, times, lambda: True)

    def _run(self, body: Callable[[], bool]) -> None:
        clock, period_ns = self._clock, self._times.period_ns
        deadlines = Deadlines(period_ns, clock, clock.now_ns() + period_ns, self._spin_ns)
        while _period(deadlines, clock, self._times, body):
            pass


def _period(deadlines: Deadlines, clock: Clock, times: LoopTimes, body: Callable[[], bool]) -> bool:
    """Wait for the deadline, run the body, count; return what the body says."""
    due_ns, began_ns = deadlines.due_ns, deadlines.wait()
    goes_on = body()
    body_ns = clock.now_ns() - began_ns
    times.note(began_ns - due_ns, body_ns, deadlines.advance())
    return goes_on
