"""A posture to rest in beside the person, for any arm: searched over joints, without inverse kinematics."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trajectories.reach.arm_clearance import LINK_CLEARANCE_M, ArmRoom

Array = NDArray[np.float64]

LIMIT_MARGIN_RAD = 0.05
"""Least distance from the joint limits at rest."""
BESIDE_M = (0.12, 0.08, LINK_CLEARANCE_M)
"""Distances from the body seen from above that are tried, so that not only a link's axis is beside it."""
REACH_COST_RAD_PER_M = 1.0
"""Joint motion that is worth it to rest that much less stretched out (assumed)."""
_SINGLE, _PAIR, _RANDOM = 61, 15, 6000
"""Values of one joint, of each of two joints, and random postures that are tried."""
_LEGS = 20
"""Best postures whose legs are looked at."""


def posture_beside(room: ArmRoom, lower_rad: Array, upper_rad: Array, start_rad: Array) -> Array | None:
    """Return a posture (n,) with the whole arm beside the body, on a straight clear leg from ``start_rad`` (n,).

    Turning one or two joints is enough for all arms tried; random postures are the last resort. Of those that will do
    the one with the least joint motion and reach is taken. None: no such posture was found.

    Args:
        room: the arm beside the body.
        lower_rad: lower joint limits (n,).
        upper_rad: upper joint limits (n,).
        start_rad: posture that the way there begins at.
    """
    low, high = lower_rad + LIMIT_MARGIN_RAD, upper_rad - LIMIT_MARGIN_RAD
    near = room.self_clearance_m(start_rad)
    for candidates in _candidates(np.clip(start_rad, low, high), low, high):
        points = room.arm.at(candidates)
        beside = room.beside_m(points)
        free = beside >= BESIDE_M[-1]
        free[free] = room.free(points[free], near)
        reach_m = np.linalg.norm(points - room.base_m, axis=2).max(axis=1)
        cost = np.abs(candidates - start_rad).sum(axis=1) + REACH_COST_RAD_PER_M * reach_m
        for distance in BESIDE_M:
            index = np.flatnonzero(free & (beside >= distance))
            for k in index[np.argsort(cost[index], kind="stable")][:_LEGS]:
                if room.is_free_leg(start_rad, candidates[k]):
                    return np.asarray(candidates[k])
    return None


def _candidates(start_rad: Array, low_rad: Array, high_rad: Array) -> Iterator[Array]:
    """Yield postures (N, n): one or two joints turned, then random ones."""
    joints = len(start_rad)
    turned = []
    for joint in range(joints):
        some = np.tile(start_rad, (_SINGLE, 1))
        some[:, joint] = np.linspace(low_rad[joint], high_rad[joint], _SINGLE)
        turned.append(some)
    for one, other in combinations(range(joints), 2):
        some = np.tile(start_rad, (_PAIR * _PAIR, 1))
        some[:, one] = np.repeat(np.linspace(low_rad[one], high_rad[one], _PAIR), _PAIR)
        some[:, other] = np.tile(np.linspace(low_rad[other], high_rad[other], _PAIR), _PAIR)
        turned.append(some)
    yield np.concatenate(turned)
    random = np.random.default_rng(0)
    yield np.asarray(low_rad + random.uniform(0.0, 1.0, (_RANDOM, joints)) * (high_rad - low_rad), dtype=np.float64)
