"""The numbers of a stroke that limits and reports need: ceiling, stiffness, effective mass, speed of the surface."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from controller.robot import RobotModel
from controller.safety.limits import REGION_CEILING_N
from controller.types import Region, SegmentInfo
from trajectories.anatomy.back import Back
from trajectories.anatomy.place_error import NO_ERROR
from trajectories.press_depth import depth_limit_m
from trajectories.reach.inverse_kinematics import Track
from trajectories.registration_check import DEPTH_AT_20_N_M
from trajectories.stroke_checks import regions_under
from trajectories.techniques.stroke_path import StrokePath
from trajectories.techniques.timing import STEP_S
from trajectories.tissue_stiffness import STIFFNESS_AT_CEILING_N_PER_M, STIFFNESS_AT_WORK_N_PER_M
from trajectories.tool_pose import NOMINAL_DEPTH_M, Poses

BREATHING_THORAX_M_S = 0.0079
"""Largest speed of the thoracic skin: 5 mm amplitude at 0.25 Hz, 5e-3 * 2 pi * 0.25."""
BREATHING_LUMBAR_M_S = 0.0032
"""Largest speed of the lumbar skin: 2 mm amplitude at 0.25 Hz."""
THORAX_FROM = "L3"
"""Breathing fades between thorax and lumbar back; everything above this landmark counts as thorax (upper estimate)."""
SLOPE_ERROR_RAD = math.radians(5.0)
"""Error of the planned slope, which turns stroke speed into surface speed (assumed: 3 mm rms surface error)."""
MASS_EVERY = 5
"""Every so many postures (50 ms each) the effective mass is computed."""


def effective_mass(robot: RobotModel, track: Track, poses: Poses) -> tuple[float, float]:
    """Return smallest and largest effective mass [kg] along the normals of a stroke; poses every posture."""
    chosen = [*range(0, len(poses), MASS_EVERY), len(poses) - 1]
    masses = [robot.effective_mass(track.q_rad[k], poses.normal[k]) for k in chosen]
    return min(masses), max(masses)


def segment_info(
    path: StrokePath,
    regions: list[list[Region]],
    back: Back,
    mass_kg: tuple[float, float],
    start_s: float,
    end_s: float,
) -> SegmentInfo:
    """Return what reports and limits need of a stroke.

    Args:
        path: the stroke.
        regions: regions under every checked footprint, centre first.
        back: the back.
        mass_kg: smallest and largest effective mass along the normal.
        start_s: plan time at which its work begins.
        end_s: plan time at which its work ends.
    """
    under = {region for group in regions for region in group}
    main = Counter(group[0] for group in regions).most_common(1)[0][0]
    ceiling = min(REGION_CEILING_N[region] for region in under)
    # Ceilings count wherever the pad may be; stiffness where it is planned: at a border it changes over 10 mm, as far
    # as the base is off, and its table is an upper estimate.
    planned = regions_under(path.only_feet_xy_m, back, NO_ERROR)
    stiffness = max(STIFFNESS_AT_CEILING_N_PER_M[region] for group in planned for region in group)
    speed = float(np.linalg.norm(np.diff(path.only_feet_xy_m, axis=0), axis=1).max() / STEP_S)
    is_thorax = float(path.only_feet_xy_m[:, 0].max()) > back.spine_x(THORAX_FROM)
    breathing = BREATHING_THORAX_M_S if is_thorax else BREATHING_LUMBAR_M_S
    return SegmentInfo(
        name=path.name,
        technique=path.technique,
        region=str(main),
        side=path.side,
        force_target_n=float(path.press_n.max()),
        ceiling_n=ceiling,
        stiffness_n_per_m=stiffness,
        working_stiffness_n_per_m=STIFFNESS_AT_WORK_N_PER_M[main],
        surface_speed_m_s=breathing + speed * math.sin(SLOPE_ERROR_RAD),
        lambda_n_kg=mass_kg[1],
        smallest_lambda_n_kg=mass_kg[0],
        start_s=start_s,
        end_s=end_s,
        contact=path.contact,
        depth_m=depth_limit_m(under, float(path.press_n.max())),
        working_depth_m=DEPTH_AT_20_N_M[main],
        planned_depth_m=NOMINAL_DEPTH_M,
    )
