"""The keep-outs of a session as plain values, for the safety core to look at in every tick."""

from __future__ import annotations

import numpy as np

from controller.types import ClearanceGrid
from trajectories.anatomy.back import Back

SPACING_M = 0.004
"""Distance of the grid's points; between them the distance is interpolated, good to 1 mm (design choice)."""


def keep_out_grid(back: Back) -> ClearanceGrid:
    """Return the distance to the keep-outs of a back, widened by its registration error, over the whole body."""
    body = back.body
    x = np.arange(body.x_m[0], body.x_m[-1], SPACING_M)
    y = np.arange(body.y_m[0], body.y_m[-1], SPACING_M)
    wide_x, wide_y = np.meshgrid(x, y, indexing="ij")
    clear = back.keep_out.clearance_within(back.place_error, wide_x.ravel(), wide_y.ravel())
    rows = np.maximum(clear, -1.0).reshape(wide_x.shape).tolist()
    return ClearanceGrid(float(x[0]), float(y[0]), SPACING_M, tuple(tuple(row) for row in rows))
