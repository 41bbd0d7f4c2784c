"""The skin: normals, closest points, curvature of known shapes, symmetry, and what a planner wrongly believes."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import ConfigError
from trajectories.anatomy.body import body_names, load_body
from trajectories.anatomy.skin import Skin

NAMES = body_names()


@functools.cache
def skin_of(name: str) -> Skin:
    return Skin.from_body(load_body(name))


@functools.cache
def scattered(name: str, margin_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Random points of the back, a margin inside the outline."""
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-0.05, load_body(name).landmarks["C7"][0], 4000), rng.uniform(-0.16, 0.16, 4000)
    inside = skin_of(name).on_body(x, y, margin_m)
    return x[inside], y[inside]


@pytest.mark.parametrize("name", NAMES)
def test_normal_is_the_finite_difference_gradient(name: str) -> None:
    skin, (x, y), e = skin_of(name), scattered(name, 0.0), 1e-6
    slope_x = (skin.height(x + e, y) - skin.height(x - e, y)) / (2 * e)
    slope_y = (skin.height(x, y + e) - skin.height(x, y - e)) / (2 * e)
    normal = skin.normal(x, y)
    assert np.allclose(np.linalg.norm(normal, axis=1), 1.0)
    assert np.allclose(-normal[:, 0] / normal[:, 2], slope_x, atol=1e-5)
    assert np.allclose(-normal[:, 1] / normal[:, 2], slope_y, atol=1e-5)
    assert (normal[:, 2] > 0.0).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("above_m", [0.0, 0.018, 0.030, -0.008])
def test_foot_is_the_closest_point(name: str, above_m: float) -> None:
    skin, (x, y) = skin_of(name), scattered(name, 0.03)
    # in a furrow sharper than the distance several places are equally close; the pad cannot work there anyway
    gentle = skin.curvature(x, y) < 22.0
    x, y = x[gentle], y[gentle]
    points = np.stack((x, y, skin.height(x, y)), axis=1) + above_m * skin.normal(x, y)
    feet = skin.foot(points)
    assert np.allclose(feet[:, 2], skin.height(feet[:, 0], feet[:, 1]), atol=1e-12)
    apart = points - feet
    distance = np.linalg.norm(apart, axis=1)
    assert (distance <= abs(above_m) + 1e-9).mean() > 0.995
    normal = skin.normal(feet[:, 0], feet[:, 1])
    residual = np.linalg.norm(apart - (apart * normal).sum(axis=1)[:, None] * normal, axis=1)
    assert np.quantile(residual, 0.995) < 1e-7
    assert residual.max() < 0.002
    if abs(above_m) <= 0.018:
        assert residual.max() < 1e-4


@settings(deadline=None, max_examples=60)
@given(
    st.floats(0.0, 0.5), st.floats(-0.06, 0.06), st.floats(0.0, 0.03), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)
)
def test_no_nearby_skin_is_closer_than_the_foot(x: float, y: float, up: float, dx: float, dy: float) -> None:
    skin = skin_of("stocky_m")
    point = np.array([[x, y, skin.height(x, y)[0] + up]])
    foot = skin.foot(point)
    near_x, near_y = foot[0, 0] + dx, foot[0, 1] + dy
    other = np.array([near_x, near_y, skin.height(near_x, near_y)[0]])
    assert np.linalg.norm(point[0] - foot[0]) <= np.linalg.norm(point[0] - other) + 1e-6


@pytest.mark.parametrize("name", ["median_f", "muscular_m", "slim_f"])
def test_left_and_right_are_alike(name: str) -> None:
    skin, (x, y) = skin_of(name), scattered(name, 0.02)
    assert np.allclose(skin.height(x, y), skin.height(x, -y), atol=0.001)
    assert np.allclose(skin.normal(x, y), skin.normal(x, -y) * [1, -1, 1], atol=0.05)
    assert (skin.on_body(x, y) == skin.on_body(x, -y)).mean() > 0.99


@pytest.mark.parametrize("radius", [0.05, 0.2])
@pytest.mark.parametrize("tilt", [0.0, 0.6])
def test_curvature_of_sphere_and_cylinder(radius: float, tilt: float) -> None:
    x = np.arange(-0.3 * radius, 0.9 * radius, 0.002)
    grid_x, grid_y = np.meshgrid(x, x, indexing="ij")
    ball = Skin.from_samples(
        np.sqrt(np.maximum(radius**2 - grid_x**2 - grid_y**2, (0.2 * radius) ** 2)), x[0], x[0], 0.002
    )
    at = tilt * radius
    assert ball.curvature(at, 0.1 * radius)[0] == pytest.approx(1.0 / radius, rel=0.05)
    assert np.allclose(ball.principal_curvatures(at, 0.1 * radius), 1.0 / radius, rtol=0.05)
    tube = Skin.from_samples(np.sqrt(np.maximum(radius**2 - grid_x**2, 1e-4)), x[0], x[0], 0.002)
    assert tube.curvature(at, 0.0)[0] == pytest.approx(1.0 / radius, rel=0.05)
    assert tube.principal_curvatures(at, 0.0)[0, 0] == pytest.approx(0.0, abs=0.02 / radius)
    trough = Skin.from_samples(-np.sqrt(np.maximum(radius**2 - grid_x**2, 1e-4)), x[0], x[0], 0.002)
    assert trough.principal_curvatures(at, 0.0)[0, 0] == pytest.approx(-1.0 / radius, rel=0.05)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("rms_m", [0.003, 0.006])
def test_displaced_has_the_stated_shift_and_rms(seed: int, rms_m: float) -> None:
    skin = skin_of("median_m")
    shift = (0.003, -0.002, 0.004)
    wrong = skin.displaced(shift, rms_m, seed=seed)
    rows, columns = np.nonzero(skin.outline_m > 0.0)
    x, y = skin.x0_m + rows / skin.inverse_spacing_per_m, skin.y0_m + columns / skin.inverse_spacing_per_m
    error = wrong.height(x + shift[0], y + shift[1]) - skin.height(x, y)
    assert error.mean() == pytest.approx(shift[2], abs=1e-6)
    assert error.std() == pytest.approx(rms_m, rel=0.1)
    assert np.array_equal(wrong.on_body(x + shift[0], y + shift[1]), skin.on_body(x, y))


def test_displaced_field_is_smooth_and_repeatable() -> None:
    skin = skin_of("median_m")
    first, again, other = (skin.displaced((0.0, 0.0, 0.0), 0.003, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(first.coefficients, again.coefficients)
    assert not np.array_equal(first.coefficients, other.coefficients)
    x, y = scattered("median_m", 0.0)
    field = first.height(x, y) - skin.height(x, y)
    moved = first.height(x + 0.06, y) - skin.height(x + 0.06, y)
    near = first.height(x + 0.01, y) - skin.height(x + 0.01, y)
    assert np.corrcoef(field, near)[0, 1] > 0.9
    assert np.corrcoef(field, moved)[0, 1] < 0.7
    angle = np.degrees(np.arccos(np.clip((first.normal(x, y) * skin.normal(x, y)).sum(axis=1), -1.0, 1.0)))
    assert 1.0 < angle.mean() < 8.0


def test_smoothed_is_the_same_as_smoothing_once() -> None:
    body = load_body("tall_m")
    twice, once = Skin.from_body(body, 0.008).smoothed(0.016), Skin.from_body(body, 0.016)
    x, y = scattered("tall_m", 0.0)
    assert np.allclose(twice.height(x, y), once.height(x, y), atol=5e-5)
    assert np.quantile(twice.curvature(x, y), 0.95) < np.quantile(skin_of("tall_m").curvature(x, y), 0.95)


def test_on_body_shrinks_with_the_margin() -> None:
    skin, body = skin_of("slim_f"), load_body("slim_f")
    x, y = np.meshgrid(body.x_m[1:-1], body.y_m[1:-1], indexing="ij")
    known = np.isfinite(body.z_m)[1:-1, 1:-1]
    assert np.array_equal(skin.on_body(x, y).reshape(x.shape), known)
    counts = [skin.on_body(x, y, margin).sum() for margin in (0.0, 0.01, 0.03)]
    assert counts[0] > counts[1] > counts[2] > 0
    assert not skin.on_body([9.0, float("nan")], [0.0, 0.0]).any()


def test_scalars_nan_and_bad_smoothing() -> None:
    skin = skin_of("slim_f")
    assert skin.height(0.1, 0.0).shape == (1,)
    assert np.isnan(skin.height(float("nan"), 0.0)).all()
    assert np.isnan(skin.foot(np.array([[np.nan, 0.0, 0.0]]))).all()
    for smoothing in (-0.001, float("nan"), 1.0):
        with pytest.raises(ConfigError, match="100 mm"):
            Skin.from_body(load_body("slim_f"), smoothing)
    with pytest.raises(ConfigError, match="at least 8 mm"):
        skin.smoothed(0.004)
    with pytest.raises(ConfigError, match="finite"):
        skin.displaced((float("nan"), 0.0, 0.0), 0.003)
    with pytest.raises(ConfigError, match="finite"):
        skin.displaced((0.0, 0.0, 0.0), -0.003)
    with pytest.raises(ConfigError, match="correlation"):
        skin.displaced((0.0, 0.0, 0.0), 0.003, correlation_m=0.0)
