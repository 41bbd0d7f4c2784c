"""Where the base stands: the option, and an advice that holds for the whole program."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from controller.errors import ConfigError, PlanError
from tests.plan_cases import BASE_PROGRAM, arm_over, body_named
from trajectories.planner import poses_to_reach
from trajectories.programs.loader import load_program
from trajectories.reach.base_search import base_words, place_for, placement_of
from workbench import cli
from workbench.runs.prepare import Refusal, load_inputs, prepare
from workbench.runs.request import SessionRequest


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "short.yaml"
    path.write_text(BASE_PROGRAM)
    return str(path)


def request_of(program: str, **changes: object) -> SessionRequest:
    return replace(SessionRequest(program, "median_f", "law", "servo7", "standard", 0.0, 1), **changes)


def test_a_base_out_of_reach_is_told_a_place_that_is_accepted(program: str) -> None:
    far = request_of(program, base=(0.29, -1.2, 0.0, 90.0))
    with pytest.raises(Refusal, match="out of reach") as caught:
        prepare(load_inputs(far))
    advice = re.search(r"the whole program can be done: --base=(\S+)$", caught.value.todo)
    assert advice is not None
    x, y, z, yaw = (float(part) for part in advice[1].split(","))
    prepared = prepare(load_inputs(request_of(program, base=(x, y, z, yaw))))
    assert prepared.placement.position_m == (x, y, z)
    assert prepared.config.base == (x, y, z, yaw)
    assert prepared.config.config_sha256 != prepare(load_inputs(request_of(program))).config.config_sha256


def test_where_no_place_will_do_that_is_said_once(program: str) -> None:
    body, skin = body_named("median_f")
    robot = arm_over("servo7", "median_f", (0.0, 0.0, 3.0))
    poses_at = poses_to_reach(load_program(program), body, skin, robot.arm)
    asked = []
    assert place_for(robot.arm, robot.placement, poses_at, lambda base: bool(asked.append(base))) is None
    assert asked == [], "three metres over the person nothing is within reach"


def test_places_are_tried_from_the_nearest_on_and_in_words_of_the_option(program: str) -> None:
    body, skin = body_named("median_f")
    robot = arm_over("servo7", "median_f")
    poses_at = poses_to_reach(load_program(program), body, skin, robot.arm)
    asked = []
    place_for(robot.arm, robot.placement, poses_at, lambda base: bool(asked.append(base)))
    here = robot.placement.position_m
    assert len(asked) == 12
    away = [math.dist(base[:2], here[:2]) for base in asked]
    assert away == sorted(away)
    assert base_words((0.1, -0.45, 0.0, 90.0)) == "--base=0.1,-0.45,0,90"
    assert placement_of((0.1, -0.45, 0.0, 90.0)).quaternion_xyzw == pytest.approx((0.0, 0.0, 0.5**0.5, 0.5**0.5))


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,0,0", "0,0,9,0", "0,0,0,inf", "0,0,0,400"]
)
def test_a_base_that_is_no_place_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", f"--base={text}"]) == ConfigError.exit_code
    message = capsys.readouterr().err
    assert "--base" in message
    assert message.count("\n") == 1
    assert PlanError.exit_code != ConfigError.exit_code
