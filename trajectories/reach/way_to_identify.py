"""A slow tour through free air, from the plan's start and back, on which an arm shows its masses and frictions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.errors import PlanError
from controller.robot import RobotModel
from controller.types import Vector
from trajectories.anatomy.back import Back
from trajectories.plan import Plan
from trajectories.reach.arm_clearance import CLEARANCES, ArmRoom
from trajectories.reach.posture_beside import LIMIT_MARGIN_RAD
from trajectories.reach.way_to_rest import as_vectors

Array = NDArray[np.float64]

FAR_RAD, CANDIDATES = 0.6, 2000
"""Largest step of a joint from the start, and how many postures are tried."""
POSTURES, FEWEST = 7, 3
"""Postures of a tour, and with how few it may be made."""
TRIES = 150
"""Most legs that are looked at."""


def way_to_identify(plan: Plan, back: Back, robot: RobotModel) -> tuple[Vector, ...]:
    """Return postures to go through: the start, and between its repeats others that are as different as can be.

    Every leg is straight in joint space, leads from the start to a posture or back, and is proven like every other way
    (``ArmRoom``); the pad never comes lower than it begins.

    Args:
        plan: a plan, for its start in free air.
        back: the back it was made for.
        robot: the arm at its place; its buffers are not touched.

    Raises:
        PlanError: too few clear legs.
    """
    start = np.array(plan.start_q_rad)
    room = ArmRoom.of(robot, back)
    near, low = room.self_clearance_m(start), robot.tool_pose(start)[0][2]
    found = start + np.random.default_rng(0).uniform(-FAR_RAD, FAR_RAD, (CANDIDATES, robot.joints))
    inside = (found >= robot.lower + LIMIT_MARGIN_RAD) & (found <= robot.upper - LIMIT_MARGIN_RAD)
    left = [q for q in found[inside.all(axis=1)] if robot.tool_pose(q)[0][2] >= low]
    chosen: list[Array] = []
    for _ in range(TRIES):
        if len(chosen) == POSTURES or not left:
            break
        others = np.array([start, *chosen])
        apart = [float(np.linalg.norm(q - others, axis=1).min()) for q in left]
        posture = left.pop(int(np.argmax(apart)))
        if room.is_free_leg(start, posture, near):
            chosen.append(posture)
    if len(chosen) < FEWEST:
        got, todo = f"{len(chosen)} clear legs", "stand the base farther from the person"
        raise PlanError(plan.segments[0].name, "the tour for identification", got, f"{FEWEST}, {CLEARANCES}", todo)
    tour = [start]
    for posture in chosen:
        tour += [posture, start]
    return as_vectors(tour)
