"""Light glides at the start of a session whose measured heights tell whether the person lies as planned.

Touches on single points do not tell it: under breathing, a scan that is 3 mm off and tissue that is not known, three of
them leave a shift across the spine open to 20-45 mm, six to 7-40 mm, because a round back that is shifted looks like
one that is rolled. Glides over the slopes of both back muscles see their curvature, which tells these apart: they leave
3-6 mm (docs/registration.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline
from scipy.ndimage import gaussian_filter1d

from controller.types import Region
from trajectories.anatomy.back import Back
from trajectories.anatomy.keepout import RIDGE_M
from trajectories.anatomy.measures import ERECTOR_M
from trajectories.techniques.fields import TOUCH_FORCE_N
from trajectories.techniques.stroke_path import CONTACT_RADIUS_M, StrokePath, follow_skin
from trajectories.techniques.timing import samples, travel, travel_time

Array = NDArray[np.float64]

TECHNIQUE = "registration"
"""Technique that these strokes name; no program file has it."""
FARTHEST_M = 0.025
"""A base that stands this far off is found out, and must not bring a glide into a keep-out meanwhile."""
INNER_M = RIDGE_M + FARTHEST_M + CONTACT_RADIUS_M
"""Nearest to the spine: clear of the ridge wherever the base stands."""
OUTER_M = ERECTOR_M - FARTHEST_M - CONTACT_RADIUS_M
"""Farthest from the spine below the ribs: clear of the kidney flank."""
RIBS_OUTER_M = 0.065
"""Farthest from the spine over the ribs (design choice: on every shipped body 25 mm from the shoulder blade)."""
CORNERS = (
    (0.05, INNER_M),
    (0.05, OUTER_M),
    (0.35, INNER_M),
    (0.65, RIBS_OUTER_M),
    (0.95, INNER_M),
    (0.95, RIBS_OUTER_M),
)
"""Corners of a glide: share of the way from L5S1 to T3, and distance from the spine (found by trial: the smallest error
across the spine at the least length)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of the glides.

    Attributes:
        corners: as ``CORNERS``.
        speed_m_s: speed, slowed where the skin curves (design choice: at 0.09 m/s a wrist next to singular turned by
            1 rad/s and swung, on five of 100 plants drawn; now none of the five does. Of speeds near 0.05 m/s this one
            is disturbed by breathing least: every large error is found in 400 draws a body, with 2 % of false alarms at
            most).
    """

    corners: tuple[tuple[float, float], ...]
    speed_m_s: float


SHAPES = (Shape(((-0.17, 0.060), *CORNERS), 0.048), Shape(CORNERS, 0.048))
"""The better one first: it begins on the slope of the buttock, which tells how far along the back the person lies. An
arm that cannot do it takes the other one."""
RAMP_S = 0.5
"""Time in which it gets going and comes to rest (assumed gentle)."""
ROUNDING_M = 0.011
"""Corners are rounded by a Gaussian of this width over the way (design choice). Over the way, not over time: a path
rounded over time is cut off at both its ends while it moves, so that the glide would begin with a jump in speed."""
TRUNCATE = 4.0
"""The Gaussian ends at so many widths."""
WAY_STEP_M = 0.001
"""Spacing of the points that are rounded."""
ALLOWED = frozenset(
    {Region.SACRUM, Region.GLUTEAL, Region.LUMBAR_PARASPINAL, Region.THORACIC_PARASPINAL, Region.RHOMBOID}
)
"""A touch is allowed on all of these."""


def registration_paths(back: Back, shape: Shape) -> tuple[StrokePath, ...]:
    """Return a light glide on each side of the spine: up on the left, down on the right."""
    return tuple(_glide(side, back, shape) for side in ("left", "right"))


def _glide(side: str, back: Back, shape: Shape) -> StrokePath:
    low, high = back.stretch_x("L5S1", "T3", CONTACT_RADIUS_M)
    corners = np.array([(low + share * (high - low), lateral) for share, lateral in shape.corners])
    corners = corners if side == "left" else corners[::-1]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    t = samples(travel_time(along[-1], shape.speed_m_s, RAMP_S))
    gone = travel(t, along[-1], shape.speed_m_s, RAMP_S)
    x, lateral = _rounded(corners, along)(gone).T
    y = back.spine.y(x) + (1.0 if side == "left" else -1.0) * lateral
    press = np.full(len(t), TOUCH_FORCE_N)
    path = follow_skin(np.column_stack([x, y]), press, back)
    return StrokePath.of_one_pad(f"registration {side}", TECHNIQUE, side, ALLOWED, path)


def _rounded(corners: Array, along: Array) -> BSpline:
    """Return the polygon of corners (N, 2) at ways (N,) with its corners rounded, over the way; its ends stay."""
    way = np.linspace(0.0, along[-1], int(np.ceil(along[-1] / WAY_STEP_M)) + 1)
    straight = np.column_stack([np.interp(way, along, channel) for channel in corners.T])
    width = ROUNDING_M / float(way[1] - way[0])
    beyond = int(np.ceil(TRUNCATE * width))
    longer = np.pad(straight, ((beyond, beyond), (0, 0)), mode="reflect", reflect_type="odd")
    rounded = gaussian_filter1d(longer, width, axis=0, truncate=TRUNCATE)[beyond:-beyond]
    return make_interp_spline(way, rounded, k=5)
