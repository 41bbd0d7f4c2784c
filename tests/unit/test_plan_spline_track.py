"""Quintic pieces: through the samples, at rest at the ends, right derivatives."""

import numpy as np
import pytest

from trajectories.spline_track import evaluate, find_piece, fit_piece, resample

H = 0.01


def values(coefficients: np.ndarray, t: float) -> np.ndarray:
    out = np.empty((3, coefficients.shape[1]))
    interval = min(int(t / H), len(coefficients) - 1)
    evaluate(coefficients, interval, t - interval * H, out)
    return out


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    t = H * np.arange(201)
    fade = np.sin(np.pi * t / t[-1]) ** 4
    return np.column_stack([fade * np.sin(9.0 * t), 3.0 + fade * np.cos(4.0 * t)])


def test_passes_through_the_samples(samples: np.ndarray) -> None:
    coefficients = fit_piece(samples, H)
    for k in (0, 1, 77, 199):
        np.testing.assert_allclose(values(coefficients, H * k)[0], samples[k], atol=1e-12)


def test_is_at_rest_at_both_ends(samples: np.ndarray) -> None:
    coefficients = fit_piece(samples, H)
    for t in (0.0, 2.0):
        assert np.abs(values(coefficients, t)[1:]).max() < 1e-7


def test_is_smooth_to_the_fourth_derivative_across_knots(samples: np.ndarray) -> None:
    coefficients = fit_piece(samples, H)
    powers = [np.polynomial.Polynomial(coefficients[k, 0]) for k in (90, 91)]
    for order in range(5):
        left = powers[0].deriv(order)(H) if order else powers[0](H)
        right = powers[1].deriv(order)(0.0) if order else powers[1](0.0)
        assert left == pytest.approx(right, rel=1e-6, abs=1e-6)


def test_derivatives_are_those_of_the_value(samples: np.ndarray) -> None:
    coefficients = fit_piece(samples, H)
    for t in (0.123, 0.77, 1.501):
        before, here, after = (values(coefficients, t + d) for d in (-1e-5, 0.0, 1e-5))
        np.testing.assert_allclose((after[0] - before[0]) / 2e-5, here[1], rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose((after[1] - before[1]) / 2e-5, here[2], rtol=1e-5, atol=1e-5)


def test_resampling_keeps_the_samples(samples: np.ndarray) -> None:
    fine = resample(samples[::5], 5)
    np.testing.assert_allclose(fine[::5], samples[::5], atol=1e-12)
    assert np.abs(fine - samples).max() < 1e-5


@pytest.mark.parametrize(("t", "piece"), [(0.0, 0), (0.999, 0), (1.0, 1), (2.4, 1), (2.5, 2), (4.0, 2)])
def test_finds_the_piece(t: float, piece: int) -> None:
    assert find_piece(np.array([0.0, 1.0, 2.5, 4.0]), t) == piece
