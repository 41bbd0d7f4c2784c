"""Smooth beginnings, smooth ends, and slowing down where the skin asks for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

Array = NDArray[np.float64]

STEP_S = 0.01
"""Spacing of all path samples [s]: 67 a turn at the fastest allowed circle."""


def smooth_step(u: Array) -> Array:
    """Return 0 for u <= 0, 1 for u >= 1, with four continuous derivatives between (the 9th-degree polynomial)."""
    u = np.clip(u, 0.0, 1.0)
    return np.asarray(u**5 * (126.0 - 420.0 * u + 540.0 * u**2 - 315.0 * u**3 + 70.0 * u**4))


def smooth_step_integral(u: Array) -> Array:
    """Return the integral of ``smooth_step`` from 0 to u; 1/2 at u = 1, slope 1 beyond."""
    v = np.clip(u, 0.0, 1.0)
    ramp = v**6 * (21.0 - 60.0 * v + 67.5 * v**2 - 35.0 * v**3 + 7.0 * v**4)
    return np.asarray(ramp + np.maximum(u - 1.0, 0.0))


def fade(t_s: Array, duration_s: float, ramp_s: float) -> Array:
    """Return 0 at both ends of the duration and 1 between, with smooth ramps (never longer than half of it)."""
    ramp = min(ramp_s, 0.5 * duration_s)
    return np.asarray(smooth_step(t_s / ramp) * smooth_step((duration_s - t_s) / ramp))


def travel_time(length_m: float, speed_m_s: float, ramp_s: float) -> float:
    """Return how long ``travel`` takes [s]; short ways are travelled slower, never with shorter ramps."""
    return max(length_m / speed_m_s + ramp_s, 2.0 * ramp_s)


def travel(t_s: Array, length_m: float, speed_m_s: float, ramp_s: float) -> Array:
    """Return the distance gone from rest to rest over ``length_m``, at ``speed_m_s`` between smooth ramps [m]."""
    duration = travel_time(length_m, speed_m_s, ramp_s)
    speed = length_m / (duration - ramp_s)
    begin = smooth_step_integral(t_s / ramp_s)
    end = smooth_step_integral((t_s - (duration - ramp_s)) / ramp_s)
    return np.asarray(speed * ramp_s * (begin - end))


def samples(duration_s: float) -> Array:
    """Return uniform times every ``STEP_S`` over the duration, which is rounded up to whole steps [s]."""
    return np.asarray(STEP_S * np.arange(int(np.ceil(duration_s / STEP_S - 1e-9)) + 1), dtype=np.float64)


def slowed(channels: Array, allowed_rate: Array) -> tuple[Array, float]:
    """Play samples slower where less than the nominal rate is allowed.

    Args:
        channels: (N, C) samples every ``STEP_S`` of nominal time, at rest at both ends.
        allowed_rate: (N,) largest allowed rate of nominal time against real time; above 1 means no limit.

    Returns:
        samples (M, C) every ``STEP_S`` of real time, and the smallest rate used. The rate used is a smooth curve below
        the allowed one everywhere: a running minimum over 0.6 s, then a Gaussian that lives within that window.
    """
    rate = np.minimum(allowed_rate, 1.0)
    if not rate.min() < 1.0:
        return channels, 1.0
    half = 30
    lowest = minimum_filter1d(rate, 2 * half + 1, mode="nearest")
    rate = gaussian_filter1d(lowest, half / 3.0, mode="nearest", truncate=3.0)
    nominal = STEP_S * np.arange(len(rate))
    slowness = make_interp_spline(nominal, 1.0 / rate, k=5)
    real = np.asarray(slowness.antiderivative()(nominal))
    times = np.linspace(0.0, real[-1], int(np.ceil(real[-1] / STEP_S)) + 1)
    nominal_at = np.clip(make_interp_spline(real, nominal, k=5)(times), 0.0, nominal[-1])
    return np.asarray(make_interp_spline(nominal, channels, k=5)(nominal_at)), float(rate.min())
