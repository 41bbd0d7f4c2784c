"""No stop throws the tool: friction lets go at once, and a joint behind its brake turns the pull aside."""

from __future__ import annotations

import dataclasses

import pytest

from tests.fault_campaign_cases import GROUP
from workbench.campaigns.faults.cells import Case, Cell
from workbench.campaigns.faults.forked_session import GroupTask, run_group
from workbench.campaigns.faults.moments import FaultPhase

FAULTS = ("joint_torque_lost=2", "encoder_nan=2")
"""The second joint of servo7 stood, and the tool left with up to 3.3 m/s."""


@pytest.fixture(scope="module")
def cells() -> dict[Case, Cell]:
    cases = [Case((fault,), is_person=False, phase=FaultPhase.TRANSFER) for fault in FAULTS]
    return {cell.case: cell for cell in run_group(GroupTask(dataclasses.replace(GROUP, plant="typical"), tuple(cases)))}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_joint_behind_its_brake_does_not_turn_the_pull_into_a_throw(cells: dict[Case, Cell], fault: str) -> None:
    cell = cells[Case((fault,), is_person=False, phase=FaultPhase.TRANSFER)]
    assert cell.is_passed, cell.misses
    assert cell.measured is not None
    assert 0.0 < cell.measured.stopped_m_s < 0.8
