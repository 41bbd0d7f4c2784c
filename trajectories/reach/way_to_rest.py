"""Where the arm rests, the ways there after a stop and after the plan, and the proof that they are clear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.errors import PlaceError
from controller.joint_path_driver import ARRIVED_RAD
from controller.types import Phase, Vector
from trajectories.reach.arm_clearance import LINK_CLEARANCE_M, PAD_CLEARANCE_M, ArmRoom
from trajectories.reach.inverse_kinematics import Track
from trajectories.reach.posture_beside import posture_beside
from trajectories.reach.posture_checks import PostureCheck
from trajectories.reach.posture_search import LIMITS
from trajectories.tool_pose import Poses
from trajectories.transfer import STEPS_PER_POSTURE, Piece

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

UNLOADED_M = 0.025
"""Distance of pad and skin that the unloading after a stop leaves at least: less, and the arm is not parked."""
CLEAR_M = 0.1
"""Way along the normal that it aims at."""
RISES_M = (0.15, 0.20, 0.10, 0.05, 0.0)
"""Heights of the first waypoint over the plan's start pose, in the order they are tried: with none at all up to a fifth
of the legs come too near, from 0.10 m up none (measured on the shipped bodies and arms)."""
POSTURES = 5
"""A leg is proven from every so many postures of the plan: every 0.25 s."""


@dataclass(frozen=True, slots=True)
class WayToRest:
    """The ways to rest, as postures to go through on straight legs in joint space.

    Attributes:
        path_rad: from wherever a stop leaves the arm; the last posture is where it rests.
        end_path_rad: from the plan's last posture; empty where the arm rests there.
        is_beside: the last posture is beside the person, not over the flank.
    """

    path_rad: tuple[Vector, ...]
    end_path_rad: tuple[Vector, ...]
    is_beside: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Stops:
    """Where a stop can leave the arm: (N, n) postures, and the pieces and samples (N,) they belong to."""

    postures_rad: Array
    pieces: Indices
    samples: Indices


def parking(names: list[str], pieces: list[Piece], tracks: list[Track], check: PostureCheck) -> WayToRest:
    """Return the ways to rest of a plan: one that is clear from every one of its postures, one from its end.

    It leads over a waypoint above the plan's start pose, which looks down on all of the back, to a posture beside the
    person. Where there is none the arm goes back down to the plan's start posture, a leg that is proven as well: the
    start is one of the places of a stop. A second stop on the way is on a proven leg again.

    Args:
        names: names of the strokes.
        pieces: the plan's pieces.
        tracks: their postures.
        check: the arm, its inverse kinematics and the back.

    Raises:
        PlaceError: no waypoint can be reached from everywhere without coming too near the skin.
    """
    room = ArmRoom.of(check.robot, check.back)
    stops = _stops(pieces, tracks, check)
    start, solver = tracks[0].q_rad[0], check.solver
    blocked = 0
    for waypoint in _waypoints(pieces[0].poses[0], start, check):
        clear = room.clear_legs(stops.postures_rad, waypoint)
        if clear.all():
            rest = posture_beside(room, solver.lower, solver.upper, waypoint)
            path = (waypoint, start if rest is None else rest)
            end = way_from_end(room, tracks[-1].q_rad[-1], waypoint, path[-1])
            return WayToRest(as_vectors(path), as_vectors(end), rest is not None)
        blocked = int(np.argmin(clear))
    raise _refusal(names, pieces, stops, blocked, check)


def as_vectors(postures_rad: Sequence[Array]) -> tuple[Vector, ...]:
    """Return postures, each (n,), as plain tuples."""
    return tuple(tuple(float(v) for v in posture) for posture in postures_rad)


def way_from_end(room: ArmRoom, end_rad: Array, waypoint_rad: Array, rest_rad: Array) -> tuple[Array, ...]:
    """Return the way (k, n) from the plan's last posture to rest: one leg where it is free, else over the waypoint.

    The leg to the waypoint is one of those that are proven for a stop, the leg from there to rest another.
    """
    if float(np.abs(rest_rad - end_rad).max()) <= ARRIVED_RAD:
        return ()
    if room.is_free_leg(end_rad, rest_rad):
        return (rest_rad,)
    return (waypoint_rad, rest_rad)


def _stops(pieces: list[Piece], tracks: list[Track], check: PostureCheck) -> _Stops:
    """Return every so many postures of the plan and the last one, moved out as little and as far as unloading does."""
    radius, solver = check.robot.arm.tool.only_pad("the planner").radius_m, check.solver
    postures, numbers, samples = [], [], []
    for number, (piece, track) in enumerate(zip(pieces, tracks, strict=True)):
        rows = np.union1d(np.arange(0, len(track.q_rad), POSTURES), [len(track.q_rad) - 1])
        poses = piece.poses[rows * STEPS_PER_POSTURE]
        gap = np.linalg.norm(poses.position_m - check.back.skin.foot(poses.position_m), axis=1) - radius
        least = np.clip(UNLOADED_M - gap, 0.0, None) if piece.phase is not Phase.TRANSFER else np.zeros(len(rows))
        for lift in (least, np.full(len(rows), CLEAR_M)):
            out = poses.position_m + lift[:, None] * poses.normal
            for k, row in enumerate(rows):
                postures.append(solver.solve(out[k], poses.rotation[k], track.q_rad[row], 6))
            numbers.append(np.full(len(rows), number, dtype=np.intp))
            samples.append(rows * STEPS_PER_POSTURE)
    return _Stops(np.array(postures), np.concatenate(numbers), np.concatenate(samples))


def _waypoints(start: Poses, start_rad: Array, check: PostureCheck) -> Iterator[Array]:
    """Yield postures (n,) over the plan's start pose that the arm reaches away from its limits."""
    solver = check.solver
    for rise in RISES_M:
        position = start.position_m[0] + np.array([0.0, 0.0, rise])
        posture = solver.solve(position, start.rotation[0], start_rad, 30)
        error, _ = solver.error(posture, position, start.rotation[0])
        margin = float(np.minimum(posture - solver.lower, solver.upper - posture).min())
        if float(np.abs(error).max()) <= LIMITS.position_m and margin >= LIMITS.margin_rad:
            yield posture


def _refusal(names: list[str], pieces: list[Piece], stops: _Stops, blocked: int, check: PostureCheck) -> PlaceError:
    """Return the refusal for a leg that is not clear: where it begins and what to do."""
    piece = pieces[stops.pieces[blocked]]
    pose = piece.poses[int(stops.samples[blocked])]
    where = f"{check.back.describe(pose.position_m[0])}, {piece.phase}"
    got = "no clear way from there to a rest beside the person or over the flank"
    allowed = f"one {1e3 * PAD_CLEARANCE_M:.0f} mm off the skin, links {1e3 * LINK_CLEARANCE_M:.0f} mm"
    todo = "stand the base higher, or farther from the person, or leave the stroke out"
    return PlaceError(names[piece.segment], where, got, allowed, todo)
