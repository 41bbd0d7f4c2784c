"""Margins of the force loop: known limits of the model, and what each gain set promises."""

import dataclasses
import functools
import math

import numpy as np
import pytest

from controller.bounds import refuse_unstable
from controller.errors import PlanError
from controller.law.contact_estimate import press_estimate, press_motion
from controller.law.contact_states import press_command
from controller.law.gains import FAST, GAIN_SETS, ROBUST, STANDARD, ForceGains, GainSet, LawSettings, gain_names
from controller.law.margins import Margin, margin, margin_table
from controller.law.memory import STATE, WORK
from controller.law.tissue_stiffness import SAFE_SIDE
from tests.synthetic import segment

SETTINGS = LawSettings()


def _margin(gains: ForceGains, lag: int, stiffness: float) -> Margin:
    return margin(gains, SETTINGS, 8.0, 1e3 * stiffness, lag, 1e-3)


def test_every_set_is_sound_where_it_claims_to_be() -> None:
    assert all(_margin(ROBUST, lag, k).is_stable for lag in (1, 5, 10) for k in (1.0, 2.0, 4.0, 6.0))
    assert all(_margin(STANDARD, lag, k).is_sound for lag in (1, 2) for k in (1.0, 2.0, 4.0))
    assert all(_margin(FAST, lag, k).is_sound for lag in (1, 2) for k in (1.0, 2.0, 4.0))


def test_stiff_tissue_that_is_known_leaves_a_margin_and_one_that_is_not_does_not() -> None:
    for stiffness in (10e3, 20e3, 35e3):
        assert margin(STANDARD, SETTINGS, 8.0, stiffness, 2, 1e-3).is_sound
    assert not margin(STANDARD, SETTINGS, 8.0, 35e3, 2, 1e-3, is_learned=False).is_stable


def test_fast_is_unstable_on_stiff_tissue_with_a_light_arm_and_a_slow_bus() -> None:
    result = margin(FAST, SETTINGS, 2.2, 20e3, 10, 1e-3)
    assert not result.is_stable
    assert math.isinf(result.sensitivity_peak)
    assert not result.is_sound


def test_more_lag_never_helps_on_stiff_tissue() -> None:
    peaks = [_margin(STANDARD, lag, 6.0).sensitivity_peak for lag in (1, 2, 3, 5, 8, 10)]
    assert peaks == sorted(peaks)


def test_the_table_covers_every_set() -> None:
    assert {row.gains for row in margin_table(SETTINGS)} == set(gain_names())


@pytest.mark.parametrize("named", GAIN_SETS, ids=gain_names())
@pytest.mark.parametrize("stiffness", [2000.0, 35000.0])
def test_the_verdict_agrees_with_the_law_itself_in_time_domain(named: GainSet, stiffness: float) -> None:
    """Runs the law's own compiled force loop on the margin model and sees it settle or grow."""
    lag, mass, dt = 5, 8.0, 1e-3
    record, state = SETTINGS.record(named.gains), np.zeros(1, dtype=STATE)
    record["integral_cap_n"] = 1e300
    state["contact"], state["is_trusted"], state["gain_share"], state["mass_kg"] = WORK, 1, 1.0, mass
    record["tissue_n_per_m"] = max(SETTINGS.tissue_n_per_m, SAFE_SIDE * stiffness)
    x, v, actuator, queue = 1e-6, 0.0, 0.0, [0.0] * lag
    peaks = []
    for tick in range(6000):
        press_estimate(dt, record, state, stiffness * x, 0.0, math.inf)
        press_motion(dt, record, state, x, v, 0.0)
        queue.append(press_command(dt, record, state, v, 0.0))
        command = queue.pop(0)
        for _ in range(10):
            actuator += dt / 10 * (command - actuator) / 0.002
            v += dt / 10 * (actuator - stiffness * x) / mass
            x += dt / 10 * v
        if tick % 500 == 499:
            peaks.append(abs(stiffness * x) + abs(v) * math.sqrt(stiffness * mass))
    is_stable = margin(named.gains, SETTINGS, mass, stiffness, lag, dt).is_stable
    assert (peaks[-1] < peaks[2]) == is_stable


class _Plan:
    """A plan of one stroke, as far as the margins ask for it."""

    def __init__(self, stiffness: float, mass: float) -> None:
        self.segments = (
            dataclasses.replace(segment("s", 0.0), working_stiffness_n_per_m=stiffness, smallest_lambda_n_kg=mass),
        )


@pytest.mark.parametrize(
    ("gains", "stiffness", "mass", "lag", "advice"),
    [
        (FAST, 4000.0, 4.4, 2, None),
        (FAST, 4000.0, 2.2, 2, None),
        (FAST, 3500.0, 2.2, 6, "use --gains robust or standard"),
        (STANDARD, 3500.0, 2.2, 5, None),
        (STANDARD, 6000.0, 2.2, 5, "use --gains robust"),
        (ROBUST, 35000.0, 3.0, 10, "no gain set has a margin here"),
        (FAST, math.nan, 4.4, 2, "no gain set has a margin here"),
    ],
)
def test_what_has_no_margin_is_refused_with_what_has_one(
    gains: ForceGains, stiffness: float, mass: float, lag: int, advice: str | None
) -> None:
    ask = functools.partial(refuse_unstable, _Plan(stiffness, mass), gains, LawSettings(), lag, 1e-3)
    if advice is None:
        ask()
        return
    with pytest.raises(PlanError, match=advice) as error:
        ask()
    assert "phase margin" in str(error.value)


def test_what_the_tank_leaves_scales_the_feedback_and_never_the_damping() -> None:
    commands = []
    for share in (1.0, 0.5, 0.0):
        gains, state = SETTINGS.record(STANDARD), np.zeros(1, dtype=STATE)
        state["contact"], state["is_trusted"], state["gain_share"] = WORK, 1, share
        state["target_n"], state["press_n"], state["tissue_n_per_m"] = 10.0, 6.0, SETTINGS.tissue_n_per_m
        commands.append(press_command(1e-3, gains, state, 0.02, 0.0))
    full, half, none = commands
    assert none == pytest.approx(10.0 - 30.0 * 0.02)
    assert half - none == pytest.approx(0.5 * (full - none))
    assert full > none + 8.0


def test_a_loss_in_the_tissue_gives_margin() -> None:
    bare = margin(STANDARD, SETTINGS, 8.0, 6000.0, 2, 1e-3)
    lossy = margin(STANDARD, SETTINGS, 8.0, 6000.0, 2, 1e-3, 0.1)
    assert lossy.phase_margin_deg > bare.phase_margin_deg + 5.0
