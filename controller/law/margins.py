"""Stability margins of the press-force loop over loop lag and tissue stiffness, in one degree of freedom.

Model: effective mass pressed on an undamped linear tissue by the force loop exactly as sampled (filters, derivative,
integral, 1 kHz hold), behind the actuator's 2 ms lag and a pure loop lag. Undamped tissue and no friction are the
pessimistic case. Stability is decided by the eigenvalues of the sampled closed loop; margins come from the loop's
frequency response, broken at the actuator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from controller.law.gains import GAIN_SETS, ForceGains, GainSet, LawSettings
from controller.law.tissue_stiffness import SAFE_SIDE

Array = NDArray[np.float64]

ACTUATOR_LAG_S = 0.002
"""First-order lag of torque control (assumed; the simulated drives have the same)."""
MASS_KG = 8.0
"""Effective mass along the normal for the table: middle of 6-11 kg found on the back in prototype simulations."""
LAGS_MS = (1, 2, 3, 5, 8, 10)
STIFFNESSES_N_PER_MM = (1.0, 2.0, 4.0, 6.0, 10.0, 20.0, 35.0)
"""From relaxed gluteal muscle to the body spring ISO/TS 15066 gives for the back."""
SOUND_SENSITIVITY = 2.0
"""Largest peak of the sensitivity that counts as sound (Astrom and Hagglund: 1.2 to 2.0)."""


@dataclass(frozen=True, slots=True)
class Margin:
    """Margins of force gains at one lag and stiffness.

    Attributes:
        lag_ms: pure loop lag, transport and sensor sample together, on top of the actuator's lag.
        stiffness_n_per_mm: tissue.
        is_stable: all closed-loop eigenvalues inside the unit circle.
        phase_margin_deg: smallest phase margin over all crossings; 0 where unstable, 180 where the loop gain never
            reaches one.
        sensitivity_peak: largest gain of 1 / (1 + L); infinite where unstable.
    """

    lag_ms: int
    stiffness_n_per_mm: float
    is_stable: bool
    phase_margin_deg: float
    sensitivity_peak: float

    @property
    def is_sound(self) -> bool:
        """True where the sensitivity peak leaves room for what the model leaves out."""
        return self.is_stable and self.sensitivity_peak <= SOUND_SENSITIVITY


@dataclass(frozen=True, slots=True)
class NamedMargin:
    """A row of the table of margins.

    Attributes:
        gains: name of the gain set.
        margin: its margins at one lag and stiffness.
    """

    gains: str
    margin: Margin


def margin_table(
    settings: LawSettings, mass_kg: float = MASS_KG, dt_s: float = 1e-3, sets: Sequence[GainSet] = GAIN_SETS
) -> tuple[NamedMargin, ...]:
    """Return the margins of gain sets over the standard grid of lags and stiffnesses.

    Args:
        settings: filters of the law.
        mass_kg: effective mass.
        dt_s: tick.
        sets: which sets, with different names.
    """
    return tuple(
        NamedMargin(known.name, margin(known.gains, settings, mass_kg, 1e3 * stiffness, lag, dt_s))
        for known in sets
        for lag in LAGS_MS
        for stiffness in STIFFNESSES_N_PER_MM
    )


def margin(
    gains: ForceGains,
    settings: LawSettings,
    mass_kg: float,
    stiffness_n_per_m: float,
    lag_ticks: int,
    dt_s: float,
    loss_factor: float = 0.0,
    *,
    is_learned: bool = True,
) -> Margin:
    """Return the margins of force gains.

    Args:
        gains: of the force loop.
        settings: filters of the law.
        mass_kg: effective mass.
        stiffness_n_per_m: tissue.
        lag_ticks: pure loop lag in ticks.
        dt_s: tick.
        loss_factor: of the tissue at the natural frequency of mass and tissue; none is the pessimistic case.
        is_learned: the law has learned the tissue's stiffness; else it reckons with the one it expects.
    """
    known = SAFE_SIDE * stiffness_n_per_m if is_learned else 0.0
    plant_a, plant_b, outputs = _sampled_plant(mass_kg, stiffness_n_per_m, loss_factor, dt_s)
    control_a, control_b, control_c, control_d = _sampled_control(
        gains, settings, mass_kg, max(settings.tissue_n_per_m, known), dt_s
    )
    loop = _series(plant_a, plant_b, outputs, control_a, control_b, control_c, control_d)
    delayed_a, delayed_b, delayed_c = _delayed(*loop, lag_ticks)
    closed = delayed_a - delayed_b @ delayed_c
    is_stable = bool(np.max(np.abs(np.linalg.eigvals(closed))) < 1.0)
    frequency = np.geomspace(0.05, 0.499 / dt_s, 600)
    z = np.exp(2j * np.pi * frequency * dt_s)[:, None, None]
    resolvent = np.linalg.solve(z * np.eye(delayed_a.shape[0]) - delayed_a, delayed_b)
    response = np.asarray((delayed_c @ resolvent)[:, 0, 0], dtype=np.complex128)
    sensitivity = float(np.max(1.0 / np.abs(1.0 + response))) if is_stable else math.inf
    phase_margin_deg = _phase_margin(response) if is_stable else 0.0
    return Margin(lag_ticks, stiffness_n_per_m / 1e3, is_stable, phase_margin_deg, sensitivity)


def _phase_margin(response: NDArray[np.complex128]) -> float:
    """Return the smallest angle [deg] between the loop's crossings of unit gain and -1."""
    gain = np.abs(response)
    crossings = np.nonzero((gain[:-1] - 1.0) * (gain[1:] - 1.0) <= 0.0)[0]
    if crossings.size == 0:
        return 180.0
    return float(np.degrees(np.min(np.abs(np.angle(-response[crossings])))))


def _sampled_plant(mass_kg: float, stiffness: float, loss: float, dt_s: float) -> tuple[Array, Array, Array]:
    """Return (A, B, C) of [depth, speed, actuator force] with outputs (tissue force, speed), zero-order hold."""
    damping = loss * math.sqrt(stiffness * mass_kg)
    a = np.array(
        [
            [0.0, 1.0, 0.0],
            [-stiffness / mass_kg, -damping / mass_kg, 1.0 / mass_kg],
            [0.0, 0.0, -1.0 / ACTUATOR_LAG_S],
        ]
    )
    b = np.array([[0.0], [0.0], [1.0 / ACTUATOR_LAG_S]])
    both = expm(dt_s * np.block([[a, b], [np.zeros((1, 4))]]))
    return both[:3, :3], both[:3, 3:], np.array([[stiffness, damping, 0.0], [0.0, 1.0, 0.0]])


def _sampled_control(
    gains: ForceGains, settings: LawSettings, mass_kg: float, tissue: float, dt_s: float
) -> tuple[Array, Array, Array, Array]:
    """Return (A, B, C, D) from (tissue force, speed) to minus the force command, as ``contact_states`` computes it.

    States: estimated force, its unexplained rate (``contact_estimate.press_motion``) and integral, each as it stands
    after the tick. The estimated speed of the tool is taken for its speed.
    """
    pole = math.exp(-settings.press_per_s * dt_s)
    to_force, to_rate = 1.0 - pole**2, (1.0 - pole) ** 2 / dt_s
    share = min(1.0, settings.scheduled_n_per_m / tissue)
    force = (1.0 - to_force) * np.array([1.0, dt_s, 0.0])
    force_in = np.array([to_force, (1.0 - to_force) * dt_s * tissue])
    drift = np.array([-to_rate, 1.0 - to_rate * dt_s, 0.0])
    drift_in = np.array([to_rate, -to_rate * dt_s * tissue])
    to_integral = share * gains.ki_per_s * dt_s
    integral = to_integral * force + np.array([0.0, 0.0, 1.0])
    a, b = np.array([force, drift, integral]), np.array([force_in, drift_in, to_integral * force_in])
    damping = max(settings.rate_damping_ns_per_m, settings.rate_damping_per_s * mass_kg)
    rate_gain = min(gains.kd_s * (1.0 + gains.kp), damping / tissue)
    weights = np.array([[share * gains.kp, rate_gain, 1.0]])
    return a, b, weights @ a, weights @ b + np.array([[0.0, gains.d0_ns_per_m + rate_gain * tissue]])


def _series(
    plant_a: Array, plant_b: Array, outputs: Array, a: Array, b: Array, c: Array, d: Array
) -> tuple[Array, Array, Array]:
    """Return (A, B, C) of plant followed by controller."""
    full_a = np.block([[plant_a, np.zeros((3, 3))], [b @ outputs, a]])
    full_b = np.vstack([plant_b, np.zeros((3, 1))])
    return full_a, full_b, np.hstack([d @ outputs, c])


def _delayed(a: Array, b: Array, c: Array, ticks: int) -> tuple[Array, Array, Array]:
    """Return the system with ``ticks`` of delay at its input."""
    for _ in range(ticks):
        size = a.shape[0]
        a = np.block([[a, b], [np.zeros((1, size + 1))]])
        b = np.vstack([np.zeros((size, 1)), [[1.0]]])
        c = np.hstack([c, [[0.0]]])
    return a, b, c
