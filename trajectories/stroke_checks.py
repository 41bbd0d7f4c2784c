"""What a stroke may not do on this body: leave it, enter a keep-out, press too hard, roll over an edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.errors import PlanError
from controller.safety.limits import REGION_CEILING_N
from controller.types import Region
from controller.wording import distinct_decimals
from trajectories.anatomy.back import Back
from trajectories.anatomy.keepout import ALLOWED, KEEP_OUTS
from trajectories.anatomy.place_error import NO_ERROR, PlaceError
from trajectories.anatomy.regions import REGIONS
from trajectories.techniques.stroke_path import CONTACT_RADIUS_M, StrokePath

Array = NDArray[np.float64]

SMALLEST_SKIN_RADIUS_M = 0.020
"""Smallest radius of curvature an 18 mm pad is rolled over: it must fit a furrow (assumed; the furrows of the muscular
body have 25 mm, 22 mm with a surface error of 3 mm, and are only passed slowly)."""
CHECK_EVERY = 5
"""Every so many path samples are checked: 50 ms, at most 12 mm at the fastest circle and then slowed down anyway."""


def footprint(feet_xy_m: Array, error: PlaceError = NO_ERROR) -> tuple[Array, Array]:
    """Return x and y (K, M): every path point to be checked, then points of the contact's edge around it.

    Args:
        feet_xy_m: (N, 2) path.
        error: registration error; the edge is wherever it may be under it.
    """
    around = error.around(feet_xy_m[::CHECK_EVERY], CONTACT_RADIUS_M)
    return around[..., 0], around[..., 1]


def regions_under(feet_xy_m: Array, back: Back, error: PlaceError | None = None) -> list[list[Region]]:
    """Return the regions under every checked point's footprint by an error (None: the back's), centre first."""
    x, y = footprint(feet_xy_m, back.place_error if error is None else error)
    codes = back.regions.code_at(x.ravel(), y.ravel()).reshape(x.shape)
    return [[REGIONS[code] for code in dict.fromkeys(map(int, row))] for row in codes]


def check_stroke(path: StrokePath, back: Back, allow_neck_base: bool) -> list[list[Region]]:
    """Refuse a stroke that this body does not allow.

    Returns:
        the regions under every checked point.

    Raises:
        PlanError: more than one pad or intermittent contact, neither of which can be planned yet; off the body, inside
            a keep-out, outside the technique's regions, over a ceiling, or over an edge.
    """
    path.refuse_unplannable()
    feet = path.only_feet_xy_m
    x, y = footprint(feet)
    points = feet[::CHECK_EVERY]
    _check_on_body(path, back, x, y)
    _check_keep_out(path, back, feet)
    regions = regions_under(feet, back)
    planned = back.regions.code_at(x.ravel(), y.ravel()).reshape(x.shape)
    for k, (point, under, press_n) in enumerate(zip(points, regions, path.only_press_n[::CHECK_EVERY], strict=True)):
        where = back.describe(point)
        _check_regions(path, where, [REGIONS[code] for code in planned[k]], allow_neck_base)
        ceiling = min(REGION_CEILING_N[region] for region in under)
        if not press_n <= ceiling:
            weakest = min(under, key=lambda region: REGION_CEILING_N[region])
            got, most = distinct_decimals(float(press_n), ceiling, 1)
            todo = "ask for less, with room for the worst case that must stay under it too, or for another place"
            raise PlanError(path.name, where, f"{got} N on {weakest}", f"at most {most} N there", todo)
    _check_curvature(path, back, points)
    return regions


def _check_on_body(path: StrokePath, back: Back, x: Array, y: Array) -> None:
    off = ~np.asarray(back.skin.on_body(x.ravel(), y.ravel())).reshape(x.shape)
    if off.any():
        row = int(np.argmax(off.any(axis=1)))
        where = back.describe(np.array([x[row, 0], y[row, 0]]))
        raise PlanError(path.name, where, "a point off the body", "points on the body", "move the stroke inward")


def _check_keep_out(path: StrokePath, back: Back, feet_xy_m: Array) -> None:
    """Refuse a stroke whose contact is in a keep-out, or may be where the base stands as far off as the rig says."""
    error = back.place_error
    x, y = footprint(feet_xy_m, error)
    codes = back.keep_out.code_at(x.ravel(), y.ravel()).reshape(x.shape)
    closed = (codes != ALLOWED).any(axis=1)
    if not closed.any():
        return
    points = feet_xy_m[::CHECK_EVERY]
    clearance = back.keep_out.clearance_within(error, points[:, 0], points[:, 1])
    row = int(np.argmin(np.where(closed, clearance, np.inf)))
    zone = KEEP_OUTS[int(codes[row][codes[row] != ALLOWED][0])]
    lacking_mm = max(1.0, np.ceil(1e3 * (CONTACT_RADIUS_M - float(clearance[row]))))
    got = f"the keep-out {zone} within {1e3 * CONTACT_RADIUS_M:.0f} mm"
    allowed, todo = "no press in a keep-out", f"move or shrink the stroke, {lacking_mm:.0f} mm away from it is enough"
    if error.distance_m > 0.0:
        got += f" of where it may be with a base {error} off"
        allowed += ", widened by the rig's registration error"
        todo += "; or register the base better"
    raise PlanError(path.name, back.describe(points[row]), got, allowed, todo)


def _check_regions(path: StrokePath, where: str, under: list[Region], allow_neck_base: bool) -> None:
    for region in under:
        if region not in path.allowed:
            allowed = ", ".join(sorted(path.allowed))
            raise PlanError(path.name, where, f"region {region}", f"{path.technique} on {allowed}", "move the stroke")
        if region is Region.NECK_BASE and not allow_neck_base:
            todo = "stay lower or further out, or set allow_neck_base: true in the program"
            raise PlanError(path.name, where, f"region {region}", "the neck base only where it is enabled", todo)


def _check_curvature(path: StrokePath, back: Back, points: Array) -> None:
    curvature = back.skin.curvature(points[:, 0], points[:, 1])
    worst = int(np.argmax(curvature))
    if not curvature[worst] <= 1.0 / SMALLEST_SKIN_RADIUS_M:
        got, least = distinct_decimals(1e3 / float(curvature[worst]), 1e3 * SMALLEST_SKIN_RADIUS_M, 0)
        where, todo = back.describe(points[worst]), "keep the stroke off the edge"
        raise PlanError(path.name, where, f"a skin radius of {got} mm", f"at least {least} mm", todo)
