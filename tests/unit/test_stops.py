"""Who may clear a stop and when, what voids a clear, and whether a stopped arm waits; and the summary of it all."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from controller.observers import ClearedEvent, RequestEvent
from controller.operator import Request
from controller.safety.gate import Gate
from controller.safety.reaction import REACTIONS, stop_reason
from controller.stops import CONFIRM_S, WAIT_LIMIT_S, Stops
from controller.types import Action, ArmState, Authority, Cause, Clearance, Mode
from tests.gate_cases import limits, state, wait
from tests.synthetic import Synthetic
from tests.unit.test_gate import ARM
from workbench.record.reader import read_run
from workbench.record.recorder import McapRecorder
from workbench.record.summary import summarise

pytestmark = pytest.mark.usefixtures("short_way")

RANKS = tuple(Clearance)


def stopped(cause: Cause = Cause.OPERATOR) -> tuple[Gate, Stops]:
    gate = Gate(limits(), 1e-3)
    stops = Stops(gate)
    gate.stop(stop_reason(cause, "of a test", 1.0, 0.0, "", 1.0))
    assert stops.note()
    assert not stops.note()
    return gate, stops


def at(t_s: float, authority: Authority = Authority.HOST) -> ArmState:
    return replace(state(t_s=t_s), authority=authority)


@pytest.mark.parametrize("cause", [cause for cause in Cause if REACTIONS[cause].action is not Action.LOWER])
def test_a_clear_needs_the_rank_of_the_table_and_more_where_the_drives_are_taken(cause: Cause) -> None:
    for who in Clearance:
        for authority in Authority:
            _, stops = stopped(cause)
            needed = REACTIONS[cause].clearance if authority is Authority.HOST else Clearance.SERVICE
            is_enough = RANKS.index(who) >= RANKS.index(needed)
            is_taken, text = stops.clear(who, at(2.0, authority))
            assert is_taken is is_enough
            assert is_taken or needed in text
            assert stops.cleared_by(at(3.0, authority)) == ((who, True) if is_enough else None)
            assert stops.cleared_by(at(3.0, authority)) is None, "once for every clear"
            assert stops.is_waiting(at(4.0, authority), who) is is_enough


def test_a_clear_is_void_where_something_worse_has_happened_since() -> None:
    gate, stops = stopped()
    assert stops.clear(Clearance.OPERATOR, at(2.0))[0]
    gate.stop(stop_reason(Cause.ENCODER_JUMP, "later", 1.0, 0.0, "", 3.0))
    assert stops.cleared_by(at(4.0)) == (Clearance.OPERATOR, False)
    _, taken = stopped()
    assert taken.clear(Clearance.OPERATOR, at(2.0))[0]
    assert taken.cleared_by(at(4.0, Authority.SUPERVISOR)) == (Clearance.OPERATOR, False)


def test_a_second_stop_ends_the_session_and_nothing_clears_it() -> None:
    _, stops = stopped()
    assert stops.clear(Clearance.SERVICE, at(2.0))[0]
    stops.ask(2.5)
    assert stops.is_ending
    assert stops.cleared_by(at(3.0)) is None
    assert stops.clear(Clearance.SERVICE, at(3.0)) == (False, "the session is ending")
    assert not stops.is_waiting(at(3.0), Clearance.SERVICE)


def test_the_wait_has_a_limit_and_begins_anew_with_every_stop() -> None:
    gate, stops = stopped()
    assert stops.is_waiting(at(10.0), Clearance.OPERATOR)
    assert stops.is_waiting(at(10.0 + WAIT_LIMIT_S - 1.0), Clearance.OPERATOR)
    assert not stops.is_waiting(at(10.0 + WAIT_LIMIT_S), Clearance.OPERATOR)
    gate.clear(Clearance.OPERATOR)
    assert stops.clear(Clearance.OPERATOR, at(700.0)) == (False, "nothing is stopped")
    stops.ask(800.0)
    assert stops.note()
    assert stops.is_waiting(at(810.0), Clearance.OPERATOR)
    assert [stop.t_s for stop in stops.all] == [1.0, 800.0]


def at_rest(cause: Cause) -> Stops:
    """Return the stops of an arm that has left the body and floats, or is parked."""
    gate = Gate(limits(), 0.05)
    stops = Stops(gate)
    gate.stop(stop_reason(cause, "of a test", 1.0, 0.0, "", 0.0))
    gate.note_parked()
    stops.note()
    wait(gate, ARM, 0.8, rise_m_s=0.05, dt_s=0.05)
    wait(gate, ARM, 1.0, start_s=0.8, dt_s=0.05)
    assert gate.is_settled
    assert gate.mode is (Mode.RELEASED if gate.action is Action.PARK else Mode.FLOAT)
    return stops


@pytest.mark.parametrize("authority", [Authority.HOST, Authority.SUPERVISOR])
def test_a_floating_arm_waits_for_somebody_who_confirms_that_its_brakes_may_close(authority: Authority) -> None:
    stops = at_rest(Cause.LINK)
    for t_s, is_waiting in ((10.0, True), (9.0 + CONFIRM_S, True), (10.0 + CONFIRM_S, False), (100.0, False)):
        assert stops.is_waiting(at(t_s, authority), Clearance.OPERATOR_AT_ARM) is is_waiting


def test_a_floating_arm_waits_without_end_for_who_may_clear_its_stop() -> None:
    stops = at_rest(Cause.WORKSPACE)
    for t_s in (10.0, 10.0 + CONFIRM_S, 10.0 + WAIT_LIMIT_S, 1e5):
        assert stops.is_waiting(at(t_s), Clearance.OPERATOR_AT_ARM)
        assert stops.is_waiting(at(t_s, Authority.SUPERVISOR), Clearance.SERVICE)
    assert not stops.is_waiting(at(1e5, Authority.SUPERVISOR), Clearance.OPERATOR_AT_ARM), "too low a rank for that"
    assert not stops.is_waiting(at(1e5), Clearance.OPERATOR)


def test_a_floating_arm_of_a_session_that_ends_waits_only_to_be_confirmed() -> None:
    stops = at_rest(Cause.WORKSPACE)
    stops.ask(9.0)
    assert stops.is_ending
    assert stops.is_waiting(at(10.0), Clearance.SERVICE)
    assert stops.is_waiting(at(9.99 + CONFIRM_S), Clearance.SERVICE)
    assert not stops.is_waiting(at(10.0 + CONFIRM_S), Clearance.SERVICE)


def test_an_arm_whose_brakes_are_closed_does_not_float() -> None:
    stops = at_rest(Cause.LINK)
    assert not stops.is_waiting(at(10.0, Authority.NOBODY), Clearance.OPERATOR_AT_ARM)
    assert stops.is_waiting(at(9.0 + WAIT_LIMIT_S, Authority.NOBODY), Clearance.SERVICE)
    assert not stops.is_waiting(at(10.0 + WAIT_LIMIT_S, Authority.NOBODY), Clearance.SERVICE)


def test_a_parked_arm_waits_for_nobody_who_may_not_clear_and_has_a_limit_for_the_others() -> None:
    stops = at_rest(Cause.PAD_FORCE)
    assert not stops.is_waiting(at(10.0), Clearance.OPERATOR)
    assert stops.is_waiting(at(9.0 + WAIT_LIMIT_S), Clearance.OPERATOR_AT_ARM)
    assert not stops.is_waiting(at(10.0 + WAIT_LIMIT_S), Clearance.OPERATOR_AT_ARM)


def test_an_arm_that_holds_the_torque_of_its_last_known_posture_waits_for_nobody_to_confirm() -> None:
    stops = at_rest(Cause.ENCODER_JUMP)
    assert not stops.is_waiting(at(10.0), Clearance.NOBODY)
    assert not stops.is_waiting(at(10.0), Clearance.OPERATOR_AT_ARM)


def test_an_arm_that_holds_the_torque_of_its_last_known_posture_cannot_wait_for_a_clear_either() -> None:
    assert not at_rest(Cause.ENCODER_JUMP).is_waiting(at(10.0), Clearance.SERVICE)


@pytest.mark.parametrize("is_cleared", [True, False])
def test_stops_in_the_summary_a_cleared_one_ends_nothing(
    tmp_path: Path, synthetic: Synthetic, is_cleared: bool
) -> None:
    first = stop_reason(Cause.NOT_FINITE, "wrist sensor", math.nan, 0.0, "N", 0.5)
    second = stop_reason(Cause.OPERATOR, "request to stop", 1.0, 0.0, "requests", 1.0)
    path = tmp_path / "record.mcap"
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        for index, step in enumerate(synthetic.steps()):
            # the second stop begins with the tick after the first was cleared
            stop = first if 500 <= index < 1000 else second if 1000 <= index < 1500 else None
            recorder.on_step(step if stop is None else synthetic.stopped(step, stop))
            if index == 999:
                recorder.on_event(step.t_s, ClearedEvent(first, Clearance.SERVICE))
            if index == 1499 and is_cleared:
                recorder.on_event(step.t_s, RequestEvent(Request.CLEAR, Clearance.OPERATOR, True, "goes on"))
                recorder.on_event(step.t_s, ClearedEvent(second, Clearance.OPERATOR))
    summary = summarise(read_run(path))
    assert [stop.cause for stop in summary.stops] == ["not_finite", "operator"]
    assert summary.verdict == ("completed" if is_cleared else "stopped")
    assert (summary.stop is None) is is_cleared
    assert summary.stop is None or summary.stop.cause == "operator"
