"""Uniform cubic B-splines on a rectangular grid: value, gradient and second derivatives in compiled code.

The layers are the coefficients that ``scipy.ndimage.spline_filter(samples, order=3, mode="mirror")`` returns, so that
the surface passes through its samples and is twice continuously differentiable. Indices beyond the border are mirrored
about the border sample, as the filter assumes; a point outside the grid gets the value of the nearest border point.
Basis functions: C. de Boor, A Practical Guide to Splines, chapter IX (uniform knots).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from controller.compiled import compiled

Floats = npt.NDArray[np.float64]
Basis = tuple[float, float, float, float]


@compiled
def _basis(a: float) -> Basis:
    """Return the four cubic B-spline weights at the fraction ``a`` in [0, 1] of a cell."""
    c = 1.0 - a
    return (
        c * c * c / 6.0,
        (3.0 * a * a * a - 6.0 * a * a + 4.0) / 6.0,
        (3.0 * c * c * c - 6.0 * c * c + 4.0) / 6.0,
        a * a * a / 6.0,
    )


@compiled
def _basis_slope(a: float) -> Basis:
    """Return the first derivatives of the four weights, per cell."""
    c = 1.0 - a
    return (-0.5 * c * c, 1.5 * a * a - 2.0 * a, 2.0 * c - 1.5 * c * c, 0.5 * a * a)


@compiled
def _basis_bend(a: float) -> Basis:
    """Return the second derivatives of the four weights, per cell squared."""
    return (1.0 - a, 3.0 * a - 2.0, 1.0 - 3.0 * a, a)


@compiled
def _locate(position: float, count: int) -> tuple[int, float]:
    """Return the cell and the fraction in it for a position in grid units, clamped to a grid of ``count`` samples."""
    inside = min(max(position, 0.0), float(count - 1))
    cell = min(math.floor(inside), count - 2)
    return cell, inside - cell


@compiled
def _mirror(index: int, count: int) -> int:
    """Return ``index`` mirrored about the first and the last sample."""
    if index < 0:
        return -index
    if index > count - 1:
        return 2 * (count - 1) - index
    return index


@compiled
def evaluate_layers(
    coefficients: Floats, x0: float, y0: float, inverse_spacing: float, x: float, y: float, out: Floats
) -> None:
    """Evaluate every layer of a stack of splines at one point.

    Args:
        coefficients: (L, n, m) spline coefficients; axis 1 runs along x, axis 2 along y; n, m >= 3.
        x0: x of the first row [m].
        y0: y of the first column [m].
        inverse_spacing: one over the grid spacing, the same along both axes [1/m].
        x: point [m]; not NaN.
        y: point [m]; not NaN.
        out: (L, 3), written: value, derivative along x, derivative along y (the layer's unit, and that per metre).
    """
    n, m = coefficients.shape[1], coefficients.shape[2]
    i, a = _locate((x - x0) * inverse_spacing, n)
    j, b = _locate((y - y0) * inverse_spacing, m)
    weight_x, slope_x = _basis(a), _basis_slope(a)
    weight_y, slope_y = _basis(b), _basis_slope(b)
    columns = (_mirror(j - 1, m), j, j + 1, _mirror(j + 2, m))
    for layer in range(coefficients.shape[0]):
        value = 0.0
        along_x = 0.0
        along_y = 0.0
        for s in range(4):
            row = _mirror(i - 1 + s, n)
            line = 0.0
            line_slope = 0.0
            for t in range(4):
                c = coefficients[layer, row, columns[t]]
                line += c * weight_y[t]
                line_slope += c * slope_y[t]
            value += weight_x[s] * line
            along_x += slope_x[s] * line
            along_y += weight_x[s] * line_slope
        out[layer, 0] = value
        out[layer, 1] = along_x * inverse_spacing
        out[layer, 2] = along_y * inverse_spacing


@compiled
def evaluate_bend(
    coefficients: Floats, x0: float, y0: float, inverse_spacing: float, x: float, y: float, out: Floats
) -> None:
    """Evaluate one spline with its second derivatives at one point.

    Args:
        coefficients: (n, m) spline coefficients.
        x0: x of the first row [m].
        y0: y of the first column [m].
        inverse_spacing: one over the grid spacing [1/m].
        x: point [m]; not NaN.
        y: point [m]; not NaN.
        out: (6,), written: f, f_x, f_y, f_xx, f_xy, f_yy.
    """
    n, m = coefficients.shape[0], coefficients.shape[1]
    i, a = _locate((x - x0) * inverse_spacing, n)
    j, b = _locate((y - y0) * inverse_spacing, m)
    weight_x, slope_x, bend_x = _basis(a), _basis_slope(a), _basis_bend(a)
    weight_y, slope_y, bend_y = _basis(b), _basis_slope(b), _basis_bend(b)
    out[:] = 0.0
    for s in range(4):
        row = _mirror(i - 1 + s, n)
        line = 0.0
        line_slope = 0.0
        line_bend = 0.0
        for t in range(4):
            c = coefficients[row, _mirror(j - 1 + t, m)]
            line += c * weight_y[t]
            line_slope += c * slope_y[t]
            line_bend += c * bend_y[t]
        out[0] += weight_x[s] * line
        out[1] += slope_x[s] * line
        out[2] += weight_x[s] * line_slope
        out[3] += bend_x[s] * line
        out[4] += slope_x[s] * line_slope
        out[5] += weight_x[s] * line_bend
    out[1] *= inverse_spacing
    out[2] *= inverse_spacing
    out[3] *= inverse_spacing * inverse_spacing
    out[4] *= inverse_spacing * inverse_spacing
    out[5] *= inverse_spacing * inverse_spacing
