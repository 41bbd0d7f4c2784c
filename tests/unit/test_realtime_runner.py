"""Deadlines that are missed are left out, never made up for; and a run of half a second for real."""

import errno
import gc
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.processes.realtime.clock import CLOCK, MonotonicClock, system_nanosleep
from controller.processes.realtime.deadlines import Deadlines
from controller.processes.realtime.loop_times import LoopTimes
from controller.processes.realtime.permissions import Wishes, realtime_thread
from controller.processes.realtime.runner import RealtimeRunner
from controller.processes.realtime.waiting import sleep_until

PERIOD_NS = 1000


class FakeClock:
    """A clock that stands still but for sleeps, looks and work.

    Args:
        late_ns: how late each sleep wakes up, the last one again and again.
        look_ns: what a look at the clock takes.
    """

    def __init__(self, late_ns: list[int], look_ns: int = 0) -> None:
        self.now, self.woken, self.looks = 0, [], 0
        self._late, self._look_ns = late_ns, look_ns

    def now_ns(self) -> int:
        self.now += self._look_ns
        self.looks += 1
        return self.now

    def sleep_until_ns(self, wake_ns: int) -> None:
        if wake_ns > self.now:
            self.now = wake_ns + (self._late.pop(0) if len(self._late) > 1 else self._late[0])
        self.woken.append(self.now)

    def work(self, span_ns: int) -> None:
        self.now += span_ns


def began_of(works: list[int], clock: FakeClock, times: LoopTimes) -> list[int]:
    """Run bodies that take so long; return when each began."""
    began: list[int] = []

    def body() -> bool:
        began.append(clock.now)
        clock.work(works[len(began) - 1])
        return len(began) < len(works)

    RealtimeRunner(times, clock=clock).run(body)
    return began


def test_a_body_over_several_periods_is_followed_by_the_first_deadline_to_come() -> None:
    clock, times = FakeClock([0]), LoopTimes(PERIOD_NS)
    began = began_of([100, 3500, 100, 100], clock, times)
    assert [one - began[0] for one in began] == [0, 1000, 5000, 6000]
    figures = times.figures()
    assert (figures.overruns, figures.skipped) == (1, 3)


def test_a_body_that_ends_on_a_deadline_takes_it() -> None:
    clock, times = FakeClock([0]), LoopTimes(PERIOD_NS)
    began = began_of([1000, 2000, 0], clock, times)
    assert [one - began[0] for one in began] == [0, 1000, 3000]
    assert (times.figures().overruns, times.figures().skipped) == (1, 1)


def test_who_sleeps_over_deadlines_works_once_and_goes_on_in_step() -> None:
    clock, times = FakeClock([0, 2700, 0]), LoopTimes(PERIOD_NS)
    began = began_of([10, 10, 10], clock, times)
    assert [one - began[0] for one in began] == [0, 3700, 4000]
    figures = times.figures()
    assert (figures.skipped, figures.lateness.max_us) == (2, 2.7)


@given(st.lists(st.integers(0, 5 * PERIOD_NS), min_size=1, max_size=40), st.lists(st.integers(0, 4000), min_size=1))
def test_deadlines_stay_on_their_grid_and_no_two_periods_share_one(works: list[int], late: list[int]) -> None:
    clock, times = FakeClock(list(late)), LoopTimes(PERIOD_NS)
    deadlines = Deadlines(PERIOD_NS, clock, 0)
    seen: list[int] = []
    skipped = 0
    for work in works:
        seen.append(deadlines.due_ns)
        assert deadlines.wait() >= deadlines.due_ns
        clock.work(work)
        skipped += deadlines.advance()
        assert deadlines.due_ns >= clock.now
    assert all(due % PERIOD_NS == 0 for due in seen)
    assert all(low < high for low, high in pairwise(seen))
    assert deadlines.due_ns == PERIOD_NS * (len(works) + skipped)
    assert times.figures().overruns == 0


def test_a_spinning_loop_wakes_up_before_and_begins_at_the_deadline() -> None:
    clock = FakeClock([30], look_ns=1)
    deadlines = Deadlines(PERIOD_NS, clock, 5000, spin_ns=100)
    assert deadlines.wait() == 5000
    assert clock.woken == [4930]
    assert clock.looks == 70


@pytest.mark.parametrize(("period_ns", "spin_ns"), [(0, 0), (-1, 0), (100, 100), (100, -1)])
def test_periods_and_spins_that_cannot_be_are_refused(period_ns: int, spin_ns: int) -> None:
    with pytest.raises(ValueError, match="spinning"):
        Deadlines(period_ns, CLOCK, 0, spin_ns)


@pytest.mark.parametrize("had_collector", [True, False])
def test_the_collector_rests_in_the_loop_and_is_as_before_afterwards(had_collector: bool) -> None:
    seen: list[bool] = []

    def body() -> bool:
        seen.append(gc.isenabled())
        raise ZeroDivisionError

    if not had_collector:
        gc.disable()
    try:
        with pytest.raises(ZeroDivisionError):
            RealtimeRunner(LoopTimes(PERIOD_NS), clock=FakeClock([0])).run(body)
        assert (seen, gc.isenabled()) == ([False], had_collector)
    finally:
        gc.enable()


def refusing(number: int, asked: list[int]) -> Callable[[int], int]:
    def nanosleep(wake_ns: int) -> int:
        asked.append(wake_ns)
        return number

    return nanosleep


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM, errno.EINVAL])
def test_a_system_without_absolute_sleep_is_asked_once_and_python_sleeps(number: int) -> None:
    asked: list[int] = []
    clock = MonotonicClock(refusing(number, asked))
    for _ in range(3):
        wake_ns = clock.now_ns() + 100_000
        clock.sleep_until_ns(wake_ns)
        assert clock.now_ns() >= wake_ns
    assert (len(asked), clock.is_absolute) == (1, False)


def test_a_sleep_that_a_signal_interrupts_goes_on() -> None:
    asked: list[int] = []
    clock = MonotonicClock(refusing(errno.EINTR, asked))
    wake_ns = clock.now_ns() + 100_000
    clock.sleep_until_ns(wake_ns)
    assert clock.now_ns() >= wake_ns
    assert set(asked) == {wake_ns}
    assert clock.is_absolute


def test_no_time_to_sleep_asks_nobody() -> None:
    asked: list[int] = []
    MonotonicClock(refusing(0, asked)).sleep_until_ns(0)
    assert asked == []


def test_the_clock_sleeps_for_real() -> None:
    nanosleep = system_nanosleep()
    assert nanosleep is not None
    wake_ns = CLOCK.now_ns() + 200_000
    assert nanosleep(wake_ns) in (0, errno.EINTR)
    assert sleep_until(wake_ns * 1e-9) >= 0.0


def test_half_a_second_for_real() -> None:
    times, began_ns, dues = LoopTimes(2_000_000), [], 250

    def body() -> bool:
        began_ns.append(CLOCK.now_ns())
        return CLOCK.now_ns() - began_ns[0] < dues * times.period_ns

    with realtime_thread(Wishes(priority=None, is_memory_locked=False)) as permitted:
        RealtimeRunner(times, permitted.spin_ns(times.period_ns)).run(body)
    figures = times.figures()
    assert figures.lateness.count == figures.body.count == len(began_ns) > 0
    # Every deadline of that time was either taken or is counted as left out.
    assert len(began_ns) + figures.skipped >= dues
