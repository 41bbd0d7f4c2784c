"""A place for the base from which a whole program can be done, the nearest of a grid beside the table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from controller.arm import ArmDescription, Placement
from controller.robot import RobotModel
from trajectories.reach.base_placement import reaches
from trajectories.reach.inverse_kinematics import Solver
from trajectories.tool_pose import Poses

Base = tuple[float, float, float, float]
"""x, y, z in W [m], yaw [deg]."""

_ALONG_M = np.round(np.arange(-0.5, 0.51, 0.1), 1)
_LATERAL_M = (0.4, 0.45, 0.5, 0.6, 0.7, 0.85, 1.0)
_HIGHER_M = (0.0, 0.15, 0.3, -0.15)
"""Places tried: along the table and upward from where the base stands, and from the midline on both sides [m]."""
_HIGHER_COST = 2.0
"""A base is moved across the floor more easily than it is raised by as much (assumed)."""
_FULL_TRIALS = 12
"""Places for which the whole plan is made; each takes as long as planning."""
_STARTS = 27
"""Postures that the inverse kinematics begin at: home, two more of each joint, and random ones."""
_TURNS_RAD = (0.5 * math.pi, 0.0, math.pi)
"""Turns of the tool that are tried at each pose."""
_ROUND = 2
"""Decimals of a place in metres: it is written on a command line and set up by hand."""


def place_for(
    arm: ArmDescription, here: Placement, poses_at: Callable[[Placement], Poses], accepts: Callable[[Base], bool]
) -> Base | None:
    """Return the nearest place of the base from which a program can be done; None where none was found.

    Args:
        arm: the arm.
        here: X_WB now.
        poses_at: some poses that have to be reached from a place, in any turn of the tool.
        accepts: tells whether the whole plan is accepted from a place.
    """
    trials = 0
    for base in _places(here):
        if _reaches_all(arm, placement_of(base), poses_at(placement_of(base))):
            if accepts(base):
                return base
            trials += 1
        if trials >= _FULL_TRIALS:
            return None
    return None


def _reaches_all(arm: ArmDescription, placement: Placement, poses: Poses) -> bool:
    x, y, _ = placement.position_m
    if float(np.hypot(poses.position_m[:, 0] - x, poses.position_m[:, 1] - y).max()) > arm.reach_m:
        return False
    solver = Solver(RobotModel(arm, placement))
    return all(_reaches_in_some_turn(solver, poses, row) for row in _extremes(poses))


def placement_of(base: Base) -> Placement:
    """Return X_WB of a base that stands upright."""
    x, y, z, yaw_deg = base
    half = 0.5 * math.radians(yaw_deg)
    return Placement((x, y, z), (0.0, 0.0, math.sin(half), math.cos(half)))


def base_words(base: Base) -> str:
    """Return a place as the option ``--base`` takes it."""
    return f"--base={','.join(f'{value:.10g}' for value in base)}"


def _places(here: Placement) -> Iterator[Base]:
    """Yield places on both sides of the table, the nearest first; the arm's x axis always looks across the table."""
    x, y, z = here.position_m
    found = []
    for higher in _HIGHER_M:
        for along in _ALONG_M.tolist():
            for lateral in (side * value for value in _LATERAL_M for side in (-1.0, 1.0)):
                base = (round(x + along, _ROUND), lateral, round(z + higher, _ROUND), -math.copysign(90.0, lateral))
                cost = math.hypot(along, lateral - y, _HIGHER_COST * higher)
                found.append((cost, base))
    return (base for _, base in sorted(found))


def _extremes(poses: Poses) -> list[int]:
    """Return the rows of the poses that are outermost along and across the table."""
    x, y = poses.position_m[:, 0], poses.position_m[:, 1]
    return sorted({int(row) for row in (x.argmin(), x.argmax(), y.argmin(), y.argmax())})


def _reaches_in_some_turn(solver: Solver, poses: Poses, row: int) -> bool:
    one = poses[slice(row, row + 1)]
    turned = (one.in_yaw(turn) for turn in _TURNS_RAD)
    return any(reaches(solver, pose.position_m[0], pose.rotation[0], starts=_STARTS) for pose in turned)
