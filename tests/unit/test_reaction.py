"""The table of reactions is whole and ordered; the state machine leads every stop to rest and nothing ends it early."""

import math

import numpy as np
import pytest

from controller.safety.gate import Gate
from controller.safety.reaction import FLOAT_S, PARK_S, REACTIONS, UNLOAD_S, Reaction, stop_reason
from controller.types import Action, Cause, Clearance, Command, Mode, StopReason
from tests.gate_cases import command, limits, reference, state, terms, torque

T0 = 3.0
NEXT = 1e-6
"""Just after; sums of times are rounded."""


def _stop(cause: Cause = Cause.OPERATOR, t_s: float = T0) -> StopReason:
    return stop_reason(cause, "-", 1.0, 0.0, "-", t_s)


def test_every_cause_has_one_row_with_a_next_step() -> None:
    assert set(REACTIONS) == set(Cause)
    for cause, rule in REACTIONS.items():
        assert rule.next_step, cause
        assert (rule.clearance is Clearance.NOBODY) == (rule.action is Action.LOWER), cause


@pytest.mark.parametrize("cause", [cause for cause in Cause if REACTIONS[cause].action is Action.PARK])
def test_a_stop_unloads_floats_parks_and_releases(cause: Cause) -> None:
    reaction = Reaction()
    assert reaction.advance(T0, can_pull=True, is_parked=True) is Mode.RUN
    reaction.begin(_stop(cause))
    times = {0.0: Mode.UNLOAD, UNLOAD_S - 1e-3: Mode.UNLOAD, UNLOAD_S + NEXT: Mode.FLOAT}
    times[UNLOAD_S + FLOAT_S + NEXT] = Mode.PARK
    for since_s, mode in times.items():
        assert reaction.advance(T0 + since_s, can_pull=True, is_parked=False) is mode
        assert not reaction.is_settled(T0 + since_s)
    assert reaction.advance(T0 + 5.0, can_pull=True, is_parked=True) is Mode.RELEASED
    assert reaction.is_settled(T0 + 5.0)
    assert reaction.advance(T0, can_pull=True, is_parked=False) is Mode.RELEASED


def test_an_arm_that_does_not_reach_its_park_posture_floats() -> None:
    reaction = Reaction()
    reaction.begin(_stop())
    late = T0 + UNLOAD_S + FLOAT_S + PARK_S + NEXT
    assert reaction.advance(late - 1e-3, can_pull=True, is_parked=False) is Mode.PARK
    assert reaction.advance(late, can_pull=True, is_parked=True) is Mode.FLOAT
    assert reaction.is_settled(late)


@pytest.mark.parametrize("cause", [cause for cause in Cause if REACTIONS[cause].action > Action.PARK])
def test_an_arm_that_may_not_be_driven_stays_floating(cause: Cause) -> None:
    reaction = Reaction()
    reaction.begin(_stop(cause))
    for since_s in (UNLOAD_S + NEXT, UNLOAD_S + FLOAT_S, 100.0):
        assert reaction.advance(T0 + since_s, can_pull=True, is_parked=True) is Mode.FLOAT
    float_s = 0.0 if REACTIONS[cause].action is Action.HOLD_TORQUE else FLOAT_S
    assert not reaction.is_settled(T0 + UNLOAD_S + float_s - 1e-3)
    assert reaction.is_settled(T0 + UNLOAD_S + float_s + NEXT)


def test_the_first_reason_stands_and_the_action_only_rises() -> None:
    reaction = Reaction()
    reaction.begin(_stop(Cause.PAD_FORCE))
    reaction.begin(_stop(Cause.ENCODER_JUMP))
    reaction.begin(_stop(Cause.LINK))
    assert reaction.stop is not None
    assert reaction.stop.cause is Cause.PAD_FORCE
    assert reaction.action is Action.HOLD_TORQUE


def test_even_a_limit_that_is_only_lowered_parks_when_it_is_made_a_stop() -> None:
    reaction = Reaction()
    reaction.begin(_stop(Cause.PRESS_LIMIT))
    assert reaction.action is Action.PARK


def test_a_clock_that_fails_never_skips_the_unloading() -> None:
    reaction = Reaction()
    reaction.begin(_stop())
    assert reaction.advance(math.nan, can_pull=True, is_parked=True) is Mode.UNLOAD
    assert reaction.advance(math.nan, can_pull=False, is_parked=True) is Mode.FLOAT
    assert reaction.is_overdue(math.nan)


def test_every_time_of_the_way_to_rest_belongs_to_what_comes_after_it() -> None:
    """From a stop at zero, so that no sum is rounded."""
    for cause, after in ((Cause.OPERATOR, Mode.PARK), (Cause.LINK, Mode.FLOAT)):
        reaction = Reaction()
        reaction.begin(_stop(cause, 0.0))
        for at_s, before, then in (
            (UNLOAD_S, Mode.UNLOAD, Mode.FLOAT),
            (UNLOAD_S + FLOAT_S, Mode.FLOAT, after),
            (UNLOAD_S + FLOAT_S + PARK_S, after, Mode.FLOAT),
        ):
            just_before = math.nextafter(at_s, 0.0)
            assert reaction.advance(just_before, can_pull=True, is_parked=False) is before
            assert not reaction.is_overdue(just_before)
            assert reaction.advance(at_s, can_pull=True, is_parked=False) is then
            assert reaction.is_overdue(at_s) is (at_s > 30.0)
        floated = UNLOAD_S + FLOAT_S
        assert not reaction.is_settled(math.nextafter(floated, 0.0))
        assert reaction.is_settled(floated) is (cause is Cause.LINK)
        assert reaction.is_settled(floated + PARK_S)
        assert reaction.is_settled(math.nan)


def test_without_a_stop_nothing_is_settled_or_overdue() -> None:
    assert not Reaction().is_settled(100.0)
    assert not Reaction().is_overdue(100.0)


@pytest.mark.parametrize("cause", list(Cause))
def test_a_stop_is_cleared_by_whom_the_table_names_or_above(cause: Cause) -> None:
    ranks = tuple(Clearance)
    for who in Clearance:
        gate = Gate(limits(), 1e-3)
        gate.stop(_stop(cause))
        if ranks.index(who) < ranks.index(REACTIONS[cause].clearance):
            with pytest.raises(PermissionError, match="the stop is cleared by"):
                gate.clear(who)
            assert gate.stop_reason is not None
        else:
            gate.clear(who)
            assert gate.mode is Mode.RUN
            assert gate.action is Action.LOWER
    Gate(limits(), 1e-3).clear(Clearance.NOBODY)


ARM = terms(np.random.default_rng(8))


def _parking_gate(**changes: object) -> Gate:
    gate = Gate(limits(**changes), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    gate.stop(_stop(t_s=0.0))
    return gate


def _press_hard(newtons: float = 50.0) -> Command:
    return command(ARM, torque(ARM, (0.0, 0.0, -newtons, 0.0, 0.0, 0.0)))


def test_parking_is_softened_to_its_force_in_any_direction() -> None:
    for force in (5.0, 20.0):
        gate = _parking_gate(park_force_n=force)
        judgement = gate.judge(_press_hard(), state(), reference(), 2.0)
        assert judgement.mode is Mode.PARK
        assert judgement.press_n == pytest.approx(force)
    gentle = _parking_gate().judge(_press_hard(8.0), state(), reference(), 2.0)
    assert gentle.press_n == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("wish", "senses"),
    [
        (_press_hard(), {"dq_rad_s": (0.0,) * 6 + (1.01,)}),
        (command(ARM, (math.nan,) * 7), {}),
        (command(ARM, (0.0,) * 6), {}),
    ],
)
def test_parking_that_runs_off_ends_in_floating_for_good(wish: Command, senses: dict) -> None:
    gate = _parking_gate()
    assert gate.judge(_press_hard(), state(), reference(), 2.0).mode is Mode.PARK
    judgement = gate.judge(wish, state(**senses), reference(), 2.001)
    calm = _parking_gate()
    calm.stop(_stop(Cause.WORKSPACE))
    floating = calm.judge(command(ARM, ARM.bias_nm), state(**senses), reference(), 2.001)
    assert judgement.command.tau_nm == floating.command.tau_nm
    assert gate.judge(_press_hard(), state(), reference(), 2.002).mode is Mode.FLOAT
    assert gate.judge(_press_hard(), state(), reference(), 2.003).press_n < 1.0


def test_a_parked_arm_is_released() -> None:
    gate = _parking_gate()
    gate.note_parked()
    assert gate.judge(_press_hard(), state(), reference(), 2.0).mode is Mode.RELEASED
    assert gate.is_settled(2.0)


def test_after_an_encoder_jump_the_last_good_terms_lead_the_arm() -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    elsewhere = terms(np.random.default_rng(9))
    jumped = state(q_rad=(0.4,) + (0.1,) * 6)
    judgement = gate.judge(command(elsewhere, elsewhere.bias_nm), jumped, reference(), 0.001)
    assert judgement.stop is not None
    assert judgement.stop.cause is Cause.ENCODER_JUMP
    assert gate.action is Action.HOLD_TORQUE
    assert judgement.command.tau_nm == pytest.approx(ARM.bias_nm)
    moving = state(q_rad=(0.4,) + (0.1,) * 6, dq_rad_s=(0.3,) * 7)
    damped = gate.judge(command(elsewhere, elsewhere.bias_nm), moving, reference(), 0.002)
    assert damped.command.tau_nm != pytest.approx(ARM.bias_nm)
    blind = state(q_rad=(0.4,) + (0.1,) * 6, dq_rad_s=(math.nan,) * 7)
    assert gate.judge(command(elsewhere, elsewhere.bias_nm), blind, reference(), 0.003).command.tau_nm == ARM.bias_nm


def test_a_jump_on_the_very_first_ticks_is_led_by_what_there_is() -> None:
    gate = Gate(limits(), 1e-3)
    gate.stop(_stop(Cause.ENCODER_JUMP, 0.0))
    judgement = gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    assert judgement.command.tau_nm == pytest.approx(ARM.bias_nm)
