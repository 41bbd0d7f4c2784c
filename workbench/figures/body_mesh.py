"""The skin of a body as a closed-looking mesh: the height map, and rounded sides down to the couch.

The file of a body knows the back down to its outline seen from above; the sides below it are drawn, not known.
"""

from __future__ import annotations

from dataclasses import replace

import contourpy
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trajectories.anatomy.body import Body
from trajectories.anatomy.skin import Skin
from workbench.figures.mesh import Mesh, joined, sheet_mesh, skin_mesh

Array = NDArray[np.float64]

COUCH_M = -0.155
"""Height of the couch in K: shows the trunk as lying on it (chosen by eye; no body file knows its front)."""
SKIN_COLOR = np.array([0.87, 0.72, 0.62])
SMOOTHING_M = 0.004
"""Less than the planner's, so that the shape is seen."""
_STEP_M = 0.003
_INSET_M = 0.005
"""The outline of the file is rough by a grid step; the drawn one lies this far inside, smoothed."""
_OUTLINE_CELLS = 2.5
_SHORTEST_M = 0.25
"""Shorter outlines are finger tips."""
_BULGE_M = 0.02
_ANGLES = np.radians(np.linspace(65.0, 180.0, 13))
"""From the direction of the normal at the edge to straight down."""


def body_mesh(body: Body) -> Mesh:
    """Return skin and sides of a body in K."""
    skin = Skin.from_body(body, SMOOTHING_M)
    border = np.minimum.outer(_from_ends(skin.outline_m.shape[0]), _from_ends(skin.outline_m.shape[1])) * body.spacing_m
    outline = np.minimum(ndimage.gaussian_filter(skin.outline_m, _OUTLINE_CELLS), border) - _INSET_M
    drawn = replace(skin, outline_m=outline)
    x = np.arange(body.x_m[0], body.x_m[-1] + _STEP_M, _STEP_M)
    y = np.arange(body.y_m[0], body.y_m[-1] + _STEP_M, _STEP_M)
    top = skin_mesh(drawn, x, y, SKIN_COLOR)
    top = replace(top, cut_m=np.minimum(top.cut_m, top.vertices_m[:, 2] - COUCH_M))
    lines = contourpy.contour_generator(body.y_m, body.x_m, outline).lines(0.0)
    long = [line for line in lines if isinstance(line, np.ndarray) and len(line) * body.spacing_m > _SHORTEST_M]
    return joined([top, *(_side(drawn, np.asarray(line[:-1, ::-1], dtype=np.float64)) for line in long)])


def _from_ends(count: int) -> Array:
    """Return how many cells each of ``count`` samples is from the nearer end."""
    return np.minimum(np.arange(count), np.arange(count)[::-1]).astype(np.float64)


def _side(skin: Skin, line_m: Array) -> Mesh:
    """Return the side below a closed outline (k, 2): a bulge from the edge of the skin down to the couch."""
    edge = ndimage.gaussian_filter1d(line_m, 2.0, axis=0, mode="wrap")
    height = ndimage.gaussian_filter1d(skin.height(edge[:, 0], edge[:, 1]), 2.0, mode="wrap")
    along = np.roll(edge, -1, axis=0) - np.roll(edge, 1, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    outward = np.column_stack([along[:, 1], -along[:, 0], np.zeros(len(edge))])
    beside = edge + 0.006 * outward[:, :2]
    if np.mean(skin.outline_distance(beside[:, 0], beside[:, 1]) > 0.0) > 0.5:
        outward = -outward
    drop = np.maximum(height - COUCH_M, 0.0)
    bulge = np.minimum(0.25 * drop, _BULGE_M)
    first = np.column_stack([edge, height])
    rings = [first - 0.004 * outward - [0.0, 0.0, 0.0015]]
    normals = [_turned(outward, _ANGLES[0])]
    for angle in _ANGLES:
        down = drop * (np.cos(_ANGLES[0]) - np.cos(angle)) / (1.0 + np.cos(_ANGLES[0]))
        out = (bulge * (np.sin(angle) - np.sin(_ANGLES[0])))[:, None] * outward
        rings.append(first + out - down[:, None] * [0.0, 0.0, 1.0])
        normals.append(_turned(outward, angle))
    closed = np.arange(len(edge) + 1) % len(edge)
    return sheet_mesh(np.stack(rings)[:, closed], np.stack(normals)[:, closed], SKIN_COLOR)


def _turned(outward: Array, angle_rad: float) -> Array:
    """Return directions (k, 3) at an angle from straight up toward ``outward``."""
    return np.asarray(np.sin(angle_rad) * outward + np.cos(angle_rad) * np.array([0.0, 0.0, 1.0]))
