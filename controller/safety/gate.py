"""The gate: the only maker of commands that a plant accepts (layers L2, L4 and L5, and the latched stop)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.safety import monitor, projection
from controller.safety.bound import press_command_limit_n, stall_speed_m_s
from controller.safety.limits import GateLimits
from controller.types import (
    Applied,
    ArmState,
    Cause,
    Command,
    ContactState,
    Limited,
    Mode,
    Reference,
    StopReason,
    ToolTerms,
    Vector,
    Vector3,
)

AUDIT_TOLERANCE_N = 1e-6
"""Rounding that the audit forgives."""
BRAKE_N = 40.0
"""Largest pull away from the body that the press-speed cap may ask for (assumed)."""
UNLOAD = projection.UnloadBounds(speed_m_s=0.05, damping_ns_per_m=400.0, force_n=15.0, drag_ns_per_m=60.0)
"""How a stopped arm leaves the skin (design choices)."""
UNLOAD_RAMP_S = 0.15
"""Time in which the pull grows; the press force is dropped at once, and the tissue's spring-back comes first."""
UNLOAD_S = 0.8
"""Time of unloading: 40 mm at full speed, more than any pad sinks in."""
FLOAT_DAMPING_S_PER_RAD = 0.05
"""Joint damping in unloading and floating, over each joint's torque limit: a light wrist joint must not get the damping
of a shoulder, or the loop's lag makes it swing (assumed)."""
FLOAT_S = 0.7
"""Time of floating before a session may end."""

STANDING: Vector3 = (0.0, 0.0, 0.0)
_KEY = object()


@dataclass(frozen=True, slots=True)
class ApprovedCommand:
    """Joint torques [Nm], (n,), that passed the gate. Only the gate holds the key to make one."""

    tau_nm: Vector
    key: object

    def __post_init__(self) -> None:
        """Refuse everyone but the gate.

        Raises:
            PermissionError: made outside the gate.
        """
        if self.key is not _KEY:
            raise PermissionError("an ApprovedCommand is made by the gate only")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says of one command.

    Attributes:
        command: the torques that may go out.
        press_n: their static press force by the audit.
        press_limit_n: bound in force.
        mode: mode of the gate.
        limited: what was lowered; empty where the command passed as it was.
        stop: why the session is stopped; set from that tick on.
    """

    command: ApprovedCommand
    press_n: float
    press_limit_n: float
    mode: Mode
    limited: tuple[Limited, ...]
    stop: StopReason | None

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
        self._monitor = monitor.Monitor(limits)
        self._float_damping = tuple(FLOAT_DAMPING_S_PER_RAD * limit for limit in limits.torque_nm)
        self._last_press_n = 0.0
        self._holding_nm: Vector = ()
        self._last_command: Command | None = None
        self._mode = Mode.RUN
        self._stop: StopReason | None = None
        self._unload_normal: Vector3 = (0.0, 0.0, 1.0)

    @property
    def mode(self) -> Mode:
        """Mode of the gate."""
        return self._mode

    @property
    def stop_reason(self) -> StopReason | None:
        """Why the session is stopped, or None."""
        return self._stop

    def is_settled(self, t_s: float) -> bool:
        """Return True once a stopped arm has unloaded and floated long enough to end the session."""
        return self._stop is not None and not (t_s < self._stop.t_s + UNLOAD_S + FLOAT_S)

    def stop(self, reason: StopReason) -> None:
        """Latch a stop from outside: the operator, a lost link. The first reason stands."""
        if self._stop is None:
            self._stop = reason
            self._mode = Mode.UNLOAD

    def clear(self) -> None:
        """Let the operator end a stop; everything remembered is forgotten."""
        self._stop = None
        self._mode = Mode.RUN
        self._last_press_n = 0.0
        self._holding_nm = ()
        self._last_command = None
        self._unload_normal = (0.0, 0.0, 1.0)
        self._monitor.clear()

    def judge(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Judgement:
        """Return what may go to the motors; never raises.

        Args:
            command: what the law asks for.
            state: what the senses say.
            reference: what the plan wants.
            t_s: session time [s].
        """
        if math.isfinite(sum(command.terms.bias_nm)) and len(command.terms.bias_nm) == len(self.limits.torque_nm):
            self._holding_nm = command.terms.bias_nm
        if self._stop is None:
            reason = self._monitor.check(command, state, reference, t_s)
            if reason is not None:
                self.stop(reason)
            elif math.isfinite(sum(reference.pads[0].normal_w)):
                # The plan's normal, not the law's: a wrong axis in the law must not turn unloading into pressing.
                self._unload_normal = reference.pads[0].normal_w
        if self._stop is None:
            judgement = self._limit(command, reference, t_s)
            if judgement is not None:
                self._last_command = command
                return judgement
        is_fresh = command is not self._last_command
        self._last_command = command
        return self._react(command.terms, state, t_s, is_fresh)

    def _limit(self, command: Command, reference: Reference, t_s: float) -> Judgement | None:
        """Lower what is too much and audit the result; None where the audit failed and the stop is latched."""
        limits, terms, normal = self.limits, command.terms, command.normal_w
        stroke = limits.strokes[reference.segment]
        is_touching = command.contact in (ContactState.CONTACT, ContactState.WORK)
        if is_touching:
            press_limit = press_command_limit_n(stroke, min(command.pads[0].target_n, stroke.target_n))
        else:
            press_limit = min(limits.free_press_n, stroke.ceiling_n)
        # An approach ends where the skin is, not where the plan has it: its speed counts as it is.
        is_seeking = command.contact in (ContactState.APPROACH, ContactState.CONTACT)
        speed = projection.press_speed(terms, normal, STANDING if is_seeking else command.surface_velocity_w)
        speed_limit = stroke.press_damping_ns_per_m * (
            stall_speed_m_s(limits, stroke, press_limit, is_touching) - speed
        )
        rate_limit = max(self._last_press_n, 0.0) + limits.loading_rate_n_per_s * self._dt_s
        caps = (
            (press_limit, Cause.PRESS_LIMIT),
            (max(speed_limit, -BRAKE_N), Cause.PRESS_SPEED),
            (rate_limit, Cause.LOADING_RATE),
        )
        tau: Vector = command.tau_nm
        limited: tuple[Limited, ...] = ()
        wrench = projection.tool_wrench(tau, terms)
        press = projection.press_of(wrench, normal)
        if not (
            projection.is_within(wrench, press, normal, min(caps)[0], limits)
            and projection.is_torque_within(tau, limits.torque_nm)
        ):
            tau, limited = self._lowered(command, caps)
            press = projection.static_press(tau, terms, normal)
        # The audit: press is the force of exactly the torques that go out, after every stage that may change them.
        if not (press <= max(press_limit, 0.0) + AUDIT_TOLERANCE_N):
            self.stop(
                StopReason(Cause.INTERNAL_ERROR, "audited static press force", press, press_limit, "N", t_s,
                           "report this with the record: a later stage reopened the limit")
            )  # fmt: skip
            return None
        self._last_press_n = press
        return Judgement(ApprovedCommand(tau, _KEY), press, press_limit, self._mode, limited, None)

    def _lowered(self, command: Command, caps: tuple[projection.Cap, ...]) -> tuple[Vector, tuple[Limited, ...]]:
        """Return torques within every limit and what was lowered for it."""
        terms, normal, limits = command.terms, command.normal_w, self.limits
        tau, limited = projection.project(command.tau_nm, terms, normal, caps, limits)
        # Once more for what rounding and a near-singular Jbar left over; a no-op almost always.
        tau, _ = projection.project(tau, terms, normal, caps, limits)
        tau, saturated = projection.saturate(tau, terms.bias_nm, limits.torque_nm)
        return tau, limited if saturated is None else (*limited, saturated)

    def _react(self, terms: ToolTerms, state: ArmState, t_s: float, is_fresh: bool) -> Judgement:
        """Unload along the outward normal at bounded speed, then float; holding torque and damping only.

        A command that is not fresh has old speeds in its terms: no pull may be closed over them, so the arm floats.
        """
        stop = self._stop
        since = t_s - stop.t_s if stop is not None else 0.0
        self._mode = Mode.UNLOAD if since < UNLOAD_S and is_fresh else Mode.FLOAT
        normal = self._unload_normal
        self._last_press_n = 0.0
        joints = len(self.limits.torque_nm)
        known = sum(state.dq_rad_s) + sum(terms.bias_nm) + sum(terms.v_wt)
        if not math.isfinite(known) or len(state.dq_rad_s) != joints or len(terms.bias_nm) != joints:
            # Without joint positions the last torque that held the arm is the best there is: no press and no fall.
            tau = self._holding_nm or (0.0,) * joints
            return Judgement(ApprovedCommand(tau, _KEY), 0.0, 0.0, self._mode, (), stop)
        tau = projection.float_torque(terms, state.dq_rad_s, self._float_damping)
        if self._mode is Mode.UNLOAD:
            share = min(1.0, max(0.0, since / UNLOAD_RAMP_S))
            wrench = projection.unload_force(terms.v_wt, normal, UNLOAD, share)
            tau = projection.add_force(tau, terms, wrench)
        tau, _ = projection.saturate(tau, terms.bias_nm, self.limits.torque_nm)
        press = projection.static_press(tau, terms, normal)
        return Judgement(ApprovedCommand(tau, _KEY), press, 0.0, self._mode, (), stop)
