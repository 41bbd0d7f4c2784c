"""Figures of many values, None where there is no number to give: JSON knows no NaN."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def finite(value: float) -> float | None:
    """Return a number, None where it is none."""
    return value if math.isfinite(value) else None


def rms(values: Floats) -> float | None:
    """Return the root mean square, None of nothing."""
    return finite(float(np.sqrt(np.mean(np.square(values))))) if values.size else None


def p95(values: Floats) -> float | None:
    """Return what 95 % of the magnitudes are within, None of nothing."""
    return finite(float(np.percentile(np.abs(values), 95.0))) if values.size else None


def mean(values: Floats) -> float | None:
    """Return the mean, None of nothing."""
    return finite(float(np.mean(values))) if values.size else None


def largest(values: Floats) -> float | None:
    """Return the largest value, None of nothing."""
    return finite(float(np.max(values))) if values.size else None


def smallest(values: Floats) -> float | None:
    """Return the smallest value, None of nothing."""
    return finite(float(np.min(values))) if values.size else None


def last_sum(values: Floats) -> float | None:
    """Return the sum of the last row, None of nothing."""
    return finite(float(np.sum(values[-1]))) if values.size else None
