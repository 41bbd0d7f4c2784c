"""The gate: the only maker of commands that a plant accepts (layers L2 to L5, and the latched stop)."""

from __future__ import annotations

import math
from dataclasses import InitVar, dataclass, replace
from typing import NamedTuple

from controller.safety import audit, monitor, pads, projection
from controller.safety.certificate import Certificate
from controller.safety.corrected_motion import CorrectedMotion, Motions
from controller.safety.handover import Handover
from controller.safety.limits import GateLimits
from controller.safety.lost_joints import LostJoints
from controller.safety.own_terms import OwnTerms
from controller.safety.own_time import OwnTime
from controller.safety.press_bounds import PressBounds, active_w, are_within, press_bounds
from controller.safety.reaction import stop_reason
from controller.safety.stopped_arm import StoppedArm
from controller.safety.tank import Tanks
from controller.types import (
    DRIVEN_PHASES,
    Action,
    Applied,
    ArmState,
    Authority,
    Cause,
    Clearance,
    Command,
    Kinematics,
    Limited,
    Matrix,
    Mode,
    Reference,
    StopReason,
    ToolTerms,
    Vector,
)

AUDIT_TOLERANCE = 1e-6
"""Rounding that the audit forgives, of forces [N] and moments [Nm]."""

RELIEVED: tuple[projection.Cap, ...] = ((math.inf, Cause.PRESS_LIMIT),)
"""No cap along the mean normal where the press force of every pad has its own."""
_KEY = object()


@dataclass(frozen=True, slots=True)
class ApprovedCommand:
    """Joint torques that passed the gate. Only the gate holds the key to make one.

    Attributes:
        tau_nm: torques to send [Nm], (n,).
        key: the gate's own.
        holding_nm: torques that hold the arm without touching anything, (n,): what drives keep when nobody commands
            them any more, so that an arm left alone does not go on pressing; empty where they are not known.
        mode: RUN while they work for the session, else how far the stopped arm is on its way to rest.
    """

    tau_nm: Vector
    key: InitVar[object]
    holding_nm: Vector = ()
    mode: Mode = Mode.RUN

    def __post_init__(self, key: object) -> None:
        """Refuse everyone but the gate; the key is not kept, so that no copy with other torques can be made.

        Raises:
            PermissionError: made outside the gate.
        """
        if key is not _KEY:
            raise PermissionError("an ApprovedCommand is made by the gate only")


class Judgement(NamedTuple):
    """What the gate says of one command; made every tick, so a tuple: a third of the cost of a frozen dataclass.

    Attributes:
        command: the torques that may go out.
        press_n: their static press force by the audit, all pads together.
        press_limit_n: bound in force for it.
        mode: mode of the gate.
        limited: what was lowered; empty where the command passed as it was.
        stop: why the session is stopped; set from that tick on.
        gain_share: what is left of the force loop's gain (energy tank); the law is told.
    """

    command: ApprovedCommand
    press_n: float
    press_limit_n: float
    mode: Mode
    limited: tuple[Limited, ...]
    stop: StopReason | None
    gain_share: float = 1.0

    def applied(self) -> Applied:
        """Return the record of this judgement."""
        return Applied(self.command.tau_nm, self.press_n, self.press_limit_n, self.mode, self.limited, self.stop)


class Gate:
    """Judges every command; a stop is latched until ``clear``.

    Args:
        limits: what to hold commands and states against.
        dt_s: period of the loop [s].
        kinematics: a model of the arm that nobody else uses; None lets the law's terms stand, for tests of the rest.
        certificate: judges the ticks in which there is nothing to stop and nothing to lower; None for none.
        recheck_ticks: the gate judges every so many-th of these ticks as well, and must agree; 0 for none.
    """

    def __init__(
        self,
        limits: GateLimits,
        dt_s: float,
        kinematics: Kinematics | None = None,
        certificate: Certificate | None = None,
        recheck_ticks: int = 0,
    ) -> None:
        self.limits = limits
        self._dt_s = dt_s
        self._rise_n = limits.loading_rate_n_per_s * dt_s
        self._monitor = monitor.Monitor(limits, dt_s)
        self._own = OwnTerms(kinematics, limits.torque_nm)
        self._lost = LostJoints(len(limits.torque_nm))
        self._stopped = StoppedArm(limits, dt_s)
        self._reaction = self._stopped.reaction
        self._time = OwnTime(dt_s, limits.late_s)
        self._tank = Tanks(limits.tank, 2)
        self._audited = (limits.tangential_n + AUDIT_TOLERANCE, limits.moment_nm + AUDIT_TOLERANCE)
        self._motion = CorrectedMotion(len(limits.torque_nm), dt_s, limits.stop.speed_filter_rad_s)
        self._handover: Handover | None = None
        if certificate is not None:
            joints = len(limits.torque_nm)
            self._handover = Handover(self, self._own, self._stopped, certificate, joints, recheck_ticks)
        self._forget()

    def _forget(self) -> None:
        self._last_presses_n: Vector = (0.0,) * len(self.limits.pads)
        self._last_command: Command | None = None
        self._motion.clear()
        self._lost.clear()

    @property
    def mode(self) -> Mode:
        """Mode of the gate."""
        return self._reaction.mode

    @property
    def action(self) -> Action:
        """What the reasons of the stop make the arm do; LOWER while there is none."""
        return self._reaction.action

    @property
    def clearance(self) -> Clearance:
        """Who may clear the stop: the highest rank that one of its reasons asks for; NOBODY where there is none."""
        return self._reaction.clearance

    @property
    def stop_reason(self) -> StopReason | None:
        """Why the session is stopped, or None."""
        return self._reaction.stop

    @property
    def is_blind(self) -> bool:
        """A stopped arm holds by its last known posture, which it may have left."""
        return self._reaction.is_blind

    @property
    def is_settled(self) -> bool:
        """A stopped arm has come to its rest, so that the session may end."""
        return self._reaction.is_settled

    def stop(self, reason: StopReason) -> None:
        """Latch a stop from outside: the operator, a lost link. The first reason stands, the action can only rise."""
        self._reaction.begin(reason)

    def correct(self, additions: Matrix) -> None:
        """Take over what free air has shown of the links' masses, in place of what was taken over before.

        Args:
            additions: to mass [kg] and first moments (3) [kg m] of every link of its file, (n, 4); empty for none.

        Raises:
            ValueError: it changes what holds the arm by too much, or the gate has judged no state yet; the masses are
                those of the file then.
        """
        if self._handover is not None:
            self._handover.take_back()
        self._own.correct(additions)

    def note_parked(self) -> None:
        """Tell that the arm rests in its park posture."""
        self._stopped.is_parked = True

    def clear(self, who: Clearance) -> None:
        """Let a person end a stop; everything is forgotten but the torque that holds the arm where it rests.

        Args:
            who: who clears it.

        Raises:
            PermissionError: a cause of the stop asks for somebody else; the stop stays.
        """
        needed, ranks = self.clearance, tuple(Clearance)
        if ranks.index(who) < ranks.index(needed):
            raise PermissionError(f"the stop is cleared by {needed}; got {who}")
        if self._handover is not None:
            self._handover.take_back()
        self._stopped.clear()
        self._time.resume()
        self._tank.clear()
        self._monitor.clear()
        self._forget()

    def judge(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Judgement:
        """Return what may go to the motors; never raises: an error of the gate itself is a stop like any other.

        Args:
            command: what the law asks for.
            state: what the senses say.
            reference: what the plan wants.
            t_s: session time as the clock says [s].
        """
        try:
            return self._certified(command, state, reference, t_s) or self._judge(command, state, reference, t_s)
        except Exception as error:
            what = f"gate, {type(error).__name__}: {error}"
            self.stop(stop_reason(Cause.INTERNAL_ERROR, what, 1.0, 0.0, "errors", self._time.now_s))
            held_nm, mode = self._stopped.hold()
            return Judgement(ApprovedCommand(held_nm, _KEY, (), mode), 0.0, 0.0, mode, (), self._reaction.stop)

    def _certified(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Judgement | None:
        """Return the judgement of a tick that passes the certificate; None where the gate is to judge alone."""
        handover = self._handover
        if handover is None:
            return None
        if self._reaction.stop is not None:
            handover.take_back()
            return None
        passed = handover.passes(command, state, reference, t_s)
        if passed is None:
            return None
        approved = ApprovedCommand(passed.tau_nm, _KEY, passed.holding_nm)
        judgement = Judgement(approved, passed.press_n, passed.press_limit_n, Mode.RUN, (), None, passed.gain_share)
        if not handover.is_due:
            self._last_command = command
            return judgement
        own = self._judge(command, state, reference, t_s)
        if not handover.confirm(is_equal=own == judgement):
            what = "ticks that the certificate judges otherwise than the gate"
            self.stop(stop_reason(Cause.INTERNAL_ERROR, what, 1.0, 0.0, "ticks", self._time.now_s))
        return own

    def _judge(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Judgement:
        wrong_time = self._time.step(t_s, has_drives=state.authority is Authority.HOST)
        t_s = self._time.now_s
        state = self._lost.believed(state)
        self._reaction.are_joints_known = self._lost.are_known
        is_fresh, self._last_command = command is not self._last_command, command
        command = self._own.judged(command, state, reference, is_stopped=self._reaction.stop is not None)
        wrong = wrong_time or self._own.failed(t_s)
        if self._reaction.stop is None:
            motions = self._motion.step(command.terms, state.dq_rad_s)
            self._stopped.missing.see(command.terms, state.tau_nm)
            reason = wrong or self._monitor.check(command, motions[1], state, reference, t_s)
            judgement = self._limit(command, motions, reference, t_s) if reason is None else None
            if judgement is not None:
                # The plan's normal, not the law's: a wrong axis in the law must not turn unloading into pressing.
                self._stopped.note_good(command.terms, pads.press_axis(reference.pads))
                return judgement
            if reason is not None:
                self.stop(reason)
        else:
            self._watch_stopped(command, state, wrong, t_s)
        is_fresh = self._own.is_current or (is_fresh and not self._own.failure)
        return self._react(command, state, t_s, is_fresh=is_fresh)

    def _watch_stopped(self, command: Command, state: ArmState, wrong: StopReason | None, t_s: float) -> None:
        """Raise what a stopped arm does where something worse happens to it."""
        found = [wrong, self._monitor.watch_stopped(state, t_s), self._stopped.left_behind(t_s), self._lost.found(t_s)]
        if self.mode is Mode.PARK and self._reaction.stop is not None:
            found.append(self._monitor.free.watch_parking(command, self._reaction.stop, t_s))
        for worse in found:
            if worse is not None:
                self.stop(worse)
        if state.authority is not Authority.HOST:
            # Nothing the loop sends arrives: whatever the first reason was, it does not drive the arm anywhere.
            self._reaction.raise_to(Action.FLOAT)

    def _limit(self, command: Command, motions: Motions, reference: Reference, t_s: float) -> Judgement | None:
        """Lower what is too much and audit the result; None where the audit failed and the stop is latched."""
        limits, terms, tank = self.limits, command.terms, self._tank
        stroke = limits.strokes[reference.segment]
        bounds = press_bounds(limits, stroke, command, motions, tank.share, self._last_presses_n, self._rise_n)
        tau: Vector = command.tau_nm
        limited: tuple[Limited, ...] = ()
        force, presses = _loads(tau, terms, bounds)
        allowed = (min(bounds.caps)[0], limits.tangential_n, limits.moment_nm)
        is_within = projection.is_within(force, allowed) and projection.is_torque_within(tau, limits.torque_nm)
        if not (is_within and (not bounds.each or are_within(presses, bounds.each))):
            tau, limited = self._lowered(command, bounds)
        if reference.phase in DRIVEN_PHASES:
            # No stroke needs force here: the arm is as soft as in parking, on top of every other limit.
            tau = projection.soften(tau, terms, limits.park_force_n, limits.torque_nm)
        force, presses = audit.sent_loads(tau, terms, bounds.axis_w, tuple([pad.axis for pad in bounds.each]))
        reason = self._audit(force, presses, bounds, t_s)
        if reason is not None:
            self.stop(reason)
            return None
        if bounds.is_touching:
            tank.advance(active_w(presses, bounds), self._dt_s)
            if tank.is_exhausted():
                self.stop(stop_reason(Cause.ENERGY, "halvings of the gain", tank.halved, limits.tank.halvings, "", t_s))
                return None
        self._last_presses_n = presses
        approved = ApprovedCommand(tau, _KEY, terms.bias_nm)
        return Judgement(approved, force[0], bounds.limit_n, self.mode, limited, None, tank.share)

    def _audit(self, force: projection.Static, presses: Vector, bounds: PressBounds, t_s: float) -> StopReason | None:
        """Hold the force of exactly the torques that go out against the limits, after every stage that changes them."""
        audited = (max(bounds.limit_n, 0.0) + AUDIT_TOLERANCE, *self._audited)
        if not projection.is_within(force, audited):
            return _audit_reason(force, audited, t_s)
        if bounds.each:
            for k, pad in enumerate(bounds.each):
                allowed = max(pad.limit_n, 0.0) + AUDIT_TOLERANCE
                if not (presses[k] <= allowed):
                    what = f"audited static press force, pad {self.limits.pads[k].name}"
                    return stop_reason(Cause.INTERNAL_ERROR, what, presses[k], allowed, "N", t_s)
        return None

    def _lowered(self, command: Command, bounds: PressBounds) -> tuple[Vector, tuple[Limited, ...]]:
        """Return torques within every limit and what was lowered for it."""
        terms, limits = command.terms, self.limits
        tau, limited = _projected(command.tau_nm, terms, bounds, limits)
        # Once more for what rounding and a near-singular Jbar left over; a no-op almost always.
        tau, _ = _projected(tau, terms, bounds, limits)
        force, presses = _loads(tau, terms, bounds)
        allowed = (max(min(bounds.caps)[0], 0.0), limits.tangential_n, limits.moment_nm)
        if bounds.each:
            pads_allowed = [max(min(pad.caps)[0], 0.0) for pad in bounds.each]
            tau = projection.shrink(tau, terms.bias_nm, (*force, *presses), (*allowed, *pads_allowed))
        else:
            tau = projection.shrink(tau, terms.bias_nm, force, allowed)
        tau, saturated = projection.saturate(tau, terms.bias_nm, limits.torque_nm)
        return tau, limited if saturated is None else (*limited, saturated)

    def _react(self, command: Command, state: ArmState, t_s: float, *, is_fresh: bool) -> Judgement:
        """Lead the stopped arm on to its rest."""
        dq_rad_s = self._monitor.speeds.believed(state.dq_rad_s)
        if dq_rad_s is not state.dq_rad_s:
            self._stopped.missing.clear()
            state = replace(state, dq_rad_s=dq_rad_s)
        led = self._stopped.lead(command, state, t_s, is_fresh=is_fresh)
        approved = ApprovedCommand(led.tau_nm, _KEY, led.holding_nm, led.mode)
        return Judgement(approved, led.press_n, 0.0, led.mode, (), self._reaction.stop)


def _projected(
    tau_nm: Vector, terms: ToolTerms, bounds: PressBounds, limits: GateLimits
) -> tuple[Vector, tuple[Limited, ...]]:
    """Lower what is too much: press forces, force across the normal, moment; return torques and what was lowered."""
    if not bounds.each:
        return projection.project(tau_nm, terms, bounds.axis_w, bounds.caps, limits)
    axes = tuple([pad.axis for pad in bounds.each])
    tau_nm, pressing = pads.relieve(tau_nm, terms, axes, [pad.caps for pad in bounds.each], bounds.caps)
    tau_nm, other = projection.project(tau_nm, terms, bounds.axis_w, RELIEVED, limits)
    return tau_nm, (*pressing, *other)


def _loads(tau_nm: Vector, terms: ToolTerms, bounds: PressBounds) -> tuple[projection.Static, Vector]:
    """Return what joint torques do to the world at rest, and the press force of every pad [N].

    The press force of the first is the sum over the pads: of two it is more than what the force along their mean normal
    shows, because each presses along its own.
    """
    force = projection.static_force(tau_nm, terms, bounds.axis_w)
    if not bounds.each:
        return force, (force[0],)
    presses = pads.pad_presses(projection.tool_wrench(tau_nm, terms), tuple([pad.axis for pad in bounds.each]))
    return (sum(presses), force[1], force[2]), presses


def _audit_reason(force: projection.Static, allowed: projection.Static, t_s: float) -> StopReason:
    """Return the stop of torques that came out of the gate's own stages with too much."""
    index = 0 if not (force[0] <= allowed[0]) else 1 if not (force[1] <= allowed[1]) else 2
    name, unit = (("press force", "N"), ("force across the normal", "N"), ("moment", "Nm"))[index]
    return stop_reason(Cause.INTERNAL_ERROR, f"audited static {name}", force[index], allowed[index], unit, t_s)
