"""Reported joint speeds are held against the positions: every joint, sign, scale and rate; healthy ones never stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from controller.safety.gate import Gate
from controller.safety.speed_check import OWN_WINDOW_S, WINDOWS, SpeedCheck
from controller.types import Action, Cause, Mode, StopReason, Vector
from tests.gate_cases import command, limits, reference, state, terms

JOINTS = 7
ARM = terms(np.random.default_rng(3))
STILL = (0.0,) * JOINTS
Way = Callable[[float], tuple[Vector, Vector]]
Report = Callable[[int, Vector], Vector]


def _swinging(size_rad: float, rate_hz: float) -> Way:
    """Return a motion: positions and true speeds of all joints, each with a phase of its own."""
    rad_s = 2.0 * math.pi * rate_hz

    def way(t_s: float) -> tuple[Vector, Vector]:
        phases = [rad_s * t_s + joint for joint in range(JOINTS)]
        return tuple(size_rad * math.sin(p) for p in phases), tuple(size_rad * rad_s * math.cos(p) for p in phases)

    return way


def _check(
    way: Way, report: Report, seconds: float = 1.0, dt_s: float = 1e-3
) -> tuple[SpeedCheck, StopReason | None, float]:
    """Return the check after a motion, the first stop and its time since the first sample."""
    check = SpeedCheck(JOINTS, dt_s)
    for tick in range(round(seconds / dt_s)):
        q, dq = way(tick * dt_s)
        if stop := check.step(5.0 + tick * dt_s, q, report(tick, dq)):
            return check, stop, tick * dt_s
    return check, None, math.nan


def _one(joint: int, change: Callable[[float], float]) -> Report:
    return lambda _tick, dq: tuple(change(v) if k == joint else v for k, v in enumerate(dq))


@pytest.mark.parametrize("dt_s", [0.5e-3, 1e-3, 2e-3, 4e-3])
@pytest.mark.parametrize(("size_rad", "rate_hz"), [(0.5, 0.3), (0.1, 2.0), (0.005, 20.0), (0.003, 40.0)])
def test_healthy_speeds_are_believed_at_every_rate_and_pace(size_rad: float, rate_hz: float, dt_s: float) -> None:
    rng = np.random.default_rng(1)

    def noisy(_tick: int, dq: Vector) -> Vector:
        return tuple((np.array(dq) + rng.normal(scale=0.02, size=JOINTS)).tolist())

    check, stop, _ = _check(_swinging(size_rad, rate_hz), noisy, dt_s=dt_s)
    assert stop is None
    assert check.believed((0.5,) * JOINTS) == (0.5,) * JOINTS


def test_an_encoder_of_4096_steps_a_turn_is_believed() -> None:
    step = 2.0 * math.pi / 4096
    smooth = _swinging(0.3, 0.4)

    def stepped(t_s: float) -> tuple[Vector, Vector]:
        q, dq = smooth(t_s)
        return tuple(step * round(one / step) for one in q), dq

    assert _check(stepped, lambda _tick, dq: dq, seconds=3.0)[1] is None


@pytest.mark.parametrize("joint", range(JOINTS))
@pytest.mark.parametrize(
    "change",
    [lambda v: -v, lambda _: 0.0, lambda v: 0.33 * v, lambda v: 3.0 * v, lambda _: 0.7, lambda v: v + 0.2],
    ids=["flipped", "zero", "third", "threefold", "stuck", "offset"],
)
def test_a_wrong_speed_of_any_joint_is_found_and_named(joint: int, change: Callable[[float], float]) -> None:
    _, stop, _ = _check(_swinging(0.2, 0.5), _one(joint, change))
    assert stop is not None
    assert stop.cause is Cause.SPEED_SIGNAL
    assert f"joint {joint + 1} " in stop.limit


def test_it_is_found_within_the_long_window_once_it_matters() -> None:
    fast = _swinging(0.4, 0.5)
    for change in (lambda v: -v, lambda _: 0.0):
        _, stop, after_s = _check(fast, _one(0, change))
        assert stop is not None
        assert after_s <= WINDOWS[0][0] + 2e-3


def test_what_swings_too_fast_for_the_long_window_is_found_by_the_short_one() -> None:
    _, stop, _ = _check(_swinging(0.008, 50.0), _one(2, lambda v: -v))
    assert stop is not None
    assert stop.value > stop.allowed > WINDOWS[1][1]


def test_after_a_wrong_speed_those_of_the_positions_are_given_half_a_short_window_late() -> None:
    way = _swinging(0.2, 0.5)
    check, stop, at_s = _check(way, _one(1, lambda v: -v))
    assert stop is not None
    _, true = way(at_s - 0.5 * OWN_WINDOW_S)
    assert check.believed((9.0,) * JOINTS) == pytest.approx(true, abs=2e-3)
    check.clear()
    assert check.believed((9.0,) * JOINTS) == (9.0,) * JOINTS


@pytest.mark.parametrize("pace", [0.5, 2.0])
def test_a_clock_of_another_pace_is_told_from_a_wrong_speed(pace: float) -> None:
    way, check, found = _swinging(0.2, 0.5), SpeedCheck(JOINTS, 1e-3), None
    for tick in range(1000):
        q, dq = way(1e-3 * tick)
        found = found or check.step(pace * 1e-3 * tick, q, dq)
    assert found is not None
    assert found.cause is Cause.CLOCK
    assert not check.is_wrong


def test_a_slow_loop_with_a_right_clock_is_neither() -> None:
    way, check = _swinging(0.2, 0.5), SpeedCheck(JOINTS, 1e-3)
    assert not any(check.step(3e-3 * k, *way(3e-3 * k)) for k in range(600))


def _judged(gate: Gate, seconds: float, report: Callable[[Vector], Vector], way: Way) -> StopReason | None:
    for tick in range(round(seconds * 1e3)):
        q, dq = way(1e-3 * tick)
        senses = state(q_rad=q, dq_rad_s=report(dq), t_s=1e-3 * tick)
        judgement = gate.judge(command(ARM, ARM.bias_nm), senses, reference(), 1e-3 * tick)
        if judgement.stop is not None:
            return judgement.stop
    return None


def test_the_gate_stops_and_leads_the_arm_by_the_speeds_of_its_positions() -> None:
    way = _swinging(0.05, 0.8)
    gate = Gate(limits(tool_speed_m_s=1e3, workspace_low_m=(-9.0,) * 3, workspace_high_m=(9.0,) * 3), 1e-3)
    stop = _judged(gate, 1.0, lambda dq: tuple(-v for v in dq), way)
    assert stop is not None
    assert stop.cause is Cause.SPEED_SIGNAL
    assert gate.action is Action.FLOAT
    tick = round(1e3 * stop.t_s) + 1
    q, dq = way(1e-3 * tick)
    fresh = command(replace(ARM, p_wt=(0.1, 0.0, 0.05)), ARM.bias_nm)
    led = gate.judge(fresh, state(q_rad=q, dq_rad_s=tuple(-v for v in dq)), reference(), 1e-3 * tick)
    assert led.mode is Mode.UNLOAD
    power = sum((tau - bias) * v for tau, bias, v in zip(led.command.tau_nm, ARM.bias_nm, dq, strict=True))
    assert power < 0.0, "what is added takes energy out of the arm"


def test_a_speed_that_leaps_is_no_jump_of_the_position() -> None:
    gate = Gate(limits(speed_rad_s=(20.0,) * 7), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    leap = state(dq_rad_s=(0.0, 9.0) + (0.0,) * 5, t_s=1e-3)
    stop = gate.judge(command(ARM, ARM.bias_nm), leap, reference(), 1e-3).stop
    assert stop is not None
    assert (stop.cause, stop.value, stop.allowed) == (Cause.SPEED_SIGNAL, pytest.approx(9.0), 0.6)
    assert "joint 2 " in stop.limit


def test_a_position_that_leaps_is_one() -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    leap = state(q_rad=(0.1, 0.12) + (0.1,) * 5, t_s=1e-3)
    stop = gate.judge(command(ARM, ARM.bias_nm), leap, reference(), 1e-3).stop
    assert stop is not None
    assert stop.cause is Cause.ENCODER_JUMP
