"""Press and slide: the stroke that both tissue tiers are held to each other with, at any place of the back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.types import Region
from trajectories.anatomy.measures import Measures
from trajectories.back import Back
from trajectories.program_model import TOUCH_FORCE_N
from trajectories.techniques.stroke_path import StrokePath, follow_skin
from trajectories.techniques.timing import samples, smooth_step, travel, travel_time

Array = NDArray[np.float64]

PLACES = ("spine-near", "mid-muscle", "shoulder")
RAMP_S, HOLD_S, AFTER_S = 1.0, 1.0, 0.3
"""Time of the force ramps, of the rest at full force before the slide, and of the one after it."""
WAY_M, SPEED_M_S, START_S = 0.040, 0.030, 0.4
"""Way and speed of the slide, and the time in which it gets going."""
ALLOWED = frozenset(Region) - {Region.NECK_BASE}


def place_xy(measures: Measures, place: str) -> tuple[float, float]:
    """Return x and y [m] of a place in K: beside the spine at T9, on the muscle at L3, on the shoulder under C7."""
    x_m, offset_m = {
        "spine-near": (measures.x("T9"), -0.030),
        "mid-muscle": (measures.x("L3"), 0.045),
        "shoulder": (measures.x("C7") - 0.01, -0.080),
    }[place]
    return x_m, float(measures.spine.y(x_m)) + offset_m


def press_and_slide(place: str, force_n: float, back: Back) -> StrokePath:
    """Return a stroke that presses at a place, rests there, slides on and lets go.

    It slides along the spine, on the shoulder along the muscle toward the shoulder's tip.

    Args:
        place: one of ``PLACES``.
        force_n: press force.
        back: the back.

    Raises:
        PlanError: it does not fit this body.
    """
    foot = np.array(place_xy(Measures.of(back.body), place))
    along = np.array([0.0, -1.0]) if place == "shoulder" else np.array([1.0, 0.0])
    slide_s = travel_time(WAY_M, SPEED_M_S, START_S)
    t = samples(2.0 * RAMP_S + HOLD_S + slide_s + AFTER_S)
    gone = travel(t - RAMP_S - HOLD_S, WAY_M, SPEED_M_S, START_S)
    ramp = smooth_step(t / RAMP_S) * smooth_step((t[-1] - t) / RAMP_S)
    press = TOUCH_FORCE_N + (force_n - TOUCH_FORCE_N) * ramp
    feet, press, slowest = follow_skin(foot + gone[:, None] * along, press, back)
    side = "left" if foot[1] > back.spine.y(foot[0]) else "right"
    return StrokePath(f"{place} {force_n:g} N", "press_and_slide", side, ALLOWED, feet, press, slowest)
