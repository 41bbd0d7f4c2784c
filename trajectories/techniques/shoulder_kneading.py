"""Press, roll, release along the upper trapezius."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from controller.errors import PlanError
from controller.types import Region
from controller.wording import distinct_decimals
from trajectories.anatomy.back import Back
from trajectories.anatomy.measures import Measures
from trajectories.anatomy.regions import REGIONS
from trajectories.techniques.fields import TOUCH_FORCE_N, StrokeModel, rule_error
from trajectories.techniques.stroke_path import StrokePath, follow_skin
from trajectories.techniques.technique import Technique
from trajectories.techniques.timing import fade, samples, travel, travel_time

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

RAMP_S = 1.0
"""Time in which creeping speed and roll grow and shrink (assumed gentle)."""
KEEP_OUT_GAP_M = 0.008
"""Distance of the roll from keep-outs: a 5 mm footprint, 2 mm for the grain of the map, 1 mm to spare."""
SHORT_RAMP_S = 0.5
"""Force ramp of the short form: the shortest a program may ask for."""
LEAST_FORCE_N = 8.0
"""Smallest force of the wave: the pad keeps a firm contact when released (assumed)."""
SHORTEST_M = 0.015
"""Shortest way of the roll's centre that is still a stroke along the muscle (assumed)."""
NECK_BASE_CODE = REGIONS.index(Region.NECK_BASE)
ALLOWED = frozenset({Region.UPPER_TRAPEZIUS, Region.NECK_BASE})
"""The neck base has its own switch in the program."""


class ShoulderKneading(StrokeModel):
    """Press, roll and release along the upper trapezius, from the neck base to the acromion and back."""

    technique: Literal["shoulder_kneading"]
    force_low_n: float = Field(default=8.0, ge=LEAST_FORCE_N, le=25.0)
    """Press force when released."""
    force_high_n: float = Field(default=20.0, ge=LEAST_FORCE_N, le=25.0)
    """Press force when pressed."""
    period_s: float = Field(default=1.6, ge=0.8, le=2.5)
    """Time of one press, roll and release."""
    roll_along_m: float = Field(default=0.010, ge=0.0, le=0.020)
    """Amplitude of the roll along the muscle."""
    roll_across_m: float = Field(default=0.005, ge=0.0, le=0.012)
    """Amplitude of the roll across the muscle."""
    creep_m_s: float = Field(default=0.008, ge=0.002, le=0.030)
    """Speed along the muscle."""
    passes: int = Field(default=2, ge=1, le=8)
    """Times along the muscle, outward and inward in turn."""
    force_ramp_s: float = Field(default=1.5, ge=0.5, le=5.0)
    """Time of the force ramp at both ends."""

    @model_validator(mode="after")
    def _check_order(self) -> ShoulderKneading:
        if not self.force_low_n <= self.force_high_n:
            raise rule_error("force_low_n", f"{self.force_low_n:g}", f"at most force_high_n = {self.force_high_n:g}")
        return self


def muscle_line(side: str, back: Back, gap_m: float) -> tuple[Array, Array]:
    """Return the inner (neck base) and outer (acromion) end (2,) of the upper trapezius in K.

    Args:
        side: ``left`` or ``right``.
        back: the back.
        gap_m: distance that the line must keep from keep-outs; it is cut at both ends where it does not, so it ends
            before the acromion, over which the scapular spine runs.
    """
    measures = Measures.of(back.body)
    sign, acromion = (1, "acromion_L") if side == "left" else (-1, "acromion_R")
    inner, bone = measures.neck_base(sign), measures.spot(acromion)
    share = np.linspace(0.0, 1.0, 201)
    points = inner + share[:, None] * (bone - inner)
    is_clear = back.keep_out.clearance_within(back.place_error, points[:, 0], points[:, 1]) >= gap_m
    is_clear &= ~_may_reach_neck_base(points, back, gap_m)
    middle = len(share) // 2
    blocked = np.flatnonzero(~is_clear)
    first = int(np.max(blocked[blocked <= middle], initial=-1)) + 1
    last = int(np.min(blocked[blocked > middle], initial=len(share))) - 1
    return points[min(first, middle)], points[max(last, min(first, middle))]


def _may_reach_neck_base(points_m: Array, back: Back, gap_m: float) -> Mask:
    """Return which places (N, 2) the neck base may be nearer to than a gap only because the base stands off.

    Nothing is kept from a neck base that is where it is thought: the program's own switch is about that.
    """
    around = back.place_error.around(points_m, gap_m)
    regions = back.regions.code_at(around[..., 0], around[..., 1]).reshape(around.shape[:2])
    return np.asarray((regions == NECK_BASE_CODE).any(axis=1) & (back.place_error.distance_m > 0.0))


def shoulder_kneading(stroke: ShoulderKneading, back: Back) -> StrokePath:
    """Return the path of kneading between the neck base and the acromion.

    The force is lowest when the roll is furthest outward and highest when it is furthest inward; the roll is an
    ellipse along and across the muscle. The whole roll stays between both ends of the muscle.

    Raises:
        PlanError: the muscle of this body is too short for the roll.
    """
    inner, outer = muscle_line(stroke.side, back, stroke.roll_across_m + KEEP_OUT_GAP_M)
    way = outer - inner
    length = float(np.linalg.norm(way)) - 2.0 * stroke.roll_along_m
    if not length >= SHORTEST_M:
        left, least = distinct_decimals(1e3 * length, 1e3 * SHORTEST_M, 0)
        got = f"{left} mm left of {1e3 * (length + 2.0 * stroke.roll_along_m):.0f} mm of muscle"
        where = f"the upper trapezius, {stroke.side}"
        raise PlanError(stroke.name, where, got, f"at least {least} mm", "make roll_along_m smaller")
    along = way / np.linalg.norm(way)
    across = np.array([-along[1], along[0]]) * (1.0 if stroke.side == "left" else -1.0)
    one_pass = travel_time(length, stroke.creep_m_s, RAMP_S)
    duration = one_pass * stroke.passes
    t = samples(duration)
    gone = np.zeros_like(t)
    for number in range(stroke.passes):
        direction = 1.0 if number % 2 == 0 else -1.0
        gone += direction * travel(t - number * one_pass, length, stroke.creep_m_s, RAMP_S)
    phase = 2.0 * np.pi * t / stroke.period_s
    roll = fade(t, duration, RAMP_S)
    distance = stroke.roll_along_m + gone + stroke.roll_along_m * roll * np.cos(phase)
    feet = inner + np.outer(distance, along) + np.outer(stroke.roll_across_m * roll * np.sin(phase), across)
    middle, half = 0.5 * (stroke.force_high_n + stroke.force_low_n), 0.5 * (stroke.force_high_n - stroke.force_low_n)
    wave = middle - half * np.cos(phase)
    press = TOUCH_FORCE_N + (wave - TOUCH_FORCE_N) * fade(t, duration, stroke.force_ramp_s)
    along_skin = follow_skin(feet, press, back)
    return StrokePath.of_one_pad(stroke.name, stroke.technique, stroke.side, ALLOWED, along_skin)


def _short(force_n: float) -> ShoulderKneading:
    return ShoulderKneading(
        name="fault", technique="shoulder_kneading", side="right", force_high_n=force_n, passes=1,
        force_ramp_s=SHORT_RAMP_S,
    )  # fmt: skip


SHOULDER_KNEADING = Technique(
    name="shoulder_kneading",
    model=ShoulderKneading,
    make_path=shoulder_kneading,
    make_short=_short,
    least_force_n=LEAST_FORCE_N,
    allowed=ALLOWED,
    summary="press, roll and release along the upper trapezius",
    description=(
        "The pad presses the upper trapezius, rolls inward and releases outward, while it moves from the neck base to "
        "the acromion and back. The path ends before the acromion, where the bone begins."
    ),
    example="""\
- name: right shoulder
  technique: shoulder_kneading
  side: right
  force_low_n: 8.0
  force_high_n: 20.0
  period_s: 1.6
  passes: 2
""",
)
