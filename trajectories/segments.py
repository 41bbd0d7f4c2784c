"""The numbers of a stroke that limits and reports need: ceiling, stiffness, effective mass, speed of the surface."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from controller.robot import RobotModel
from controller.safety.limits import REGION_CEILING_N
from controller.types import Region, SegmentInfo
from trajectories.back import Back
from trajectories.inverse_kinematics import Track
from trajectories.techniques.stroke_path import StrokePath
from trajectories.techniques.timing import STEP_S
from trajectories.tool_pose import Poses

TISSUE_LAW: Mapping[Region, tuple[float, float]] = MappingProxyType(
    {
        Region.SACRUM: (0.308, 2.08),
        Region.GLUTEAL: (0.122, 1.70),
        Region.LUMBAR_PARASPINAL: (0.303, 1.74),
        Region.THORACIC_PARASPINAL: (0.307, 1.82),
        Region.RHOMBOID: (0.270, 1.95),
        Region.UPPER_TRAPEZIUS: (0.217, 1.89),
        Region.NECK_BASE: (0.217, 1.89),
        Region.DELTOID: (0.218, 1.86),
        Region.THIGH: (0.154, 1.69),
        Region.CALF: (0.200, 1.71),
        Region.OTHER: (0.308, 2.08),
    }
)
"""k, n of F = k d^n (N, mm) for a relaxed body, 20 mm sphere: derived from indentation and elastography data and marked
assumed there (reference tissue table, section 8). OTHER takes the stiffest."""
SCATTER = 1.5
"""Factor for stiffer people: e^(1.35 SD) of a log-normal SD 0.30 (assumed)."""
STIFFNESS_STEP_N_PER_M = 500.0
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


def tangent_stiffness(region: Region, force_n: float) -> float:
    """Return the upper estimate of dF/dd [N/m] at a force: n k^(1/n) F^(1 - 1/n), times ``SCATTER``."""
    k, n = TISSUE_LAW[region]
    return 1e3 * SCATTER * n * math.pow(k, 1.0 / n) * math.pow(force_n, 1.0 - 1.0 / n)


def effective_mass(robot: RobotModel, track: Track, poses: Poses) -> float:
    """Return the largest effective mass [kg] along the normals of a stroke; poses every posture."""
    chosen = [*range(0, len(poses), MASS_EVERY), len(poses) - 1]
    return max(robot.effective_mass(track.q_rad[k], poses.normal[k]) for k in chosen)


def segment_info(
    path: StrokePath, regions: list[list[Region]], back: Back, mass_kg: float, start_s: float, end_s: float
) -> SegmentInfo:
    """Return what reports and limits need of a stroke.

    Args:
        path: the stroke.
        regions: regions under every checked footprint, centre first.
        back: the back.
        mass_kg: largest effective mass along the normal.
        start_s: plan time at which its work begins.
        end_s: plan time at which its work ends.
    """
    under = {region for group in regions for region in group}
    main = Counter(group[0] for group in regions).most_common(1)[0][0]
    ceiling = min(REGION_CEILING_N[region] for region in under)
    stiffness = max(tangent_stiffness(region, REGION_CEILING_N[region]) for region in under)
    step = STIFFNESS_STEP_N_PER_M
    speed = float(np.linalg.norm(np.diff(path.feet_xy_m, axis=0), axis=1).max() / STEP_S)
    is_thorax = float(path.feet_xy_m[:, 0].max()) > back.spine_x(THORAX_FROM)
    breathing = BREATHING_THORAX_M_S if is_thorax else BREATHING_LUMBAR_M_S
    return SegmentInfo(
        name=path.name,
        technique=path.technique,
        region=str(main),
        side=path.side,
        force_target_n=float(path.press_n.max()),
        ceiling_n=ceiling,
        stiffness_n_per_m=step * math.ceil(stiffness / step),
        surface_speed_m_s=breathing + speed * math.sin(SLOPE_ERROR_RAD),
        lambda_n_kg=mass_kg,
        start_s=start_s,
        end_s=end_s,
    )
