"""How far the base may stand from where the plan thinks, and what that means for places on the back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from controller.errors import ConfigError

Floats = npt.NDArray[np.float64]

LARGEST_M, LARGEST_RAD = 0.05, math.radians(5.0)
"""A base that may stand farther off than this is not registered (design choice)."""
RING = 16
"""Points around a place that stand for all directions: the arc between two is 2 % of the radius high."""
TURNS = (-1.0, 0.0, 1.0)
"""Shares of the largest turn of the base that are looked at: none, and both ends."""


@dataclass(frozen=True, slots=True)
class PlaceError:
    """Registration error of a base, seen from above in the patient frame K.

    A tilt of the base within the same angle moves places sideways by their height over the base only, 0.1 m at most:
    that is below 2 mm and part of ``distance_m``.

    Attributes:
        distance_m: the base may stand this far off, in any direction.
        turn_rad: it may be turned by this much about the vertical.
        base_xy_m: where it stands.

    Raises:
        ConfigError: a value is negative, not finite, or larger than any registration.
    """

    distance_m: float
    turn_rad: float
    base_xy_m: tuple[float, float]

    def __post_init__(self) -> None:
        """Refuse what is no registration."""
        if not 0.0 <= self.distance_m <= LARGEST_M:
            allowed, todo = f"0 to {1e3 * LARGEST_M:.0f} mm", "register the base better"
            raise ConfigError("registration error", f"{1e3 * self.distance_m:g} mm", allowed, todo)
        if not 0.0 <= self.turn_rad <= LARGEST_RAD:
            allowed, todo = f"0 to {math.degrees(LARGEST_RAD):.0f} degrees", "register the base better"
            raise ConfigError("registration error", f"{math.degrees(self.turn_rad):g} degrees", allowed, todo)

    def shifted(self, xy_m: Floats) -> Floats:
        """Return places (N, 2) as they may be turned: (3, N, 2), turned back, as planned, turned forth."""
        lever = xy_m - np.array(self.base_xy_m)
        across = np.stack((-lever[..., 1], lever[..., 0]), axis=-1)
        return np.stack([xy_m + share * self.turn_rad * across for share in TURNS])

    def around(self, xy_m: Floats, radius_m: float) -> Floats:
        """Return where the edge of a disc of ``radius_m`` at places (N, 2) may be: (N, K, 2), the place itself first.

        The places that a disc covers are inside of what these points surround.
        """
        angle = 2.0 * np.pi * np.arange(RING) / RING
        edge = (radius_m + self.distance_m) * np.column_stack((np.cos(angle), np.sin(angle)))
        turned = self.shifted(xy_m)
        rings = turned[:, :, None, :] + edge
        flat = np.moveaxis(rings, 0, 1).reshape(len(xy_m), -1, 2)
        return np.concatenate((xy_m[:, None, :], flat), axis=1)

    def largest_m(self, xy_m: Floats) -> float:
        """Return how far places (N, 2) may be off at most [m]."""
        lever = np.hypot(*(xy_m - np.array(self.base_xy_m)).T)
        return float(self.distance_m + self.turn_rad * lever.max(initial=0.0))

    def __str__(self) -> str:
        return f"{1e3 * self.distance_m:.0f} mm and {math.degrees(self.turn_rad):.1f} degrees"


NO_ERROR = PlaceError(0.0, 0.0, (0.0, 0.0))
"""A base that stands exactly where the plan thinks: drawings and laws of tissue, never a session."""
