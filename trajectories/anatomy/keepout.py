"""Where a pad must not press at all, placed from the landmarks of a body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from controller.types import KeepOut
from trajectories.anatomy.body import Body
from trajectories.anatomy.measures import ERECTOR_M, SIDES, T3_FRACTION, Measures
from trajectories.anatomy.place_error import PlaceError
from trajectories.anatomy.spine import SpineLine
from trajectories.anatomy.surface import flat_points, inside
from trajectories.anatomy.zones import Codes, Grid, Side, Zone, capsule, fill, lookup_many

Floats = npt.NDArray[np.float64]

KEEP_OUTS: tuple[KeepOut, ...] = tuple(KeepOut)
"""Order of the codes in ``KeepOutMap.table``."""
ALLOWED = -1
"""Code of a place that is in no keep-out zone."""
OFF_BODY_CODE = KEEP_OUTS.index(KeepOut.OFF_BODY)
_RIDGE_CODE = KEEP_OUTS.index(KeepOut.SPINE_RIDGE)

RIDGE_M = 0.008
"""Half-width of the ridge of the spinous processes (assumed: processes are 8-12 mm broad, and 2 mm each side). With the
pad's 5 mm footprint the closest stroke runs 13 mm beside the midline, the groove where thumbs work by hand."""
_TOUCH_M = 0.006
"""A kidney zone with cells this close to its inner edge belongs to the trunk: three cells of the table."""
_ROUNDING_M = 1e-9
"""A point computed to lie on the edge of the ridge is outside it."""
_NECK_M = 0.020
"""The neck is closed from this far above C7."""
_SIDE_NECK_M = (0.008, 0.052)
"""Its sides and front are closed from this far above C7, farther than this to the side (assumed: the lateral edge of
the neck base, 10 mm clear of kneading that begins there)."""
_SCAPULAR_SPINE_M = 0.008
"""Half-width of the crest of the scapular spine (assumed)."""
_ACROMION_PART = 0.5
"""The crest goes on from the acromion over this part of the way to the shoulder joint (assumed)."""
_POPLITEAL_M = (0.05, 0.05)
"""The hollow of the knee: half its length along the leg and its radius (assumed)."""
_ELBOW_M = 0.045
"""Radius around the elbow joint (assumed: covers the ulnar nerve's groove)."""


@dataclass(frozen=True, slots=True, eq=False)
class KeepOutMap:
    """Keep-out zones seen from above, in the patient frame K.

    Attributes:
        table: (n, m) int8 codes, indices into ``KEEP_OUTS``, ``ALLOWED`` (-1) where pressing is not forbidden.
        x0_m: x of the first row.
        y0_m: y of the first column.
        inverse_spacing_per_m: one over the spacing; the table refines the body's grid by a whole factor.
        zones: the zones as polygons, without OFF_BODY.
        clearance_m: (n, m) distance to the nearest keep-out, OFF_BODY included, negative inside one.
        spine: the spine line, so that the edge of the ridge is exact and not that of a cell.
        ridge_x_m: x of the caudal and the cranial end of the ridge.
    """

    table: Codes
    x0_m: float
    y0_m: float
    inverse_spacing_per_m: float
    zones: tuple[Zone, ...]
    clearance_m: Floats
    spine: SpineLine
    ridge_x_m: tuple[float, float]

    @classmethod
    def from_body(cls, body: Body) -> KeepOutMap:
        """Place the keep-out zones on ``body``; limbs whose landmarks the body lacks have none (and no regions)."""
        grid = Grid.over(body)
        measures = Measures.of(body)
        zones = tuple(_zones(measures))
        table = np.full(grid.shape, ALLOWED, dtype=np.int8)
        for zone in zones:
            code = KEEP_OUTS.index(KeepOut(zone.name))
            fill(table, grid.x0_m, grid.y0_m, grid.inverse_spacing_per_m, zone.outline_m, code)
        table[~grid.on_body(body)] = OFF_BODY_CODE
        _spare_arms(table, measures.spine.lateral(grid.x()[:, None], grid.y()[None, :]))
        free = np.pad(table == ALLOWED, 1, constant_values=False)
        away, deep = ndimage.distance_transform_edt(free), ndimage.distance_transform_edt(~free)
        cells = np.where(free, away - 0.5, 0.5 - deep)[1:-1, 1:-1]
        table.setflags(write=False)
        clearance = np.ascontiguousarray(cells / grid.inverse_spacing_per_m)
        ridge = _ridge_ends(measures)
        return cls(table, grid.x0_m, grid.y0_m, grid.inverse_spacing_per_m, zones, clearance, measures.spine, ridge)

    def code_at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the codes (N,) of points [m]: indices into ``KEEP_OUTS``, -1 where pressing is not forbidden."""
        x, y = flat_points(x, y)
        codes = lookup_many(self.table, self.x0_m, self.y0_m, self.inverse_spacing_per_m, x, y, OFF_BODY_CODE)
        ridge = (np.abs(self.spine.lateral(x, y)) < RIDGE_M - _ROUNDING_M) & (x >= self.ridge_x_m[0])
        ridge &= x <= self.ridge_x_m[1]
        codes[(codes == _RIDGE_CODE) & ~ridge] = ALLOWED
        codes[(codes == ALLOWED) & ridge] = _RIDGE_CODE
        return codes

    def zones_at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> list[KeepOut | None]:
        """Return the keep-out zone of points [m], N of them, None where pressing is not forbidden."""
        return [None if code == ALLOWED else KEEP_OUTS[code] for code in self.code_at(x, y)]

    def clearance(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the distance (N,) to the nearest keep-out zone or the outline of the body, negative inside [m].

        It is good to one cell of the table (at most 2 mm).
        """
        x, y = flat_points(x, y)
        return inside(self.clearance_m, self.x0_m, self.y0_m, self.inverse_spacing_per_m, x, y)

    def clearance_within(self, error: PlaceError, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the smallest distance (N,) that points [m] may have under a registration error, negative inside [m].

        As good as ``clearance``, at the ridge exact.
        """
        points = np.column_stack(flat_points(x, y))
        each = [np.minimum(self.clearance(*turned.T), self._from_ridge(*turned.T)) for turned in error.shifted(points)]
        return np.asarray(np.min(each, axis=0) - error.distance_m)

    def _from_ridge(self, x: Floats, y: Floats) -> Floats:
        """Return the distance (N,) from the ridge, infinite beyond its ends, where the table has to do."""
        is_beside = (x >= self.ridge_x_m[0]) & (x <= self.ridge_x_m[1])
        return np.asarray(np.where(is_beside, np.abs(self.spine.lateral(x, y)) - RIDGE_M, np.inf))

    def outlines(self, zone: KeepOut) -> tuple[Floats, ...]:
        """Return the outlines (K, 2) of a zone as drawn, not cut at the body's edge; none for OFF_BODY."""
        return tuple(patch.outline_m for patch in self.zones if patch.name == zone)


def _zones(body: Measures) -> Iterator[Zone]:
    """Yield the zones in the order in which they cover each other."""
    neck = body.x("C7") + _NECK_M
    beyond = neck + 1.0
    for side, suffix, sign in SIDES:
        kidney = body.strip((body.x("L3"), body.x("T12")), ERECTOR_M, 1.25 * body.shoulder_m, sign)
        yield Zone(KeepOut.KIDNEY_FLANK, side, kidney)
        yield from _scapular_spine(body, side, suffix, sign)
        side_neck = body.x("C7") + _SIDE_NECK_M[0]
        throat = [(side_neck, _SIDE_NECK_M[1]), (neck, _SIDE_NECK_M[1]), (neck, 0.5), (side_neck, 0.5)]
        yield Zone(KeepOut.NECK, side, np.stack([body.beside(x, d, sign) for x, d in throat]))
        yield from _limb(body, side, suffix)
    ridge = [body.strip(_ridge_ends(body), 0.0, RIDGE_M, sign) for sign in (1, -1)]
    half = len(ridge[0]) // 2
    yield Zone(KeepOut.SPINE_RIDGE, "middle", np.concatenate((ridge[0][half:], ridge[1][half:][::-1])))
    corners = [(neck, 0.5, 1), (neck, 0.5, -1), (beyond, 0.5, -1), (beyond, 0.5, 1)]
    yield Zone(KeepOut.NECK, "middle", np.stack([body.beside(x, d, s) for x, d, s in corners]))


def _spare_arms(table: Codes, lateral_m: Floats) -> None:
    """Open the parts of the kidney zones that do not hang together with the trunk: arms beside it."""
    labels, _ = ndimage.label(table == KEEP_OUTS.index(KeepOut.KIDNEY_FLANK))
    trunk = np.unique(labels[np.abs(lateral_m) < ERECTOR_M + _TOUCH_M])
    table[(labels > 0) & ~np.isin(labels, trunk)] = ALLOWED


def _ridge_ends(body: Measures) -> tuple[float, float]:
    """Return x of both ends of the ridge: the median crest of the sacrum belongs to it (0.16 trunk long, assumed)."""
    return body.x("L5S1") - 0.16 * body.trunk_m, body.x("C7") + _NECK_M


def _scapular_spine(body: Measures, side: Side, suffix: str, sign: int) -> Iterator[Zone]:
    """Yield the crest: from the medial border of the scapula at T3 to the acromion, and on toward the shoulder joint.

    The medial end stays lateral of the rhomboid.
    """
    root = body.beside(body.thoracic_x(T3_FRACTION), body.scapula_m + _SCAPULAR_SPINE_M, sign)
    acromion, shoulder = body.spot(f"acromion_{suffix}"), body.spot(f"shoulder_{suffix}")
    tip = acromion + _ACROMION_PART * (shoulder - acromion)
    for end in (root, tip):
        yield Zone(KeepOut.SCAPULAR_SPINE, side, capsule(end, acromion, _SCAPULAR_SPINE_M))


def _limb(body: Measures, side: Side, suffix: str) -> Iterator[Zone]:
    """Yield the hollow of the knee and the elbow where their landmarks are known."""
    if all(f"{joint}_{suffix}" in body.landmarks for joint in ("hip", "knee")):
        hip, knee = body.spot(f"hip_{suffix}"), body.spot(f"knee_{suffix}")
        along = _POPLITEAL_M[0] * (knee - hip) / np.hypot(*(knee - hip))
        yield Zone(KeepOut.POPLITEAL, side, capsule(knee - along, knee + along, _POPLITEAL_M[1]))
    if f"elbow_{suffix}" in body.landmarks:
        elbow = body.spot(f"elbow_{suffix}")
        yield Zone(KeepOut.ELBOW, side, capsule(elbow, elbow + np.array([1e-6, 0.0]), _ELBOW_M))
