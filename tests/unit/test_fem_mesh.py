"""Meshes of the tissue under strokes on real bodies: shape, size, what is fixed, and what is refused."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.errors import ConfigError, MeshError
from sim.fem.mesh import TissueMesh, strip_mesh
from sim.fem.mesh_quality import check_mesh, volumes_m3
from sim.fem.mesh_settings import COARSE, FINE, RECOMMENDED, MeshSettings
from sim.fem.surface import FlatSurface, TissueSurface
from tests.fem_cases import BODIES, LONG, OBLIQUE, OUTWARD, SHORT, STROKES, surface

Array = NDArray[np.float64]
NAMED = {"recommended": RECOMMENDED, "coarse": COARSE, "fine": FINE}
NODES = {
    ("recommended", "long"): (1250, 1300),
    ("recommended", "short"): (550, 650),
    ("coarse", "long"): (400, 480),
    ("coarse", "short"): (200, 250),
    ("fine", "long"): (2500, 2900),
    ("fine", "short"): (1000, 1300),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("stroke", STROKES)
@pytest.mark.parametrize("name", NAMED)
def test_every_stroke_on_every_body_gives_a_sound_mesh(body: str, stroke: str, name: str) -> None:
    mesh = strip_mesh(surface(body), STROKES[stroke], NAMED[name])
    quality = check_mesh(mesh)
    print(f"{body} {stroke} {name}: {quality}")
    assert quality.least_quality > 0.06
    assert quality.median_quality > 0.3
    assert quality.least_angle_rad > math.radians(2.0)
    assert quality.shortest_edge_m > 0.0025


@pytest.mark.parametrize(("name", "stroke"), NODES)
def test_named_settings_keep_to_their_size(name: str, stroke: str) -> None:
    low, high = NODES[name, stroke]
    nodes = len(strip_mesh(surface("median_f"), STROKES[stroke], NAMED[name]).points_m)
    print(f"{name} {stroke}: {nodes} nodes")
    assert low <= nodes <= high


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("stroke", STROKES)
def test_volume_is_the_integral_of_the_thickness(body: str, stroke: str) -> None:
    mesh = strip_mesh(surface(body), STROKES[stroke], RECOMMENDED)
    direction = _direction(STROKES[stroke])
    turn = np.array([[direction[0], direction[1]], [-direction[1], direction[0]]])
    local = mesh.points_m[:, :2] @ turn.T
    axes = [_middles(*local[:, k][[local[:, k].argmin(), local[:, k].argmax()]]) for k in (0, 1)]
    u, v = (grid.ravel() for grid in np.meshgrid(*axes, indexing="ij"))
    xy = np.column_stack([u, v]) @ turn
    thickness = np.maximum(surface(body).thickness_m(xy[:, 0], xy[:, 1]), RECOMMENDED.least_thickness_m)
    area = np.ptp(local[:, 0]) * np.ptp(local[:, 1])
    assert volumes_m3(mesh.points_m, mesh.tets).sum() == pytest.approx(thickness.mean() * area, rel=0.02)


def test_skin_nodes_are_on_the_skin_under_the_stroke() -> None:
    mesh, skin = strip_mesh(surface("stocky_m"), OBLIQUE, RECOMMENDED), surface("stocky_m")
    points = mesh.points_m[mesh.skin_nodes]
    near = _distance(points[:, :2], OBLIQUE) < RECOMMENDED.band_m
    assert near.sum() > 40
    assert points[near, 2] == pytest.approx(skin.height_m(points[near, 0], points[near, 1]), abs=1e-12)


def test_bone_lies_the_thickness_below_the_skin_and_is_anchored() -> None:
    mesh, skin = strip_mesh(surface("median_f"), LONG, RECOMMENDED), surface("median_f")
    columns = mesh.points_m.reshape(-1, RECOMMENDED.layers + 1, 3)
    thickness = np.maximum(skin.thickness_m(columns[:, 0, 0], columns[:, 0, 1]), RECOMMENDED.least_thickness_m)
    assert columns[:, -1, 2] - columns[:, 0, 2] == pytest.approx(thickness, abs=1e-12)
    anchored = mesh.anchored.reshape(-1, RECOMMENDED.layers + 1)
    assert anchored[:, 0].all()
    assert np.array_equal(anchored[:, 1], thickness < RECOMMENDED.bone_m)
    assert 0 < anchored[:, 1].sum() < len(thickness)
    assert not anchored[:, 2:].any()


def test_thin_tissue_keeps_a_free_layer_and_a_least_thickness() -> None:
    mesh = strip_mesh(FlatSurface(0.0, 0.001), SHORT, RECOMMENDED)
    assert mesh.points_m[:, 2].min() == pytest.approx(-RECOMMENDED.least_thickness_m)
    assert not (mesh.anchored & mesh.skin_nodes).any()
    single = strip_mesh(FlatSurface(0.0, 0.010), SHORT, replace(RECOMMENDED, layers=1))
    assert not (single.anchored & single.skin_nodes).any()


def test_layers_get_thinner_towards_the_skin() -> None:
    heights = np.unique(strip_mesh(FlatSurface(0.0, 0.04), SHORT, RECOMMENDED).points_m[:, 2])
    steps = np.diff(heights)
    assert steps[:-1] / steps[1:] == pytest.approx(RECOMMENDED.layer_growth)


def test_cells_are_fine_in_the_band_and_grow_outside() -> None:
    mesh = strip_mesh(FlatSurface(0.0, 0.04), LONG, RECOMMENDED)
    for axis, low, high in ((0, 0.05, 0.45), (1, 0.045, 0.045)):
        lines = np.unique(mesh.points_m[:, axis].round(9))
        widths, middles = np.diff(lines), 0.5 * (lines[1:] + lines[:-1])
        is_band = (middles > low - RECOMMENDED.band_m) & (middles < high + RECOMMENDED.band_m)
        assert widths[is_band].max() <= RECOMMENDED.fine_m + 1e-9
        assert widths.max() <= RECOMMENDED.coarse_m + 1e-9
        ratios = widths[1:] / widths[:-1]
        assert np.maximum(ratios, 1.0 / ratios).max() < RECOMMENDED.growth * 1.1
        assert lines[0] == pytest.approx(low - RECOMMENDED.band_m - RECOMMENDED.reach_m)
        assert lines[-1] == pytest.approx(high + RECOMMENDED.band_m + RECOMMENDED.reach_m)


@pytest.mark.parametrize("reach_m", [0.01, 0.05, 0.12, 0.4])
def test_cells_outside_reach_exactly_as_far_as_asked(reach_m: float) -> None:
    settings = replace(RECOMMENDED, reach_m=reach_m)
    mesh = strip_mesh(FlatSurface(0.0, 0.04), [[0.0, 0.0]], settings)
    assert np.ptp(mesh.points_m[:, 0]) == pytest.approx(2.0 * (settings.band_m + reach_m))
    assert np.diff(np.unique(mesh.points_m[:, 0].round(9))).max() <= settings.coarse_m + 1e-9


def test_an_oblique_stroke_gets_as_narrow_a_strip_as_a_straight_one() -> None:
    length = float(np.linalg.norm(OBLIQUE[1] - OBLIQUE[0]))
    straight = strip_mesh(FlatSurface(0.0, 0.04), [[0.0, 0.0], [length, 0.0]], RECOMMENDED)
    oblique = strip_mesh(FlatSurface(0.0, 0.04), OBLIQUE, RECOMMENDED)
    assert len(oblique.points_m) == len(straight.points_m)
    assert volumes_m3(oblique.points_m, oblique.tets).sum() == pytest.approx(
        volumes_m3(straight.points_m, straight.tets).sum()
    )


def test_uneven_sampling_does_not_turn_the_strip() -> None:
    dense = np.concatenate([np.linspace(OBLIQUE[0], OBLIQUE.mean(axis=0), 50), OBLIQUE[1:]])
    meshes = [strip_mesh(FlatSurface(0.0, 0.04), stroke, RECOMMENDED) for stroke in (OBLIQUE, dense, OBLIQUE[::-1])]
    for mesh in meshes[1:]:
        assert mesh.points_m == pytest.approx(meshes[0].points_m, abs=1e-9)


def test_a_bent_stroke_sampled_more_densely_at_one_end_lies_as_before() -> None:
    bent = np.array([[0.10, 0.03], [0.30, 0.05], [0.32, 0.12]])
    dense = np.concatenate([bent[:1], np.linspace(bent[1], bent[2], 40)])
    plain, sampled = (strip_mesh(FlatSurface(0.0, 0.04), stroke, RECOMMENDED) for stroke in (bent, dense))
    assert sampled.points_m == pytest.approx(plain.points_m, abs=1e-9)


def test_round_strokes_and_points_lie_along_the_body() -> None:
    angle = np.linspace(0.3, 0.3 + 2.0 * math.pi, 60)
    circle = np.column_stack([0.2 + 0.03 * np.cos(angle), 0.05 + 0.03 * np.sin(angle)])
    for stroke in (circle, np.array([[0.2, 0.05]]), np.array([[0.2, 0.05], [0.2, 0.05]])):
        mesh = strip_mesh(surface("median_f"), stroke, RECOMMENDED)
        check_mesh(mesh)
        assert len(np.unique(mesh.points_m[:, 0])) < 20


class Cliff:
    """Skin that falls 0.3 m over a step beside the stroke, and tissue over a bump."""

    def height_m(self, x_m: Array, y_m: Array) -> Array:
        return np.where(y_m > 0.05, -0.3, 0.0) + 0.0 * x_m

    def thickness_m(self, x_m: Array, y_m: Array) -> Array:
        return 0.03 + 0.0 * (x_m + y_m)


def test_a_cliff_beside_the_body_becomes_a_slope() -> None:
    mesh = strip_mesh(Cliff(), [[0.0, 0.0], [0.1, 0.0]], RECOMMENDED)
    check_mesh(mesh)
    points = mesh.points_m[mesh.skin_nodes]
    in_band = np.abs(points[:, 1]) < RECOMMENDED.band_m + 1e-9
    assert (points[in_band, 2] == 0.0).all()
    assert points[:, 2].min() == pytest.approx(-RECOMMENDED.reach_m * RECOMMENDED.steepest, rel=1e-6)


@pytest.mark.parametrize("where", [[[0.3, 0.6]], [[3.0, 3.0]], [[-0.6, 0.0], [-0.5, 0.0]]])
def test_a_mesh_beside_the_body_is_still_sound(where: list[list[float]]) -> None:
    check_mesh(strip_mesh(surface("median_f"), where, RECOMMENDED))


def test_the_same_stroke_gives_the_same_bits() -> None:
    first, second = (strip_mesh(surface("elderly_f"), OUTWARD, RECOMMENDED) for _ in range(2))
    for name in TissueMesh.__slots__:
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


@pytest.mark.parametrize(
    ("stroke", "text"),
    [
        ([], "array of shape"),
        ([[0.0, 0.0, 0.0]], "(1, 3)"),
        ([[0.0, math.nan]], "not finite"),
        ([[0.0, 0.0], [90.0, 0.0]], "at most 40000"),
    ],
)
def test_strokes_that_cannot_be_meshed_are_refused(stroke: list[list[float]], text: str) -> None:
    with pytest.raises(MeshError, match=re.escape(text)):
        strip_mesh(FlatSurface(0.0, 0.03), stroke, RECOMMENDED)


class Hole(Cliff):
    """Skin that is unknown beyond a line."""

    def height_m(self, x_m: Array, y_m: Array) -> Array:
        return np.where(y_m > 0.05, np.nan, 0.0) + 0.0 * x_m


def test_unknown_skin_is_refused() -> None:
    unknown: TissueSurface = Hole()
    with pytest.raises(MeshError, match="height nan m"):
        strip_mesh(unknown, SHORT, RECOMMENDED)


@pytest.mark.parametrize(("height", "thickness"), [(math.nan, 0.03), (0.0, 0.0), (0.0, math.nan), (0.0, math.inf)])
def test_slabs_that_are_none_are_refused(height: float, thickness: float) -> None:
    with pytest.raises(MeshError, match="flat tissue"):
        FlatSurface(height, thickness)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fine_m", 0.0),
        ("fine_m", math.nan),
        ("coarse_m", 0.010),
        ("band_m", -0.01),
        ("reach_m", math.inf),
        ("growth", 1.0),
        ("layers", 0),
        ("layer_growth", 0.5),
        ("bone_m", math.nan),
        ("least_thickness_m", 0.0),
        ("steepest", 0.0),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"mesh setting {name}: got"):
        replace(MeshSettings(), **{name: value})


def _direction(stroke: Array) -> Array:
    difference = stroke[1] - stroke[0]
    return np.asarray(difference / np.linalg.norm(difference))


def _middles(low: float, high: float, count: int = 400) -> Array:
    edges = np.linspace(low, high, count + 1)
    return np.asarray(0.5 * (edges[1:] + edges[:-1]))


def _distance(points: Array, stroke: Array) -> Array:
    along = np.clip((points - stroke[0]) @ _direction(stroke), 0.0, np.linalg.norm(stroke[1] - stroke[0]))
    return np.asarray(np.linalg.norm(points - stroke[0] - along[:, None] * _direction(stroke), axis=1))
