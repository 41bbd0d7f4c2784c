"""Many channels over time as quintic polynomials: fitted once, evaluated by compiled code.

A piece is a stretch of uniformly spaced knots, fitted with first and second derivative zero at both ends, so it is four
times continuously differentiable inside; pieces that meet in the same value join twice continuously differentiable.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from controller.compiled import compiled

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

ORDER = 6
"""Coefficients of one polynomial, of powers 0 to 5 of the time since its knot."""


def fit_piece(samples: Array, spacing_s: float) -> Array:
    """Return the polynomials (N - 1, C, 6) through samples (N, C), at rest at both ends.

    Args:
        samples: values at the knots, N >= 3.
        spacing_s: knot spacing [s].
    """
    knots = spacing_s * np.arange(len(samples))
    spline = make_interp_spline(knots, samples, k=5, bc_type=_rest_at_ends(samples.shape[1]))
    derivatives = [spline(knots[:-1], nu=power) / math.factorial(power) for power in range(ORDER)]
    return np.ascontiguousarray(np.stack(derivatives, axis=-1))


def resample(samples: Array, factor: int) -> Array:
    """Return ((N - 1) * factor + 1, C) samples of the spline at rest at both ends through samples (N, C)."""
    knots = np.arange(len(samples), dtype=np.float64)
    spline = make_interp_spline(knots, samples, k=5, bc_type=_rest_at_ends(samples.shape[1]))
    return np.asarray(spline(np.arange((len(samples) - 1) * factor + 1) / factor), dtype=np.float64)


def _rest_at_ends(channels: int) -> Any:
    """Return SciPy's boundary condition for zero first and second derivative (its stub knows no pairs)."""
    ends = [(1, np.zeros(channels)), (2, np.zeros(channels))]
    return ends, ends


@compiled
def find_piece(starts_s: Array, t_s: float) -> int:
    """Return the index of the piece that holds ``t_s``, the last one at the end; starts ascend, the end is appended."""
    low, high = 0, len(starts_s) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if t_s >= starts_s[middle]:
            low = middle
        else:
            high = middle
    return low


@compiled
def evaluate(coefficients: Array, interval: int, u: float, out: Array) -> None:
    """Write value, first and second derivative of every channel at ``u`` seconds after a knot into out (3, C)."""
    for channel in range(coefficients.shape[1]):
        c = coefficients[interval, channel]
        out[0, channel] = c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
        out[1, channel] = c[1] + u * (2.0 * c[2] + u * (3.0 * c[3] + u * (4.0 * c[4] + u * 5.0 * c[5])))
        out[2, channel] = 2.0 * c[2] + u * (6.0 * c[3] + u * (12.0 * c[4] + u * 20.0 * c[5]))
