"""The compiled splines: samples, derivatives, borders."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from trajectories.anatomy.spline import evaluate_bend, evaluate_layers

SAMPLES = np.random.default_rng(5).normal(size=(2, 14, 11))
LAYERS = np.stack([ndimage.spline_filter(layer, order=3, mode="mirror") for layer in SAMPLES])
X0, Y0, H = -0.2, 0.1, 0.004


def layers_at(x: float, y: float) -> np.ndarray:
    out = np.empty((2, 3))
    evaluate_layers(LAYERS, X0, Y0, 1.0 / H, x, y, out)
    return out


def bend_at(x: float, y: float) -> np.ndarray:
    out = np.empty(6)
    evaluate_bend(LAYERS[0], X0, Y0, 1.0 / H, x, y, out)
    return out


@given(st.integers(0, 13), st.integers(0, 10))
def test_samples_are_reproduced_borders_included(i: int, j: int) -> None:
    assert np.allclose(layers_at(X0 + i * H, Y0 + j * H)[:, 0], SAMPLES[:, i, j], atol=1e-9)


@settings(deadline=None)
@given(st.floats(-0.5, 13.5), st.floats(-0.5, 10.5))
def test_agrees_with_scipy(u: float, w: float) -> None:
    inside = np.clip([u, w], 0.0, [13.0, 10.0])
    known = ndimage.map_coordinates(LAYERS[0], inside[:, None], order=3, prefilter=False, mode="mirror")
    assert np.allclose(layers_at(X0 + u * H, Y0 + w * H)[0, 0], known, atol=1e-9)


@given(st.floats(0.1, 12.9), st.floats(0.1, 9.9))
def test_derivatives_are_those_of_the_value(u: float, w: float) -> None:
    x, y, e = X0 + u * H, Y0 + w * H, 1e-4 * H
    ahead, behind, left, right = layers_at(x + e, y), layers_at(x - e, y), layers_at(x, y + e), layers_at(x, y - e)
    here = layers_at(x, y)
    assert np.allclose(here[:, 1], (ahead[:, 0] - behind[:, 0]) / (2 * e), atol=1e-4 / H)
    assert np.allclose(here[:, 2], (left[:, 0] - right[:, 0]) / (2 * e), atol=1e-4 / H)
    bend = bend_at(x, y)
    assert np.allclose(bend[:3], here[0])
    slopes_x, slopes_y = (ahead[0] - behind[0])[1:] / (2 * e), (left[0] - right[0])[1:] / (2 * e)
    assert np.allclose(bend[3:5], slopes_x, atol=5e-3 / H**2)
    assert np.allclose(bend[4:6], slopes_y, atol=5e-3 / H**2)


def test_outside_the_grid_the_border_goes_on() -> None:
    assert np.allclose(layers_at(X0 - 1.0, Y0 + 3 * H)[:, 0], SAMPLES[:, 0, 3], atol=1e-9)
    assert np.allclose(layers_at(X0 - 1.0, Y0 + 3 * H)[:, 1], 0.0, atol=1e-6)
