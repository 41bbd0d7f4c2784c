"""What every cause makes the arm do, who may end it, and the order in which a stopped arm is led to rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from controller.types import Action, Cause, Clearance, Mode, StopReason

UNLOAD_S = 0.8
"""Time of unloading: 40 mm at full speed, more than any pad sinks in."""
FLOAT_S = 0.7
"""Time of floating before the arm is driven anywhere, or a session may end."""
PARK_S = 30.0
"""Longest time of parking; an arm that is not there by then is held back by something and floats (assumed)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The row of the table for one cause.

    Attributes:
        action: what the arm does.
        clearance: who may end the stop.
        next_step: what a person does next.
    """

    action: Action
    clearance: Clearance
    next_step: str


_PARK, _DRIFT, _HOLD = Action.PARK, Action.FLOAT, Action.HOLD_TORQUE
_OPERATOR, _AT_ARM, _SERVICE = Clearance.OPERATOR, Clearance.OPERATOR_AT_ARM, Clearance.SERVICE
_LOWER = Rule(Action.LOWER, Clearance.NOBODY, "nothing; look at the share of limited commands in the report")

REACTIONS: Mapping[Cause, Rule] = MappingProxyType(
    {
        Cause.PRESS_LIMIT: _LOWER,
        Cause.PRESS_SPEED: _LOWER,
        Cause.LOADING_RATE: _LOWER,
        Cause.TANGENTIAL_LIMIT: _LOWER,
        Cause.MOMENT_LIMIT: _LOWER,
        Cause.TORQUE_LIMIT: _LOWER,
        Cause.OPERATOR: Rule(_PARK, _OPERATOR, "run again when the person is ready"),
        Cause.SESSION_TIME: Rule(_PARK, _OPERATOR, "end the session; plan a shorter one"),
        Cause.DWELL: Rule(_PARK, _OPERATOR, "let the skin rest; plan a stroke that moves on"),
        Cause.NO_CONTACT: Rule(_PARK, _OPERATOR, "check where the person lies and the registration of the body"),
        Cause.CONTACT_LOST: Rule(_PARK, _OPERATOR, "check that the person lies as planned, then restart"),
        Cause.LATE_TICK: Rule(_PARK, _OPERATOR, "close other programs on this machine, see `massage-arm doctor`"),
        Cause.PRESSURE: Rule(_PARK, _OPERATOR, "use a larger pad or less force"),
        Cause.PAD_FORCE: Rule(_PARK, _AT_ARM, "let the person settle, lower the stroke's force, then restart"),
        Cause.TOOL_FORCE: Rule(_PARK, _AT_ARM, "ask the person, look at the tool, then restart"),
        Cause.DEPTH: Rule(_PARK, _AT_ARM, "ask the person, check where the person lies and the scan, then restart"),
        Cause.ENERGY: Rule(_PARK, _AT_ARM, "use softer gains, see `massage-arm gains`"),
        Cause.KEEP_OUT: Rule(_PARK, _AT_ARM, "check where the person lies and where the base stands, then restart"),
        Cause.REGISTRATION: Rule(_PARK, _AT_ARM, "register the base and the person again, then restart"),
        Cause.TEMPERATURE: Rule(_PARK, _SERVICE, "let the drives cool, look for what is stiff"),
        Cause.SENSOR_IMPLAUSIBLE: Rule(_PARK, _SERVICE, "tare and check the wrist sensor, check the tool's mass"),
        Cause.MODEL_MISMATCH: Rule(
            _PARK, _SERVICE, "measure what is named and correct the file, or run `massage-arm rig identify`"
        ),
        Cause.SENSOR_FROZEN: Rule(_PARK, _SERVICE, "check the wrist sensor's link and supply"),
        Cause.STALE: Rule(_PARK, _SERVICE, "check the wrist sensor's link"),
        Cause.NOT_FINITE: Rule(_PARK, _SERVICE, "check the wrist sensor's cable; report it if the sensor is well"),
        Cause.WORKSPACE: Rule(_DRIFT, _AT_ARM, "something holds or pushes the tool: check the way, then restart"),
        Cause.JOINT_POSITION: Rule(_DRIFT, _AT_ARM, "move the base or the stroke off the arm's end stops"),
        Cause.JOINT_SPEED: Rule(_DRIFT, _AT_ARM, "find what moved the arm, then restart"),
        Cause.TOOL_SPEED: Rule(_DRIFT, _AT_ARM, "find what moved the tool, then restart"),
        Cause.SWING: Rule(
            _DRIFT, _AT_ARM, "use softer gains; look for noise of the wrist sensor, lag and play of the arm"
        ),
        Cause.LINK: Rule(_DRIFT, _SERVICE, "check cables and drives"),
        Cause.DRIVE_FAULT: Rule(_DRIFT, _SERVICE, "find what is wrong with that joint's drive, then restart"),
        Cause.INTERNAL_ERROR: Rule(_DRIFT, _SERVICE, "report this with the record"),
        Cause.SUPERVISOR_LOST: Rule(_DRIFT, _SERVICE, "the brakes close; restart the supervisor"),
        Cause.SUPERVISOR_ACTED: Rule(_DRIFT, _SERVICE, "read the supervisor's cause, then restart both"),
        Cause.HOST_LOST: Rule(_DRIFT, _SERVICE, "find why the session loop stood still, then restart both"),
        Cause.MEMORY_CORRUPT: Rule(_DRIFT, _SERVICE, "find who writes into the shared memory, then restart both"),
        Cause.ENCODER_JUMP: Rule(_HOLD, _SERVICE, "check the encoder's cable and reference, calibrate the arm"),
        Cause.JOINTS_NOT_FINITE: Rule(_HOLD, _SERVICE, "check the encoders"),
    }
)
"""One row for every cause."""


def stop_reason(cause: Cause, limit: str, value: float, allowed: float, unit: str, t_s: float) -> StopReason:
    """Return the reason of a stop, with the next step of the table."""
    return StopReason(cause, limit, float(value), float(allowed), unit, t_s, REACTIONS[cause].next_step)


class Reaction:
    """Leads a stopped arm through unload, float, park and release; latched until ``clear``."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget the stop."""
        self.stop: StopReason | None = None
        """The first reason."""
        self.action = Action.LOWER
        """The highest action of all reasons so far."""
        self.clearance = Clearance.NOBODY
        """The highest rank that any of the reasons asks for."""
        self.mode = Mode.RUN

    def begin(self, reason: StopReason) -> None:
        """Take a reason: the first one stands, action and clearance can only rise."""
        if self.stop is None:
            self.stop = reason
            self.mode = Mode.UNLOAD
        self.clearance = max(self.clearance, REACTIONS[reason.cause].clearance, key=tuple(Clearance).index)
        self.raise_to(max(REACTIONS[reason.cause].action, Action.PARK))

    def raise_to(self, action: Action) -> None:
        """Do no less than this from now on; the first reason stands."""
        self.action = max(self.action, action)

    def advance(self, t_s: float, can_pull: bool, is_parked: bool) -> Mode:
        """Return the mode at a session time.

        Args:
            t_s: session time [s]; NaN counts as the time of the stop, so that time never skips the unloading.
            can_pull: tool speeds are known now; without them no pull may be closed over them and the arm floats.
            is_parked: the arm rests in its park posture.
        """
        if self.stop is None or self.mode is Mode.RELEASED:
            return self.mode
        since_s = t_s - self.stop.t_s
        if not (since_s >= UNLOAD_S):
            self.mode = Mode.UNLOAD if can_pull else Mode.FLOAT
        elif self.action is not Action.PARK or since_s < UNLOAD_S + FLOAT_S or self.is_overdue(t_s):
            self.mode = Mode.FLOAT
        else:
            self.mode = Mode.RELEASED if is_parked else Mode.PARK
        return self.mode

    def is_overdue(self, t_s: float) -> bool:
        """Return True where parking has taken too long."""
        return self.stop is not None and not (t_s - self.stop.t_s < UNLOAD_S + FLOAT_S + PARK_S)

    def is_settled(self, t_s: float) -> bool:
        """Return True once a stopped arm has come to its rest: parked, or floating where it may not be driven.

        An arm that holds the torque of its last known posture does not float first: it tips away from that posture, its
        speed doubling every 0.15 to 0.3 s, until the brakes close.
        """
        if self.stop is None:
            return False
        float_s = 0.0 if self.action is Action.HOLD_TORQUE else FLOAT_S
        has_floated = not (t_s < self.stop.t_s + UNLOAD_S + float_s)
        return self.mode is Mode.RELEASED or (has_floated and (self.action > Action.PARK or self.is_overdue(t_s)))
