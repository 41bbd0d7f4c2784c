"""The simulated arm as a process of its own: physics in real time, drives with two masters, senses in shared memory.

Its tick is everybody's clock. A tick lasts a period of the monotonic clock or longer: where the machine is too slow,
or this process is held up, simulated time lags, which is counted, and nobody is blamed for it.

An ordinary computer holds up any process for some milliseconds now and then, which would look like a lost session loop
or supervisor every few seconds. The drives therefore wait for an answer that is due, but no longer than ``PATIENCE_S``
of wall time, and only for a process that has been answering: one that stays away is waited for once, and from then on
time goes by without it. So a fault is answered in the ticks that the answer really takes, and a hiccup of the
machine costs none. How long was waited, and how often, stands in the ledger.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.arm import ArmDescription, Placement
from controller.safety.supervision import BEAT_S
from controller.supervisor.cells import (
    AUTHORITIES,
    MODES,
    HostCodec,
    OwnerCodec,
    SensesCell,
    SensesCodec,
    SupervisorCodec,
)
from controller.supervisor.realtime import PLANT_PRIORITY, POLL_S, become_realtime, quiet_memory, sleep_until
from controller.supervisor.shared_memory import BlockReader, BlockWriter, attach
from controller.types import Authority, Vector
from sim.drives import DriveOrder, Drives
from sim.ledger import Ledger, LedgerPlace, attach_ledger
from sim.options import SimulationOptions
from sim.world import SimPlant, build_simulation
from trajectories.anatomy.body import load_body

PATIENCE_S, PATIENCE_LOOKS = 0.2, 500
"""Longest wall time that the drives wait for an answer that is due (see above), and how often they look at least: time
in which this process itself, or the whole machine, was held up is nobody's fault. A system that shares a processor
between real-time and other processes holds up the former for 50 ms at a time."""
SUPERVISOR_LAG_TICKS = 1
"""The supervisor's answer is due this much later than its period: it looks every second tick."""
WARM_UP_TICKS = 20
"""Periods of physics before the run: the first ones load machine code."""


@dataclass(frozen=True, slots=True)
class StageSetup:
    """What the stage is started with.

    Attributes:
        prefix: of the shared memory's names.
        arm: the arm and its tool.
        placement: X_WB.
        body: name of the body.
        options: choices of the simulation.
        start_q_rad: where the arm stands, (n,).
        ledger: where the truth goes.
        owner_pid: process that started this one; without it there is no run.
    """

    prefix: str
    arm: ArmDescription
    placement: Placement
    body: str
    options: SimulationOptions
    start_q_rad: Vector
    ledger: LedgerPlace
    owner_pid: int


class Credit:
    """Whether a master is waited for: only while it goes on answering."""

    def __init__(self) -> None:
        self._is_trusted = False
        self._seen_tick = -1

    def wait(self, newest: Callable[[], int], due_tick: int) -> float:
        """Wait for an answer that is due; return the wall time it took [s].

        Args:
            newest: looks for the newest tick that the master has answered, -1 for none.
            due_tick: tick that it should have answered by now.
        """
        began, looks = time.monotonic(), 0
        while (tick := newest()) < due_tick:
            looks += 1
            is_over = time.monotonic() - began > PATIENCE_S and looks > PATIENCE_LOOKS
            if is_over or not self._is_trusted:
                break
            time.sleep(POLL_S)
        # A slow master that still gets on is trusted again.
        self._is_trusted, self._seen_tick = tick >= due_tick or tick > self._seen_tick, tick
        return time.monotonic() - began


class Stage:
    """The world, its drives and its senses.

    Args:
        setup: what to simulate.

    Raises:
        PlantError: the shared memory is missing or foreign, or the arm cannot be simulated.
    """

    def __init__(self, setup: StageSetup) -> None:
        joints = len(setup.arm.joint_names)
        self._host, self._supervisor = HostCodec(joints), SupervisorCodec(joints)
        self._senses, self._owner = SensesCodec(joints), OwnerCodec(joints)
        self._host_reader = BlockReader(attach(setup.prefix, self._host.kind, may_write=False), self._host.kind)
        self._supervisor_reader = BlockReader(
            attach(setup.prefix, self._supervisor.kind, may_write=False), self._supervisor.kind
        )
        self._owner_reader = BlockReader(attach(setup.prefix, self._owner.kind, may_write=False), self._owner.kind)
        self._writer = BlockWriter(attach(setup.prefix, self._senses.kind, may_write=True), self._senses.kind)
        self._ledger: Ledger = attach_ledger(setup.ledger)
        self._plant: SimPlant = build_simulation(setup.arm, setup.placement, load_body(setup.body), setup.options)
        self._dt_s, self._start = setup.options.dt_s, setup.start_q_rad
        self._torque_nm = setup.arm.torque_limit_nm
        self._beat_ticks = round(BEAT_S / self._dt_s)
        self._host_credit, self._supervisor_credit = Credit(), Credit()
        self._host_tick = self._supervisor_tick = -1
        self._brake_nm: Vector = ()
        self._has_begun = False
        self._owner_pid = setup.owner_pid

    def run(self) -> None:
        """Let time pass until the owner says that it is over, or is gone."""
        plant = self._plant
        plant.configure()
        plant.activate(self._start)
        hold = plant.read().tau_nm
        for _ in range(WARM_UP_TICKS):
            plant.advance(hold)
            plant.truth()
        plant.activate(self._start)
        self._brake_nm = plant.set_brakes(are_closed=True)
        drives = Drives(hold, self._torque_nm, self._dt_s)
        quiet_memory()
        tick, due_s = 0, time.monotonic()
        self._publish(tick, DriveOrder(Authority.NOBODY, hold, MODES[0], 0.0))
        try:
            while not (self._is_over() or self._ledger.is_full):
                due_s = max(due_s, time.monotonic() - self._dt_s) + self._dt_s
                late_s = sleep_until(due_s)
                order = self._one_tick(tick, drives, late_s)
                tick += 1
                self._publish(tick, order)
        finally:
            drives.close()
            self._publish(tick + 1, replace(drives.decide(tick + 1, None, None, ()), supervisor_age_s=0.0))
            plant.deactivate()

    def _one_tick(self, tick: int, drives: Drives, late_s: float) -> DriveOrder:
        """Hear both masters and let one period pass."""
        waited_s = self._host_credit.wait(self._hear_host, tick)
        due = tick - self._beat_ticks - SUPERVISOR_LAG_TICKS
        waited_s += self._supervisor_credit.wait(self._hear_supervisor, due)
        host = self._host.unpack(self._host_reader.read())
        supervisor = self._supervisor.unpack(self._supervisor_reader.read())
        before = drives.authority
        order = drives.decide(tick, host, supervisor, self._plant.true_motion()[1])
        is_braked = order.authority is Authority.NOBODY
        if (before is Authority.NOBODY) is not is_braked:
            self._brake_nm = self._plant.set_brakes(are_closed=is_braked)
        self._plant.advance(self._brake_nm if is_braked else order.tau_nm)
        self._has_begun = self._has_begun or not is_braked
        if self._has_begun:
            self._note(tick, order, late_s, waited_s)
        return order

    def _hear_host(self) -> int:
        """Return the newest tick that the session loop has answered; one that wants no enable answers none."""
        cell = self._host.unpack(self._host_reader.read())
        if cell is not None:
            self._host_tick = cell.tick if cell.beat > 0 and cell.wants_enable else -1
        return self._host_tick

    def _hear_supervisor(self) -> int:
        """Return the newest tick that the supervisor has judged."""
        cell = self._supervisor.unpack(self._supervisor_reader.read())
        if cell is not None:
            self._supervisor_tick = cell.tick
        return self._supervisor_tick

    def _publish(self, tick: int, order: DriveOrder) -> None:
        """Tell the senses; the supervisor's age counts up to now."""
        state = self._plant.read()
        state = replace(
            state, authority=order.authority, supervisor_age_s=order.supervisor_age_s, command_age_s=order.command_age_s
        )
        self._writer.write(self._senses.pack(SensesCell(tick, state)))

    def _note(self, tick: int, order: DriveOrder, late_s: float, waited_s: float) -> None:
        """Write the truth of the period that has just passed."""
        (truth,) = self._plant.truth()
        tool, _ = self._plant.true_tool()
        _, speeds = self._plant.true_motion()
        vx, vy, vz = tool[3:6].tolist()
        self._ledger.append(
            (
                tick * self._dt_s, time.monotonic(), late_s, waited_s, truth.press_n, truth.limit_n, truth.p_wt[2],
                (vx * vx + vy * vy + vz * vz) ** 0.5, max(map(abs, speeds)), order.supervisor_age_s,
                tick - self._host_tick, tick - self._supervisor_tick, AUTHORITIES.index(order.authority),
                MODES.index(order.host_mode),
            )
        )  # fmt: skip

    def _is_over(self) -> bool:
        owner = self._owner.unpack(self._owner_reader.read())
        return (owner is not None and owner.is_over) or os.getppid() != self._owner_pid


def run_stage(setup: StageSetup) -> None:
    """Be the stage's process until the run is over.

    Args:
        setup: what to simulate.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage = Stage(setup)
    become_realtime(PLANT_PRIORITY)
    stage.run()
