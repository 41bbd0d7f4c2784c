"""The supervisor's process: it reads the senses itself, watches the session loop, and takes the drives from it.

Its period is ``BEAT_S`` of the drives' clock, and never shorter on its own: where simulated drives fall behind the
wall clock the supervisor waits for their next tick instead of blaming the session loop for it. It makes its own
rigid-body terms in every period, so that they are at hand when it has to act.

Nothing but a kill ends it while the arm has its enable: signals are ignored however often they come, and the owner's
word or a termination signal counts only once the brakes are closed. Drives that stand still are waited for.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from controller.arm import ArmDescription, Placement
from controller.own_model import own_terms
from controller.processes.cells import (
    HostCell,
    HostCodec,
    SensesCell,
    SensesCodec,
    SupervisorCell,
    SupervisorCodec,
)
from controller.processes.loop_memory import RigLoop, loop_times
from controller.processes.owner import OwnerWatch
from controller.processes.realtime.clock import NS_PER_S
from controller.processes.realtime.memory import quiet_memory
from controller.processes.realtime.paced_times import PacedTimes
from controller.processes.realtime.priority import SUPERVISOR_PRIORITY, become_realtime
from controller.processes.realtime.waiting import sleep_until, wait_for
from controller.processes.shared_memory import BlockReader, BlockWriter, attach
from controller.processes.signals import listen_for_end, stand_apart
from controller.rig import Identity
from controller.robot import RobotModel
from controller.safety.supervision import BEAT_S, Supervisor, SupervisorLimits, SupervisorView
from controller.types import ArmState, Authority, Mode, ToolTerms, Vector

WARM_UP_PERIODS = 20
"""Periods of kinematics before it reports ready: the first ones load machine code."""
SENSES_LOST_S = 5.0
"""Time without new senses after which the drives count as gone where the end is wanted (assumed)."""


@dataclass(frozen=True, slots=True)
class SupervisorSetup:
    """What the supervisor's process is started with.

    Attributes:
        prefix: of the shared memory's names.
        arm: the arm and its tool.
        placement: X_WB.
        limits: what to check.
        dt_s: tick of the drives.
        identity: of the plant to supervise.
        owner_pid: process that started this one; without it nobody is left to give the word to end.
    """

    prefix: str
    arm: ArmDescription
    placement: Placement
    limits: SupervisorLimits
    dt_s: float
    identity: Identity
    owner_pid: int


class SupervisorLoop:
    """The work of one period, and the loop around it.

    Args:
        setup: what to supervise.
        is_realtime: what it tells about its own priority.

    Raises:
        PlantError: the shared memory is missing or foreign.
    """

    def __init__(self, setup: SupervisorSetup, *, is_realtime: bool) -> None:
        joints = len(setup.arm.joint_names)
        self._host, self._senses = HostCodec(joints), SensesCodec(joints)
        self._codec = SupervisorCodec(joints)
        self._host_reader = BlockReader(attach(setup.prefix, self._host.kind, may_write=False), self._host.kind)
        self._senses_reader = BlockReader(attach(setup.prefix, self._senses.kind, may_write=False), self._senses.kind)
        self._owner = OwnerWatch(setup.prefix, joints, setup.owner_pid)
        self._writer = BlockWriter(attach(setup.prefix, self._codec.kind, may_write=True), self._codec.kind)
        times = loop_times(setup.prefix, RigLoop.SUPERVISOR, BEAT_S)
        self._times = PacedTimes(times, round(setup.dt_s * NS_PER_S))
        self._robot = RobotModel(setup.arm, setup.placement)
        self._supervisor = Supervisor(setup.limits)
        self._beat_ticks = round(BEAT_S / setup.dt_s)
        self._nothing: Vector = (0.0,) * joints
        self._terms: ToolTerms | None = None
        self._is_realtime = is_realtime
        self._beat = self._host_beat = 0
        self._is_host_stopped = False
        self._resumes = 0
        self._last_tick = -self._beat_ticks
        self._is_asked_to_end = False
        self._broken, self._identity = 0, setup.identity

    def ask_to_end(self) -> None:
        """End as soon as the arm has no enable."""
        self._is_asked_to_end = True

    def run(self) -> None:
        """Supervise until the arm has no enable and somebody has asked for the end.

        Raises:
            PlantError: the drives belong to another plant; without this heartbeat they get no enable.
        """
        senses = self._next_senses()
        if senses is not None:
            self._identity.check(senses.identity)
        for _ in range(WARM_UP_PERIODS):
            if senses is not None:
                self._note_terms(senses.state)
        wake_s = time.monotonic()
        while senses is not None:
            self._times.begin(senses.tick)
            self._period(senses)
            self._times.end()
            if senses.state.authority is Authority.NOBODY and self._may_end():
                return
            wake_s = max(wake_s + BEAT_S, time.monotonic() - BEAT_S)
            sleep_until(wake_s)
            senses = self._next_senses()

    def _next_senses(self) -> SensesCell | None:
        """Return the senses a period after the last ones, None where there are none and the end is wanted."""

        def look() -> SensesCell | None:
            senses = self._senses.unpack(self._senses_reader.read())
            return senses if senses is not None and senses.tick >= self._last_tick + self._beat_ticks else None

        while (senses := wait_for(look, SENSES_LOST_S)) is None and not self._may_end():
            pass
        return senses

    def _period(self, senses: SensesCell) -> None:
        """Judge, act and beat once."""
        supervisor = self._supervisor
        state = supervisor.believed(senses.state)
        self._last_tick = senses.tick
        self._note_terms(state)
        host = self._host.unpack(self._host_reader.read())
        if host is not None:
            self._host_beat, self._is_host_stopped = host.beat, host.mode is not Mode.RUN
            self._answer_resume(host)
        # Behind closed brakes there is nothing to guard, and a session loop that has ended is not missed.
        if state.authority is not Authority.NOBODY:
            are_drives_intact = senses.broken == self._broken
            supervisor.judge(
                SupervisorView(
                    state, self._host_beat, host is not None, self._is_host_stopped, are_drives_intact, self._terms
                )
            )
        self._broken = senses.broken
        tau, mode = self._nothing, Mode.RUN
        if supervisor.stop is not None and self._terms is not None:
            tau, mode = supervisor.torque(self._terms, state)
        self._beat += 1
        has_drives, cause = supervisor.stop is not None, supervisor.stop.cause if supervisor.stop is not None else None
        self._writer.write(
            self._codec.pack(
                SupervisorCell(
                    self._beat, senses.tick, has_drives, cause, mode, self._is_realtime, state.t_s, tau, self._resumes
                )
            )
        )

    def _answer_resume(self, host: HostCell) -> None:
        """Agree once to each request of the session loop for the drives: its stop was cleared by a person."""
        if host.resumes != self._resumes and host.wants_enable:
            self._resumes = host.resumes
            self._supervisor.clear()

    def _note_terms(self, state: ArmState) -> None:
        """Make the terms of this period; the last good ones stay where the senses are gone."""
        if math.isfinite(sum(state.q_rad) + sum(state.dq_rad_s)):
            self._terms = own_terms(self._robot, state.q_rad, state.dq_rad_s)

    def _may_end(self) -> bool:
        """Return True where somebody wants the end, or nobody is left who could."""
        return self._is_asked_to_end or self._owner.is_over()


def run_supervisor(setup: SupervisorSetup) -> None:
    """Be the supervisor's process until its work is over.

    Args:
        setup: what to supervise.
    """
    stand_apart()
    loop = SupervisorLoop(setup, is_realtime=become_realtime(SUPERVISOR_PRIORITY))
    listen_for_end(loop.ask_to_end)
    quiet_memory()
    loop.run()
