"""Zero and drift of the wrist sensor from one transfer to the next."""

from __future__ import annotations

import numpy as np
import pytest

from controller.air.zero_filter import DEAD_N_PER_S, TARE_N, ZeroFilter
from controller.types import Vector6

ZERO: Vector6 = (0.2, -0.1, 0.4, 0.01, 0.0, -0.01)


def _zero(t_s: float, rate: float, noise: np.ndarray) -> Vector6:
    a, b, c, d, e, f = np.add(np.add(ZERO, (0.0, 0.0, rate * t_s, 0.0, 0.0, 0.0)), noise).tolist()
    return a, b, c, d, e, f


@pytest.mark.parametrize("rate", [0.0, 0.05, -0.05])
def test_a_steady_drift_is_learned_and_carried_on(rate: float) -> None:
    random, scale = np.random.default_rng(1), np.array([TARE_N] * 3 + [0.002] * 3)
    found = ZeroFilter(0.0, ZERO, (0.0,) * 6, 0.02)
    for k in range(1, 6):
        found.update(20.0 * k, _zero(20.0 * k, rate, scale * random.normal(size=6)))
    assert found.drift[2] == pytest.approx(rate, abs=2.0 * DEAD_N_PER_S)
    assert found.zero(120.0)[2] == pytest.approx(ZERO[2] + rate * 120.0, abs=0.15)
    assert found.zero(120.0)[0] == pytest.approx(ZERO[0], abs=0.15)
    assert found.age_s(130.0) == pytest.approx(30.0)


def test_a_drift_that_may_be_noise_is_taken_for_none() -> None:
    assert ZeroFilter(0.0, ZERO, (0.002, -0.002, 0.004, 0.0, 0.0, 0.0), 0.01).drift[:2] == (0.0, -0.0)
    assert ZeroFilter(0.0, ZERO, (0.0, 0.0, 0.004, 0.0, 0.0, 0.0), 0.01).drift[2] == pytest.approx(0.001)


def test_a_drift_that_ends_is_forgotten() -> None:
    found = ZeroFilter(0.0, ZERO, (0.0, 0.0, 0.05, 0.0, 0.0, 0.0), 0.005)
    for k in range(1, 8):
        found.update(20.0 * k, ZERO)
    assert abs(found.drift[2]) < 0.01
