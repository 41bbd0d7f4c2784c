"""Where the arm's base may stand: the default place, and the nearest place from which a pose can be reached."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

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
_ALONG_M = np.arange(-0.5, 0.51, 0.1)
_LATERAL_M = (-0.6, -0.5, -0.45, -0.4, 0.4, 0.45, 0.5, 0.6)
"""Places tried: relative to the base along the table, and from the midline on both sides of it [m]."""


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


def standing_advice(solver: Solver, placement: Placement, position_m: Array, rotation: Array) -> str:
    """Say where the base would have to stand to reach a pose, the nearest of a grid on both sides of the table.

    Args:
        solver: inverse kinematics of the arm where it stands now.
        placement: X_WB now.
        position_m: p_WT (3,).
        rotation: R_WT (3, 3).
    """
    here = np.array(placement.position_m)
    turn_now = Rotation.from_quat(placement.quaternion_xyzw)
    places = [np.array([here[0] + along, lateral, here[2]]) for along in _ALONG_M for lateral in _LATERAL_M]
    for place in sorted(places, key=lambda place: float(np.linalg.norm(place - here))):
        if math.isclose(float(np.linalg.norm(place - here)), 0.0, abs_tol=1e-9):
            continue
        turn = Rotation.from_quat(_quaternion(math.copysign(1.0, place[1])))
        change = turn_now * turn.inv()
        if reaches(solver, here + change.apply(position_m - place), change.as_matrix() @ rotation):
            yaw = -math.copysign(90.0, place[1])
            return (
                f"move the base from x {100 * here[0]:.0f} cm, y {100 * here[1]:.0f} cm to "
                f"x {100 * place[0]:.0f} cm, y {100 * place[1]:.0f} cm, yaw {yaw:+.0f} deg"
            )
    return "no base place along either side of the table reaches it at this height; choose another arm or stroke"


def reaches(solver: Solver, position_m: Array, rotation: Array, limits: ReachLimits | None = None) -> bool:
    """Tell whether some posture found from a few starts reaches a pose, away from limits and singularities."""
    allowed = limits or ReachLimits()
    for start in solver.starts(0)[:7]:
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
