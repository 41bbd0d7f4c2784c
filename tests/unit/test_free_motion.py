"""A pad that presses where the plan moves it freely stops the session; a touch, an outlier and a stroke do not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.safety.free_motion import FREE_PHASES, SENSOR_CAUSES, UNEXPECTED_N, UNEXPECTED_TICKS
from controller.safety.gate import Gate
from controller.safety.reaction import stop_reason
from controller.types import Action, Cause, ContactState, Mode, Phase, StopReason
from tests.gate_cases import command, leave, limits, reference, state, terms, wait

ARM = terms(np.random.default_rng(11))


def _after(
    presses: list[float],
    phase: Phase = Phase.TRANSFER,
    contact: ContactState = ContactState.FREE,
    trusted: bool = True,
    gate: Gate | None = None,
    from_tick: int = 0,
) -> tuple[Gate, list[StopReason | None]]:
    gate = gate or Gate(limits(observer_margin_n=1e3), 1e-3)
    wanted = replace(reference(), phase=phase)
    stops = []
    for tick, press_n in enumerate(presses, from_tick):
        wish = command(ARM, ARM.bias_nm, press_n=press_n, observer_n=0.0, contact=contact, trusted=trusted)
        stops.append(gate.judge(wish, state(t_s=1e-3 * tick), wanted, 1e-3 * tick).stop)
    return gate, stops


@pytest.mark.parametrize("phase", sorted(FREE_PHASES))
def test_a_press_in_free_motion_stops_after_ten_ticks_and_the_arm_retreats(phase: Phase) -> None:
    gate, stops = _after([UNEXPECTED_N + 0.1] * UNEXPECTED_TICKS, phase)
    assert [stop is not None for stop in stops] == [False] * 9 + [True]
    assert stops[-1] is not None
    assert (stops[-1].cause, stops[-1].allowed) == (Cause.UNEXPECTED_CONTACT, 5.0)
    assert gate.action is Action.FLOAT


@pytest.mark.parametrize("press_n", [UNEXPECTED_N, 0.0, -20.0])
def test_a_light_touch_and_a_pull_do_not(press_n: float) -> None:
    assert not any(_after([press_n] * 200)[1])


def test_a_force_that_is_no_number_counts() -> None:
    assert _after([math.nan] * UNEXPECTED_TICKS)[1][-1] is not None


@pytest.mark.parametrize("phase", sorted(set(Phase) - FREE_PHASES))
def test_in_every_other_phase_it_is_left_to_its_own_limits(phase: Phase) -> None:
    assert not any(_after([12.0] * 30, phase)[1])


@pytest.mark.parametrize("contact", sorted(set(ContactState) - {ContactState.FREE}))
def test_while_the_law_is_on_the_skin_it_is_no_free_motion(contact: ContactState) -> None:
    assert not any(_after([12.0] * 30, contact=contact)[1])


def test_a_sensor_that_is_not_trusted_is_not_believed_here() -> None:
    stops = _after([12.0] * 30, trusted=False)[1]
    assert all(stop is None or stop.cause is not Cause.UNEXPECTED_CONTACT for stop in stops)


def test_outliers_leak_away_and_flapping_does_not() -> None:
    assert not any(_after([9.0, 0.0, 0.0, 0.0, 0.0] * 100)[1])
    for flapping in ([9.0, 9.0, 0.0] * 20, [9.0, 0.0] * 20, [9.0, 0.0, 0.0] * 30):
        assert any(_after(flapping)[1])
    gate, _ = _after([9.0] * (UNEXPECTED_TICKS - 1))
    _, stops = _after([0.0, 9.0, 9.0], gate=gate, from_tick=9)
    assert [stop is not None for stop in stops] == [False, False, True]
    gate, _ = _after([9.0] * (UNEXPECTED_TICKS - 1))
    assert not any(_after([0.0] * 36 + [9.0] * (UNEXPECTED_TICKS - 1), gate=gate, from_tick=9)[1])


def test_what_was_counted_is_forgotten_in_a_stroke_and_with_a_cleared_stop() -> None:
    gate, _ = _after([9.0] * (UNEXPECTED_TICKS - 1))
    _after([9.0], Phase.WORK, ContactState.WORK, gate=gate, from_tick=9)
    assert not any(_after([9.0] * (UNEXPECTED_TICKS - 1), gate=gate, from_tick=10)[1])


def _parking(cause: Cause = Cause.OPERATOR) -> tuple[Gate, float]:
    gate = Gate(limits(), 1e-3)
    gate.stop(stop_reason(cause, "-", 1.0, 0.0, "-", 0.0))
    at_s = leave(gate, ARM)
    assert wait(gate, ARM, 1e-3, start_s=at_s).mode is Mode.PARK
    return gate, at_s + 1e-3


def _pressed(gate: Gate, at_s: float, press_n: float, *, trusted: bool = True) -> list[Cause]:
    wish = command(ARM, ARM.bias_nm, press_n=press_n, contact=ContactState.LIFT, trusted=trusted)
    causes = []
    for tick in range(1, UNEXPECTED_TICKS + 1):
        stop = gate.judge(replace(wish), state(t_s=at_s), reference(), at_s + 1e-3 * tick).stop
        assert stop is not None
        causes.append(stop.cause)
    return causes


@pytest.mark.usefixtures("short_way")
def test_a_press_while_parking_ends_it_and_the_arm_retreats() -> None:
    gate, at_s = _parking()
    assert _pressed(gate, at_s, 5.1) == [Cause.OPERATOR] * 9 + [Cause.UNEXPECTED_CONTACT]
    assert (gate.action, gate.mode) == (Action.FLOAT, Mode.UNLOAD)


@pytest.mark.usefixtures("short_way")
def test_a_light_touch_while_parking_does_not() -> None:
    gate, at_s = _parking()
    assert set(_pressed(gate, at_s, 5.0)) == {Cause.OPERATOR}
    assert set(_pressed(gate, at_s + 0.01, 12.0, trusted=False)) == {Cause.OPERATOR}
    assert gate.mode is Mode.PARK


@pytest.mark.usefixtures("short_way")
@pytest.mark.parametrize("cause", sorted(SENSOR_CAUSES))
def test_after_a_stop_for_the_sensor_it_is_not_believed_while_parking(cause: Cause) -> None:
    gate, at_s = _parking(cause)
    assert set(_pressed(gate, at_s, 30.0)) == {cause}
    assert gate.mode is Mode.PARK
