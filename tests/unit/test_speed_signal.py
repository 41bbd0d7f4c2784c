"""Reported joint speeds beside the way of the positions: what is apart is found, named, and replaced."""

import math

import pytest

from controller.safety.speed_check import OWN_WINDOW_S, WINDOWS, SpeedCheck
from controller.types import Cause, StopReason

DT_S = 1e-3
NAN = math.nan


def _run(
    check: SpeedCheck,
    ticks: int,
    told_rad_s: tuple[float, float],
    gone_rad_s: tuple[float, float],
    *,
    clock_dt_s: float = DT_S,
    from_s: float = 0.0,
) -> tuple[int, StopReason | None]:
    """Let two joints move at constant speeds and report others; return the first tick with a reason, and it."""
    for k in range(ticks):
        q_rad = tuple(0.3 + k * DT_S * speed for speed in gone_rad_s)
        found = check.step(from_s + k * clock_dt_s, q_rad, told_rad_s)
        if found is not None:
            return k, found
    return ticks, None


def test_speeds_that_are_those_of_the_positions_are_believed() -> None:
    check, reported = SpeedCheck(2, DT_S), (0.0, 0.0)
    for k in range(2000):
        t_s = k * DT_S
        q_rad = (0.1 * math.sin(10.0 * t_s), 1.0 - 0.5 * t_s)
        reported = (math.cos(10.0 * t_s), -0.5)
        assert check.step(t_s, q_rad, reported) is None
    assert check.believed(reported) is reported
    assert not check.is_wrong


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("apart_rad_s", "tick", "window"),
    [(0.154, 200, None), (0.159, 20, WINDOWS[0]), (0.61, 20, WINDOWS[0]), (0.71, 4, WINDOWS[1]), (5.0, 4, WINDOWS[1])],
)
def test_a_speed_that_is_off_is_found_within_the_window_for_it_and_named(
    sign: float, apart_rad_s: float, tick: int, window: tuple[float, float, float] | None
) -> None:
    for told, gone in (((0.1, sign * apart_rad_s), (0.1, 0.0)), ((0.1, 0.0), (0.1, sign * apart_rad_s))):
        check = SpeedCheck(2, DT_S)
        at, found = _run(check, 200, told, gone)
        assert at == tick
        assert check.is_wrong is (window is not None)
        if window is None:
            continue
        allowed_rad_s = window[1] + window[2] * max(map(abs, told))
        assert found is not None
        assert (found.cause, found.unit) == (Cause.SPEED_SIGNAL, "rad/s")
        assert found.limit == "reported speed of joint 2 beside the one of its positions"
        assert (found.value, found.allowed) == pytest.approx((apart_rad_s, allowed_rad_s))
        assert found.t_s == pytest.approx(tick * DT_S)


def test_a_reader_with_uneven_samples_allows_more() -> None:
    assert _run(SpeedCheck(2, DT_S, 3.0), 200, (0.449, 0.0), (0.0, 0.0))[1] is None
    at, found = _run(SpeedCheck(2, DT_S, 3.0), 200, (0.481, 0.0), (0.0, 0.0))
    assert (at, found is not None) == (20, True)
    assert found is not None
    assert found.allowed == pytest.approx(3.0 * WINDOWS[0][1] + WINDOWS[0][2] * 0.481)
    assert _run(SpeedCheck(2, DT_S, 3.0), 200, (2.2, 0.0), (0.0, 0.0))[0] == 4


def test_what_was_wrong_long_ago_is_not_counted() -> None:
    check = SpeedCheck(1, DT_S)
    for k in range(500):
        # Three ticks of every forty are off.
        told = (0.6,) if k % 40 < 3 else (0.0,)
        assert check.step(k * DT_S, (0.0,), told) is None


@pytest.mark.parametrize("ratio", [2.0, 0.5])
def test_where_the_joints_confirm_the_count_of_ticks_it_is_the_clock_that_is_wrong(ratio: float) -> None:
    check = SpeedCheck(2, DT_S)
    at, found = _run(check, 200, (0.0, 0.5), (0.0, 0.5), clock_dt_s=ratio * DT_S)
    assert found is not None
    assert (found.cause, found.unit) == (Cause.CLOCK, "s")
    assert "count of ticks" in found.limit
    assert at == round(0.02 / (ratio * DT_S))
    assert found.value == pytest.approx(at * ratio * DT_S)
    assert found.allowed == pytest.approx(at * DT_S)
    assert found.t_s == pytest.approx(at * ratio * DT_S)
    assert not check.is_wrong, "the speeds are believed on"


def test_a_wrong_clock_does_not_hide_a_wrong_speed() -> None:
    check = SpeedCheck(2, DT_S)
    _, found = _run(check, 200, (0.0, 0.5), (0.9, 0.5), clock_dt_s=2.0 * DT_S)
    assert found is not None
    assert found.cause is Cause.SPEED_SIGNAL
    assert check.is_wrong


def test_once_a_speed_was_wrong_those_of_the_positions_are_gone_by() -> None:
    check = SpeedCheck(2, DT_S)
    told = (7.0, 7.0)
    assert check.believed(told) is told
    at, found = _run(check, 200, told, (0.2, -0.4))
    assert found is not None
    assert at == round(OWN_WINDOW_S / DT_S)
    assert check.believed(told) == pytest.approx((0.2, -0.4))
    # Half the window at another speed: the mean over the window.
    for k in (1, 2):
        check.step((at + k) * DT_S, (0.3 + at * 0.2e-3, 0.3 - at * 0.4e-3), told)
    assert check.believed(told) == pytest.approx((0.1, -0.2))
    check.clear()
    assert not check.is_wrong
    assert check.believed(told) is told


def test_without_a_way_yet_an_arm_whose_speeds_were_wrong_counts_as_at_rest() -> None:
    check = SpeedCheck(2, DT_S)
    found = check.refuse(1, 3.0, -1.0, 0.7)
    assert (found.cause, found.value, found.allowed, found.t_s) == (Cause.SPEED_SIGNAL, 4.0, 0.6, 0.7)
    assert found.limit == "reported speed of joint 2 beside the one of its positions"
    told = (7.0, 7.0)
    assert check.believed(told) is told, "nothing else is known"
    check.step(0.7, (0.3, 0.3), told)
    assert check.believed(told) == (0.0, 0.0)
    check.step(0.701, (0.3, 0.301), told)
    assert check.believed(told) == pytest.approx((0.0, 1.0))
    check.restart()
    assert check.believed(told) is told
    assert check.is_wrong, "latched"


@pytest.mark.parametrize(
    ("t_s", "q_rad", "told_rad_s"),
    [
        (NAN, (0.3, 0.3), (1.0, 0.0)),
        (0.003, (NAN, 0.3), (1.0, 0.0)),
        (0.003, (0.3, 0.3), (math.inf, 0.0)),
        (0.003, (0.3,), (1.0, 0.0)),
        (0.003, (0.3, 0.3), (1.0,)),
        (0.003, (0.3, 0.3, 0.3), (1.0, 0.0)),
    ],
)
def test_after_what_is_no_number_or_of_another_size_it_begins_anew(
    t_s: float, q_rad: tuple[float, ...], told_rad_s: tuple[float, ...]
) -> None:
    check = SpeedCheck(2, DT_S)
    assert _run(check, 4, (1.0, 0.0), (0.0, 0.0))[1] is None
    assert check.step(t_s, q_rad, told_rad_s) is None
    at, _ = _run(check, 100, (1.0, 0.0), (0.0, 0.0), from_s=0.004)
    assert at == 4
