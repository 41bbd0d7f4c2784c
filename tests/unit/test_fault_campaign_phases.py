"""The drawn fault campaign: what is drawn, moments in their phases, highest set-points, tables."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import orjson
import pytest

from controller.errors import PlanError
from controller.types import Clearance, ContactState, Mode, Phase
from tests.fault_campaign_cases import BEYOND, DOUBLE, GROUP, MACHINE, PERSON, Inline, cell
from trajectories.anatomy.body import body_names
from trajectories.techniques.registry import TECHNIQUES
from workbench import cli
from workbench.campaigns.faults import set_points
from workbench.campaigns.faults.campaign import Choice
from workbench.campaigns.faults.cases import all_cases
from workbench.campaigns.faults.cells import OTHER_CONTACT_N, Case, Cell
from workbench.campaigns.faults.draw import MOST_PER_SESSION, deck, draw, in_order, tasks_of
from workbench.campaigns.faults.moments import AFTER_STOP, DELAY_S, Desk, FaultPhase, Moments, Now
from workbench.campaigns.faults.phase_table import phase_lines
from workbench.campaigns.faults.report import failure_lines, markdown, text
from workbench.campaigns.faults.set_points import Stroke, highest_accepted_n, highest_set_points
from workbench.commands import fault_campaigns

Capture = pytest.CaptureFixture[str]
ARMS = ("servo7", "panda")
EVERYTHING = Choice(
    tuple(TECHNIQUES), body_names(), ARMS, ("robust", "standard", "fast"), (), all_cases(), plants=("typical",)
)
START = Case(("tool_mass_wrong",), is_person=False, at_start=True)


def in_phase(one: Cell, phase: FaultPhase) -> Cell:
    return dataclasses.replace(one, case=dataclasses.replace(one.case, phase=phase))


def test_the_draw_has_every_fault_in_every_phase_on_every_arm() -> None:
    drawn = draw(EVERYTHING, 3000)
    assert sum(len(one.cases) for one in drawn) == 3000
    found = {(one.stroke.arm, case) for one in drawn for case in one.cases}
    for arm in ARMS:
        for case in all_cases():
            phases = list(FaultPhase) if len(case.faults) == 1 and not case.at_start else [FaultPhase.WORK]
            assert all((arm, dataclasses.replace(case, phase=phase)) in found for phase in phases), str(case)
    assert len(found) == len(ARMS) * len(deck(all_cases()))


def test_as_many_cells_as_the_help_says_hold_everything() -> None:
    found = {(one.stroke.arm, case) for one in draw(EVERYTHING, 900) for case in one.cases}
    assert len(found) == len(ARMS) * len(deck(all_cases()))


def test_the_draw_spreads_everything_else_and_shares_lead_ins() -> None:
    drawn = draw(EVERYTHING, 3000)
    for arm in ARMS:
        here = [one for one in drawn if one.stroke.arm == arm]
        assert {one.stroke.body for one in here} == set(body_names())
        assert {(one.stroke.technique, one.is_highest) for one in here} == {
            (technique, is_highest) for technique in TECHNIQUES for is_highest in (False, True)
        }
        gains = Counter(one.gains for one in here)
        assert set(gains) == {"robust", "standard", "fast"}
        assert max(gains.values()) - min(gains.values()) <= 1
    assert len({one.seed for one in drawn}) == len(drawn)
    assert all(len(set(one.cases)) == len(one.cases) <= MOST_PER_SESSION for one in drawn)
    assert {one.stroke.plant for one in drawn} == {"typical"}
    assert len(drawn) < 100


def test_the_draw_is_a_function_of_its_seed() -> None:
    assert draw(EVERYTHING, 200) == draw(EVERYTHING, 200)
    assert draw(EVERYTHING, 200) != draw(EVERYTHING, 200, seed=2)
    given = draw(dataclasses.replace(EVERYTHING, seeds=(5, 6)), 200)
    assert {one.seed for one in given} == {5, 6}


def test_a_small_draw_is_a_sample_over_phases_arms_and_sessions() -> None:
    drawn = draw(EVERYTHING, 160)
    assert Counter(one.stroke.arm for one in drawn for _ in one.cases) == {"servo7": 80, "panda": 80}
    assert {case.phase for one in drawn for case in one.cases} == set(FaultPhase)
    assert len(drawn) >= 12
    assert sum(len(one.cases) for one in draw(EVERYTHING, 1)) == 1


def test_two_at_once_come_at_work_and_some_are_there_from_the_start() -> None:
    cards = deck((MACHINE, DOUBLE, START))
    assert Counter(card.faults for card in cards) == {
        MACHINE.faults: len(FaultPhase),
        DOUBLE.faults: 1,
        START.faults: 1,
    }
    assert all(card.phase is FaultPhase.WORK for card in cards if card.faults != MACHINE.faults)


def test_set_points_are_the_full_one_or_the_highest_accepted() -> None:
    drawn = draw(dataclasses.replace(EVERYTHING, cases=(MACHINE,)), 96)
    strokes = dict.fromkeys(one.stroke for one in drawn)
    high = {stroke: 26.5 if stroke.arm == "servo7" else 18.0 for stroke in strokes}
    tasks = tasks_of(drawn, high)
    for one, task in zip(drawn, tasks, strict=True):
        full, most = (20.0, 26.5) if one.stroke.arm == "servo7" else (18.0, 18.0)
        assert task.group.force_n == (most if one.is_highest else full)
        assert (task.group.arm, task.group.seed, task.group.plant) == (one.stroke.arm, one.seed, "typical")
        assert task.cases == one.cases
    assert {task.group.force_n for task in tasks_of(drawn, {})} == {20.0}


@pytest.mark.parametrize("limit", [3.0, 3.4, 20.0, 22.7, 59.5, 60.0, 90.0])
def test_bisection_finds_the_highest_accepted_set_point(limit: float) -> None:
    tried: list[float] = []

    def is_accepted(force_n: float) -> bool:
        tried.append(force_n)
        return force_n <= limit

    assert highest_accepted_n(3.0, 60.0, is_accepted) == min(60.0, limit // 0.5 * 0.5)
    assert len(tried) <= 10


def test_a_stroke_that_is_refused_at_every_force_has_no_set_point() -> None:
    assert highest_accepted_n(5.0, 60.0, lambda _: False) is None
    assert highest_accepted_n(5.0, 4.0, lambda _: True) is None


def test_set_points_are_found_on_the_refusals_of_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(technique: str, body: str, arm: str, force_n: float, plant: str) -> None:
        if force_n > 31.2 or body == "stocky_m":
            raise PlanError(technique, body, arm, f"{force_n}", plant)

    monkeypatch.setattr(set_points, "short_plan", plan)
    able, unable = (Stroke("paraspinal_circles", body, "servo7") for body in ("median_f", "stocky_m"))
    executor, seen = Inline(), []
    found = highest_set_points((able, unable), executor, lambda done, total: seen.append((done, total)))
    assert found == {able: 31.0}
    assert sorted(seen) == [(1, 2), (2, 2)]


NOW = Now(5.0, Mode.RUN, Phase.WORK, ContactState.WORK, 20.0, is_crest=True)
IN = {
    FaultPhase.TRANSFER: {"plan": Phase.TRANSFER, "press_n": 0.0, "is_crest": False},
    FaultPhase.APPROACH: {"plan": Phase.APPROACH, "press_n": 0.0, "is_crest": False},
    FaultPhase.LANDING: {"plan": Phase.APPROACH, "press_n": 0.01, "is_crest": False},
    FaultPhase.WORK: {},
    FaultPhase.LIFT: {"plan": Phase.LIFT, "is_crest": False},
    FaultPhase.PARKING: {"mode": Mode.PARK},
    FaultPhase.FLOATING: {"mode": Mode.FLOAT},
    FaultPhase.RETURN: {"plan": Phase.TO_PLAN, "is_crest": False},
}


@pytest.mark.parametrize("phase", FaultPhase)
def test_a_moment_is_in_its_phase_and_in_no_other(phase: FaultPhase) -> None:
    now = dataclasses.replace(NOW, **IN[phase])
    assert [other for other in FaultPhase if now.is_in(other)] == [phase]


@pytest.mark.parametrize("phase", FaultPhase)
@pytest.mark.parametrize("seed", [1, 7])
def test_a_moment_comes_once_after_its_delay(phase: FaultPhase, seed: int) -> None:
    moments, least, most = Moments(seed), *DELAY_S[phase]
    now = dataclasses.replace(NOW, **IN[phase])
    ticks = [k for k in range(10_000) if phase in moments.due(dataclasses.replace(now, t_s=1.0 + 1e-3 * k))]
    came = [1e-3 * tick for tick in ticks]
    assert len(came) == 1
    assert least - 1e-9 <= came[0] <= most + 2e-3
    assert Moments(seed)._delay_s == moments._delay_s
    assert Moments(seed + 1)._delay_s != moments._delay_s


def test_the_operator_stops_clears_that_stop_and_no_other() -> None:
    desk = Desk()
    assert desk.poll(0.0).may_clear is Clearance.NOBODY
    desk.stop_and_clear()
    polls = [desk.poll(t_s) for t_s in (1.0, 1.001, 1.002)]
    assert [[asked.request.value for asked in poll.asked] for poll in polls] == [["stop"], ["clear"], []]
    assert polls[2].may_clear is Clearance.NOBODY
    assert set(AFTER_STOP) == {FaultPhase.PARKING, FaultPhase.FLOATING, FaultPhase.RETURN}


def test_other_contacts_have_a_criterion_of_their_own() -> None:
    assert len(cell(MACHINE, link_n=OTHER_CONTACT_N).misses) == 1
    misses = cell(MACHINE, link_n=OTHER_CONTACT_N + 0.1).misses
    assert len(misses) == 2
    assert "other contact 65.1 N mean, allowed 65 N" in misses[1]


def phased() -> tuple[Cell, ...]:
    return (
        in_phase(cell(MACHINE, peak_n=22.0), FaultPhase.WORK),
        in_phase(cell(MACHINE, force_n=26.5, peak_n=24.9), FaultPhase.LANDING),
        in_phase(cell(MACHINE, peak_n=0.0, end_press_n=9.0), FaultPhase.PARKING),
        in_phase(cell(MACHINE, peak_n=1.0), FaultPhase.PARKING),
        in_phase(cell(PERSON, peak_n=29.0), FaultPhase.RETURN),
        in_phase(cell(BEYOND, force_n=26.5), FaultPhase.LIFT),
        cell(START),
    )


def test_the_table_has_the_phase_of_the_worst_and_all_set_points() -> None:
    lines = text(phased())
    assert lines[1].split()[:5] == ["sensor_zero", "machine", "landing", "4", "24.9"]
    assert lines[1].endswith("1 FAILED")
    assert lines[2].split()[:5] == ["patient_jerk", "person", "return", "1", "29.0"]
    assert lines[4].split()[:7] == ["tool_mass_wrong", "from", "the", "start", "machine", "-", "1"]
    (failed,) = failure_lines(phased())
    assert failed.startswith("sensor_zero in parking: paraspinal_circles")
    assert "left pressing with 9.0 N" in failed


def test_drawn_cells_come_in_the_order_of_the_table_and_of_the_phases() -> None:
    lift, back, transfer, work = FaultPhase.LIFT, FaultPhase.RETURN, FaultPhase.TRANSFER, FaultPhase.WORK
    given = ((PERSON, lift), (MACHINE, back), (PERSON, transfer), (MACHINE, work))
    mixed = tuple(in_phase(cell(case), phase) for case, phase in given)
    found = [(one.case.faults, one.case.phase.value) for one in in_order(mixed, (MACHINE, PERSON))]
    assert found == [
        (MACHINE.faults, "work"), (MACHINE.faults, "return"), (PERSON.faults, "transfer"), (PERSON.faults, "lift"),
    ]  # fmt: skip


def test_the_second_table_has_every_fault_over_the_phases() -> None:
    machine, person, beyond = phase_lines(phased())
    assert machine == ("sensor_zero", "-", "-", "24.9 1/1", "22.0 1/1", "-", "1.0 1/2", "-", "-")
    assert person[0] == "patient_jerk"
    assert person[1 + list(FaultPhase).index(FaultPhase.RETURN)] == "29.0 1/1"
    assert beyond[0] == "patient_jerk_fast"
    silent = dataclasses.replace(phased()[0], measured=None, misses=("died",))
    assert "none 0/1" in phase_lines([silent])[0]


def test_the_page_has_both_tables_and_says_what_they_are_of() -> None:
    page = markdown(phased(), "massage-arm campaign faults --cells 7")
    assert "## By phase" in page
    assert "20 N or the highest that is accepted for the stroke, 20 to 26.5 N" in page
    assert "Faster than the bound" not in page
    alone = markdown((cell(MACHINE),), "massage-arm campaign faults")
    assert "By phase" not in alone
    assert "at a set-point of 20 N" in alone


def test_rows_carry_phase_set_point_and_plant(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    one = in_phase(cell(MACHINE, force_n=26.5), FaultPhase.LIFT)
    one = dataclasses.replace(one, group=dataclasses.replace(one.group, plant="typical"))
    monkeypatch.setattr(fault_campaigns, "on_processes", lambda *_: (one,))
    assert cli.main(["campaign", "faults", "--json"]) == 0
    out = capsys.readouterr().out
    (row,) = json.loads(out)
    assert (row["case"]["phase"], row["group"]["force_n"], row["group"]["plant"]) == ("lift", 26.5, "typical")
    file = tmp_path / "cells.json"
    file.write_text(out, encoding="utf-8")
    assert cli.main(["campaign", "faults", "--from", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [row]
    del row["case"]["phase"]
    file.write_bytes(orjson.dumps([row]))
    assert cli.main(["campaign", "faults", "--from", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["case"]["phase"] == "work"


def test_a_drawn_campaign_finds_its_set_points_first(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    labels: list[str] = []

    def run(_jobs: int, label: str, _work: object) -> object:
        labels.append(label)
        return {} if label.startswith("set-points") else (cell(MACHINE),)

    monkeypatch.setattr(fault_campaigns, "on_processes", run)
    assert cli.main(["campaign", "faults", "--cells", "50", "--faults", "sensor_zero", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["group"]["technique"] == GROUP.technique
    assert labels[0].startswith("set-points of ")
    assert labels[1].startswith("fault campaign, 50 cells in ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("campaign alarms --cells 3", ["--cells", "campaign faults"]),
        ("campaign faults --cells 0", ["--cells", "'0'"]),
        ("campaign faults --cells 9 --tissue fem", ["--cells", "--tissue fem"]),
    ],
)
def test_wrong_arguments_are_one_line(capsys: Capture, line: str, words: list[str]) -> None:
    assert cli.main(line.split()) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words)
