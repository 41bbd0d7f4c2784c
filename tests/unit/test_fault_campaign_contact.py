"""Cells of the fault table fail where a link presses on the person or the arm sinks back after its stop."""

from __future__ import annotations

import dataclasses
import math
from typing import cast

import pytest

from controller.bounds import StrokeBound
from controller.safety.reaction import UNLOAD_S
from controller.types import Authority, Mode, OtherContact, Touched, Truth
from sim.aftermath import AFTER_S
from tests.fault_campaign_cases import BEYOND, CALM, DOUBLE, MACHINE, PERSON, cell
from workbench.campaigns.faults.cases import chosen_cases
from workbench.campaigns.faults.cells import (
    LINK_N,
    LINK_TRANSIENT_N,
    RISING,
    RISING_AFTER_S,
    RISING_N,
    THROWN_AFTER_S,
    THROWN_M_S,
    Case,
)
from workbench.campaigns.faults.measurement import AFTER_STOP_S, Watch
from workbench.runs.prepare import DT_S


@pytest.mark.parametrize("case", [MACHINE, PERSON, BEYOND, DOUBLE])
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"sunk_n": 5.0}, "sank back"),
        ({"sunk_n": math.nan}, "sank back"),
        ({"link_n": LINK_N + 0.1}, "a link pressed"),
        ({"link_transient_n": LINK_TRANSIENT_N + 0.1}, "a link pressed"),
        ({"link_n": math.nan}, "a link pressed"),
    ],
)
def test_cell_fails_by_name(case: Case, changes: dict[str, float], word: str) -> None:
    (miss,) = cell(case, **changes).misses
    assert word in miss
    assert cell(case, sunk_n=4.9, link_n=LINK_N, link_transient_n=LINK_TRANSIENT_N).is_passed


def test_obstacle_is_a_case_of_the_table() -> None:
    (case,) = chosen_cases(("obstacle",))
    assert case.is_person


RISES = (
    Case(("patient_gets_up",), is_person=True),
    Case(("patient_gets_up", "joint_torque_lost"), is_person=True),
    Case(("sensor_zero", "patient_rises_after_stop=120"), is_person=True),
)


@pytest.mark.parametrize("case", RISES)
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"late_peak_n": RISING_N + 0.1}, "met 30.1 N later than 1 s"),
        ({"late_peak_n": math.nan}, "met nan N later than 1 s"),
        ({"early_over_samples": 1}, "1 samples over the limit up to 1 s"),
        ({"end_press_n": 5.0}, "left pressing with 5.0 N"),
        ({"end_press_n": 5.0, "end_lifted_m": -0.001}, "left pressing with 5.0 N"),
        ({"end_press_n": 5.0, "end_lifted_m": math.nan}, "left pressing with 5.0 N"),
        ({"end_press_n": RISING_N, "end_lifted_m": 0.1}, "left pressing with 30.0 N"),
    ],
)
def test_person_who_rises_is_held_to_what_the_pad_does(case: Case, changes: dict[str, float], word: str) -> None:
    (miss,) = cell(case, **changes).misses
    assert word in miss


@pytest.mark.parametrize("case", RISES)
def test_person_who_rises_to_a_pad_that_has_let_go_may_touch_it(case: Case) -> None:
    assert cell(case, sunk_n=29.0, late_peak_n=RISING_N, end_press_n=29.0, end_lifted_m=0.001).is_passed
    assert cell(case, **CALM, end_press_n=26.0, late_peak_n=0.0).is_passed


@pytest.mark.parametrize("case", [MACHINE, PERSON, BEYOND, DOUBLE])
def test_where_nobody_rises_after_the_stop_nobody_can_hold_the_pad(case: Case) -> None:
    assert cell(case, late_peak_n=99.0, early_over_samples=9).is_passed
    (miss,) = cell(case, end_press_n=5.0, end_lifted_m=0.1).misses
    assert "left pressing" in miss


def test_faults_of_a_rising_person_are_in_the_table() -> None:
    names = {name for case in chosen_cases(()) for name in case.names if case.is_rising}
    assert names >= RISING


def _truth(press_n: float, depth_m: float = 0.0, skin_m: float = 0.0) -> Truth:
    nothing = (0.0, 0.0, 0.0)
    return Truth(
        press_n, nothing, depth_m, (0.0, 0.0, skin_m), (0.0, 0.0, 1.0), "thigh", 40.0, 0.0, 0.0, (0.0, 0.0, 0.1),
        nothing,
    )  # fmt: skip


def _watched(presses_n: list[float], contacts: tuple[OtherContact, ...] = ()) -> tuple[Watch, list[bool]]:
    """Return a watch after a stop in the first period, and when it says it is over."""
    watch = Watch(MACHINE, cast("StrokeBound", None), 20.0)
    over = []
    for press_n in presses_n:
        watch.period(_truth(press_n), Mode.FLOAT, Authority.HOST, contacts)
        over.append(watch.is_over(False, is_parking=False))
    return watch, over


def test_press_counts_once_the_reaction_has_had_its_time() -> None:
    reaction, later = round(AFTER_STOP_S / DT_S), round(1.0 / DT_S)
    quiet, _ = _watched([20.0] * (reaction - 1) + [0.0] * later)
    assert quiet._other.sunk_n == 0.0
    sunk, _ = _watched([0.0] * reaction + [0.0] * later + [8.0] * 100)
    assert sunk._other.sunk_n == pytest.approx(8.0)
    brief, _ = _watched([0.0] * reaction + [8.0] * 10 + [0.0] * later)
    assert brief._other.sunk_n == pytest.approx(0.8)
    lost, _ = _watched([0.0] * reaction + [0.0] * later + [math.nan] + [0.0] * 200)
    assert math.isnan(lost._other.sunk_n)


def test_stopped_arm_is_watched_for_seconds_after_its_reaction() -> None:
    _, over = _watched([0.0] * (round((AFTER_STOP_S + AFTER_S) / DT_S) + 2))
    assert not any(over[: round((AFTER_STOP_S + AFTER_S) / DT_S)])
    assert over[-1]


def test_only_links_on_the_person_count() -> None:
    def contact(touches: Touched) -> OtherContact:
        return OtherContact("link4", touches, (0.0, 3.0, 4.0), (0.0, 0.0, 0.0))

    table, _ = _watched([0.0] * 200, (contact(Touched.TABLE), contact(Touched.OBSTACLE)))
    assert table._other.person_n() == (0.0, 0.0)
    skin, _ = _watched([0.0] * 200, (contact(Touched.SKIN),))
    assert skin._other.person_n() == pytest.approx((5.0, 5.0))


def _rising(periods: list[tuple[Mode, Truth]], *, is_stopped: bool = False) -> tuple[int, float, float]:
    watch = Watch(RISES[0], cast("StrokeBound", None), 20.0, is_stopped=is_stopped)
    for mode, truth in periods:
        watch.period(truth, mode, Authority.HOST)
    return watch._early_over, watch._late_peak_n, watch._lifted_m


def test_second_after_the_stop_parts_the_limit_of_the_place_from_thirty_newtons() -> None:
    second = round(RISING_AFTER_S / DT_S)
    run, light, hard = (Mode.RUN, _truth(39.0)), (Mode.FLOAT, _truth(31.0)), (Mode.FLOAT, _truth(41.0))
    assert _rising([run] * 2000)[:2] == (0, 0.0)
    assert _rising([(Mode.RUN, _truth(41.0))] * 2000)[:2] == (2000, 0.0)
    assert _rising([run, *[light] * second])[:2] == (0, 0.0)
    assert _rising([run, *[light] * (second + 1)])[:2] == (0, 31.0)
    assert _rising([run, *[hard] * (second + 1)])[:2] == (second, 41.0)
    lost = [run, *[(Mode.FLOAT, _truth(math.nan))] * (second + 1), light]
    assert _rising(lost)[0] == second
    assert math.isnan(_rising(lost)[1])


def test_stop_before_the_fault_is_older_than_its_unloading() -> None:
    early = round((RISING_AFTER_S - UNLOAD_S) / DT_S)
    over, late_n, _ = _rising([(Mode.FLOAT, _truth(41.0))] * (early + 5), is_stopped=True)
    assert early - 2 <= over <= early
    assert late_n == 41.0


def test_skin_that_rises_by_more_than_the_pad_is_pressed_in_has_come_to_it() -> None:
    begin = (Mode.RUN, _truth(20.0, 0.010, 0.2))
    assert _rising([begin])[2] == pytest.approx(-0.010)
    assert _rising([begin, (Mode.FLOAT, _truth(9.0, 0.005, 0.31))])[2] == pytest.approx(0.105)
    # brakes closed on a pad that is pressed in: the person only presses against it
    assert _rising([begin, (Mode.FLOAT, _truth(90.0, 0.070, 0.26))])[2] == pytest.approx(-0.010)
    assert math.isnan(_rising([begin, (Mode.FLOAT, _truth(9.0, math.nan, 0.31))])[2])


def test_speed_of_the_stopped_tool_counts_once_it_has_come_to_rest() -> None:
    first = round(THROWN_AFTER_S / DT_S)

    def fastest(step_at: int, step_m: float) -> float:
        watch = Watch(MACHINE, cast("StrokeBound", None), 20.0)
        for period in range(2 * first):
            place = (step_m if period >= step_at else 0.0, 0.0, 0.1)
            watch.period(dataclasses.replace(_truth(0.0), p_wt=place), Mode.FLOAT, Authority.HOST)
        return watch._stopped_m_s

    assert fastest(first - 1, 0.01) == 0.0
    assert fastest(first + 1, 0.01) == pytest.approx(0.01 / DT_S)
    assert math.isnan(fastest(first + 1, math.nan))


@pytest.mark.parametrize(
    ("speed_m_s", "is_passed"), [(THROWN_M_S, True), (THROWN_M_S + 0.01, False), (math.nan, False)]
)
def test_no_stop_may_throw_the_tool(speed_m_s: float, is_passed: bool) -> None:
    thrown = cell(MACHINE, stopped_m_s=speed_m_s)
    assert thrown.is_passed is is_passed
    assert is_passed or "the stopped tool reached" in thrown.misses[0]
