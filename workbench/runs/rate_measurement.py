"""How well this computer keeps a rate of the loop, measured with the controller's own tick as the work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.errors import PlantError
from controller.processes.realtime.clock import NS_PER_S
from controller.processes.realtime.load_facts import LoadFacts, LoadWatch, QueueTime
from controller.processes.realtime.loop_times import LoopFigures, LoopTimes
from controller.processes.realtime.permissions import Permitted, Wishes, realtime_thread, still_permitted
from controller.processes.realtime.runner import RealtimeRunner
from controller.session import Session
from workbench.runs.prepare import Prepared
from workbench.runs.tick_tape import TapePlant, TickTape

WORST = 5
"""Periods that are told one by one."""


@dataclass(frozen=True, slots=True)
class LatePeriod:
    """A period that was late or long.

    Attributes:
        period: its number, from 0.
        late_us: how late it began [us].
        late_waited_us: part of that in which the thread could have run but had no core [us].
        body_us: how long its work took [us].
        body_waited_us: part of that without a core [us].
    """

    period: int
    late_us: float
    late_waited_us: float
    body_us: float
    body_waited_us: float

    @property
    def whole_us(self) -> float:
        """From the deadline to the end of the work [us]."""
        return self.late_us + self.body_us

    @property
    def waited_us(self) -> float:
        """Part of that without a core [us]."""
        return self.late_waited_us + self.body_waited_us


@dataclass(frozen=True, slots=True)
class RateResult:
    """What was measured at one rate.

    Attributes:
        rate_hz: the rate [Hz].
        wall_s: how long it was measured [s].
        permitted: what the system permitted all of the time.
        times: lateness and work of all periods.
        load: what happened meanwhile.
        worst: the periods that ended the latest after their deadlines, worst first.
    """

    rate_hz: float
    wall_s: float
    permitted: Permitted
    times: LoopFigures
    load: LoadFacts
    worst: tuple[LatePeriod, ...]


def measure_rate(rate_hz: float, seconds: float, prepared: Prepared, tape: TickTape, wishes: Wishes) -> RateResult:
    """Run the controller's tick at a rate for so long.

    Args:
        rate_hz: the rate [Hz].
        seconds: how long [s].
        prepared: the session of the tape.
        tape: senses to play; played again from the beginning of its work where it is too short.
        wishes: what to ask of the system.

    Raises:
        PlantError: the ticks of the tape gave other commands than when it was made.
    """
    times = _WatchedTimes(round(NS_PER_S / rate_hz))
    load: list[LoadFacts] = []
    had: list[Permitted] = []
    left_s = seconds
    while not had or left_s > 0.0:
        plant = TapePlant(tape)
        session = prepared.parts.session(plant)
        with session:
            # As fast as it goes up to the work: it warms up all that the work needs.
            while plant.tick < tape.lead:
                session.tick()
            with realtime_thread(wishes) as permitted:
                watch, began = LoadWatch(), time.monotonic()
                times.end()
                body = _body(session, plant, times, began + left_s)
                RealtimeRunner(times, permitted.spin_ns(times.period_ns)).run(body)
                left_s -= time.monotonic() - began
                had.append(still_permitted(permitted))
                load.append(watch.facts())
        if plant.is_over and plant.checksum != tape.checksum:
            raise PlantError("the ticks of the tape gave other commands than when it was made", "report it")
    times.close()
    # What was lost in one stretch was not had.
    least = min(had, key=lambda permitted: permitted.is_fifo)
    return RateResult(rate_hz, seconds - left_s, least, times.figures(), together(load), times.worst())


def _body(session: Session, plant: TapePlant, times: _WatchedTimes, until_s: float) -> Callable[[], bool]:
    """Return one period of work; it says False at the end of the tape or of the time (monotonic [s])."""

    def body() -> bool:
        times.begin()
        session.tick()
        times.end()
        return not plant.is_over and time.monotonic() < until_s

    return body


class _WatchedTimes(LoopTimes):
    """Times of a loop that also keep its worst periods, with how long the thread waited for a core in them."""

    def __init__(self, period_ns: int) -> None:
        super().__init__(period_ns)
        self._queue, self._period = QueueTime(), 0
        self._before_ns = self._begun_ns = self._ended_ns = self._queue.waited_ns()
        self._rows: list[tuple[int, ...]] = []
        self._least_ns = -1

    def begin(self) -> None:
        """Take note of the time without a core up to the work of this period."""
        self._before_ns, self._begun_ns = self._ended_ns, self._queue.waited_ns()

    def end(self) -> None:
        """Take note of the same at its end."""
        self._ended_ns = self._queue.waited_ns()

    def note(self, late_ns: int, body_ns: int, skipped: int | None = None) -> None:
        """Count a period; one comparison more where it is not among the worst."""
        super().note(late_ns, body_ns, skipped)
        if late_ns + body_ns > self._least_ns:
            # A thread that wakes up early, to look at the clock, may wait before its deadline, too.
            late_waited_ns = min(self._begun_ns - self._before_ns, late_ns)
            body_waited_ns = min(self._ended_ns - self._begun_ns, body_ns)
            self._rows.append((late_ns + body_ns, self._period, late_ns, late_waited_ns, body_ns, body_waited_ns))
            if len(self._rows) > WORST:
                self._rows.remove(min(self._rows))
                self._least_ns = min(self._rows)[0]
        self._period += 1

    def worst(self) -> tuple[LatePeriod, ...]:
        """Return the worst periods, worst first."""
        rows = sorted(self._rows, reverse=True)
        return tuple(LatePeriod(row[1], *(1e-3 * span_ns for span_ns in row[2:])) for row in rows)

    def close(self) -> None:
        """Close what is open."""
        self._queue.close()


def together(parts: Sequence[LoadFacts]) -> LoadFacts:
    """Return what happened in several spans, shares as the largest of them."""
    return LoadFacts(
        stolen_share=max(part.stolen_share for part in parts),
        others_share=max(part.others_share for part in parts),
        waited_s=sum(part.waited_s for part in parts),
        switches=sum(part.switches for part in parts),
        page_faults=sum(part.page_faults for part in parts),
        rivals=tuple(sorted({rival for part in parts for rival in part.rivals})),
        nice=max(part.nice for part in parts),
    )
