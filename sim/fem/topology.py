"""Faces of tetrahedra: which are shared, which are outside, and whether the pieces hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

FACES = np.array([(1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1)])
"""Corners of the face opposite each corner, anticlockwise from outside where the volume is positive."""
SAME_PLACE_M = 1e-6
"""Distance up to which two nodes, or a node and a face, are at the same place: far below any cell, far above rounding
of a text file."""


def coinciding_nodes(points_m: Array) -> Indices:
    """Return the pairs (P, 2) of nodes at one place."""
    pairs = cKDTree(points_m).query_pairs(SAME_PLACE_M, output_type="ndarray")
    return np.asarray(pairs, dtype=np.int64).reshape(-1, 2)


def boundary_faces(tets: Indices) -> Indices:
    """Return the outward faces (F, 3) of exactly one tetrahedron."""
    faces = tets[:, FACES].reshape(-1, 3)
    _, inverse, counts = _groups(faces)
    return np.ascontiguousarray(faces[counts[inverse] == 1])


def repeated_faces(tets: Indices) -> tuple[int, int]:
    """Return how many faces have more than two tetrahedra, and how many have two on the same side."""
    faces = tets[:, FACES].reshape(-1, 3)
    _, inverse, counts = _groups(faces)
    sides = np.bincount(inverse, weights=_parity(faces), minlength=len(counts))
    return int((counts > 2).sum()), int(((counts == 2) & (np.abs(sides) > 0.5)).sum())


def parts(tets: Indices) -> int:
    """Return the number of groups of tetrahedra that hang together by faces."""
    _, inverse, counts = _groups(tets[:, FACES].reshape(-1, 3))
    owner = np.argsort(inverse, kind="stable") // 4
    first = (np.cumsum(counts) - counts)[counts == 2]
    links = coo_array((np.ones(len(first)), (owner[first], owner[first + 1])), shape=(len(tets), len(tets)))
    count, _ = connected_components(links, directed=False)
    return int(count)


def hanging_nodes(points_m: Array, faces: Indices) -> Indices:
    """Return the nodes that lie on a boundary face without being its corner.

    Where two pieces meet without sharing whole faces, the faces of both are boundary faces of the mesh, and corners of
    one lie on faces of the other.

    Args:
        points_m: (N, 3) nodes.
        faces: (F, 3) boundary faces.
    """
    nodes = np.unique(faces)
    corners = points_m[faces]
    centres = corners.mean(axis=1)
    radii = np.linalg.norm(corners - centres[:, None], axis=2).max(axis=1) + SAME_PLACE_M
    near = cKDTree(points_m[nodes]).query_ball_point(centres, radii, return_sorted=True)
    face = np.repeat(np.arange(len(faces)), [len(found) for found in near])
    node = nodes[np.concatenate([np.asarray(found, dtype=np.int64) for found in near])]
    is_other = (faces[face] != node[:, None]).all(axis=1)
    face, node = face[is_other], node[is_other]
    return np.unique(node[_is_on_triangle(points_m[node], corners[face])])


def _is_on_triangle(points: Array, triangles: Array) -> NDArray[np.bool_]:
    """Tell which points (Q, 3) lie on their triangles (Q, 3, 3), border included."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    is_on = np.abs(((points - a) * normal).sum(axis=1)) <= SAME_PLACE_M
    for start, end in ((a, b), (b, c), (c, a)):
        inward = np.cross(normal, end - start)
        inward /= np.linalg.norm(inward, axis=1, keepdims=True)
        is_on &= ((points - start) * inward).sum(axis=1) >= -SAME_PLACE_M
    return np.asarray(is_on)


def _groups(faces: Indices) -> tuple[Indices, Indices, Indices]:
    """Return the different faces by sorted nodes, the number of each face among them, and how often each comes."""
    different, inverse, counts = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    return different, inverse.reshape(-1), counts


def _parity(faces: Indices) -> Array:
    """Return 1 for faces whose nodes are an even permutation of their sorted order, else -1."""
    a, b, c = faces.T
    return np.asarray(np.where((a < b) ^ (b < c) ^ (a < c), 1.0, -1.0))
