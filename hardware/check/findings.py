"""What is wrong with a rig: one finding each, with what was got, what is allowed and the cure."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.errors import LinkError, ServoError

BUS, SENSOR, TIMING = "servo bus", "wrist sensor", "timing"
"""Where a finding may be, beside a joint."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a rig may not be enabled.

    Attributes:
        where: name of the joint, ``BUS``, ``SENSOR`` or ``TIMING``.
        got: what was found.
        allowed: what is allowed; empty where nothing else is to be said.
        todo: the cure.
    """

    where: str
    got: str
    allowed: str
    todo: str

    def __str__(self) -> str:
        """Return it as one line."""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{self.where}: got {self.got}{allowed}; {self.todo}"


def of_servo(error: ServoError) -> Finding:
    """Return what the driver refuses a servo for."""
    return Finding(error.joint, f"{error.got} (servo {error.servo_id})", error.allowed, error.todo)


def of_link(where: str, error: LinkError) -> Finding:
    """Return why bus or sensor cannot be opened."""
    return Finding(where, f"{error.got}, at {error.link}", "", error.todo)
