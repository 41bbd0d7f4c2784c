"""The session clock as a sense: what is wrong is found and replaced, and a loop that jitters is no wrong clock."""

import math
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.safety.gate import Gate
from controller.safety.own_time import JUMP_S, SLOW_S, OwnTime
from controller.types import Authority, Cause, StopReason
from tests.gate_cases import command, limits, reference, state
from tests.unit.test_gate import ARM

DT_S = 2.0**-10
"""A period whose multiples are not rounded."""
NAN = math.nan


def _run(time: OwnTime, readings_s: list[float], *, has_drives: bool = True) -> list[StopReason | None]:
    return [time.step(t_s, has_drives=has_drives) for t_s in readings_s]


def _running(from_s: float = 8.0, ticks: int = 4, late_s: float = 0.008) -> OwnTime:
    """Return a time that has seen a good clock; its last reading is told by ``now_s``."""
    time = OwnTime(DT_S, late_s)
    assert _run(time, [from_s + k * DT_S for k in range(ticks)]) == [None] * ticks
    assert time.now_s == from_s + (ticks - 1) * DT_S
    return time


def _same(found: StopReason | None, what: str, value_s: float, allowed_s: float, t_s: float) -> None:
    assert found is not None
    assert (found.cause, found.limit, found.unit, found.t_s) == (Cause.CLOCK, what, "s", t_s)
    assert (found.value, found.allowed) == pytest.approx((value_s, allowed_s), nan_ok=True)


def test_a_good_clock_is_believed_whenever_it_begins() -> None:
    for from_s in (0.0, -5.0, 1e6):
        time = _running(from_s, 100)
        assert time.step(time.now_s + 0.25, has_drives=True) is None, "late but good"
        assert time.now_s == from_s + 99 * DT_S + 0.25


@pytest.mark.parametrize("has_drives", [True, False])
@pytest.mark.parametrize("reading_s", [NAN, math.inf, -math.inf])
def test_a_reading_that_is_no_number_is_told_and_time_is_the_count_of_ticks_from_then_on(
    reading_s: float, has_drives: bool
) -> None:
    time = _running()
    before_s = time.now_s
    (found,) = _run(time, [reading_s], has_drives=has_drives)
    _same(found, "session clock, no number", reading_s, 0.0, before_s + DT_S)
    assert time.now_s == before_s + DT_S
    assert _run(time, [reading_s, reading_s, before_s + 100.0, 0.0, before_s]) == [None] * 5, "told once"
    assert time.now_s == before_s + 6.0 * DT_S


@pytest.mark.parametrize("reading_s", [NAN, math.inf, -math.inf])
def test_a_first_reading_that_is_no_number_begins_the_count_of_ticks(reading_s: float) -> None:
    time = OwnTime(DT_S, 0.008)
    (found,) = _run(time, [reading_s])
    _same(found, "session clock, no number", reading_s, 0.0, DT_S)
    assert _run(time, [reading_s, 5.0]) == [None] * 2
    assert time.now_s == 3.0 * DT_S


@pytest.mark.parametrize("has_drives", [True, False])
@pytest.mark.parametrize("back_s", [DT_S / 4.0, DT_S, 1.0])
def test_a_clock_that_runs_back_is_wrong_whoever_has_the_drives(has_drives: bool, back_s: float) -> None:
    time = _running()
    before_s = time.now_s
    (found,) = _run(time, [before_s - back_s], has_drives=has_drives)
    _same(found, "step of the session clock", -back_s, 0.0, before_s + DT_S)
    assert _run(time, [before_s, before_s + 9.0]) == [None] * 2
    assert time.now_s == before_s + 3.0 * DT_S


def test_a_clock_is_believed_again_once_the_stop_is_cleared_and_time_goes_on_from_where_it_was() -> None:
    time = _running()
    before_s = time.now_s
    assert _run(time, [NAN])[0] is not None
    time.resume()
    assert _run(time, [3.0]) == [None]
    assert time.now_s == before_s + 2.0 * DT_S
    assert _run(time, [3.0 + DT_S, 3.0 + 4.0 * DT_S]) == [None] * 2
    assert time.now_s == before_s + 6.0 * DT_S
    (found,) = _run(time, [3.0])
    assert found is not None
    time.resume()
    (still,) = _run(time, [NAN])
    assert still is not None, "a clock that is still wrong stops the session again"
    time.resume()
    assert _run(time, [0.0]) == [None]
    assert time.now_s == before_s + 9.0 * DT_S


def test_what_a_clock_was_behind_is_forgotten_with_the_stop() -> None:
    time = _running(0.0, 1)
    assert _run(time, [0.0] * 15) == [None] * 15
    time.resume()
    assert _run(time, [0.0] * 16) == [None] * 16


def test_a_good_clock_goes_on_over_a_cleared_stop_without_a_gap_being_counted() -> None:
    time = _running()
    before_s = time.now_s
    time.resume()
    assert _run(time, [before_s + 100.0, before_s + 100.0 + DT_S]) == [None] * 2
    assert time.now_s == before_s + 2.0 * DT_S
    early = OwnTime(DT_S, 0.008)
    early.resume()
    assert _run(early, [7.0]) == [None]
    assert early.now_s == 7.0, "before the first reading there is nothing to go on from"


def test_a_jump_is_wrong_while_the_loop_has_the_drives() -> None:
    for gap_s, is_wrong in ((JUMP_S, False), (JUMP_S + DT_S, True), (1e9, True)):
        time = _running()
        before_s = time.now_s
        (found,) = _run(time, [before_s + gap_s])
        assert (found is not None) is is_wrong
        assert time.now_s == before_s + (DT_S if is_wrong else gap_s)
        if is_wrong:
            _same(found, "step of the session clock", gap_s, JUMP_S, before_s + DT_S)


def test_a_loop_that_stood_still_until_the_drives_were_taken_is_no_wrong_clock() -> None:
    time = _running()
    before_s = time.now_s
    assert _run(time, [before_s + 100.0], has_drives=False) == [None]
    assert time.now_s == before_s + 100.0


def test_a_loop_that_may_be_late_for_longer_than_a_jump_is_believed_so_long() -> None:
    for gap_s, is_wrong in ((2.0, False), (2.0 + DT_S, True)):
        time = _running(late_s=2.0)
        assert (_run(time, [time.now_s + gap_s])[0] is not None) is is_wrong


@pytest.mark.parametrize(("share", "at_most_s"), [(0.0, 0.016), (0.5, 0.042), (0.75, 0.25)])
def test_a_clock_that_stands_still_or_is_slow_is_found(share: float, at_most_s: float) -> None:
    time = _running(0.0, 1)
    found = [time.step(share * k * DT_S, has_drives=True) for k in range(1, 400)]
    first = next(k for k, reason in enumerate(found) if reason is not None)
    missing_s = (first + 1) * (0.8 - share) * DT_S
    assert missing_s - (0.8 - share) * DT_S <= SLOW_S < missing_s
    assert (first + 1) * DT_S <= at_most_s
    what = "time that the session clock is behind its ticks"
    _same(found[first], what, missing_s, SLOW_S, first * share * DT_S + DT_S)
    assert found[first + 1 :] == [None] * len(found[first + 1 :])
    assert time.now_s == pytest.approx(first * share * DT_S + (399 - first) * DT_S)


def test_a_clock_that_is_a_fifth_slow_is_none_and_a_quick_one_makes_up_for_nothing_before() -> None:
    time = _running(0.0, 1)
    assert _run(time, [0.8125 * k * DT_S for k in range(1, 2000)]) == [None] * 1999
    quick = _running(0.0, 5000)
    last_s = quick.now_s
    assert [reason is None for reason in _run(quick, [last_s] * 16)] == [True] * 15 + [False], "never less than none"


def test_a_loop_that_catches_up_after_a_late_tick_is_not_slow() -> None:
    time = _running(0.0, 100)
    last_s = time.now_s
    late_s = last_s + 13.0 * DT_S
    assert _run(time, [late_s] * 13) == [None] * 13
    assert _run(time, [late_s + k * DT_S for k in range(1, 100)]) == [None] * 99


@given(
    dt_s=st.floats(0.25e-3, 4e-3),
    late_s=st.lists(st.floats(0.0, 0.012), min_size=2, max_size=200),
    from_s=st.floats(-10.0, 1e4),
)
def test_no_jitter_of_a_loop_makes_a_good_clock_wrong(dt_s: float, late_s: list[float], from_s: float) -> None:
    readings = list(accumulate([from_s + k * dt_s + late for k, late in enumerate(late_s)], max))
    time = OwnTime(dt_s, 0.008)
    for reading_s in readings:
        assert time.step(reading_s, has_drives=True) is None
        assert time.now_s == pytest.approx(reading_s, abs=1e-9)


PERIODS = st.floats(0.25e-3, 4e-3)
ANY = st.one_of(st.floats(-1e6, 1e6), st.sampled_from((NAN, math.inf, -math.inf)))


@given(dt_s=PERIODS, readings=st.lists(st.tuples(ANY, st.sampled_from("tfr")), min_size=2, max_size=50))
def test_time_is_always_a_number_and_never_goes_back(dt_s: float, readings: list[tuple[float, str]]) -> None:
    """Whatever the clock says, whoever has the drives, and however often a stop is cleared."""
    time, before_s = OwnTime(dt_s, 0.008), -math.inf
    for reading_s, what in readings:
        if what == "r" and before_s > 0.0:
            time.resume()
        time.step(reading_s, has_drives=what == "t")
        assert math.isfinite(time.now_s)
        assert time.now_s >= before_s
        before_s = time.now_s


def test_the_gate_parks_the_arm_for_a_wrong_clock_and_counts_on_by_itself() -> None:
    gate = Gate(limits(), DT_S)
    for k in range(3):
        assert gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 1.0 + k * DT_S).stop is None
    judged = gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.5)
    assert judged.stop is not None
    assert (judged.stop.cause, judged.stop.t_s) == (Cause.CLOCK, 1.0 + 3.0 * DT_S)
    assert judged.press_n < 0.0, "and the arm leaves the skin"


@pytest.mark.parametrize(
    ("authority", "cause"), [(Authority.HOST, Cause.CLOCK), (Authority.SUPERVISOR, Cause.LATE_TICK)]
)
def test_the_gate_knows_a_loop_that_stood_still_by_who_has_the_drives(authority: Authority, cause: Cause) -> None:
    gate = Gate(limits(late_s=0.008), DT_S)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 1.0)
    stop = gate.judge(command(ARM, ARM.bias_nm), state(authority=authority), reference(), 9.0).stop
    assert stop is not None
    assert stop.cause is cause


def test_a_wrong_clock_of_a_stopped_arm_needs_who_may_clear_that() -> None:
    gate = Gate(limits(), DT_S)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 1.0)
    gate.stop(StopReason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 1.0, "-"))
    judged = gate.judge(command(ARM, ARM.bias_nm), state(), reference(), NAN)
    assert judged.stop is not None
    assert judged.stop.cause is Cause.OPERATOR
    assert gate.clearance == "service"
