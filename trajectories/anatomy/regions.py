"""The massage regions of a body, placed from its landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from controller.errors import ModelError
from controller.types import Region
from trajectories.anatomy.body import Body
from trajectories.anatomy.measures import ERECTOR_M, SIDES, STRIP_M, T7_FRACTION, Measures
from trajectories.anatomy.surface import flat_points
from trajectories.anatomy.zones import Codes, Grid, Side, Zone, band, capsule, fill, lookup_many

Floats = npt.NDArray[np.float64]

REGIONS: tuple[Region, ...] = tuple(Region)
"""Order of the codes in ``RegionMap.table`` and of the rows of ``RegionMap.weights``."""
OTHER_CODE = REGIONS.index(Region.OTHER)

_TRANSITION_M = 0.004
"""Standard deviation of the blend between two regions: its 10-90 % width is 2.56 of it, 10 mm."""
_TRAPEZIUS_M = 0.027
"""Half-width of the upper trapezius band (assumed: the muscle is a hand's breadth over the crest of the shoulder)."""
_TRAPEZIUS_OVERLAP_M = 0.025
"""How far the band goes on toward the spine beyond the neck base."""
_NECK_M = (0.02, 0.052)
"""The neck base reaches this far above C7, and this far to the side."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionMap:
    """Which massage region a point of the skin is in, seen from above, in the patient frame K.

    Attributes:
        table: (n, m) int8 codes, indices into ``REGIONS``; OTHER where there is no body.
        x0_m: x of the first row.
        y0_m: y of the first column.
        inverse_spacing_per_m: one over the spacing; the table refines the body's grid by a whole factor.
        zones: the regions as polygons; a later one covers an earlier one.
        blend: (L, n, m) float32 memberships behind ``weights``.
    """

    table: Codes
    x0_m: float
    y0_m: float
    inverse_spacing_per_m: float
    zones: tuple[Zone, ...]
    blend: npt.NDArray[np.float32]

    @classmethod
    def from_body(cls, body: Body) -> RegionMap:
        """Place the regions on ``body``; limbs whose landmarks the body lacks have none."""
        grid = Grid.over(body)
        zones = tuple(_zones(Measures.of(body)))
        table = np.full(grid.shape, OTHER_CODE, dtype=np.int8)
        for zone in zones:
            code = REGIONS.index(Region(zone.name))
            fill(table, grid.x0_m, grid.y0_m, grid.inverse_spacing_per_m, zone.outline_m, code)
        blend = np.stack([_blurred(table == code, grid) for code in range(len(REGIONS))])
        table[~grid.on_body(body)] = OTHER_CODE
        table.setflags(write=False)
        return cls(table, grid.x0_m, grid.y0_m, grid.inverse_spacing_per_m, zones, blend)

    def code_at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the codes (N,) of points [m], indices into ``REGIONS``; OTHER outside the body."""
        x, y = flat_points(x, y)
        return lookup_many(self.table, self.x0_m, self.y0_m, self.inverse_spacing_per_m, x, y, OTHER_CODE)

    def region_at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> list[Region]:
        """Return the regions of points [m], N of them."""
        return [REGIONS[code] for code in self.code_at(x, y)]

    def weights(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return smooth memberships (L, N) in the order of ``REGIONS``, adding up to 1 at every point.

        The change from one region to the next takes about 10 mm. Regions are continued beyond the outline of the body,
        so that what is blended with these weights has no edge there.
        """
        x, y = flat_points(x, y)
        scale = self.inverse_spacing_per_m
        index = np.stack(((x - self.x0_m) * scale, (y - self.y0_m) * scale))
        rows = [ndimage.map_coordinates(layer, index, order=1, mode="nearest") for layer in self.blend]
        weights = np.asarray(rows, dtype=np.float64)
        return np.asarray(weights / weights.sum(axis=0))

    def outline(self, region: Region, side: Side) -> Floats:
        """Return the outline (K, 2) of a region as drawn, not cut at the body's edge or at regions that cover it.

        Args:
            region: the region.
            side: ``left`` or ``right``; ``middle`` for the sacrum and the neck base.

        Raises:
            ModelError: this body has no such region on that side.
        """
        for zone in self.zones:
            if zone.name == region and zone.side == side:
                return zone.outline_m
        have = ", ".join(f"{zone.name} {zone.side}" for zone in self.zones)
        raise ModelError("region outline", f"{region} {side}", have)


def _blurred(member: npt.NDArray[np.bool_], grid: Grid) -> npt.NDArray[np.float32]:
    sigma = _TRANSITION_M * grid.inverse_spacing_per_m
    return np.asarray(ndimage.gaussian_filter(member.astype(np.float32), sigma, mode="nearest"), dtype=np.float32)


def _zones(body: Measures) -> Iterator[Zone]:
    """Yield the regions in the order in which they cover each other."""
    for side, suffix, sign in SIDES:
        yield from _limb(body, side, suffix, sign)
        yield Zone(Region.GLUTEAL, side, _gluteal(body, sign))
        yield from _back(body, side, sign)
    yield Zone(Region.SACRUM, "middle", _sacrum(body))
    c7 = body.x("C7")
    neck = np.concatenate([body.strip((c7, c7 + _NECK_M[0]), 0.0, _NECK_M[1], sign) for sign in (1, -1)])
    yield Zone(Region.NECK_BASE, "middle", _around(neck))
    for side, suffix, sign in SIDES:
        yield Zone(Region.DELTOID, side, _deltoid(body, suffix, sign))
        yield Zone(Region.UPPER_TRAPEZIUS, side, _trapezius(body, suffix, sign))


def _around(corners: Floats) -> Floats:
    """Return the rectangle (4, 2) around points (K, 2)."""
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def _back(body: Measures, side: Side, sign: int) -> Iterator[Zone]:
    """Yield the strips beside the spine: lumbar, thoracic, and the rhomboid between thoracic strip and scapula."""
    base, t12, c7 = body.x("L5S1"), body.x("T12"), body.x("C7")
    t7 = body.thoracic_x(T7_FRACTION)
    yield Zone(Region.LUMBAR_PARASPINAL, side, body.strip((base, t12), 0.0, ERECTOR_M, sign))
    below_scapula = body.strip((t12, t7), 0.0, ERECTOR_M, sign)
    beside_scapula = body.strip((t7, c7), 0.0, STRIP_M, sign)
    half = len(below_scapula) // 2
    outline = np.concatenate((below_scapula[:half], beside_scapula, below_scapula[half:]))
    yield Zone(Region.THORACIC_PARASPINAL, side, outline)
    yield Zone(Region.RHOMBOID, side, body.strip((t7, c7 - 0.03), STRIP_M, body.scapula_m, sign))


def _trapezius(body: Measures, suffix: str, sign: int) -> Floats:
    """Return the upper trapezius: a band from the neck base, a little beyond it, to the acromion."""
    start, end = body.neck_base(sign), body.spot(f"acromion_{suffix}")
    along = (end - start) / np.hypot(*(end - start))
    return band(start - _TRAPEZIUS_OVERLAP_M * along, end, _TRAPEZIUS_M)


def _deltoid(body: Measures, suffix: str, sign: int) -> Floats:
    """Return the deltoid: from the shoulder down the upper arm, half a shoulder half-width long (assumed)."""
    shoulder = body.spot(f"shoulder_{suffix}")
    reach = 0.5 * body.shoulder_m
    guess = shoulder + np.array([-0.2, 0.06 * sign])
    elbow = body.spot(f"elbow_{suffix}") if f"elbow_{suffix}" in body.landmarks else guess
    along = (elbow - shoulder) / np.hypot(*(elbow - shoulder))
    return capsule(shoulder + 0.1 * reach * np.array([0.0, sign]), shoulder + reach * along, 0.24 * body.shoulder_m)


def _sacrum(body: Measures) -> Floats:
    """Return the sacrum: a wedge below L5S1, 0.56 of the shoulder half-width broad and 0.16 trunk long (assumed)."""
    top, bottom = body.x("L5S1"), body.x("L5S1") - 0.16 * body.trunk_m
    wide, narrow = 0.28 * body.shoulder_m, 0.08 * body.shoulder_m
    corners = [body.beside(top, wide, 1), body.beside(top, wide, -1)]
    return np.stack([*corners, body.beside(bottom, narrow, -1), body.beside(bottom, narrow, 1)])


def _gluteal(body: Measures, sign: int) -> Floats:
    """Return the buttock: from a little above L5S1 laterally, below it medially, down to the gluteal fold (assumed)."""
    base, fold = body.x("L5S1"), body.x("L5S1") - 0.22 * body.trunk_m
    corners = ((base, 0.012), (base, 0.45), (base + 0.05 * body.trunk_m, 0.5), (base, 0.85), (fold, 0.9), (fold, 0.012))
    return np.stack([body.beside(x, part * body.shoulder_m, sign) for x, part in corners])


def _limb(body: Measures, side: Side, suffix: str, sign: int) -> Iterator[Zone]:
    """Yield thigh and calf where their landmarks are known; the muscle of the calf is its upper 60 %."""
    if not all(f"{joint}_{suffix}" in body.landmarks for joint in ("hip", "knee", "ankle")):
        return
    hip, knee, ankle = (body.spot(f"{joint}_{suffix}") for joint in ("hip", "knee", "ankle"))
    thigh, shank = (knee - hip), (ankle - knee)
    yield Zone(Region.THIGH, side, band(hip + 0.3 * thigh, hip + 0.86 * thigh, 0.4 * body.shoulder_m))
    yield Zone(Region.CALF, side, band(knee + 0.12 * shank, knee + 0.6 * shank, 0.32 * body.shoulder_m))
