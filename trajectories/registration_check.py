"""How heights measured by light glides become the place of the person: least squares under all that disturbs them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from controller.types import Offset, Region, RegistrationCheck, Vector
from trajectories.anatomy.back import Back
from trajectories.anatomy.regions import REGIONS
from trajectories.techniques.fields import TOUCH_FORCE_N
from trajectories.techniques.stroke_path import StrokePath
from trajectories.techniques.timing import STEP_S
from trajectories.tool_pose import NOMINAL_DEPTH_M

Array = NDArray[np.float64]

EVERY = 10
"""Every so many path samples a height is taken: 0.1 s, 9 mm."""
DEPTH_AT_20_N_M: Mapping[Region, float] = MappingProxyType(
    {
        Region.SACRUM: 0.0077,
        Region.GLUTEAL: 0.0209,
        Region.LUMBAR_PARASPINAL: 0.0116,
        Region.THORACIC_PARASPINAL: 0.0103,
        Region.RHOMBOID: 0.0094,
        Region.UPPER_TRAPEZIUS: 0.0114,
        Region.NECK_BASE: 0.0114,
        Region.DELTOID: 0.0116,
        Region.THIGH: 0.0186,
        Region.CALF: 0.0154,
        Region.OTHER: 0.0099,
    }
)
"""Indentation of a typical person by a 36 mm sphere at 20 N (assumed like the stiffness tables of the strokes)."""
TOUCH_DEPTH_SHARE = (TOUCH_FORCE_N / 20.0) ** 0.54
"""Share of it at the touch force."""

SCAN_M, SCAN_CORRELATION_M = 0.003, 0.06
"""Error of the scanned skin and the distance over which it changes (assumed: a depth camera over a back, smoothed)."""
TISSUE_M, NOISE_M = 0.0010, 0.0007
"""Error of the expected indentation, the same everywhere, and what is left from place to place (assumed)."""
BREATHING_HZ = (0.13, 0.16, 0.20, 0.25, 0.32, 0.40)
"""Breathing rates that are reckoned with: their amplitude and phase are not known."""
BREATHING_M = (0.002, 0.005)
"""Amplitudes over L5S1 and over T9, between them linear (assumed, on the high side)."""
PRIOR_M = (0.020, 0.020, 0.030)
PRIOR_RAD = (0.05, 0.05, 0.07)
"""Standard deviations of displacement and turn of the person before anything is touched: weak (assumed)."""

ACROSS_M, HEIGHT_M = 0.013, 0.012
"""Largest offsets that a session goes on with. Across the spine: what circles keep from the ridge with a base as far
off as the rig says, nearly (docs/registration.md)."""
SPINE_OFFSETS = (
    ("across the spine at L5S1", "L5S1", 1, ACROSS_M),
    ("across the spine at T12", "T12", 1, ACROSS_M),
    ("across the spine at T3", "T3", 1, ACROSS_M),
    ("up at L5S1", "L5S1", 2, HEIGHT_M),
    ("up at T3", "T3", 2, HEIGHT_M),
)
"""Name, level of the spine, axis in K, limit."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A large error of the person's place, told by the pattern of heights that belongs to it.

    Attributes:
        name: what it is.
        move_m: displacement of the person.
        turn_rad: turn about the vertical.
        is_person: the turn is about the person's middle, not about the base.
    """

    name: str
    move_m: tuple[float, float, float]
    turn_rad: float
    is_person: bool


PATTERNS = tuple(
    _Pattern(f"{name} {way}", (sign * move_m, 0.0, 0.0), sign * math.radians(turn_deg), is_person)
    for name, move_m, turn_deg, is_person, ways in (
        ("moved", 0.025, 0.0, False, ("toward the head", "toward the feet")),
        ("turned about the base", 0.0, 3.0, False, ("left", "right")),
        ("turned about the middle", 0.0, 5.0, True, ("left", "right")),
    )
    for way, sign in zip(ways, (1.0, -1.0), strict=True)
)
"""Errors along the spine and turns: heights are not linear in them, 25 mm is as long as what they see."""
PATTERN_SHARE = 0.6
"""Largest share of such an error that a session goes on with (design choice: between none and all of it)."""
PATTERN_DEVIATIONS = 2.1
"""Not fewer of its standard deviations: a scan that is 3 mm off must not look like a turn (2 % that it does)."""
REGISTERED_M = (0.005, 0.005, 0.010)
REGISTERED_RAD = (0.0175, 0.0175, 0.0087)
"""Standard deviations of the errors that are allowed, and do not count for a pattern (the rig's, wider in height)."""
STEPS_TO_SKIN, STEP_TO_SKIN = 30, 0.8
"""Steps from the planned to the moved skin along the planned normal, and the share of the way that each goes."""

RESIDUAL_M = 0.010
"""Largest rms of heights that no displacement explains: three times the scan's (design choice)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """The linear model of the heights.

    Attributes:
        points_m: (N, 3) feet.
        normal: (N, 3) outward normals there.
        jacobian: (N, 6) heights by displacement and turn of the person.
        covariance: (N, N) of what disturbs them.
    """

    points_m: Array
    normal: Array
    jacobian: Array
    covariance: Array


def registration_check(
    paths: Sequence[StrokePath], starts_s: Sequence[float], back: Back, base_m: tuple[float, float, float]
) -> RegistrationCheck:
    """Return how the heights of some strokes are judged.

    Args:
        paths: the strokes, at the touch force.
        starts_s: plan times at which their work begins.
        back: the back.
        base_m: where the base stands; turns of the person are about it.
    """
    feet = np.concatenate([path.only_feet_xy_m[::EVERY] for path in paths])
    times = [
        start + STEP_S * EVERY * np.arange(len(path.only_press_n[::EVERY]))
        for path, start in zip(paths, starts_s, strict=True)
    ]
    t_s = np.concatenate(times)
    model = _model(feet, t_s, back, np.array(base_m))
    prior = np.diag(1.0 / np.array((*PRIOR_M, *PRIOR_RAD)) ** 2)
    weighted = np.linalg.solve(model.covariance, model.jacobian).T
    posterior: Array = np.asarray(np.linalg.inv(prior + weighted @ model.jacobian), dtype=np.float64)
    estimator: Array = np.asarray(posterior @ weighted, dtype=np.float64)
    depth_m = _depth_m(feet, back)
    judged_s = starts_s[-1] + STEP_S * (len(paths[-1].only_press_n) - 1)
    return RegistrationCheck(
        times_s=_vector(t_s),
        half_s=0.5 * STEP_S * EVERY,
        expected_m=_vector(NOMINAL_DEPTH_M - depth_m),
        depth_m=_vector(depth_m),
        estimator=_rows(estimator),
        jacobian=_rows(model.jacobian),
        offsets=_offsets(back, model, np.array(base_m), posterior, estimator),
        residual_m=RESIDUAL_M,
        judged_s=float(judged_s),
    )


def _depth_m(feet: Array, back: Back) -> Array:
    """Return the expected indentation (N,) at the touch force."""
    each = np.array([DEPTH_AT_20_N_M[region] for region in REGIONS])
    return np.asarray(TOUCH_DEPTH_SHARE * (each @ back.regions.weights(*feet.T)))


def _model(feet: Array, t_s: Array, back: Back, base_m: Array) -> _Model:
    x, y = feet.T
    normal = back.skin.normal(x, y)
    points = np.column_stack([x, y, back.skin.height(x, y)])
    jacobian = np.column_stack([normal, np.cross(points - base_m, normal)])
    apart = np.sum((points[:, None] - points[None]) ** 2, axis=2)
    scan = SCAN_M**2 * np.exp(-apart / SCAN_CORRELATION_M**2)
    levels = [back.spine_x("L5S1"), back.spine_x("T9")]
    amplitude = np.interp(x, levels, BREATHING_M) * normal[:, 2]
    phases = 2.0 * np.pi * (t_s[:, None] - t_s[None])
    breath = 0.5 * np.outer(amplitude, amplitude) * np.mean([np.cos(rate * phases) for rate in BREATHING_HZ], axis=0)
    return _Model(points, normal, jacobian, scan + breath + TISSUE_M**2 + NOISE_M**2 * np.eye(len(x)))


def _offsets(back: Back, model: _Model, base_m: Array, posterior: Array, estimator: Array) -> tuple[Offset, ...]:
    """Return what is held against limits: the spine across and up by least squares, large errors by their pattern."""
    found = []
    for name, level, axis, allowed in SPINE_OFFSETS:
        direction = np.eye(3)[axis]
        row = np.concatenate([direction, np.cross(back.spine.point(back.spine_x(level)) - base_m, direction)])
        deviation = float(np.sqrt(row @ posterior @ row))
        found.append(Offset(name, _vector(np.asarray(row @ estimator)), allowed, "m", deviation))
    middle = back.spine.point(back.spine_x("T12"))
    registered = np.diag(np.array((*REGISTERED_M, *REGISTERED_RAD)) ** 2)
    covariance = model.covariance + model.jacobian @ registered @ model.jacobian.T
    for pattern in PATTERNS:
        size = max(map(abs, (*pattern.move_m, pattern.turn_rad)))
        centre = middle if pattern.is_person else base_m
        heights = _moved_heights(back, model, np.array(pattern.move_m), pattern.turn_rad, centre)
        weights: Array = np.asarray(np.linalg.solve(covariance, heights), dtype=np.float64)
        strength = float(weights @ heights)
        unit = "m" if pattern.turn_rad == 0.0 else "rad"
        deviation = size / math.sqrt(strength)
        allowed = max(PATTERN_SHARE * size, PATTERN_DEVIATIONS * deviation)
        found.append(Offset(pattern.name, _vector(weights * (size / strength)), allowed, unit, deviation))
    return tuple(found)


def _moved_heights(back: Back, model: _Model, move_m: Array, turn_rad: float, centre_m: Array) -> Array:
    """Return how much higher (N,) the skin is along the planned normals where the person is moved and turned."""
    cosine, sine = math.cos(turn_rad), math.sin(turn_rad)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    excess = np.zeros(len(model.points_m))
    for _ in range(STEPS_TO_SKIN):
        here = (model.points_m + excess[:, None] * model.normal - move_m - centre_m) @ turn + centre_m
        excess += STEP_TO_SKIN * (back.skin.height(here[:, 0], here[:, 1]) - here[:, 2])
    return np.asarray(excess)


def _vector(values: Array) -> Vector:
    return tuple(float(v) for v in values)


def _rows(matrix: Array) -> tuple[Vector, ...]:
    return tuple(_vector(row) for row in matrix)
