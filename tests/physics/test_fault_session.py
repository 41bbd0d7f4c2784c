"""A tiny fault campaign on real sessions: what is measured, a branch that is killed, a limit that is passed."""

import dataclasses
import os
import signal

import pytest

from controller.types import Cause, Truth
from tests.fault_campaign_cases import DOUBLE, GROUP, MACHINE, PERSON, Inline
from workbench.campaigns.faults.campaign import run_faults
from workbench.campaigns.faults.cases import FaultWorld, _TappedPlant
from workbench.campaigns.faults.cells import Case, Cell
from workbench.campaigns.faults.forked_session import GroupTask, run_group

TERMINAL = Case(("terminal_closed", "patient_rises_after_stop=25"), is_person=True)
CLOCK = Case(("clock_jump",), is_person=False)


@pytest.fixture(scope="module")
def cells() -> dict[Case, Cell]:
    """Two faults that do their work, one whose process is killed, one that raises."""
    inject = FaultWorld.inject
    raising = Case(("sensor_frozen",), is_person=False)

    def deadly(world: FaultWorld, case: Case) -> None:
        if case == DOUBLE:
            os.kill(os.getpid(), signal.SIGKILL)
        if case == raising:
            raise MemoryError("no room")
        inject(world, case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FaultWorld, "inject", deadly)
        done = run_faults(
            (GroupTask(GROUP, (MACHINE, DOUBLE, raising, PERSON, TERMINAL, CLOCK)),), Inline(), lambda *_: None
        )
    return {cell.case: cell for cell in done}


def test_a_blind_sensor_is_found_out_and_the_arm_lets_go(cells: dict[Case, Cell]) -> None:
    cell = cells[MACHINE]
    assert cell.is_passed, cell.misses
    measured = cell.measured
    assert measured is not None
    assert measured.cause is Cause.SENSOR_FROZEN
    assert measured.reaction_ticks is not None
    assert 3 <= measured.reaction_ticks <= 8
    assert measured.set_point_n == pytest.approx(20.0, abs=0.01)
    assert 19.0 < measured.peak_n < 22.0
    assert measured.end_press_n == 0.0


def test_a_closed_terminal_reaches_the_session_of_a_cell_as_a_stop_of_the_operator(cells: dict[Case, Cell]) -> None:
    measured = cells[TERMINAL].measured
    assert measured is not None
    assert measured.cause is Cause.OPERATOR
    assert measured.reaction_ticks == 2


def test_a_clock_that_jumps_stops_the_session_of_a_cell_which_lets_go(cells: dict[Case, Cell]) -> None:
    measured = cells[CLOCK].measured
    assert measured is not None
    assert measured.cause is Cause.CLOCK
    assert measured.end_press_n == 0.0


def test_a_person_who_jerks_is_ridden_out_under_the_bound(cells: dict[Case, Cell]) -> None:
    """30.0 N measured, where the trip of the pad force (target + 10 N) begins."""
    cell = cells[PERSON]
    assert cell.is_passed, cell.misses
    measured = cell.measured
    assert measured is not None
    assert measured.over_limit_samples == 0
    assert 22.0 < measured.peak_n < min(measured.person_bound_n, 31.0)
    assert measured.end_press_n == pytest.approx(20.0, abs=1.0)


def test_a_branch_that_dies_is_a_failed_cell_and_costs_no_other(cells: dict[Case, Cell]) -> None:
    assert len(cells) == 6
    assert cells[DOUBLE].measured is None
    assert "killed by signal 9" in cells[DOUBLE].misses[0]
    (raised,) = (cell for case, cell in cells.items() if case.names == ("sensor_frozen",))
    assert "MemoryError: no room" in raised.misses[0]


def test_a_limit_that_is_passed_fails_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = _TappedPlant.truth

    def strict(plant: _TappedPlant) -> tuple[Truth, ...]:
        return tuple(dataclasses.replace(one, limit_n=15.0) for one in truth(plant))

    monkeypatch.setattr(_TappedPlant, "truth", strict)
    (cell,) = run_group(GroupTask(GROUP, (MACHINE,)))
    assert cell.measured is not None
    assert cell.measured.over_limit_samples > 0
    assert cell.measured.peak_n > 15.0
    assert f"over the limit, peak {cell.measured.peak_n:.1f} N" in cell.misses[0]
    assert "ceiling 15 N" in cell.misses[0]


def test_a_session_that_dies_before_the_fault_fails_all_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_TappedPlant, "configure", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    cells = run_group(GroupTask(GROUP, (MACHINE, PERSON)))
    assert [cell.measured for cell in cells] == [None, None]
    assert all("the session killed by signal 9" in cell.misses[0] for cell in cells)


def test_a_plan_that_is_refused_fails_its_cells_in_words() -> None:
    group = dataclasses.replace(GROUP, force_n=34.0)
    (cell,) = run_group(GroupTask(group, (MACHINE,)))
    assert "plan refused" in cell.misses[0]
