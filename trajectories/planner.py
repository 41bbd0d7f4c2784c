"""From a program and a back to a checked plan; every refusal happens here, before anything moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.errors import PlanError
from controller.rig import REGISTRATION_M, REGISTRATION_RAD
from controller.robot import RobotModel
from controller.types import Phase, Region, RegistrationCheck, SegmentInfo, Vector
from trajectories.anatomy.back import Back
from trajectories.anatomy.body import Body
from trajectories.anatomy.place_error import PlaceError
from trajectories.anatomy.skin import Skin
from trajectories.keep_out_grid import keep_out_grid
from trajectories.plan import Plan, PlanFacts
from trajectories.programs.model import Program
from trajectories.reach.base_placement import default_placement
from trajectories.reach.inverse_kinematics import Solver, Track
from trajectories.reach.posture_checks import PostureCheck
from trajectories.reach.posture_search import choose, coarse, posture_track, split
from trajectories.reach.way_to_rest import WayToRest, parking
from trajectories.reach.way_to_start import way_to_start
from trajectories.reach.way_to_weigh import way_to_weigh
from trajectories.registration_check import registration_check
from trajectories.registration_strokes import SHAPES, Shape, registration_paths
from trajectories.spline_track import fit_piece, resample
from trajectories.stroke_checks import CHECK_EVERY, check_stroke
from trajectories.stroke_facts import effective_mass, segment_info
from trajectories.techniques.fields import StrokeModel
from trajectories.techniques.registry import technique_named
from trajectories.techniques.stroke_path import StrokePath
from trajectories.techniques.timing import STEP_S
from trajectories.tool_pose import Poses, poses_on_skin, quaternions
from trajectories.transfer import (
    STEPS_PER_POSTURE,
    Piece,
    approach_piece,
    lift_piece,
    park_pose,
    transfer_piece,
    work_piece,
)

Array = NDArray[np.float64]

__all__ = ["default_placement", "plan_paths", "plan_session", "stroke_path", "way_to_start"]


@dataclass(frozen=True, slots=True, eq=False)
class _Checked:
    path: StrokePath
    regions: list[list[Region]]


def plan_session(
    program: Program,
    body: Body,
    skin: Skin,
    robot: RobotModel,
    rest_q_rad: Vector | None = None,
    *,
    registration: tuple[float, float] = (REGISTRATION_M, REGISTRATION_RAD),
    is_measured: bool = False,
    shapes: tuple[Shape, ...] = SHAPES,
) -> Plan:
    """Return the plan of a session.

    It begins and ends parked over the flank beside the base; every stroke is a transfer, an approach, the work and a
    lift. From wherever a stop leaves the arm there is a proven way to a posture beside the person, see ``parking``;
    from a declared rest posture there is one to the plan's start, see ``way_to_start``. Before the plan the wrist is
    turned once in the air, so that arm, tool and sensor can be checked, see ``way_to_weigh``.

    Args:
        program: what to do.
        body: whom to do it on: landmarks, regions, keep-outs.
        skin: the skin as the planner believes it, ``Skin.from_body(body)`` or a displaced copy.
        robot: the arm at its place; its buffers are not touched.
        rest_q_rad: posture (n,) that the arm stands in before the session; None where it stands at the plan's start.
        registration: how far the base may stand from there, and be turned [m, rad], see ``Rig``.
        is_measured: begin with light glides that tell whether the person lies as planned.
        shapes: shapes of these glides, the first that this arm can do is taken.

    Raises:
        PlanError: a stroke cannot or must not be done, or there is no clear way to the plan's start; names stroke,
            point, value, what is allowed, what to do.
    """
    base_m = robot.placement.position_m
    back = Back.of(body, skin, PlaceError(*registration, (base_m[0], base_m[1])))
    paths = tuple(stroke_path(stroke, back) for stroke in program.strokes)
    if not is_measured:
        return plan_paths(paths, back, robot, program.allow_neck_base, rest_q_rad)
    *better, last = (registration_paths(back, shape) for shape in shapes)
    for first in better:
        with suppress(PlanError):
            return plan_paths((*first, *paths), back, robot, program.allow_neck_base, rest_q_rad, measuring=len(first))
    return plan_paths((*last, *paths), back, robot, program.allow_neck_base, rest_q_rad, measuring=len(last))


def plan_paths(
    paths: Iterable[StrokePath],
    back: Back,
    robot: RobotModel,
    allow_neck_base: bool = False,
    rest_q_rad: Vector | None = None,
    *,
    measuring: int = 0,
) -> Plan:
    """Return the plan of a session over given paths, checked like those of a program.

    Args:
        paths: the strokes, in order.
        back: the back.
        robot: the arm at its place; its buffers are not touched.
        allow_neck_base: the neck base may be pressed.
        rest_q_rad: as in ``plan_session``.
        measuring: so many strokes, the first, measure where the person lies.

    Raises:
        PlanError: as ``plan_session``.
    """
    strokes = [_Checked(path, check_stroke(path, back, allow_neck_base)) for path in paths]
    solver = Solver(robot)
    choice = choose(solver, _key_poses(strokes, back, robot))
    pieces = _pieces(strokes, back, robot, choice.yaw_rad)
    tracks = split(posture_track(solver, pieces, choice), pieces)
    check = PostureCheck(robot, solver, back)
    for piece, track in sorted(zip(pieces, tracks, strict=True), key=lambda pair: pair[0].phase is not Phase.WORK):
        check.check(strokes[piece.segment].path.name, piece, track)
    rest = parking([stroke.path.name for stroke in strokes], pieces, tracks, check)
    plan = _assembled(strokes, pieces, tracks, check, rest)
    plan = replace(plan, keep_out=keep_out_grid(back), registration=_measured(strokes[:measuring], plan, check))
    if rest_q_rad is not None:
        plan = replace(plan, start_path_rad=way_to_start(plan, back, robot, rest_q_rad))
    return replace(plan, start_path_rad=way_to_weigh(plan, back, robot))


def stroke_path(stroke: StrokeModel, back: Back) -> StrokePath:
    """Return the path of a stroke of any registered technique. Raises PlanError where it does not fit this body."""
    return technique_named(stroke.technique, f"stroke {stroke.name!r}").path(stroke, back)


def poses_to_reach(program: Program, body: Body, skin: Skin, arm: ArmDescription) -> Callable[[Placement], Poses]:
    """Return coarse poses of a program for a place of the base: parked on its side, then every stroke at work.

    Raises:
        PlanError: a stroke does not fit this body.
    """
    back, radius = Back.of(body, skin), arm.tool.only_pad("the planner").radius_m
    every, paths = STEPS_PER_POSTURE, [stroke_path(stroke, back) for stroke in program.strokes]
    work = [poses_on_skin(path.only_feet_xy_m[::every], back, radius, 0.0, path.yaw_rad[::every]) for path in paths]
    return lambda placement: coarse([park_pose(back, placement.position_m, radius, 0.0), *work])


def _key_poses(strokes: list[_Checked], back: Back, robot: RobotModel) -> Poses:
    """Return coarse poses of the whole session: parked, then every stroke with its hover poses."""
    radius = robot.arm.tool.only_pad("the planner").radius_m
    stretches = [park_pose(back, robot.placement.position_m, radius, 0.0)]
    for stroke in strokes:
        feet, yaw = stroke.path.only_feet_xy_m[::STEPS_PER_POSTURE], stroke.path.yaw_rad[::STEPS_PER_POSTURE]
        on_skin = poses_on_skin(feet, back, radius, 0.0, yaw)
        hover = np.full(1, 0.05)
        stretches += [on_skin[0].raised(hover), on_skin, on_skin[len(on_skin) - 1].raised(hover)]
    return coarse(stretches)


def _pieces(strokes: list[_Checked], back: Back, robot: RobotModel, yaw_rad: float) -> list[Piece]:
    radius = robot.arm.tool.only_pad("the planner").radius_m
    park = park_pose(back, robot.placement.position_m, radius, yaw_rad)
    here, pieces = park, []
    for index, stroke in enumerate(strokes):
        poses = poses_on_skin(stroke.path.only_feet_xy_m, back, radius, yaw_rad, stroke.path.yaw_rad)
        work = work_piece(index, poses, stroke.path.only_press_n)
        approach, lift = approach_piece(index, work.poses[0]), lift_piece(index, work.poses[len(work.poses) - 1])
        pieces += [transfer_piece(index, here, approach.poses[0], back, radius), approach, work, lift]
        here = lift.poses[len(lift.poses) - 1]
    pieces.append(transfer_piece(len(strokes) - 1, here, park, back, radius))
    return pieces


def _assembled(
    strokes: list[_Checked], pieces: list[Piece], tracks: list[Track], check: PostureCheck, rest: WayToRest
) -> Plan:
    starts = np.concatenate([[0.0], np.cumsum([STEP_S * (len(piece.press_n) - 1) for piece in pieces])])
    first = np.concatenate([[0], np.cumsum([len(piece.press_n) - 1 for piece in pieces])]).astype(np.int64)
    coefficients, before = [], None
    for piece, track in zip(pieces, tracks, strict=True):
        turned = quaternions(piece.poses.rotation, before)
        before = turned[-1]
        posture = resample(track.q_rad, STEPS_PER_POSTURE)
        poses = piece.poses
        channels = np.column_stack([poses.position_m, turned, poses.normal, piece.press_n, posture])
        coefficients.append(fit_piece(channels, STEP_S))
    whole = np.concatenate(coefficients)
    for array in (starts, first, whole):
        array.setflags(write=False)
    segments = _segments(strokes, pieces, tracks, starts, check)
    return Plan(
        segments=segments,
        duration_s=float(starts[-1]),
        hold_times_s=tuple(float(starts[k + 1]) for k, piece in enumerate(pieces) if piece.phase is Phase.APPROACH),
        start_q_rad=tuple(float(v) for v in tracks[0].q_rad[0]),
        park_path_rad=rest.path_rad,
        end_path_rad=rest.end_path_rad,
        start_path_rad=(),
        facts=_facts(strokes, segments, tracks, check, rest),
        phases=tuple(piece.phase for piece in pieces),
        segment_of_piece=tuple(piece.segment for piece in pieces),
        starts_s=starts,
        spacings_s=np.full(len(pieces), STEP_S),
        first_intervals=first,
        coefficients=whole,
        registration=None,
        keep_out=None,
    )


def _measured(strokes: list[_Checked], plan: Plan, check: PostureCheck) -> RegistrationCheck | None:
    """Return how the first strokes tell where the person lies; None where there are no such strokes."""
    if not strokes:
        return None
    starts = [segment.start_s for segment in plan.segments[: len(strokes)]]
    base_m = check.robot.placement.position_m
    return registration_check([stroke.path for stroke in strokes], starts, check.back, base_m)


def _segments(
    strokes: list[_Checked], pieces: list[Piece], tracks: list[Track], starts: Array, check: PostureCheck
) -> tuple[SegmentInfo, ...]:
    found = []
    for k, (piece, track) in enumerate(zip(pieces, tracks, strict=True)):
        if piece.phase is Phase.WORK:
            stroke = strokes[piece.segment]
            mass = effective_mass(check.robot, track, piece.poses[slice(None, None, STEPS_PER_POSTURE)])
            begin, end = float(starts[k]), float(starts[k + 1])
            found.append(segment_info(stroke.path, stroke.regions, check.back, mass, begin, end))
    return tuple(found)


def _facts(
    strokes: list[_Checked],
    segments: tuple[SegmentInfo, ...],
    tracks: list[Track],
    check: PostureCheck,
    rest: WayToRest,
) -> PlanFacts:
    return PlanFacts(
        joint_margin_rad=min(float(track.margin_rad.min()) for track in tracks),
        smallest_singular=min(float(track.singular.min()) for track in tracks),
        joint_speed_share=max(float(check.speed_share(track).max()) for track in tracks),
        position_error_m=max(float(track.position_error_m.max()) for track in tracks),
        angle_error_rad=max(float(track.angle_error_rad.max()) for track in tracks),
        work_s=sum(segment.end_s - segment.start_s for segment in segments),
        is_parked_beside=rest.is_beside,
        paths_xy_m=tuple(stroke.path.only_feet_xy_m[::CHECK_EVERY] for stroke in strokes),
    )
