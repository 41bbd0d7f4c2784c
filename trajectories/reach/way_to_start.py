"""The joint-space way from where the arm stands to the plan's start, and the proof that it is clear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from controller.errors import PlanError
from controller.joint_path_driver import leg_time_s
from controller.robot import RobotModel
from controller.types import Vector
from trajectories.anatomy.back import Back
from trajectories.plan import Plan
from trajectories.reach.arm_clearance import CLEARANCES, ArmRoom
from trajectories.reach.posture_beside import LIMIT_MARGIN_RAD
from trajectories.reach.way_to_rest import as_vectors

Array = NDArray[np.float64]

HERE_RAD = 1e-9
"""A rest posture this near to the plan's start is the start."""
REST_MARGIN_RAD = math.radians(1.0)
"""Least distance of a rest posture from the joint limits (assumed: twice what a drive may be off its planned leg)."""
SAMPLES, FREE_SAMPLES = 4000, 300
"""Random postures that are looked at where the known postures do not connect, and how many free ones are used."""
TRIES = 1500
"""Most legs that are looked at."""
_REST, _START = 0, 1


def way_to_start(plan: Plan, back: Back, robot: RobotModel, rest_q_rad: Sequence[float]) -> tuple[Vector, ...]:
    """Return postures to go through from a rest posture to the start of a plan, on straight clear legs.

    Tried first are the leg to the start itself and ways over the postures that the plan parks by; then ways over random
    free postures. The quickest way found is taken. Pad, links, base, table and the arm itself keep the clearances of
    ``ArmRoom``; a way stays inside the joint limits because its postures do.

    Args:
        plan: the plan.
        back: the back it was made for.
        robot: the arm at its place; its buffers are not touched.
        rest_q_rad: posture (n,) that the arm stands in.

    Returns:
        The rest posture, the postures between, the start; empty where the rest posture is the start.

    Raises:
        PlanError: the rest posture is no posture of this arm, outside its limits or too near to something, or no way
            was found.
    """
    rest, start = np.asarray(rest_q_rad, dtype=np.float64), np.array(plan.start_q_rad)
    name = plan.segments[0].name
    _refuse_outside(name, robot, rest)
    if float(np.abs(rest - start).max()) <= HERE_RAD:
        return ()
    room = ArmRoom.of(robot, back)
    _refuse_near(name, room, back, rest)
    near = min(room.self_clearance_m(rest), room.self_clearance_m(start))
    known = np.array([rest, start, *plan.park_path_rad])
    way = _quickest(room, known, near)
    if way is None:
        way = _quickest(room, np.concatenate([known, _free_postures(room, robot, near)]), near)
    if way is None:
        raise _no_way(name, room, back, rest, start, near)
    return as_vectors(list(way))


def _quickest(room: ArmRoom, postures_rad: Array, near_m: float) -> Array | None:
    """Return the quickest way (k, n) from the first posture to the second over any of them (N, n).

    All legs are taken to be free until they are on the quickest way; those that are not are taken out.

    Args:
        room: the arm beside the body.
        postures_rad: where the way begins, where it ends, and free postures that it may go over.
        near_m: how near the arm may come to itself.
    """
    times = leg_time_s(np.abs(postures_rad[:, None] - postures_rad[None, :]).max(axis=2))
    np.fill_diagonal(times, 0.0)
    proven: set[tuple[int, int]] = set()
    for _ in range(TRIES):
        total, before = dijkstra(times, indices=[_REST], return_predecessors=True)
        if not math.isfinite(total[0, _START]):
            return None
        way = [_START]
        while way[-1] != _REST:
            way.append(int(before[0, way[-1]]))
        way.reverse()
        for leg in pairwise(way):
            if leg in proven:
                continue
            if room.is_free_leg(postures_rad[leg[0]], postures_rad[leg[1]], near_m):
                proven.add(leg)
                continue
            times[leg[0], leg[1]] = times[leg[1], leg[0]] = 0.0  # no leg
            break
        else:
            return postures_rad[way]
    return None


def _free_postures(room: ArmRoom, robot: RobotModel, near_m: float) -> Array:
    """Return random postures (N, n) that leave everything alone."""
    low, high = robot.lower + LIMIT_MARGIN_RAD, robot.upper - LIMIT_MARGIN_RAD
    random = np.random.default_rng(0)
    found = low + random.uniform(0.0, 1.0, (SAMPLES, robot.joints)) * (high - low)
    points = room.arm.at(found)
    free = room.free(points, near_m) & room.is_off_skin(points)
    return np.asarray(found[free][:FREE_SAMPLES])


def _refuse_outside(name: str, robot: RobotModel, rest: Array) -> None:
    """Refuse what is no posture of this arm, or one at a joint limit."""
    where, todo = "the rest posture", "move the arm to another posture and declare that one"
    if rest.shape != (robot.joints,) or not np.isfinite(rest).all():
        raise PlanError(name, where, f"{rest.tolist()}", f"{robot.joints} finite angles [rad]", todo)
    margin = np.minimum(rest - robot.lower, robot.upper - rest)
    joint = int(np.argmin(margin))
    if not margin[joint] >= REST_MARGIN_RAD:
        low, high = robot.lower[joint] + REST_MARGIN_RAD, robot.upper[joint] - REST_MARGIN_RAD
        got = f"joint {robot.arm.joint_names[joint]} at {rest[joint]:.4f} rad"
        raise PlanError(name, where, got, f"{low:.4f} to {high:.4f} rad", todo)


def _refuse_near(name: str, room: ArmRoom, back: Back, rest: Array) -> None:
    """Refuse a rest posture that is too near to the person, the table, the base or itself."""
    near = room.self_clearance_m(rest)
    trouble = room.trouble(rest[None], near)
    if trouble is not None:
        where = f"the rest posture, {back.describe(trouble.point_m)}"
        todo = "move the arm away from there and declare the new posture, or stand the base farther from the person"
        raise PlanError(name, where, trouble.got, trouble.allowed, todo)


def _no_way(name: str, room: ArmRoom, back: Back, rest: Array, start: Array, near_m: float) -> PlanError:
    """Return the refusal where no way was found; it says what is in the way of the straight leg."""
    trouble = room.trouble(room.leg(rest, start), near_m)
    where = "the way from the rest posture to the plan's start"
    got = "no clear way"
    if trouble is not None:
        where += f", on the straight leg at {back.describe(trouble.point_m)}"
        got += f" (there {trouble.got})"
    todo = "move the arm nearer to the plan's start, clear of the person, and declare that posture"
    return PlanError(name, where, got, CLEARANCES, todo)
