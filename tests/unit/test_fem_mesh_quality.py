"""Every way in which a mesh can be unsound is found, and named."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from controller.errors import MeshError
from sim.fem.mesh import TissueMesh
from sim.fem.mesh_quality import check_mesh, measure_mesh, volumes_m3
from tests.fem_cases import cube, moved, slab


def test_a_cube_has_known_measures() -> None:
    mesh = cube()
    quality = check_mesh(mesh)
    assert (quality.nodes, quality.tets) == (8, 6)
    assert quality.volume_m3 == pytest.approx(1.0)
    assert quality.shortest_edge_m == pytest.approx(1.0)
    assert quality.least_angle_rad == pytest.approx(math.pi / 4.0)
    assert volumes_m3(mesh.points_m, mesh.tets) == pytest.approx(np.full(6, 1.0 / 6.0))
    mean_ratio = 12.0 * 0.5 ** (2.0 / 3.0) / 10.0
    assert quality.least_quality == pytest.approx(mean_ratio)
    assert quality.median_quality == pytest.approx(mean_ratio)


def test_a_regular_tetrahedron_has_quality_one() -> None:
    points = np.array([[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, -1.0], [-1.0, -1.0, 1.0]])
    quality = measure_mesh(points, np.array([[0, 1, 2, 3]]))
    assert quality.least_quality == pytest.approx(1.0)
    assert quality.least_angle_rad == pytest.approx(math.acos(1.0 / 3.0))


def _no_tets(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, tets=mesh.tets[:0])


def _wrong_shape(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, points_m=mesh.points_m[:, :2])


def _index_too_high(mesh: TissueMesh) -> TissueMesh:
    tets = mesh.tets.copy()
    tets[5, 2] = len(mesh.points_m)
    return replace(mesh, tets=tets)


def _index_negative(mesh: TissueMesh) -> TissueMesh:
    tets = mesh.tets.copy()
    tets[5, 2] = -1
    return replace(mesh, tets=tets)


def _index_no_integer(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, tets=mesh.tets.astype(np.float64))


def _not_finite(mesh: TissueMesh) -> TissueMesh:
    return moved(mesh, 7, (0.0, math.nan, 0.0))


def _inverted(mesh: TissueMesh) -> TissueMesh:
    tets = mesh.tets.copy()
    tets[[3, 8]] = tets[[3, 8]][:, [0, 2, 1, 3]]
    return replace(mesh, tets=tets)


def _flat(mesh: TissueMesh) -> TissueMesh:
    points = mesh.points_m.copy()
    points[:, 2] = 0.0
    return replace(mesh, points_m=points)


def _unused_node(mesh: TissueMesh) -> TissueMesh:
    return _with_nodes(mesh, np.array([[9.0, 9.0, 9.0]]))


def _with_nodes(mesh: TissueMesh, points: np.ndarray) -> TissueMesh:
    none = np.zeros(len(points), dtype=np.bool_)
    return replace(
        mesh,
        points_m=np.concatenate([mesh.points_m, points]),
        anchored=np.concatenate([mesh.anchored, none]),
        skin_nodes=np.concatenate([mesh.skin_nodes, none]),
    )


def _double_node(mesh: TissueMesh) -> TissueMesh:
    """Cut one tetrahedron off and give it a node of its own at the place of the old one."""
    node = int(mesh.tets[0, 0])
    cut = _with_nodes(mesh, mesh.points_m[[node]])
    tets = mesh.tets.copy()
    tets[0, 0] = len(mesh.points_m)
    return replace(cut, tets=tets)


def _third_at_a_face(mesh: TissueMesh) -> TissueMesh:
    """Put one more tetrahedron on an inner face of the cube."""
    return _with_a_tetrahedron(mesh, (0, 1, 7), np.array([[0.5, 3.0, 0.2]]))


def _two_on_a_side(mesh: TissueMesh) -> TissueMesh:
    """Put a second tetrahedron on the inside of an outer face of the cube."""
    return _with_a_tetrahedron(mesh, (4, 5, 7), np.array([[0.3, 0.4, 0.45]]))


def _with_a_tetrahedron(mesh: TissueMesh, face: tuple[int, int, int], tip: np.ndarray) -> TissueMesh:
    more = _with_nodes(mesh, tip)
    tet = np.array([[*face, len(mesh.points_m)]])
    if volumes_m3(more.points_m, tet)[0] < 0.0:
        tet = tet[:, [0, 2, 1, 3]]
    return replace(more, tets=np.concatenate([mesh.tets, tet]))


def _hanging_node(mesh: TissueMesh) -> TissueMesh:
    """Cut the edge 0-7 in one of the six tetrahedra of the cube that share it."""
    more = _with_nodes(mesh, np.array([[0.5, 0.5, 0.5]]))
    halves = np.array([(8, 1, 3, 7), (0, 1, 3, 8)])
    return replace(more, tets=np.concatenate([mesh.tets[1:], halves]))


def _two_parts(mesh: TissueMesh) -> TissueMesh:
    return _beside(mesh, np.array([3.0, 0.0, 0.0]))


def _beside(mesh: TissueMesh, shift: np.ndarray) -> TissueMesh:
    count = len(mesh.points_m)
    return TissueMesh(
        np.concatenate([mesh.points_m, mesh.points_m + shift]),
        np.concatenate([mesh.tets, mesh.tets + count]),
        np.concatenate([mesh.skin_triangles, mesh.skin_triangles + count]),
        np.tile(mesh.anchored, 2),
        np.tile(mesh.skin_nodes, 2),
    )


def _no_anchor(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, anchored=np.zeros_like(mesh.anchored))


def _all_anchored(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, anchored=np.ones_like(mesh.anchored))


def _short_mask(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, anchored=mesh.anchored[1:])


def _inner_skin(mesh: TissueMesh) -> TissueMesh:
    triangles = mesh.skin_triangles.copy()
    triangles[0] = (0, 1, 7)
    return replace(mesh, skin_triangles=triangles)


def _skin_turned_round(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, skin_triangles=mesh.skin_triangles[:, ::-1].copy())


def _no_skin(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, skin_triangles=mesh.skin_triangles[:0])


def _skin_index_too_high(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, skin_triangles=mesh.skin_triangles + 8)


def _wrong_skin_nodes(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, skin_nodes=~mesh.skin_nodes)


def _sliver(mesh: TissueMesh) -> TissueMesh:
    return replace(mesh, points_m=mesh.points_m * (1.0, 1.0, 0.002))


@pytest.mark.parametrize(
    ("start", "spoil", "text"),
    [
        (slab, _no_tets, "nodes and 0 tetrahedra"),
        (slab, _wrong_shape, "arrays of shape"),
        (slab, _index_too_high, "tetrahedra: got nodes 0 to "),
        (slab, _index_negative, "tetrahedra: got nodes -1 to "),
        (slab, _index_no_integer, "indices of type float64"),
        (slab, _not_finite, "1 nodes that are not finite, first 7"),
        (slab, _inverted, "2 inverted or flat tetrahedra, worst"),
        (slab, _flat, "inverted or flat tetrahedra, worst 0 with 0 mm³"),
        (slab, _unused_node, "1 nodes of no tetrahedron"),
        (slab, _double_node, "1 pairs of nodes at one place"),
        (cube, _third_at_a_face, "1 faces of more than two tetrahedra"),
        (cube, _two_on_a_side, "1 faces with both tetrahedra on one side"),
        (cube, _hanging_node, "1 nodes on a face or edge that they are no corner of, first 8"),
        (cube, _two_parts, "2 parts that share no face"),
        (slab, _no_anchor, "anchored nodes: got 0 of"),
        (cube, _all_anchored, "anchored nodes: got 8 of 8"),
        (slab, _short_mask, "masks of shape"),
        (cube, _inner_skin, "1 that are no outward boundary face, first 0"),
        (cube, _skin_turned_round, "2 that are no outward boundary face"),
        (cube, _no_skin, "(0, 3)"),
        (cube, _skin_index_too_high, "skin triangles: got nodes 12 to 15"),
        (cube, _wrong_skin_nodes, "skin nodes: got 8 nodes marked otherwise"),
        (cube, _sliver, "a tetrahedron of quality 0.0"),
    ],
)
def test_unsound_meshes_are_refused_in_one_line(
    start: Callable[[], TissueMesh], spoil: Callable[[TissueMesh], TissueMesh], text: str
) -> None:
    check_mesh(start())
    with pytest.raises(MeshError, match=re.escape(text)) as caught:
        check_mesh(spoil(start()))
    assert "\n" not in str(caught.value)
    assert "; allowed: " in str(caught.value)


def test_parts_that_touch_in_an_edge_only_are_refused() -> None:
    """Two cubes that stand side by side along one edge, whose two nodes they share."""
    double = _beside(cube(), np.array([1.0, 1.0, 0.0]))
    merge = np.arange(16)
    merge[[8, 12]] = 3, 7
    kept = np.delete(np.arange(16), [8, 12])
    number = np.zeros(16, dtype=np.int64)
    number[kept] = np.arange(14)
    rename = number[merge]
    mesh = TissueMesh(
        double.points_m[kept],
        rename[double.tets],
        rename[double.skin_triangles],
        double.anchored[kept],
        double.skin_nodes[kept],
    )
    with pytest.raises(MeshError, match="2 parts that share no face"):
        check_mesh(mesh)
