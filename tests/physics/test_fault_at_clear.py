"""Faults that begin while a stopped arm rests, or in the very tick in which its stop is cleared."""

from __future__ import annotations

import functools
import math

import pytest

from controller.observers import ClearedEvent
from controller.operator import Inbox, Request
from controller.types import Cause, Clearance, Mode, StepRecord
from sim.faults.kinds import Fault
from tests.fault_cases import Bench, Outcome, fork_in_work

pytestmark = pytest.mark.xdist_group("fault at clear")


@functools.cache
def outcomes() -> dict[str, Outcome]:
    """Return what follows faults of a stopped arm at rest."""
    inbox = Inbox(Clearance.OPERATOR)

    def stopped(fault: Fault, wait_s: float, bench: Bench) -> None:
        inbox.ask(Request.STOP)
        rests_s: list[float] = []

        def rest(step: StepRecord) -> None:
            if step.applied.mode is Mode.RELEASED and not rests_s:
                rests_s.append(step.t_s)
                bench.plant.inject(Fault(fault.name, fault.value, step.t_s))
            if rests_s and rests_s[0] + wait_s <= step.t_s < rests_s[0] + wait_s + 0.0005:
                inbox.ask(Request.CLEAR)
            if rests_s and step.t_s > rests_s[0] + wait_s + 2.0:
                bench.end_s = step.t_s

        bench.after_step = rest

    cases = {
        "blind as it is cleared": (Fault("encoder_nan", 4.0, 0.0), 0.0),
        "jump at rest": (Fault("encoder_jump", 0.2, 0.0), 0.1),
    }
    return fork_in_work(
        {name: (functools.partial(stopped, *case), 60.0) for name, case in cases.items()}, operator=inbox
    )


def rest_of(outcome: Outcome) -> list[StepRecord]:
    """Return the steps since the arm was parked."""
    parked_s = next(step.t_s for step in outcome.steps if step.applied.mode is Mode.RELEASED)
    return [step for step in outcome.steps if step.t_s >= parked_s]


def test_an_arm_that_is_blind_in_the_tick_of_the_clear_neither_falls_nor_goes_on() -> None:
    """It knows where its braked joint stands, so it retreats as after any other stop."""
    outcome = outcomes()["blind as it is cleared"]
    rest = rest_of(outcome)
    assert any(isinstance(event, ClearedEvent) for _, event in outcome.said)
    assert rest[-1].applied.mode is not Mode.RUN
    assert outcome.steps[-1].t_s - rest[0].t_s > 0.7, "long enough to fall"
    assert min(step.truth[0].p_wt[2] for step in rest) > rest[0].truth[0].p_wt[2] - 0.005, "it fell"
    assert max(math.dist(step.truth[0].p_wt, rest[0].truth[0].p_wt) for step in rest) < 0.2, "farther than it retreats"
    assert all(step.truth[0].press_n == 0.0 for step in rest)


def test_a_jump_of_an_encoder_at_rest_ends_a_session_that_only_an_operator_could_go_on_with() -> None:
    outcome = outcomes()["jump at rest"]
    rest = rest_of(outcome)
    assert outcome.stop is not None
    assert outcome.stop.cause is Cause.ENCODER_JUMP
    assert outcome.stop.limit.endswith("after a stop by operator")
    assert rest[-1].t_s - rest[0].t_s < 0.01
    assert not any(isinstance(event, ClearedEvent) for _, event in outcome.said)
    assert all(step.applied.mode is not Mode.RUN for step in rest)
