"""Mass properties against closed forms and against brute-force sums over many small pieces."""

import math

import numpy as np
import pytest

from urdf.actuators import RMD_X4_10, RMD_X4_36, RMD_X6_60, RMD_X8_120, Actuator
from urdf.geometry import AXIS_X, AXIS_Y, AXIS_Z, Cylinder, Sphere, combine, tube, with_reflected_rotor
from urdf.servo7 import SPEED_CAP_RAD_S, axes


def brute_force_cylinder(length: float, outer: float, inner: float, mass: float) -> np.ndarray:
    """Inertia about the middle of a hollow cylinder along z, summed over a fine polar grid."""
    edges = np.linspace(inner, outer, 201)
    radii, weights = 0.5 * (edges[1:] + edges[:-1]), edges[1:] ** 2 - edges[:-1] ** 2
    z = (np.arange(400) + 0.5) / 400 * length - length / 2
    total = weights.sum() * len(z)
    along = mass * (weights * radii**2).sum() * len(z) / total
    across = along / 2 + mass * (weights.sum() * (z**2).sum()) / total
    return np.diag([across, across, along])


def test_hollow_cylinder_matches_brute_force() -> None:
    part = Cylinder((0.0, 0.0, 0.0), AXIS_Z, 0.3, 0.05, 2.0, 0.04)
    assert part.inertia() == pytest.approx(brute_force_cylinder(0.3, 0.05, 0.04, 2.0), rel=1e-4)


@pytest.mark.parametrize("axis", [AXIS_X, AXIS_Y, AXIS_Z])
def test_axis_takes_the_small_moment(axis: tuple[float, float, float]) -> None:
    inertia = Cylinder((0.0, 0.0, 0.0), axis, 0.3, 0.02, 1.0).inertia()
    assert np.array(axis) @ inertia @ np.array(axis) == pytest.approx(0.5 * 0.02**2)
    assert np.trace(inertia) == pytest.approx(0.5 * 0.02**2 + 2 * (3 * 0.02**2 + 0.3**2) / 12)


def test_tube_weighs_wall_times_density() -> None:
    assert tube((0.0, 0.0, 0.0), AXIS_X, 0.5, 0.03, 0.002, 1600.0).mass_kg == pytest.approx(
        1600.0 * 0.5 * math.pi * (0.03**2 - 0.028**2)
    )
    rod = tube((0.0, 0.0, 0.0), AXIS_X, 0.5, 0.03, 0.03, 1000.0)
    assert rod.mass_kg == pytest.approx(1000.0 * 0.5 * math.pi * 0.03**2)


def test_two_spheres_follow_the_parallel_axis_theorem() -> None:
    body = combine((Sphere((0.0, 0.0, 0.0), 0.01, 1.0), Sphere((0.3, 0.0, 0.0), 0.01, 2.0)))
    own = 0.4 * 0.01**2 * 3.0
    spread = 1.0 * 0.2**2 + 2.0 * 0.1**2
    assert body.mass_kg == pytest.approx(3.0)
    assert body.com_m == pytest.approx((0.2, 0.0, 0.0))
    assert body.inertia_kg_m2 == pytest.approx((own, own + spread, own + spread, 0.0, 0.0, 0.0), abs=1e-15)


def test_products_of_inertia_have_the_sign_of_the_tensor() -> None:
    body = combine((Sphere((0.1, 0.1, 0.0), 0.01, 1.0), Sphere((-0.1, -0.1, 0.0), 0.01, 1.0)))
    assert body.inertia_kg_m2[3] == pytest.approx(-2 * 0.1 * 0.1)


def test_cut_tube_equals_the_whole() -> None:
    whole = combine((tube((0.0, 0.0, 0.2), AXIS_Z, 0.4, 0.03, 0.002, 1600.0),))
    halves = combine(tuple(tube((0.0, 0.0, z), AXIS_Z, 0.2, 0.03, 0.002, 1600.0) for z in (0.1, 0.3)))
    assert halves.mass_kg == pytest.approx(whole.mass_kg)
    assert halves.com_m == pytest.approx(whole.com_m)
    assert halves.inertia_kg_m2 == pytest.approx(whole.inertia_kg_m2)


def test_reflected_rotor_is_felt_about_its_axis_and_stays_a_rigid_body() -> None:
    body = combine((Sphere((0.0, 0.0, 0.1), 0.01, 0.1),))
    loaded = with_reflected_rotor(body, AXIS_Y, 0.05)
    assert loaded.matrix()[1, 1] - body.matrix()[1, 1] == pytest.approx(0.05)
    assert (loaded.mass_kg, loaded.com_m) == (body.mass_kg, body.com_m)
    first, second, third = np.linalg.eigvalsh(loaded.matrix())
    assert first + second >= third


def test_reflected_inertia_is_gear_squared_times_rotor() -> None:
    assert RMD_X8_120.reflected_inertia_kg_m2 == pytest.approx(19.612**2 * 1.5e-4)


@pytest.mark.parametrize("actuator", [RMD_X8_120, RMD_X6_60, RMD_X4_36, RMD_X4_10])
def test_actuators_are_plausible_and_sourced(actuator: Actuator) -> None:
    assert 0.0 < actuator.rated_torque_nm < actuator.peak_torque_nm
    assert 1.0 <= actuator.gear_ratio <= 40.0
    density = actuator.mass_kg / (math.pi / 4 * actuator.diameter_m**2 * actuator.length_m)
    assert 1500.0 < density < 4000.0  # copper, iron and aluminium with air
    # a rotor is lighter than its actuator and fits into it
    assert actuator.rotor_inertia_kg_m2 < 0.5 * actuator.mass_kg * (actuator.diameter_m / 2) ** 2
    assert "Manual" in actuator.source


def test_speed_cap_is_within_every_actuator() -> None:
    assert all(axis.actuator.rated_speed_rad_s > SPEED_CAP_RAD_S for axis in axes())
