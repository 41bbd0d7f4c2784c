"""Circles that creep along the long back muscle beside the spine."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from controller.errors import PlanError
from controller.safety.limits import PAD_CEILING_N
from controller.types import Region
from controller.wording import distinct_decimals
from trajectories.anatomy.back import Back
from trajectories.techniques.fields import TOUCH_FORCE_N, SpinePlace, StrokeModel, check_order
from trajectories.techniques.stroke_path import CONTACT_RADIUS_M, StrokePath, follow_skin
from trajectories.techniques.technique import Technique
from trajectories.techniques.timing import fade, samples, travel, travel_time

RAMP_S = 1.0
"""Time in which creeping speed and radius grow and shrink (assumed gentle)."""
SHORT_RAMP_S = 0.5
"""Force ramp of the short form: the shortest a program may ask for."""
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


class ParaspinalCircles(StrokeModel):
    """Circles that creep along the muscle beside the spine."""

    technique: Literal["paraspinal_circles"]
    lower: SpinePlace = "L5S1"
    """Lower end of the stretch; the circles' outer edge stays inside it."""
    upper: SpinePlace = "T3"
    """Upper end of the stretch; the circles' outer edge stays inside it."""
    direction: Literal["up", "down"] = "up"
    """Which way the circles creep."""
    turning: Literal["clockwise", "counterclockwise"] = "counterclockwise"
    """Turning direction seen from above (from outside the body)."""
    lateral_offset_m: float = Field(default=0.040, ge=0.025, le=0.055)
    """Distance of the circles' centres from the spine line."""
    radius_m: float = Field(default=0.016, ge=0.012, le=0.025)
    """Radius of the circles."""
    rate_hz: float = Field(default=0.55, ge=0.3, le=1.5)
    """Circles per second; slowed where the skin is curved."""
    creep_m_s: float = Field(default=0.020, ge=0.002, le=0.060)
    """Speed of the centres along the spine."""
    force_n: float = Field(default=18.0, ge=TOUCH_FORCE_N, le=PAD_CEILING_N)
    """Press force."""
    force_ramp_s: float = Field(default=1.5, ge=0.5, le=5.0)
    """Time of the force ramp at both ends."""

    @model_validator(mode="after")
    def _check_order(self) -> ParaspinalCircles:
        check_order(self.lower, self.upper)
        return self


def paraspinal_circles(stroke: ParaspinalCircles, back: Back) -> StrokePath:
    """Return the path of circles between two places on the spine.

    The whole contact, not only the centres, stays between the two places: the centres end one radius, and the
    radius of the contact, before them.

    Raises:
        PlanError: the stretch is shorter than two circles on this body, or upside down.
    """
    inset = stroke.radius_m + CONTACT_RADIUS_M
    low, high = back.stretch_x(stroke.lower, stroke.upper, inset)
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
    along = follow_skin(np.column_stack([x, y]), press, back)
    return StrokePath.of_one_pad(stroke.name, stroke.technique, stroke.side, ALLOWED, along)


def _short(force_n: float) -> ParaspinalCircles:
    return ParaspinalCircles(
        name="fault", technique="paraspinal_circles", side="right", lower="T12", upper="T3",
        force_n=force_n, force_ramp_s=SHORT_RAMP_S,
    )  # fmt: skip


PARASPINAL_CIRCLES = Technique(
    name="paraspinal_circles",
    model=ParaspinalCircles,
    make_path=paraspinal_circles,
    make_short=_short,
    least_force_n=TOUCH_FORCE_N,
    allowed=ALLOWED,
    summary="circles that creep along the muscle beside the spine",
    description=(
        "The pad draws circles on the long back muscle and creeps along the spine while it does. The force rises from "
        "a light touch at the beginning and falls back to it at the end. The circles are drawn slower where the skin "
        "is strongly curved."
    ),
    example="""\
- name: left back up
  technique: paraspinal_circles
  side: left
  lower: L5S1
  upper: T3
  direction: up
  turning: counterclockwise
  radius_m: 0.015
  rate_hz: 0.55
  creep_m_s: 0.022
  force_n: 16.0
""",
)
