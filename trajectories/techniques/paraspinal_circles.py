"""Circles that creep along the long back muscle beside the spine."""

from __future__ import annotations

import numpy as np

from controller.errors import PlanError
from controller.types import Region
from controller.wording import distinct_decimals
from trajectories.back import Back
from trajectories.program_model import TOUCH_FORCE_N, ParaspinalCircles
from trajectories.techniques.stroke_path import CONTACT_RADIUS_M, StrokePath, follow_skin
from trajectories.techniques.timing import fade, samples, travel, travel_time

RAMP_S = 1.0
"""Time in which creeping speed and radius grow and shrink (assumed gentle)."""
ALLOWED = frozenset(
    {
        Region.SACRUM,
        Region.LUMBAR_PARASPINAL,
        Region.THORACIC_PARASPINAL,
        Region.RHOMBOID,
        Region.UPPER_TRAPEZIUS,
        Region.NECK_BASE,
    }
)
"""The long back muscle runs under rhomboid and trapezius; the neck base has its own switch in the program."""


def paraspinal_circles(stroke: ParaspinalCircles, back: Back) -> StrokePath:
    """Return the path of circles between two places on the spine.

    The whole contact, not only the centres, stays between the two places: the centres end one radius, and the
    radius of the contact, before them.

    Raises:
        PlanError: the stretch is shorter than two circles on this body, or upside down.
    """
    inset = stroke.radius_m + CONTACT_RADIUS_M
    low, high = back.spine_x(stroke.lower) + inset, back.spine_x(stroke.upper) - inset
    length = high - low
    if not length >= 2.0 * stroke.radius_m:
        where = f"the stretch from {stroke.lower} to {stroke.upper}"
        got, least = distinct_decimals(100.0 * (length + 2.0 * inset), 200.0 * (stroke.radius_m + inset), 1)
        raise PlanError(
            stroke.name, where, f"{got} cm", f"at least {least} cm (two circles)", "choose places further apart"
        )
    duration = travel_time(length, stroke.creep_m_s, RAMP_S)
    t = samples(duration)
    gone = travel(t, length, stroke.creep_m_s, RAMP_S)
    centre = low + gone if stroke.direction == "up" else high - gone
    side = 1.0 if stroke.side == "left" else -1.0
    sense = 1.0 if stroke.turning == "counterclockwise" else -1.0
    phase = sense * 2.0 * np.pi * stroke.rate_hz * t
    radius = stroke.radius_m * fade(t, duration, RAMP_S)
    x = centre + radius * np.cos(phase)
    y = back.spine.y(centre) + side * stroke.lateral_offset_m + radius * np.sin(phase)
    press = TOUCH_FORCE_N + (stroke.force_n - TOUCH_FORCE_N) * fade(t, duration, stroke.force_ramp_s)
    feet, press, slowest = follow_skin(np.column_stack([x, y]), press, back)
    return StrokePath(stroke.name, stroke.technique, stroke.side, ALLOWED, feet, press, slowest)
