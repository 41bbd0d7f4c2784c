"""What a kind of fault is: who brings it about, what it acts on, and which values and joints it takes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

MOST_JOINTS = 16
EVERY_JOINT = 0
"""Number that stands for all joints of the arm."""


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
        joint: joint from 1 that it acts on where none is named behind the value, ``EVERY_JOINT`` for all; None where
            none can be named there.
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
    joint: int | None = None

    @property
    def default_joint(self) -> int | None:
        """Joint from 1 that it acts on unless told otherwise, ``EVERY_JOINT`` for all; None where none can be named."""
        return round(self.default) if self.is_whole else self.joint
