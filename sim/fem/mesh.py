"""A conforming mesh of tetrahedra between skin and bone, fine under one stroke and growing coarser around it.

A grid of rows along and across the stroke, columns along z, and six tetrahedra in each cell (Kuhn 1960), in every other
layer turned by half a turn: neighbours share whole faces all the same. Columns stand upright and a tetrahedron has two
nodes in one column, so its volume is positive wherever the tissue has a thickness, however steep the skin is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from controller.errors import MeshError
from sim.fem.mesh_settings import MeshSettings
from sim.fem.surface import TissueSurface

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

LARGEST_NODES = 40_000
"""Guard against a mesh that fills the memory; a hundredth of it is real time (assumed)."""
_KUHN = np.array([(0, 1, 3, 7), (0, 1, 7, 5), (0, 5, 7, 4), (0, 3, 2, 7), (0, 2, 6, 7), (0, 6, 4, 7)])
"""Corners of the six tetrahedra of a cell; corner number = 1 along + 2 across + 4 up. All have positive volume."""
_TOP = np.array([(4, 5, 7), (4, 7, 6)])
"""Their two faces on top of the cell, seen anticlockwise from above."""
_HALF_TURN = (3, 2, 1, 0, 7, 6, 5, 4)
"""Corners of a cell after half a turn about z."""
_ROUND = 0.05
"""Anisotropy of a stroke (0 round, 1 straight) below which it has no main direction (assumed)."""


@dataclass(frozen=True, slots=True, eq=False)
class TissueMesh:
    """Tissue as tetrahedra.

    Attributes:
        points_m: (N, 3) nodes in the patient frame K.
        tets: (M, 4) nodes of the tetrahedra, positive volume.
        skin_triangles: (K, 3) nodes of the faces on the skin, anticlockwise seen from outside.
        anchored: (N,) nodes that are fixed to bone or bed.
        skin_nodes: (N,) nodes on the skin.
    """

    points_m: Array
    tets: Indices
    skin_triangles: Indices
    anchored: Mask
    skin_nodes: Mask


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Lines along the stroke and across it, and where they lie in K.

    Attributes:
        along_m, across_m: positions of the lines.
        is_band_along, is_band_across: which of them are in the fine band.
        direction: (2,) unit vector along the stroke in K.
    """

    along_m: Array
    across_m: Array
    is_band_along: Mask
    is_band_across: Mask
    direction: Array

    def columns(self) -> tuple[Array, Array, Mask]:
        """Return x and y of the columns (C,) in K, and which are in the band (C,); lines across run fastest."""
        u, v = (grid.ravel() for grid in np.meshgrid(self.along_m, self.across_m, indexing="ij"))
        c, s = self.direction
        is_band = np.logical_and.outer(self.is_band_along, self.is_band_across).ravel()
        return c * u - s * v, s * u + c * v, is_band


def strip_mesh(surface: TissueSurface, stroke_xy_m: ArrayLike, settings: MeshSettings) -> TissueMesh:
    """Return the mesh of the tissue under one stroke.

    Args:
        surface: skin and bone.
        stroke_xy_m: (P, 2) polyline in K, at least one point.
        settings: sizes of the cells.

    Raises:
        MeshError: the stroke is no finite polyline, skin or thickness are not finite there, or the mesh gets too large.
    """
    grid = _grid(_checked_stroke(stroke_xy_m), settings)
    columns, levels = grid.along_m.size * grid.across_m.size, settings.layers + 1
    if not columns * levels <= LARGEST_NODES:
        todo = "use coarser mesh settings or mesh a shorter stroke"
        raise MeshError("mesh of a stroke", f"{columns * levels} nodes", f"at most {LARGEST_NODES}", todo)
    x, y, is_band = grid.columns()
    height, thickness = surface.height_m(x, y), surface.thickness_m(x, y)
    is_known = np.isfinite(height) & np.isfinite(thickness)
    if not is_known.all():
        at = int(np.argmin(is_known))
        got = f"height {height[at]:g} m, thickness {thickness[at]:g} m at x {x[at]:.3f}, y {y[at]:.3f} m"
        raise MeshError("skin under the mesh", got, "finite values", "move the stroke onto the body")
    thickness = np.maximum(thickness, settings.least_thickness_m)
    height = _tamed(np.column_stack([x, y]), height, is_band, settings.steepest)
    level = np.tile(np.arange(levels), columns)
    share = _layer_shares(settings)
    points = np.column_stack(
        [np.repeat(x, levels), np.repeat(y, levels), (height[:, None] - thickness[:, None] * (1.0 - share)).ravel()]
    )
    anchored = (level == 0) | ((level == 1) & (levels > 2) & np.repeat(thickness < settings.bone_m, levels))
    tets, triangles = _cells(grid.along_m.size, grid.across_m.size, levels)
    return TissueMesh(points, tets, triangles, anchored, level == settings.layers)


def _checked_stroke(stroke_xy_m: ArrayLike) -> Array:
    stroke = np.asarray(stroke_xy_m, dtype=np.float64)
    if stroke.ndim != 2 or stroke.shape[0] < 1 or stroke.shape[1] != 2:
        raise MeshError(
            "stroke to mesh", f"an array of shape {stroke.shape}", "(P, 2) points x, y with P of at least 1"
        )
    if not np.isfinite(stroke).all():
        raise MeshError("stroke to mesh", "a point that is not finite", "finite x and y in m")
    return stroke


def _grid(stroke: Array, settings: MeshSettings) -> _Grid:
    direction = _main_direction(stroke)
    u = stroke @ direction
    v = stroke @ np.array([-direction[1], direction[0]])
    along, is_band_along = _graded_lines(float(u.min()), float(u.max()), settings)
    across, is_band_across = _graded_lines(float(v.min()), float(v.max()), settings)
    return _Grid(along, across, is_band_along, is_band_across, direction)


def _main_direction(stroke: Array) -> Array:
    """Return the principal direction (2,) of the polyline, each piece by its length; x of K for round strokes."""
    pieces, middles = np.diff(stroke, axis=0), 0.5 * (stroke[1:] + stroke[:-1])
    lengths = np.linalg.norm(pieces, axis=1)
    if not lengths.sum() > 0.0:
        return np.array([1.0, 0.0])
    middles = middles - lengths @ middles / lengths.sum()
    spread = (middles.T * lengths) @ middles + (pieces.T * lengths) @ pieces / 12.0
    difference, shear, size = spread[0, 0] - spread[1, 1], 2.0 * spread[0, 1], spread[0, 0] + spread[1, 1]
    if not math.hypot(difference, shear) > _ROUND * size:
        return np.array([1.0, 0.0])
    angle = 0.5 * math.atan2(shear, difference)
    return np.array([math.cos(angle), math.sin(angle)])


def _graded_lines(low_m: float, high_m: float, settings: MeshSettings) -> tuple[Array, Mask]:
    """Return positions of the grid lines along one direction, and which are in the band."""
    low_m, high_m = low_m - settings.band_m, high_m + settings.band_m
    cells = math.ceil((high_m - low_m) / settings.fine_m - 1e-6)
    band = np.linspace(low_m, high_m, cells + 1)
    outside = np.cumsum(growing_widths(settings))
    lines = np.concatenate([low_m - outside[::-1], band, high_m + outside])
    inner = np.arange(len(lines))
    return lines, (inner >= len(outside)) & (inner < len(lines) - len(outside))


def growing_widths(settings: MeshSettings) -> Array:
    """Return widths of the cells outside the band: as few as reach far enough, and together exactly that far."""

    def widths(growth: float, count: int) -> Array:
        cells = settings.fine_m * growth ** np.arange(1, count + 1)
        return np.asarray(np.minimum(cells, settings.coarse_m), dtype=np.float64)

    count = 1
    while float(widths(settings.growth, count).sum()) < settings.reach_m * (1.0 - 1e-9):
        count += 1
    low, high = 0.0, settings.growth
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(widths(middle, count).sum()) < settings.reach_m else (low, middle)
    return widths(high, count)


def _layer_shares(settings: MeshSettings) -> Array:
    """Return the height of the levels above the bone as a share of the thickness, from 0 to 1."""
    layers = settings.layer_growth ** np.arange(settings.layers - 1, -1, -1, dtype=np.float64)
    shares = np.concatenate([[0.0], np.cumsum(layers) / layers.sum()])
    shares[-1] = 1.0
    return np.asarray(shares, dtype=np.float64)


def _tamed(columns: Array, height: Array, is_band: Mask, steepest: float) -> Array:
    """Return the heights, outside the band no steeper than allowed towards any column; those in the band stay."""
    tamed = height.copy()
    if is_band.all():
        return tamed
    outer = columns[~is_band]
    room = steepest * cdist(outer, columns[is_band])
    lowest, highest = (height[is_band] - room).max(axis=1), (height[is_band] + room).min(axis=1)
    clipped = np.minimum(np.maximum(height[~is_band], lowest), highest)
    tamed[~is_band] = (clipped - steepest * cdist(outer, outer)).max(axis=1)
    return tamed


def _cells(along: int, across: int, levels: int) -> tuple[Indices, Indices]:
    """Return tetrahedra and skin triangles of a grid of columns; nodes of a column are numbered upwards.

    Cells cut all the same way push a pad that presses straight down aside, by 4 to 6 % of its force; a turn of every
    other layer leaves 0.5 to 3 %. Mirrored by turns they would leave as little, but a pad would feel 17 % more force
    over one node than over the next; now 4 %.
    """
    node = np.arange(along * across * levels).reshape(along, across, levels)
    n, m, k = along - 1, across - 1, levels - 1
    corners = np.stack([node[a : a + n, b : b + m, c : c + k] for c in (0, 1) for b in (0, 1) for a in (0, 1)], axis=-1)
    triangles = corners[:, :, -1].reshape(-1, 8)[:, _TOP].reshape(-1, 3)
    corners[:, :, 1::2] = corners[:, :, 1::2][..., _HALF_TURN]
    tets = corners.reshape(-1, 8)[:, _KUHN].reshape(-1, 4)
    return np.ascontiguousarray(tets, dtype=np.int64), np.ascontiguousarray(triangles, dtype=np.int64)
