"""A short session on the supervised rig that is forked at the moment of a fault, so that every fault costs seconds."""

from __future__ import annotations

import functools
import math
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from controller.air.findings import AirChecked, Tared
from controller.law.gains import STANDARD
from controller.observers import SessionEvent
from controller.operator import Operator
from controller.robot import RobotModel
from controller.session_parts import SessionParts
from controller.types import StepRecord, StopReason
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.plant import SimPlant
from sim.simulated_rig import simulated_rig
from sim.supervised_plant import SupervisedPlant
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from trajectories.planner import default_placement, plan_session
from trajectories.programs.loader import Program
from trajectories.techniques.paraspinal_circles import ParaspinalCircles
from urdf.arms import load_arm

TARGET_N = 18.0
FAULT_S = 8.2
"""In the middle of the stroke, at full press force (a test checks it)."""


@dataclass(frozen=True)
class Outcome:
    """What followed a fault: the steps from the period in which it began on, and the supervisor's reason."""

    began_s: float
    steps: list[StepRecord]
    taken: StopReason | None
    stop: StopReason | None
    events: list[tuple[float, str, float]]
    said: list[tuple[float, SessionEvent]]

    @property
    def peak_n(self) -> float:
        return max(step.truth[0].press_n for step in self.steps)


@functools.cache
def prepared(arm_name: str = "servo7", body_name: str = "median_m") -> tuple[Body, RobotModel, Plan]:
    stroke = {
        "name": "short circles", "technique": "paraspinal_circles", "side": "right", "lower": "L5S1", "upper": "T12",
        "force_n": TARGET_N, "creep_m_s": 0.03,
    }  # fmt: skip
    program = Program(
        schema_version=1,
        name="short",
        description="one short stroke",
        strokes=(ParaspinalCircles.model_validate(stroke),),
    )
    body = load_body(body_name)
    skin = Skin.from_body(body)
    robot = RobotModel(load_arm(arm_name), default_placement(body, skin))
    # The arm begins at the plan's start: without the way on which it is weighed the stroke comes sooner.
    return body, robot, replace(plan_session(program, body, skin, robot), start_path_rad=())


class Bench:
    """A session on the rig, run in this process."""

    def __init__(
        self,
        faults: tuple[Fault, ...] = (),
        arm_name: str = "servo7",
        seed: int = 1,
        operator: Operator | None = None,
    ) -> None:
        body, robot, plan = prepared(arm_name)
        parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, SimulationOptions()))
        own = RobotModel(robot.arm, robot.placement)
        world = SimPlant(robot.arm, robot.placement, body, SimulationOptions(seed=seed, faults=faults))
        self.plan, self.events = plan, []
        self.plant = SupervisedPlant(world, own, parts.supervisor_limits(), self._note)
        self.gate = parts.gate()
        self.steps: list[StepRecord] = []
        self.after_step: Callable[[StepRecord], None] = lambda _: None
        self.on_end: Callable[[], None] = lambda: None
        self.end_s = math.inf
        self.said: list[tuple[float, SessionEvent]] = []
        self.session = parts.session(self.plant, (self,), operator, truth=self.plant, gate=self.gate)
        self.plant.on_terminal_closed = self.session.request_stop

    is_critical = True

    def on_step(self, step: StepRecord) -> None:
        """Leave the steps to the loop."""

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        if not isinstance(event, AirChecked | Tared):
            self.said.append((t_s, event))

    def _note(self, t_s: float, fault: Fault) -> None:
        self.events.append((t_s, fault.name, fault.value))

    def run(self) -> None:
        self.plant.configure()
        self.plant.activate(self.plan.start_q_rad)
        try:
            with self.session:
                while (step := self.session.tick()) is not None:
                    self.steps.append(step)
                    self.after_step(step)
                    if step.t_s >= self.end_s:
                        break
        finally:
            self.plant.deactivate()


def fork_at_fault(faults: dict[str, tuple[Fault, float]], arm_name: str = "servo7") -> dict[str, Outcome]:
    """Run one session to ``FAULT_S`` and go on from there once for every fault.

    Args:
        faults: by any key: fault and how long to go on after it [s].
        arm_name: arm.
    """

    def broken_by(fault: Fault) -> Callable[[Bench], None]:
        return lambda bench: bench.plant.inject(fault)

    return fork_in_work({key: (broken_by(fault), length_s) for key, (fault, length_s) in faults.items()}, arm_name)


def fork_in_work(
    changes: dict[str, tuple[Callable[[Bench], None], float]],
    arm_name: str = "servo7",
    operator: Operator | None = None,
) -> dict[str, Outcome]:
    """Run one session to ``FAULT_S`` and go on from there once for every change.

    Args:
        changes: by any key: what is changed in the session, and how long to go on after it [s].
        arm_name: arm.
        operator: whose requests are heard.
    """
    bench, parent = Bench(arm_name=arm_name, operator=operator), os.getpid()
    outcomes: dict[str, Outcome] = {}

    def branch(step: StepRecord) -> None:
        if step.t_s < FAULT_S - 1.5e-3:
            return
        for key, (change, length_s) in changes.items():
            receiver, sender = multiprocessing.Pipe(duplex=False)
            child = os.fork()
            if child == 0:
                _change_course(bench, change, length_s, sender)
                return
            sender.close()
            outcomes[key] = receiver.recv()
            os.waitpid(child, 0)
        bench.end_s = step.t_s

    bench.after_step = branch
    try:
        bench.run()
        if os.getpid() != parent:
            bench.on_end()
    finally:
        if os.getpid() != parent:
            os._exit(0)
    return outcomes


def _change_course(bench: Bench, change: Callable[[Bench], None], length_s: float, sender: Connection) -> None:
    """Make the session of a forked process go on with a change, and send what followed at its end."""
    bench.after_step = lambda _: None
    change(bench)
    began_s = bench.plant.world.t_s
    bench.steps.clear()

    def end() -> None:
        stop = bench.gate.stop_reason
        sender.send(Outcome(began_s, bench.steps, bench.plant.taken, stop, bench.events, bench.said))
        sender.close()

    bench.end_s, bench.on_end = began_s + length_s, end
