"""The loop that owns drives and senses: it hears loop and supervisor, applies the drive policy, publishes senses.

Its tick is everybody's clock. A tick lasts a period of the monotonic clock or longer: where the machine is too slow,
or this process is held up, the drives' time lags, which is counted, and nobody is blamed for it.

An ordinary computer holds up any process for some milliseconds now and then, which would look like a lost session loop
or supervisor every few seconds. The loop therefore waits for an answer that is due, but no longer than its
``Patience``, and only for a process that has been answering: one that stays away is waited for once, and from then on
time goes by without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from controller.processes.cells import HostCodec, SensesCell, SensesCodec, SupervisorCodec
from controller.processes.drives import DriveFeedback, DriveOrder, DrivePolicy, DriveSettings
from controller.processes.loop_memory import RigLoop, loop_times
from controller.processes.realtime.clock import NS_PER_S
from controller.processes.realtime.waiting import POLL_S, sleep_until
from controller.processes.shared_memory import BlockReader, BlockWriter, attach
from controller.rig import Identity
from controller.safety.lost_joints import lost_joints
from controller.safety.supervision import BEAT_S
from controller.types import ArmState, Authority, Vector

SUPERVISOR_LAG_TICKS = 1
"""The supervisor's answer is due this much later than its period: it looks every second tick."""


LED_OFF_S = 2.0
"""Time after which the supervisor has led the arm off the skin and to rest (assumed: it unloads for 0.8 s)."""
END_S = 60.0
"""Longest time that a run which is over goes on with an enable (assumed: a session parks within some 20 s)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the loop waits for an answer that is due.

    Attributes:
        wall_s: longest wall time.
        looks: how often it looks at least: time in which this process itself, or the whole machine, was held up is
            nobody's fault. A system that shares a processor between real-time and other processes holds up the former
            for 50 ms at a time.
        on_look: called with every look.
    """

    wall_s: float
    looks: int
    on_look: Callable[[], None] = lambda: None


SIMULATED_PATIENCE = Patience(0.2, 500)
"""That of simulated drives, whose time stands still meanwhile (see above)."""


@dataclass(frozen=True, slots=True)
class DriveSenses:
    """What a drive side reads in one period.

    Attributes:
        state: the senses; ``t_s`` counts the periods of the drive side, what the policy reports is filled in later.
        feedback: what the drives measure themselves.
    """

    state: ArmState
    feedback: DriveFeedback


class DriveSide(Protocol):
    """Drives with their senses; owned by one loop in one process."""

    def read(self) -> DriveSenses:
        """Return the senses of this instant."""

    def advance(self, tau_nm: Vector) -> None:
        """Send torques [Nm], (n,), and let one period pass.

        Gravity is in them, always. A drive side whose arm adds gravity itself subtracts that arm's own model of it.
        """

    def set_brakes(self, joints: frozenset[int]) -> None:
        """Close the brakes of these joints (from 0) and open all others."""


@dataclass(frozen=True, slots=True)
class PeriodNote:
    """One period that has passed, for whoever keeps a ledger of it.

    Attributes:
        tick: its number, from 0.
        order: what the drives did.
        supervisor_age_s: age of the supervisor's heartbeat at its beginning [s].
        late_s: how late the loop woke up [s].
        waited_s: how long it waited for answers, wall time [s].
        host_tick: newest tick that the session loop had answered, -1 for none.
        supervisor_tick: newest tick that the supervisor had judged, -1 for none.
    """

    tick: int
    order: DriveOrder
    supervisor_age_s: float
    late_s: float
    waited_s: float
    host_tick: int
    supervisor_tick: int


class Credit:
    """Whether a master is waited for: only while it goes on answering.

    Args:
        patience: how long.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._is_trusted = False
        self._seen_tick = -1

    def trust(self) -> None:
        """Wait for the next answer, whatever came before: the master has just been given the drives."""
        self._is_trusted = True

    def wait(self, newest: Callable[[], int], due_tick: int) -> float:
        """Wait for an answer that is due; return the wall time it took [s].

        Args:
            newest: looks for the newest tick that the master has answered, -1 for none.
            due_tick: tick that it should have answered by now.
        """
        began, looks = time.monotonic(), 0
        while (tick := newest()) < due_tick:
            looks += 1
            self._patience.on_look()
            is_over = time.monotonic() - began > self._patience.wall_s and looks > self._patience.looks
            if is_over or not self._is_trusted:
                break
            time.sleep(POLL_S)
        # A slow master that still gets on is trusted again.
        self._is_trusted, self._seen_tick = tick >= due_tick or tick > self._seen_tick, tick
        return time.monotonic() - began


class DriveLoop:
    """Owns a drive side until it is over.

    Args:
        side: drives and senses, ready.
        settings: of the drives.
        prefix: of the shared memory's names.
        identity: of the plant, published with the senses so that session loop and supervisor can check it.
        patience: how long to wait for session loop and supervisor.
        on_enable: called when somebody gets authority, before the first torque is sent: drives whose torque is not
            held back by brakes are switched on there.
        inherited: last senses of a loop that is lost with its process, whose place this one takes.

    Raises:
        PlantError: the shared memory is missing or foreign.
    """

    def __init__(
        self,
        side: DriveSide,
        settings: DriveSettings,
        prefix: str,
        identity: Identity,
        *,
        patience: Patience = SIMULATED_PATIENCE,
        on_enable: Callable[[], None] | None = None,
        inherited: SensesCell | None = None,
    ) -> None:
        joints = len(settings.torque_nm)
        self._host, self._supervisor, self._senses = HostCodec(joints), SupervisorCodec(joints), SensesCodec(joints)
        self._host_reader = BlockReader(attach(prefix, self._host.kind, may_write=False), self._host.kind)
        self._supervisor_reader = BlockReader(
            attach(prefix, self._supervisor.kind, may_write=False), self._supervisor.kind
        )
        self._writer = BlockWriter(attach(prefix, self._senses.kind, may_write=True), self._senses.kind)
        self._side, self._settings, self._identity = side, settings, identity.digest
        self._beat_ticks = round(BEAT_S / settings.dt_s)
        self._times = loop_times(prefix, RigLoop.DRIVES, settings.dt_s)
        self._host_credit, self._supervisor_credit = Credit(patience), Credit(patience)
        self._on_enable = on_enable
        self._host_tick = self._supervisor_tick = -1
        self._broken = self._over_ticks = self._led_ticks = 0
        self.tick = 0 if inherited is None else inherited.tick + 1
        """Periods since the start."""
        self._closed = settings.braked_joints
        side.set_brakes(self._closed)
        self._now = side.read()
        self._policy = DrivePolicy(settings, self._now.feedback.holding_nm or self._now.state.tau_nm)
        if inherited is not None:
            self._policy.inherit(self._now.state.t_s, inherited.state.authority)
        self._publish()

    def run(self, is_over: Callable[[], bool], on_period: Callable[[PeriodNote], None]) -> None:
        """Let time pass until it is over; whatever happens, the enable is dropped and the brakes close at the end.

        A run that is over goes on until the arm has been led off the skin: the session loop parks it, or is lost and
        the supervisor takes the drives. Brakes that close on the spot would clamp the person.

        Args:
            is_over: asked before every period.
            on_period: takes every period.
        """
        due_s, dt_s = time.monotonic(), self._settings.dt_s
        try:
            while not (is_over() and self._may_end()):
                due_s = max(due_s, time.monotonic() - dt_s) + dt_s
                late_s = sleep_until(due_s)
                began_ns = time.monotonic_ns()
                on_period(self.pass_period(late_s))
                self._publish()
                self._times.note(round(late_s * NS_PER_S), time.monotonic_ns() - began_ns)
        finally:
            self.close()

    def step(self) -> PeriodNote:
        """Let one period pass and publish the senses; without a clock."""
        note = self.pass_period(0.0)
        self._publish()
        return note

    def pass_period(self, late_s: float) -> PeriodNote:
        """Hear both masters and let one period pass.

        Args:
            late_s: how late it begins [s], for the note.
        """
        waited_s = self._host_credit.wait(self._hear_host, self.tick)
        due = self.tick - self._beat_ticks - SUPERVISOR_LAG_TICKS
        waited_s += self._supervisor_credit.wait(self._hear_supervisor, due)
        host = self._host.unpack(self._host_reader.read())
        self._broken += host is None
        supervisor = self._supervisor.unpack(self._supervisor_reader.read())
        t_s = self._now.state.t_s
        lost = lost_joints(self._now.state.q_rad, self._now.state.dq_rad_s)
        had = self._policy.authority
        order = self._policy.decide(t_s, host, supervisor, self._now.feedback, lost)
        if had is Authority.NOBODY and order.authority is Authority.HOST:
            self._host_credit.trust()
        age_s = self._policy.status(t_s).supervisor_age_s
        if self._on_enable is not None and order.authority is not Authority.NOBODY:
            self._on_enable()
            self._on_enable = None
        if order.closed != self._closed:
            self._closed = order.closed
            self._side.set_brakes(order.closed)
        self._side.advance(order.tau_nm)
        note = PeriodNote(self.tick, order, age_s, late_s, waited_s, self._host_tick, self._supervisor_tick)
        self._now = self._side.read()
        self.tick += 1
        return note

    def close(self) -> None:
        """Drop the enable, close the brakes and say so."""
        self._policy.close()
        try:
            self._side.set_brakes(self._settings.braked_joints)
        finally:
            self.tick += 1
            self._publish()

    def _may_end(self) -> bool:
        """Count a period of a run that is over; return True where the brakes are closed or may close."""
        authority, dt_s = self._policy.authority, self._settings.dt_s
        self._over_ticks += 1
        self._led_ticks = self._led_ticks + 1 if authority is Authority.SUPERVISOR else 0
        is_led_off = self._led_ticks * dt_s >= LED_OFF_S
        return authority is Authority.NOBODY or is_led_off or self._over_ticks * dt_s >= END_S

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

    def _publish(self) -> None:
        """Publish the newest senses with what the policy reports."""
        state = self._now.state
        status = self._policy.status(state.t_s)
        state = replace(
            state,
            authority=status.authority,
            supervisor_age_s=status.supervisor_age_s,
            command_age_s=status.command_age_s,
            joint_fault=_merged(state.joint_fault, status.joint_fault),
        )
        self._writer.write(self._senses.pack(SensesCell(self.tick, state, self._identity, self._broken)))


def _merged(sensed: tuple[int, ...], found: tuple[int, ...]) -> tuple[int, ...]:
    """Return the fault flags of the drives themselves together with those of the policy, (n,)."""
    return tuple([one | other for one, other in zip(sensed, found, strict=True)]) if sensed else found
