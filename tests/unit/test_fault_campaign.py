"""The fault campaign: criteria, grid, what happens when something dies, the pages."""

import dataclasses
import json
import math
from pathlib import Path

import orjson
import pytest

from controller.law.gains import LawSettings
from controller.types import Cause, Mode, Side
from sim.faults.kinds import FAULT_KINDS
from tests.fault_campaign_cases import (
    BEYOND,
    CALM,
    DOUBLE,
    DOUBLE_PERSON,
    GOOD,
    GROUP,
    MACHINE,
    PERSON,
    Inline,
    cell,
)
from workbench import cli
from workbench.campaigns.faults import campaign as fault_campaign
from workbench.campaigns.faults.campaign import Choice, grid, run_faults
from workbench.campaigns.faults.cases import all_cases, chosen_cases
from workbench.campaigns.faults.cells import Case, Cell, Family, dead, judged
from workbench.campaigns.faults.forked_session import GroupTask
from workbench.campaigns.faults.report import failure_lines, margins, markdown, text, verdict_line
from workbench.campaigns.faults.short_plan import short_plan
from workbench.commands import fault_campaigns

Capture = pytest.CaptureFixture[str]
START = Case(("tool_mass_wrong",), is_person=False, at_start=True)


@pytest.mark.parametrize("case", [MACHINE, PERSON, BEYOND, DOUBLE, DOUBLE_PERSON])
def test_a_good_cell_passes(case: Case) -> None:
    assert cell(case).misses == ()


@pytest.mark.parametrize(
    ("case", "gains", "changes", "words"),
    [
        (MACHINE, "standard", {"over_limit_samples": 1}, "1 samples over the limit"),
        (MACHINE, "standard", {"ceiling_n": 20.9}, "peak 21.0 N, ceiling 20.9 N"),
        (MACHINE, "standard", {"peak_n": 25.1}, "over set-point + 5 N = 25.0 N"),
        (Case(("link_lost",), False), "standard", {"peak_n": 33.1}, "over the worst-case bound 33.0 N"),
        (PERSON, "standard", {"over_limit_samples": 3}, "3 samples over the limit"),
        (PERSON, "standard", {"peak_n": 75.0, "ceiling_n": 90.0}, "over the person bound 74.0 N"),
        (PERSON, "fast", {"peak_n": 30.1}, "30.1 N with the fast gains"),
        (DOUBLE, "standard", {"peak_n": 33.1}, "over the worst-case bound"),
        (DOUBLE_PERSON, "standard", {"peak_n": 74.1}, "over the person bound"),
        (BEYOND, "standard", {"end_press_n": 5.0}, "left pressing with 5.0 N"),
        (DOUBLE, "standard", {"end_press_n": 17.0}, "left pressing with 17.0 N"),
        (MACHINE, "standard", {"end_press_n": math.nan}, "left pressing with nan N"),
        (MACHINE, "standard", {**CALM, "end_press_n": 41.0}, "left pressing"),
        (MACHINE, "standard", {"dropped_m": 0.02}, "dropped by 20 mm"),
        (MACHINE, "standard", {"dropped_m": math.nan}, "dropped by nan mm"),
        (MACHINE, "standard", {"is_waited": True}, "ended in mode float"),
        (MACHINE, "standard", {"error": "ZeroDivisionError: x"}, "ended with ZeroDivisionError"),
    ],
)
def test_every_criterion_is_held(case: Case, gains: str, changes: dict[str, object], words: str) -> None:
    found = cell(case, gains, **changes).misses
    assert len(found) == 1
    assert words in found[0]


def test_a_peak_that_is_no_number_passes_nothing() -> None:
    assert len(cell(MACHINE, peak_n=math.nan).misses) == 3


def test_what_a_family_need_not_hold_it_does_not() -> None:
    assert cell(DOUBLE, over_limit_samples=9, peak_n=32.0, ceiling_n=30.0).is_passed
    assert cell(BEYOND, over_limit_samples=9, peak_n=90.0).is_passed
    assert cell(PERSON, peak_n=30.1).is_passed
    assert cell(MACHINE, **CALM, end_press_n=20.0).is_passed
    assert cell(MACHINE, is_waited=True, mode=Mode.RELEASED).is_passed
    assert cell(Case(("disk_full",), False), error="OSError: full").is_passed


def test_the_table_has_every_kind_of_fault_and_two_at_once() -> None:
    cases = all_cases()
    assert len(set(cases)) == len(cases)
    assert {case.names[0] for case in cases if len(case.faults) == 1} == set(FAULT_KINDS)
    families = {case.family for case in cases}
    assert families == set(Family)
    assert {str(case) for case in cases if case.at_start} >= {"tissue_stiff from the start"}
    assert Case(("loop_stall=20", "patient_jerk"), True) in cases
    assert [case.at_start for case in cases if case.names == ("patient_higher",)] == [True]


def test_cases_can_be_chosen() -> None:
    assert chosen_cases(()) == all_cases()
    assert [str(case) for case in chosen_cases(["loop_stall"])] == ["loop_stall", "loop_stall=100"]
    assert chosen_cases(["sensor_zero+patient_jerk"]) == (DOUBLE_PERSON,)
    assert [str(case) for case in chosen_cases(["encoder_nan=2"])] == ["encoder_nan=2"]


def test_the_grid_is_complete_and_the_sweep_holds_what_is_beyond_the_bound() -> None:
    choice = Choice(
        ("paraspinal_circles", "shoulder_kneading"), ("a", "b"), ("servo7",), ("standard", "fast"), (1, 2),
        (MACHINE, BEYOND, START),
    )  # fmt: skip
    tasks = grid(choice)
    full = [task for task in tasks if task.group.force_n == 20.0]
    assert len(set(tasks)) == len(tasks)
    assert len(full) == 16
    assert [task.waits for task in full] == [True] * 4 + [False] * 12
    assert all(task.group.gains == "standard" and task.group.seed == 1 for task in full if task.waits)
    assert all((START in task.cases) == (task.group.seed == 1) for task in full)
    sweep = [task for task in tasks if task.group.force_n != 20.0]
    assert all(task.cases == (BEYOND,) and task.group.seed == 1 for task in sweep)
    kneaded = {task.group.force_n for task in sweep if task.group.technique == "shoulder_kneading"}
    assert kneaded == {8.0, 12.0, 14.0, 16.0, 18.0}
    assert len(sweep) == 2 * (5 + 5)


def test_the_executor_that_is_given_does_all_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(task: GroupTask) -> tuple[Cell, ...]:
        if task.group.seed == 2:
            raise MemoryError("no room")
        cells = tuple(judged(task.group, case, GOOD) for case in task.cases)
        return cells[1:] if task.group.seed == 3 else cells

    monkeypatch.setattr(fault_campaign, "run_group", fake)
    tasks = tuple(GroupTask(dataclasses.replace(GROUP, seed=seed), (MACHINE, PERSON)) for seed in (1, 2, 3))
    executor, seen = Inline(), []
    cells = run_faults(tasks, executor, lambda done, total: seen.append((done, total)))
    assert [task for (task,) in executor.submitted] == list(tasks)
    assert sorted(seen) == [(2, 6), (4, 6), (6, 6)]
    assert [one.case for one in cells] == [MACHINE, PERSON] * 3
    assert [one.is_passed for one in cells] == [True, True, False, False, False, True]
    assert "MemoryError: no room" in cells[2].misses[0]
    assert "left it out" in cells[4].misses[0]
    assert verdict_line(cells) == "6 cells ran, 3 passed, 3 failed, 3 of them without a result"


def test_the_table_shows_the_worst_of_every_fault_and_every_failure() -> None:
    cells = (
        cell(MACHINE, peak_n=22.0, reaction_ticks=7),
        cell(MACHINE, peak_n=24.0, cause=None, taken=Cause.HOST_LOST),
        cell(PERSON, over_limit_samples=2, peak_n=41.0, cause=Cause.PAD_FORCE),
        dead(GROUP, DOUBLE, "the branch killed by signal 9 (Killed)"),
    )
    lines = text(cells)
    assert lines[1].split() == [
        "sensor_zero", "machine", "work", "2", "24.0", "40", "33.0", "0", "0.0", "1.0", "7", "host_lost",
        "(supervisor),", "sensor_frozen", "pass",
    ]  # fmt: skip
    assert lines[2].split()[-3:] == ["pad_force", "1", "FAILED"]
    assert lines[3].split()[-2:] == ["1", "FAILED"]
    assert len(failure_lines(cells)) == 2
    page = markdown(cells, "massage-arm campaign faults")
    assert "4 cells ran, 2 passed, 2 failed, 1 of them without a result" in page
    assert "killed by signal 9" in page
    assert "None." in markdown(cells[:2], "x")


def test_the_sweep_says_up_to_which_set_point_the_limit_holds() -> None:
    overs = {6.0: 0, 8.0: 0, 10.0: 4, 12.0: 0, 20.0: 30}
    cells = [cell(BEYOND, force_n=force, over_limit_samples=over) for force, over in overs.items()]
    assert margins(cells) == ["patient_jerk_fast: stays within the limit up to a set-point of 8 N"]
    assert "every set-point tried, up to 8 N" in margins(cells[:2])[0]
    assert "passes the limit at every set-point" in margins(cells[2:])[0]
    silent = [dead(dataclasses.replace(GROUP, force_n=6.0), BEYOND, "died"), *cells[1:]]
    assert "passes the limit at every set-point" in margins(silent)[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("campaign nap", ["NAME: got 'nap'", "allowed: acceptance, faults"]),
        ("campaign faults --faults itch", ["'itch'", "sensor_zero"]),
        ("campaign faults --faults sensor_zero@3", ["--faults", "without a time"]),
        ("campaign faults --techniques tickling", ["--techniques", "'tickling'", "paraspinal_circles"]),
        ("campaign faults --bodies nobody", ["'nobody'"]),
        ("campaign faults --gains hard", ["'hard'"]),
        ("campaign faults --count 3", ["--count", "campaign alarms"]),
        ("campaign alarms --techniques shoulder_kneading", ["--techniques", "campaign faults"]),
        ("campaign alarms --count 0", ["--count", "'0'"]),
        ("campaign acceptance --faults sensor_zero", ["--faults", "campaign faults"]),
    ],
)
def test_wrong_arguments_are_one_line(capsys: Capture, line: str, words: list[str]) -> None:
    assert cli.main(line.split()) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words)


@pytest.mark.parametrize(("changes", "code"), [({}, 0), ({"over_limit_samples": 1}, 4)])
def test_the_exit_code_says_whether_all_passed(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], code: int
) -> None:
    monkeypatch.setattr(fault_campaigns, "on_processes", lambda *_: (cell(MACHINE, **changes),))
    assert cli.main(["campaign", "faults", "--faults", "sensor_zero", "--json"]) == code
    (row,) = json.loads(capsys.readouterr().out)
    assert row["is_passed"] is (code == 0)
    assert row["measured"]["peak_n"] == 21.0
    assert row["case"]["faults"] == ["sensor_zero"]


def test_earlier_cells_are_shown_and_judged_anew(tmp_path: Path, capsys: Capture) -> None:
    cells = (cell(MACHINE), cell(PERSON, over_limit_samples=2, peak_n=41.0), dead(GROUP, DOUBLE, "killed"))
    rows = [{**dataclasses.asdict(one), "misses": (), "is_passed": True} for one in cells[:2]]
    rows.append({**dataclasses.asdict(cells[2]), "is_passed": False})
    file = tmp_path / "cells.json"
    file.write_bytes(orjson.dumps(rows))
    assert cli.main(["campaign", "faults", "--from", str(file), "--json"]) == 4
    assert [row["is_passed"] for row in json.loads(capsys.readouterr().out)] == [True, False, False]
    file.write_text("[{}]")
    assert cli.main(["campaign", "faults", "--from", str(file)]) == 2
    assert "what campaign faults --json printed" in capsys.readouterr().err


def test_cells_of_a_plant_file_know_how_the_arm_is_built(tmp_path: Path) -> None:
    """A law that takes motors for links rings, and no cell would come to its fault."""
    own = tmp_path / "motors.yaml"
    own.write_text("joint_stiffness_nm_per_rad: 14000\nencoder_side: motor\n", encoding="utf-8")
    short = short_plan("gliding_stroke", "median_f", "servo7", 12.0, str(own))
    assert {drive.position_side for drive in short.parts.robot.arm.drives} == {Side.MOTOR}
    assert short.parts.settings.motion_per_s < LawSettings().motion_per_s
