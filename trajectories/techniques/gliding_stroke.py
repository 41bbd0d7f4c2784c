"""Long, even glides along the back muscle beside the spine (effleurage)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from controller.errors import PlanError
from controller.types import Region
from controller.wording import distinct_decimals
from trajectories.anatomy.back import Back
from trajectories.techniques.fields import TOUCH_FORCE_N, SpinePlace, StrokeModel, check_order, rule_error
from trajectories.techniques.stroke_path import CONTACT_RADIUS_M, StrokePath, follow_skin
from trajectories.techniques.technique import Technique
from trajectories.techniques.timing import STEP_S, fade, samples, travel, travel_time

Array = NDArray[np.float64]

SLOWEST_M_S, FASTEST_M_S = 0.02, 0.10
"""Speeds of a glide (common in descriptions of effleurage)."""
MOST_FORCE_N = 25.0
"""Largest press force: a glide is a light technique (assumed)."""
RAMP_S = 1.0
"""Time in which a pass gets going and comes to rest: 0.25 m/s2 at the fastest (assumed gentle)."""
SHORTEST_M = FASTEST_M_S * RAMP_S
"""Shortest way of a pass: the fastest glide needs it to reach its speed."""
SPEEDS = 12
"""Speeds at which the time of a pass is found before a duration is filled: within 1 % between them (measured)."""
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


class GlidingStroke(StrokeModel):
    """Passes up and down along the muscle beside the spine, without leaving the skin between them."""

    technique: Literal["gliding_stroke"]
    lower: SpinePlace = "L5S1"
    """Lower end of the stretch; the edge of the contact stays inside it."""
    upper: SpinePlace = "T3"
    """Upper end of the stretch; the edge of the contact stays inside it."""
    direction: Literal["up", "down"] = "up"
    """Which way the first pass goes; every other pass goes back."""
    lateral_offset_m: float = Field(default=0.040, ge=0.025, le=0.055)
    """Distance of the path from the spine line."""
    speed_m_s: float = Field(default=0.05, ge=SLOWEST_M_S, le=FASTEST_M_S)
    """Speed along the spine; slowed where the skin curves or tilts. With `duration_s`: the speed to come near to."""
    force_n: float = Field(default=12.0, ge=TOUCH_FORCE_N, le=MOST_FORCE_N)
    """Press force."""
    passes: int | None = Field(default=None, ge=1, le=40)
    """Times along the stretch, up and down in turn; either this or `duration_s`."""
    duration_s: float | None = Field(default=None, ge=2.0, le=600.0)
    """Time of all passes; either this or `passes`. The speed is adapted so that whole passes fill it."""
    force_ramp_s: float = Field(default=1.5, ge=0.5, le=5.0)
    """Time of the force ramp at both ends."""

    @model_validator(mode="after")
    def _check_rules(self) -> GlidingStroke:
        check_order(self.lower, self.upper)
        if (self.passes is None) == (self.duration_s is None):
            got = "neither passes nor duration_s" if self.passes is None else "passes and duration_s together"
            raise rule_error("passes", got, "exactly one of passes and duration_s")
        return self


def gliding_stroke(stroke: GlidingStroke, back: Back) -> StrokePath:
    """Return the path of glides between two places on the spine.

    Raises:
        PlanError: the stretch is too short on this body, or the time too short for one pass.
    """
    low, high = back.stretch_x(stroke.lower, stroke.upper, 0.0)
    length = high - low
    if not length >= SHORTEST_M + 2.0 * CONTACT_RADIUS_M:
        where = f"the stretch from {stroke.lower} to {stroke.upper}"
        got, least = distinct_decimals(100.0 * length, 100.0 * (SHORTEST_M + 2.0 * CONTACT_RADIUS_M), 1)
        raise PlanError(stroke.name, where, f"{got} cm", f"at least {least} cm", "choose places further apart")
    if stroke.duration_s is None:
        along = _glide(stroke, back, stroke.passes or 1, stroke.speed_m_s)
    else:
        along = _glide(stroke, back, *_filling(stroke, back, stroke.duration_s))
    return StrokePath.of_one_pad(stroke.name, stroke.technique, stroke.side, ALLOWED, along)


def _glide(stroke: GlidingStroke, back: Back, passes: int, speed_m_s: float) -> tuple[Array, Array, float]:
    """Return feet (N, 2), press forces (N,) and slowest rate of a number of passes, slowed where the skin asks."""
    low, high = back.stretch_x(stroke.lower, stroke.upper, CONTACT_RADIUS_M)
    one_pass = travel_time(high - low, speed_m_s, RAMP_S)
    duration = passes * one_pass
    t = samples(duration)
    gone = np.zeros_like(t)
    for number in range(passes):
        sign = 1.0 if number % 2 == 0 else -1.0
        gone += sign * travel(t - number * one_pass, high - low, speed_m_s, RAMP_S)
    x = low + gone if stroke.direction == "up" else high - gone
    y = back.spine.y(x) + (1.0 if stroke.side == "left" else -1.0) * stroke.lateral_offset_m
    press = TOUCH_FORCE_N + (stroke.force_n - TOUCH_FORCE_N) * fade(t, duration, stroke.force_ramp_s)
    return follow_skin(np.column_stack([x, y]), press, back)


def _filling(stroke: GlidingStroke, back: Back, duration_s: float) -> tuple[int, float]:
    """Return the number of passes that fill a duration, and their speed [m/s].

    Of all numbers of passes that fill it at an allowed speed, the one whose speed is nearest to the wanted one, as a
    ratio, is taken. The time of a pass is that on this skin, slowing included.

    Raises:
        PlanError: the duration is too short for one pass at the fastest speed.
    """
    speeds = np.geomspace(FASTEST_M_S, SLOWEST_M_S, SPEEDS)
    times = np.array([STEP_S * (len(_glide(stroke, back, 1, float(speed))[1]) - 1) for speed in speeds])
    if not duration_s >= times[0]:
        where = f"the stretch from {stroke.lower} to {stroke.upper}"
        got, least = distinct_decimals(duration_s, float(times[0]), 2)
        allowed = f"at least {least} s (one pass at {FASTEST_M_S:g} m/s on this skin)"
        todo = "make duration_s longer or choose places nearer together"
        raise PlanError(stroke.name, where, f"duration_s {got}", allowed, todo)
    most = math.floor(duration_s / times[0])
    counts = np.arange(min(math.ceil(duration_s / times[-1]), most), most + 1)
    filling = np.interp(duration_s / counts, times, speeds)
    best = int(np.argmin(np.abs(np.log(filling / stroke.speed_m_s))))
    return int(counts[best]), float(filling[best])


def _short(force_n: float) -> GlidingStroke:
    return GlidingStroke(
        name="fault", technique="gliding_stroke", side="right", lower="T12", upper="T3", passes=2,
        force_n=force_n, force_ramp_s=SHORT_RAMP_S,
    )  # fmt: skip


GLIDING_STROKE = Technique(
    name="gliding_stroke",
    model=GlidingStroke,
    make_path=gliding_stroke,
    make_short=_short,
    least_force_n=TOUCH_FORCE_N,
    allowed=ALLOWED,
    summary="long even glides up and down beside the spine (effleurage)",
    description=(
        "The pad glides along the long back muscle in long even passes, up and down in turn, without leaving the skin. "
        "The force rises from a light touch at the beginning and falls back to it at the end. Say how many passes, or "
        "how long; with a duration the speed is adapted so that whole passes fill it. The glide is slower where the "
        "skin is strongly curved or tilts quickly."
    ),
    example="""\
- name: left back glides
  technique: gliding_stroke
  side: left
  lower: L5S1
  upper: T3
  direction: up
  speed_m_s: 0.06
  force_n: 12.0
  passes: 4
""",
)
