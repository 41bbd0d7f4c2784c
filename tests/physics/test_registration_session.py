"""Sessions on a base that stands elsewhere than the plan thinks: stopped by name before anything is pressed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from controller.arm import Placement
from controller.law.gains import STANDARD
from controller.observers import SessionEvent
from controller.registration import RegistrationEvent
from controller.robot import RobotModel
from controller.session_parts import SessionParts
from controller.types import Cause, ContactState, StepRecord, StopReason
from sim.options import SimulationOptions
from sim.plant import build_simulation
from sim.simulated_rig import simulated_rig
from tests.plan_cases import arm_over, body_named, program_of
from trajectories.anatomy.keepout import ALLOWED, KeepOutMap
from trajectories.planner import plan_session

PROGRAM = program_of(lower="L3", upper="T9", force_n=16.0)
BEYOND_S = 1.0
"""Session time after the verdict that a test still looks at: nothing is pressed by then, or the stroke has begun."""


@dataclass
class _Watch:
    """Keeps what a session shows."""

    is_critical = True

    def __init__(self) -> None:
        self.steps: list[StepRecord] = []
        self.events: list[SessionEvent] = []

    def on_step(self, step: StepRecord) -> None:
        self.steps.append(step)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        self.events.append(event)


def run(
    body_name: str, seed: int, move_m: tuple[float, float, float] = (0.0, 0.0, 0.0), yaw_rad: float = 0.0
) -> tuple[StopReason | None, _Watch]:
    """Run a session up to just after the verdict, or to its stop, on a base that is moved and turned."""
    body, skin = body_named(body_name)
    robot = arm_over("servo7", body_name)
    plan = plan_session(PROGRAM, body, skin, robot, is_measured=True)
    options = SimulationOptions(seed=seed)
    x, y, z, w = robot.placement.quaternion_xyzw
    a, b = math.cos(0.5 * yaw_rad), math.sin(0.5 * yaw_rad)
    turned = (a * x - b * y, a * y + b * x, a * z + b * w, a * w - b * z)
    px, py, pz = robot.placement.position_m
    place = Placement((px + move_m[0], py + move_m[1], pz + move_m[2]), turned)
    plant = build_simulation(robot.arm, place, body, options)
    own = RobotModel(robot.arm, robot.placement)
    watch = _Watch()
    parts = SessionParts.of(plan, own, STANDARD, simulated_rig(robot.arm, options))
    plant.configure()
    try:
        plant.activate(plan.rest_q_rad)
        session = parts.session(plant, (watch,), truth=plant)
        late_s = math.inf
        with session:
            while session.tick() is not None and watch.steps[-1].t_s < late_s:
                if math.isinf(late_s) and any(isinstance(event, RegistrationEvent) for event in watch.events):
                    late_s = watch.steps[-1].t_s + BEYOND_S
        return session.result.stop, watch
    finally:
        plant.deactivate()


def pressed_in_keep_outs_n(body_name: str, watch: _Watch) -> float:
    """Return the largest true force on a place where nothing may press."""
    touching = [step.truth[0] for step in watch.steps if step.truth[0].press_n > 0.0]
    feet, press = np.array([truth.p_wc for truth in touching]), np.array([truth.press_n for truth in touching])
    codes = KeepOutMap.from_body(body_named(body_name)[0]).code_at(feet[:, 0], feet[:, 1])
    return float(press[codes != ALLOWED].max(initial=0.0))


@pytest.mark.parametrize(
    ("move_m", "yaw_deg", "offset"),
    [
        ((0.0, 0.025, 0.0), 0.0, "across the spine"),
        ((0.0, 0.0, 0.0), 3.0, ""),
    ],
)
def test_a_base_that_stands_elsewhere_is_found_out_by_light_glides(
    move_m: tuple[float, float, float], yaw_deg: float, offset: str
) -> None:
    stop, watch = run("median_f", 1, move_m, math.radians(yaw_deg))
    assert stop is not None
    assert stop.cause is Cause.REGISTRATION
    assert stop.limit.startswith("offset of the person")
    assert offset in stop.limit
    assert pressed_in_keep_outs_n("median_f", watch) == 0.0
    working = [step for step in watch.steps if step.contact is ContactState.WORK]
    assert {step.reference.segment for step in working} == {0, 1}
    assert max(step.truth[0].press_n for step in watch.steps) < 8.0


@pytest.mark.parametrize(("body", "seed"), [("stocky_m", 3)])
def test_a_base_that_stands_where_it_should_goes_on(body: str, seed: int) -> None:
    stop, watch = run(body, seed)
    assert stop is None
    (found,) = [event for event in watch.events if isinstance(event, RegistrationEvent)]
    assert found.measured_share == 1.0
    assert max(abs(offset.value) / offset.allowed for offset in found.offsets) < 0.8
