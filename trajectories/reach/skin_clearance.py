"""Where a sphere may be over and beside a body: a lowest height for its centre, seen from above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trajectories.anatomy.skin import Skin

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

UNKNOWN_M = 0.05
"""How far the body is taken to go on where the file's grid cuts it off at its sides: elbows and hands (assumed)."""
_PAD_M = 0.20
"""Width of the border around the file's grid."""


@dataclass(frozen=True, slots=True, eq=False)
class ClearSpace:
    """Room around a body, on a grid in the patient frame K that goes beyond the file's.

    Attributes:
        floor_m: (n, m) lowest height of a sphere's centre that leaves the skin alone; minus infinity beside the body.
        beside_m: (n, m) distance from the body seen from above, 0 on it.
        x0_m: x of the first row.
        y0_m: y of the first column.
        inverse_spacing_per_m: one over the grid spacing.
        radius_m: the sphere's radius.
    """

    floor_m: Array
    beside_m: Array
    x0_m: float
    y0_m: float
    inverse_spacing_per_m: float
    radius_m: float

    @classmethod
    def of(cls, skin: Skin, radius_m: float) -> ClearSpace:
        """Return the room around ``skin`` for a sphere.

        Args:
            skin: the skin as the planner believes it.
            radius_m: distance to keep from the skin in every direction.
        """
        spacing = 1.0 / skin.inverse_spacing_per_m
        cells = round(_PAD_M / spacing)
        known = skin.outline_m > 0.0
        beyond = np.pad(np.zeros_like(known), ((0, 0), (cells, cells)), constant_values=True)
        body = np.pad(known, ((0, 0), (cells, cells)), mode="edge")
        body &= ~beyond | (ndimage.distance_transform_edt(beyond) * spacing <= UNKNOWN_M)
        body = np.pad(body, ((cells, cells), (0, 0)), mode="edge")
        heights = np.where(body, np.pad(skin.samples(), cells, mode="edge"), -np.inf)
        beside = np.asarray(ndimage.distance_transform_edt(~body) * spacing, dtype=np.float64)
        corner = cells * spacing
        scale = skin.inverse_spacing_per_m
        return cls(_raised(heights, radius_m, spacing), beside, skin.x0_m - corner, skin.y0_m - corner, scale, radius_m)

    def is_clear(self, points_m: Array) -> Mask:
        """Tell for points (..., 3) whether the skin is at least ``radius_m`` away in every direction."""
        return np.asarray(points_m[..., 2] >= self._looked_up(self.floor_m, points_m))

    def lack_m(self, points_m: Array) -> Array:
        """Return by how much points (..., 3) are too low to be clear [m]; not positive where they are clear."""
        return np.asarray(self._looked_up(self.floor_m, points_m) - points_m[..., 2])

    def off_body_m(self, points_m: Array) -> Array:
        """Return how far points (..., 3) are from the body seen from above [m], 0 over it; good to half a cell."""
        return self._looked_up(self.beside_m, points_m)

    def _looked_up(self, table: Array, points_m: Array) -> Array:
        """Return the value of the nearest cell; beyond the grid that of its border."""
        rows = np.rint((points_m[..., 0] - self.x0_m) * self.inverse_spacing_per_m)
        columns = np.rint((points_m[..., 1] - self.y0_m) * self.inverse_spacing_per_m)
        shape = table.shape
        inside = np.clip(rows, 0, shape[0] - 1).astype(np.intp), np.clip(columns, 0, shape[1] - 1).astype(np.intp)
        return np.asarray(table[inside])


def _raised(heights_m: Array, radius_m: float, spacing_m: float) -> Array:
    """Return the upper envelope (n, m) of spheres around all heights (n, m); half a cell's diagonal is added.

    With that a point anywhere in a cell keeps the radius from every sample, up to the skin's steps between samples.
    """
    reach = radius_m + spacing_m / np.sqrt(2.0)
    cells = int(reach / spacing_m)
    offsets = spacing_m * np.arange(-cells, cells + 1)
    square = reach**2 - offsets[:, None] ** 2 - offsets[None, :] ** 2
    ball = np.sqrt(np.maximum(square, 0.0))
    return np.asarray(ndimage.grey_dilation(heights_m, footprint=square >= 0.0, structure=ball), dtype=np.float64)
