"""A small motion in free air, there and back, on which tool, wrist sensor and arm show what they weigh."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from controller.robot import RobotModel
from controller.types import Vector
from trajectories.anatomy.back import Back
from trajectories.plan import Plan
from trajectories.reach.arm_clearance import ArmRoom
from trajectories.reach.posture_beside import LIMIT_MARGIN_RAD
from trajectories.reach.way_to_rest import as_vectors

Array = NDArray[np.float64]

TURN_RAD = math.radians(22.0)
"""Gravity turns by this much in the wrist sensor: 20 degrees are wanted, a soft arm is off its leg by one or two."""
SLIDE_RAD = 0.03
"""Every joint that moves at all moves by this much, so that its friction shows in both directions (assumed: a hundred
times what an elastic gear winds up by)."""
FAR_RAD, CANDIDATES = 0.45, 3000
"""Largest step of a joint, and how many postures are tried."""
RISE_M = 0.0
"""The pad must not come lower than it begins."""


def way_to_weigh(plan: Plan, back: Back, robot: RobotModel) -> tuple[Vector, ...]:
    """Return the way from rest to the plan's start, with a turn of the wrist at its end where none is on it yet.

    The turn goes to a posture that leaves the person, the table, the base and the arm alone, as every other way, on a
    straight leg; the arm dwells there and comes back the same way.

    Args:
        plan: the plan, with its way to the start.
        back: the back it was made for.
        robot: the arm at its place; its buffers are not touched.

    Returns:
        ``plan.start_path_rad``, longer by the turn; the same where no clear turn was found.
    """
    start = np.array(plan.start_q_rad)
    path = plan.start_path_rad
    if path and max(_turn(robot, start, np.array(posture)) for posture in path) >= TURN_RAD:
        return path
    turned = _turned(start, back, robot)
    if turned is None:
        return path
    there = as_vectors([turned])[0]
    # A posture twice is a dwell: turned, and back, so that a drift of the sensor shows too.
    return (*(path or (plan.start_q_rad,)), there, there, plan.start_q_rad, plan.start_q_rad)


def turn_on_way_rad(path: tuple[Vector, ...], robot: RobotModel) -> float:
    """Return the largest angle [rad] that gravity turns by in the tool from one posture of a way to the next."""
    return max((_turn(robot, np.array(a), np.array(b)) for a, b in pairwise(path)), default=0.0)


def _turned(start: Array, back: Back, robot: RobotModel) -> Array | None:
    """Return the nearest posture with enough turn to which a straight leg is clear; None where there is none."""
    room = ArmRoom.of(robot, back)
    near = room.self_clearance_m(start)
    random = np.random.default_rng(0)
    step = random.uniform(SLIDE_RAD, FAR_RAD, (CANDIDATES, robot.joints))
    step *= random.choice([-1.0, 1.0], step.shape)
    # Most postures move a few joints only: every turn about an axis that does not help takes clearance.
    step = np.where(random.uniform(size=step.shape) < 0.5, step, np.sign(step) * SLIDE_RAD)
    found = start + step
    inside = (found >= robot.lower + LIMIT_MARGIN_RAD).all(axis=1) & (found <= robot.upper - LIMIT_MARGIN_RAD).all(
        axis=1
    )
    low = robot.tool_pose(start)[0][2] + RISE_M
    for posture in sorted(found[inside], key=lambda q: float(np.abs(q - start).max())):
        if _turn(robot, start, posture) < TURN_RAD or robot.tool_pose(posture)[0][2] < low:
            continue
        if room.is_free_leg(start, posture, near):
            return np.asarray(posture)
    return None


def _turn(robot: RobotModel, one: Array, other: Array) -> float:
    """Return the angle [rad] between the directions of gravity in the tool at two postures."""
    down = [robot.tool_pose(q)[1][2] for q in (one, other)]
    return float(np.arccos(np.clip(down[0] @ down[1], -1.0, 1.0)))
