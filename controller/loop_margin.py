"""How far a damping loop around an elastic arm is from swinging, in all joints at once.

The loop: torque -D dq, from joint speeds that are sensed on one side of every joint, through a filter, a delay and the
drives' lag. Delay, lag and filter are the same for every joint, so that the eigenvalues of P(jw) D, with P from joint
torque to sensed speed, are the loop's gains in its own directions, and one set of them serves every delay.

No eigenvalue may reach ``1 / GAIN_MARGIN`` within ``PHASE_MARGIN_DEG`` of -180 degrees. None then turns round -1, at
twice the gains and with that much more phase either; all eigenvalues begin at or right of -90 degrees, because
inertia, springs and D are positive. ``elastic_plant`` is the same arm as a sampled system: the tests hold both against
each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh

from controller.arm import JointDrive
from controller.elastic_plant import TissueSpring, springs
from controller.types import Side

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

GAIN_MARGIN, PHASE_MARGIN_DEG = 2.0, 30.0
"""Margins of every stop law (design choice): 6 dB and 30 degrees at once, in every direction."""
LOWEST_RAD_S, HIGHEST_RAD_S, STEPS = 0.5, 3000.0, 72
"""Frequencies that are looked at: from well below every crossover to near half the sampling frequency of 1 kHz."""
SPRING_SHARE = 0.8
"""Frequencies below this share of a loop's spring corner are left out: a speed loop with a spring of that corner has a
damping ratio of at least 0.5 where its crossover lies above the corner."""
NEAR_RESONANCE = (-0.1, -0.05, -0.02, 0.0, 0.02, 0.05, 0.1)
"""Further frequencies around every resonance, as shares of it: damping ratios are 2 to 10 %."""


@dataclass(frozen=True, slots=True)
class Elasticity:
    """How far the joints may be from what the arm's file says.

    Attributes:
        name: as it is read in a refusal.
        stiffness_share: stiffness over the file's.
        damping_share: damping ratio over the file's.
    """

    name: str
    stiffness_share: float
    damping_share: float


SOFT_SHARE = 0.5
"""Joints with less than this share of the file's stiffness are soft ones."""
ELASTICITIES = (
    Elasticity("as in the file", 1.0, 1.0),
    Elasticity("soft and hardly damped", 0.4, 0.4),
    Elasticity("stiff and hardly damped", 1.4, 0.6),
)
"""A file's numbers are seldom measured, and gears age (assumed: 5 to 20 kNm/rad where 14 are stated, 2 to 5 %)."""


@dataclass(frozen=True, slots=True)
class Path:
    """What lies between sensed speed and torque, beside D.

    Attributes:
        delay_s: age of the speeds, transport of the command and half of the time it is held.
        lag_s: time constant of the drives.
        filter_rad_s: corner of the two first-order filters of the speeds; infinite for none.
        spring_rad_s: the torque is -D (dq + spring_rad_s q), q not filtered: corner below which it is a spring.
        integral_per_s: the same for the integral of the filtered speed.
    """

    delay_s: float
    lag_s: float
    filter_rad_s: float = math.inf
    spring_rad_s: float = 0.0
    integral_per_s: float = 0.0

    @property
    def slowest_rad_s(self) -> float:
        """Frequency below which the loop acts as a spring: near -180 degrees at a high gain, but on the sound side."""
        return SPRING_SHARE * max(self.spring_rad_s, self.integral_per_s)

    def response(self, omega: Array) -> Complex:
        """Return the gain at every frequency, (W,)."""
        s = 1j * omega
        filtered = 1.0 / (1.0 + s / self.filter_rad_s) ** 2
        law = filtered * (1.0 + self.integral_per_s / s) + self.spring_rad_s / s
        gain = law * np.exp(-s * self.delay_s) / (1.0 + s * self.lag_s)
        return np.asarray(gain, dtype=np.complex128)


@dataclass(frozen=True, slots=True, eq=False)
class Mobility:
    """Sensed joint speed of one torque: P(jw) of an arm in one posture.

    Attributes:
        name: of the elasticity.
        is_soft: its joints are much softer than the arm's file says.
        omega: frequencies [rad/s], (W,).
        values: P, (W, n, n) [rad/s per Nm].
    """

    name: str
    is_soft: bool
    omega: Array
    values: Complex

    def eigenvalues(self, damping: Array) -> Complex:
        """Return the eigenvalues of P D at every frequency, (W, n), for a damping D (n, n) [Nms/rad]."""
        return np.asarray(np.linalg.eigvals(self.values @ damping), dtype=np.complex128)


def rigid_mobility(mass: Array, tissue: TissueSpring | None = None) -> Mobility:
    """Return the mobility of stiff joints.

    Args:
        mass: M (n, n).
        tissue: what the tool touches, None for free air.
    """
    bounce = [] if tissue is None else [tissue.stiffness_n_per_m * tissue.row @ np.linalg.solve(mass, tissue.row)]
    omega = _grid(np.sqrt(np.array(bounce)))
    s = (1j * omega)[:, None, None]
    values = s * np.linalg.inv(mass * s * s + _pressed(omega, mass.shape[0], tissue))
    return Mobility("none: rigid joints", False, omega, np.asarray(values, dtype=np.complex128))


def elastic_mobility(
    links: Array, drives: Sequence[JointDrive], elasticity: Elasticity, tissue: TissueSpring | None = None
) -> Mobility:
    """Return the mobility of elastic joints, on the side of the joint encoders.

    Args:
        links: inertia of the links without rotors, (n, n).
        drives: (n,).
        elasticity: how far the joints are from what ``drives`` says.
        tissue: what the tool touches, None for free air.
    """
    changed = [_changed(drive, elasticity) for drive in drives]
    stiffness, damping = springs(changed)
    rotor = np.array([drive.motor_inertia_kg_m2 for drive in changed])
    n = len(changed)
    omega = _grid(_resonances(links, rotor, stiffness, tissue))
    s = (1j * omega)[:, None]
    gear = stiffness + damping * s
    of_rotor = rotor * s * s + gear
    of_links = links * (s * s)[:, :, None] + _pressed(omega, n, tissue)
    of_links[:, np.arange(n), np.arange(n)] += gear - gear * gear / of_rotor
    q = np.linalg.solve(of_links, (gear / of_rotor)[:, None, :] * np.eye(n))
    theta = (gear[:, :, None] * q + np.eye(n)) / of_rotor[:, :, None]
    is_at_link = np.array([drive.position_side is Side.LINK for drive in changed])[:, None]
    values = s[:, :, None] * np.where(is_at_link, q, theta)
    return Mobility(
        elasticity.name, elasticity.stiffness_share < SOFT_SHARE, omega, np.asarray(values, dtype=np.complex128)
    )


def critical_gain(eigenvalues: Complex, omega: Array, path: Path) -> float:
    """Return the largest loop gain within ``PHASE_MARGIN_DEG`` of -180 degrees; it may be ``1 / GAIN_MARGIN``.

    Args:
        eigenvalues: of P D, (W, n).
        omega: their frequencies, (W,).
        path: what else is in the loop.
    """
    loop = eigenvalues * path.response(omega)[:, None]
    size = np.abs(loop)
    is_near = -loop.real >= math.cos(math.radians(PHASE_MARGIN_DEG)) * size
    is_near[omega < path.slowest_rad_s] = False
    return float(np.max(np.where(is_near, size, 0.0)))


def _changed(drive: JointDrive, elasticity: Elasticity) -> JointDrive:
    return replace(
        drive,
        stiffness_nm_per_rad=drive.stiffness_nm_per_rad * elasticity.stiffness_share,
        damping_ratio=drive.damping_ratio * elasticity.damping_share,
    )


def _pressed(omega: Array, joints: int, tissue: TissueSpring | None) -> Complex:
    """Return the torque of the tissue over joint motion, (W, n, n)."""
    if tissue is None:
        return np.zeros((omega.size, joints, joints), dtype=np.complex128)
    gain = tissue.stiffness_n_per_m + 1j * omega * tissue.damping_ns_per_m
    return np.asarray(gain[:, None, None] * np.outer(tissue.row, tissue.row), dtype=np.complex128)


def _resonances(links: Array, rotor: Array, stiffness: Array, tissue: TissueSpring | None) -> Array:
    """Return the frequencies at which links, rotors and tissue swing against each other [rad/s]."""
    k, zero = np.diag(stiffness), np.zeros(links.shape)
    pressed = zero if tissue is None else tissue.stiffness_n_per_m * np.outer(tissue.row, tissue.row)
    found = eigvalsh(np.block([[k + pressed, -k], [-k, k]]), np.block([[links, zero], [zero, np.diag(rotor)]]))
    return np.asarray(np.sqrt(np.maximum(found, 0.0)), dtype=np.float64)


def _grid(resonances: Array) -> Array:
    """Return the frequencies to look at, (W,)."""
    low = resonances[(resonances > LOWEST_RAD_S) & (resonances < HIGHEST_RAD_S)]
    near = (low[:, None] * (1.0 + np.array(NEAR_RESONANCE))).ravel()
    return np.unique(np.concatenate([np.geomspace(LOWEST_RAD_S, HIGHEST_RAD_S, STEPS), near]))
