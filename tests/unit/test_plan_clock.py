"""The plan clock: the plan's own floats without requests, smooth and bounded changes with them."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.operator import Request
from controller.plan_clock import (
    ALONE_LIMIT_S,
    HOLD_LIMIT_S,
    HOVER_M,
    LANDING_N,
    LEVEL_LEAST_N,
    OFF_PRESSED_S,
    OFF_SKIN_N,
    OFF_WITHIN_S,
    PACES,
    PAUSE_LIMIT_S,
    SETTLE_S,
    PlanClock,
)
from controller.steering.pain_map import CORE_M, EASED_LEAST_N, EASED_SHARE, PainMap
from controller.types import Cause, Phase, PlanLike, Reference, StopReason
from tests.plan_cases import short_plan
from trajectories.plan import Plan

DT_S = 1e-3
RADIUS_M = 0.018
CONTACT_S = 0.4
"""After so long in an approach or at its end the stand-in for the law has the press force."""


class Runner:
    """A clock with a stand-in for law and session: contact comes a while after an approach begins."""

    def __init__(self, plan: PlanLike, clock: PlanClock) -> None:
        self.plan, self.clock = plan, clock
        self.t_s = self._touching_s = 0.0
        self.rows: list[Reference] = []
        self.driven: list[int] = []
        self.stop: StopReason | None = None
        self.may_resume = True
        self.press_n = 0.0
        self.contact_s = CONTACT_S

    def tick(self) -> Reference:
        reference = self.clock.reference()
        is_off = reference.phase in (Phase.TRANSFER, Phase.LIFT)
        self._touching_s = 0.0 if is_off else self._touching_s + DT_S
        self.rows.append(reference)
        working = self._touching_s > self.contact_s
        self.stop = self.stop or self.clock.advance(
            self.t_s, is_working=working, may_resume=self.may_resume, press_n=self.press_n
        )
        if self.clock.skip_to_s is not None:
            self.clock.skip()
            self.driven.append(len(self.rows))
        self.t_s += DT_S
        return reference

    def run_until_plan(self, time_s: float) -> None:
        while self.clock.time_s < time_s and self.stop is None:
            self.tick()

    def run_for(self, length_s: float) -> None:
        for _ in range(round(length_s / DT_S)):
            self.tick()

    def take(self, request: Request) -> bool:
        return self.clock.take(request, is_stopped=False)[0]


@pytest.fixture
def plan() -> Plan:
    return short_plan()


def runner(plan: Plan, *, pain: bool = False) -> Runner:
    return Runner(plan, PlanClock(plan, DT_S, PainMap(plan, RADIUS_M) if pain else None))


def in_work(plan: Plan, share: float = 0.5, stroke: int = 0) -> float:
    segment = plan.segments[stroke]
    return segment.start_s + share * (segment.end_s - segment.start_s)


def test_without_requests_every_reference_is_the_plans_own(plan: Plan) -> None:
    run = runner(plan, pain=True)
    held_s, time_s = 0.0, 0.0
    for k in range(30_000):
        assert run.tick() == plan.at(time_s), "the same floats"
        before, time_s = time_s, run.clock.time_s
        assert time_s - before in (0.0, (before + DT_S) - before)
        held_s += DT_S if time_s == before and k * DT_S > SETTLE_S else 0.0
        if run.clock.is_over:
            break
    assert run.clock.is_over
    assert held_s < 2 * CONTACT_S + 0.01


def test_softer_and_firmer_change_the_force_within_a_second_and_never_pass_the_plan(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan, 0.3))
    assert not run.take(Request.FIRMER), "the planned force is the highest"
    assert run.take(Request.SOFTER)
    run.run_for(0.7)
    pad, planned = run.tick().pads[0], plan.at(run.rows[-1].t_s).pads[0]
    assert pad.press_n == pytest.approx(0.8 * planned.press_n)
    assert pad.press_rate_n_per_s == pytest.approx(0.8 * planned.press_rate_n_per_s, abs=1e-9)
    assert [run.take(Request.SOFTER) for _ in range(3)] == [True, True, False]
    run.run_for(0.7)
    assert [run.take(Request.FIRMER) for _ in range(4)] == [True, True, True, False]
    run.run_for(0.7)
    assert run.tick() == plan.at(run.rows[-1].t_s), "the plan's own floats again"


def test_a_low_level_keeps_the_skin(plan: Plan) -> None:
    run = runner(plan)
    for _ in range(3):
        run.take(Request.SOFTER)
    run.run_until_plan(in_work(plan))
    pressing = [r.pads[0].press_n for r in run.rows if r.phase is Phase.WORK]
    planned = [plan.at(r.t_s).pads[0].press_n for r in run.rows if r.phase is Phase.WORK]
    assert min(pressing) >= LEVEL_LEAST_N
    assert max(pressing) == pytest.approx(0.4 * max(planned))
    assert min(0.4 * force for force in planned) < LEVEL_LEAST_N, "the floor was needed"


def test_slower_scales_speed_and_acceleration_and_faster_never_passes_the_plan(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan, 0.3))
    assert not run.take(Request.FASTER)
    assert [run.take(Request.SLOWER) for _ in range(3)] == [True, True, False]
    run.run_for(0.7)
    before_s = run.clock.time_s
    reference, planned = run.tick(), plan.at(before_s)
    pace = PACES[0]
    assert run.clock.time_s - before_s == pytest.approx(pace * DT_S)
    assert reference.twist == pytest.approx([pace * v for v in planned.twist])
    assert reference.acceleration == pytest.approx([pace * pace * a for a in planned.acceleration])
    assert reference.position_m == planned.position_m


def test_a_pause_lifts_off_waits_and_comes_back_to_the_same_place(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    assert run.take(Request.PAUSE)
    assert not run.take(Request.PAUSE)
    run.run_for(1.3)
    here, planned = run.tick(), plan.at(run.clock.time_s)
    assert here.phase is Phase.LIFT
    assert here.pads[0].press_n == 0.0
    assert here.twist == here.acceleration == (0.0,) * 6
    away = [a - b for a, b in zip(here.position_m, planned.position_m, strict=True)]
    assert math.hypot(*away) == pytest.approx(HOVER_M)
    assert sum(a * n for a, n in zip(away, planned.pads[0].normal_w, strict=True)) == pytest.approx(HOVER_M)
    run.run_for(3.0)
    assert run.tick().t_s == here.t_s, "plan time stands"
    assert run.take(Request.RESUME)
    assert not run.take(Request.RESUME)
    run.run_until_plan(here.t_s + 0.1)
    back = [r.phase for r in run.rows if r.t_s == here.t_s]
    assert [phase for phase, _ in itertools.groupby(back)] == [Phase.LIFT, Phase.APPROACH, Phase.WORK]
    run.run_for(2.0)
    assert run.tick() == plan.at(run.rows[-1].t_s)


def test_a_pause_ends_the_session_after_its_limit_and_sooner_where_nobody_can_end_it(plan: Plan) -> None:
    for may_resume, limit_s in ((False, ALONE_LIMIT_S), (True, PAUSE_LIMIT_S)):
        clock = PlanClock(plan, 0.1)
        clock.take(Request.PAUSE, is_stopped=False)
        ticks = 0
        stop = None
        while stop is None:
            stop = clock.advance(0.1 * ticks, is_working=False, may_resume=may_resume, press_n=0.0)
            ticks += 1
        assert stop.cause is Cause.SESSION_TIME
        assert 0.1 * ticks == pytest.approx(limit_s, abs=0.25)


def test_skip_leaves_the_skin_and_goes_to_the_next_transfer_and_no_further_than_the_last(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    assert run.take(Request.SKIP)
    run.run_for(1.2)
    (at,) = run.driven
    assert run.rows[at - 1].phase is Phase.LIFT
    assert math.dist(run.rows[at - 1].position_m, plan.at(run.rows[at - 1].t_s).position_m) == pytest.approx(HOVER_M)
    assert run.rows[at] == plan.at(plan.resume_times_s[1])
    assert run.take(Request.SKIP), "the second stroke, from its transfer"
    assert not run.take(Request.SKIP), "there is no third"
    run.run_for(2.0)
    assert run.rows[run.driven[1]] == plan.at(plan.resume_times_s[2])
    run.run_until_plan(plan.duration_s)
    assert run.stop is None
    assert all(r.phase is not Phase.WORK for r in run.rows[at:])


def test_skip_in_a_pause_waits_for_its_end_and_in_a_lift_is_refused(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    assert run.take(Request.PAUSE)
    assert run.take(Request.SKIP)
    run.run_for(3.0)
    assert run.driven == []
    run.take(Request.RESUME)
    run.run_for(0.1)
    assert len(run.driven) == 1
    lifted = runner(plan)
    lifted.run_until_plan(plan.segments[0].end_s + 0.3)
    assert not lifted.take(Request.SKIP)


def test_a_place_that_hurts_is_spared_for_the_rest_of_the_session_and_nothing_else_is(plan: Plan) -> None:
    run = runner(plan, pain=True)
    run.run_until_plan(in_work(plan))
    said = plan.at(run.clock.time_s)
    assert run.clock.spare(said.position_m, said.pads[0].normal_w)[0]
    begins = len(run.rows)
    run.run_for(0.7)
    eased = len(run.rows)
    run.run_until_plan(plan.duration_s)
    foot = PainMap(plan, RADIUS_M).foot
    place = foot(said.position_m, said.pads[0].normal_w)
    near = far = 0
    for k, reference in enumerate(run.rows[eased:]):
        pad, planned = reference.pads[0], plan.at(reference.t_s).pads[0]
        distance = math.dist(foot(reference.position_m, pad.normal_w), place)
        if reference.phase is Phase.WORK and distance <= 0.040:
            near += 1
            assert pad.press_n <= max(EASED_SHARE * planned.press_n * 1.02, EASED_LEAST_N + 0.05), k
        if reference.phase is Phase.WORK and distance > 0.20:
            far += 1
            assert pad.press_n == planned.press_n
    assert near > 100
    assert far > 100
    assert run.rows[begins].pads[0].press_n > 10.0, "it was pressed when it was said"


def test_a_weak_stroke_over_a_place_is_left_out(plan: Plan) -> None:
    low = dataclasses.replace(plan.segments[1], force_target_n=7.0)
    weak = PainMap(dataclasses.replace(plan, segments=(plan.segments[0], low)), RADIUS_M)
    strong = PainMap(plan, RADIUS_M)
    place = plan.at(in_work(plan, stroke=1))
    foot = weak.foot(place.position_m, place.pads[0].normal_w)
    weak.add(foot)
    strong.add(foot)
    assert weak.left_out == {1}
    assert strong.left_out == frozenset()
    run = Runner(plan, PlanClock(plan, DT_S, weak))
    run.run_until_plan(plan.duration_s)
    assert {r.segment for r in run.rows if r.phase is Phase.WORK} == {0}
    assert len(run.driven) == 1


def test_a_return_that_finds_no_skin_is_stopped(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    run.take(Request.PAUSE)
    run.run_for(1.5)
    run.take(Request.RESUME)
    for k in range(round((HOLD_LIMIT_S + 2.0) / DT_S)):
        run.clock.reference()
        run.stop = run.stop or run.clock.advance(run.t_s + k * DT_S, is_working=False, may_resume=True, press_n=0.0)
    assert run.stop is not None
    assert run.stop.cause is Cause.NO_CONTACT


def test_requests_about_the_plan_are_refused_while_stopped_but_levels_are_not(plan: Plan) -> None:
    clock = PlanClock(plan, DT_S)
    for request in (Request.PAUSE, Request.RESUME, Request.SKIP):
        assert not clock.take(request, is_stopped=True)[0]
    assert clock.take(Request.SOFTER, is_stopped=True)[0]
    assert not clock.take(Request.STOP, is_stopped=False)[0]
    assert clock.spare((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)) == (False, "this session spares no places")


_ASKED = st.sampled_from(
    [Request.PAUSE, Request.RESUME, Request.SKIP, Request.SOFTER, Request.FIRMER, Request.SLOWER, Request.FASTER,
     Request.HURTS_HERE]
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2500), _ASKED), min_size=1, max_size=12), st.integers(0, 9000))
def test_whatever_is_asked_the_references_move_smoothly_within_the_plan(
    asked: list[tuple[int, Request]], begin: int
) -> None:
    plan = short_plan()
    run = runner(plan, pain=True)
    run.run_for(begin * DT_S)
    for ticks, request in asked:
        if request is Request.HURTS_HERE:
            here = plan.at(run.clock.time_s)
            run.clock.spare(here.position_m, here.pads[0].normal_w)
        else:
            run.take(request)
        for _ in range(ticks):
            if run.clock.is_over or run.stop is not None:
                break
            run.tick()
    check_smooth(plan, run)


def check_smooth(plan: Plan, run: Runner) -> None:
    for k, (a, b) in enumerate(itertools.pairwise(run.rows), start=1):
        planned = plan.at(b.t_s)
        for pad, limit in zip(b.pads, planned.pads, strict=True):
            assert 0.0 <= pad.press_n <= max(limit.press_n, 0.0) + 1e-9
            assert pad.normal_w == limit.normal_w
        if k in run.driven:
            continue
        assert 0.0 <= b.t_s - a.t_s <= DT_S + 1e-12
        for i in range(3):
            moved, speed = b.position_m[i] - a.position_m[i], 0.5 * (a.twist[i] + b.twist[i])
            assert abs(moved - speed * DT_S) < 2e-6, "the twist is the speed of the position"
            gained, push = b.twist[i] - a.twist[i], 0.5 * (a.acceleration[i] + b.acceleration[i])
            assert abs(gained - push * DT_S) < 1e-4, "the acceleration is that of the twist"


def test_the_foot_of_a_pad_is_its_radius_inward() -> None:
    pain = PainMap(short_plan(), RADIUS_M)
    assert pain.foot((0.0, 0.0, 1.0), (0.0, 0.6, 0.8)) == pytest.approx((0.0, -0.6 * RADIUS_M, 1.0 - 0.8 * RADIUS_M))
    assert CORE_M >= 0.040


def test_a_pause_at_the_end_of_the_plan_is_kept_until_it_is_ended(plan: Plan) -> None:
    for before_s in (0.001, 0.2, 0.59, 0.7):
        run = runner(plan)
        run.run_until_plan(plan.duration_s - before_s)
        assert run.take(Request.PAUSE)
        run.run_for(5.0)
        assert not run.clock.is_over, "the arm would be driven to rest in a pause"
        assert run.clock.time_s <= plan.duration_s
        assert run.rows[-1].twist == pytest.approx((0.0,) * 6, abs=1e-12)
        assert run.take(Request.RESUME)
        run.run_for(8.0)
        assert run.clock.is_over
        assert run.stop is None


def test_a_person_who_comes_after_a_tool_that_has_left_the_skin_stops_it(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    assert run.take(Request.PAUSE)
    began_s, run.press_n = run.t_s, OFF_SKIN_N + 0.1
    while run.stop is None and len(run.rows) < 60_000:
        run.tick()
    assert run.stop is not None
    assert run.stop.cause is Cause.PAD_FORCE
    assert run.t_s - began_s == pytest.approx(OFF_WITHIN_S + OFF_PRESSED_S, abs=0.01)
    assert run.rows[-1].phase is Phase.LIFT


def test_touching_a_paused_tool_stops_nothing(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    run.press_n = 20.0
    assert run.take(Request.PAUSE)
    run.run_for(OFF_WITHIN_S - 0.01)
    for _ in range(5):
        run.press_n = OFF_SKIN_N
        run.run_for(OFF_PRESSED_S)
        run.press_n = 10.0
        run.run_for(0.9 * OFF_PRESSED_S)
    run.press_n = OFF_SKIN_N
    run.run_for(1.0)
    assert run.stop is None
    run.press_n = math.nan
    run.run_for(OFF_PRESSED_S + 0.01)
    assert run.stop is not None
    assert run.stop.cause is Cause.PAD_FORCE


def test_a_tool_that_works_presses_as_long_as_it_likes(plan: Plan) -> None:
    run = runner(plan)
    run.press_n = 20.0
    run.run_for(20.0)
    assert run.stop is None


def test_a_plan_that_is_taken_up_again_rests_first_at_the_beginning_of_its_transfer(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    assert run.take(Request.PAUSE)
    run.run_for(2.0)
    run.clock.go_back()
    began_s = run.clock.time_s
    assert began_s in plan.resume_times_s
    assert run.clock.reference() == plan.at(began_s)
    assert run.take(Request.SOFTER)
    run.tick()
    run.tick()
    assert run.rows[-1].position_m == plan.at(began_s).position_m, "at no height off the path"
    assert not run.take(Request.RESUME), "the pause is over"
    run.run_for(SETTLE_S - 0.01)
    assert run.clock.time_s == began_s
    run.run_for(1.0)
    assert run.clock.time_s > began_s + 0.5


def test_the_force_after_a_pause_begins_with_that_of_a_landing(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    assert run.take(Request.PAUSE)
    run.run_for(2.0)
    assert run.take(Request.RESUME)
    run.run_for(4.0)
    landing = [row.pads[0].press_n for row in run.rows[-4000:] if row.phase is Phase.APPROACH]
    assert landing
    assert max(landing) <= LANDING_N + 1e-9


def test_a_pause_on_the_way_back_to_the_skin_leaves_it_again(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    assert run.take(Request.PAUSE)
    run.run_for(2.0)
    assert run.take(Request.RESUME)
    run.run_for(0.5)
    assert run.rows[-1].phase is Phase.APPROACH
    assert run.take(Request.PAUSE)
    run.run_for(2.0)
    base = plan.at(run.clock.time_s)
    assert run.rows[-1].phase is Phase.LIFT
    assert math.dist(run.rows[-1].position_m, base.position_m) == pytest.approx(HOVER_M)


def test_every_pause_has_its_own_time(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(in_work(plan))
    run.may_resume = False
    for _ in range(2):
        assert run.take(Request.PAUSE)
        run.run_for(0.6 * ALONE_LIMIT_S)
        assert run.take(Request.RESUME)
    assert run.stop is None


def test_every_stroke_has_its_own_time_to_find_the_skin(plan: Plan) -> None:
    assert len(plan.hold_times_s) > 1
    run = runner(plan)
    run.contact_s = 0.7 * HOLD_LIMIT_S + 3.0
    while not run.clock.is_over and run.stop is None and len(run.rows) < 120_000:
        run.tick()
    assert run.stop is None
    assert run.clock.is_over


def test_a_transfer_that_is_paused_stays_one_until_the_tool_stands(plan: Plan) -> None:
    run = runner(plan)
    run.run_until_plan(0.4 * plan.segments[0].start_s)
    assert plan.at(run.clock.time_s).phase is Phase.TRANSFER
    before = len(run.rows)
    assert run.take(Request.PAUSE)
    run.run_for(2.0)
    rows = run.rows[before:]
    stands = next(k for k, row in enumerate(rows) if row.phase is Phase.LIFT)
    assert stands > 500
    assert all(math.hypot(*row.twist) < 1e-9 for row in rows[stands + 1 :])


def test_at_a_slower_pace_the_rate_of_the_force_fits_the_force(plan: Plan) -> None:
    run = runner(plan)
    run.take(Request.SLOWER)
    run.take(Request.SLOWER)
    run.run_until_plan(in_work(plan, 0.9))
    pairs = [(a.pads[0], b.pads[0]) for a, b in itertools.pairwise(run.rows) if a.phase is b.phase is Phase.WORK]
    errors = [abs(b.press_n - a.press_n - 0.5 * DT_S * (a.press_rate_n_per_s + b.press_rate_n_per_s)) for a, b in pairs]
    assert max(abs(a.press_rate_n_per_s) for a, _ in pairs) > 5.0
    assert max(errors) < 1e-3
