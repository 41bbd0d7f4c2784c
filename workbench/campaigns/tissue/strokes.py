"""Press and slide: the stroke that both tissue models are compared with, at any place of the back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.types import Region
from trajectories.anatomy.back import Back
from trajectories.anatomy.measures import Measures
from trajectories.techniques.fields import TOUCH_FORCE_N
from trajectories.techniques.shoulder_kneading import muscle_line
from trajectories.techniques.stroke_path import StrokePath, follow_skin
from trajectories.techniques.timing import samples, smooth_step, travel, travel_time

Array = NDArray[np.float64]

PLACES = ("spine-near", "mid-muscle", "shoulder")
RAMP_S, HOLD_S, AFTER_S = 1.0, 1.0, 0.3
"""Time of the force ramps, of the rest at full force before the slide, and of the one after it."""
WAY_M, SPEED_M_S, START_S = 0.040, 0.030, 0.4
"""Way and speed of the slide, and the time in which it gets going."""
EDGE_GAP_M, START_M = 0.008, 0.005
"""Distance of the shoulder's stroke from keep-outs, and of its beginning from the neck base."""
ALLOWED = frozenset(Region) - {Region.NECK_BASE}


def place_xy(back: Back, place: str) -> tuple[float, float]:
    """Return x and y [m] of a place in K: beside the spine at T9, on the muscle at L3, on the upper trapezius."""
    x_m, y_m = _foot_and_way(back, place)[0].tolist()
    return x_m, y_m


def _foot_and_way(back: Back, place: str) -> tuple[Array, Array]:
    """Return x and y (2,) of a place, and the direction (2,) of the muscle there."""
    measures = Measures.of(back.body)
    if place == "shoulder":
        inner, outer = muscle_line("right", back, EDGE_GAP_M)
        along = (outer - inner) / np.linalg.norm(outer - inner)
        return inner + START_M * along, along
    level, offset_m = {"spine-near": ("T9", -0.030), "mid-muscle": ("L3", 0.045)}[place]
    x_m = measures.x(level)
    return np.array([x_m, float(measures.spine.y(x_m)) + offset_m]), np.array([1.0, 0.0])


def press_and_slide(place: str, force_n: float, back: Back) -> StrokePath:
    """Return a stroke that presses at a place, rests there, slides on and lets go.

    It slides along the muscle: up the spine, on the shoulder outward.

    Args:
        place: one of ``PLACES``.
        force_n: press force.
        back: the back.

    Raises:
        PlanError: it does not fit this body.
    """
    foot, along = _foot_and_way(back, place)
    slide_s = travel_time(WAY_M, SPEED_M_S, START_S)
    t = samples(2.0 * RAMP_S + HOLD_S + slide_s + AFTER_S)
    gone = travel(t - RAMP_S - HOLD_S, WAY_M, SPEED_M_S, START_S)
    ramp = smooth_step(t / RAMP_S) * smooth_step((t[-1] - t) / RAMP_S)
    press = TOUCH_FORCE_N + (force_n - TOUCH_FORCE_N) * ramp
    along_skin = follow_skin(foot + gone[:, None] * along, press, back)
    side = "left" if foot[1] > back.spine.y(foot[0]) else "right"
    return StrokePath.of_one_pad(f"{place} {force_n:g} N", "press_and_slide", side, ALLOWED, along_skin)
