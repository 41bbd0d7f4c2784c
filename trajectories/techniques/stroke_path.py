"""What every technique makes: a path over the skin with a press force, from rest to rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.types import Region
from trajectories.back import Back
from trajectories.techniques.timing import STEP_S, slowed

Array = NDArray[np.float64]

SPEED_CURVATURE_M_S2 = 0.13
"""Largest v^2 * curvature: 80 mm/s at 20 1/m, where the force error of the prototype began to grow (measured)."""
TILT_RATE_RAD_S = 1.0
"""Largest rate at which the tool axis turns: faster wrist motion spoils the force estimate (measured)."""

CONTACT_RADIUS_M = 0.005
"""Radius of the footprint that must stay where pressing is allowed: a small sphere under light load (assumed; deeper
contacts spread over soft tissue, not onto bone)."""


@dataclass(frozen=True, slots=True, eq=False)
class StrokePath:
    """A stroke over the skin, sampled every ``STEP_S``, at rest at both ends.

    Attributes:
        name: name of the stroke.
        technique: name of the technique.
        side: ``left`` or ``right``.
        allowed: regions the technique may press on.
        feet_xy_m: (N, 2) contact feet in K.
        press_n: (N,) press force, the touch force at both ends.
        slowest_rate: smallest rate against the nominal time, below 1 where the skin asked to slow down.
    """

    name: str
    technique: str
    side: str
    allowed: frozenset[Region]
    feet_xy_m: Array
    press_n: Array
    slowest_rate: float


def follow_skin(feet_xy_m: Array, press_n: Array, back: Back) -> tuple[Array, Array, float]:
    """Slow a nominal path down where the skin curves or tilts too much for its speed.

    Args:
        feet_xy_m: (N, 2) nominal feet every ``STEP_S``.
        press_n: (N,) nominal press forces.
        back: the back.

    Returns:
        feet, press forces and the slowest rate, in real time.
    """
    x, y = feet_xy_m.T
    feet = np.column_stack([x, y, back.skin.height(x, y)])
    speed = np.linalg.norm(np.gradient(feet, STEP_S, axis=0), axis=1)
    tilt = np.linalg.norm(np.gradient(back.tool_skin.normal(x, y), STEP_S, axis=0), axis=1)
    curvature = np.maximum(back.skin.curvature(x, y), 1e-6)
    allowed = np.sqrt(SPEED_CURVATURE_M_S2 / curvature) / np.maximum(speed, 1e-9)
    allowed = np.minimum(allowed, TILT_RATE_RAD_S / np.maximum(tilt, 1e-9))
    channels, slowest = slowed(np.column_stack([feet_xy_m, press_n]), allowed)
    return channels[:, :2], channels[:, 2], slowest
