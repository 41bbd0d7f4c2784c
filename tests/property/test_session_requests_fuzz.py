"""Random requests at random times over a whole session: it ends, no limit is passed, and it repeats bit for bit."""

from __future__ import annotations

import functools
import hashlib
import math
import random
from dataclasses import dataclass
from itertools import pairwise

import pytest

from controller.law.gains import STANDARD
from controller.observers import SessionEvent
from controller.operator import Asked, Request, TimedRequest, TimedRequests
from controller.robot import RobotModel
from controller.session import Session
from controller.session_parts import SessionParts
from controller.session_result import SessionResult
from controller.types import Cause, Clearance, Mode, Phase, StepRecord
from sim.options import SimulationOptions
from sim.plant import build_simulation
from sim.supervised_plant import SupervisedPlant
from tests.plan_cases import arm_over, body_named
from trajectories.plan import Plan
from trajectories.planner import plan_session
from trajectories.programs.model import Program
from trajectories.techniques.paraspinal_circles import ParaspinalCircles

BODY = "median_m"
FASTEST_M_S = 0.35
"""Faster than every planned motion: a transfer at its fastest, and a lift on top of a circle."""
GAPS_S = (0.0, 0.001, 0.1, 0.5, 2.0, 6.0)
LONGEST_S = 400.0


@dataclass
class Watch:
    """Keeps of every step what the invariants need."""

    is_critical = True

    def __post_init__(self) -> None:
        self.hash = hashlib.sha256()
        self.over = 0
        self.peak_n = 0.0
        self.reference: list[tuple[float, bool, tuple[float, float, float]]] = []
        self.said: list[tuple[float, SessionEvent]] = []

    def on_step(self, step: StepRecord) -> None:
        self.hash.update(repr(step).encode())
        truth = step.truth[0]
        self.over += not (truth.press_n <= truth.limit_n)
        self.peak_n = max(self.peak_n, truth.press_n)
        is_on_plan = step.applied.mode is Mode.RUN and step.reference.phase not in (Phase.TO_PLAN, Phase.TO_REST)
        self.reference.append((step.t_s, is_on_plan, step.reference.position_m))

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        self.said.append((t_s, event))


@functools.cache
def prepared() -> tuple[RobotModel, Plan]:
    strokes = tuple(
        ParaspinalCircles(
            name=side, technique="paraspinal_circles", side=side, lower="L5S1", upper="T12", creep_m_s=0.05
        )
        for side in ("right", "left")
    )
    robot = arm_over("servo7", BODY)
    return robot, plan_session(Program(schema_version=1, name="two", strokes=strokes), *body_named(BODY), robot)


def wishes(seed: int) -> list[TimedRequest]:
    """Return random requests, half of the stops cleared and most of the pauses ended."""
    dice = random.Random(seed)  # noqa: S311
    found: list[TimedRequest] = []
    t_s = dice.choice((0.0, dice.uniform(0.0, 12.0)))
    for _ in range(dice.randint(2, 9)):
        request = dice.choice(tuple(Request))
        found.append(TimedRequest(t_s, Asked(request)))
        if request is Request.STOP:
            who = dice.choice((Clearance.OPERATOR, Clearance.SERVICE, Clearance.NOBODY))
            found.append(TimedRequest(t_s + dice.choice((0.0, 1.0, 20.0)), Asked(Request.CLEAR, who)))
        if request is Request.PAUSE and dice.random() < 0.8:
            found.append(TimedRequest(t_s + dice.choice((0.001, 0.2, 0.7, 1.5, 3.0)), Asked(Request.RESUME)))
        t_s += dice.choice(GAPS_S)
    return found


def run(timed: list[TimedRequest]) -> tuple[Watch, SessionResult]:
    """Return what was seen, and how it ended."""
    robot, plan = prepared()
    world = build_simulation(robot.arm, robot.placement, body_named(BODY)[0], SimulationOptions(seed=1))
    parts = SessionParts.of(plan, robot, STANDARD, world.rig)
    plant = SupervisedPlant(world, RobotModel(robot.arm, robot.placement), parts.supervisor_limits())
    watch = Watch()
    session: Session = parts.session(plant, (watch,), TimedRequests(timed), truth=plant)
    plant.configure()
    plant.activate(plan.start_q_rad)
    try:
        with session:
            while (step := session.tick()) is not None:
                assert step.t_s < LONGEST_S
    finally:
        plant.deactivate()
    return watch, session.result


def check(seed: int) -> str:
    """Hold a session with random requests to the invariants; return the hash of its steps."""
    watch, result = run(wishes(seed))
    assert watch.over == 0
    assert watch.peak_n < 18.0 + 3.0
    assert {stop.cause for stop in result.stops} <= {Cause.OPERATOR, Cause.SESSION_TIME}
    for (_, was_on_plan, a), (t_s, is_on_plan, b) in pairwise(watch.reference):
        if was_on_plan and is_on_plan:
            assert math.dist(a, b) <= FASTEST_M_S * 1e-3, f"the reference jumps at {t_s} s"
    return watch.hash.hexdigest()


@pytest.mark.parametrize("seed", [4])
def test_random_requests_hold_every_invariant(seed: int) -> None:
    check(seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 140))
def test_more_random_requests_hold_every_invariant_and_repeat(seed: int) -> None:
    assert check(seed) == check(seed)
