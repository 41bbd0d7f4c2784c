"""The table of reactions is whole and ordered; the state machine leads every stop to rest and nothing ends it early."""

import math

import numpy as np
import pytest

from controller.safety.gate import Gate
from controller.safety.reaction import FLOAT_S, LEAVE_S, PARK_S, REACTIONS, UNLOAD_S, Reaction, stop_reason
from controller.types import Action, Cause, Clearance, Command, Mode, StopReason
from tests.gate_cases import FIRST_PULL_N, command, leave, lifted, limits, reference, state, terms, torque, wait

pytestmark = pytest.mark.usefixtures("short_way")

T0 = 3.0
DT_S = 1 / 1024
"""A period whose multiples are not rounded."""


def _stop(cause: Cause = Cause.OPERATOR, t_s: float = T0) -> StopReason:
    return stop_reason(cause, "-", 1.0, 0.0, "-", t_s)


def _pass(
    reaction: Reaction, periods: int, *, can_pull: bool = True, is_lifted: bool = True, is_parked: bool = False
) -> list[Mode]:
    """Let periods pass; return their modes."""
    return [reaction.advance(can_pull=can_pull, is_clear=is_lifted, is_parked=is_parked) for _ in range(periods)]


UNLOAD_TICKS, FLOAT_TICKS, PARK_TICKS = math.ceil(UNLOAD_S / DT_S), math.ceil(FLOAT_S / DT_S), math.ceil(PARK_S / DT_S)
"""Periods of unloading, and of floating and parking beyond it; the first period of floating ends unloading."""
LEAVE_TICKS = math.ceil(LEAVE_S / DT_S)


def _floating(cause: Cause = Cause.OPERATOR) -> Reaction:
    """Return a reaction in the first period after unloading."""
    reaction = Reaction(DT_S)
    reaction.begin(_stop(cause))
    assert set(_pass(reaction, UNLOAD_TICKS)) == {Mode.UNLOAD}
    assert reaction.floated_s < 0.0
    assert _pass(reaction, 1) == [Mode.FLOAT]
    return reaction


def test_every_cause_has_one_row_with_a_next_step() -> None:
    assert set(REACTIONS) == set(Cause)
    for cause, rule in REACTIONS.items():
        assert rule.next_step, cause
        assert (rule.clearance is Clearance.NOBODY) == (rule.action is Action.LOWER), cause


@pytest.mark.parametrize("cause", [cause for cause in Cause if REACTIONS[cause].action is Action.PARK])
def test_a_stop_unloads_floats_parks_and_releases(cause: Cause) -> None:
    reaction = Reaction(DT_S)
    assert _pass(reaction, 1000, is_parked=True) == [Mode.RUN] * 1000
    reaction.begin(_stop(cause))
    assert reaction.mode is Mode.UNLOAD
    for periods, mode in ((UNLOAD_TICKS, Mode.UNLOAD), (FLOAT_TICKS - 1, Mode.FLOAT), (1000, Mode.PARK)):
        assert _pass(reaction, periods) == [mode] * periods
        assert not reaction.is_settled
    assert _pass(reaction, 1, is_parked=True) == [Mode.RELEASED]
    assert reaction.is_settled
    since_s = reaction.since_s
    assert _pass(reaction, 3, can_pull=False, is_lifted=False) == [Mode.RELEASED] * 3
    assert reaction.since_s == since_s


def test_an_arm_that_is_parked_already_is_released_after_floating_and_not_before() -> None:
    reaction = _floating()
    assert _pass(reaction, FLOAT_TICKS - 2, is_parked=True) == [Mode.FLOAT] * (FLOAT_TICKS - 2)
    assert not reaction.is_settled
    assert _pass(reaction, 1, is_parked=True) == [Mode.RELEASED]


def test_an_arm_that_does_not_reach_its_park_posture_is_overdue() -> None:
    reaction = _floating()
    parked = FLOAT_TICKS - 2 + PARK_TICKS
    _pass(reaction, parked)
    assert reaction.mode is Mode.PARK
    assert not reaction.is_overdue
    _pass(reaction, 2)
    assert reaction.is_overdue
    assert reaction.floated_s >= FLOAT_S + PARK_S
    reaction.begin(_stop(Cause.WORKSPACE))
    assert not reaction.is_overdue
    assert reaction.mode is Mode.UNLOAD


def test_parking_is_overdue_from_its_last_moment_on() -> None:
    reaction = Reaction(0.25)
    reaction.begin(_stop())
    while reaction.floated_s < 30.5:
        _pass(reaction, 1)
    assert reaction.floated_s == 30.5
    assert not reaction.is_overdue
    _pass(reaction, 1)
    assert reaction.is_overdue, "at 30.75 s of 30.7 s"
    exact = Reaction(FLOAT_S + PARK_S)
    exact.begin(_stop())
    _pass(exact, 2)
    assert exact.floated_s == FLOAT_S + PARK_S
    assert exact.is_overdue


@pytest.mark.parametrize("cause", [cause for cause in Cause if REACTIONS[cause].action > Action.PARK])
def test_an_arm_that_may_not_be_driven_stays_floating(cause: Cause) -> None:
    reaction = Reaction(DT_S)
    reaction.begin(_stop(cause))
    _pass(reaction, UNLOAD_TICKS)
    assert not reaction.is_settled
    assert _pass(reaction, 1, is_parked=True) == [Mode.FLOAT]
    assert reaction.is_settled is (REACTIONS[cause].action is Action.HOLD_TORQUE)
    assert _pass(reaction, FLOAT_TICKS - 2, is_parked=True) == [Mode.FLOAT] * (FLOAT_TICKS - 2)
    assert reaction.is_settled is (REACTIONS[cause].action is Action.HOLD_TORQUE)
    assert _pass(reaction, 1, is_parked=True) == [Mode.FLOAT]
    assert reaction.is_settled
    assert set(_pass(reaction, 40_000, is_parked=True)) == {Mode.FLOAT}
    assert reaction.is_settled
    assert not reaction.is_overdue


def test_unloading_waits_for_the_tool_to_be_lifted_but_not_for_ever() -> None:
    for cause in (Cause.OPERATOR, Cause.LINK):
        reaction = Reaction(DT_S)
        reaction.begin(_stop(cause))
        assert set(_pass(reaction, UNLOAD_TICKS + 300, is_lifted=False)) == {Mode.UNLOAD}
        assert _pass(reaction, 1) == [Mode.FLOAT]
        assert _pass(reaction, 1, is_lifted=False) == [Mode.FLOAT], "unloading has ended for good"
        held = Reaction(DT_S)
        held.begin(_stop(cause))
        assert set(_pass(held, LEAVE_TICKS, is_lifted=False)) == {Mode.UNLOAD}
        assert held.floated_s < 0.0
        assert _pass(held, 1, is_lifted=False) == [Mode.FLOAT]
        assert held.floated_s == DT_S


def test_unloading_by_positions_in_doubt_waits_for_no_way() -> None:
    reaction = Reaction(DT_S)
    reaction.begin(_stop(Cause.ENCODER_JUMP))
    assert set(_pass(reaction, UNLOAD_TICKS, is_lifted=False)) == {Mode.UNLOAD}
    assert _pass(reaction, 1, is_lifted=False) == [Mode.FLOAT]


def test_without_tool_speeds_the_arm_floats_through_the_time_of_unloading() -> None:
    reaction = Reaction(DT_S)
    reaction.begin(_stop())
    assert _pass(reaction, 100, can_pull=False) == [Mode.FLOAT] * 100
    assert reaction.floated_s < 0.0
    assert set(_pass(reaction, UNLOAD_TICKS - 100)) == {Mode.UNLOAD}
    assert _pass(reaction, 1) == [Mode.FLOAT]


def test_every_time_of_the_way_to_rest_belongs_to_what_comes_after_it() -> None:
    """In periods of which every time is a whole number."""
    for at_s, last, then in ((UNLOAD_S, Mode.UNLOAD, Mode.FLOAT), (LEAVE_S, Mode.UNLOAD, Mode.FLOAT)):
        reaction = Reaction(at_s / 8.0)
        reaction.begin(_stop())
        modes = _pass(reaction, 9, is_lifted=at_s == UNLOAD_S)
        assert modes == [last] * 8 + [then]
    floated = Reaction(FLOAT_S)
    floated.begin(_stop(Cause.LINK))
    assert _pass(floated, 3) == [Mode.UNLOAD, Mode.UNLOAD, Mode.FLOAT]
    assert floated.floated_s == pytest.approx(FLOAT_S)
    parked = Reaction(FLOAT_S / 2.0)
    parked.begin(_stop())
    while parked.floated_s < 0.0:
        _pass(parked, 1)
    assert parked.mode is Mode.FLOAT
    assert _pass(parked, 2)[-1] is Mode.PARK


def test_an_arm_is_settled_from_the_last_moment_of_floating_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.safety.reaction.FLOAT_S", 0.75)
    reaction = Reaction(0.25)
    reaction.begin(_stop(Cause.LINK))
    while reaction.floated_s < 0.5:
        _pass(reaction, 1)
    assert not reaction.is_settled
    _pass(reaction, 1)
    assert reaction.floated_s == 0.75
    assert reaction.is_settled


def test_the_reason_of_a_higher_action_is_told_with_the_first_one_and_begins_anew() -> None:
    reaction = _floating(Cause.PAD_FORCE)
    _pass(reaction, 100)
    reaction.begin(_stop(Cause.LINK, 5.0))
    assert reaction.stop is not None
    assert (reaction.stop.cause, reaction.stop.t_s) == (Cause.LINK, 5.0)
    assert reaction.stop.limit == "-, after a stop by pad_force"
    assert (reaction.action, reaction.mode, reaction.since_s) == (Action.FLOAT, Mode.UNLOAD, 0.0)
    assert reaction.floated_s < 0.0
    assert set(_pass(reaction, UNLOAD_TICKS)) == {Mode.UNLOAD}
    assert _pass(reaction, 1) == [Mode.FLOAT]
    reaction.begin(_stop(Cause.ENCODER_JUMP, 6.0))
    assert reaction.stop.limit == "-, after a stop by link"
    assert (reaction.action, reaction.since_s) == (Action.HOLD_TORQUE, 0.0)


def test_a_reason_that_asks_for_no_more_changes_nothing_but_who_may_clear_it() -> None:
    for first, later, clearance in (
        (Cause.PAD_FORCE, Cause.OPERATOR, Clearance.OPERATOR_AT_ARM),
        (Cause.OPERATOR, Cause.TEMPERATURE, Clearance.SERVICE),
        (Cause.WORKSPACE, Cause.LINK, Clearance.SERVICE),
        (Cause.LINK, Cause.OPERATOR, Clearance.SERVICE),
    ):
        reaction = _floating(first)
        stop, since_s = reaction.stop, reaction.since_s
        reaction.begin(_stop(later))
        assert reaction.stop is stop
        assert (reaction.action, reaction.mode) == (REACTIONS[first].action, Mode.FLOAT)
        assert reaction.since_s == since_s > UNLOAD_S
        assert reaction.clearance is clearance


def test_an_action_that_is_raised_begins_anew_under_the_same_reason() -> None:
    reaction = _floating()
    stop = reaction.stop
    reaction.raise_to(Action.PARK)
    assert (reaction.mode, reaction.since_s) == (Mode.FLOAT, (UNLOAD_TICKS + 1) * DT_S)
    reaction.raise_to(Action.FLOAT)
    assert reaction.stop is stop
    assert (reaction.action, reaction.mode, reaction.since_s) == (Action.FLOAT, Mode.UNLOAD, 0.0)
    _pass(reaction, 5)
    reaction.raise_to(Action.FLOAT)
    assert reaction.since_s == 5.0 * DT_S


def test_even_a_limit_that_is_only_lowered_parks_when_it_is_made_a_stop() -> None:
    reaction = Reaction(DT_S)
    reaction.begin(_stop(Cause.PRESS_LIMIT))
    assert reaction.action is Action.PARK


def test_without_a_stop_nothing_is_settled_or_overdue_and_no_time_passes() -> None:
    reaction = Reaction(DT_S)
    _pass(reaction, 1000)
    assert not reaction.is_settled
    assert not reaction.is_overdue
    assert reaction.since_s == 0.0
    assert reaction.floated_s < 0.0


def test_a_cleared_reaction_has_forgotten_everything() -> None:
    reaction = _floating(Cause.LINK)
    _pass(reaction, 2000)
    assert reaction.is_settled
    reaction.clear()
    assert (reaction.stop, reaction.action, reaction.mode) == (None, Action.LOWER, Mode.RUN)
    assert (reaction.clearance, reaction.since_s) == (Clearance.NOBODY, 0.0)
    assert not reaction.is_settled
    reaction.begin(_stop(Cause.OPERATOR))
    assert reaction.stop is not None
    assert reaction.stop.limit == "-", "nothing came before it"
    assert set(_pass(reaction, UNLOAD_TICKS)) == {Mode.UNLOAD}


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


PARKING_S = 1.5


def _parking_gate(**changes: object) -> Gate:
    """Return a gate of a stopped arm that is off the skin and parks from the next period on."""
    gate = Gate(limits(**changes), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    gate.stop(_stop(t_s=0.0))
    assert leave(gate, ARM) == pytest.approx(PARKING_S - 1e-3)
    return gate


def _press_hard(newtons: float = 50.0) -> Command:
    return command(ARM, torque(ARM, (0.0, 0.0, -newtons, 0.0, 0.0, 0.0)))


def test_parking_is_softened_to_its_force_in_any_direction() -> None:
    for force in (5.0, 20.0):
        gate = _parking_gate(park_force_n=force)
        judgement = gate.judge(_press_hard(), state(), reference(), PARKING_S)
        assert judgement.mode is Mode.PARK
        assert judgement.press_n == pytest.approx(force)
    gentle = _parking_gate().judge(_press_hard(8.0), state(), reference(), PARKING_S)
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
    assert gate.judge(_press_hard(), state(), reference(), PARKING_S).mode is Mode.PARK
    judgement = gate.judge(wish, state(**senses), reference(), PARKING_S + 1e-3)
    stop = judgement.stop
    assert stop is not None
    is_fast = "dq_rad_s" in senses
    assert stop.cause is (Cause.JOINT_SPEED if is_fast else Cause.INTERNAL_ERROR)
    what = "joint speed while parking" if is_fast else "torques of parking"
    assert (stop.limit, stop.unit) == (f"{what}, after a stop by operator", "rad/s" if is_fast else "Nm")
    assert (stop.value, stop.allowed) == pytest.approx((1.01, 1.0) if is_fast else (math.nan, 0.0), nan_ok=True)
    assert stop.t_s == pytest.approx(PARKING_S + 1e-3)
    assert gate.action is Action.FLOAT
    assert judgement.press_n < 0.0 or is_fast, "what parking wants is not followed any more"
    # From the next period on it is led as an arm that was stopped by that reason anew.
    start_s = PARKING_S + 1e-3
    pulls = [wait(gate, ARM, 1e-3, start_s=start_s + 1e-3 * tick) for tick in range(2)]
    assert [pull.mode for pull in pulls] == [Mode.UNLOAD] * 2
    assert pulls[1].press_n - pulls[0].press_n == pytest.approx(-FIRST_PULL_N)
    assert wait(gate, ARM, 1.6, start_s=start_s + 2e-3).mode is Mode.FLOAT
    assert gate.judge(_press_hard(), state(), reference(), start_s + 1.603).mode is Mode.FLOAT
    assert gate.is_settled
    assert wait(gate, ARM, 1.0, start_s=start_s + 1.603).mode is Mode.FLOAT
    assert gate.judge(_press_hard(), state(), reference(), start_s + 2.604).press_n < 1.0
    assert gate.stop_reason is stop


def test_a_parked_arm_is_released() -> None:
    gate = _parking_gate()
    gate.note_parked()
    assert gate.judge(_press_hard(), state(), reference(), PARKING_S).mode is Mode.RELEASED
    assert gate.is_settled


def test_after_an_encoder_jump_the_last_good_terms_lead_the_arm() -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    elsewhere = terms(np.random.default_rng(9))
    jumped = state(q_rad=(0.4,) + (0.1,) * 6)
    judgement = gate.judge(command(elsewhere, elsewhere.bias_nm), jumped, reference(), 0.001)
    assert judgement.stop is not None
    assert judgement.stop.cause is Cause.ENCODER_JUMP
    assert gate.action is Action.HOLD_TORQUE
    assert judgement.command.tau_nm == pytest.approx(lifted(ARM, FIRST_PULL_N))
    moving = state(q_rad=(0.4,) + (0.1,) * 6, dq_rad_s=(0.3,) * 7)
    damped = gate.judge(command(elsewhere, elsewhere.bias_nm), moving, reference(), 0.002)
    assert damped.command.tau_nm != pytest.approx(ARM.bias_nm)
    blind = state(q_rad=(0.4,) + (0.1,) * 6, dq_rad_s=(math.nan,) * 7)
    assert gate.judge(command(elsewhere, elsewhere.bias_nm), blind, reference(), 0.003).command.tau_nm == ARM.bias_nm


def test_a_jump_on_the_very_first_ticks_is_led_by_what_there_is() -> None:
    gate = Gate(limits(), 1e-3)
    gate.stop(_stop(Cause.ENCODER_JUMP, 0.0))
    judgement = gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    assert judgement.command.tau_nm == pytest.approx(lifted(ARM, FIRST_PULL_N))


def test_an_arm_that_rests_beside_the_person_stays_there_whatever_happens_then() -> None:
    reaction = Reaction(1.0)
    reaction.begin(_stop())
    for _ in range(4):
        mode = reaction.advance(can_pull=True, is_clear=True, is_parked=True)
    assert mode is Mode.RELEASED
    reaction.begin(_stop(Cause.ENCODER_JUMP))
    assert reaction.action is Action.HOLD_TORQUE
    assert reaction.advance(can_pull=True, is_clear=False, is_parked=False) is Mode.RELEASED
    assert reaction.is_settled
