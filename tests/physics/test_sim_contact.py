"""The contact law against known answers, without an arm."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.types import Region
from sim.period.packed_state import NET_ENERGY, TISSUE_WORK
from sim.period.period import count_energy
from sim.person.contact_law import (
    DEPTH,
    ELASTIC,
    FORCE,
    LAYERS,
    MEMORY_SIZE,
    NORMAL,
    PRESS,
    RESULT_SIZE,
    closest_foot,
    elastic_force,
    relaxation_table,
    touch,
)
from sim.person.parameters import (
    CURVE_RADIUS_M,
    LUMBAR_RIDGE,
    REGION_TISSUE,
    RELAXATION_SHARES,
    SCAPULA,
    STOP_STIFFNESS_N_PER_M,
    RegionTissue,
    equilibrium_share,
    ramp_share,
    slow_force_at_reference,
)
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin

RADIUS_M = 0.018
STILL = np.zeros(4)
GRID = np.array([-0.1, -0.1, 250.0])
Array = NDArray[np.float64]
Point = tuple[float, float, float] | Array
Law = tuple[float, float, float]
SOFT: Law = (40.0, 1.8, 0.030)


class Probe:
    """A pad on flat skin at z = 0 with the same tissue everywhere."""

    def __init__(self, tissue: Law = SOFT, friction: float = 0.2, dt_s: float = 1e-3, is_relaxing: bool = True) -> None:
        self.layers = np.zeros((LAYERS, 51, 51))
        self.layers[2], self.layers[3], self.layers[4] = math.log(tissue[0]), tissue[1], tissue[2]
        self.law = np.array([RADIUS_M, friction, dt_s])
        self.relaxation = relaxation_table(dt_s, is_relaxing)
        self.memory, self.result, self.energy = np.zeros(MEMORY_SIZE), np.zeros(RESULT_SIZE), np.zeros(2)
        self.dt_s = dt_s

    def at(self, position: Point, velocity: Point = (0.0, 0.0, 0.0), spin: Point = (0.0, 0.0, 0.0)) -> Array:
        pad = np.array([*position, *velocity, *spin], dtype=float)
        count_energy(self.law, pad, STILL, self.result, self.energy)
        touch(self.layers, GRID, STILL, pad, self.law, self.relaxation, self.memory, self.result)
        return self.result

    def follow(self, path: Array) -> Array:
        """Move through positions (N, 3) and return the press forces; velocities are one-sided, as in the engine."""
        before, press = path[0], []
        for point in path:
            press.append(self.at(point, (point - before) / self.dt_s)[PRESS])
            before = point
        return np.array(press)


def law_of(tissue: RegionTissue, radius_m: float = RADIUS_M) -> Law:
    instant = slow_force_at_reference(tissue, radius_m) / float(ramp_share(tissue.exponent))
    return instant, tissue.exponent, tissue.thickness_m


@pytest.mark.parametrize("depth_m", [0.001, 0.004, 0.012])
def test_linear_spring_pressed_by_d_gives_k_d(depth_m: float) -> None:
    probe = Probe((30.0, 1.0, 10.0), is_relaxing=False)
    result = probe.at((0.01, -0.02, RADIUS_M - depth_m))
    assert result[PRESS] == pytest.approx(3000.0 * depth_m, rel=1e-12)
    assert result[DEPTH] == pytest.approx(depth_m, rel=1e-12)
    np.testing.assert_allclose(result[FORCE : FORCE + 3], [0.0, 0.0, 3000.0 * depth_m], rtol=1e-12, atol=1e-12)


def test_power_law_without_relaxation() -> None:
    probe = Probe((40.0, 1.8, 10.0), is_relaxing=False)
    assert probe.at((0.0, 0.0, RADIUS_M - 0.005))[PRESS] == pytest.approx(40.0 * 0.5**1.8, rel=1e-12)


@pytest.mark.parametrize("region", list(Region))
def test_one_second_ramp_follows_the_curve_of_the_table(region: Region) -> None:
    tissue = REGION_TISSUE[region]
    law = law_of(tissue, CURVE_RADIUS_M)
    depth_mm = 0.59 * 1e3 * tissue.thickness_m
    probe = Probe(law)
    probe.law[0] = CURVE_RADIUS_M
    z = CURVE_RADIUS_M - 1e-3 * depth_mm * np.arange(1001) / 1000
    press = 0.0
    for height in z:  # no velocity is told, so that rate damping stays out
        press = probe.at((0.0, 0.0, height))[PRESS]
    assert press == pytest.approx(tissue.curve_k * depth_mm**tissue.exponent, rel=2e-3)


def test_stop_is_smooth_and_bounded() -> None:
    law = law_of(REGION_TISSUE[Region.SACRUM])
    depth = np.linspace(1e-4, 0.02, 4000)
    force = np.array([elastic_force(d, *law) for d in depth])
    stiffness = np.gradient(force, depth)
    assert np.all(np.diff(force) > 0.0)
    assert np.max(np.abs(np.diff(stiffness))) < 0.02 * STOP_STIFFNESS_N_PER_M
    assert stiffness.max() == pytest.approx(STOP_STIFFNESS_N_PER_M, rel=1e-3)
    stop = np.searchsorted(depth, 0.6 * law[2])
    tenth = np.searchsorted(depth, 0.7 * law[2])
    assert stiffness[tenth] == pytest.approx(3.0 * stiffness[stop], rel=0.02)


def test_stiffness_over_bone_is_that_of_the_sources() -> None:
    instant, exponent, thickness = law_of(LUMBAR_RIDGE)
    share = float(ramp_share(exponent))
    depths = np.linspace(1e-4, 0.02, 20000)
    slow = share * np.array([elastic_force(d, instant, exponent, thickness) for d in depths])
    at_30 = np.searchsorted(slow, 30.0)
    assert 5.0e3 < np.gradient(slow, depths)[at_30] < 11.0e3


def test_relaxation_ends_at_its_equilibrium() -> None:
    probe = Probe((40.0, 1.8, 10.0))
    for _ in range(150_000):
        press = probe.at((0.0, 0.0, RADIUS_M - 0.005))[PRESS]
    assert press == pytest.approx(0.48 * 40.0 * 0.5**1.8, rel=1e-3)


def test_skin_does_not_stick_and_the_dent_fills_up() -> None:
    probe = Probe()
    for _ in range(5000):
        probe.at((0.0, 0.0, RADIUS_M - 0.010))
    touching = [probe.at((0.0, 0.0, RADIUS_M - 0.010 + 2e-5 * k), (0.0, 0.0, 0.02))[PRESS] for k in range(700)]
    lost = next(k for k, press in enumerate(touching) if press == 0.0)
    assert 100 < lost < 480
    assert min(touching) == 0.0
    branches, elastic = probe.memory[: len(RELAXATION_SHARES)], probe.memory[ELASTIC]
    assert elastic > 0.01
    assert equilibrium_share() * elastic + branches.sum() == pytest.approx(0.0, abs=1e-9)  # let go: no force, a dent
    for _ in range(80_000):
        probe.at((0.0, 0.0, RADIUS_M + 0.001))
    again = probe.at((0.0, 0.0, RADIUS_M - 0.005))[PRESS]
    assert again == pytest.approx(Probe().at((0.0, 0.0, RADIUS_M - 0.005))[PRESS], rel=0.03)


def falling_mass(probe: Probe, mass_kg: float, speed_m_s: float, force_n: float, seconds: float) -> tuple[Array, Array]:
    """Push a moving mass with a constant force, semi-implicit Euler steps; return press forces and heights."""
    z, v, press, height = RADIUS_M, -speed_m_s, [], []
    for _ in range(round(seconds / probe.dt_s)):
        press.append(probe.at((0.0, 0.0, z), (0.0, 0.0, v))[PRESS])
        v += (press[-1] - force_n) / mass_kg * probe.dt_s
        z += v * probe.dt_s
        height.append(z)
    return np.array(press), np.array(height)


@pytest.mark.parametrize("place", [Region.LUMBAR_PARASPINAL, Region.SACRUM])
def test_halving_the_step_keeps_the_peak_force_of_a_landing(place: Region) -> None:
    law = law_of(REGION_TISSUE[place])
    peaks = [falling_mass(Probe(law, dt_s=dt), 6.0, 0.1, 20.0, 0.5)[0].max() for dt in (1e-3, 5e-4, 2.5e-4)]
    assert peaks[0] > 20.0
    assert peaks[0] == pytest.approx(peaks[2], rel=0.03)
    assert peaks[1] == pytest.approx(peaks[2], rel=0.03)


@pytest.mark.parametrize("is_relaxing", [True, False])
@pytest.mark.parametrize("tissue", [SOFT, law_of(SCAPULA), (30.0, 1.0, 10.0)])
def test_dropped_probe_rebounds_no_higher(tissue: Law, is_relaxing: bool) -> None:
    probe = Probe(tissue, is_relaxing=is_relaxing)
    start = RADIUS_M + 0.5 * 0.3**2 / 9.81
    _, height = falling_mass(probe, 1.0, 0.3, 9.81, 3.0)
    lowest = int(np.argmin(height))
    assert height[lowest] < RADIUS_M - 0.003
    assert height[lowest:].max() < start
    assert probe.energy[NET_ENERGY] > 0.0


@pytest.mark.parametrize("speed_hz", [0.2, 1.0, 8.0])
@pytest.mark.parametrize("depth_m", [0.004, 0.012, 0.020])
def test_press_and_release_loses_energy(speed_hz: float, depth_m: float) -> None:
    probe = Probe(law_of(REGION_TISSUE[Region.RHOMBOID]))
    steps = round(3.0 / speed_hz / probe.dt_s)
    phase = 2.0 * np.pi * speed_hz * probe.dt_s * np.arange(steps + 1)
    path = np.zeros((steps + 1, 3))
    path[:, 2] = RADIUS_M + 0.001 - 0.5 * (depth_m + 0.001) * (1.0 - np.cos(phase))
    press = probe.follow(path)
    assert press.max() > 1.0
    assert press[-1] == 0.0
    loading = np.sum(np.maximum(0.0, press[1:] * -np.diff(path[:, 2])))
    assert 0.1 * loading < probe.energy[NET_ENERGY] < 0.7 * loading


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("friction", [0.0, 0.2, 0.6])
def test_random_poking_never_gives_energy(seed: int, friction: float) -> None:
    generator = np.random.default_rng(seed)
    probe = Probe(law_of(REGION_TISSUE[Region.THORACIC_PARASPINAL]), friction)
    steps, worst = 20_000, 0.0
    noise = generator.normal(size=(steps, 3))
    path = np.zeros((steps, 3))
    for axis, (width, scale) in enumerate(((300, 0.02), (300, 0.02), (60, 0.010))):
        kernel = np.hanning(width)
        smooth = np.convolve(noise[:, axis], kernel / np.linalg.norm(kernel), mode="same")
        path[:, axis] = scale * smooth
    path[:, 2] += RADIUS_M
    before, touched = path[0], 0
    for point in path:
        result = probe.at(point, (point - before) / probe.dt_s)
        before = point
        if result[PRESS] == 0.0:
            worst = min(worst, probe.energy[NET_ENERGY])
        else:
            touched += 1
    assert touched > 4000
    assert probe.energy[NET_ENERGY] > 1e-3
    assert worst >= -1e-9


def test_sliding_costs_friction_times_way() -> None:
    probe = Probe((40.0, 1.8, 10.0), friction=0.2, is_relaxing=False)
    path = np.zeros((3001, 3))
    path[:, 0] = 0.02 * np.sin(2.0 * np.pi * np.arange(3001) / 1000)
    path[:, 2] = RADIUS_M - 0.005
    press = probe.follow(path)
    expected = 0.2 * press[0] * np.abs(np.diff(path[:, 0])).sum()
    assert probe.energy[NET_ENERGY] == pytest.approx(expected, rel=0.15)
    assert probe.energy[NET_ENERGY] > 0.0


def test_friction_stays_in_its_cone_and_opposes_sliding() -> None:
    probe = Probe((40.0, 1.8, 10.0), friction=0.25)
    for k in range(300):
        result = probe.at((1e-4 * k, 0.0, RADIUS_M - 0.008), (0.1, 0.0, 0.0))
        assert math.hypot(result[FORCE], result[FORCE + 1]) <= 0.25 * result[PRESS] * (1.0 + 1e-9)
    assert result[FORCE] == pytest.approx(-0.25 * result[PRESS], rel=1e-6)


def test_a_spinning_pad_rubs_at_the_foot() -> None:
    probe = Probe((40.0, 1.8, 10.0), friction=0.25, is_relaxing=False)
    for k in range(1300):
        result = probe.at((0.0, 0.0, RADIUS_M - 0.008), (0.0, 0.0, 0.0), (0.0, 2.0, 0.0))
        if k == 299:
            start = probe.energy[NET_ENERGY]
    assert result[FORCE] == pytest.approx(0.25 * result[PRESS], rel=1e-6)  # the foot moves to -x, so it is held to +x
    rubbed = probe.energy[NET_ENERGY] - start
    assert rubbed == pytest.approx(0.25 * result[PRESS] * 2.0 * (RADIUS_M - 0.008) * 1.0, rel=0.03)
    assert probe.energy[TISSUE_WORK] == 0.0


def test_foot_on_a_real_back_is_the_closest_point() -> None:
    skin = Skin.from_body(load_body("median_m"))
    generator = np.random.default_rng(3)
    x, y = generator.uniform(0.0, 0.45, 200), generator.uniform(-0.10, 0.10, 200)
    gap = generator.uniform(-0.005, 0.018, 200)
    points = np.stack([x, y, skin.height(x, y)], axis=1) + gap[:, None] * skin.normal(x, y)
    feet = skin.foot(points)
    grid = np.array([skin.x0_m, skin.y0_m, skin.inverse_spacing_per_m])
    layers = np.zeros((LAYERS, *skin.coefficients.shape))
    layers[0] = skin.coefficients
    result, values = np.zeros(RESULT_SIZE), np.zeros((LAYERS, 3))
    for point, foot in zip(points, feet, strict=True):
        distance = closest_foot(layers, grid, STILL, point, values, result)
        assert abs(distance) == pytest.approx(float(np.linalg.norm(point - foot)), abs=1e-4)
        assert np.linalg.norm(result[NORMAL : NORMAL + 3]) == pytest.approx(1.0)
