"""The drive policy (layer L0): whose torque acts, and what drives do when nobody commands them.

One policy for every drive side: the simulation in one process, the simulated drives as a process, and servos.

- The enable is given once, when the session loop asks for it and the supervisor is alive. It is lost when the loop
  gives it back, or ``ENABLE_DELAY_S`` after the last heartbeat of the supervisor or the last command of whoever has
  authority; ``RETREAT_DELAY_S`` after that heartbeat where the loop lives and leads a stopped arm away. Then the
  brakes close. Only a new start, or ``resume`` after a cleared stop, gives it again.
- The supervisor takes authority by its cell; a session loop that comes back is ignored. It gives the enable up (mode
  RELEASED) where it has no joint senses and the time of unloading is over.
- Watchdog: without a command for ``DRIVE_WATCHDOG_S`` the drives give the holding torque that came with the last
  command, with damping at every joint from the joint's own encoder. Zero torque would drop an arm without brakes onto
  the person, a stiff hold would clamp the person, the last torque would go on pressing.
- A drive whose torque stays off what it was commanded (``SHORT_SHARE``) is broken: its own brake closes and status
  reports it. The other joints then lead the tool off the skin. Brakes on all joints would clamp the person; none would
  let the arm fall, with 107 to 121 N measured.
- A joint whose position or speed is no number, in what the drive side reads of it, is held by its own brake likewise
  (``encoder_watch.py``), and status reports it: a joint that stands is one whose position is known.
- A policy that inherits the drives of one that is lost with its process (``inherit``) takes the session loop for lost.
- Where a joint has no brake, its drive goes on holding with damping instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import le, or_

from controller.processes.cells import HostCell, SupervisorCell
from controller.processes.encoder_watch import EncoderWatch
from controller.safety.limits import StopGains
from controller.safety.projection import damped
from controller.safety.speed_filter import SpeedFilter
from controller.safety.supervision import BEAT_S, ENABLE_DELAY_S, RETREAT_DELAY_S
from controller.types import Authority, JointFault, Mode, Vector

DRIVE_WATCHDOG_S = 0.010
"""Time without a command after which the drives act by themselves (assumed; moteus and Dynamixel set it in ms). After
one fault somebody always commands well before; it is there for the second fault, the loss of both masters."""
SHORT_SHARE = 0.1
SHORT_FILTER_S = 0.008
"""A drive is broken when its torque differs from what its lag model makes of its commands by this share of the torque
that its joint needs for the session's work, through a filter of this time constant (assumed): some milliseconds for a
loaded joint. Torque limits of a file have no say in it: they may be any number. Compared with the command itself, the
drive's lag would look like a fault wherever the command is noisy."""
BRAKE_S = 0.020
"""Time a brake takes to close (assumed; power-off brakes take 10 to 50 ms)."""
RETREATING = frozenset({Mode.UNLOAD, Mode.FLOAT})
"""Modes in which a session loop leads a stopped arm away from the person."""
TIME_ROUNDING_S = 1e-9
"""Differences of times are compared to within this, so that a limit of whole ticks is met at the same tick always."""


@dataclass(frozen=True, slots=True)
class DriveSettings:
    """What the policy has to know about the drives.

    Attributes:
        torque_nm: torque limits, (n,).
        dt_s: period [s].
        lag_s: time constant of the drives' torque loops [s].
        braked_joints: joints (from 0) that have a brake.
        stop: gains of the stop laws, and what each joint needs for its work.
    """

    torque_nm: Vector
    dt_s: float
    lag_s: float
    braked_joints: frozenset[int]
    stop: StopGains


@dataclass(frozen=True, slots=True)
class DriveFeedback:
    """What the drives know of themselves in one period.

    Attributes:
        q_rad: joint positions by the drives' own encoders, (n,).
        dq_rad_s: joint speeds by the same, (n,).
        given_nm: joint torques of the last period as the drives measure them, (n,).
        holding_nm: torque that holds the arm where it stands by the drive side's own model, (n,); empty where it has
            none, then the holding torque of the last command is used.
    """

    q_rad: Vector
    dq_rad_s: Vector
    given_nm: Vector
    holding_nm: Vector = ()


@dataclass(frozen=True, slots=True)
class DriveOrder:
    """What the drives do in one period.

    Attributes:
        authority: whose torque it is.
        tau_nm: torques, (n,); zero at a joint whose brake is closed because nobody has authority.
        closed: joints (from 0) whose brakes are closed.
        host_mode: mode that the session loop has sent last.
    """

    authority: Authority
    tau_nm: Vector
    closed: frozenset[int]
    host_mode: Mode


@dataclass(frozen=True, slots=True)
class DriveStatus:
    """What the drives report with the senses.

    Attributes:
        authority: whose torque the drives take.
        supervisor_age_s: time since the supervisor's last heartbeat [s]; infinite before the first.
        command_age_s: time since the last command of whoever has authority [s]; 0 before the first.
        joint_fault: ``JointFault`` flags that the policy has found, (n,).
    """

    authority: Authority
    supervisor_age_s: float
    command_age_s: float
    joint_fault: tuple[int, ...]


class DrivePolicy:
    """Decides once a period.

    Args:
        settings: of the drives.
        hold_nm: torque that holds the arm where it stands when the brakes open, (n,).
    """

    def __init__(self, settings: DriveSettings, hold_nm: Vector) -> None:
        self._stop, self._slow = settings.stop, SpeedFilter(settings.stop.speed_filter_rad_s, settings.dt_s)
        self._brakes, self._joints = settings.braked_joints, len(settings.torque_nm)
        self._watch = TorqueWatch(settings)
        self._encoders = EncoderWatch(self._joints, self._brakes, BRAKE_S)
        nothing: Vector = (0.0,) * self._joints
        self._host = HostCell(0, -1, False, Mode.RUN, 0.0, nothing, nothing)
        self._supervisor = SupervisorCell(0, -1, False, None, Mode.RUN, False, 0.0, nothing)
        self._resumes = 0
        self._host_s, self._supervisor_s = 0.0, -math.inf
        self._is_hosted = self._is_spent = self._is_deaf = False
        self._torque = self._holding = hold_nm
        self.authority = Authority.NOBODY
        """Whose torque the drives take."""

    def decide(
        self,
        t_s: float,
        host: HostCell | None,
        supervisor: SupervisorCell | None,
        feedback: DriveFeedback,
        lost: frozenset[int] = frozenset(),
    ) -> DriveOrder:
        """Return the order of this period.

        Args:
            t_s: time by the drives' clock [s].
            host: cell of the session loop, None where it is broken: the last good one still counts.
            supervisor: cell of the supervisor, the same.
            feedback: what the drives measure themselves.
            lost: joints (from 0) whose position or speed is no number in the senses of this period.
        """
        self._encoders.look(t_s, lost)
        self._watch.look(t_s, feedback.given_nm, is_enabled=self.authority is not Authority.NOBODY)
        self._hear(t_s, host, supervisor)
        self._answer_resume(t_s, feedback)
        silent_s = self._update_authority(t_s)
        if self.authority is Authority.SUPERVISOR:
            self._torque = self._holding = self._supervisor.tau_nm
        torque, closed = self._torque, (self._watch.braked | self._encoders.braked) & self._brakes
        is_off = self.authority is Authority.NOBODY
        if is_off or not silent_s <= DRIVE_WATCHDOG_S + TIME_ROUNDING_S:
            slow_rad_s = self._slow.step(feedback.dq_rad_s)
            torque = damped(feedback.holding_nm or self._holding, slow_rad_s, self._stop)
        else:
            self._slow.clear()
        if is_off:
            closed = self._brakes
            torque = tuple([0.0 if joint in closed else tau for joint, tau in enumerate(torque)])
            self._watch.rest()
        else:
            self._watch.expect(torque)
        return DriveOrder(self.authority, torque, closed, self._host.mode)

    def status(self, t_s: float) -> DriveStatus:
        """Return what the senses of time ``t_s`` say of the drives."""
        heard_s = self._supervisor_s if self.authority is Authority.SUPERVISOR else self._host_s
        command_age_s = t_s - heard_s if self._is_hosted or self.authority is Authority.SUPERVISOR else 0.0
        return DriveStatus(self.authority, t_s - self._supervisor_s, command_age_s, self._faults)

    def resume(self, t_s: float, hold_nm: Vector) -> None:
        """Give the drives back to the session loop after a cleared stop; they hold the arm until its next command.

        Args:
            t_s: time by the drives' clock [s].
            hold_nm: torque that holds the arm where it stands, (n,).
        """
        self._torque = self._holding = hold_nm
        self._watch.forget()
        self._encoders.forget()
        self._supervisor = replace(self._supervisor, has_drives=False)
        self._host_s = self._supervisor_s = t_s
        self._is_spent = self._is_hosted = False
        self.authority = Authority.HOST

    def inherit(self, t_s: float, authority: Authority) -> None:
        """Begin where another policy has been lost with its process: as if the session loop were lost.

        The session loop is not heard again, since nobody is left to inherit these drives once more. Until the
        supervisor takes them they act by themselves, from the first period on.

        Args:
            t_s: time by the drives' clock [s].
            authority: whose torque the lost policy took; drives without enable get none.
        """
        self.authority, self._is_deaf, self._is_hosted = authority, True, True
        self._host_s, self._supervisor_s = t_s - 2.0 * DRIVE_WATCHDOG_S, t_s
        if authority is Authority.NOBODY:
            self.close()

    def close(self) -> None:
        """Drop the enable; only ``resume`` or a new policy gives it again."""
        self.authority, self._is_spent = Authority.NOBODY, True

    @property
    def _faults(self) -> tuple[int, ...]:
        return tuple(map(or_, self._watch.faults, self._encoders.faults))

    def _hear(self, t_s: float, host: HostCell | None, supervisor: SupervisorCell | None) -> None:
        """Take in new commands and heartbeats."""
        if supervisor is not None:
            self._supervisor_s = t_s if supervisor.beat != self._supervisor.beat else self._supervisor_s
            self._supervisor = supervisor
        if host is None:
            return
        if host.beat != self._host.beat and self.authority is Authority.HOST and not self._is_deaf:
            self._host_s, self._is_hosted = t_s, True
            self._torque, self._holding = host.tau_nm, host.holding_nm
        self._host = host

    def _answer_resume(self, t_s: float, feedback: DriveFeedback) -> None:
        """Resume where the session loop asks for it and the supervisor has agreed.

        Behind closed brakes the holding torque of the last command may be of another posture: without one of its own
        model the drive side stays as it is.
        """
        asked = self._host.resumes
        is_agreed = self._supervisor.resumes == asked and not self._supervisor.has_drives
        is_off = self.authority is Authority.NOBODY
        hold_nm = feedback.holding_nm or (() if is_off else self._holding)
        if asked == self._resumes or self._is_deaf or not (is_agreed and self._host.wants_enable):
            return
        if self.authority is Authority.HOST and not any(self._faults):
            self._resumes = asked
        elif hold_nm and t_s - self._supervisor_s <= ENABLE_DELAY_S:
            self._resumes = asked
            self.resume(t_s, hold_nm)

    def _update_authority(self, t_s: float) -> float:
        """Give, move or drop the enable; return the time since the last command of whoever has it."""
        is_retreating = self.authority is Authority.HOST and self._host.mode in RETREATING
        alone_s = RETREAT_DELAY_S if is_retreating else ENABLE_DELAY_S
        is_alive = t_s - self._supervisor_s <= alone_s + TIME_ROUNDING_S
        if self.authority is Authority.NOBODY:
            if self._host.wants_enable and is_alive and not self._is_spent:
                self.authority, self._host_s = Authority.HOST, t_s
            return 0.0
        if self._supervisor.has_drives:
            self.authority = Authority.SUPERVISOR
        has_host = self.authority is Authority.HOST
        # Before the first command the drives hold the start posture by themselves, however long the loop takes.
        is_waiting = has_host and not self._is_hosted and self._host.beat == 0
        silent_s = 0.0 if is_waiting else t_s - (self._host_s if has_host else self._supervisor_s)
        # A session loop that has lost the drives has no say in the enable either.
        is_wanted = self._host.wants_enable or not has_host
        is_given_up = not has_host and self._supervisor.mode is Mode.RELEASED
        if is_given_up or not (is_alive and is_wanted and silent_s <= ENABLE_DELAY_S + TIME_ROUNDING_S):
            self.close()
        return silent_s


class TorqueWatch:
    """Finds drives that give something else than they are commanded, by a lag model of their torque loops.

    Args:
        settings: of the drives.
    """

    def __init__(self, settings: DriveSettings) -> None:
        self._short_nm = tuple(SHORT_SHARE * work for work in settings.stop.work_nm)
        self._look_ticks = max(1, round(BEAT_S / settings.dt_s))
        self._off_gain = self._look_ticks * settings.dt_s / SHORT_FILTER_S
        self._lag_share = -math.expm1(-settings.dt_s / settings.lag_s)
        self.forget()

    def forget(self) -> None:
        """Take every drive for sound again and open its brake."""
        self._ticks = 0
        self._off_nm = (0.0,) * len(self._short_nm)
        self._broken_s: dict[int, float] = {}
        self.faults: tuple[int, ...] = (JointFault.NONE.value,) * len(self._short_nm)
        """``JointFault`` flags, (n,)."""
        self._due: Vector = ()
        """Torque that the drives will have reached in this period by the model, (n,)."""
        self._expected: Vector = ()
        """The same for the last period; empty before the first command."""
        self.braked: frozenset[int] = frozenset()
        """Joints (from 0) of broken drives that have been broken for the time their brakes take to close."""

    def rest(self) -> None:
        """Begin the lag model anew with the next command: behind closed brakes drives may give any torque."""
        self._off_nm = (0.0,) * len(self._short_nm)
        self._due = self._expected = ()

    def look(self, t_s: float, given_nm: Vector, *, is_enabled: bool) -> None:
        """Compare the torques of the last period with the model; every ``BEAT_S``.

        Args:
            t_s: time [s].
            given_nm: torques that the drives gave, (n,); NaN counts as broken.
            is_enabled: False where no torque is asked for.
        """
        is_due = self._ticks % self._look_ticks == 0 and is_enabled and bool(self._expected)
        self._ticks += 1
        if not is_due:
            return
        gain = self._off_gain
        self._off_nm = tuple(
            [
                off + gain * (due - tau - off)
                for off, due, tau in zip(self._off_nm, self._expected, given_nm, strict=True)
            ]
        )
        if not all(map(le, map(abs, self._off_nm), self._short_nm)):
            for joint, (off, limit) in enumerate(zip(self._off_nm, self._short_nm, strict=True)):
                if not abs(off) <= limit:
                    self._broken_s.setdefault(joint, t_s)
            flags = (JointFault.NONE.value, JointFault.TORQUE.value)
            self.faults = tuple([flags[joint in self._broken_s] for joint in range(len(self._short_nm))])
        if self._broken_s:
            self.braked = frozenset(joint for joint, since_s in self._broken_s.items() if t_s - since_s >= BRAKE_S)

    def expect(self, sent_nm: Vector) -> None:
        """Advance the lag model by the command of this period."""
        share = self._lag_share
        self._expected = self._due or sent_nm
        self._due = tuple([due + share * (tau - due) for due, tau in zip(self._expected, sent_nm, strict=True)])
