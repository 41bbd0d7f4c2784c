"""The fault campaign on finite elements: its own table, results of both kept apart, earlier results still read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

import orjson
import pytest

from controller.errors import ConfigError
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.person.tissue_tier import Tier, tier_named
from sim.plant import build_simulation
from tests.fault_campaign_cases import BEYOND, GROUP, MACHINE, PERSON, cell
from tests.sim_cases import setting
from trajectories.techniques.registry import TECHNIQUES
from workbench import cli
from workbench.campaigns.faults.campaign import Choice, grid
from workbench.campaigns.faults.cases import all_cases, chosen_cases
from workbench.campaigns.faults.cells import Cell, Group
from workbench.campaigns.faults.report import Spent, by_tissue, failure_lines, markdown, text
from workbench.commands import fault_campaigns

Capture = pytest.CaptureFixture[str]


def on_elements(one: Cell) -> Cell:
    return dataclasses.replace(one, group=dataclasses.replace(one.group, tissue=Tier.FEM))


def test_the_table_of_finite_elements_holds_motion_sensor_loss_and_stall() -> None:
    cases = chosen_cases((), Tier.FEM)
    assert len(set(cases)) == len(cases) == 12
    singles = {case.names[0] for case in cases if len(case.faults) == 1}
    assert singles >= {"patient_jerk", "patient_away", "patient_cough", "patient_roll"}
    assert singles >= {"sensor_zero", "sensor_nan", "sensor_unplugged", "loop_stall", "host_killed"}
    assert [str(case) for case in cases if len(case.faults) > 1] == [
        "sensor_zero + patient_jerk", "loop_stall=100 + patient_jerk",
    ]  # fmt: skip
    assert all(case.is_person == ("patient" in str(case)) for case in cases)
    assert chosen_cases((), Tier.LAW) == all_cases()


def test_tissue_that_hardens_is_refused_wherever_it_comes_from() -> None:
    arm, placement, body, _ = setting()
    stiff = Fault("tissue_stiff", 20.0, 1.0)
    with pytest.raises(ConfigError, match=r"--fault: got 'tissue_stiff' with --tissue fem; allowed: .* --tissue law"):
        build_simulation(arm, placement, body, SimulationOptions(tier=Tier.FEM, faults=(stiff,)))
    with pytest.raises(ConfigError, match="tissue_stiff"):
        build_simulation(arm, placement, body, SimulationOptions(tier=Tier.FEM)).inject(stiff)
    build_simulation(arm, placement, body, SimulationOptions(faults=(stiff,)))
    assert [tier_named(name) for name in ("law", "fem")] == [Tier.LAW, Tier.FEM]


def test_a_grid_on_finite_elements_says_so_in_every_group_and_has_no_sweep() -> None:
    choice = Choice(("paraspinal_circles",), ("a",), ("servo7",), ("standard",), (1,), (MACHINE, BEYOND), Tier.FEM)
    (task,) = grid(choice)
    assert task.group == dataclasses.replace(GROUP, body="a", tissue=Tier.FEM)
    assert task.cases == (MACHINE, BEYOND)
    assert str(task.group).endswith("20 N on fem")
    assert str(GROUP).endswith("20 N")
    assert len(grid(dataclasses.replace(choice, tissue=Tier.LAW))) > 1


@pytest.mark.parametrize(
    ("line", "cells", "groups"),
    [
        ("--tissue fem", 12 * len(TECHNIQUES), len(TECHNIQUES)),
        ("--tissue fem --techniques shoulder_kneading --seeds 1 2 --faults sensor_zero", 2, 2),
        ("--tissue fem --bodies stocky_f --faults loop_stall patient_jerk_fast", 3 * len(TECHNIQUES), len(TECHNIQUES)),
        ("--tissue law --techniques shoulder_kneading --bodies median_f --faults sensor_zero", 9, 9),
    ],
)
def test_what_is_not_asked_for_follows_from_the_tissue(
    monkeypatch: pytest.MonkeyPatch, line: str, cells: int, groups: int
) -> None:
    labels: list[str] = []
    seen: list[Group] = []

    def kept(_jobs: int, label: str, _run: Callable[[Executor, Callable[[int, int], None]], object]) -> tuple[Cell]:
        labels.append(label)
        return (cell(MACHINE),)

    def watched(choice: Choice) -> object:
        tasks = grid(choice)
        seen.extend(task.group for task in tasks)
        return tasks

    monkeypatch.setattr(fault_campaigns, "on_processes", kept)
    monkeypatch.setattr(fault_campaigns, "grid", watched)
    assert cli.main(["campaign", "faults", *line.split()]) == 0
    assert labels == [f"fault campaign, {cells} cells"]
    assert len(seen) == groups
    assert {group.tissue for group in seen} == {Tier.FEM if "fem" in line else Tier.LAW}
    assert {group.force_n for group in seen} == {20.0}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("campaign faults --tissue jelly", ["--tissue", "'jelly'", "law or fem"]),
        ("campaign faults --tissue fem --faults tissue_stiff", ["--faults", "'tissue_stiff' with --tissue fem"]),
        ("campaign faults --tissue fem --faults tissue_stiff=30+patient_jerk", ["'tissue_stiff' with", "--tissue law"]),
        ("campaign alarms --tissue fem", ["--tissue", "campaign alarms", "campaign acceptance or faults"]),
        ("campaign tissue --tissue fem", ["--tissue", "campaign tissue", "campaign acceptance or faults"]),
    ],
)
def test_wrong_arguments_are_one_line(capsys: Capture, line: str, words: list[str]) -> None:
    assert cli.main(line.split()) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words)


def test_a_table_of_both_keeps_them_apart() -> None:
    cells = (
        on_elements(cell(MACHINE, peak_n=23.0)),
        cell(MACHINE, peak_n=21.0),
        on_elements(cell(PERSON, peak_n=41.0, over_limit_samples=3)),
        cell(PERSON, peak_n=31.0),
    )
    assert {tier: len(part) for tier, part in by_tissue(cells).items()} == {Tier.LAW: 2, Tier.FEM: 2}
    lines = text(cells)
    assert [line for line in lines if line.startswith("tissue")] == ["tissue: contact law", "tissue: finite elements"]
    peaks = [line.split()[3:5] for line in lines if line.startswith(("sensor_zero ", "patient_jerk "))]
    assert peaks == [["1", "21.0"], ["1", "31.0"], ["1", "23.0"], ["1", "41.0"]]
    assert "on fem: 3 samples over the limit" in failure_lines(cells)[0]
    page = markdown(cells, "massage-arm campaign faults")
    assert page.index("# Faults\n") < page.index("| 31.0 |") < page.index("# Faults on finite elements")
    assert page.index("# Faults on finite elements") < page.index("| 41.0 |")
    assert "tissue:" not in "\n".join(text(cells[1::2])), "the law alone looks as before"


def test_a_page_says_what_it_took_where_it_has_just_run() -> None:
    page = markdown([on_elements(cell(MACHINE))], "massage-arm campaign faults", Spent(61.4, 120.2, 2))
    assert page.startswith("# Faults on finite elements\n")
    assert "took 61 s of wall time, 120 s of processor time, 2 sessions at a time." in page
    assert "processor time" not in markdown([cell(MACHINE)], "massage-arm campaign faults")


def test_earlier_results_without_a_word_about_the_tissue_are_of_the_law(tmp_path: Path, capsys: Capture) -> None:
    old, new = (dataclasses.asdict(one) for one in (cell(MACHINE), on_elements(cell(PERSON))))
    del old["group"]["tissue"]
    file = tmp_path / "cells.json"
    file.write_bytes(orjson.dumps([{**old, "is_passed": True}, {**new, "is_passed": True}]))
    assert cli.main(["campaign", "faults", "--from", str(file), "--json"]) == 0
    assert [row["group"]["tissue"] for row in json.loads(capsys.readouterr().out)] == ["law", "fem"]
