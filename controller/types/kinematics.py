"""Where the safety core has its rigid-body terms from: a model of the arm of its own."""

from __future__ import annotations

from typing import Protocol

from controller.types.command import ToolTerms
from controller.types.vectors import Matrix, Vector


class Kinematics(Protocol):
    """A model of the arm that nobody else uses."""

    def __call__(self, q_rad: Vector, dq_rad_s: Vector, /) -> ToolTerms:
        """Return the rigid-body terms at joint positions (n,) and speeds (n,), which are finite numbers."""
        ...

    def correct(self, additions: Matrix, /) -> None:
        """Make the links those of the file with additions to mass [kg] and first moments (3) [kg m], (n, 4)."""
        ...
