"""What a person asks for in mid stroke, on the true force, and that a session repeats from its recorded requests."""

from __future__ import annotations

import functools
import math

import pytest

from controller.observers import RequestEvent
from controller.operator import Asked, Inbox, Operator, Request, TimedRequest, TimedRequests
from controller.types import Cause, ContactState, Mode, Phase, StepRecord
from sim.faults.kinds import Fault
from tests.fault_cases import FAULT_S, TARGET_N, Bench, Outcome, fork_in_work, prepared

pytestmark = pytest.mark.xdist_group("session requests")
"""One worker runs them all: they share what follows every request."""


@functools.cache
def outcomes() -> dict[str, Outcome]:
    """Return what follows requests in the middle of the stroke."""
    inbox = Inbox()

    def at(wishes: list[tuple[float, Request]], bench: Bench) -> None:
        began_s, left = bench.plant.world.t_s, list(wishes)

        def ask(step: StepRecord) -> None:
            while left and step.t_s >= began_s + left[0][0]:
                inbox.ask(left.pop(0)[1])
            if step.applied.mode is Mode.RELEASED:
                bench.end_s = step.t_s

        bench.after_step = ask

    cases: dict[str, tuple[list[tuple[float, Request]], float]] = {
        "softer": ([(0.0, Request.SOFTER)], 1.5),
        "pause": ([(0.0, Request.PAUSE), (2.0, Request.RESUME)], 7.0),
        "hurts": ([(0.0, Request.HURTS_HERE)], 1.5),
        "skip": ([(0.0, Request.SKIP)], 4.0),
        "hurts after a stop": ([(0.0, Request.STOP), (5.0, Request.HURTS_HERE)], 5.2),
        "stop on the way": ([(0.0, Request.SKIP), (2.5, Request.STOP)], 30.0),
    }

    def get_up(bench: Bench) -> None:
        at([(0.0, Request.PAUSE)], bench)
        bench.plant.inject(Fault("patient_gets_up", 150.0, bench.plant.world.t_s + 0.05))

    gets_up = {"gets up in a pause": (get_up, 3.5)}
    return fork_in_work(
        gets_up | {name: (functools.partial(at, wishes), s) for name, (wishes, s) in cases.items()}, "servo7", inbox
    )


def after(outcome: Outcome, since_s: float) -> list[StepRecord]:
    return [step for step in outcome.steps if step.t_s >= outcome.began_s + since_s]


@pytest.mark.parametrize("name", ["softer", "pause", "hurts", "skip"])
def test_no_request_stops_the_session_or_passes_a_limit(name: str) -> None:
    outcome = outcomes()[name]
    assert outcome.stop is None
    assert all(step.truth[0].press_n <= step.truth[0].limit_n for step in outcome.steps)
    assert outcome.peak_n <= TARGET_N + 2.0
    assert all(isinstance(event, RequestEvent) and event.is_taken for _, event in outcome.said)


def test_the_true_force_follows_softer_within_a_second() -> None:
    soft = after(outcomes()["softer"], 1.0)
    assert outcomes()["softer"].steps[0].truth[0].press_n > TARGET_N - 1.0
    assert all(abs(step.truth[0].press_n - 0.8 * TARGET_N) < 0.6 for step in soft)


def test_a_pause_leaves_the_skin_within_two_seconds_and_then_goes_on() -> None:
    outcome = outcomes()["pause"]
    off = next(step.t_s for step in outcome.steps if step.truth[0].press_n == 0.0) - outcome.began_s
    assert off < 1.0
    waiting = [step for step in after(outcome, 1.2) if step.t_s < outcome.began_s + 2.0]
    assert all(step.truth[0].press_n == 0.0 for step in waiting)
    assert waiting[-1].truth[0].depth_m < -0.02
    end = outcome.steps[-1]
    assert end.contact is ContactState.WORK
    assert end.reference.phase is Phase.WORK
    assert end.truth[0].press_n == pytest.approx(end.reference.pads[0].press_n, abs=1.0)
    assert outcome.steps[-600].truth[0].press_n == pytest.approx(TARGET_N, abs=1.0)
    landing = [step.truth[0].press_n for step in after(outcome, 2.0) if step.reference.phase is Phase.APPROACH]
    assert max(landing) < 6.0


def test_a_place_that_hurts_is_eased_within_a_second() -> None:
    outcome = outcomes()["hurts"]
    place = outcome.steps[0].truth[0].p_wc
    near = [step for step in after(outcome, 1.0) if math.dist(step.truth[0].p_wc, place) <= 0.040]
    assert near
    assert all(0.5 < step.truth[0].press_n <= 0.3 * TARGET_N for step in near)


def test_the_place_that_hurt_is_where_the_tool_pressed_not_where_the_stopped_arm_is() -> None:
    outcome = outcomes()["hurts after a stop"]
    assert outcome.steps[-1].applied.mode is Mode.PARK
    ((_, event),) = [(t_s, event) for t_s, event in outcome.said if "near" in str(event)]
    assert isinstance(event, RequestEvent)
    assert event.is_taken
    place = [1e-3 * float(number) for number in event.text.split("(")[1].split(")")[0].split(",")]
    assert math.dist(place, outcome.steps[0].truth[0].p_wc) < 0.015
    assert math.dist(place, outcome.steps[-1].truth[0].p_wt) > 0.08


def test_a_person_who_gets_up_in_a_pause_is_not_pressed_on_by_the_waiting_arm() -> None:
    outcome = outcomes()["gets up in a pause"]
    assert [event[1] for event in outcome.events] == ["patient_gets_up"]
    assert outcome.stop is not None
    assert outcome.stop.cause is Cause.PAD_FORCE
    assert all(step.truth[0].press_n <= step.truth[0].limit_n for step in outcome.steps)
    assert all(step.truth[0].press_n < 1.0 for step in outcome.steps if step.t_s > outcome.stop.t_s + 0.5)


def test_skip_lifts_off_and_is_driven_away_slowly() -> None:
    outcome = outcomes()["skip"]
    assert all(step.truth[0].press_n == 0.0 for step in after(outcome, 1.0))
    lifted = outcome.began_s + 0.3
    assert max(max(map(abs, step.state.dq_rad_s)) for step in outcome.steps if step.t_s > lifted) < 0.6
    assert max(max(map(abs, step.state.dq_rad_s)) for step in outcome.steps) < 0.8  # as the press force is let go
    assert outcome.steps[-1].reference.phase is Phase.TO_PLAN
    assert outcome.steps[-1].truth[0].p_wt[2] > outcome.steps[0].truth[0].p_wt[2] + 0.05
    torque = [max(abs(a - b) for a, b in zip(one.applied.tau_nm, two.applied.tau_nm, strict=True))
              for one, two in zip(outcome.steps, outcome.steps[1:], strict=False)]  # fmt: skip
    assert max(torque) < 4.0


def test_a_stop_on_a_driven_way_parks_beside_the_person_all_the_same() -> None:
    outcome = outcomes()["stop on the way"]
    assert outcome.stop is not None
    modes = [step.applied.mode for step in outcome.steps]
    assert [mode for k, mode in enumerate(modes) if k == 0 or mode is not modes[k - 1]] == [
        Mode.RUN, Mode.UNLOAD, Mode.FLOAT, Mode.PARK, Mode.RELEASED,
    ]  # fmt: skip
    rest = prepared()[2].park_path_rad[-1]
    assert max(abs(a - b) for a, b in zip(outcome.steps[-1].state.q_rad, rest, strict=True)) < 0.13


def test_recorded_requests_repeat_a_session_bit_for_bit() -> None:
    wishes = {0.0: Request.SLOWER, 0.3: Request.PAUSE, 0.9: Request.RESUME, 1.5: Request.SOFTER, 1.6: Request.CLEAR}

    def run(operator: Operator, inbox: Inbox | None) -> Bench:
        bench = Bench(operator=operator)
        left = dict(wishes)

        def ask(step: StepRecord) -> None:
            if inbox is not None and left and step.t_s >= next(iter(left)):
                inbox.ask(left.pop(next(iter(left))))

        bench.after_step, bench.end_s = ask, 2.5
        bench.run()
        return bench

    inbox = Inbox()
    first = run(inbox, inbox)
    asked = [(t_s, event) for t_s, event in first.said if isinstance(event, RequestEvent)]
    assert [event.is_taken for _, event in asked] == [True, True, True, True, False]
    again = run(TimedRequests([TimedRequest(t_s, Asked(event.request, event.who)) for t_s, event in asked]), None)
    assert again.said == first.said
    assert [repr(step) for step in again.steps] == [repr(step) for step in first.steps]
    plain = run(TimedRequests([]), None)
    assert [step.reference for step in plain.steps] != [step.reference for step in first.steps]
    assert FAULT_S > 2.5
