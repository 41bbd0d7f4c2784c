"""Sessions that meet something else than their plan assumed are completed, and say so; a typical one says nothing."""

import functools
from dataclasses import replace
from pathlib import Path

import pytest

from controller.law.gains import STANDARD
from controller.observers import SessionEvent
from controller.robot import RobotModel
from controller.session_parts import SessionParts
from controller.types import StepRecord
from sim.faults.kinds import parse_fault
from sim.options import SimulationOptions
from sim.plant import build_simulation
from tests.fault_cases import prepared
from tests.synthetic import CONFIG
from workbench.record.assumptions import warnings_of
from workbench.record.messages import session_event
from workbench.record.reader import RunData
from workbench.record.step_memory import StepMemory
from workbench.runs.assumed import with_assumptions


class _Kept:
    """Keeps steps and events."""

    is_critical = True

    def __init__(self) -> None:
        self.memory, self.events = StepMemory(), []

    def on_step(self, step: StepRecord) -> None:
        self.memory.add(step)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        self.events.append(session_event(t_s, event))


@functools.cache
def _warnings(options: SimulationOptions) -> list[str]:
    """Run a short session without its truth, and return what its warnings are about."""
    body, robot, plan = prepared()
    plant = build_simulation(robot.arm, robot.placement, body, options)
    parts = SessionParts.of(plan, RobotModel(robot.arm, robot.placement), STANDARD, plant.rig)
    kept = _Kept()
    plant.configure()
    plant.activate(plan.start_q_rad)
    try:
        result = parts.session(plant, (kept,)).run()
    finally:
        plant.deactivate()
    assert result.stop is None
    config = with_assumptions(replace(CONFIG, segments=plan.segments), parts)
    run = RunData(Path("none"), config, kept.memory.columns(), tuple(kept.events), (), True)
    assert not run.steps.has_truth
    return [line.split(",")[0] for line in warnings_of(run)]


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (SimulationOptions(seed=1), []),
        (SimulationOptions(seed=1, skin_friction=0.8), ["skin friction", "skin normal"]),
        (SimulationOptions(seed=1, faults=(parse_fault("tool_mass_wrong=0.08@0"),)), ["tool mass"]),
    ],
    ids=["typical", "dry skin", "heavy tool"],
)
def test_what_the_senses_found_is_told(options: SimulationOptions, kinds: list[str]) -> None:
    assert _warnings(options) == kinds
