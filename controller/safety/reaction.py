"""What every cause makes the arm do, who may end it, and the order in which a stopped arm is led to rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from controller.types import Action, Cause, Clearance, Mode, StopReason

UNLOAD_S = 0.8
"""Least time of unloading: 40 mm at full speed, more than any pad sinks in."""
LEAVE_S = 3.0
"""Longest time of it, for an arm that is heavier than its model or held (design choice: the pull has grown to its
largest by then)."""
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
        Cause.UNEXPECTED_CONTACT: Rule(
            _DRIFT, _AT_ARM, "look what the tool touched, check where the person lies, then restart"
        ),
        Cause.SWING: Rule(
            _DRIFT, _AT_ARM, "use softer gains; look for noise of the wrist sensor, lag and play of the arm"
        ),
        Cause.SPEED_SIGNAL: Rule(_DRIFT, _SERVICE, "check the encoder and the drive of that joint"),
        Cause.LINK: Rule(_DRIFT, _SERVICE, "check cables and drives"),
        Cause.DRIVE_FAULT: Rule(_DRIFT, _SERVICE, "find what is wrong with that joint's drive, then restart"),
        Cause.INTERNAL_ERROR: Rule(_DRIFT, _SERVICE, "report this with the record"),
        Cause.SUPERVISOR_LOST: Rule(_DRIFT, _SERVICE, "the brakes close; restart the supervisor"),
        Cause.SUPERVISOR_ACTED: Rule(_DRIFT, _SERVICE, "read the supervisor's cause, then restart both"),
        Cause.HOST_LOST: Rule(_DRIFT, _SERVICE, "find why the session loop stood still, then restart both"),
        Cause.MEMORY_CORRUPT: Rule(_DRIFT, _SERVICE, "find who writes into the shared memory, then restart both"),
        Cause.ENCODER_JUMP: Rule(_HOLD, _SERVICE, "check the encoder's cable and reference, calibrate the arm"),
        Cause.JOINTS_NOT_FINITE: Rule(_HOLD, _SERVICE, "check the encoders"),
        Cause.HEIR_LOST: Rule(_PARK, _SERVICE, "find why the heir of the servo bus ended, then start the rig again"),
        Cause.BUS_OWNER_LOST: Rule(
            _DRIFT, _SERVICE, "lead the arm to its rest, find why the bus owner ended, then start the rig again"
        ),
        Cause.CLOCK: Rule(_PARK, _SERVICE, "check the clock that the senses are stamped with"),
    }
)
"""One row for every cause."""


def stop_reason(cause: Cause, limit: str, value: float, allowed: float, unit: str, t_s: float) -> StopReason:
    """Return the reason of a stop, with the next step of the table."""
    return StopReason(cause, limit, float(value), float(allowed), unit, t_s, REACTIONS[cause].next_step)


class Reaction:
    """Leads a stopped arm through unload, float, park and release; latched until ``clear``.

    It counts its own periods: no clock can shorten or lengthen what an arm above a person does.

    Args:
        dt_s: period of the calls of ``advance`` [s].
    """

    def __init__(self, dt_s: float) -> None:
        self._dt_s = dt_s
        self.clear()

    def clear(self) -> None:
        """Forget the stop."""
        self.stop: StopReason | None = None
        """The reason of the highest action so far; of several such reasons the first."""
        self.action = Action.LOWER
        """The highest action of all reasons so far."""
        self.clearance = Clearance.NOBODY
        """The highest rank that any of the reasons asks for."""
        self.mode = Mode.RUN
        self.are_joints_known = False
        """Every joint whose position is no number stands behind its own brake; the gate says so in every period."""
        self._has_jumped = False
        self._ticks = 0
        self._unloaded_s: float | None = None

    @property
    def since_s(self) -> float:
        """Time by the count of periods since the reason in force began to act [s]."""
        return self._ticks * self._dt_s

    def begin(self, reason: StopReason) -> None:
        """Take a reason; action and clearance can only rise.

        One that asks for more than those before it begins anew: it has its own time, and it is the one that is told,
        with the first one in its words.
        """
        rule = REACTIONS[reason.cause]
        self._has_jumped |= reason.cause is Cause.ENCODER_JUMP
        self.clearance = max(self.clearance, rule.clearance, key=tuple(Clearance).index)
        action = max(rule.action, Action.PARK)
        if action <= self.action:
            return
        first = self.stop
        self.stop = reason if first is None else replace(reason, limit=f"{reason.limit}, after a stop by {first.cause}")
        self.raise_to(action)

    def raise_to(self, action: Action) -> None:
        """Do no less than this from now on, beginning anew where it is more; the reason stands.

        An arm that rests beside the person stays there.
        """
        if action > self.action:
            self.action = action
            if self.mode is Mode.RELEASED:
                return
            self.mode = Mode.UNLOAD
            self._ticks, self._unloaded_s = 0, None

    def advance(self, *, can_pull: bool, is_clear: bool, is_parked: bool) -> Mode:
        """Return the mode of this period, and count it.

        Args:
            can_pull: tool speeds are known now; without them no pull may be closed over them and the arm floats.
            is_clear: the tool is far enough from the skin.
            is_parked: the arm rests in its park posture.
        """
        if self.stop is None or self.mode is Mode.RELEASED:
            return self.mode
        since_s = self.since_s
        self._ticks += 1
        if self._unloaded_s is None:
            # Led by positions that are in doubt, nobody knows how far the tool has risen.
            may_wait = not is_clear and not self.is_blind
            if since_s < UNLOAD_S or (since_s < LEAVE_S and may_wait):
                self.mode = Mode.UNLOAD if can_pull else Mode.FLOAT
                return self.mode
            self._unloaded_s = since_s
        if self.action is not Action.PARK or self.floated_s < FLOAT_S:
            self.mode = Mode.FLOAT
        else:
            self.mode = Mode.RELEASED if is_parked else Mode.PARK
        return self.mode

    @property
    def floated_s(self) -> float:
        """Time since the end of unloading [s]; negative before it."""
        return -1.0 if self._unloaded_s is None else self.since_s - self._unloaded_s

    @property
    def is_overdue(self) -> bool:
        """Parking has taken too long."""
        return self.action is Action.PARK and not (self.floated_s < FLOAT_S + PARK_S)

    @property
    def is_blind(self) -> bool:
        """The arm holds by its last known posture and does not know the one it is in."""
        return self.action is Action.HOLD_TORQUE and not (self.are_joints_known and not self._has_jumped)

    @property
    def is_settled(self) -> bool:
        """A stopped arm has come to its rest: parked, or floating where it may not be driven.

        An arm that holds the torque of its last known posture does not float first: it tips away from that posture, its
        speed doubling every 0.15 to 0.3 s, until the brakes close.
        """
        float_s = 0.0 if self.is_blind else FLOAT_S
        return self.mode is Mode.RELEASED or (self.action > Action.PARK and not (self.floated_s < float_s))
