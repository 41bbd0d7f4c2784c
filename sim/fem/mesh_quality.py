"""Is a mesh of the tissue sound? Checked before the physics engine sees it, which crashes on a bad one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.errors import MeshError
from sim.fem.mesh import TissueMesh
from sim.fem.topology import FACES, boundary_faces, coinciding_nodes, hanging_nodes, parts, repeated_faces

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

LOWEST_QUALITY = 0.03
"""Smallest mean ratio that is accepted; the strips under strokes on all bodies stay above twice that (measured)."""
_FLAT = 1e-9
"""Volume of a tetrahedron, against the cube of its root mean square edge, up to which it counts as flat; a
sliver of the lowest quality has 1e-3."""
_EDGES = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
_MAKE = "make the mesh again or repair it in the program that made it"


@dataclass(frozen=True, slots=True)
class MeshQuality:
    """Summary of a mesh.

    Attributes:
        nodes, tets: how many there are.
        volume_m3: volume of the tissue.
        least_quality, median_quality: mean ratio ``12 (3 V)^(2/3) / sum of squared edges``, 1 for a regular tetrahedron
            (Liu and Joe 1994).
        least_angle_rad: smallest angle between two faces of a tetrahedron.
        shortest_edge_m: shortest edge.
    """

    nodes: int
    tets: int
    volume_m3: float
    least_quality: float
    median_quality: float
    least_angle_rad: float
    shortest_edge_m: float


def check_mesh(mesh: TissueMesh) -> MeshQuality:
    """Check a mesh of the tissue.

    Raises:
        MeshError: it is empty, not finite, has bad indices, inverted or flat tetrahedra, is not conforming or falls
            apart, nothing holds it, its skin is not on its surface, or its quality is too low.
    """
    check_tetrahedra(mesh.points_m, mesh.tets, "mesh")
    _check_anchors(mesh)
    _check_skin(mesh)
    quality = measure_mesh(mesh.points_m, mesh.tets)
    if not quality.least_quality >= LOWEST_QUALITY:
        got = f"a tetrahedron of quality {quality.least_quality:.2g}"
        raise MeshError("mesh quality", got, f"at least {LOWEST_QUALITY:g}", "use smaller cells outside the stroke")
    return quality


def check_tetrahedra(points_m: Array, tets: Indices, where: str) -> None:
    """Check nodes and tetrahedra of a mesh from anywhere.

    Args:
        points_m: (N, 3) nodes.
        tets: (M, 4) nodes of the tetrahedra.
        where: mesh or file at fault, for the message.

    Raises:
        MeshError: see ``check_mesh``; all but anchors, skin and quality.
    """
    if points_m.ndim != 2 or points_m.shape[1] != 3 or tets.ndim != 2 or tets.shape[1] != 4:
        raise MeshError(where, f"arrays of shape {points_m.shape} and {tets.shape}", "(N, 3) nodes, (M, 4) tetrahedra")
    if len(points_m) == 0 or len(tets) == 0:
        got = f"{len(points_m)} nodes and {len(tets)} tetrahedra"
        raise MeshError(where, got, "at least 4 nodes and 1 tetrahedron", _MAKE)
    lost = np.flatnonzero(~np.isfinite(points_m).all(axis=1))
    if lost.size:
        raise MeshError(where, f"{lost.size} nodes that are not finite, first {lost[0]}", "finite nodes in m", _MAKE)
    _check_indices(tets, len(points_m), f"{where}, tetrahedra")
    _check_volumes(points_m, tets, where)
    _check_conforming(points_m, tets, where)


def measure_mesh(points_m: Array, tets: Indices) -> MeshQuality:
    """Return the summary of a mesh whose nodes and tetrahedra are sound."""
    volumes, squared_edges = volumes_m3(points_m, tets), _squared_edges(points_m, tets)
    ratios = 12.0 * np.cbrt(3.0 * volumes) ** 2 / squared_edges.sum(axis=1)
    return MeshQuality(
        nodes=len(points_m),
        tets=len(tets),
        volume_m3=float(volumes.sum()),
        least_quality=float(ratios.min()),
        median_quality=float(np.median(ratios)),
        least_angle_rad=_least_angle(points_m, tets),
        shortest_edge_m=float(np.sqrt(squared_edges.min())),
    )


def volumes_m3(points_m: Array, tets: Indices) -> Array:
    """Return the signed volumes (M,) of tetrahedra."""
    a, b, c = (points_m[tets[:, corner]] - points_m[tets[:, 0]] for corner in (1, 2, 3))
    return np.asarray((a * np.cross(b, c)).sum(axis=1) / 6.0)


def _squared_edges(points: Array, tets: Indices) -> Array:
    edges = points[tets[:, _EDGES[:, 0]]] - points[tets[:, _EDGES[:, 1]]]
    return np.asarray((edges**2).sum(axis=2))


def _least_angle(points: Array, tets: Indices) -> float:
    """Return the smallest dihedral angle: pi less the angle between the outward normals of two faces."""
    faces = points[tets[:, FACES]]
    normals = np.cross(faces[:, :, 1] - faces[:, :, 0], faces[:, :, 2] - faces[:, :, 0])
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    cosines = -(normals[:, _EDGES[:, 0]] * normals[:, _EDGES[:, 1]]).sum(axis=2)
    return float(np.arccos(np.clip(cosines.max(), -1.0, 1.0)))


def _check_indices(indices: Indices, nodes: int, where: str) -> None:
    if indices.dtype.kind not in "iu":
        raise MeshError(where, f"indices of type {indices.dtype}", "integers", _MAKE)
    if not (indices.min() >= 0 and indices.max() < nodes):
        raise MeshError(where, f"nodes {indices.min()} to {indices.max()}", f"nodes 0 to {nodes - 1}", _MAKE)


def _check_volumes(points: Array, tets: Indices, where: str) -> None:
    volumes = volumes_m3(points, tets)
    least = _FLAT * (_squared_edges(points, tets).mean(axis=1)) ** 1.5
    bad = np.flatnonzero(~(volumes > least))
    if bad.size:
        worst = int(bad[np.argmin(volumes[bad])])
        got = f"{bad.size} inverted or flat tetrahedra, worst {worst} with {1e9 * volumes[worst]:.3g} mm³"
        raise MeshError(where, got, "volumes above 0 mm³", "turn their nodes round or make the mesh again")


def _check_conforming(points: Array, tets: Indices, where: str) -> None:
    unused = np.flatnonzero(np.bincount(tets.ravel(), minlength=len(points)) == 0)
    if unused.size:
        raise MeshError(where, f"{unused.size} nodes of no tetrahedron, first {unused[0]}", "none", "remove them")
    double = coinciding_nodes(points)
    if double.size:
        raise MeshError(where, f"{len(double)} pairs of nodes at one place, first {double[0]}", "none", "merge them")
    shared, overlapping = repeated_faces(tets)
    if shared:
        raise MeshError(where, f"{shared} faces of more than two tetrahedra", "at most two at a face", _MAKE)
    if overlapping:
        raise MeshError(where, f"{overlapping} faces with both tetrahedra on one side", "one on each side", _MAKE)
    hanging = hanging_nodes(points, boundary_faces(tets))
    if hanging.size:
        got = f"{hanging.size} nodes on a face or edge that they are no corner of, first {hanging[0]}"
        raise MeshError(where, got, "neighbours that share whole faces", _MAKE)
    count = parts(tets)
    if count != 1:
        raise MeshError(where, f"{count} parts that share no face", "one connected body", "mesh one body only")


def _check_anchors(mesh: TissueMesh) -> None:
    nodes = len(mesh.points_m)
    if mesh.anchored.shape != (nodes,) or mesh.skin_nodes.shape != (nodes,):
        got = f"masks of shape {mesh.anchored.shape} and {mesh.skin_nodes.shape}"
        raise MeshError("mesh, masks of nodes", got, f"({nodes},), one value for each node", _MAKE)
    count = int(mesh.anchored.sum())
    if not 0 < count < nodes:
        raise MeshError("mesh, anchored nodes", f"{count} of {nodes}", "some but not all", "anchor the nodes on bone")


def _check_skin(mesh: TissueMesh) -> None:
    triangles, where = mesh.skin_triangles, "mesh, skin triangles"
    if triangles.ndim != 2 or triangles.shape[1] != 3 or len(triangles) == 0:
        raise MeshError(where, f"an array of shape {triangles.shape}", "(K, 3) with K of at least 1", _MAKE)
    _check_indices(triangles, len(mesh.points_m), where)
    outward = {tuple(face) for face in _turned(boundary_faces(mesh.tets)).tolist()}
    strange = [k for k, face in enumerate(_turned(triangles).tolist()) if tuple(face) not in outward]
    if strange:
        got = f"{len(strange)} that are no outward boundary face, first {strange[0]}"
        raise MeshError(where, got, "faces of one tetrahedron, anticlockwise from outside", _MAKE)
    on_skin = np.zeros(len(mesh.points_m), dtype=np.bool_)
    on_skin[triangles] = True
    wrong = np.flatnonzero(on_skin != mesh.skin_nodes)
    if wrong.size:
        got = f"{wrong.size} nodes marked otherwise, first {wrong[0]}"
        raise MeshError("mesh, skin nodes", got, "the corners of the skin triangles", _MAKE)


def _turned(faces: Indices) -> Indices:
    """Return the faces turned so that the smallest node comes first; the sense of rotation stays."""
    first = np.argmin(faces, axis=1)
    return np.take_along_axis(faces, (first[:, None] + np.arange(3)) % 3, axis=1)
