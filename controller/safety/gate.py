"""The gate: the only maker of commands that a plant accepts (layers L2 to L5, and the latched stop)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from controller.safety import monitor, pads, projection
from controller.safety.corrected_motion import CorrectedMotion, Motions
from controller.safety.limits import GateLimits
from controller.safety.outward_pull import OutwardPull
from controller.safety.press_bounds import PadBounds, PressBounds, press_bounds
from controller.safety.reaction import Reaction, stop_reason
from controller.safety.speed_filter import SpeedFilter
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
    Limited,
    Mode,
    Reference,
    StopReason,
    ToolTerms,
    Vector,
    Vector3,
)

AUDIT_TOLERANCE = 1e-6
"""Rounding that the audit forgives, of forces [N] and moments [Nm]."""
PARK_SPEED_SHARE = 0.5
"""Share of the joint speed limits that parking may reach."""

RELIEVED: tuple[projection.Cap, ...] = ((math.inf, Cause.PRESS_LIMIT),)
"""No cap along the mean normal where the press force of every pad has its own."""
UP: Vector3 = (0.0, 0.0, 1.0)
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
    key: object
    holding_nm: Vector = ()
    mode: Mode = Mode.RUN

    def __post_init__(self) -> None:
        """Refuse everyone but the gate.

        Raises:
            PermissionError: made outside the gate.
        """
        if self.key is not _KEY:
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
    """

    def __init__(self, limits: GateLimits, dt_s: float) -> None:
        self.limits = limits
        self._dt_s = dt_s
        self._rise_n = limits.loading_rate_n_per_s * dt_s
        self._monitor = monitor.Monitor(limits, dt_s)
        self._reaction = Reaction()
        self._tank = Tanks(limits.tank, 2)
        self._audited = (limits.tangential_n + AUDIT_TOLERANCE, limits.moment_nm + AUDIT_TOLERANCE)
        self._motion = CorrectedMotion(len(limits.torque_nm), dt_s)
        self._slow = SpeedFilter(limits.stop.speed_filter_rad_s, dt_s)
        self._pull = OutwardPull(limits.stop, dt_s)
        self._forget()

    def _forget(self) -> None:
        self._last_presses_n: Vector = (0.0,) * len(self.limits.pads)
        self._holding_nm: Vector = ()
        self._good_terms: ToolTerms | None = None
        self._last_command: Command | None = None
        self._outward_w = UP
        self._is_parked = False
        self._motion.clear()
        self._slow.clear()
        self._pull.clear()

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

    def is_settled(self, t_s: float) -> bool:
        """Return True once a stopped arm has come to its rest, so that the session may end."""
        return self._reaction.is_settled(t_s)

    def stop(self, reason: StopReason) -> None:
        """Latch a stop from outside: the operator, a lost link. The first reason stands, the action can only rise."""
        self._reaction.begin(reason)

    def note_parked(self) -> None:
        """Tell that the arm rests in its park posture."""
        self._is_parked = True

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
        self._reaction.clear()
        self._tank.clear()
        self._monitor.clear()
        holding_nm = self._holding_nm
        self._forget()
        self._holding_nm = holding_nm

    def judge(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Judgement:
        """Return what may go to the motors; never raises.

        Args:
            command: what the law asks for.
            state: what the senses say.
            reference: what the plan wants.
            t_s: session time [s].
        """
        if self._reaction.stop is None:
            motions = self._motion.step(command.terms, state.dq_rad_s)
            reason = self._monitor.check(command, motions[1], state, reference, t_s)
            judgement = self._limit(command, motions, reference, t_s) if reason is None else None
            if judgement is not None:
                # The plan's normal, not the law's: a wrong axis in the law must not turn unloading into pressing.
                self._outward_w = pads.press_axis(reference.pads)
                self._last_command, self._good_terms = command, command.terms
                return judgement
            if reason is not None:
                self.stop(reason)
        else:
            self._watch_stopped(state, t_s)
        is_fresh = command is not self._last_command
        self._last_command = command
        return self._react(command, state, t_s, is_fresh)

    def _watch_stopped(self, state: ArmState, t_s: float) -> None:
        """Raise what a stopped arm does where something worse happens to it."""
        worse = self._monitor.watch_stopped(state, t_s)
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
        if not (is_within and (not bounds.each or _are_within(presses, bounds.each))):
            tau, limited = self._lowered(command, bounds)
            force, presses = _loads(tau, terms, bounds)
        if reference.phase in DRIVEN_PHASES:
            # No stroke needs force here: the arm is as soft as in parking, on top of every other limit.
            tau = projection.soften(tau, terms, limits.park_force_n, limits.torque_nm)
            force, presses = _loads(tau, terms, bounds)
        reason = self._audit(force, presses, bounds, t_s)
        if reason is not None:
            self.stop(reason)
            return None
        if bounds.is_touching:
            tank.advance(_active_w(presses, bounds), self._dt_s)
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

    def _react(self, command: Command, state: ArmState, t_s: float, is_fresh: bool) -> Judgement:
        """Lead the stopped arm to rest: holding torque, damping, a pull away from the body, or softened parking.

        A command that is not fresh has old speeds in its terms: no pull may be closed over them, so the arm floats.
        """
        reaction, limits, stop = self._reaction, self.limits, self._reaction.stop
        slow_rad_s = self._slow.step(state.dq_rad_s)
        terms = self._believed(command.terms, state, slow_rad_s)
        mode = reaction.advance(t_s, is_fresh and terms is not None, self._is_parked)
        if terms is None:
            # Without joint positions the last torque that held the arm is the best there is: no press and no fall.
            tau = self._held(state, slow_rad_s)
            return Judgement(ApprovedCommand(tau, _KEY, (), mode), 0.0, 0.0, mode, (), stop)
        self._holding_nm = terms.bias_nm
        if reaction.action is not Action.HOLD_TORQUE:
            # A joint that jumps from now on leaves these to react by.
            self._good_terms = terms
        if mode is Mode.PARK and self._may_park(command, state):
            tau = projection.soften(command.tau_nm, terms, limits.park_force_n, limits.torque_nm)
        else:
            pull_n = None
            if is_fresh and stop is not None and mode is not Mode.RELEASED:
                outward_m_s = projection.dot(terms.v_wt[:3], self._outward_w)
                pull_n = self._pull.step(outward_m_s, *projection.lead_away(mode, t_s - stop.t_s))
            tau = projection.soft_torque(terms, slow_rad_s, limits.stop, self._outward_w, pull_n)
            tau, _ = projection.saturate(tau, terms.bias_nm, limits.torque_nm)
        if not math.isfinite(sum(tau)):
            # A matrix holds what is no number, or numbers that no arm has.
            tau = self._held(state, slow_rad_s)
        press = projection.static_press(tau, terms, self._outward_w)
        return Judgement(ApprovedCommand(tau, _KEY, terms.bias_nm, mode), press, 0.0, mode, (), stop)

    def _held(self, state: ArmState, slow_rad_s: Vector) -> Vector:
        """Return the last torque that held the arm, with damping at those joints whose speeds are known.

        Before there was one the arm hangs in the torque that the drives measure: without any it would fall.
        """
        torque_nm = self.limits.torque_nm
        held = self._holding_nm or (self._good_terms.bias_nm if self._good_terms is not None else ())
        if not held and len(state.tau_nm) == len(torque_nm) and math.isfinite(sum(state.tau_nm)):
            self._holding_nm = held = state.tau_nm
        held = held or (0.0,) * len(torque_nm)
        if len(slow_rad_s) == len(held):
            held = projection.damped(held, slow_rad_s, self.limits.stop)
        return projection.clip(held, torque_nm)

    def _believed(self, terms: ToolTerms, state: ArmState, slow_rad_s: Vector) -> ToolTerms | None:
        """Return the rigid-body terms to react by, with the speeds to react to.

        Where positions are in doubt they are the last good ones.
        """
        joints = len(self.limits.torque_nm)
        if len(state.dq_rad_s) != joints or not math.isfinite(sum(state.dq_rad_s)):
            return None
        if self._reaction.action is Action.HOLD_TORQUE:
            terms = self._good_terms or terms
        if not projection.is_shaped(terms, joints):
            return None
        terms = projection.moving(terms, slow_rad_s)
        return terms if math.isfinite(sum(terms.bias_nm) + sum(terms.v_wt)) else None

    def _may_park(self, command: Command, state: ArmState) -> bool:
        """Return True where parking may go on; after one that runs off the arm floats for good."""
        speed, limit = max(map(abs, state.dq_rad_s)), PARK_SPEED_SHARE * min(self.limits.speed_rad_s)
        if speed <= limit and len(command.tau_nm) == len(state.dq_rad_s) and math.isfinite(sum(command.tau_nm)):
            return True
        self._reaction.raise_to(Action.FLOAT)
        return False


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


def _are_within(presses: Vector, each: tuple[PadBounds, ...]) -> bool:
    """Return True where the press force of every pad of several is within its lowest cap; NaN is not."""
    return all([presses[k] <= min(pad.caps)[0] for k, pad in enumerate(each)])


def _active_w(presses: Vector, bounds: PressBounds) -> tuple[float, ...]:
    """Return the power that the press force beyond the target brings into the body, by each motion of the tool [W]."""
    if not bounds.each:
        return tuple([(presses[0] - bounds.target_n) * speed for speed in bounds.speeds_m_s])
    pairs = tuple(zip(presses, bounds.each, strict=True))
    return tuple([sum([(n - pad.target_n) * pad.speeds_m_s[motion] for n, pad in pairs]) for motion in (0, 1)])


def _audit_reason(force: projection.Static, allowed: projection.Static, t_s: float) -> StopReason:
    """Return the stop of torques that came out of the gate's own stages with too much."""
    index = 0 if not (force[0] <= allowed[0]) else 1 if not (force[1] <= allowed[1]) else 2
    name, unit = (("press force", "N"), ("force across the normal", "N"), ("moment", "Nm"))[index]
    return stop_reason(Cause.INTERNAL_ERROR, f"audited static {name}", force[index], allowed[index], unit, t_s)
