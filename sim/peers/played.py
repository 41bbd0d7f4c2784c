"""What a peer's world needs of a bus, whatever the family: joints that are shown and give torque, and a wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class PlayedJoint(Protocol):
    """A servo with what is between it and its joint."""

    @property
    def is_on(self) -> bool:
        """Whether it gives torque."""
        ...

    @property
    def tau_nm(self) -> float:
        """Joint torque that it gives."""
        ...

    def show(self, q_rad: float, dq_rad_s: float, tau_nm: float) -> None:
        """Show where its joint is, how fast, and the joint torque that its drive gives."""
        ...

    def pass_time(self, span_s: float) -> None:
        """Let time pass without a packet."""
        ...


class PlayedBus(Protocol):
    """Servos, and the wire to whoever drives them."""

    @property
    def joints(self) -> tuple[PlayedJoint, ...]:
        """One per joint, from base to flange."""
        ...

    @property
    def place(self) -> str:
        """Where a driver finds it."""
        ...

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        ...

    def serve(self) -> Iterator[None]:
        """Answer what has come, and yield at the end of every cycle of the master."""
        ...

    def close(self) -> None:
        """Pull the cable."""
        ...


class BusPlan(Protocol):
    """Which servos are played; it goes to the peer's process, so that it can be pickled."""

    def play(self) -> PlayedBus:
        """Return the servos at their wire."""
        ...
