"""Zero and drift of the wrist sensor between one transfer and the next: a Kalman filter of two states an axis."""

from __future__ import annotations

import numpy as np

from controller.robot import Array
from controller.types import Vector6

TARE_N, TARE_NM = 0.03, 0.002
"""Uncertainty of the zero taken in one transfer: gain error and cross-talk on the tool's weight turn with the wrist
(assumed)."""
WANDER_N_PER_S, WANDER_NM_PER_S, WANDER_TIME_S = 0.002, 0.0002, 10.0
"""The drift itself changes by this much in this time (assumed)."""
DEAD_N_PER_S, DEAD_NM_PER_S = 0.003, 0.0003
"""A drift below this is taken for none: over a stroke of 20 s it is the noise of a sample (design choice)."""


class ZeroFilter:
    """Follows the zero of every axis and its rate of change.

    Args:
        t_s: time of the first zero [s].
        zero_s: first zero, in S axes [N, Nm].
        drift_s: first drift [N/s, Nm/s].
        drift_error_n_per_s: standard deviation of the force drift; a tenth of it counts for the moments [Nm/s].
    """

    def __init__(self, t_s: float, zero_s: Vector6, drift_s: Vector6, drift_error_n_per_s: float) -> None:
        self._t_s = t_s
        self._mean: Array = np.array([zero_s, drift_s])
        rate = np.array([drift_error_n_per_s] * 3 + [0.1 * drift_error_n_per_s] * 3)
        self._measured: Array = np.array([TARE_N] * 3 + [TARE_NM] * 3)
        self._wander: Array = np.array([WANDER_N_PER_S] * 3 + [WANDER_NM_PER_S] * 3) ** 2 / WANDER_TIME_S
        self._dead: Array = np.array([DEAD_N_PER_S] * 3 + [DEAD_NM_PER_S] * 3)
        # covariance of zero and rate: zero-zero, zero-rate, rate-rate, one column an axis
        self._cov: Array = np.array([self._measured**2, np.zeros(6), rate**2])

    def zero(self, t_s: float) -> Vector6:
        """Return the zero expected at a time [N, Nm]."""
        return _six(self._mean[0] + (t_s - self._t_s) * self._mean[1])

    def age_s(self, t_s: float) -> float:
        """Return the time since the last zero was taken."""
        return t_s - self._t_s

    @property
    def drift(self) -> Vector6:
        """The drift to go on with [N/s, Nm/s]: what the filter has found, less what may be noise."""
        rate = self._mean[1]
        return _six(np.sign(rate) * np.maximum(np.abs(rate) - self._dead, 0.0))

    def update(self, t_s: float, zero_s: Vector6) -> None:
        """Take the zero measured in a transfer.

        Args:
            t_s: mean time of the samples [s].
            zero_s: mean zero [N, Nm].
        """
        gap = t_s - self._t_s
        zz, zr, rr = self._cov
        zz, zr = zz + 2.0 * gap * zr + gap * gap * rr, zr + gap * rr
        rr = rr + self._wander * max(gap, 0.0)
        expected = self._mean[0] + gap * self._mean[1]
        surprise = np.array(zero_s) - expected
        total = zz + self._measured**2
        gain_z, gain_r = zz / total, zr / total
        self._mean = np.array([expected + gain_z * surprise, self._mean[1] + gain_r * surprise])
        self._cov = np.array([(1.0 - gain_z) * zz, (1.0 - gain_z) * zr, rr - gain_r * zr])
        self._t_s = t_s


def _six(values: Array) -> Vector6:
    a, b, c, d, e, f = values.tolist()
    return a, b, c, d, e, f
