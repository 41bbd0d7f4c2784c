"""Trips of the full monitor: just inside each limit nothing, just outside a stop with its cause; NaN always trips."""

import dataclasses
import math

import pytest

from controller.safety.gate import Gate
from controller.types import ArmState, Authority, Cause, Clearance, Command, ContactState, ToolTerms, Vector3
from tests.gate_cases import command, limits, reference, state
from tests.unit.test_gate import ARM

WISH = command(ARM, ARM.bias_nm)


def _cause(gate: Gate, samples: list[ArmState], wish: Command = WISH) -> Cause | None:
    for sample in samples:
        stop = gate.judge(wish, sample, reference(), sample.t_s).stop
        if stop is not None:
            return stop.cause
    return None


@pytest.mark.parametrize(
    ("changes", "senses", "cause"),
    [
        ({"session_s": 5.0}, {"t_s": 5.0}, None),
        ({"session_s": 5.0}, {"t_s": 5.001}, Cause.SESSION_TIME),
        ({}, {"t_s": math.nan}, Cause.SESSION_TIME),
        ({"temperature_c": 60.0}, {"temperature_c": 60.0}, None),
        ({"temperature_c": 60.0}, {"temperature_c": 60.1}, Cause.TEMPERATURE),
        ({"temperature_c": 60.0}, {"temperature_c": math.nan}, None),
        ({"supervisor_age_s": 0.01}, {"supervisor_age_s": 0.01}, None),
        ({"supervisor_age_s": 0.01}, {"supervisor_age_s": 0.0101}, Cause.SUPERVISOR_LOST),
        ({}, {"supervisor_age_s": math.nan}, Cause.SUPERVISOR_LOST),
        ({}, {"authority": Authority.SUPERVISOR}, Cause.SUPERVISOR_ACTED),
        ({}, {"authority": Authority.NOBODY}, Cause.SUPERVISOR_ACTED),
    ],
)
def test_one_sample_is_enough(changes: dict, senses: dict, cause: Cause | None) -> None:
    assert _cause(Gate(limits(**changes), 1e-3), [state(**senses)]) is cause


@pytest.mark.parametrize(
    ("gap_s", "late_s", "cause"), [(0.008, 0.008, None), (0.0081, 0.008, Cause.LATE_TICK), (0.0081, 0.01, None)]
)
def test_a_loop_that_stood_still_is_stopped(gap_s: float, late_s: float, cause: Cause | None) -> None:
    assert _cause(Gate(limits(late_s=late_s), 1e-3), [state(t_s=0.0), state(t_s=gap_s)]) is cause


def test_after_a_clear_the_time_before_does_not_count() -> None:
    gate = Gate(limits(late_s=0.008), 1e-3)
    assert _cause(gate, [state(t_s=0.0), state(t_s=1.0)]) is Cause.LATE_TICK
    gate.clear(Clearance.SERVICE)
    assert _cause(gate, [state(t_s=9.0, q_rad=(1.0,) * 7)]) is None


@pytest.mark.parametrize(
    ("move_rad", "speed", "jump_rad", "cause"),
    [
        (0.0049, 0.0, 0.005, None),
        (0.0051, 0.0, 0.005, Cause.ENCODER_JUMP),
        (-0.0051, 0.0, 0.005, Cause.ENCODER_JUMP),
        (0.0051, 0.0, 0.006, None),
        (0.0061, 1.9, 0.005, None),
        (0.0, 1.9, 0.001, Cause.ENCODER_JUMP),
    ],
)
def test_a_joint_that_is_not_where_its_speed_says_is_a_jump(
    move_rad: float, speed: float, jump_rad: float, cause: Cause | None
) -> None:
    then = state(t_s=0.0)
    now = state(t_s=0.001, q_rad=(0.1,) * 6 + (0.1 + move_rad,), dq_rad_s=(0.0,) * 6 + (speed,))
    assert _cause(Gate(limits(jump_rad=jump_rad), 1e-3), [then, now]) is cause


@pytest.mark.parametrize(("repeats", "cause"), [(2, None), (3, Cause.SENSOR_FROZEN)])
def test_a_sample_that_repeats_is_frozen(repeats: int, cause: Cause | None) -> None:
    samples = [state(t_s=0.001 * k, wrench_s=(0.0, 0.0, -20.0, 0.0, 0.0, 0.0)) for k in range(1 + repeats)]
    alive = state(t_s=0.01, wrench_s=(0.0, 0.0, -20.001, 0.0, 0.0, 0.0))
    assert _cause(Gate(limits(frozen_ticks=3), 1e-3), [*samples, alive]) is cause


def _at(p_wt: Vector3) -> Command:
    there: ToolTerms = dataclasses.replace(ARM, p_wt=p_wt)
    return command(there, there.bias_nm)


def _seconds_on_a_spot(radius_m: float, dwell_m: float, dwell_s: float = 2.0, seconds: float = 6.0) -> float:
    """Circle with a radius and return the time of the stop, NaN for none."""
    gate = Gate(limits(dwell_m=dwell_m, dwell_s=dwell_s), 1e-3)
    for tick in range(int(seconds * 1000)):
        angle = 0.01 * tick
        wish = _at((0.1 + radius_m * math.cos(angle), radius_m * math.sin(angle), 0.05))
        stop = gate.judge(wish, state(), reference(), tick * 1e-3).stop
        if stop is not None:
            assert stop.cause is Cause.DWELL
            return stop.t_s
    return math.nan


def test_pressing_on_one_spot_for_long_is_stopped() -> None:
    assert _seconds_on_a_spot(0.005, 0.015) == pytest.approx(2.001, abs=0.002)
    assert _seconds_on_a_spot(0.005, 0.015, dwell_s=4.0) == pytest.approx(4.001, abs=0.002)
    assert math.isnan(_seconds_on_a_spot(0.02, 0.015))
    assert _seconds_on_a_spot(0.02, 0.05) == pytest.approx(2.001, abs=0.002)


def test_waiting_in_the_air_is_no_dwelling() -> None:
    gate = Gate(limits(dwell_s=0.5), 1e-3)
    wish = command(ARM, ARM.bias_nm, contact=ContactState.FREE)
    assert all(gate.judge(wish, state(), reference(), tick * 1e-3).stop is None for tick in range(2000))


def test_what_the_law_asks_for_that_is_no_number_is_told_from_joints_that_are_none() -> None:
    assert _cause(Gate(limits(), 1e-3), [state()], command(ARM, (math.nan,) * 7)) is Cause.NOT_FINITE
    assert _cause(Gate(limits(), 1e-3), [state(dq_rad_s=(math.nan,) * 7)]) is Cause.JOINTS_NOT_FINITE
