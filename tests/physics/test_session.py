"""The loop on the simulated arm: short real sessions, stops in mid stroke, repeatability."""

from __future__ import annotations

import dataclasses
import functools
import math
from itertools import pairwise

import pytest

from controller.bounds import refuse_unbounded, stroke_bounds
from controller.errors import PlanError
from controller.law.gains import STANDARD
from controller.law.impedance_force import ImpedanceForceLaw
from controller.observers import StepObserver
from controller.operator import Asked, Request, TimedRequest, TimedRequests
from controller.robot import RobotModel
from controller.safety.gate import ApprovedCommand, Gate
from controller.safety.limits import GateLimits
from controller.safety.reaction import REACTIONS
from controller.session_limits import session_limits
from controller.session_parts import SessionParts
from controller.session_result import SessionResult
from controller.types import (
    Action,
    ArmState,
    Cause,
    Clearance,
    Command,
    ContactState,
    Mode,
    Phase,
    Reference,
    StepRecord,
)
from sim.options import Rise, SimulationOptions
from sim.plant import SimPlant, build_simulation
from sim.simulated_rig import simulated_rig
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from trajectories.planner import default_placement, plan_session
from trajectories.programs.loader import Program
from trajectories.techniques.paraspinal_circles import ParaspinalCircles
from urdf.arms import load_arm

BODY = "median_m"


@functools.cache
def _prepared(arm_name: str) -> tuple[Body, RobotModel, Plan]:
    program = Program(
        schema_version=1,
        name="short",
        description="one short stroke",
        strokes=(
            ParaspinalCircles.model_validate(
                {
                    "name": "short circles",
                    "technique": "paraspinal_circles",
                    "side": "right",
                    "lower": "L5S1",
                    "upper": "T12",
                    "force_n": 18.0,
                    "creep_m_s": 0.03,
                }
            ),
        ),
    )
    body = load_body(BODY)
    skin = Skin.from_body(body)
    robot = RobotModel(load_arm(arm_name), default_placement(body, skin))
    return body, robot, plan_session(program, body, skin, robot)


def _near(plan: Plan) -> Plan:
    """Return a plan that parks over its start, without a way before and after it: those take long to simulate."""
    return dataclasses.replace(plan, start_path_rad=(), park_path_rad=plan.park_path_rad[:1], end_path_rad=())


class _Watched(SimPlant):
    """Lets a test change what the senses say, by time."""

    def __init__(self, inner: SimPlant, change) -> None:  # noqa: ANN001
        self.__dict__ = inner.__dict__
        self.change = change

    def read(self) -> ArmState:
        return self.change(super().read())


def _kept(steps: list[StepRecord]) -> StepObserver:
    return StepObserver(steps.append, is_critical=True)


def _run(
    arm_name: str = "servo7",
    *,
    options: SimulationOptions | None = None,
    limits: GateLimits | None = None,
    change=None,  # noqa: ANN001
    stop_at_s: float = math.inf,
    seed: int = 1,
    into: list[StepRecord] | None = None,
) -> tuple[SessionResult, list[StepRecord], Gate]:
    body, robot, plan = _prepared(arm_name)
    plan = _near(plan)
    plant = build_simulation(robot.arm, robot.placement, body, options or SimulationOptions(seed=seed))
    if change is not None:
        plant = _Watched(plant, change)
    parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, SimulationOptions()), limits=limits)
    gate = parts.gate()
    steps: list[StepRecord] = [] if into is None else into
    operator = None if stop_at_s == math.inf else TimedRequests([TimedRequest(stop_at_s, Asked(Request.STOP))])
    session = parts.session(plant, (_kept(steps),), operator, truth=plant, gate=gate)
    plant.configure()
    plant.activate(plan.start_q_rad)
    try:
        return session.run(), steps, gate
    finally:
        plant.deactivate()


@functools.cache
def _calm(arm_name: str) -> tuple[SessionResult, list[StepRecord], Gate]:
    return _run(arm_name)


def _middle(arm_name: str) -> float:
    """Return the session time in the middle of the stroke, at full press force."""
    times = [step.t_s for step in _calm(arm_name)[1] if step.contact is ContactState.WORK]
    return 0.5 * (times[0] + times[-1])


@pytest.mark.parametrize("arm_name", ["servo7", "panda"])
def test_a_short_stroke_is_tracked_under_its_limits(arm_name: str) -> None:
    result, steps, _ = _calm(arm_name)
    assert result.stop is None
    work = [s for s in steps if s.contact is ContactState.WORK and s.reference.phase is Phase.WORK]
    errors = [s.truth[0].press_n - s.reference.pads[0].press_n for s in work]
    assert len(work) > 3000
    assert math.sqrt(sum(e * e for e in errors) / len(errors)) <= 0.5
    assert max(s.plan_error_m for s in work) < 2e-3
    assert all(s.truth[0].press_n <= s.truth[0].limit_n for s in steps)
    _, robot, plan = _prepared(arm_name)
    bounds = stroke_bounds(plan, robot, session_limits(plan, robot))
    refuse_unbounded(bounds)
    assert max(s.truth[0].press_n for s in steps) <= bounds[0].bound_n < bounds[0].person_bound_n


def test_contact_states_come_in_order_and_the_landing_is_soft() -> None:
    _, steps, _ = _calm("servo7")
    order = [steps[0].contact]
    for step in steps:
        if step.contact is not order[-1]:
            order.append(step.contact)
    assert order == [
        ContactState.FREE, ContactState.APPROACH, ContactState.CONTACT, ContactState.WORK, ContactState.LIFT,
        ContactState.FREE,
    ]  # fmt: skip
    touch = next(k for k, step in enumerate(steps) if step.truth[0].press_n > 0.0)
    assert max(step.truth[0].press_n for step in steps[touch : touch + 150]) <= 6.0
    depths = [step.truth[0].depth_m for step in steps[:touch] if step.contact is ContactState.APPROACH]
    # Of the truth, over 5 ms: the law's estimate of the speed is up to 3 mm/s above it as the approach begins.
    assert max(after - before for before, after in zip(depths, depths[5:], strict=False)) / 5e-3 <= 0.0225


def test_the_controller_sees_the_senses_not_the_truth() -> None:
    _, steps, _ = _calm("servo7")
    work = [step for step in steps if step.contact is ContactState.WORK]
    assert any(abs(step.pads[0].press_n - step.truth[0].press_n) > 0.01 for step in work)
    assert max(abs(step.pads[0].press_n - step.truth[0].press_n) for step in work) < 1.0


def test_the_same_seed_gives_the_same_record_bit_for_bit_and_another_does_not() -> None:
    first, again, other = _calm("servo7")[1], _run("servo7")[1], _run("servo7", seed=2)[1]
    assert [repr(step) for step in first] == [repr(step) for step in again]
    assert [s.truth[0].press_n for s in first] != [s.truth[0].press_n for s in other]


def _after(steps: list[StepRecord]) -> list[StepRecord]:
    at = next(k for k, step in enumerate(steps) if step.applied.stop is not None)
    return steps[at:]


def _assert_unloaded(steps: list[StepRecord], result: SessionResult, cause: Cause) -> None:
    assert result.stop is not None
    assert result.stop.cause is cause
    after = _after(steps)
    assert after[0].applied.mode is Mode.UNLOAD
    is_driven = REACTIONS[cause].action is Action.PARK
    assert after[-1].applied.mode is (Mode.RELEASED if is_driven else Mode.FLOAT)
    assert after[0].truth[0].press_n > 2.0
    assert max(step.truth[0].press_n for step in after) <= after[0].truth[0].press_n + 5.0
    off = next(step.t_s for step in after if step.truth[0].press_n == 0.0) - after[0].t_s
    assert off < 0.8
    assert after[-1].truth[0].depth_m < -0.005
    # Parked from 100 mm over the skin; a leg may take the tool along with up to 0.45 m/s.
    assert max(math.hypot(*step.v_wt[:3]) for step in after) < 0.25
    assert max(abs(v) for v in after[-1].state.dq_rad_s) < 0.1


def test_the_operator_stops_in_mid_stroke() -> None:
    result, steps, gate = _run("servo7", stop_at_s=_middle("servo7"))
    _assert_unloaded(steps, result, Cause.OPERATOR)
    assert gate.stop_reason is not None


def test_a_wrist_sensor_gone_in_mid_stroke_stops_within_its_samples_and_does_not_press_harder() -> None:
    begins = _middle("panda")

    def gone(state: ArmState) -> ArmState:
        return dataclasses.replace(state, wrench_s=(math.nan,) * 6) if state.t_s >= begins else state

    result, steps, _ = _run("panda", change=gone)
    _assert_unloaded(steps, result, Cause.NOT_FINITE)
    assert result.stop is not None
    assert result.stop.t_s - begins <= 0.0035
    assert max(step.truth[0].press_n for step in steps) <= 18.0 + 5.0


@pytest.mark.parametrize("who", [Clearance.OPERATOR, Clearance.NOBODY])
def test_a_cleared_stop_starts_again_where_the_arm_is_and_finishes_the_plan(who: Clearance) -> None:
    body, robot, plan = _prepared("servo7")
    plant = build_simulation(robot.arm, robot.placement, body, SimulationOptions(seed=1))
    parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, SimulationOptions()))
    steps: list[StepRecord] = []
    stop_s = _middle("servo7")
    wishes = [TimedRequest(stop_s, Asked(Request.STOP)), TimedRequest(stop_s + 1.0, Asked(Request.CLEAR, who))]
    session = parts.session(plant, (_kept(steps),), TimedRequests(wishes), truth=plant)
    plant.configure()
    plant.activate(plan.start_q_rad)
    try:
        result = session.run()
    finally:
        plant.deactivate()
    assert [stop.cause for stop in result.stops] == [Cause.OPERATOR]
    if who is Clearance.NOBODY:
        assert result.stop is not None
        assert result.stop.cause is Cause.OPERATOR
        assert steps[-1].applied.mode is Mode.RELEASED
        return
    assert result.stop is None
    at = max(k for k, step in enumerate(steps) if step.applied.mode is Mode.RELEASED) + 1
    jump = [abs(a - b) for a, b in zip(steps[at].applied.tau_nm, steps[at - 1].applied.tau_nm, strict=True)]
    assert max(jump) < 1.0
    for before, after in pairwise(steps[at : at + 8_000]):
        assert max(abs(v) for v in after.state.dq_rad_s) < 0.6
        assert math.dist(before.p_wt, after.p_wt) < 0.5e-3
    work = [s for s in steps[at:] if s.contact is ContactState.WORK and s.reference.phase is Phase.WORK]
    assert len(work) > 3000
    assert max(s.truth[0].press_n for s in steps) < 18.0 + 3.0
    assert steps[-1].reference.phase is Phase.TO_REST
    assert max(map(abs, steps[-1].state.dq_rad_s)) < 0.05
    rest = zip(steps[-1].state.q_rad, plan.park_path_rad[-1], strict=True)
    assert max(abs(q - parked) for q, parked in rest) < 0.12


def test_a_wrist_sensor_that_reads_zero_is_found_out() -> None:
    begins = _middle("servo7")

    def zero(state: ArmState) -> ArmState:
        return dataclasses.replace(state, wrench_s=(0.0,) * 6) if state.t_s >= begins else state

    result, steps, _ = _run("servo7", change=zero)
    assert result.stop is not None
    assert result.stop.cause is Cause.SENSOR_FROZEN
    assert result.stop.t_s - begins < 0.06
    assert max(step.truth[0].press_n for step in steps) <= 18.0 + 5.0


def test_a_person_who_jerks_toward_the_tool_stays_under_the_ceiling() -> None:
    begins = _middle("servo7")
    options = SimulationOptions(seed=1, rises=(Rise(begins, 0.2, 0.02),))
    _, steps, _ = _run("servo7", options=options)
    _, robot, plan = _prepared("servo7")
    peak = max(step.truth[0].press_n for step in steps)
    assert peak > 18.5
    assert peak <= min(step.truth[0].limit_n for step in steps if step.truth[0].press_n > 0.0)
    assert peak <= stroke_bounds(plan, robot, session_limits(plan, robot))[0].person_bound_n


def test_the_press_speed_cap_holds_when_the_person_drops_away() -> None:
    begins = _middle("servo7")
    options = SimulationOptions(seed=1, rises=(Rise(begins, 0.1, -0.04),))
    _, steps, _ = _run("servo7", options=options)
    falling = [step for step in steps if step.t_s > begins and step.truth[0].press_n == 0.0]
    assert falling
    assert max(-sum(v * n for v, n in zip(s.v_wt[:3], s.truth[0].normal_w, strict=True)) for s in falling) < 0.12
    assert max(step.truth[0].press_n for step in steps) <= 30.0


def test_an_encoder_that_fails_in_mid_stroke_neither_drops_the_arm_nor_presses() -> None:
    begins = _middle("servo7")

    def blind(state: ArmState) -> ArmState:
        return dataclasses.replace(state, q_rad=(math.nan, *state.q_rad[1:])) if state.t_s >= begins else state

    result, steps, _ = _run("servo7", change=blind)
    assert result.stop is not None
    assert result.stop.cause is Cause.JOINTS_NOT_FINITE
    after = _after(steps)
    assert max(step.truth[0].press_n for step in after) <= 18.0 + 2.0
    assert min(step.truth[0].press_n for step in after[-200:]) < 5.0


def test_one_bad_sample_is_ridden_out_and_three_are_not() -> None:
    begins = _middle("servo7")

    def once(state: ArmState) -> ArmState:
        is_bad = begins <= state.t_s < begins + 0.9e-3  # one tick, wherever the middle lies between two
        return dataclasses.replace(state, wrench_s=(math.nan,) * 6) if is_bad else state

    result, steps, _ = _run("servo7", change=once)
    assert result.stop is None
    assert steps[-1].contact is ContactState.FREE
    assert max(step.truth[0].press_n for step in steps) <= 18.0 + 2.0


def test_a_watcher_that_fails_stops_the_session_but_the_arm_leaves_the_skin_first() -> None:
    body, robot, plan = _prepared("servo7")
    plant = build_simulation(robot.arm, robot.placement, body, SimulationOptions(seed=1))
    parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, SimulationOptions()))
    gate = parts.gate()
    begins = _middle("servo7")

    def full(step: StepRecord) -> None:
        if step.t_s >= begins:
            raise OSError(28, "No space left on device")

    plant.configure()
    plant.activate(plan.start_q_rad)
    with pytest.raises(OSError, match="No space left"):
        parts.session(plant, (StepObserver(full, is_critical=True),), truth=plant, gate=gate).run()
    assert gate.stop_reason is not None
    assert gate.stop_reason.cause is Cause.INTERNAL_ERROR
    position, _ = plant.true_tool()
    height = Skin.from_body(body).height(position[0], position[1])[0]
    assert position[2] - robot.arm.tool.only_pad("a test").radius_m > height
    plant.deactivate()


def test_a_law_that_fails_drops_the_press_force(monkeypatch: pytest.MonkeyPatch) -> None:
    begins, step_of = _middle("servo7"), ImpedanceForceLaw.step

    def broken(law: ImpedanceForceLaw, state: ArmState, reference: Reference) -> Command:
        if state.t_s >= begins:
            raise ZeroDivisionError("broken law")
        return step_of(law, state, reference)

    monkeypatch.setattr(ImpedanceForceLaw, "step", broken)
    presses: list[float] = []
    apply = SimPlant.apply

    def watched(plant: SimPlant, command: ApprovedCommand) -> None:
        apply(plant, command)
        presses.append(plant.truth()[0].press_n)

    monkeypatch.setattr(SimPlant, "apply", watched)
    steps: list[StepRecord] = []
    with pytest.raises(ZeroDivisionError, match="broken law"):
        _run("servo7", into=steps)
    assert steps[-1].applied.stop is not None, "the record goes on until the arm has come to rest"
    after = presses[sum(step.t_s < begins for step in steps) :]
    assert len(after) > 1000, "the loop goes on until the stop has settled"
    assert max(after) <= 18.0 + 2.0
    assert after[-1] < 5.0, "the press force is dropped; the tissue pushes the tool back"


def test_a_person_who_gets_up_from_under_the_tool_stops_the_stroke() -> None:
    begins = _middle("servo7")
    options = SimulationOptions(seed=1, rises=(Rise(begins, 0.3, -0.3),))
    result, steps, _ = _run("servo7", options=options)
    assert result.stop is not None
    assert result.stop.cause is Cause.CONTACT_LOST
    assert result.stop.t_s - begins < 0.6
    assert max(-step.v_wt[2] for step in steps if step.t_s > begins) < 0.12


def test_a_plan_whose_worst_case_passes_the_ceiling_is_refused() -> None:
    _, robot, plan = _prepared("panda")
    limits = session_limits(plan, robot)
    slack = dataclasses.replace(limits, press_speed_m_s=0.3)
    with pytest.raises(PlanError, match=r"short circles.*worst-case press force .* N.*at most 4[05] N"):
        refuse_unbounded(stroke_bounds(plan, robot, slack))


def test_a_plant_takes_nothing_but_approved_commands() -> None:
    with pytest.raises(PermissionError):
        ApprovedCommand((0.0,) * 7, None)
