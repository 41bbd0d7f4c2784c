"""The free motions of a session: park poses, transfers over the body, approaches and lifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from controller.types import Phase, Vector3
from trajectories.anatomy.back import Back
from trajectories.techniques.fields import TOUCH_FORCE_N
from trajectories.techniques.timing import STEP_S
from trajectories.tool_pose import NOMINAL_DEPTH_M, Poses, tool_rotation

Array = NDArray[np.float64]

STEPS_PER_POSTURE = 5
"""A posture is computed every so many samples; every piece is a whole number of these long."""
APPROACH_CLEARANCE_M = 0.025
"""Distance of pad and skin where an approach begins: above a 3 mm surface error and breathing, near enough to be quick
at 20 mm/s (assumed)."""
LIFT_CLEARANCE_M = 0.040
"""Distance of pad and skin where a lift ends, and that a transfer keeps on its way (assumed)."""
PARK_HEIGHT_M = 0.15
"""Height of the parked pad over the highest skin beside it (assumed)."""
PARK_SHARE = 0.25
"""Where between spine and base the arm is parked: over the near flank (assumed)."""
APPROACH_S = 1.6
"""Time of an approach; the controller descends by itself at its own speed and the clock waits for it."""
LIFT_S = 1.0
"""Time of a lift."""
TRANSFER_SPEED_M_S = 0.15
TRANSFER_TURN_RAD_S = 0.6
"""Largest speeds of a transfer (assumed gentle: a person sees it coming)."""
SHORTEST_TRANSFER_S = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of the plan, at rest at both ends, sampled every ``STEP_S``.

    Attributes:
        phase: phase of the plan.
        segment: index of the stroke it belongs to.
        poses: (N,) tool poses; N - 1 is a multiple of ``STEPS_PER_POSTURE``.
        press_n: (N,) press force.
    """

    phase: Phase
    segment: int
    poses: Poses
    press_n: Array


def park_pose(back: Back, base_m: Vector3, pad_radius_m: float, yaw_rad: float) -> Poses:
    """Return the pose the arm waits at: over the flank on the side of its base, tool straight down."""
    y_spine = float(back.spine.y(base_m[0]))
    y = y_spine + PARK_SHARE * (base_m[1] - y_spine)
    around = np.linspace(-0.05, 0.05, 5)
    x_near, y_near = np.meshgrid(base_m[0] + around, y + around)
    height = float(back.skin.height(x_near.ravel(), y_near.ravel()).max())
    up = np.array([[0.0, 0.0, 1.0]])
    position = np.array([[base_m[0], y, height + PARK_HEIGHT_M + pad_radius_m]])
    return Poses(position, tool_rotation(up, yaw_rad), up, np.zeros(1))


def work_piece(segment: int, poses: Poses, press_n: Array) -> Piece:
    """Return the working piece of a stroke, its last sample repeated up to a whole number of postures."""
    count = -(-(len(press_n) - 1) // STEPS_PER_POSTURE) * STEPS_PER_POSTURE + 1
    index = np.minimum(np.arange(count), len(press_n) - 1)
    return Piece(Phase.WORK, segment, poses[index], press_n[index])


def approach_piece(segment: int, start: Poses) -> Piece:
    """Return the way from above a stroke's first pose down to it; the press force grows to the touch force."""
    u = _progress(APPROACH_S)
    height = (APPROACH_CLEARANCE_M + NOMINAL_DEPTH_M) * (1.0 - minimum_jerk(u))
    return Piece(Phase.APPROACH, segment, start.raised(height), TOUCH_FORCE_N * minimum_jerk(2.0 * u))


def lift_piece(segment: int, end: Poses) -> Piece:
    """Return the way from a stroke's last pose up along the normal; the press force fades first."""
    u = _progress(LIFT_S)
    height = (LIFT_CLEARANCE_M + NOMINAL_DEPTH_M) * minimum_jerk(u)
    return Piece(Phase.LIFT, segment, end.raised(height), TOUCH_FORCE_N * (1.0 - minimum_jerk(3.0 * u)))


def transfer_piece(segment: int, start: Poses, end: Poses, back: Back, pad_radius_m: float) -> Piece:
    """Return the way between two poses in the air, raised over whatever skin is between them."""
    fine = np.linspace(0.0, 1.0, 101)
    rise = _needed_rise(fine, start.position_m[0], end.position_m[0], back, pad_radius_m)
    way = _way(fine, start.position_m[0], end.position_m[0], rise)
    speed = np.linalg.norm(np.gradient(way, fine, axis=0), axis=1)
    u = np.linspace(0.0, 1.0, 101)
    fastest = float((np.interp(minimum_jerk(u), fine, speed) * 30.0 * u**2 * (1.0 - u) ** 2).max())
    ends = Rotation.from_matrix(np.concatenate([start.rotation, end.rotation]))
    angle = float((ends[0].inv() * ends[1]).magnitude())
    duration = max(SHORTEST_TRANSFER_S, fastest / TRANSFER_SPEED_M_S, 1.875 * angle / TRANSFER_TURN_RAD_S)
    s = minimum_jerk(_progress(duration))
    normal = start.normal + s[:, None] * (end.normal - start.normal)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    rotation = Slerp([0.0, 1.0], ends)(s).as_matrix()
    position = _way(s, start.position_m[0], end.position_m[0], rise)
    yaw = start.yaw_rad + s * (end.yaw_rad - start.yaw_rad)
    return Piece(Phase.TRANSFER, segment, Poses(position, rotation, normal, yaw), np.zeros(len(s)))


def minimum_jerk(u: Array) -> Array:
    """Return the quintic from 0 to 1 with zero speed and acceleration at both ends; its largest slope is 1.875."""
    u = np.clip(u, 0.0, 1.0)
    return np.asarray(u**3 * (10.0 - 15.0 * u + 6.0 * u**2))


def _progress(duration_s: float) -> Array:
    step = STEP_S * STEPS_PER_POSTURE
    count = int(np.ceil(duration_s / step - 1e-9)) * STEPS_PER_POSTURE
    return np.linspace(0.0, 1.0, count + 1)


def _way(s: Array, start_m: Array, end_m: Array, rise_m: float) -> Array:
    """Return points (N, 3) of a straight line, raised by a smooth bump that is steep at both ends."""
    way = start_m + s[:, None] * (end_m - start_m)
    way[:, 2] += rise_m * (1.0 - (2.0 * s - 1.0) ** 4)
    return np.asarray(way)


def _needed_rise(s: Array, start_m: Array, end_m: Array, back: Back, pad_radius_m: float) -> float:
    """Return the smallest rise [m] that keeps the clearance on the way, which grows to full over the first eighth."""
    first = _clearance(start_m[None], back, pad_radius_m)[0]
    last = _clearance(end_m[None], back, pad_radius_m)[0]
    share = np.clip(8.0 * np.minimum(s, 1.0 - s), 0.0, 1.0)
    ends = np.minimum(np.where(s < 0.5, first, last), LIFT_CLEARANCE_M)
    wanted = ends + share * (LIFT_CLEARANCE_M - ends) - 0.001
    for rise in np.arange(0.0, 0.2, 0.005):
        if (_clearance(_way(s, start_m, end_m, float(rise)), back, pad_radius_m) >= wanted).all():
            return float(rise)
    return 0.2


def _clearance(points_m: Array, back: Back, pad_radius_m: float) -> Array:
    """Return a lower estimate (N,) of the distance between pad and skin: the height over the skin times its slope."""
    x, y = points_m[:, 0], points_m[:, 1]
    above = points_m[:, 2] - back.skin.height(x, y)
    near = above * back.skin.normal(x, y)[:, 2]
    feet = back.skin.foot(points_m)
    exact = np.linalg.norm(points_m - feet, axis=1)
    return np.asarray(np.where(above < 0.1, np.minimum(exact, above), near) - pad_radius_m)
