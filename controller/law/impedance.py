"""Operational-space impedance: effective inertia, damping that follows from it, null space."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.law.small_algebra import backward_solve, cholesky, cholesky_solve, forward_solve, symmetric_eigen

Array = NDArray[np.float64]

MOBILITY_FLOOR = 1e-9
"""Added to the diagonal of the 6-D mobility [1/kg, 1/(kg m2)] so that its factor exists at a singularity (assumed)."""


@compiled
def operational_space(jacobian: Array, mass: Array, mass_factor: Array, inverse_mass_jt: Array, factor: Array) -> None:
    """Factor the tool mobility J M^-1 J^T = Lambda^-1 = L L^T.

    Args:
        jacobian: (6, n).
        mass: (n, n) joint inertia.
        mass_factor: out, (n, n) Cholesky factor of the inertia.
        inverse_mass_jt: out, (6, n), row i holds M^-1 J^T's column i.
        factor: out, (6, 6) lower factor L of the mobility.
    """
    joints = jacobian.shape[1]
    mobility = np.zeros((6, 6))
    cholesky(mass, mass_factor)
    for i in range(6):
        for j in range(joints):
            inverse_mass_jt[i, j] = jacobian[i, j]
        cholesky_solve(mass_factor, inverse_mass_jt[i])
    for i in range(6):
        for j in range(i + 1):
            total = 0.0
            for k in range(joints):
                total += jacobian[i, k] * inverse_mass_jt[j, k]
            mobility[i, j] = total
            mobility[j, i] = total
        mobility[i, i] += MOBILITY_FLOOR
    cholesky(mobility, factor)


@compiled
def consistent_inverse(inverse_mass_jt: Array, factor: Array, jbar_t: Array) -> None:
    """Write Jbar^T = Lambda J M^-1, (6, n): the map from joint torque to tool wrench (Khatib 1987)."""
    column = np.zeros(6)
    for j in range(inverse_mass_jt.shape[1]):
        for i in range(6):
            column[i] = inverse_mass_jt[i, j]
        cholesky_solve(factor, column)
        for i in range(6):
            jbar_t[i, j] = column[i]


@compiled
def damping_wrench(
    stiffness: Array, factor: Array, ratio: float, twist_error: Array, modes: Array, wrench: Array
) -> None:
    """Add D (V_d - V) to ``wrench`` (6,), with D Lambda^-1 D = 4 ratio^2 K exactly.

    D = 2 ratio L^-T (L^T K L)^(1/2) L^-1 with Lambda^-1 = L L^T (double diagonalisation, Albu-Schaeffer et al. 2003):
    every mode has the damping ratio asked for, and an axis without stiffness gets no damping. ``modes`` (6, 6) keeps
    the eigenvectors from tick to tick and begins as the identity.
    """
    scaled = np.zeros((6, 6))
    rotated = np.zeros(6)
    modal = np.zeros(6)
    for i in range(6):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, 6):
                for m in range(j, 6):
                    total += factor[k, i] * stiffness[k, m] * factor[m, j]
            scaled[i, j] = total
            scaled[j, i] = total
    symmetric_eigen(scaled, modes)
    for i in range(6):
        rotated[i] = twist_error[i]
    forward_solve(factor, rotated)
    for i in range(6):
        total = 0.0
        for k in range(6):
            total += modes[k, i] * rotated[k]
        modal[i] = total * 2.0 * ratio * math.sqrt(max(scaled[i, i], 0.0))
    for i in range(6):
        total = 0.0
        for k in range(6):
            total += modes[i, k] * modal[k]
        rotated[i] = total
    backward_solve(factor, rotated)
    for i in range(6):
        wrench[i] += rotated[i]


@compiled
def null_space_torque(jacobian: Array, inverse_mass_jt: Array, factor: Array, wanted: Array, tau: Array) -> None:
    """Add (I - J^T Jbar^T) ``wanted`` to ``tau`` (n,): posture torque that gives no tool wrench."""
    joints = jacobian.shape[1]
    wrench = np.zeros(6)
    for i in range(6):
        total = 0.0
        for j in range(joints):
            total += inverse_mass_jt[i, j] * wanted[j]
        wrench[i] = total
    cholesky_solve(factor, wrench)
    for j in range(joints):
        total = wanted[j]
        for i in range(6):
            total -= jacobian[i, j] * wrench[i]
        tau[j] += total
