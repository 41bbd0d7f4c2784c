"""Small-strain elasticity against known answers: a stretched column, Hertz, and a thin layer on bone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse.linalg import spsolve

from controller.errors import MeshError
from sim.fem.elasticity import largest_frequency_rad_s, longest_step_s, press_curve, skin_height, stiffness
from sim.fem.material import Material
from sim.fem.mesh import TissueMesh, strip_mesh
from sim.fem.mesh_settings import FINE, RECOMMENDED, MeshSettings
from sim.fem.surface import FlatSurface
from tests.fem_cases import BODIES, SHORT, STROKES, slab, surface

Array = NDArray[np.float64]
SOFT = Material(young_pa=45e3, poisson=0.40, density_kg_m3=1000.0, damping_s=1e-3)
HERTZ_TOLERANCE = 0.15
LAYER_TOLERANCE = 0.10
BLOCK_M = 0.16
RADIUS_M = 0.25


@pytest.mark.parametrize("poisson", [0.2, 0.45])
def test_a_column_under_uniaxial_compression_is_exact(poisson: float) -> None:
    """Pressed between two frictionless plates, free at its sides: stress E times strain, everywhere the same."""
    mesh, material = slab(), replace(SOFT, poisson=poisson)
    points, strain = mesh.points_m - mesh.points_m.min(axis=0), 0.02
    exact = strain * points * (poisson, poisson, -1.0)
    matrix = stiffness(mesh, material)
    held = np.zeros(points.shape, dtype=np.bool_)
    is_top, is_bottom = (np.isclose(points[:, 2], level) for level in (np.ptp(points[:, 2]), 0.0))
    held[:, 2] = is_top | is_bottom
    held[np.flatnonzero(is_bottom & (points[:, 0] == 0.0)), 0] = True
    held[np.argmin(np.abs(points).sum(axis=1)), 1] = True
    fixed, moved = held.ravel(), np.where(held, exact, 0.0).ravel()
    moved[~fixed] = spsolve(matrix[~fixed][:, ~fixed], -(matrix[~fixed][:, fixed] @ moved[fixed]))
    assert np.abs(moved - exact.ravel()).max() < 1e-9 * np.abs(exact).max()
    forces = (matrix @ moved).reshape(-1, 3)
    area = np.ptp(points[:, 0]) * np.ptp(points[:, 1])
    assert forces[is_top, 2].sum() == pytest.approx(-material.young_pa * strain * area, rel=1e-9)


def test_a_linear_field_leaves_the_inside_of_any_mesh_in_balance() -> None:
    mesh = strip_mesh(surface("stocky_m"), SHORT, RECOMMENDED)
    gradient = np.random.default_rng(1).normal(size=(3, 3))
    forces = (stiffness(mesh, SOFT) @ (mesh.points_m @ gradient.T).ravel()).reshape(-1, 3)
    columns = np.arange(len(mesh.points_m)).reshape(-1, RECOMMENDED.layers + 1)
    xy = mesh.points_m[columns[:, 0], :2]
    is_rim = ((xy - xy.min(axis=0) < 1e-9) | (xy.max(axis=0) - xy < 1e-9)).any(axis=1)
    inside = columns[~is_rim, 1:-1].ravel()
    assert np.abs(forces[inside]).max() < 1e-9 * np.abs(forces).max()


def test_stiffness_is_symmetric_and_knows_rigid_motion() -> None:
    mesh = slab()
    matrix = stiffness(mesh, SOFT)
    largest = np.abs(matrix.data).max()
    assert np.abs((matrix - matrix.T).data).max() < 1e-9 * largest
    turn = np.array([[0.0, -3.0, 2.0], [3.0, 0.0, -1.0], [-2.0, 1.0, 0.0]])
    rigid = mesh.points_m @ turn.T + (1.0, -2.0, 0.5)
    assert np.abs(matrix @ rigid.ravel()).max() < 1e-9 * largest


def _block() -> TissueMesh:
    settings = MeshSettings(
        fine_m=0.004,
        coarse_m=0.1,
        band_m=0.020,
        reach_m=0.12,
        growth=2.0,
        layers=8,
        layer_growth=1.6,
        bone_m=0.0,
    )
    return strip_mesh(FlatSurface(0.1, BLOCK_M), [[0.0, 0.0]], settings)


def _hertz(material: Material, depth: Array) -> Array:
    """Return the force of a sphere on a half-space."""
    return 4.0 / 3.0 * material.young_pa / (1.0 - material.poisson**2) * math.sqrt(RADIUS_M) * depth**1.5


def _bonded_layer(material: Material, depth: Array) -> Array:
    """Return the factor on Hertz of a layer bonded to bone (Dimitriadis et al., Biophys J 2002;82:2798)."""
    nu, x = material.poisson, np.sqrt(RADIUS_M * depth) / BLOCK_M
    a = -(1.2876 - 1.4678 * nu + 1.3442 * nu**2) / (1.0 - nu)
    b = (0.6387 - 1.0277 * nu + 1.5164 * nu**2) / (1.0 - nu)
    third = 8.0 / math.pi**3 * (a**3 + 4.0 * math.pi**2 / 15.0 * b)
    fourth = 16.0 * a / math.pi**4 * (a**3 + 3.0 * math.pi**2 / 5.0 * b)
    return 1.0 - 2.0 * a / math.pi * x + 4.0 * a**2 / math.pi**2 * x**2 - third * x**3 + fourth * x**4


def test_a_thick_block_presses_back_as_hertz_says() -> None:
    depth = np.array([0.0003, 0.0005, 0.0010, 0.00128])
    material = replace(SOFT, poisson=0.3)
    force = press_curve(_block(), material, (0.0, 0.0), RADIUS_M, depth)
    hertz = _hertz(material, depth)
    print(force / hertz, force / hertz / _bonded_layer(material, depth))
    assert force[:2] == pytest.approx(hertz[:2], rel=HERTZ_TOLERANCE)
    assert force == pytest.approx(hertz * _bonded_layer(material, depth), rel=LAYER_TOLERANCE)


def test_forces_scale_with_the_modulus_and_rise_with_depth() -> None:
    depths = np.array([0.002, 0.004, 0.008, 0.012])
    mesh = strip_mesh(surface("median_f"), SHORT, FINE)
    centre = (0.17, 0.05)
    force = press_curve(mesh, SOFT, centre, 0.018, depths)
    double = press_curve(mesh, replace(SOFT, young_pa=90e3), centre, 0.018, depths)
    assert double == pytest.approx(2.0 * force, rel=1e-9)
    assert (np.diff(force / depths) >= 0.0).all()
    assert 5.0 < force[-1] < 60.0


def test_bone_close_under_the_skin_is_stiffer() -> None:
    forces = [
        press_curve(strip_mesh(FlatSurface(0.0, thickness), SHORT, FINE), SOFT, (0.17, 0.05), 0.018, [0.004])[0]
        for thickness in (0.012, 0.020, 0.040)
    ]
    assert forces[0] > 1.2 * forces[1] > 1.2 * 1.1 * forces[2]


def test_more_mesh_around_the_stroke_changes_nothing() -> None:
    """The free rim lies where the dent has died away."""
    near, far = (
        press_curve(
            strip_mesh(surface("median_f"), SHORT, replace(RECOMMENDED, reach_m=reach)),
            SOFT,
            (0.17, 0.05),
            0.018,
            [0.01],
        )
        for reach in (RECOMMENDED.reach_m, 0.20)
    )
    assert near == pytest.approx(far, rel=0.01)


def test_a_shallow_press_between_nodes_touches_nothing() -> None:
    mesh = slab()
    corners = mesh.points_m[mesh.skin_triangles[len(mesh.skin_triangles) // 2], :2]
    x, y = corners.mean(axis=0).tolist()
    force = press_curve(mesh, SOFT, (x, y), 0.018, [1e-6, 0.01])
    assert force[0] == 0.0
    assert force[1] > 0.0


def test_the_skin_has_its_height_between_the_nodes_too() -> None:
    mesh, height = strip_mesh(surface("stocky_m"), SHORT, RECOMMENDED), surface("stocky_m")
    for x, y in ((0.17, 0.05), (0.131, 0.047), (0.2, 0.06)):
        expected = height.height_m(np.array([x]), np.array([y]))[0]
        assert skin_height(mesh, np.array([x, y])) == pytest.approx(expected, abs=0.001)


def test_the_largest_frequency_is_that_of_the_dense_matrix() -> None:
    mesh = slab()
    free = np.repeat(~mesh.anchored, 3)
    dense = stiffness(mesh, SOFT).toarray()[free][:, free]
    mass = SOFT.density_kg_m3 * 0.03 * np.prod(np.ptp(mesh.points_m[:, :2], axis=0)) / len(mesh.points_m)
    expected = math.sqrt(np.linalg.eigvalsh(dense)[-1] / mass)
    assert largest_frequency_rad_s(mesh, SOFT) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("damping_s", [2e-4, 5e-4, 2e-3])
def test_the_longest_step_is_the_border_of_stability(damping_s: float) -> None:
    mesh, material = slab(), replace(SOFT, damping_s=damping_s)
    frequency, longest = largest_frequency_rad_s(mesh, material), longest_step_s(mesh, material)

    def largest_growth(step_s: float) -> float:
        """Return the spectral radius of one step of the stiffest mode."""
        share = 1.0 / (1.0 + step_s * damping_s * frequency**2)
        step = np.array(
            [[1.0 - share * (step_s * frequency) ** 2, share * step_s], [-share * step_s * frequency**2, share]]
        )
        return float(np.abs(np.linalg.eigvals(step)).max())

    assert largest_growth(0.99 * longest) < 1.0 < largest_growth(1.01 * longest)


@pytest.mark.parametrize("stroke", ["long", "short", "oblique", "outward"])
@pytest.mark.parametrize("body", BODIES)
def test_a_back_needs_half_a_step_of_damping(body: str, stroke: str) -> None:
    mesh = strip_mesh(surface(body), STROKES[stroke], RECOMMENDED)
    assert longest_step_s(mesh, replace(SOFT, damping_s=2e-4)) < 0.9e-3
    assert longest_step_s(mesh, replace(SOFT, damping_s=5e-4)) > 1e-3


@pytest.mark.parametrize(
    ("centre", "radius", "depths", "text"),
    [
        ((9.0, 0.0), 0.018, [0.01], "over the skin of the mesh"),
        ((math.nan, 0.0), 0.018, [0.01], "over the skin of the mesh"),
        ((0.02, 0.0), -0.018, [0.01], "above 0 m"),
        ((0.02, 0.0), 0.018, [0.01, math.nan], "above 0 m"),
        ((0.02, 0.0), 0.018, [0.0], "above 0 m"),
        ((0.02, 0.0), 0.001, [0.01], "no free skin node under the sphere"),
    ],
)
def test_presses_that_make_no_sense_are_refused(
    centre: tuple[float, float], radius: float, depths: list[float], text: str
) -> None:
    with pytest.raises(MeshError, match=text):
        press_curve(slab(), SOFT, centre, radius, depths)
