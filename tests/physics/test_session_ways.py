"""Ways outside the plan on the simulated arm: driven to the start, to rest at the end, stopped, held, and taken up."""

from __future__ import annotations

import dataclasses
import math
from itertools import groupby

import pytest

from controller.joint_path_driver import ARRIVED_RAD, ARRIVED_RAD_S
from controller.law.gains import STANDARD
from controller.observers import RequestEvent, SessionEvent, StepObserver
from controller.operator import Asked, Request, TimedRequest, TimedRequests
from controller.session import Session
from controller.session_parts import SessionParts
from controller.types import DRIVEN_PHASES, Cause, Mode, Phase, PlanLike, StepRecord, Vector
from sim.options import SimulationOptions
from sim.plant import SimPlant, build_simulation
from tests.physics.test_session import _prepared
from trajectories.plan import Plan
from workbench.campaigns.faults.short_plan import LatePlan

ENDED_S = 0.05
"""How long before its end a plan begins here."""


class Tail(LatePlan):
    """The end of a plan, with its way to rest."""

    @property
    def hold_times_s(self) -> tuple[float, ...]:
        """There is nothing left to wait for."""
        return ()

    @property
    def end_path_rad(self) -> tuple[Vector, ...]:
        """As in the whole plan."""
        return self.whole.end_path_rad


class Answers:
    """Keeps what became of the requests."""

    is_critical = True

    def __init__(self) -> None:
        self.taken: list[tuple[Request, bool]] = []

    def on_step(self, step: StepRecord) -> None:
        """Keep nothing."""

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Keep the answer to a request."""
        if isinstance(event, RequestEvent):
            self.taken.append((event.request, event.is_taken))


class Bench:
    """A session on a simulated arm; its steps are kept."""

    def __init__(self, plan: PlanLike, requests: tuple[TimedRequest, ...] = (), at_rad: Vector = ()) -> None:
        body, robot, _ = _prepared("servo7")
        self.steps: list[StepRecord] = []
        self.plan = plan
        self.plant: SimPlant = build_simulation(robot.arm, robot.placement, body, SimulationOptions(seed=1))
        parts = SessionParts.of(plan, robot, STANDARD, self.plant.rig)
        operator = TimedRequests(requests) if requests else None
        self.answers, keep = Answers(), StepObserver(self.steps.append, is_critical=True)
        self.session: Session = parts.session(self.plant, (keep, self.answers), operator, truth=self.plant)
        self.plant.configure()
        self.plant.activate(at_rad or plan.rest_q_rad)

    def modes(self) -> list[Mode]:
        """Return the modes of the gate in the order they came."""
        return [mode for mode, _ in groupby(step.applied.mode for step in self.steps)]

    def phases(self) -> list[Phase]:
        """Return the phases in the order they came."""
        return [phase for phase, _ in groupby(step.reference.phase for step in self.steps)]

    def off_rad(self, posture: Vector) -> float:
        """Return how far the arm is from a posture."""
        return max(abs(q - wanted) for q, wanted in zip(self.plant.true_motion()[0], posture, strict=True))

    def check_calm(self) -> None:
        """Check that the arm stays off the person and slow wherever it is driven."""
        for step in self.steps:
            if step.reference.phase in DRIVEN_PHASES:
                assert step.truth[0].depth_m < -0.010
                assert max(map(abs, step.state.dq_rad_s)) < 0.45


def _tail() -> Tail:
    plan = _prepared("servo7")[2]
    return Tail(plan, plan.duration_s - ENDED_S)


def test_a_stop_on_the_way_to_rest_is_taken_up_after_it_and_the_session_completed_at_rest() -> None:
    """The operator stops in the middle of the way; the arm floats, parks on the same way, and is cleared.

    A pause of what is over is refused.
    """
    plan = _tail()
    asked = {1.5: Request.PAUSE, 2.0: Request.STOP, 2.5: Request.CLEAR}
    bench = Bench(plan, tuple(TimedRequest(t_s, Asked(request)) for t_s, request in asked.items()))
    try:
        result = bench.session.run()
        assert result.stop is None
        assert [stop.cause for stop in result.stops] == [Cause.OPERATOR]
        assert bench.answers.taken == [(Request.PAUSE, False), (Request.STOP, True), (Request.CLEAR, True)]
        assert bench.phases() == [Phase.TRANSFER, Phase.TO_REST]
        assert bench.modes() == [Mode.RUN, Mode.UNLOAD, Mode.FLOAT, Mode.PARK, Mode.RELEASED, Mode.RUN]
        assert bench.off_rad(plan.end_path_rad[-1]) <= ARRIVED_RAD
        assert max(map(abs, bench.steps[-1].state.dq_rad_s)) <= ARRIVED_RAD_S
        bench.check_calm()
    finally:
        bench.plant.deactivate()


def test_an_arm_that_is_held_on_its_way_to_rest_stops_and_the_session_is_not_completed() -> None:
    """The first joint is held: the plan's clock waits for the arm and gives up, and parking is held back."""
    bench = Bench(_tail())
    try:
        while bench.session.tick() is not None:
            if bench.steps[-1].t_s == pytest.approx(1.5):
                bench.plant.set_brakes(frozenset({0}))
        stop = bench.session.result.stop
        assert stop is not None
        assert stop.cause is Cause.WORKSPACE
        assert 1.5 < stop.t_s < 3.0
        assert bench.steps[-1].applied.mode is Mode.FLOAT
        assert bench.off_rad(bench.plan.end_path_rad[-1]) > ARRIVED_RAD
    finally:
        bench.plant.deactivate()


def _declared() -> Plan:
    plan = _prepared("servo7")[2]
    return dataclasses.replace(plan, start_path_rad=(plan.park_path_rad[0], plan.start_q_rad))


def test_an_arm_near_its_declared_rest_is_driven_to_the_start_and_the_plan_begins_there() -> None:
    plan = _declared()
    here = tuple(q + off for q, off in zip(plan.rest_q_rad, (0.015, -0.015) * 4, strict=False))
    bench = Bench(plan, at_rad=here)
    try:
        while bench.phases()[-1:] != [Phase.TRANSFER] or bench.steps[-1].reference.t_s < 0.1:
            assert bench.session.tick() is not None
        assert bench.phases() == [Phase.TO_PLAN, Phase.TRANSFER]
        begun = next(step for step in bench.steps if step.reference.phase is Phase.TRANSFER)
        assert max(abs(a - b) for a, b in zip(begun.state.q_rad, plan.start_q_rad, strict=True)) <= ARRIVED_RAD
        assert all(step.applied.mode is Mode.RUN for step in bench.steps)
        assert bench.steps[-1].plan_error_m < 2e-3
        after = [step for step in bench.steps if step.t_s >= begun.t_s]
        assert max(math.hypot(*step.v_wt[:3]) for step in after) < 0.1
        bench.check_calm()
    finally:
        bench.session.close()
        bench.plant.deactivate()


def test_a_stop_on_the_way_to_the_start_is_parked_back_where_the_arm_stood() -> None:
    plan = _declared()
    bench = Bench(plan, (TimedRequest(2.5, Asked(Request.STOP)),))
    try:
        result = bench.session.run()
        assert result.stop is not None
        assert bench.phases() == [Phase.TO_PLAN]
        assert bench.modes()[-1] is Mode.RELEASED
        assert bench.off_rad(plan.rest_q_rad) <= ARRIVED_RAD
        bench.check_calm()
    finally:
        bench.plant.deactivate()
