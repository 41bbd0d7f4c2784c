"""The contract between the session loop and an arm, simulated or real (ros2_control life cycle)."""

from __future__ import annotations

from typing import Protocol

from controller.rig import Rig
from controller.safety.gate import ApprovedCommand
from controller.types import ArmState, Truth, Vector


class Plant(Protocol):
    """An arm that takes approved commands only."""

    @property
    def rig(self) -> Rig:
        """What this plant is."""

    def configure(self) -> None:
        """Open and check everything; nothing moves. Raises PlantError."""

    def activate(self, q_rad: Vector) -> None:
        """Enable the drives at rest at ``q_rad`` (simulation places the arm there; hardware checks it is there)."""

    def read(self) -> ArmState:
        """Return the sensed state of this tick."""

    def apply(self, command: ApprovedCommand) -> None:
        """Send an approved command and let one period pass."""

    def resume(self) -> None:
        """Give the drives back to the session loop after a cleared stop; reaches supervisor and drives.

        They hold the arm where it is until the next command. Where the loop has them, the arm is left alone.

        Raises:
            PlantError: they are not given back.
        """

    def safe(self) -> None:
        """Leave the arm without enable in a pose in which it cannot hurt."""

    def deactivate(self) -> None:
        """Close; never raises."""


class TruthSource(Protocol):
    """What really happens, as only a simulation knows it."""

    def truth(self) -> tuple[Truth, ...]:
        """Return what really happened in the last period, one entry per pad."""
        ...
