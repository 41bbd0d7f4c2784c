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


def _rows() -> dict[Cause, Rule]:
    lower = Rule(Action.LOWER, Clearance.NOBODY, "nothing; look at the share of limited commands in the report")
    park, drift, hold = Action.PARK, Action.FLOAT, Action.HOLD_TORQUE
    operator, at_arm, service = Clearance.OPERATOR, Clearance.OPERATOR_AT_ARM, Clearance.SERVICE
    return {
        Cause.PRESS_LIMIT: lower,
        Cause.PRESS_SPEED: lower,
        Cause.LOADING_RATE: lower,
        Cause.TANGENTIAL_LIMIT: lower,
        Cause.MOMENT_LIMIT: lower,
        Cause.TORQUE_LIMIT: lower,
        Cause.OPERATOR: Rule(park, operator, "run again when the person is ready"),
        Cause.SESSION_TIME: Rule(park, operator, "end the session; plan a shorter one"),
        Cause.DWELL: Rule(park, operator, "let the skin rest; plan a stroke that moves on"),
        Cause.NO_CONTACT: Rule(park, operator, "check where the person lies and the registration of the body"),
        Cause.CONTACT_LOST: Rule(park, operator, "check that the person lies as planned, then restart"),
        Cause.LATE_TICK: Rule(park, operator, "close other programs on this machine, see `massage-arm doctor`"),
        Cause.PRESSURE: Rule(park, operator, "use a larger pad or less force"),
        Cause.PAD_FORCE: Rule(park, at_arm, "let the person settle, lower the stroke's force, then restart"),
        Cause.TOOL_FORCE: Rule(park, at_arm, "ask the person, look at the tool, then restart"),
        Cause.ENERGY: Rule(park, at_arm, "use softer gains, see `massage-arm gains`"),
        Cause.TEMPERATURE: Rule(park, service, "let the drives cool, look for what is stiff"),
        Cause.SENSOR_IMPLAUSIBLE: Rule(park, service, "tare and check the wrist sensor, check the tool's mass"),
        Cause.SENSOR_FROZEN: Rule(park, service, "check the wrist sensor's link and supply"),
        Cause.STALE: Rule(park, service, "check the wrist sensor's link"),
        Cause.NOT_FINITE: Rule(park, service, "check the wrist sensor's cable; report it if the sensor is well"),
        Cause.WORKSPACE: Rule(drift, at_arm, "something holds or pushes the tool: check the way, then restart"),
        Cause.JOINT_POSITION: Rule(drift, at_arm, "move the base or the stroke off the arm's end stops"),
        Cause.JOINT_SPEED: Rule(drift, at_arm, "find what moved the arm, then restart"),
        Cause.TOOL_SPEED: Rule(drift, at_arm, "find what moved the tool, then restart"),
        Cause.LINK: Rule(drift, service, "check cables and drives"),
        Cause.INTERNAL_ERROR: Rule(drift, service, "report this with the record"),
        Cause.SUPERVISOR_LOST: Rule(drift, service, "the brakes close; restart the supervisor"),
        Cause.SUPERVISOR_ACTED: Rule(drift, service, "read the supervisor's cause, then restart both"),
        Cause.HOST_LOST: Rule(drift, service, "find why the session loop stood still, then restart both"),
        Cause.MEMORY_CORRUPT: Rule(drift, service, "find who writes into the shared memory, then restart both"),
        Cause.ENCODER_JUMP: Rule(hold, service, "check the encoder's cable and reference, calibrate the arm"),
        Cause.JOINTS_NOT_FINITE: Rule(hold, service, "check the encoders"),
    }


REACTIONS: Mapping[Cause, Rule] = MappingProxyType(_rows())
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
        self.mode = Mode.RUN

    def begin(self, reason: StopReason) -> None:
        """Take a reason: the first one stands, the action can only rise."""
        if self.stop is None:
            self.stop = reason
            self.mode = Mode.UNLOAD
        self.action = max(self.action, REACTIONS[reason.cause].action, Action.PARK)

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
        """Return True once a stopped arm has come to its rest: parked, or floating where it may not be driven."""
        if self.stop is None:
            return False
        has_floated = not (t_s < self.stop.t_s + UNLOAD_S + FLOAT_S)
        return self.mode is Mode.RELEASED or (has_floated and (self.action > Action.PARK or self.is_overdue(t_s)))
