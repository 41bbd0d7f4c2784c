"""Pressure in the tissue against answers that are known without a computer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.fem.material import Material
from sim.fem.pressure import deformation_gradients, pressure_pa, skin_pressure_pa
from tests.fem_cases import cube, slab

Array = NDArray[np.float64]
TISSUE = Material(20e3, 0.4, 1000.0, 1e-3)
BULK_PA = 20e3 / (3.0 * (1.0 - 2.0 * 0.4))


def turned(angle_rad: float) -> Array:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def test_gradients_are_those_of_the_map_that_moved_the_nodes() -> None:
    mesh, wanted = cube(), np.array([[1.1, 0.2, 0.0], [0.0, 0.9, -0.1], [0.05, 0.0, 0.7]])
    found = deformation_gradients(mesh.points_m, mesh.points_m @ wanted.T + [0.3, -0.2, 0.1], mesh.tets)
    np.testing.assert_allclose(found, np.broadcast_to(wanted, (6, 3, 3)), atol=1e-12)


def test_a_small_strain_gives_the_bulk_modulus_times_the_loss_of_volume() -> None:
    strain = 1e-6 * np.array([[-3.0, 0.4, 0.1], [0.4, 1.0, -0.7], [0.1, -0.7, -2.0]])
    (found,) = pressure_pa((np.eye(3) + strain)[None], TISSUE)
    assert found == pytest.approx(-BULK_PA * np.trace(strain), rel=1e-4)


def test_uniform_compression_by_a_tenth_is_the_formula_worked_out_by_hand() -> None:
    """F = 0.9: I = 2.43, J = 0.729; mu = 20e3 / 2.8 / 0.75, lambda = 28571.4 + 0.625 mu."""
    mu, lame = 9523.81, 28571.43 + 5952.38
    by_hand = 0.75 * mu + lame * 0.271 - mu * (1.0 - 1.0 / 3.43) * 2.43 / (3.0 * 0.729)
    mesh = slab()
    found = skin_pressure_pa(mesh, TISSUE, 0.9 * mesh.points_m)
    assert found == pytest.approx(np.full(np.count_nonzero(mesh.skin_nodes), by_hand), rel=1e-5)
    assert by_hand > 0.0, "pressed tissue has a positive pressure"


def test_no_pressure_comes_of_moving_and_turning() -> None:
    mesh = slab()
    found = skin_pressure_pa(mesh, TISSUE, mesh.points_m @ turned(1.0).T + [1.0, 2.0, 3.0])
    assert np.abs(found).max() < 1e-6


def test_shear_that_keeps_the_volume_presses_less_than_the_same_stretch_of_volume() -> None:
    shear = np.eye(3)
    shear[0, 1] = 0.01
    grown = 1.01 * np.eye(3)
    sheared_pa, grown_pa = pressure_pa(np.array([shear, grown]), TISSUE)
    assert abs(sheared_pa) < 1e-3 * abs(grown_pa)


def test_a_tetrahedron_turned_inside_out_has_a_finite_pressure() -> None:
    mesh = cube()
    present = mesh.points_m.copy()
    present[7, 2] = -1.0
    assert np.isfinite(skin_pressure_pa(mesh, TISSUE, present)).all()


def test_a_dent_has_its_pressure_where_it_is() -> None:
    mesh = slab()
    present = mesh.points_m.copy()
    middle = int(np.argmin(np.where(mesh.skin_nodes, np.hypot(*(mesh.points_m[:, :2] - [0.025, 0.0]).T), np.inf)))
    present[middle, 2] -= 0.002
    found = skin_pressure_pa(mesh, TISSUE, present)
    assert np.argmax(found) == np.flatnonzero(np.flatnonzero(mesh.skin_nodes) == middle)[0]
    assert found.max() > 100.0
