"""An encoder that gives no number any more, in the phases of a session on a plant that differs from its model."""

from __future__ import annotations

import dataclasses
import functools

import pytest

from controller.types import Action, Cause, Mode
from tests.fault_campaign_cases import GROUP
from workbench.campaigns.faults.cells import Case, Cell
from workbench.campaigns.faults.forked_session import GroupTask, run_group
from workbench.campaigns.faults.moments import FaultPhase

PHASES = {
    "servo7": (FaultPhase.TRANSFER, FaultPhase.LANDING, FaultPhase.WORK, FaultPhase.PARKING),
    "panda": (FaultPhase.TRANSFER, FaultPhase.LANDING),
}
"""Of both arms those in which most was reached by an arm that held its last torque: 53 N, and 68 N with 49 N left."""
JOINTS = {"servo7": 2, "panda": 4}
CASES = [(arm, phase) for arm, phases in PHASES.items() for phase in phases]


@functools.cache
def _cells(arm: str) -> dict[FaultPhase, Cell]:
    cases = tuple(Case((f"encoder_nan={JOINTS[arm]}",), is_person=False, phase=phase) for phase in PHASES[arm])
    group = dataclasses.replace(GROUP, arm=arm, seed=1, plant="typical")
    return {cell.case.phase: cell for cell in run_group(GroupTask(group, cases))}


@pytest.mark.parametrize(("arm", "phase"), CASES)
def test_a_lost_encoder_hurts_in_no_phase(arm: str, phase: FaultPhase) -> None:
    cell = _cells(arm)[phase]
    assert cell.is_passed, cell.misses
    measured = cell.measured
    assert measured is not None
    assert measured.action is Action.HOLD_TORQUE
    assert measured.cause is Cause.JOINTS_NOT_FINITE
    assert measured.taken is not Cause.NOT_FINITE, "the supervisor knows where the arm is as well"
    assert measured.mode is Mode.FLOAT
