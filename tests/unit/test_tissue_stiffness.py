"""The tissue's stiffness as the law learns it: from a swing, not from strokes, skin or the tool's own inertia."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from controller.law.contact_estimate import press_estimate, press_motion
from controller.law.contact_states import press_command
from controller.law.gains import STANDARD, LawSettings
from controller.law.memory import APPROACH, FREE, STATE, WORK, Record
from controller.law.tissue_stiffness import SAFE_SIDE, STIFFEST_N_PER_M, stiffness_share

DT_S = 1e-3
SETTINGS = LawSettings()
RECORD = SETTINGS.record(STANDARD)
SWING_PER_S = 2.0 * math.pi * 22.0

Motion = Callable[[float], float]


def pressed(
    depth_m: Motion, force_n: Motion, seconds: float = 1.0, state: Record | None = None, tool_kg: float = 0.0
) -> Record:
    """Return the law's state after a motion of the tool into the tissue under a press force."""
    state = np.zeros(1, dtype=STATE) if state is None else state
    state["contact"] = WORK
    state["beyond_m"], state["sample_n"] = depth_m(0.0), force_n(0.0)
    for tick in range(round(seconds / DT_S)):
        t = tick * DT_S
        state["press_sample_n"] = force_n(t)
        closing = (depth_m(t + DT_S) - depth_m(t - DT_S)) / (2.0 * DT_S)
        press_motion(DT_S, RECORD, state, depth_m(t), closing, tool_kg)
    return state


def swing(amplitude_m: float) -> Motion:
    return lambda t: amplitude_m * math.sin(SWING_PER_S * t)


@pytest.mark.parametrize("stiffness", [8e3, 20e3, 35e3])
def test_a_swing_teaches_the_tissue_with_something_on_the_safe_side(stiffness: float) -> None:
    depth = swing(2e-4)
    state = pressed(depth, lambda t: 15.0 + stiffness * depth(t))
    assert state["tissue_n_per_m"][0] == pytest.approx(SAFE_SIDE * stiffness, rel=0.05)


def test_a_small_swing_teaches_before_it_is_a_large_one() -> None:
    depth = swing(3e-5)
    state = pressed(depth, lambda t: 15.0 + 30e3 * depth(t))
    assert state["tissue_n_per_m"][0] > 15e3


def test_the_inertia_of_the_tool_is_not_taken_for_soft_tissue() -> None:
    depth, stiffness, tool_kg = swing(2e-4), 30e3, 0.8
    state = pressed(depth, lambda t: 15.0 + (stiffness - tool_kg * SWING_PER_S**2) * depth(t), tool_kg=tool_kg)
    assert state["tissue_n_per_m"][0] == pytest.approx(SAFE_SIDE * stiffness, rel=0.1)


def test_a_stroke_over_rising_skin_and_breathing_teach_nothing() -> None:
    def rising(t: float) -> float:
        return 0.005 * math.sin(2.0 * math.pi * t)

    state = pressed(rising, lambda t: 15.0 + 0.5 * math.sin(2.0 * math.pi * 0.3 * t), 3.0)
    assert state["tissue_n_per_m"][0] == SETTINGS.tissue_n_per_m


def test_soft_tissue_is_never_reckoned_softer_than_expected_nor_a_stone_stiffer_than_a_person() -> None:
    depth = swing(2e-4)
    assert pressed(depth, lambda t: 1e3 * depth(t))["tissue_n_per_m"][0] == SETTINGS.tissue_n_per_m
    assert pressed(depth, lambda t: 1e7 * depth(t))["tissue_n_per_m"][0] == STIFFEST_N_PER_M


def test_what_was_learned_is_given_up_slowly_and_at_once_off_the_skin() -> None:
    depth = swing(2e-4)
    state = pressed(depth, lambda t: 30e3 * depth(t))
    learned = float(state["tissue_n_per_m"][0])
    pressed(lambda _: 0.0, lambda _: 0.0, 3.0, state)
    assert 0.6 * learned < state["tissue_n_per_m"][0] < learned
    state["contact"] = FREE
    press_motion(DT_S, RECORD, state, 0.0, 0.0, 0.0)
    assert state["tissue_n_per_m"][0] == SETTINGS.tissue_n_per_m


def test_a_reading_that_is_no_number_teaches_nothing() -> None:
    depth = swing(2e-4)
    state = pressed(depth, lambda _: math.nan, 0.1)
    assert state["tissue_n_per_m"][0] == SETTINGS.tissue_n_per_m


def test_stiffer_tissue_leaves_less_of_the_gains() -> None:
    state = np.zeros(1, dtype=STATE)
    shares = []
    for stiffness in (4e3, SETTINGS.scheduled_n_per_m, 2.0 * SETTINGS.scheduled_n_per_m):
        state["tissue_n_per_m"] = stiffness
        shares.append(stiffness_share(RECORD, state))
    assert shares == [1.0, 1.0, 0.5]


def test_a_reading_that_is_no_number_does_not_end_the_learning() -> None:
    depth = swing(2e-4)
    state = pressed(depth, lambda t: math.inf if t < 0.01 else 15.0 + 30e3 * depth(t))
    assert state["tissue_n_per_m"][0] == pytest.approx(SAFE_SIDE * 30e3, rel=0.05)


def test_landing_beside_the_plan_hides_no_stiff_tissue() -> None:
    state = np.zeros(1, dtype=STATE)
    press_motion(DT_S, RECORD, state, 0.005, 0.0, 0.0)
    state["contact"] = WORK
    depth = swing(1e-4)
    for tick in range(100):
        t = tick * DT_S
        state["press_sample_n"] = 35e3 * depth(t)
        press_motion(DT_S, RECORD, state, 0.005 + depth(t), 0.0, 0.0)
    assert state["tissue_n_per_m"][0] > 30e3


def test_a_slow_motion_of_the_tool_hides_no_swing_on_stiff_tissue() -> None:
    fast = swing(2e-4)
    state = pressed(lambda t: 0.005 * math.sin(2.0 * math.pi * t) + fast(t), lambda t: 15.0 + 30e3 * fast(t), 2.0)
    assert state["tissue_n_per_m"][0] > 20e3


def test_a_new_contact_begins_without_what_the_last_one_taught() -> None:
    depth = swing(2e-4)
    state = pressed(depth, lambda t: 30e3 * depth(t))
    state["contact"] = FREE
    press_motion(DT_S, RECORD, state, 0.0, 0.0, 0.0)
    pressed(lambda _: 0.0, lambda _: 0.0, 0.01, state)
    assert state["tissue_n_per_m"][0] == SETTINGS.tissue_n_per_m


def test_stiffer_tissue_slows_the_integral_too() -> None:
    integrals = []
    for stiffness in (SETTINGS.scheduled_n_per_m, 4.0 * SETTINGS.scheduled_n_per_m):
        state = np.zeros(1, dtype=STATE)
        state["contact"], state["is_trusted"], state["gain_share"] = WORK, 1, 1.0
        state["target_n"], state["tissue_n_per_m"] = 10.0, stiffness
        press_command(DT_S, RECORD, state, 0.0, 0.0)
        integrals.append(float(state["integral_n"][0]))
    assert integrals[0] == pytest.approx(4.0 * integrals[1])
    assert integrals[1] > 0.0


def test_the_approach_is_damped_by_the_mass_between_its_bounds() -> None:
    damping = []
    for mass_kg in (0.1, 2.0, 100.0):
        state = np.zeros(1, dtype=STATE)
        state["contact"], state["mass_kg"] = APPROACH, mass_kg
        damping.append(-press_command(DT_S, RECORD, state, 1.0, 0.0))
    most, per_s = SETTINGS.approach_damping_ns_per_m, SETTINGS.approach_damping_per_s
    assert damping == pytest.approx([SETTINGS.approach_damping_least_ns_per_m, 2.0 * per_s, most])


def test_joint_torques_that_pull_are_no_press_force() -> None:
    state = np.zeros(1, dtype=STATE)
    press_estimate(DT_S, RECORD, state, math.nan, -5.0, RECORD["plausible_n"][0])
    assert state["is_trusted"][0] == 0
    assert state["press_sample_n"][0] == state["press_n"][0] == 0.0
