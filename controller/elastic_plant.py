"""An arm with elastic joints, lagging drives and a delayed command as one sampled linear system, about one posture.

Every loop around the arm is checked on it: the law's, and those of every stop mode. Gravity is taken for compensated
and joint friction is left out, which is the pessimistic case: both could only damp.

    M_l q'' = s - k J_c^T J_c q          links, M_l without the rotors
    B theta'' = tau - s                  rotors, felt behind the gear
    s = K (theta - q) + d (theta' - q')  spring torque, d = 2 ratio sqrt(K B)
    lag tau' = u(t - delay) - tau        drives

``u`` is held over each tick. States: (q, theta, dq, dtheta, tau, delay line), each (n,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from controller.arm import JointDrive
from controller.types import Side

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TissueSpring:
    """A spring between the tool and a person who lies still.

    Attributes:
        row: J_c, (n,): how fast a unit of joint speed moves the tool along the spring; n^T J of the 6-D direction n.
        stiffness_n_per_m: k.
        damping_ns_per_m: damping beside it.
    """

    row: Array
    stiffness_n_per_m: float
    damping_ns_per_m: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ElasticPlant:
    """x' = A x + B u, y = C x, sampled.

    Attributes:
        a: (N, N).
        b: (N, n), of the commanded torque [Nm].
        q: (n, N), joint positions at the links [rad].
        dq: (n, N), their speeds [rad/s].
        theta: (n, N), rotor positions behind the gear [rad].
        dtheta: (n, N), their speeds [rad/s].
        spring: (n, N), torque between rotor and link [Nm].
        drive: (n, N), torque of the drives [Nm].
        sides: side of every joint encoder, (n,).
    """

    a: Array
    b: Array
    q: Array
    dq: Array
    theta: Array
    dtheta: Array
    spring: Array
    drive: Array
    sides: tuple[Side, ...]

    @property
    def sensed_q(self) -> Array:
        """(n, N), what the joint encoders read [rad]."""
        return self._sensed(self.q, self.theta)

    @property
    def sensed_dq(self) -> Array:
        """(n, N), joint speeds on the side of the encoders [rad/s]."""
        return self._sensed(self.dq, self.dtheta)

    def _sensed(self, link: Array, motor: Array) -> Array:
        return np.where(np.array([side is Side.LINK for side in self.sides])[:, None], link, motor)


def link_inertia(mass: Array, axes_w: Array, drives: Sequence[JointDrive]) -> Array:
    """Return the inertia M_l (n, n) of the links alone: M without the rotors that the arm's file put into the links.

    A rotor stands in its link as a ring about the joint axis; there it also turns with every joint before.

    Args:
        mass: M (n, n) by the arm's file.
        axes_w: joint axes in W, one a column, (3, n): the angular rows of any Jacobian.
        drives: (n,).
    """
    links = mass.copy()
    for joint, drive in enumerate(drives):
        if drive.is_motor_in_link:
            row = np.zeros(len(drives))
            row[: joint + 1] = axes_w[:, joint] @ axes_w[:, : joint + 1]
            links -= drive.motor_inertia_kg_m2 * np.outer(row, row)
    return links


def elastic_plant(
    links: Array,
    drives: Sequence[JointDrive],
    lag_s: float,
    delay_ticks: int,
    dt_s: float,
    tissue: TissueSpring | None = None,
) -> ElasticPlant:
    """Return the sampled system.

    Args:
        links: M_l (n, n), from ``link_inertia``.
        drives: (n,).
        lag_s: time constant of the drives' torque loops.
        delay_ticks: delay between a command and the drives; the age of what is sensed may be put here as well where
            all of it is equally old.
        dt_s: tick.
        tissue: what the tool touches, None for free air.
    """
    n = len(drives)
    a, b = _continuous(links, drives, lag_s, tissue)
    both = expm(dt_s * np.block([[a, b], [np.zeros((n, 6 * n))]]))
    size = 5 * n + delay_ticks * n
    full_a, full_b = np.zeros((size, size)), np.zeros((size, n))
    full_a[: 5 * n, : 5 * n] = both[: 5 * n, : 5 * n]
    into = both[: 5 * n, 5 * n :]
    if delay_ticks == 0:
        full_b[: 5 * n] = into
    else:
        full_a[: 5 * n, 5 * n : 6 * n] = into
        full_a[5 * n : size - n, 6 * n :] = np.eye((delay_ticks - 1) * n)
        full_b[size - n :] = np.eye(n)
    rows = np.eye(size)
    q, theta, dq, dtheta, drive = (rows[k * n : (k + 1) * n] for k in range(5))
    stiffness, damping = springs(drives)
    spring = stiffness[:, None] * (theta - q) + damping[:, None] * (dtheta - dq)
    sides = tuple(d.position_side for d in drives)
    return ElasticPlant(full_a, full_b, q, dq, theta, dtheta, spring, drive, sides)


def springs(drives: Sequence[JointDrive]) -> tuple[Array, Array]:
    """Return stiffness [Nm/rad] and damping [Nms/rad] of the joints, each (n,)."""
    stiffness = np.array([drive.stiffness_nm_per_rad for drive in drives])
    rotor = np.array([drive.motor_inertia_kg_m2 for drive in drives])
    ratio = np.array([drive.damping_ratio for drive in drives])
    return stiffness, 2.0 * ratio * np.sqrt(stiffness * rotor)


def _continuous(
    links: Array, drives: Sequence[JointDrive], lag_s: float, tissue: TissueSpring | None
) -> tuple[Array, Array]:
    """Return (A, B) in continuous time of the states (q, theta, dq, dtheta, tau)."""
    n = len(drives)
    stiffness, damping = springs(drives)
    rotor = np.array([drive.motor_inertia_kg_m2 for drive in drives])
    k, d, zero, one = np.diag(stiffness), np.diag(damping), np.zeros((n, n)), np.eye(n)
    stiff_links, damped_links = k, d
    if tissue is not None:
        outer = np.outer(tissue.row, tissue.row)
        stiff_links = k + tissue.stiffness_n_per_m * outer
        damped_links = d + tissue.damping_ns_per_m * outer
    of_links = np.linalg.solve(links, np.hstack([-stiff_links, k, -damped_links, d, zero]))
    of_rotors = np.hstack([k, -k, d, -d, one]) / rotor[:, None]
    a = np.vstack(
        [
            np.hstack([zero, zero, one, zero, zero]),
            np.hstack([zero, zero, zero, one, zero]),
            of_links,
            of_rotors,
            np.hstack([zero, zero, zero, zero, -one / lag_s]),
        ]
    )
    return a, np.vstack([np.zeros((4 * n, n)), one / lag_s])
