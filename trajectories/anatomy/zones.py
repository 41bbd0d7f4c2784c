"""Patches of skin as polygons seen from above, and the tables that answer quickly which patch a point is in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from controller.compiled import compiled
from trajectories.anatomy.body import Body

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]
Side = Literal["left", "right", "middle"]

_FINEST_M = 0.002
"""Spacing of the tables: a whole fraction of the body's, at most this."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a table are: row i at x0 + i h, column j at y0 + j h.

    The samples of the body's own grid are samples of this one too, which is finer by a whole factor.
    """

    x0_m: float
    y0_m: float
    inverse_spacing_per_m: float
    shape: tuple[int, int]

    @classmethod
    def over(cls, body: Body) -> Grid:
        """Return the table grid of a body."""
        parts = math.ceil(body.spacing_m / _FINEST_M - 1e-6)
        rows, columns = len(body.x_m), len(body.y_m)
        shape = ((rows - 1) * parts + 1, (columns - 1) * parts + 1)
        return cls(float(body.x_m[0]), float(body.y_m[0]), parts / body.spacing_m, shape)

    def x(self) -> Floats:
        """Return x of the rows (n,) [m]."""
        return np.asarray(self.x0_m + np.arange(self.shape[0]) / self.inverse_spacing_per_m)

    def y(self) -> Floats:
        """Return y of the columns (m,) [m]."""
        return np.asarray(self.y0_m + np.arange(self.shape[1]) / self.inverse_spacing_per_m)

    def on_body(self, body: Body) -> npt.NDArray[np.bool_]:
        """Return which cells (n, m) are nearest to a sample of the body's grid that is on the body."""
        rows = np.round((self.x() - self.x0_m) / body.spacing_m).astype(int)
        columns = np.round((self.y() - self.y0_m) / body.spacing_m).astype(int)
        return np.asarray(np.isfinite(body.z_m)[np.ix_(rows, columns)])


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """One patch.

    Attributes:
        name: value of the enumeration it belongs to.
        side: side of the body.
        outline_m: (K, 2) corners x, y of a simple polygon, the last one joined to the first.
    """

    name: str
    side: Side
    outline_m: Floats


def capsule(start: Floats, end: Floats, radius_m: float) -> Floats:
    """Return the outline (K, 2) of everything within ``radius_m`` of the line from ``start`` to ``end`` (2,)."""
    direction = float(np.arctan2(end[1] - start[1], end[0] - start[0]))
    turn = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 9)
    angles = np.concatenate((direction + turn, direction + np.pi + turn))
    centres = np.repeat(np.stack((end, start)), len(turn), axis=0)
    return np.asarray(centres + radius_m * np.stack((np.cos(angles), np.sin(angles)), axis=1))


def band(start: Floats, end: Floats, half_width_m: float) -> Floats:
    """Return the rectangle (4, 2) of ``half_width_m`` to each side of the line from ``start`` to ``end`` (2,)."""
    along = (end - start) / np.hypot(*(end - start))
    across = half_width_m * np.array([-along[1], along[0]])
    return np.stack((start + across, start - across, end - across, end + across))


@compiled
def fill(table: Codes, x0: float, y0: float, inverse_spacing: float, outline: Floats, code: int) -> None:
    """Write ``code`` into the cells of a table whose centres are inside a polygon (even-odd rule).

    Args:
        table: (n, m), written.
        x0: x of the first row [m].
        y0: y of the first column [m].
        inverse_spacing: one over the spacing [1/m].
        outline: (K, 2) corners [m].
        code: what to write.
    """
    n, m = table.shape
    corners = len(outline)
    for i in range(n):
        x = x0 + i / inverse_spacing
        if x < outline[:, 0].min() or x > outline[:, 0].max():
            continue
        for j in range(m):
            y = y0 + j / inverse_spacing
            is_in = False
            k = corners - 1
            for c in range(corners):
                ax, ay, bx, by = outline[c, 0], outline[c, 1], outline[k, 0], outline[k, 1]
                if (ax > x) != (bx > x) and y < ay + (x - ax) * (by - ay) / (bx - ax):
                    is_in = not is_in
                k = c
            if is_in:
                table[i, j] = code


@compiled
def lookup(table: Codes, x0: float, y0: float, inverse_spacing: float, x: float, y: float, beyond: int) -> int:
    """Return the code of the cell nearest to a point, ``beyond`` off the table and for NaN.

    Args:
        table: (n, m) codes.
        x0: x of the first row [m].
        y0: y of the first column [m].
        inverse_spacing: one over the spacing [1/m].
        x: point [m].
        y: point [m].
        beyond: answer off the table.
    """
    u, w = (x - x0) * inverse_spacing + 0.5, (y - y0) * inverse_spacing + 0.5
    if not (u >= 0.0 and w >= 0.0 and u < table.shape[0] and w < table.shape[1]):
        return beyond
    return int(table[int(u), int(w)])


@compiled
def lookup_many(
    table: Codes, x0: float, y0: float, inverse_spacing: float, x: Floats, y: Floats, beyond: int
) -> npt.NDArray[np.int64]:
    """Return ``lookup`` of every point (N,)."""
    result = np.zeros(len(x), dtype=np.int64)
    for k in range(len(x)):
        result[k] = lookup(table, x0, y0, inverse_spacing, x[k], y[k], beyond)
    return result
