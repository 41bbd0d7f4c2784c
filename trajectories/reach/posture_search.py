"""The joint postures of a whole plan: which one to begin with, one continuous track."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from trajectories.reach.base_placement import ReachLimits
from trajectories.reach.inverse_kinematics import DRIFT_RAD_S, Solver, Track
from trajectories.techniques.timing import STEP_S, fade
from trajectories.tool_pose import Poses
from trajectories.transfer import STEPS_PER_POSTURE, Piece

Array = NDArray[np.float64]

POSTURE_STEP_S = STEP_S * STEPS_PER_POSTURE
"""Time between two postures."""
COARSE_M = 0.03
"""Distance between the poses that a start posture is judged by."""
YAWS_RAD = tuple(math.radians(angle) for angle in (90.0, 45.0, 135.0, 0.0, 180.0, -45.0, -135.0, -90.0))
"""Turns of the tool about its own axis that are tried; the pad is a sphere, so any of them works on the skin."""
GOOD_MARGIN_RAD = math.radians(25.0)
GOOD_SINGULAR = 0.12
"""Beyond these a posture is not better for more margin (assumed)."""
GOOD_MOTION = 2.0
"""Joint motion this many times the motion of the tool (1 m counted as 3 rad, plus 20 mrad) is not worse (assumed)."""
FEW = 16
"""Poses that every candidate is judged by."""
STARTS = 12
"""Random starts beside those around the home posture."""
FINALISTS = 6
"""Candidates that are followed over all key poses."""
LIMITS = ReachLimits()


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """How to hold the arm through a session.

    Attributes:
        yaw_rad: turn of the tool, see ``tool_pose.tool_rotation``.
        start_rad: posture near the first pose, (n,).
        posture_rad: posture that the null space is drawn to, (n,).
        score: quality, 0 and more is feasible.
        mean_rad: mean of the postures found, (n,).
    """

    yaw_rad: float
    start_rad: Array
    posture_rad: Array
    score: float
    mean_rad: Array = field(default_factory=lambda: np.zeros(0))


def choose(solver: Solver, keys: Poses) -> Choice:
    """Return the best of several tool turns and postures over the key poses of the whole session.

    A candidate is a posture at the middle pose: for an arm with more than six joints also a way to hold the elbow.
    All are judged over few poses, the best over all of them, and then again with their own mean posture.

    Args:
        solver: inverse kinematics.
        keys: coarse poses of the session in order, in any one tool turn.
    """
    few = keys[slice(None, None, max(1, len(keys) // FEW))]
    candidates = []
    for yaw in YAWS_RAD:
        turned = few.in_yaw(yaw)
        found = _distinct_postures(solver, turned)
        candidates += [_judged(solver, turned, Choice(yaw, q, q, -math.inf)) for q in found]
    candidates.sort(key=lambda choice: -choice.score)
    best = Choice(YAWS_RAD[0], solver.home, solver.home, -math.inf)
    for choice in candidates[:FINALISTS]:
        turned = keys.in_yaw(choice.yaw_rad)
        first = _judged(solver, turned, choice)
        second = _judged(solver, turned, replace(first, posture_rad=first.mean_rad))
        best = max(best, first, second, key=lambda one: one.score)
    return best


def _judged(solver: Solver, turned: Poses, choice: Choice) -> Choice:
    """Return a choice with its score, start and mean posture over the poses, from its start led to the first pose."""
    start = solver.relax(turned.position_m[0], turned.rotation[0], choice.start_rad, choice.posture_rad)
    track = solver.follow(turned, start, choice.posture_rad, np.full(len(turned), 0.2), 6)
    mean = np.asarray(track.q_rad.mean(axis=0), dtype=np.float64)
    return replace(choice, start_rad=start, mean_rad=mean, score=_score(track, turned))


def _distinct_postures(solver: Solver, poses: Poses) -> list[Array]:
    """Return different postures (n,) that reach the middle pose away from the joint limits."""
    middle = len(poses) // 2
    found: list[Array] = []
    for start in solver.starts(STARTS):
        q = solver.solve(poses.position_m[middle], poses.rotation[middle], start, 25)
        error, _ = solver.error(q, poses.position_m[middle], poses.rotation[middle])
        is_new = all(float(np.abs(q - other).max()) > 0.2 for other in found)
        is_inside = float(np.minimum(q - solver.lower, solver.upper - q).min()) > LIMITS.margin_rad
        if float(np.abs(error).max()) < 1e-3 and is_new and is_inside:
            found.append(q)
    return found


def _score(track: Track, poses: Poses) -> float:
    """Return a quality: margin, singular value and joint motion as shares of good ones, less a penalty for misses."""
    missed = np.mean((track.position_error_m > LIMITS.position_m) | (track.angle_error_rad > LIMITS.angle_rad))
    margin = min(float(track.margin_rad.min()) / GOOD_MARGIN_RAD, 1.0)
    singular = min(float(track.singular.min()) / GOOD_SINGULAR, 1.0)
    gone = np.linalg.norm(np.diff(poses.position_m, axis=0), axis=1)
    turned = np.linalg.norm(np.diff(poses.normal, axis=0), axis=1)
    moved = np.abs(np.diff(track.q_rad, axis=0)).max(axis=1)
    smooth = min(GOOD_MOTION * float(((3.0 * gone + turned + 0.02) / np.maximum(moved, 1e-9)).min()), 1.0)
    tight = float(track.margin_rad.min()) < LIMITS.margin_rad or float(track.singular.min()) < LIMITS.singular
    shares = (margin, singular, smooth)
    return min(shares) + 0.1 * sum(shares) - 10.0 * float(missed) - (2.0 if tight else 0.0)


def coarse(pieces: list[Poses]) -> Poses:
    """Return poses about ``COARSE_M`` apart along several stretches, their ends included."""
    position = np.concatenate([poses.position_m for poses in pieces])
    rotation = np.concatenate([poses.rotation for poses in pieces])
    normal = np.concatenate([poses.normal for poses in pieces])
    yaw = np.concatenate([poses.yaw_rad for poses in pieces])
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(position, axis=0), axis=1))])
    index = np.unique(np.searchsorted(gone, np.arange(0.0, gone[-1], COARSE_M)))
    index = np.union1d(index, [0, len(gone) - 1])
    return Poses(position[index], rotation[index], normal[index], yaw[index])


def posture_track(solver: Solver, pieces: list[Piece], choice: Choice) -> Track:
    """Return one continuous track over all pieces, a posture every ``POSTURE_STEP_S``; joints at rest at their ends.

    Piece k of the plan begins at the last posture of piece k - 1: the shared pose is computed once.
    """
    every = STEPS_PER_POSTURE
    poses = [piece.poses[slice(every if k else 0, None, every)] for k, piece in enumerate(pieces)]
    drift = []
    for one in poses:
        t = np.asarray(POSTURE_STEP_S * np.arange(1, len(one) + 1), dtype=np.float64)
        drift.append(DRIFT_RAD_S * POSTURE_STEP_S * fade(t, POSTURE_STEP_S * (len(one) + 1), 0.5))
    whole = Poses(
        np.concatenate([one.position_m for one in poses]),
        np.concatenate([one.rotation for one in poses]),
        np.concatenate([one.normal for one in poses]),
        np.concatenate([one.yaw_rad for one in poses]),
    )
    start = solver.relax(whole.position_m[0], whole.rotation[0], choice.start_rad, choice.posture_rad)
    return solver.follow(whole, start, choice.posture_rad, np.concatenate(drift))


def split(track: Track, pieces: list[Piece]) -> list[Track]:
    """Return the track of every piece, both ends included."""
    parts, begin = [], 0
    for piece in pieces:
        count = (len(piece.press_n) - 1) // STEPS_PER_POSTURE
        cut = slice(begin, begin + count + 1)
        parts.append(
            Track(
                track.q_rad[cut],
                track.position_error_m[cut],
                track.angle_error_rad[cut],
                track.singular[cut],
                track.margin_rad[cut],
            )
        )
        begin += count
    return parts
