"""Drives that give less or more than they report from one instant to the next: the arm holds itself, all of it."""

from __future__ import annotations

import dataclasses

import pytest

from tests.fault_campaign_cases import GROUP
from workbench.campaigns.faults.cells import Case, Cell
from workbench.campaigns.faults.forked_session import GroupTask, run_group
from workbench.campaigns.faults.moments import FaultPhase

PANDA = dataclasses.replace(GROUP, arm="panda", plant="typical")
"""The heavier one of the shipped arms: without what its joints lack it pressed with 67 N in floating."""
PHASES = (FaultPhase.LANDING, FaultPhase.WORK, FaultPhase.LIFT, FaultPhase.FLOATING)
FAULTS = ("torque_constant=0.7", "torque_constant=1.3")


@pytest.fixture(scope="module")
def cells() -> dict[Case, Cell]:
    """Both faults in the phases in which the arm is near the person."""
    cases = [Case((fault,), is_person=False, phase=phase) for phase in PHASES for fault in FAULTS]
    return {cell.case: cell for cell in run_group(GroupTask(PANDA, tuple(cases)))}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", FAULTS)
def test_an_arm_whose_drives_give_something_else_at_once_neither_falls_nor_strikes(
    cells: dict[Case, Cell], fault: str, phase: FaultPhase
) -> None:
    cell = cells[Case((fault,), is_person=False, phase=phase)]
    assert cell.is_passed, cell.misses
    assert cell.measured is not None
    assert cell.measured.peak_n < 30.0


def test_a_stopped_arm_is_not_lifted_far_by_drives_that_give_more() -> None:
    """The retreat ends 150 mm above the stop; with nothing taken away the tool rose by 838 mm, with 0.76 m/s."""
    group = dataclasses.replace(PANDA, technique="shoulder_kneading", gains="fast", seed=1854000492)
    case = Case(("torque_constant=1.3",), is_person=False, phase=FaultPhase.FLOATING)
    (cell,) = run_group(GroupTask(group, (case,)))
    assert cell.measured is not None
    assert 0.1 < cell.measured.end_lifted_m < 0.5
    assert cell.measured.stopped_m_s < 0.6
