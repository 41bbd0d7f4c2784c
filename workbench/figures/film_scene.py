"""One picture of the film as a mesh: the body, the skin under the pad as the finite elements have it, the pad."""

from __future__ import annotations

from dataclasses import dataclass, replace

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from trajectories.anatomy.body import Body
from trajectories.anatomy.skin import Skin
from urdf.document import COLORS
from workbench.figures.body_mesh import COUCH_M, SKIN_COLOR, SMOOTHING_M, body_mesh
from workbench.figures.mesh import Mesh, box_mesh, cylinder_mesh, joined, sheet_mesh, sphere_mesh
from workbench.runs.film_file import Film

Array = NDArray[np.float64]

_TINTS = [SKIN_COLOR, SKIN_COLOR, *mpl.colormaps["YlGnBu"](np.linspace(0.45, 1.0, 5))[:, :3]]
PRESSURE_COLORS = LinearSegmentedColormap.from_list(
    "pressure", list(zip([0.0, 0.05, *np.linspace(0.25, 1.0, 5)], _TINTS, strict=True))
)
"""From bare skin to dark blue: more pressure is darker, as in the other pictures of force."""
_STEP_M = 0.0025
_EDGE_M = 0.03
"""Width at the rim of a patch over which the picture goes over from its nodes to the undeformed skin."""
_INSIDE_M, _SIDE_M = 0.008, 0.015
"""What is nearer to the outline of the body is drawn undeformed, with the sides; width of the way over to it."""
_OVERLAP_M = 0.004
_VIEW_M = np.array([0.42, 0.32])
"""Half of what is drawn of the body, along it and across."""
_COUCH_M = (1.8, 0.7, 0.06)
_STEM_M, _STEM_RADIUS_M = 0.095, 0.011


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """From the nodes of a patch to the drawn grid.

    Attributes:
        weights: (G, S) share of every node in every place of the grid.
        inside: (G, 1) 1 well within the patch, 0 outside, smooth.
        rim: (S,) nodes at the rim, which only the breathing moves.
        base_m: (S, 3) the nodes on the skin of the body file.
    """

    weights: Array
    inside: Array
    rim: NDArray[np.bool_]
    base_m: Array


class FilmScene:
    """What the pictures of one film have in common.

    Args:
        body: whose back it is.
        film: the film.
        frames: which pictures will be drawn.
    """

    def __init__(self, body: Body, film: Film, frames: NDArray[np.int64]) -> None:
        self._film = film
        self._skin = Skin.from_body(body)
        self.middle_m: Array = 0.5 * (film.pad_m[frames].min(axis=0) + film.pad_m[frames].max(axis=0))
        """Middle of where the pad is."""
        rest = film.rest_m[np.unique(film.patch[frames])][:, :, :2]
        low, high = rest.min(axis=(0, 1)) + _EDGE_M / 2.0, rest.max(axis=(0, 1)) - _EDGE_M / 2.0
        self._fields: dict[int, _Field] = {}
        lines = [np.linspace(a, b, round((b - a) / _STEP_M) + 1) for a, b in zip(low, high, strict=True)]
        self._grid = np.stack(np.meshgrid(*lines, indexing="ij"), axis=2)
        x, y = self._grid[..., 0].ravel(), self._grid[..., 1].ravel()
        drawn = Skin.from_body(body, SMOOTHING_M)
        self._height = drawn.height(x, y)
        self._from_side = drawn.outline_distance(x, y) - _INSIDE_M
        self._hole = np.minimum(_box(self._grid.reshape(-1, 2), low, high), self._from_side)
        self._around = self._cut_out(body_mesh(body), drawn, low, high)
        couch = box_mesh(np.array(_COUCH_M), 0.5 + 0.5 * np.array(COLORS["cushion"][:3]))
        self._couch = couch.moved(np.eye(3), np.array([self.middle_m[0], 0.0, COUCH_M - 0.5 * _COUCH_M[2]]))

    def mesh(self, frame: int, top_pa: float) -> Mesh:
        """Return one picture.

        Args:
            frame: which.
            top_pa: pressure of the darkest colour.
        """
        film = self._film
        field = self._field(int(film.patch[frame]))
        offset = film.nodes_m[frame] - field.base_m
        lift = np.array([0.0, 0.0, float(np.median(offset[field.rim, 2]))])
        moved = lift + field.inside * (field.weights @ (offset - lift))
        pressure = field.inside[:, 0] * (field.weights @ film.pressure_pa[frame])
        points = np.column_stack([self._grid.reshape(-1, 2), self._height]) + moved
        sheet = points.reshape(*self._grid.shape[:2], 3)
        normals = np.cross(np.gradient(sheet, axis=0), np.gradient(sheet, axis=1))
        normals /= np.linalg.norm(normals, axis=2, keepdims=True)
        colors = PRESSURE_COLORS(np.clip(pressure / top_pa, 0.0, 1.0))[:, :3].reshape(sheet.shape)
        near = replace(sheet_mesh(sheet, normals, colors), cut_m=self._hole + _OVERLAP_M)
        return joined([self._couch, self._around.moved(np.eye(3), lift), near, self._tool(frame)])

    def _tool(self, frame: int) -> Mesh:
        film = self._film
        radius = float(film.pad_radius_m)
        pad = sphere_mesh(radius, np.array(COLORS["pad"][:3]))
        stem = cylinder_mesh(_STEM_RADIUS_M, _STEM_M, np.array(COLORS["metal"][:3]))
        stem = stem.moved(np.eye(3), np.array([0.0, 0.0, -0.5 * _STEM_M]))
        z = film.axis_w[frame] / np.linalg.norm(film.axis_w[frame])
        x = np.cross([0.0, 1.0, 0.0], z)
        x /= np.linalg.norm(x)
        return joined([pad, stem]).moved(np.column_stack([x, np.cross(z, x), z]), film.pad_m[frame])

    def _field(self, patch: int) -> _Field:
        if patch not in self._fields:
            self._fields[patch] = self._made_field(self._film.rest_m[patch])
        return self._fields[patch]

    def _made_field(self, rest_m: Array) -> _Field:
        plane, grid = rest_m[:, :2], self._grid.reshape(-1, 2)
        low, high = plane.min(axis=0), plane.max(axis=0)
        margin = _box(plane, low, high)
        on_body = self._skin.outline_distance(plane[:, 0], plane[:, 1]) > 0.0
        on_body = on_body if on_body.any() else np.ones(len(plane), dtype=np.bool_)
        weights = RBFInterpolator(plane, np.eye(len(plane)), kernel="thin_plate_spline")(grid)
        share = np.clip(np.minimum(_box(grid, low, high) / _EDGE_M, self._from_side / _SIDE_M), 0.0, 1.0)
        base = np.column_stack([plane, self._skin.height(plane[:, 0], plane[:, 1])])
        rim = (margin <= 1e-9) & on_body
        rim = rim if rim.any() else on_body
        # beside the body a mesh goes on somehow; what is drawn there is undeformed
        base[~on_body, 2] = rest_m[~on_body, 2] - np.median((rest_m - base)[on_body, 2])
        return _Field(weights, (share * share * (3.0 - 2.0 * share))[:, None], rim, base)

    def _cut_out(self, mesh: Mesh, drawn: Skin, low: Array, high: Array) -> Mesh:
        """Return the body around, without what is drawn deformed and what is far away."""
        plane = mesh.vertices_m[:, :2]
        hole = np.minimum(
            _box(plane, low, high) - _OVERLAP_M, drawn.outline_distance(plane[:, 0], plane[:, 1]) - _INSIDE_M
        )
        is_near = np.all(np.abs(plane - self.middle_m[:2]) < _VIEW_M, axis=1)
        cut = np.minimum(mesh.cut_m, -hole)
        faces = mesh.faces[is_near[mesh.faces].any(axis=1) & (cut[mesh.faces] >= 0.0).any(axis=1)]
        used, numbers = np.unique(faces, return_inverse=True)
        return Mesh(mesh.vertices_m[used], mesh.normals[used], mesh.colors[used], numbers.reshape(-1, 3), cut[used])


def _box(plane: Array, low: Array, high: Array) -> Array:
    """Return how far points (N, 2) are inside a box, negative outside."""
    return np.asarray(np.minimum(plane - low, high - plane).min(axis=1), dtype=np.float64)
