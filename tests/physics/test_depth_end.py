"""The press axis of a whole session ends where no tissue explains the depth, and nowhere before."""

import functools

import pytest

from controller.law.gains import STANDARD
from controller.observers import StepObserver
from controller.robot import RobotModel
from controller.session_parts import SessionParts
from controller.session_result import SessionResult
from controller.types import Cause, Mode, StepRecord
from sim.options import Rise, SimulationOptions
from sim.person.uniform_tissue import UniformTissue
from sim.plant import build_simulation
from tests.fault_cases import prepared

SOFT = UniformTissue(force_at_10_mm_n=2.0)
DEEP_BREATHS = (Rise(0.5, 1.0, -0.010), *(Rise(1.5 + 2.0 * k, 2.0, 0.020 * (-1.0) ** k) for k in range(20)))
"""Up and down by 10 mm, four seconds a breath."""


@functools.cache
def _run(tissue: UniformTissue | None, rises: tuple[Rise, ...]) -> tuple[SessionResult, list[StepRecord], float]:
    body, robot, plan = prepared()
    options = SimulationOptions(seed=1, tissue=tissue, rises=rises)
    plant = build_simulation(robot.arm, robot.placement, body, options)
    parts = SessionParts.of(plan, RobotModel(robot.arm, robot.placement), STANDARD, plant.rig)
    steps: list[StepRecord] = []
    session = parts.session(plant, (StepObserver(steps.append, is_critical=True),), truth=plant)
    plant.configure()
    plant.activate(plan.start_q_rad)
    try:
        return session.run(), steps, parts.limits.strokes[0].pads[0].depth_m
    finally:
        plant.deactivate()


def test_a_tissue_that_does_not_bear_the_press_force_ends_the_session() -> None:
    result, steps, allowed_m = _run(SOFT, ())
    assert result.stop is not None
    assert result.stop.cause is Cause.DEPTH
    assert result.stop.value == pytest.approx(allowed_m, abs=1e-4)
    assert max(step.truth[0].depth_m for step in steps) < allowed_m + 0.010
    assert steps[-1].applied.mode is Mode.RELEASED
    assert steps[-1].truth[0].depth_m < 0.0


def test_deep_breaths_are_no_reason_to_stop() -> None:
    assert _run(None, DEEP_BREATHS)[0].stop is None
