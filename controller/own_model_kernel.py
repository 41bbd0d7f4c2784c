"""What gate and supervisor make of a model's rigid-body terms, compiled; the law has arithmetic of its own for it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]

SOFTENING = 1e-9
"""Added to the tool's mobility so that a singular posture gives large, finite terms."""


@compiled
def factorise(matrix: Array) -> None:
    """Write the Cholesky factor L of a symmetric matrix L L^T into its lower triangle; NaN where it is not positive."""
    for j in range(matrix.shape[0]):
        pivot = matrix[j, j]
        for k in range(j):
            pivot -= matrix[j, k] * matrix[j, k]
        # A square root of what is not positive is no number, and so is everything after it.
        matrix[j, j] = math.sqrt(pivot) if 0.0 < pivot < math.inf else math.nan
        for i in range(j + 1, matrix.shape[0]):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = total / matrix[j, j]


@compiled
def solve(factor: Array, columns: Array) -> None:
    """Replace ``columns`` B, (n, m), by the solution X of L L^T X = B."""
    n, m = columns.shape
    for i in range(n):
        for k in range(i):
            for c in range(m):
                columns[i, c] -= factor[i, k] * columns[k, c]
        for c in range(m):
            columns[i, c] /= factor[i, i]
    for back in range(n):
        i = n - 1 - back
        for k in range(i + 1, n):
            for c in range(m):
                columns[i, c] -= factor[k, i] * columns[k, c]
        for c in range(m):
            columns[i, c] /= factor[i, i]


@compiled
def derive(terms: Array, dq: Array, work: Array, made: Array) -> None:
    """Write what follows from the terms of a model at joint speeds.

    Args:
        terms: ``RobotModel.terms``: J (6 n), M (n n), C (n n), g (n), R_WT (9), p_WT (3).
        dq: joint speeds, (n,).
        work: scratch, (n n + 6 n + 36,).
        made: written: twist of T (6), Jbar^T = Lambda J M^-1 (6 n), holding torque g + C dq (n), momentum M dq (n) and
            C^T dq - g (n).
    """
    n = dq.shape[0]
    jacobian = terms[: 6 * n].reshape(6, n)
    mass = terms[6 * n : 6 * n + n * n].reshape(n, n)
    coriolis = terms[6 * n + n * n : 6 * n + 2 * n * n].reshape(n, n)
    gravity = terms[6 * n + 2 * n * n : 7 * n + 2 * n * n]
    factor = work[: n * n].reshape(n, n)
    inverse = work[n * n : n * n + 6 * n].reshape(n, 6)
    mobility = work[n * n + 6 * n :].reshape(6, 6)
    jbar_t = made[6 : 6 + 6 * n].reshape(6, n)
    for i in range(n):
        for j in range(n):
            factor[i, j] = mass[i, j]
        for j in range(6):
            inverse[i, j] = jacobian[j, i]
    factorise(factor)
    solve(factor, inverse)
    for i in range(6):
        made[i] = 0.0
        for k in range(n):
            made[i] += jacobian[i, k] * dq[k]
            jbar_t[i, k] = inverse[k, i]
        for j in range(6):
            mobility[i, j] = SOFTENING if i == j else 0.0
            for k in range(n):
                mobility[i, j] += jacobian[i, k] * inverse[k, j]
    factorise(mobility)
    solve(mobility, jbar_t)
    for i in range(n):
        bias, momentum, drift = gravity[i], 0.0, -gravity[i]
        for k in range(n):
            bias += coriolis[i, k] * dq[k]
            momentum += mass[i, k] * dq[k]
            drift += coriolis[k, i] * dq[k]
        made[6 + 6 * n + i] = bias
        made[6 + 7 * n + i] = momentum
        made[6 + 8 * n + i] = drift
