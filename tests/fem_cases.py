"""Real bodies, strokes and one small sound mesh for the tests of the finite elements."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.fem.material import Material
from sim.fem.mesh import TissueMesh, strip_mesh
from sim.fem.mesh_settings import MeshSettings
from sim.fem.surface import FlatSurface, MapSurface
from sim.person.parameters import TYPICAL_PERSON
from sim.person.tissue_map import TissueMap
from trajectories.anatomy.body import load_body

Array = NDArray[np.float64]

BODIES = ("median_f", "elderly_f", "stocky_m", "muscular_m")
LONG = np.array([[0.05, 0.045], [0.45, 0.045]])
"""0.40 m beside the spine, from the sacrum to the shoulder blade."""
SHORT = np.array([[0.12, 0.05], [0.22, 0.05]])
OBLIQUE = np.array([[0.20, 0.03], [0.40, 0.15]])
"""Along the lower ribs towards the armpit."""
OUTWARD = np.array([[0.30, 0.02], [0.30, 0.20]])
"""Across the flank; the mesh leaves the outline of the body."""
STROKES = {"long": LONG, "short": SHORT, "oblique": OBLIQUE, "outward": OUTWARD}


@functools.cache
def surface(body_name: str) -> MapSurface:
    """Return skin and bone of the typical person on a body."""
    return MapSurface(TissueMap.from_body(load_body(body_name), TYPICAL_PERSON, pad_radius_m=0.018))


def slab(thickness_m: float = 0.03, height_m: float = 0.2) -> TissueMesh:
    """Return a small level mesh."""
    settings = MeshSettings(fine_m=0.02, band_m=0.02, reach_m=0.03)
    return strip_mesh(FlatSurface(height_m, thickness_m), [[0.0, 0.0], [0.05, 0.0]], settings)


def cube() -> TissueMesh:
    """Return one cell of six tetrahedra with edges of 1 m, anchored below."""
    points = np.array([[corner & 1, corner >> 1 & 1, corner >> 2] for corner in range(8)], dtype=np.float64)
    tets = np.array([(0, 1, 3, 7), (0, 1, 7, 5), (0, 5, 7, 4), (0, 3, 2, 7), (0, 2, 6, 7), (0, 6, 4, 7)])
    below = points[:, 2] == 0.0
    return TissueMesh(points, tets, np.array([(4, 5, 7), (4, 7, 6)]), below, ~below)


def moved(mesh: TissueMesh, node: int, to_m: tuple[float, float, float]) -> TissueMesh:
    """Return the mesh with one node elsewhere."""
    points = mesh.points_m.copy()
    points[node] = to_m
    return replace(mesh, points_m=points)


def elastic_forces(mesh: TissueMesh, nodes_m: Array, material: Material) -> Array:
    """Return the (N, 3) elastic forces [N] on nodes that have moved, by the energy of Bullet's law."""
    rest, now = (_edges(points, mesh.tets) for points in (mesh.points_m, nodes_m))
    inverse = np.linalg.inv(rest)
    gradient = now @ inverse
    ratio, numbers = np.linalg.det(gradient), material.bullet()
    cofactor = ratio[:, None, None] * np.linalg.inv(gradient).transpose(0, 2, 1)
    shape = 1.0 - 1.0 / ((gradient**2).sum(axis=(1, 2)) + 1.0)
    volumetric = numbers.lambda_pa * (ratio - 1.0) - 0.75 * numbers.mu_pa
    stress = (numbers.mu_pa * shape)[:, None, None] * gradient + volumetric[:, None, None] * cofactor
    pulls = -(np.linalg.det(rest) / 6.0)[:, None, None] * stress @ inverse.transpose(0, 2, 1)
    forces = np.zeros_like(nodes_m)
    for corner in range(3):
        np.add.at(forces, mesh.tets[:, corner + 1], pulls[:, :, corner])
    np.add.at(forces, mesh.tets[:, 0], -pulls.sum(axis=2))
    return forces


def _edges(points_m: Array, tets: NDArray[np.int64]) -> Array:
    """Return (M, 3, 3) edges from the first corner of every tetrahedron, as columns."""
    corners = points_m[tets]
    return np.asarray((corners[:, 1:] - corners[:, :1]).transpose(0, 2, 1))
