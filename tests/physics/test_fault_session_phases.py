"""One real session that splits in every phase: faults come where they are said to, and every branch is measured."""

from __future__ import annotations

import dataclasses
import os
import signal

import pytest

from controller.session import Session
from controller.types import Action, Cause, Mode
from tests.fault_campaign_cases import GROUP, MACHINE
from workbench.campaigns.faults import forked_session
from workbench.campaigns.faults.cells import Case, Cell
from workbench.campaigns.faults.draw import deck
from workbench.campaigns.faults.forked_session import GroupTask, run_group
from workbench.campaigns.faults.moments import FaultPhase

LOST = Case(("speed_flipped=2",), is_person=False)
TYPICAL = dataclasses.replace(GROUP, seed=3, plant="typical")


@pytest.fixture(scope="module")
def cells() -> dict[Case, Cell]:
    """Two faults in every phase of one session on a drawn plant."""
    return {cell.case: cell for cell in run_group(GroupTask(TYPICAL, deck((MACHINE, LOST))))}


@pytest.mark.parametrize("phase", FaultPhase)
@pytest.mark.parametrize("case", [MACHINE, LOST])
def test_a_fault_hurts_in_no_phase(cells: dict[Case, Cell], case: Case, phase: FaultPhase) -> None:
    cell = cells[dataclasses.replace(case, phase=phase)]
    assert cell.is_passed, cell.misses
    assert cell.group == TYPICAL


def test_a_fault_comes_in_its_phase(cells: dict[Case, Cell]) -> None:
    """A dead sensor is found out at once, so what has been pressed since tells where it came."""
    found = {phase: cells[dataclasses.replace(MACHINE, phase=phase)].measured for phase in FaultPhase}
    for phase in (FaultPhase.TRANSFER, FaultPhase.APPROACH, FaultPhase.PARKING, FaultPhase.FLOATING, FaultPhase.RETURN):
        measured = found[phase]
        assert measured is not None
        assert measured.peak_n == 0.0, phase
    landing, work, lift = (found[phase] for phase in (FaultPhase.LANDING, FaultPhase.WORK, FaultPhase.LIFT))
    assert landing is not None
    assert work is not None
    assert lift is not None
    assert 0.0 < landing.peak_n < 3.0
    assert work.peak_n > 19.0
    assert lift.peak_n < 6.0


def test_after_a_stop_its_cause_stands_and_on_the_way_back_the_fault_is_one_of_its_own(cells: dict[Case, Cell]) -> None:
    parking, floating, back = (
        cells[dataclasses.replace(MACHINE, phase=phase)].measured
        for phase in (FaultPhase.PARKING, FaultPhase.FLOATING, FaultPhase.RETURN)
    )
    assert parking is not None
    assert floating is not None
    assert back is not None
    assert (parking.cause, parking.action, parking.reaction_ticks) == (Cause.OPERATOR, Action.PARK, None)
    assert (floating.cause, floating.action, floating.mode) == (Cause.WORKSPACE, Action.FLOAT, Mode.FLOAT)
    assert back.cause is Cause.SENSOR_FROZEN
    assert back.reaction_ticks is not None


def test_a_branch_after_the_stop_that_dies_fails_its_own_cells_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "request_stop", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    cases = [dataclasses.replace(MACHINE, phase=phase) for phase in (FaultPhase.PARKING, FaultPhase.WORK)]
    parking, work = run_group(GroupTask(TYPICAL, tuple(cases)))
    assert parking.measured is None
    assert "the branch after the stop killed by signal 9" in parking.misses[0]
    assert work.is_passed, work.misses


def test_a_phase_that_never_comes_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(forked_session.STOPPED_BY, FaultPhase.PARKING, Cause.WORKSPACE)
    (cell,) = run_group(GroupTask(TYPICAL, (dataclasses.replace(MACHINE, phase=FaultPhase.PARKING),)))
    assert cell.measured is None
    assert "stopped by workspace before the fault" in cell.misses[0]
