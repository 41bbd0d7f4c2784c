"""Cells of the fault table fail where a link presses on the person or the arm sinks back after its stop."""

from __future__ import annotations

import math
from typing import cast

import pytest

from controller.bounds import StrokeBound
from controller.types import Authority, Mode, OtherContact, Touched, Truth
from sim.aftermath import AFTER_S
from tests.fault_campaign_cases import BEYOND, DOUBLE, MACHINE, PERSON, cell
from workbench.campaigns.faults.cases import chosen_cases
from workbench.campaigns.faults.cells import LINK_N, LINK_TRANSIENT_N, Case
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


def _truth(press_n: float) -> Truth:
    nothing = (0.0, 0.0, 0.0)
    return Truth(press_n, nothing, 0.0, nothing, (0.0, 0.0, 1.0), "thigh", 40.0, 0.0, 0.0, (0.0, 0.0, 0.1), nothing)


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
