"""The owner's clock: that of the machine, or of a peer whose time goes on with every command."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What time it is for everybody behind the owner."""

    def now_s(self) -> float:
        """Return the time since the start."""
        ...

    def advance(self) -> None:
        """Take note that a command has been sent."""


class WallClock:
    """CLOCK_MONOTONIC from a start on: real servos.

    Args:
        start_s: monotonic time at which the clock shows zero [s]; None for now.
    """

    def __init__(self, start_s: float | None = None) -> None:
        self._start_s = time.monotonic() if start_s is None else start_s

    def now_s(self) -> float:
        """Return the time since the start."""
        return time.monotonic() - self._start_s

    def advance(self) -> None:
        """Do nothing: time passes by itself."""


class LockStepClock:
    """Time that goes on by a period with every command, as the physics of a peer does.

    Args:
        dt_s: period.
        periods: that have passed already.
    """

    def __init__(self, dt_s: float, periods: int = 0) -> None:
        self._dt_s, self._periods = dt_s, periods

    def now_s(self) -> float:
        """Return the time since the start."""
        return self._periods * self._dt_s

    def advance(self) -> None:
        """Let a period pass."""
        self._periods += 1
