"""The pull of a stopped arm: a speed loop along the outward normal, what it learns, and how far it retreats."""

import math
from dataclasses import replace

import pytest

from controller.safety.outward_pull import (
    AWAY_M,
    CLEAR_M,
    FOLLOWED_M,
    LEARNED_N,
    LIFTED_M,
    UNLOAD_BRAKE_N,
    OutwardPull,
    runaway_m_s,
)
from controller.types import Mode
from tests.gate_cases import soft_gains

DT_S = 1e-3


def _pull(**gains: float) -> OutwardPull:
    return OutwardPull(soft_gains(**gains), DT_S)


def _step(
    pull: OutwardPull, speed_m_s: float, mode: Mode = Mode.UNLOAD, since_s: float = 1.0, *, is_parking: bool = False
) -> float:
    return pull.step(speed_m_s, mode, since_s, is_parking=is_parking)


def _rise(pull: OutwardPull, to_m: float) -> None:
    pull.see((to_m - pull.risen_m) / DT_S)
    assert pull.risen_m == pytest.approx(to_m)


def test_the_pull_is_a_speed_loop_between_brake_and_largest_pull() -> None:
    pull = _pull(unload_damping_ns_per_m=100.0)
    assert _step(pull, 0.02) == pytest.approx(3.0)
    assert _step(pull, -1.0) == 15.0
    assert _step(pull, 0.07) == pytest.approx(-2.0)
    assert _step(pull, 1.0) == -UNLOAD_BRAKE_N == -4.0
    assert _step(pull, 0.05) == 0.0


@pytest.mark.parametrize(
    ("mode", "since_s", "is_parking", "wanted_m_s", "most_n"),
    [
        (Mode.UNLOAD, -1.0, True, 0.05, 0.0),
        (Mode.UNLOAD, 0.0, True, 0.05, 0.0),
        (Mode.UNLOAD, 0.05, True, 0.05, 5.0),
        (Mode.UNLOAD, 0.15, True, 0.05, 15.0),
        (Mode.UNLOAD, 0.6, True, 0.05, 15.0),
        (Mode.UNLOAD, 0.05, False, 0.05, 5.0),
        (Mode.UNLOAD, 0.6, False, 0.05, 15.0),
        (Mode.FLOAT, 0.6, True, 0.01, 3.0),
        (Mode.PARK, 0.05, True, 0.01, 3.0),
        (Mode.FLOAT, 0.05, False, 0.05, 15.0),
        (Mode.FLOAT, 0.9, False, 0.05, 15.0),
    ],
)
def test_the_pull_grows_in_unloading_and_is_small_only_where_parking_follows(
    mode: Mode, since_s: float, is_parking: bool, wanted_m_s: float, most_n: float
) -> None:
    pull = _pull(unload_damping_ns_per_m=1e3)
    assert _step(pull, -9.0, mode, since_s, is_parking=is_parking) == pytest.approx(most_n)
    assert _step(pull, wanted_m_s, mode, since_s, is_parking=is_parking) == pytest.approx(0.0, abs=1e-9)
    assert _step(pull, wanted_m_s + 0.001, mode, since_s, is_parking=is_parking) == pytest.approx(-1.0)
    assert _step(pull, 9.0, mode, since_s, is_parking=is_parking) == -4.0, "the brake is there at once"


def test_the_pull_of_an_arm_that_is_held_grows_beside_the_loop_to_the_largest_force_and_is_kept() -> None:
    pull = _pull(unload_damping_ns_per_m=20.0, unload_spring_n_per_m=200.0)
    found = [_step(pull, 0.0) for _ in range(7000)]
    assert found[:3] == pytest.approx([1.01, 1.02, 1.03])
    assert found[-1] == pytest.approx(1.0 + 60.0)
    assert pull.learned_n == LEARNED_N == 60.0
    assert _step(pull, 0.05) == 60.0
    assert _step(pull, 0.01, Mode.FLOAT, is_parking=True) == 60.0, "no less in a later mode"
    assert _step(pull, -1.0, since_s=0.0) == 60.0, "nor in an unloading that begins anew"
    pull.clear()
    assert (pull.learned_n, pull.risen_m) == (0.0, 0.0)
    assert _step(pull, 0.05) == 0.0


def test_what_is_learned_grows_while_floating_too() -> None:
    pull = _pull(unload_damping_ns_per_m=0.0, unload_spring_n_per_m=200.0)
    assert _step(pull, 0.0, Mode.FLOAT, is_parking=True) == pytest.approx(0.2 * 0.01)
    assert _step(pull, -0.01, Mode.FLOAT, is_parking=False) == pytest.approx(0.2 * (0.01 + 0.06))


def test_a_tool_that_is_faster_than_it_should_be_forgets_no_quicker_than_by_its_bound() -> None:
    pull = _pull(unload_damping_ns_per_m=0.0, unload_spring_n_per_m=100.0)
    for _ in range(1000):
        _step(pull, 0.0)
    assert pull.learned_n == pytest.approx(5.0)
    for speed_m_s, forgotten_n in ((0.06, 0.001), (0.07, 0.002), (0.08, 0.002), (5.0, 0.002)):
        before_n = pull.learned_n
        pull.risen_m = 0.0
        _step(pull, speed_m_s)
        assert before_n - pull.learned_n == pytest.approx(forgotten_n)
    pull.risen_m = 0.0
    for _ in range(500):
        _step(pull, 0.2)
    assert pull.learned_n > 3.9, "lifted for half a second it still knows its weight"


def test_a_tool_that_has_gone_too_far_is_not_pulled_back_by_what_was_learned() -> None:
    pull = _pull(unload_damping_ns_per_m=20.0, unload_spring_n_per_m=200.0)
    for _ in range(100):
        assert _step(pull, 1.0) == -4.0
    assert pull.learned_n == 0.0
    pull.risen_m = 0.0
    assert _step(pull, 0.05) == pytest.approx(0.0)


def test_the_pull_of_a_stuck_tool_grows_at_a_rate_of_its_own_until_it_moves() -> None:
    gains = {"unload_damping_ns_per_m": 10.0, "unload_spring_n_per_m": 20.0, "unload_stuck_n_per_s": 30.0}
    pull = _pull(**gains)
    assert [_step(pull, 0.0) for _ in range(2)] == pytest.approx([0.53, 0.56])
    assert _step(pull, -0.01) == pytest.approx(0.69), "pushed in it is stuck as well"
    assert _step(pull, 0.0099) == pytest.approx(0.12 + 0.401)
    assert _step(pull, 0.0101) == pytest.approx(0.12 + 0.399 + 20.0 * 39.9e-6), "above a fifth of the speed it moves"
    assert _step(pull, 0.0, Mode.FLOAT) == pytest.approx(0.12 + 20.0 * 39.9e-6 + 0.5 + 0.001), "only in unloading"
    fast = OutwardPull(replace(soft_gains(**gains), unload_spring_n_per_m=1e3), DT_S)
    assert _step(fast, 0.0) == pytest.approx(0.55), "the faster of the two"


def test_a_tool_is_lifted_once_it_has_risen_so_far_and_not_when_it_has_sunk_again() -> None:
    pull = _pull()
    assert not pull.is_lifted
    pull.see(24.999)
    assert not pull.is_lifted
    pull.clear()
    pull.see(25.0)
    assert pull.risen_m == LIFTED_M
    assert pull.is_lifted
    pull.see(-0.001)
    assert not pull.is_lifted
    _step(pull, 0.5)
    assert pull.risen_m == pytest.approx(0.025 - 1e-6 + 5e-4), "a period that is pulled in counts as well"


@pytest.mark.parametrize(("mode", "is_parking"), [(Mode.UNLOAD, True), (Mode.UNLOAD, False), (Mode.FLOAT, False)])
def test_the_wanted_speed_falls_to_nothing_toward_the_end_of_the_retreat(mode: Mode, is_parking: bool) -> None:
    pull = _pull(unload_damping_ns_per_m=100.0)
    for risen_m, wanted_m_s in ((0.1, 0.05), (0.125, 0.05), (0.126, 0.048), (0.145, 0.01), (AWAY_M, 0.0), (0.3, 0.0)):
        _rise(pull, risen_m)
        assert _step(pull, 0.0, mode, is_parking=is_parking) == pytest.approx(100.0 * wanted_m_s, abs=1e-9)
    assert _step(pull, 0.01, mode, is_parking=is_parking) == pytest.approx(-1.0)
    _rise(pull, -0.5)
    assert _step(pull, 0.0, mode, is_parking=is_parking) == pytest.approx(5.0), "not faster from below"


def test_floating_before_parking_wants_no_more_than_is_left_of_the_retreat() -> None:
    pull = _pull(unload_damping_ns_per_m=100.0)
    for risen_m, wanted_m_s in ((0.1, 0.01), (0.145, 0.01), (0.146, 0.008), (0.2, 0.0)):
        _rise(pull, risen_m)
        assert _step(pull, 0.0, Mode.FLOAT, is_parking=True) == pytest.approx(100.0 * wanted_m_s, abs=1e-9)


def test_a_tool_at_the_end_of_its_retreat_is_not_stuck() -> None:
    pull = _pull(unload_damping_ns_per_m=0.0, unload_stuck_n_per_s=30.0)
    _rise(pull, AWAY_M)
    assert _step(pull, 0.0) == 0.0
    assert _step(pull, -1e-4) == pytest.approx(0.03), "but one that sinks is"


@pytest.mark.parametrize("speed_m_s", [math.nan, math.inf, -math.inf])
def test_a_speed_that_is_no_number_is_no_way_and_teaches_nothing_new(speed_m_s: float) -> None:
    pull = _pull(unload_damping_ns_per_m=20.0, unload_spring_n_per_m=200.0, unload_stuck_n_per_s=10.0)
    _step(pull, 0.0)
    learned_n = pull.learned_n
    assert learned_n == pytest.approx(0.01)
    pull.see(speed_m_s)
    found = _step(pull, speed_m_s)
    assert -UNLOAD_BRAKE_N <= found <= 15.0 + learned_n
    assert pull.risen_m == 0.0
    assert 0.0 <= pull.learned_n <= learned_n
    assert math.isnan(speed_m_s) is (found == pytest.approx(-4.0 + learned_n) and pull.learned_n == learned_n)
    if speed_m_s < 0.0:
        assert pull.learned_n == learned_n


def test_a_tool_is_clear_100_mm_from_where_it_was_stopped() -> None:
    pull = OutwardPull(soft_gains(), 1e-3)
    pull.see(99.9)
    assert not pull.is_clear
    pull.see(0.1)
    assert pull.is_clear


def test_the_supervisor_and_the_gate_unload_until_the_tool_is_clear() -> None:
    assert (CLEAR_M, LIFTED_M, AWAY_M) == (0.1, 0.025, 0.15)


def test_a_tool_that_is_followed_counts_its_way_from_the_last_touch_on_up_to_an_end() -> None:
    pull = _pull()
    _rise(pull, 0.1)
    pull.touch()
    assert pull.risen_m == 0.0
    assert not pull.is_clear
    _rise(pull, -0.01)
    pull.touch()
    assert pull.risen_m == pytest.approx(-0.01), "a tool that sinks is no nearer to its end"
    _rise(pull, 0.08)
    pull.touch()
    assert pull.risen_m == pytest.approx(0.08 - (FOLLOWED_M - 0.1)), "it is followed no further"
    _rise(pull, 0.11)
    pull.touch()
    assert pull.risen_m == pytest.approx(0.11)
    pull.clear()
    _rise(pull, FOLLOWED_M)
    pull.touch()
    assert pull.risen_m == 0.0, "another stop begins anew"


@pytest.mark.parametrize(
    ("velocity_w", "is_touched", "found_m_s"),
    [
        ((0.0, 0.0, 0.12), False, 0.0),
        ((0.0, 0.0, 0.121), False, 0.121),
        ((0.1, 0.0, 0.1), False, math.hypot(0.1, 0.1)),
        ((0.1, 0.0, 0.1), None, 0.0),
        ((0.0, -0.4, 0.0), None, 0.0),
        ((0.0, -0.41, 0.0), None, 0.41),
        ((3.0, 0.0, 0.0), True, 0.0),
        ((math.nan, 0.0, 0.0), False, 0.0),
    ],
)
def test_a_tool_runs_away_where_nobody_moves_it(
    velocity_w: tuple[float, float, float], is_touched: bool | None, found_m_s: float
) -> None:
    assert runaway_m_s(velocity_w, is_touched) == pytest.approx(found_m_s)


@pytest.mark.parametrize("mode", [Mode.UNLOAD, Mode.FLOAT])
def test_a_tool_that_runs_away_is_not_pulled_and_what_was_learned_is_forgotten_as_fast_as_it_goes(mode: Mode) -> None:
    pull = _pull(unload_damping_ns_per_m=100.0, unload_spring_n_per_m=200.0)
    pull.learned_n = 15.0
    found = pull.step(-0.01, mode, 1.0, is_parking=False, runaway_m_s=0.5)
    assert found == pytest.approx(15.0 - 0.1), "sideways: nothing pulls outward"
    found = pull.step(0.5, mode, 1.0, is_parking=False, runaway_m_s=0.5)
    assert found == pytest.approx(15.0 - 0.2 - 15.0), "outward: braked by no more than the largest pull"
    for _ in range(200):
        pull.step(0.5, mode, 1.0, is_parking=False, runaway_m_s=0.5)
    assert pull.learned_n == 0.0
