"""Faults as inputs of a run: what may break or happen, how much of it, when.

On a command line a fault is ``NAME[=VALUE]@TIME_S``. Where the value is a number of a joint, it says which one breaks;
a kind that has an amount and a joint takes both as ``NAME=VALUE:JOINT@TIME_S``. Joint 0 stands for all joints.

A fault acts on what is physical in the simulated world: senses, drives, links, the person. The truth in the record is
never touched. Every fault lasts until the end of the run unless its description says otherwise. It begins with the
first period that starts at or after its time, so the senses show it one period later.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.errors import ConfigError
from controller.safety.limits import SESSION_CEILING_S
from sim.faults.fault_kind import EVERY_JOINT, MOST_JOINTS, CausedBy, FaultKind, Place
from sim.faults.kind_table import FAULT_KINDS

__all__ = ["FAULT_KINDS", "OPTION", "CausedBy", "Fault", "FaultKind", "Place", "parse_fault"]

OPTION = "--fault"
_BY_KIND = -1


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a run.

    Attributes:
        name: kind of fault, a key of ``FAULT_KINDS``.
        value: how much of it, in the unit of the kind.
        start_s: session time at which it begins.
        joint: joint from 1 that a kind with an amount acts on, ``EVERY_JOINT`` for all; by default that of the kind.
            Where the value is a number of a joint, or no joint can be named, it is ``EVERY_JOINT``: see ``acts_on``.

    Raises:
        ConfigError: no such kind, or a number out of its range.
    """

    name: str
    value: float
    start_s: float
    joint: int = _BY_KIND

    def __post_init__(self) -> None:
        """Refuse what no run can have."""
        kind = FAULT_KINDS.get(self.name)
        if kind is None:
            raise ConfigError(OPTION, repr(self.name), ", ".join(FAULT_KINDS), "see massage-arm faults")
        if not kind.lowest <= self.value <= kind.highest or (kind.is_whole and self.value != round(self.value)):
            raise ConfigError(f"{OPTION} {self.name}", f"value {self.value:g}", _allowed(kind))
        if not 0.0 <= self.start_s <= SESSION_CEILING_S:
            allowed = f"0 to {SESSION_CEILING_S:g} s"
            raise ConfigError(f"{OPTION} {self.name}", f"time {self.start_s:g} s", allowed)
        if self.joint == _BY_KIND:
            object.__setattr__(self, "joint", kind.joint or EVERY_JOINT)
        most = EVERY_JOINT if kind.joint is None else MOST_JOINTS
        if not EVERY_JOINT <= self.joint <= most:
            raise ConfigError(f"{OPTION} {self.name}", f"joint {self.joint}", _allowed_joint(kind))

    @property
    def kind(self) -> FaultKind:
        """Its kind."""
        return FAULT_KINDS[self.name]

    @property
    def acts_on(self) -> int:
        """Joint from 1 that it acts on, ``EVERY_JOINT`` for all or where no joint can be named."""
        return round(self.value) if self.kind.is_whole else self.joint

    @property
    def text(self) -> str:
        """The fault as on a command line, value and joint spelled out: equal faults have equal texts."""
        joint = "" if self.kind.joint is None else f":{self.joint}"
        return f"{self.name}={self.value!r}{joint}@{self.start_s!r}"

    def joints(self, count: int) -> range:
        """Return the joints (from 0) that it acts on, of an arm with so many joints."""
        return range(count) if self.acts_on == EVERY_JOINT else range(self.acts_on - 1, self.acts_on)


def parse_fault(text: str) -> Fault:
    """Return the fault that ``NAME[=VALUE[:JOINT]]@TIME_S`` stands for.

    Args:
        text: from the command line.

    Raises:
        ConfigError: one line with what was got and what is allowed.
    """
    head, at, time = text.partition("@")
    name, equals, value = head.partition("=")
    if name not in FAULT_KINDS:
        raise ConfigError(OPTION, repr(name or text), ", ".join(FAULT_KINDS), "see massage-arm faults")
    kind = FAULT_KINDS[name]
    start_s = _number(time)
    if not at or math.isnan(start_s):
        raise ConfigError(f"{OPTION} {name}", repr(text), "NAME[=VALUE]@TIME_S with a session time in seconds")
    number, colon, joint = value.partition(":") if kind.joint is not None else (value, "", "")
    amount = _number(number) if equals else kind.default
    if math.isnan(amount):
        raise ConfigError(f"{OPTION} {name}", f"value {number!r}", _allowed(kind))
    if not colon:
        return Fault(name, amount, start_s)
    if not (joint.isascii() and joint.isdecimal()):
        raise ConfigError(f"{OPTION} {name}", f"joint {joint!r}", _allowed_joint(kind))
    return Fault(name, amount, start_s, int(joint))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _allowed(kind: FaultKind) -> str:
    if not kind.unit:
        return "no value"
    numbers = f"{kind.lowest:g} to {kind.highest:g}"
    return f"a whole number from {numbers}, the {kind.unit}" if kind.is_whole else f"{numbers} {kind.unit}"


def _allowed_joint(kind: FaultKind) -> str:
    if kind.joint is None:
        return "a joint as the value" if kind.is_whole else "no joint"
    return f"a whole number from {EVERY_JOINT} to {MOST_JOINTS} behind the value, {EVERY_JOINT} for all joints"
