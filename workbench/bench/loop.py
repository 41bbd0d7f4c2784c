"""The ticks of a session in the middle of a stroke, and what bounds them from below."""

from __future__ import annotations

import time

import numpy as np
import pinocchio as pin

from controller.robot import RobotModel
from controller.types import ContactState
from sim.bullet.arm import BulletArm
from sim.plant import build_simulation
from workbench.bench.timing import Block, Times, calls
from workbench.runs.prepare import Prepared, simulation_options

REFERENCE, LAW, GATE, CONTROLLER = "reference", "law", "gate", "controller tick"
PLANT, TICK = "simulated plant", "simulated tick"
PINOCCHIO, ENGINE = "floor: Pinocchio terms of a tick", "floor: bare PyBullet step"
MODELS_A_TICK = 2
"""Evaluations of the arm's rigid-body terms in a tick on hardware: one of the law, one of the gate."""
LONGEST_WAY_TICKS = 30_000
"""More ticks than any plan needs to its first stroke."""


class LiveSession:
    """A session with law and gate on the simulated arm, stopped in the middle of a stroke, that goes on when asked.

    Args:
        prepared: what to run.
    """

    def __init__(self, prepared: Prepared) -> None:
        inputs = prepared.inputs
        self._plan = prepared.plan
        self._law, self._gate = prepared.parts.law(), prepared.parts.gate()
        self._plant = build_simulation(inputs.arm, prepared.placement, inputs.body, simulation_options(inputs))
        self._plant.configure()
        self._plant.activate(prepared.plan.start_q_rad)

    def lead_to_work(self) -> None:
        """Run until the pad presses in a stroke; raises RuntimeError where it never does."""
        for _ in range(LONGEST_WAY_TICKS):
            if self._tick()[1] is ContactState.WORK:
                return
        raise RuntimeError("the plan has no stroke in its first 30 s")

    def block(self, count: int) -> dict[str, Times]:
        """Time so many ticks and their parts."""
        rows = np.array([self._tick()[0] for _ in range(count)], dtype=np.int64)
        controller, whole = rows[:, :3].sum(axis=1), rows.sum(axis=1)
        parts = dict(zip((REFERENCE, LAW, GATE, PLANT), rows.T, strict=True))
        return {**parts, CONTROLLER: controller, TICK: whole}

    @property
    def nodes(self) -> int:
        """Nodes of the finite elements under the pad; 0 where there are none."""
        found = None if self._plant.soft is None else self._plant.soft.surface_m()
        return 0 if found is None else len(found[1])

    def close(self) -> None:
        """Close the simulated arm."""
        self._plant.deactivate()

    def _tick(self) -> tuple[tuple[int, int, int, int], ContactState]:
        """Let one period pass; return the time of each part [ns], and the state of the contact."""
        clock, plant = time.perf_counter_ns, self._plant
        began = clock()
        state = plant.read()
        read = clock()
        reference = self._plan.at(state.t_s)
        planned = clock()
        command = self._law.step(state, reference)
        commanded = clock()
        judgement = self._gate.judge(command, state, reference, state.t_s)
        judged = clock()
        plant.apply(judgement.command)
        self._law.note_sent(judgement.command.tau_nm, bool(judgement.limited), judgement.gain_share)
        ended = clock()
        times = planned - read, commanded - planned, judged - commanded, ended - judged + read - began
        return times, command.contact


def pinocchio_floor(robot: RobotModel, q_rad: tuple[float, ...]) -> Block:
    """Return a block that times all evaluations of rigid-body terms that a tick cannot do without.

    Args:
        robot: the arm.
        q_rad: joint positions, (n,).
    """
    model, data, q = robot.model, robot.model.createData(), np.array(q_rad)
    dq = np.full(len(q), 0.1)

    def evaluate() -> None:
        for _ in range(MODELS_A_TICK):
            pin.computeAllTerms(model, data, q, dq)
            pin.computeCoriolisMatrix(model, data, q, dq)

    return calls(PINOCCHIO, evaluate)


def engine_floor(arm: BulletArm, q_rad: tuple[float, ...]) -> Block:
    """Return a block that times a bare step of the physics engine: torques in, one step, joint states out.

    Args:
        arm: the same arm with nothing around it; friction in its joints.
        q_rad: joint positions, (n,).
    """
    arm.reset(q_rad)
    hold = list(arm.holding_torque(q_rad))

    def step() -> None:
        arm.step(hold)
        arm.state()

    return calls(ENGINE, step)
