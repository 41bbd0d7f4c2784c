"""Arms, tools and sensors that are not what their files say: corrected, or refused by name before any contact."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.air.check import CORRECTED_NM
from controller.air.findings import AirChecked, Tared
from controller.law.gains import STANDARD
from controller.observers import SessionEvent
from controller.session_parts import SessionParts
from controller.session_result import SessionResult
from controller.types import Cause, Phase, StepRecord
from sim.differences.values import PlantDifferences
from sim.options import SimulationOptions
from sim.plant import build_simulation
from tests.physics.test_session import _near, _prepared
from trajectories.plan import Plan
from trajectories.reach.way_to_weigh import TURN_RAD, turn_on_way_rad


class Watch:
    """Keeps steps and events of a session."""

    is_critical = True

    def __init__(self) -> None:
        self.steps: list[StepRecord] = []
        self.events: list[SessionEvent] = []

    def on_step(self, step: StepRecord) -> None:
        """Keep a step."""
        self.steps.append(step)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Keep an event."""
        self.events.append(event)

    @property
    def checked(self) -> AirChecked:
        """The only free-air check."""
        (event,) = (event for event in self.events if isinstance(event, AirChecked))
        return event

    @property
    def peak_n(self) -> float:
        """Largest true press force."""
        return max(step.truth[0].press_n for step in self.steps)

    @property
    def work_error_n(self) -> list[float]:
        """True press force beside the reference, in work."""
        work = [step for step in self.steps if step.reference.phase is Phase.WORK]
        return [step.truth[0].press_n - step.reference.pads[0].press_n for step in work]


def _run(
    differences: PlantDifferences, *, plan: Plan | None = None, is_air_checked: bool = True, until_s: float = math.inf
) -> tuple[SessionResult, Watch]:
    body, robot, whole = _prepared("servo7")
    options = SimulationOptions(seed=1, differences=differences)
    plant = build_simulation(robot.arm, robot.placement, body, options)
    chosen = replace(_near(whole), start_path_rad=whole.start_path_rad) if plan is None else plan
    parts, watch = SessionParts.of(chosen, robot, STANDARD, plant.rig), Watch()
    session = parts.session(plant, (watch,), truth=plant, is_air_checked=is_air_checked)
    plant.configure()
    plant.activate(chosen.rest_q_rad)
    try:
        with session:
            while (step := session.tick()) is not None and step.t_s < until_s:
                pass
        return session.result, watch
    finally:
        plant.deactivate()
        robot.restore()


def test_the_plan_turns_the_wrist_before_it_begins() -> None:
    _, robot, plan = _prepared("servo7")
    assert plan.start_path_rad[0] == plan.start_path_rad[-1] == plan.start_q_rad
    assert turn_on_way_rad(plan.start_path_rad, robot) >= TURN_RAD
    steps = np.abs(np.subtract(plan.start_path_rad[1], plan.start_path_rad[0]))
    assert steps.min() >= 0.029  # every joint slides, so that its friction shows


def test_an_exact_arm_passes_and_is_left_as_it_is() -> None:
    result, watch = _run(PlantDifferences.exact(), until_s=5.6)
    assert result.stop is None
    found = watch.checked.found
    assert watch.checked.is_passed
    assert found.is_weighed
    assert not found.is_corrected
    assert found.mass_kg == pytest.approx(found.stated_mass_kg, abs=0.01)
    np.testing.assert_allclose(found.friction_nm, (0.3,) * 4 + (0.1,) * 3, atol=0.05)
    assert np.abs(found.gravity_error_nm).max() < CORRECTED_NM


@pytest.mark.parametrize(
    ("differences", "named"),
    [
        (PlantDifferences("t", tool_mass_error_kg=2.0), "tool mass"),
        (PlantDifferences("t", tool_mass_error_kg=0.5), "tool mass"),
        (PlantDifferences("t", tool_mass_error_kg=-0.2), "tool mass"),
        (PlantDifferences("t", arm_mass_scale=(1.2,)), "holds joint 2"),
        (PlantDifferences("t", arm_mass_scale=(0.8,)), "holds joint 2"),
        (PlantDifferences("t", sensor_drift_n_per_s=(0.0, 0.0, 0.3)), "drift of the wrist sensor"),
    ],
    ids=["tool+2", "tool+0.5", "tool-0.2", "arm+20%", "arm-20%", "drift0.3"],
)
def test_what_is_too_far_off_is_refused_by_name_in_the_air(differences: PlantDifferences, named: str) -> None:
    result, watch = _run(differences)
    assert result.stop is not None
    assert result.stop.cause is Cause.MODEL_MISMATCH
    assert named in result.stop.limit
    assert result.stop.t_s < 6.0
    assert not watch.checked.is_passed
    assert watch.peak_n == 0.0
    start_m, end_m = watch.steps[0].p_wt, watch.steps[-1].p_wt
    assert min(step.p_wt[2] for step in watch.steps) > start_m[2] - 0.03  # held by what was measured
    assert math.dist(start_m, end_m) < 0.2


def test_without_the_check_a_heavy_tool_presses() -> None:
    _, watch = _run(PlantDifferences("t", tool_mass_error_kg=2.0), is_air_checked=False, until_s=6.0)
    assert watch.peak_n > 5.0


SMALL = {
    "tool": PlantDifferences("t", tool_mass_error_kg=0.05),
    "arm": PlantDifferences("t", arm_mass_scale=(1.1, 0.95, 1.05, 1.1, 1.0, 1.05, 1.0), torque_constant_scale=(0.97,)),
    "drift": PlantDifferences("t", sensor_drift_n_per_s=(0.0, 0.0, 0.05)),
}


def _rms_n(errors_n: list[float]) -> float:
    return math.sqrt(np.mean(np.square(errors_n)))


@pytest.fixture(scope="module")
def exact_rms_n() -> float:
    """Force error of the same strokes on a plant that differs by nothing [N]."""
    result, watch = _run(PlantDifferences.exact())
    assert result.stop is None
    return _rms_n(watch.work_error_n)


@pytest.mark.parametrize("name", SMALL)
def test_small_errors_are_corrected(name: str, exact_rms_n: float) -> None:
    result, watch = _run(SMALL[name])
    assert result.stop is None
    errors = watch.work_error_n
    assert _rms_n(errors) < min(exact_rms_n + 0.03, 0.2)
    assert abs(float(np.mean(errors))) < 0.08
    assert max(step.truth[0].press_n for step in watch.steps) < 19.5
    assert watch.checked.found.is_corrected == (name != "drift")
    tares = [event for event in watch.events if isinstance(event, Tared)]
    assert len(tares) == 1
    assert tares[-1].drift_s[2] == pytest.approx(0.05 if name == "drift" else 0.0, abs=0.01)


def test_without_the_check_a_drifting_sensor_presses_wrong() -> None:
    _, watch = _run(SMALL["drift"], is_air_checked=False)
    assert abs(float(np.mean(watch.work_error_n))) > 0.3


def test_a_plan_without_a_way_is_checked_in_its_first_transfer() -> None:
    """One orientation: tool and zero are not told apart, and what is too much is refused all the same."""
    plan = _near(_prepared("servo7")[2])
    result, watch = _run(PlantDifferences.exact(), plan=plan, until_s=5.0)
    assert result.stop is None
    assert watch.checked.is_passed
    result, watch = _run(PlantDifferences("t", tool_mass_error_kg=0.5), plan=plan, until_s=5.0)
    assert result.stop is not None
    assert result.stop.cause is Cause.MODEL_MISMATCH
    assert watch.peak_n == 0.0
