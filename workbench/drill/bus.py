"""A drill over a servo bus: the session of the drills through the real driver, against the peer, in lock step.

Nothing of a busy machine shows in it: the peer's time stands still while a process is waited for. The owner of the bus
is held for the moment in which something is killed, so that the period of a fault is known exactly.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import numpy as np

from controller.errors import PlantError
from controller.law.gains import STANDARD
from controller.processes.signals import held_back
from controller.robot import RobotModel
from controller.session_parts import SessionParts
from controller.types import StopReason
from hardware.rig_file import load_rig
from sim.options import SimulationOptions
from sim.truth_log import Ledger, Rows
from workbench.drill.host import HostSetup, run_host
from workbench.drill.run import BODY, PRESS_N, START_WALL_S, STEADY_N, DrillPlan, wait
from workbench.runs.rehearsal_peer import PeerChoice
from workbench.runs.rig_processes import RigProcesses, RigSetup, rig_processes

STEADY_S = 0.3
"""The press force is steady when it has been near to what is wanted for so long."""
TRUTH_S = 120.0
"""Longest time whose truth is kept."""
WALL_S_PER_S = 60.0
"""Longest wall time for a second of a drill."""


@dataclass(frozen=True, slots=True)
class BusVerdict:
    """What the truth says of an arm from a fault on.

    Attributes:
        before_rms_n: root mean square of press force against what is wanted, in the time looked at before the fault.
        before_peak_n: largest press force up to the fault, landing included.
        at_fault_n: press force when the fault came.
        peak_n: largest press force from then on.
        limit_n: smallest hard limit under the tool from then on.
        off_skin_s: from the fault to the last touch.
        left_n: press force at the end.
        rise_m: rise of the tool by the end.
        sank_m: how far it sank at most.
        fastest_m_s: largest tool speed.
    """

    before_rms_n: float
    before_peak_n: float
    at_fault_n: float
    peak_n: float
    limit_n: float
    off_skin_s: float
    left_n: float
    rise_m: float
    sank_m: float
    fastest_m_s: float


class RunningOnBus:
    """Peer, bus owner, supervisor and session loop at work.

    Args:
        rig: owner, supervisor and peer.
        ledger: the truth.
        dt_s: period.
        host: process of the session loop.
        result: what it sends at its end.
    """

    def __init__(self, rig: RigProcesses, ledger: Ledger, dt_s: float, host: BaseProcess, result: Connection) -> None:
        self.rig, self.host, self.dt_s = rig, host, dt_s
        self._ledger, self._result = ledger, result

    @property
    def count(self) -> int:
        """Periods so far."""
        return self._ledger.count

    def rows(self, start: int = 0) -> Rows:
        """Return the truth so far."""
        return self._ledger.rows(start)

    def host_end(self) -> StopReason | str | None:
        """Return why the session loop ended; None where it has said nothing."""
        with contextlib.suppress(EOFError):
            end: StopReason | str | None = self._result.recv() if self._result.poll(0.0) else None
            return end
        return None

    def wait_until_steady(self) -> int:
        """Wait until the true press force is where it is wanted; return the number of periods then.

        Raises:
            PlantError: the session loop ended before, or it takes too long.
        """
        steady = round(STEADY_S / self.dt_s)

        def is_steady() -> bool:
            self.rig.refuse_failure()
            if self.host.exitcode is not None:
                end = self.host_end()
                why = f"{end.cause}: {end.limit}" if isinstance(end, StopReason) else end
                raise PlantError(f"the session loop ended before the fault: {why}", "see docs/hardware.md")
            press = self.rows(max(0, self.count - steady))["press_n"]
            return len(press) == steady and bool((abs(press - PRESS_N) <= STEADY_N).all())

        wait(is_steady, START_WALL_S, f"{PRESS_N:g} N of steady press force")
        return self.count

    @contextmanager
    def standing_still(self) -> Iterator[int]:
        """Hold the bus owner, and time with it; give the row that is next."""
        pid = self.rig.owner.pid or 0
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED)
        try:
            yield self.count
        finally:
            os.kill(pid, signal.SIGCONT)

    def pass_silence(self, span_s: float) -> None:
        """Let time pass with a silent bus; its owner has to be held, or lost with its heir."""
        if self.rig.peer is None:
            raise PlantError("a silent bus without a peer", "start the drill with one")
        row, periods = self.count, round(span_s / self.dt_s)
        self.rig.peer.cable.pass_silence(periods)
        wait(lambda: self.count >= row + periods, WALL_S_PER_S * span_s + 1.0, f"{span_s:g} s of silence")

    def let_pass_until(self, row: int, span_s: float) -> None:
        """Let time pass until ``span_s`` after a row."""
        until = row + round(span_s / self.dt_s)
        wait(lambda: self.count >= until, WALL_S_PER_S * span_s, f"{span_s:g} s of the peer's time")


@contextmanager
def running_on_bus(
    rig_name: str, plan: DrillPlan, options: SimulationOptions, silence_s: float = 0.0
) -> Iterator[RunningOnBus]:
    """Start everything; whatever happens, nothing of it is left behind.

    Args:
        rig_name: a rig of the arm of the drills.
        plan: from ``drill_plan``.
        options: of the peer's simulation.
        silence_s: time without a packet where the owner of the bus is lost.
    """
    file = load_rig(rig_name)
    rig = file.rig(plan.arm, is_simulated=True)
    robot = RobotModel(plan.arm, plan.placement)
    limits = SessionParts.of(plan.plan, robot, STANDARD, rig).supervisor_limits()
    setup = RigSetup(file, rig, plan.arm, plan.placement, plan.plan.rest_q_rad, limits, silence_s)
    context = get_context("spawn")
    peer = PeerChoice(file, plan.arm, plan.placement, plan.plan.rest_q_rad, BODY, options, TRUTH_S)
    with rig_processes(setup, peer) as processes:
        ours, theirs = context.Pipe(duplex=False)
        host = HostSetup(processes.prefix, plan.arm, plan.placement, plan.plan, rig, os.getpid(), has_heir=True)
        process = context.Process(target=run_host, args=(host, theirs), name="session loop")
        with held_back():
            process.start()
        theirs.close()
        if processes.ledger is None:
            raise PlantError("a drill without the truth", "start it with a peer")
        try:
            yield RunningOnBus(processes, processes.ledger, rig.dt_s, process, ours)
        finally:
            process.kill()
            process.join()
            ours.close()


def judge_bus(rows: Rows, steady_row: int, fault_row: int, dt_s: float) -> BusVerdict:
    """Return what the truth says.

    Args:
        rows: of the whole drill.
        steady_row: from here on the press force was steady.
        fault_row: first row after the fault.
        dt_s: period.
    """
    work, after, before = rows["press_n"][steady_row:fault_row], rows[fault_row:], rows[fault_row - 1]
    pressing = np.flatnonzero(after["press_n"] > 0.0)
    height_m = after["p_wt"][:, 2] - before["p_wt"][2]
    return BusVerdict(
        before_rms_n=float(np.sqrt(np.mean((work - PRESS_N) ** 2))),
        before_peak_n=float(rows["press_n"][:fault_row].max()),
        at_fault_n=float(before["press_n"]),
        peak_n=float(after["press_n"].max()),
        limit_n=float(after["limit_n"][pressing].min()) if len(pressing) else float(before["limit_n"]),
        off_skin_s=float((pressing[-1] + 1) * dt_s) if len(pressing) else 0.0,
        left_n=float(after["press_n"][-1]),
        rise_m=float(height_m[-1]),
        sank_m=float(max(0.0, -height_m.min())),
        fastest_m_s=float(after["tool_speed_m_s"].max()),
    )
