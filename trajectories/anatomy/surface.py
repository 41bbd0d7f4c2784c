"""Compiled loops over many points of a skin; the class ``Skin`` is what the rest of the package uses."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from controller.compiled import compiled
from trajectories.anatomy.spline import evaluate_bend, evaluate_layers

Floats = npt.NDArray[np.float64]

_STEPS = 40
"""Bound on the steps to a foot; five are usual."""
_HALVINGS = 10
_DECREASE = 0.4
"""Share of the decrease promised by the slope that a step must bring (Armijo's rule; 2 is the full slope)."""
_CONVEX = 0.05
"""Smallest determinant of a Hessian that is trusted, against that of the metric; smaller ones give wild steps."""
_NEAR_M = 0.002
"""Closer to the skin than this the search starts straight below."""
_CONVERGED_M = 1e-9


def flat_points(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return x and y as flat float arrays (N,) of one length; scalars give N = 1."""
    wide_x, wide_y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    return np.array(wide_x).reshape(-1), np.array(wide_y).reshape(-1)


@compiled
def heights(coefficients: Floats, x0: float, y0: float, inverse_spacing: float, x: Floats, y: Floats) -> Floats:
    """Return the heights (N,) [m] of the (n, m) spline at the points x, y (N,) [m]; NaN points give NaN."""
    result = np.full(len(x), np.nan)
    stack = coefficients.reshape((1, coefficients.shape[0], coefficients.shape[1]))
    value = np.zeros((1, 3))
    for k in range(len(x)):
        if math.isfinite(x[k]) and math.isfinite(y[k]):
            evaluate_layers(stack, x0, y0, inverse_spacing, x[k], y[k], value)
            result[k] = value[0, 0]
    return result


@compiled
def normals(coefficients: Floats, x0: float, y0: float, inverse_spacing: float, x: Floats, y: Floats) -> Floats:
    """Return the outward unit normals (N, 3) of the (n, m) spline at the points x, y (N,) [m]."""
    result = np.full((len(x), 3), np.nan)
    stack = coefficients.reshape((1, coefficients.shape[0], coefficients.shape[1]))
    value = np.zeros((1, 3))
    for k in range(len(x)):
        if math.isfinite(x[k]) and math.isfinite(y[k]):
            evaluate_layers(stack, x0, y0, inverse_spacing, x[k], y[k], value)
            scale = 1.0 / math.sqrt(1.0 + value[0, 1] ** 2 + value[0, 2] ** 2)
            result[k, 0] = -value[0, 1] * scale
            result[k, 1] = -value[0, 2] * scale
            result[k, 2] = scale
    return result


@compiled
def curvatures(coefficients: Floats, x0: float, y0: float, inverse_spacing: float, x: Floats, y: Floats) -> Floats:
    """Return the principal curvatures (N, 2) [1/m], smaller first, positive where the surface bulges outward.

    First and second fundamental form of a height map (M. do Carmo, Differential Geometry of Curves and Surfaces,
    section 3-3), the sign turned so that a bulge is positive.
    """
    result = np.full((len(x), 2), np.nan)
    bend = np.zeros(6)
    for k in range(len(x)):
        if math.isfinite(x[k]) and math.isfinite(y[k]):
            evaluate_bend(coefficients, x0, y0, inverse_spacing, x[k], y[k], bend)
            fx, fy, fxx, fxy, fyy = bend[1], bend[2], bend[3], bend[4], bend[5]
            area = 1.0 + fx * fx + fy * fy
            mean = -((1.0 + fy * fy) * fxx - 2.0 * fx * fy * fxy + (1.0 + fx * fx) * fyy) / (2.0 * area**1.5)
            gauss = (fxx * fyy - fxy * fxy) / (area * area)
            spread = math.sqrt(max(mean * mean - gauss, 0.0))
            result[k, 0] = mean - spread
            result[k, 1] = mean + spread
    return result


@compiled
def _foot_step(bend: Floats, px: float, py: float, pz: float, fx: float, fy: float) -> tuple[float, float, float]:
    """Return a step of the foot (fx, fy) of the point p that lowers half its squared distance, and its slope (< 0).

    Newton's step where the distance is convex, else the Gauss-Newton step: projection on the tangent plane.
    """
    gap = bend[0] - pz
    gx, gy = fx - px + gap * bend[1], fy - py + gap * bend[2]
    hxx, hxy, hyy = 1.0 + bend[1] * bend[1], bend[1] * bend[2], 1.0 + bend[2] * bend[2]
    bent_xx, bent_xy, bent_yy = hxx + gap * bend[3], hxy + gap * bend[4], hyy + gap * bend[5]
    if bent_xx > 0.0 and bent_xx * bent_yy - bent_xy * bent_xy > _CONVEX * (hxx * hyy - hxy * hxy):
        hxx, hxy, hyy = bent_xx, bent_xy, bent_yy
    determinant = hxx * hyy - hxy * hxy
    step_x, step_y = -(hyy * gx - hxy * gy) / determinant, -(hxx * gy - hxy * gx) / determinant
    return step_x, step_y, gx * step_x + gy * step_y


@compiled
def _foot_start(
    coefficients: Floats, x0: float, y0: float, inverse_spacing: float, point: Floats, bend: Floats
) -> tuple[float, float, float]:
    """Return x, y and squared distance of the closest of 25 skin points around and below ``point``.

    The foot is no farther than the skin straight below, so it lies in a circle of that radius.
    """
    px, py, pz = point[0], point[1], point[2]
    evaluate_bend(coefficients, x0, y0, inverse_spacing, px, py, bend)
    reach = abs(bend[0] - pz)
    start_x, start_y, best = px, py, reach * reach
    if reach < _NEAR_M:
        return start_x, start_y, best
    for i in range(-2, 3):
        for j in range(-2, 3):
            x, y = px + 0.5 * i * reach, py + 0.5 * j * reach
            evaluate_bend(coefficients, x0, y0, inverse_spacing, x, y, bend)
            distance = (x - px) ** 2 + (y - py) ** 2 + (bend[0] - pz) ** 2
            if distance < best:
                start_x, start_y, best = x, y, distance
    return start_x, start_y, best


@compiled
def _foot(
    coefficients: Floats, x0: float, y0: float, inverse_spacing: float, point: Floats, bend: Floats
) -> tuple[float, float]:
    """Return x and y of the closest skin point, by damped steps that never move away from the point."""
    px, py, pz = point[0], point[1], point[2]
    fx, fy, best = _foot_start(coefficients, x0, y0, inverse_spacing, point, bend)
    evaluate_bend(coefficients, x0, y0, inverse_spacing, fx, fy, bend)
    for _ in range(_STEPS):
        step_x, step_y, slope = _foot_step(bend, px, py, pz, fx, fy)
        if abs(step_x) + abs(step_y) < _CONVERGED_M:
            break
        moved = False
        for _ in range(_HALVINGS):
            evaluate_bend(coefficients, x0, y0, inverse_spacing, fx + step_x, fy + step_y, bend)
            distance = (fx + step_x - px) ** 2 + (fy + step_y - py) ** 2 + (bend[0] - pz) ** 2
            if distance <= best + _DECREASE * slope:
                fx, fy, best, moved = fx + step_x, fy + step_y, distance, True
                break
            step_x, step_y, slope = 0.5 * step_x, 0.5 * step_y, 0.5 * slope
        if not moved:
            break
    return fx, fy


@compiled
def feet(coefficients: Floats, x0: float, y0: float, inverse_spacing: float, points: Floats) -> Floats:
    """Return the points (N, 3) of the surface closest to ``points`` (N, 3) [m]; NaN points give NaN."""
    result = np.full((len(points), 3), np.nan)
    bend = np.zeros(6)
    for k in range(len(points)):
        if math.isfinite(points[k, 0]) and math.isfinite(points[k, 1]) and math.isfinite(points[k, 2]):
            fx, fy = _foot(coefficients, x0, y0, inverse_spacing, points[k], bend)
            evaluate_bend(coefficients, x0, y0, inverse_spacing, fx, fy, bend)
            result[k, 0], result[k, 1], result[k, 2] = fx, fy, bend[0]
    return result


@compiled
def inside(table: Floats, x0: float, y0: float, inverse_spacing: float, x: Floats, y: Floats) -> Floats:
    """Return a table (n, m) of distances linearly interpolated at x, y (N,) [m]; minus infinity off the grid."""
    result = np.full(len(x), -np.inf)
    n, m = table.shape
    for k in range(len(x)):
        u, w = (x[k] - x0) * inverse_spacing, (y[k] - y0) * inverse_spacing
        if u >= 0.0 and w >= 0.0 and u <= n - 1.0 and w <= m - 1.0:
            i, j = min(int(u), n - 2), min(int(w), m - 2)
            a, b = u - i, w - j
            low = table[i, j] * (1.0 - b) + table[i, j + 1] * b
            high = table[i + 1, j] * (1.0 - b) + table[i + 1, j + 1] * b
            result[k] = low * (1.0 - a) + high * a
    return result
