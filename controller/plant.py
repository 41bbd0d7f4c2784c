"""The contract between the session loop and an arm, simulated or real (ros2_control life cycle)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from controller.safety.gate import ApprovedCommand
from controller.types import ArmState, Truth, Vector


@dataclass(frozen=True, slots=True)
class PlantInfo:
    """What a plant is.

    Attributes:
        name: name of the arm.
        joints: number of joints.
        dt_s: period of its loop [s].
        adds_gravity: True where the drive adds gravity itself, so that commands must not.
        is_simulated: True where time is simulated and nothing is lost by waiting.
    """

    name: str
    joints: int
    dt_s: float
    adds_gravity: bool
    is_simulated: bool


class Plant(Protocol):
    """An arm that takes approved commands only."""

    @property
    def info(self) -> PlantInfo:
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
        """Give the drives back to the session loop after a cleared stop; they hold the arm where it is.

        Whoever else can take the drives, such as the supervisor, lets go of them. Raises PlantError.
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
