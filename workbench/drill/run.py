"""Start the three processes of a drill, watch the truth, and clean up on every way out."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from controller.arm import ArmDescription, Placement
from controller.bounds import refuse_unbounded, stroke_bounds
from controller.errors import PlantError
from controller.processes.cells import (
    OwnerCell,
    OwnerCodec,
    SupervisorCell,
    SupervisorCodec,
)
from controller.processes.launch import end_processes, first_blocks
from controller.processes.loop_memory import OwnedTimes
from controller.processes.shared_memory import OwnedBlock
from controller.processes.signals import held_back
from controller.processes.supervisor import SupervisorSetup, run_supervisor
from controller.robot import RobotModel
from controller.safety.supervision import SupervisorLimits
from controller.session_limits import session_limits, supervisor_limits
from controller.types import Authority, StopReason
from sim.options import SimulationOptions
from sim.process import StageSetup, run_stage
from sim.simulated_rig import simulated_rig
from sim.truth_log import LedgerPlace, OwnedLedger, Rows, authority_of
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from trajectories.planner import plan_session
from trajectories.programs.model import Program
from trajectories.reach.base_placement import default_placement
from urdf.arms import load_arm
from workbench.drill.host import HostSetup, run_host
from workbench.drill.verdict import NamedTimes

ARM, BODY, PRESS_N = "servo7", "median_m", 20.0
DT_S = 1e-3
LEDGER_ROWS = 120_000
"""Two minutes; what comes later is not written down."""
STEADY_N, STEADY_ROWS = 1.0, 300
"""The press force is steady when it has been this near to what is wanted, for this many ticks."""
START_WALL_S = 240.0
"""Longest wall time until then: on a first start code is compiled."""
PASS_WALL_S_PER_S = 30.0
"""Longest wall time for a second of simulated time."""
LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """What all drills run: circles at 20 N.

    Attributes:
        arm: the arm and its tool.
        placement: X_WB.
        plan: the session.
        limits: of the supervisor.
    """

    arm: ArmDescription
    placement: Placement
    plan: Plan
    limits: SupervisorLimits


def drill_plan() -> DrillPlan:
    """Plan the session of the drills."""
    stroke = {
        "name": "drill", "technique": "paraspinal_circles", "side": "right", "lower": "L5S1", "upper": "T12",
        "force_n": PRESS_N, "creep_m_s": 0.01, "force_ramp_s": 0.5,
    }  # fmt: skip
    program = Program.model_validate(
        {"schema_version": 1, "name": "drill", "description": "circles at 20 N", "strokes": [stroke]}
    )
    body, arm = load_body(BODY), load_arm(ARM)
    skin = Skin.from_body(body)
    robot = RobotModel(arm, default_placement(body, skin))
    plan = plan_session(program, body, skin, robot)
    limits = session_limits(plan, robot)
    refuse_unbounded(stroke_bounds(plan, robot, limits))
    return DrillPlan(arm, robot.placement, plan, supervisor_limits(limits))


class Running:
    """Three processes at work.

    Args:
        blocks: shared memory in the order host, supervisor, senses, owner.
        ledger: the truth.
        processes: stage, supervisor, host.
        result: what the host sends at its end.
        times: where the three loops count their times.
    """

    def __init__(
        self,
        blocks: tuple[OwnedBlock, ...],
        ledger: OwnedLedger,
        processes: tuple[BaseProcess, BaseProcess, BaseProcess],
        result: Connection,
        times: OwnedTimes,
    ) -> None:
        self.blocks, self._ledger, self._result, self._times = blocks, ledger, result, times
        self.place = ledger.place
        """Where the truth is."""
        self._stage, self._supervisor, self._host = processes
        self._codec = SupervisorCodec(blocks[1].kind.joints)
        self.pause_s = 0.0
        """Longest pause in the noise that a drill makes [s]."""

    @property
    def host_pid(self) -> int:
        """Process of the session loop."""
        return self._host.pid or 0

    @property
    def stage_pid(self) -> int:
        """Process of the drives."""
        return self._stage.pid or 0

    @property
    def supervisor_pid(self) -> int:
        """Process of the supervisor."""
        return self._supervisor.pid or 0

    @property
    def count(self) -> int:
        """Number of ticks that the ledger has."""
        return self._ledger.ledger.count

    def rows(self, start: int = 0) -> Rows:
        """Return the truth so far."""
        return self._ledger.ledger.rows(start)

    def is_hosted(self) -> bool:
        """Return True while the drives take the session loop's torques."""
        last = self.rows(self.count - 1)[-1]
        return authority_of(int(last["authority"])) is Authority.HOST

    def loop_times(self) -> tuple[NamedTimes, ...]:
        """Return lateness and work of the loops so far, on the wall clock."""
        return tuple(NamedTimes(loop, times.figures()) for loop, times in self._times.times().items())

    def supervisor_says(self) -> SupervisorCell | None:
        """Return the newest word of the supervisor."""
        return self._codec.unpack(self.blocks[1].reader.read())

    def host_end(self) -> StopReason | str | None:
        """Return why the session loop ended: a stop, or the text of an error; None where it has said nothing."""
        with contextlib.suppress(EOFError):
            end: StopReason | str | None = self._result.recv() if self._result.poll(0.0) else None
            return end
        return None

    def wait_until_steady(self) -> None:
        """Wait until the true press force is where it is wanted.

        Raises:
            PlantError: a process ended before, or it takes too long.
        """

        def is_steady() -> bool:
            for process in (self._stage, self._supervisor, self._host):
                if process.exitcode is not None:
                    end = self.host_end()
                    why = end.cause.value if isinstance(end, StopReason) else end or "unknown"
                    raise PlantError(
                        f"the {process.name} ended (code {process.exitcode}) before the fault, cause: {why}",
                        "close other programs on this machine and run the drill again",
                    )
            press = self.rows(max(0, self.count - STEADY_ROWS))["press_n"]
            return len(press) == STEADY_ROWS and bool((abs(press - PRESS_N) <= STEADY_N).all())

        wait(is_steady, START_WALL_S, f"{PRESS_N:g} N of steady press force")

    @contextmanager
    def standing_still(self) -> Iterator[int]:
        """Hold the world still while a fault is made, so that its tick is known exactly; give the row that is next.

        Simulated time is everybody's clock, so nobody notices.
        """
        pid = self._stage.pid or 0
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED)
        try:
            yield self.count
        finally:
            os.kill(pid, signal.SIGCONT)

    def let_pass(self, span_s: float) -> None:
        """Let simulated time pass from now on."""
        self.let_pass_until(self.count, span_s)

    def let_pass_until(self, row: int, span_s: float) -> None:
        """Let simulated time pass until ``span_s`` after a row of the ledger."""
        until = row + round(span_s / DT_S)
        wait(lambda: self.count >= until, PASS_WALL_S_PER_S * span_s, f"{span_s:g} s of simulated time")


def wait(is_there: Callable[[], bool], wall_s: float, what: str) -> None:
    """Wait until something is there.

    Args:
        is_there: looks for it.
        wall_s: longest wall time [s].
        what: it is, for the error.

    Raises:
        PlantError: it is not there in time.
    """
    until_s = time.monotonic() + wall_s
    while not is_there():
        if time.monotonic() > until_s:
            raise PlantError(f"no {what} within {wall_s:.0f} s", "close other programs on this machine")
        time.sleep(LOOK_S)


@contextmanager
def running(plan: DrillPlan, seed: int = 1) -> Iterator[Running]:
    """Start stage, supervisor and session loop; whatever happens, none of them and no memory is left behind."""
    owner_pid = os.getpid()
    prefix = f"massage-arm-{owner_pid}-{secrets.token_hex(4)}"
    place = LedgerPlace(f"{prefix}-truth", LEDGER_ROWS)
    context = get_context("spawn")
    with ExitStack() as stack:
        with held_back():  # inherited by the process that Python starts to keep track of shared memory
            blocks = tuple(stack.enter_context(block) for block in first_blocks(prefix, len(plan.arm.joint_names)))
            ledger = stack.enter_context(OwnedLedger(place))
            times = stack.enter_context(OwnedTimes(prefix))
        ours, theirs = context.Pipe(duplex=False)
        stack.callback(ours.close)
        options = SimulationOptions(seed=seed, dt_s=DT_S)
        rig = simulated_rig(plan.arm, options)
        stage = StageSetup(
            prefix, plan.arm, plan.placement, BODY, options, plan.plan.rest_q_rad, place, owner_pid, plan.limits.stop
        )
        watcher = SupervisorSetup(prefix, plan.arm, plan.placement, plan.limits, DT_S, rig.identity, owner_pid)
        host = HostSetup(prefix, plan.arm, plan.placement, plan.plan, rig, owner_pid)
        processes = (
            context.Process(target=run_stage, args=(stage,), name="stage"),
            context.Process(target=run_supervisor, args=(watcher,), name="supervisor"),
            context.Process(target=run_host, args=(host, theirs), name="session loop"),
        )
        owner = OwnerCodec(len(plan.arm.joint_names))
        stack.callback(end_processes, processes, lambda: blocks[3].writer.write(owner.pack(OwnerCell(True))))
        with held_back():  # inherited, until each of them knows what to do with signals
            for process in processes:
                process.start()
        theirs.close()
        yield Running(blocks, ledger, processes, ours, times)
