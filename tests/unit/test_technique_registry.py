"""A technique is one file and one registry line: nothing else names it, everything else finds it there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

import trajectories
from controller.errors import ConfigError
from controller.types import Phase
from tests.plan_cases import CIRCLES, KNEADING, arm_over, back_of, body_named
from tests.toy_technique import TOY
from trajectories.plan import Plan
from trajectories.planner import plan_session, stroke_path
from trajectories.programs.loader import load_program
from trajectories.programs.model import Program
from trajectories.techniques.documentation import technique_docs, techniques_page
from trajectories.techniques.registry import TECHNIQUES, technique_named
from workbench import cli
from workbench.campaigns.faults.short_plan import short_plan

BODY = "median_f"
ROOT = Path(trajectories.__file__).parents[1]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy technique in the registry, as one more line there would put it."""
    with monkeypatch.context() as context:
        context.setitem(TECHNIQUES, TOY.name, TOY)
        Program.model_rebuild(force=True)
        yield
    Program.model_rebuild(force=True)


def planned(program: Program) -> Plan:
    return plan_session(program, *body_named(BODY), arm_over("servo7", BODY))


def axes_at_work(plan: Plan) -> list[tuple[np.ndarray, np.ndarray]]:
    """Tool x axis and outward normal along the tool axis every 0.1 s of the work."""
    found = []
    for t in np.arange(plan.segments[0].start_s, plan.segments[0].end_s, 0.1):
        x, y, z, w = plan.at(float(t)).quaternion_xyzw
        axis = np.array([1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + z * w), 2.0 * (x * z - y * w)])
        down = np.array([2.0 * (x * z + y * w), 2.0 * (y * z - x * w), 1.0 - 2.0 * (x * x + y * y)])
        found.append((axis, -down))
    return found


@pytest.mark.usefixtures("toy")
def test_a_registered_technique_is_read_planned_listed_and_has_its_place_in_the_fault_table(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text("schema_version: 1\nname: toy\nstrokes:\n  " + TOY.example)
    plan = planned(load_program(str(path)))
    assert plan.segments[0].technique == "press_and_turn"
    assert {Phase.APPROACH, Phase.WORK, Phase.LIFT} <= set(plan.phases)
    assert short_plan("press_and_turn", BODY, "servo7", 15.0).plan.segments[0].force_target_n == pytest.approx(15.0)
    assert technique_docs()[-1].fields[-1].allowed == "number from -0.6 to 0.6"
    path.write_text(path.read_text().replace("side: left", "side: left, turn_rad: 0.7"))
    with pytest.raises(ConfigError, match=r"strokes\[0\]\.turn_rad: got 0\.7; allowed: a number from -0\.6 to 0\.6"):
        load_program(str(path))


@pytest.mark.usefixtures("toy")
def test_the_tool_turns_about_the_normal_as_the_stroke_asks() -> None:
    stroke = {"name": "turn", "technique": "press_and_turn", "side": "left"}
    still, turned = (
        axes_at_work(planned(Program.model_validate({"schema_version": 1, "name": "a", "strokes": [one]})))
        for one in ({**stroke, "turn_rad": 0.0}, {**stroke, "turn_rad": 0.3})
    )
    angles = [
        np.arctan2(np.cross(before, after) @ normal, before @ after)
        for (before, normal), (after, _) in zip(still, turned, strict=True)
    ]
    assert max(angles) == pytest.approx(0.3, abs=1e-3)
    assert min(angles) >= -1e-6
    assert abs(angles[0]) < 1e-6


def test_the_toy_is_gone_again() -> None:
    with pytest.raises(ConfigError, match="'press_and_turn'; allowed: paraspinal_circles, shoulder_kneading"):
        technique_named("press_and_turn", "--techniques")


def test_a_stroke_of_another_technique_has_no_path() -> None:
    with pytest.raises(ConfigError, match=r"got a ShoulderKneading; allowed: a stroke of paraspinal_circles"):
        TECHNIQUES["paraspinal_circles"].path(KNEADING, back_of(BODY))
    assert stroke_path(CIRCLES, back_of(BODY)).technique == "paraspinal_circles"


def test_nothing_outside_the_folder_of_techniques_names_one() -> None:
    names = {technique.model.__name__ for technique in TECHNIQUES.values()}
    names |= {f"techniques.{technique.name} import {technique.name}" for technique in TECHNIQUES.values()}
    assert "GlidingStroke" in names
    folder = ROOT / "trajectories" / "techniques"
    sources = [
        path
        for package in ("controller", "trajectories", "sim", "hardware", "workbench", "urdf")
        for path in (ROOT / package).rglob("*.py")
        if not path.is_relative_to(folder)
    ]
    assert len(sources) > 100
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text], path


@pytest.mark.parametrize("name", list(TECHNIQUES))
def test_every_technique_explains_itself(name: str) -> None:
    technique = TECHNIQUES[name]
    doc = next(one for one in technique_docs() if one.name == name)
    strokes = yaml.safe_load(technique.example)
    (stroke,) = Program.model_validate({"schema_version": 1, "name": "example", "strokes": strokes}).strokes
    assert isinstance(stroke, technique.model)
    assert stroke_path(stroke, back_of(BODY)).allowed == technique.allowed
    assert all(field.description and field.allowed for field in doc.fields)
    assert technique.short_stroke(technique.least_force_n).technique == name
    with pytest.raises(ConfigError, match="set-point: got 4 N"):
        technique.short_stroke(4.0)


def test_the_page_of_techniques_is_as_new_as_the_code() -> None:
    page = (ROOT / "docs" / "techniques.md").read_text(encoding="utf-8")
    assert page == techniques_page(), "make it again: massage-arm techniques --markdown docs/techniques.md"


def test_the_command_lists_names_fields_and_ranges(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    assert cli.main(["techniques", "--json", "--markdown", str(page)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(TECHNIQUES)
    speed = next(field for field in rows[2]["fields"] if field["name"] == "speed_m_s")
    assert (speed["unit"], speed["allowed"], speed["is_required"]) == ("m/s", "number from 0.02 to 0.1", False)
    assert page.read_text() == techniques_page()
    assert cli.main(["techniques"]) == 0
    assert "gliding_stroke: long even glides" in capsys.readouterr().out
