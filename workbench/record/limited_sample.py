"""The ``/limited`` message: what limits did to a command, in the ticks in which they did something."""

from __future__ import annotations

from dataclasses import dataclass

from controller.types import Limited


@dataclass(frozen=True, slots=True)
class LimitedSample:
    """A tick whose command was changed.

    Attributes:
        t_s: session time [s].
        limited: limits that changed the command.
    """

    t_s: float
    limited: tuple[Limited, ...]
