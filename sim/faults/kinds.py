"""Faults as inputs of a run: what may break or happen, how much of it, when; ``NAME[=VALUE]@TIME_S`` on a command line.

A fault acts on what is physical in the simulated world: senses, drives, links, the person. The truth in the record is
never touched. Every fault lasts until the end of the run unless its description says otherwise. It begins with the
first period that starts at or after its time, so the senses show it one period later.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from controller.errors import ConfigError
from controller.safety.limits import SESSION_CEILING_S

OPTION = "--fault"
MOST_JOINTS = 16


class CausedBy(enum.StrEnum):
    """Who brings a fault about: one fault of the machine must never hurt; a person can do more than it can undo."""

    MACHINE = "machine"
    PERSON = "person"


class Place(enum.StrEnum):
    """What part of the simulated world a fault acts on."""

    SENSES = "senses"
    ARM = "arm"
    PERSON = "person"
    ROOM = "room"
    """What stands around the arm."""
    RIG = "rig"
    """The computers and links around the arm."""
    RECORD = "record"
    """The disk that the record is written to."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault.

    Attributes:
        name: its name.
        default: value where none is given; 0 where it takes none.
        unit: unit of the value, empty where it takes none.
        caused_by: who brings it about.
        description: what it does, and for how long where it does not last.
        place: what it acts on.
        lowest: smallest value allowed.
        highest: largest value allowed.
        is_whole: True where the value is a number of a joint.
    """

    name: str
    default: float
    unit: str
    caused_by: CausedBy
    description: str
    place: Place
    lowest: float = 0.0
    highest: float = 0.0
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a run.

    Attributes:
        name: kind of fault, a key of ``FAULT_KINDS``.
        value: how much of it, in the unit of the kind.
        start_s: session time at which it begins.

    Raises:
        ConfigError: no such kind, or a number out of its range.
    """

    name: str
    value: float
    start_s: float

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

    @property
    def kind(self) -> FaultKind:
        """Its kind."""
        return FAULT_KINDS[self.name]

    @property
    def text(self) -> str:
        """The fault as on a command line, the value spelled out: equal faults have equal texts."""
        return f"{self.name}={self.value!r}@{self.start_s!r}"


def _kinds() -> Mapping[str, FaultKind]:
    machine, person = CausedBy.MACHINE, CausedBy.PERSON
    senses, arm, body, rig, record = Place.SENSES, Place.ARM, Place.PERSON, Place.RIG, Place.RECORD
    room = Place.ROOM
    rows = (
        FaultKind("sensor_zero", 0.0, "", machine, "the wrist sensor reads exact zeros, each sample fresh", senses),
        FaultKind("sensor_frozen", 0.0, "", machine, "the wrist sensor repeats its last value, each sample fresh",
                  senses),
        FaultKind("sensor_nan", 0.0, "", machine, "the wrist sensor reads NaN", senses),
        FaultKind("sensor_biased", 8.0, "N", machine,
                  "the wrist sensor's zero steps along its axis; a positive step hides press force", senses,
                  -50.0, 50.0),
        FaultKind("sensor_noisy", 2.0, "N", machine,
                  "white noise on every force axis of the wrist sensor, rms; a twentieth of it in Nm on the moments",
                  senses, 0.0, 50.0),
        FaultKind("sensor_delayed", 20.0, "ms", machine,
                  "the wrist sensor's samples come late in front of their time stamp: their age looks right",
                  senses, 0.0, 500.0),
        FaultKind("sensor_unplugged", 0.0, "", machine, "the last wrist sample stays and its age grows", senses),
        FaultKind("encoder_jump", 0.02, "rad", machine, "the elbow's encoder (joint 4) is off by a step", senses,
                  -0.5, 0.5),
        FaultKind("encoder_nan", 4.0, "joint number", machine, "position and speed of this joint read NaN", senses,
                  1.0, MOST_JOINTS, is_whole=True),
        FaultKind("joint_torque_lost", 2.0, "joint number", machine,
                  "the drive of this joint gives no torque any more and reports so", arm, 1.0, MOST_JOINTS,
                  is_whole=True),
        FaultKind("joint_torque_saturated", 0.25, "share of the limit", machine,
                  "every drive gives at most this share of its torque limit and reports what it gives", arm, 0.05, 1.0),
        FaultKind("actuator_lag", 10.0, "ms", machine, "time constant of every drive's torque loop, 2 ms when well",
                  arm, 0.1, 200.0),
        FaultKind("loop_stall", 20.0, "ms", machine,
                  "the session loop stands still this long, once; the drives keep its last command", rig, 1.0, 5000.0),
        FaultKind("host_killed", 0.0, "", machine,
                  "the session loop's process ends: no more commands and heartbeats", rig),
        FaultKind("supervisor_killed", 0.0, "", machine,
                  "the supervisor's process ends: no more heartbeats; the brakes close a second later", rig),
        FaultKind("patient_jerk", 20.0, "mm", person, "the body moves toward the tool in 0.2 s and stays there", body,
                  0.0, 60.0),
        FaultKind("patient_jerk_fast", 20.0, "mm", person,
                  "the body moves toward the tool in 0.1 s and stays there: 0.38 m/s at its fastest", body, 0.0, 60.0),
        FaultKind("patient_away", 40.0, "mm", person, "the body moves away from the tool in 0.1 s and stays there",
                  body, 0.0, 200.0),
        FaultKind("patient_cough", 4.0, "mm", person,
                  "three bumps toward the tool, each 60 ms up and 60 ms down, one every 0.3 s", body, 0.0, 20.0),
        FaultKind("patient_roll", 10.0, "deg", person,
                  "the body turns about the spine in 0.5 s, the side under the tool up, and stays there; modelled as "
                  "the rise of the spot under the tool, which grows with its distance from the spine", body, 0.0, 45.0),
        FaultKind("patient_gets_up", 150.0, "mm", person, "the body rises toward the tool in 1 s and stays there",
                  body, 0.0, 500.0),
        FaultKind("tissue_stiff", 20.0, "N/mm", person,
                  "the tissue hardens to this instant tangent stiffness at 20 N under the tool, and everywhere by the "
                  "same factor: from the beginning at time 0, else within 1 s", body, 1.0, 60.0),
        FaultKind("tool_mass_wrong", 0.3, "kg", machine, "the tool is heavier than its model, at the pad", arm,
                  -0.02, 2.0),
        FaultKind("tool_slips", 30.0, "mm", machine,
                  "the tool slips off an edge: the surface under the pad falls away within 20 ms, stays away for 0.2 s "
                  "and comes back within 1 s", body, 0.0, 60.0),
        FaultKind("link_lost", 0.0, "", machine,
                  "the session loop's commands no longer reach the drives, while the loop runs on", rig),
        FaultKind("memory_corrupt", 0.0, "", machine,
                  "the memory shared by session loop and supervisor cannot be read whole any more", rig),
        FaultKind("obstacle", 5.0, "mm", person,
                  "something rigid and round, 120 mm thick, stands this far before that part of the arm that moves "
                  "fastest, in its way; over the highest part of an arm at rest", room, 0.0, 200.0),
        FaultKind("disk_full", 0.0, "", machine, "nothing more can be written to the record", record),
    )  # fmt: skip
    return MappingProxyType({row.name: row for row in rows})


FAULT_KINDS: Mapping[str, FaultKind] = _kinds()
"""All kinds of faults by name."""


def parse_fault(text: str) -> Fault:
    """Return the fault that ``NAME[=VALUE]@TIME_S`` stands for.

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
    amount = _number(value) if equals else kind.default
    if math.isnan(amount):
        raise ConfigError(f"{OPTION} {name}", f"value {value!r}", _allowed(kind))
    return Fault(name, amount, start_s)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _allowed(kind: FaultKind) -> str:
    if not kind.unit:
        return "no value"
    whole = "a whole number from " if kind.is_whole else ""
    return f"{whole}{kind.lowest:g} to {kind.highest:g} {kind.unit}"
