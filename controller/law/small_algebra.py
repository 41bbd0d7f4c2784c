"""Small dense algebra for the 1 kHz loop: LAPACK's call overhead is larger than the work on 6 x 7 matrices.

Every routine works in place on caller-owned arrays and has a NumPy counterpart in the tests.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]

PIVOT_FLOOR = 1e-12
"""Smallest pivot a Cholesky factor accepts; below it the factor is clamped rather than NaN (singular postures are
refused by the planner; this only keeps a passing tick finite)."""


@compiled
def cholesky(matrix: Array, factor: Array) -> None:
    """Write the lower factor L of a symmetric positive definite ``matrix`` = L L^T, (n, n), zeros above it."""
    size = matrix.shape[0]
    for i in range(size):
        for j in range(i + 1, size):
            factor[i, j] = 0.0
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, j] = math.sqrt(total) if total > PIVOT_FLOOR else math.sqrt(PIVOT_FLOOR)
            else:
                factor[i, j] = total / factor[j, j]


@compiled
def forward_solve(factor: Array, vector: Array) -> None:
    """Solve L x = b in place, L lower triangular (n, n)."""
    for i in range(factor.shape[0]):
        total = vector[i]
        for k in range(i):
            total -= factor[i, k] * vector[k]
        vector[i] = total / factor[i, i]


@compiled
def backward_solve(factor: Array, vector: Array) -> None:
    """Solve L^T x = b in place, L lower triangular (n, n)."""
    size = factor.shape[0]
    for i in range(size - 1, -1, -1):
        total = vector[i]
        for k in range(i + 1, size):
            total -= factor[k, i] * vector[k]
        vector[i] = total / factor[i, i]


@compiled
def cholesky_solve(factor: Array, vector: Array) -> None:
    """Solve L L^T x = b in place."""
    forward_solve(factor, vector)
    backward_solve(factor, vector)


@compiled
def symmetric_eigen(matrix: Array, vectors: Array) -> None:
    """Diagonalise a symmetric ``matrix`` (n, n) in place by cyclic Jacobi rotations.

    Eigenvalues end on the diagonal, eigenvectors in the columns of ``vectors`` (Golub and Van Loan, section 8.5).
    ``vectors`` come in as the identity, or as the eigenvectors of a matrix close to this one: from tick to tick a
    matrix of the loop changes little, and one sweep does instead of five. Where the matrix is not finite they are set
    to the identity, so that one bad tick is forgotten.
    """
    size = matrix.shape[0]
    product = np.zeros((size, size))
    sum_of_all = 0.0
    for i in range(size):
        for j in range(size):
            total = 0.0
            for k in range(size):
                total += matrix[i, k] * vectors[k, j]
            product[i, j] = total
            sum_of_all += total
    if not math.isfinite(sum_of_all):
        _set_identity(vectors)
        return
    for i in range(size):
        for j in range(i + 1):
            total = 0.0
            for k in range(size):
                total += vectors[k, i] * product[k, j]
            matrix[i, j] = total
            matrix[j, i] = total
    _diagonalise(matrix, vectors)


@compiled
def _set_identity(matrix: Array) -> None:
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            matrix[i, j] = 1.0 if i == j else 0.0


@compiled
def _diagonalise(matrix: Array, vectors: Array) -> None:
    """Rotate ``matrix`` until it is diagonal, and the columns of ``vectors`` with it."""
    size = matrix.shape[0]
    for _ in range(10):
        off = 0.0
        diagonal = 0.0
        for i in range(size):
            diagonal += matrix[i, i] * matrix[i, i]
            for j in range(i):
                off += matrix[i, j] * matrix[i, j]
        if off <= 1e-14 * diagonal:
            return
        for i in range(size - 1):
            for j in range(i + 1, size):
                if abs(matrix[i, j]) > 1e-300:
                    _rotate(matrix, vectors, i, j)


@compiled
def _rotate(matrix: Array, vectors: Array, i: int, j: int) -> None:
    theta = (matrix[j, j] - matrix[i, i]) / (2.0 * matrix[i, j])
    tangent = (1.0 if theta >= 0.0 else -1.0) / (abs(theta) + math.sqrt(theta * theta + 1.0))
    cosine = 1.0 / math.sqrt(tangent * tangent + 1.0)
    sine = tangent * cosine
    for k in range(matrix.shape[0]):
        a, b = matrix[k, i], matrix[k, j]
        matrix[k, i], matrix[k, j] = cosine * a - sine * b, sine * a + cosine * b
    for k in range(matrix.shape[0]):
        a, b = matrix[i, k], matrix[j, k]
        matrix[i, k], matrix[j, k] = cosine * a - sine * b, sine * a + cosine * b
    for k in range(matrix.shape[0]):
        a, b = vectors[k, i], vectors[k, j]
        vectors[k, i], vectors[k, j] = cosine * a - sine * b, sine * a + cosine * b


@compiled
def quaternion_to_rotation(quaternion_xyzw: Array, rotation: Array) -> None:
    """Write the rotation matrix (3, 3) of a unit quaternion, xyzw."""
    x, y, z, w = quaternion_xyzw[0], quaternion_xyzw[1], quaternion_xyzw[2], quaternion_xyzw[3]
    rotation[0, 0] = 1.0 - 2.0 * (y * y + z * z)
    rotation[0, 1] = 2.0 * (x * y - z * w)
    rotation[0, 2] = 2.0 * (x * z + y * w)
    rotation[1, 0] = 2.0 * (x * y + z * w)
    rotation[1, 1] = 1.0 - 2.0 * (x * x + z * z)
    rotation[1, 2] = 2.0 * (y * z - x * w)
    rotation[2, 0] = 2.0 * (x * z - y * w)
    rotation[2, 1] = 2.0 * (y * z + x * w)
    rotation[2, 2] = 1.0 - 2.0 * (x * x + y * y)


@compiled
def rotation_to_quaternion(rotation: Array, quaternion_xyzw: Array) -> None:
    """Write the unit quaternion, xyzw, of a rotation matrix (3, 3) (Shepperd 1978: the largest pivot of four)."""
    trace = rotation[0, 0] + rotation[1, 1] + rotation[2, 2]
    largest, pivot = trace, 3
    for i in range(3):
        if rotation[i, i] > largest:
            largest, pivot = rotation[i, i], i
    if pivot == 3:
        quaternion_xyzw[3] = 1.0 + trace
        quaternion_xyzw[0] = rotation[2, 1] - rotation[1, 2]
        quaternion_xyzw[1] = rotation[0, 2] - rotation[2, 0]
        quaternion_xyzw[2] = rotation[1, 0] - rotation[0, 1]
    else:
        i, j, k = pivot, (pivot + 1) % 3, (pivot + 2) % 3
        quaternion_xyzw[i] = 1.0 + rotation[i, i] - rotation[j, j] - rotation[k, k]
        quaternion_xyzw[j] = rotation[j, i] + rotation[i, j]
        quaternion_xyzw[k] = rotation[k, i] + rotation[i, k]
        quaternion_xyzw[3] = rotation[k, j] - rotation[j, k]
    norm = 0.0
    for i in range(4):
        norm += quaternion_xyzw[i] * quaternion_xyzw[i]
    norm = math.sqrt(norm)
    for i in range(4):
        quaternion_xyzw[i] /= norm


@compiled
def rotation_log(wanted: Array, actual: Array, error: Array) -> None:
    """Write the world-frame rotation vector (3,) [rad] that takes ``actual`` to ``wanted``: log(R_d R^T).

    Below half a turn it is exact; within 0.04 rad of half a turn the axis is lost and the length is held at 3.1 rad.
    """
    cosine = -1.0
    for i in range(3):
        for k in range(3):
            cosine += wanted[i, k] * actual[i, k]
    cosine = min(1.0, max(-1.0, 0.5 * cosine))
    angle = math.acos(cosine)
    if angle < 1e-6:
        scale = 0.5
    elif angle < 3.1:
        scale = 0.5 * angle / math.sin(angle)
    else:
        scale = 0.5 * 3.1 / math.sin(3.1)
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        total = 0.0
        for m in range(3):
            total += wanted[k, m] * actual[j, m] - wanted[j, m] * actual[k, m]
        error[i] = scale * total
