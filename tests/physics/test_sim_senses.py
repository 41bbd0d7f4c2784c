"""Noise, delay and resolution of the senses, and the lag of the drives, against their stated values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.options import SimulationOptions
from sim.period.drive_lag import LAG_S, drive, lag_share
from sim.period.sensor_noise import (
    BLOCK,
    ENCODER_COUNTS,
    FORCE_NOISE_N,
    MOMENT_NOISE_NM,
    PERFECT,
    SPEED_NOISE_RAD_S,
    SensorNoise,
    SensorQuality,
    sense,
)
from tests.sim_cases import Rig, approved


def rows(seed: int, quality: SensorQuality, count: int) -> tuple[SensorNoise, np.ndarray]:
    noise = SensorNoise(np.random.default_rng(seed), quality, 7)
    return noise, np.array([noise.row().copy() for _ in range(count)])


def test_noise_is_as_large_as_stated_white_and_centred_on_the_bias() -> None:
    noise, drawn = rows(1, SensorQuality(), 20 * BLOCK)
    stated = [SPEED_NOISE_RAD_S] * 7 + [FORCE_NOISE_N] * 3 + [MOMENT_NOISE_NM] * 3
    np.testing.assert_allclose(drawn.std(axis=0), stated, rtol=0.03)
    expected = np.concatenate([np.zeros(7), noise.bias])
    np.testing.assert_allclose(drawn.mean(axis=0) - expected, 0.0, atol=0.05 * np.array(stated).max())
    centred = (drawn - drawn.mean(axis=0)) / drawn.std(axis=0)
    assert np.abs((centred[1:] * centred[:-1]).mean(axis=0)).max() < 0.03
    correlation = np.corrcoef(centred.T) - np.eye(13)
    assert np.abs(correlation).max() < 0.04


def test_bias_differs_between_runs_and_has_its_stated_spread() -> None:
    biases = np.array([rows(seed, SensorQuality(), 0)[0].bias for seed in range(300)])
    np.testing.assert_allclose(biases[:, :3].std(axis=0), 0.2, rtol=0.15)
    np.testing.assert_allclose(biases[:, 3:].std(axis=0), 0.005, rtol=0.15)
    np.testing.assert_array_equal(rows(1, SensorQuality(), 50)[1], rows(1, SensorQuality(), 50)[1])


def test_encoders_have_steps_and_perfect_senses_none() -> None:
    step = 2.0 * math.pi / ENCODER_COUNTS
    motion = np.linspace(-1.0, 1.0, 14)
    sensed, wrench = np.zeros(20), np.arange(6.0)
    sense(motion, wrench, np.zeros(13), step, sensed)
    counts = sensed[:7] / step
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-6)
    assert 0.0 < np.abs(sensed[:7] - motion[:7]).max() <= 0.5 * step + 1e-12
    np.testing.assert_array_equal(sensed[14:], wrench)
    sense(motion, wrench, rows(1, PERFECT, 1)[1][0], 0.0, sensed)
    np.testing.assert_array_equal(sensed[:14], motion)


def test_the_wrench_is_one_sample_old_and_later_on_request() -> None:
    runs = {}
    for extra in (0, 3):
        rig = Rig(SimulationOptions(extra_delay_samples=extra))
        states = []
        for k in range(200):
            rig.step(15.0 if k > 50 else 5.0)
            states.append(rig.plant.read())
        assert states[-1].sensor_age_s == pytest.approx(1e-3 * (1 + extra))
        runs[extra] = [state.wrench_s for state in states]
        rig.close()
    # the little controller does not use the wrench, so both runs are the same but for the delay
    assert runs[3][10:] == runs[0][7:-3]


def test_noise_can_be_switched_off_without_moving_the_truth_far() -> None:
    options = SimulationOptions(has_noise=False)
    rig = Rig(options)
    rig.step(10.0)
    state = rig.plant.read()
    assert state.q_rad == rig.plant.true_motion()[0]
    assert state.dq_rad_s == rig.plant.true_motion()[1]
    assert rig.plant.sensor_bias() == (0.0,) * 6
    rig.close()
    unbiased = Rig(replace(options, has_noise=True, has_bias=False))
    assert unbiased.plant.sensor_bias() == (0.0,) * 6
    assert unbiased.plant.read().dq_rad_s != unbiased.plant.true_motion()[1]
    unbiased.close()


@pytest.mark.parametrize("dt_s", [1e-3, 2.5e-4])
def test_drives_act_one_tick_late_and_then_with_their_lag(dt_s: float) -> None:
    torque, acting = np.zeros(1), []
    for _ in range(round(0.01 / dt_s)):
        acting.append(torque[0])
        drive(np.array([10.0]), np.array([50.0]), lag_share(dt_s), torque)
    times = dt_s * np.arange(len(acting))
    np.testing.assert_allclose(acting, 10.0 * -np.expm1(-times / LAG_S), rtol=1e-9)


def test_drives_keep_their_torque_limit() -> None:
    torque = np.zeros(2)
    for _ in range(100):
        drive(np.array([500.0, -500.0]), np.array([50.0, 20.0]), lag_share(1e-3), torque)
    np.testing.assert_allclose(torque, [50.0, -20.0], rtol=1e-6)


def test_reported_torque_is_the_one_at_the_joint() -> None:
    rig = Rig(SimulationOptions(has_friction=False))
    before = rig.plant.read().tau_nm
    rig.step(30.0)
    assert rig.plant.read().tau_nm == before  # the command is still on its way
    rig.step(30.0)
    assert rig.plant.read().tau_nm != before
    rig.close()


def test_joint_friction_holds_small_torques() -> None:
    moved = {}
    for has_friction in (True, False):
        rig = Rig(SimulationOptions(has_friction=has_friction, has_noise=False), (0.1, 0.04, 0.08))
        q = np.array(rig.plant.true_motion()[0])
        rig.model.update(q, np.zeros(7))
        hold = rig.model.gravity.copy()
        hold[0] += 0.2  # less than the 0.3 Nm of friction
        for _ in range(300):
            rig.plant.apply(approved(hold))
        moved[has_friction] = abs(rig.plant.true_motion()[0][0] - q[0])
        rig.close()
    assert moved[True] < 1e-5
    assert moved[False] > 1e-3
