"""Where the arm's base stands by default, and what counts as reached from there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.arm import Placement
from trajectories.anatomy.body import Body
from trajectories.anatomy.skin import Skin
from trajectories.reach.inverse_kinematics import Solver

Array = NDArray[np.float64]

BASE_ALONG = 0.55
"""Default base position along the table as a share of L5S1 to C7 (design choice)."""
BASE_LATERAL_M = 0.45
"""Default distance of the base from the spine (design choice)."""
BASE_HEIGHT_M = 0.05
"""Default height of the base over the skin beside it (design choice)."""


@dataclass(frozen=True, slots=True)
class ReachLimits:
    """What counts as reached.

    Attributes:
        position_m: largest residual.
        angle_rad: largest residual.
        margin_rad: smallest distance from a joint limit.
        singular: smallest singular value of the tool Jacobian.
    """

    position_m: float = 1e-3
    angle_rad: float = math.radians(1.0)
    margin_rad: float = math.radians(2.0)
    singular: float = 0.02


def default_placement(body: Body, skin: Skin) -> Placement:
    """Return the default X_WB: to the right of the person, base x axis toward the person's left."""
    x = BASE_ALONG * body.landmarks["C7"][0]
    height = float(skin.height(x, 0.0)[0])
    return Placement((x, -BASE_LATERAL_M, height + BASE_HEIGHT_M), _quaternion(-1.0))


def reaches(solver: Solver, position_m: Array, rotation: Array, starts: int = 7) -> bool:
    """Tell whether some posture found from a few starts reaches a pose, away from limits and singularities."""
    allowed = ReachLimits()
    for start in solver.starts()[:starts]:
        q = solver.solve(position_m, rotation, start, 40)
        error, jacobian = solver.error(q, position_m, rotation)
        margin = float(np.minimum(q - solver.lower, solver.upper - q).min())
        singular = float(np.linalg.svd(jacobian, compute_uv=False)[-1])
        near = np.linalg.norm(error[:3]) <= allowed.position_m and np.linalg.norm(error[3:]) <= allowed.angle_rad
        if near and margin >= allowed.margin_rad and singular >= allowed.singular:
            return True
    return False


def _quaternion(side: float) -> tuple[float, float, float, float]:
    """Return the yaw of +90 deg for a base on the person's right (side -1), -90 deg on the left (side +1)."""
    return (0.0, 0.0, -side * math.sin(math.pi / 4.0), math.cos(math.pi / 4.0))
