"""Gliding stroke: speed, force, passes or duration, places, direction, slowing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from controller.bounds import refuse_unbounded, stroke_bounds
from controller.errors import ConfigError, PlanError
from controller.session_limits import session_limits
from tests.plan_cases import arm_over, back_of, body_named
from trajectories.planner import plan_session
from trajectories.programs.loader import load_program
from trajectories.programs.model import Program
from trajectories.techniques.fields import TOUCH_FORCE_N
from trajectories.techniques.gliding_stroke import GlidingStroke, gliding_stroke
from trajectories.techniques.stroke_path import StrokePath
from trajectories.techniques.timing import STEP_S

BODY = "tall_m"
HEAD = "schema_version: 1\nname: a\nstrokes:\n  - name: s\n    technique: gliding_stroke\n    side: left\n"


def glides(body: str = BODY, **changes: object) -> StrokePath:
    if "duration_s" not in changes:
        changes = {"passes": 1, **changes}
    stroke = {"name": "glide", "technique": "gliding_stroke", "side": "left", **changes}
    return gliding_stroke(GlidingStroke.model_validate(stroke), back_of(body))


def speed(path: StrokePath) -> np.ndarray:
    return np.linalg.norm(np.gradient(path.only_feet_xy_m, STEP_S, axis=0), axis=1)


def duration_s(path: StrokePath) -> float:
    return STEP_S * (len(path.press_n) - 1)


@pytest.mark.parametrize("speed_m_s", [0.02, 0.07])
def test_the_speed_along_the_spine_is_what_is_asked_for(speed_m_s: float) -> None:
    path = glides(speed_m_s=speed_m_s)
    assert path.slowest_rate == 1.0
    steady = np.abs(np.gradient(path.only_feet_xy_m[:, 0], STEP_S))[120:-120]
    np.testing.assert_allclose(steady, speed_m_s, rtol=1e-3)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_it_stays_beside_the_spine_between_the_places(side: str, direction: str) -> None:
    back = back_of(BODY)
    path = glides(side=side, direction=direction, lower="L3", upper=0.6, lateral_offset_m=0.03)
    x, y = path.only_feet_xy_m.T
    ends = (back.spine_x("L3") + 0.005, back.spine_x(0.6) - 0.005)
    np.testing.assert_allclose((x[0], x[-1]), ends if direction == "up" else ends[::-1], atol=1e-6)
    np.testing.assert_allclose(y - back.spine.y(x), 0.03 if side == "left" else -0.03, atol=1e-6)


def test_passes_go_there_and_back_in_turn() -> None:
    path = glides(passes=3, speed_m_s=0.06)
    x = path.only_feet_xy_m[:, 0]
    turns = np.flatnonzero(np.diff(np.sign(np.diff(x)[np.abs(np.diff(x)) > 1e-9])))
    assert len(turns) == 2
    np.testing.assert_allclose(x[-1], x.max(), atol=1e-6)
    assert duration_s(path) == pytest.approx(3.0 * duration_s(glides(speed_m_s=0.06)), abs=0.03)


def test_the_force_fades_in_and_out_smoothly_and_holds_between() -> None:
    press = glides(force_n=20.0, passes=2, force_ramp_s=2.0).only_press_n
    np.testing.assert_allclose(press[[0, -1]], TOUCH_FORCE_N)
    np.testing.assert_allclose(press[205:-205], 20.0, atol=1e-6)
    assert np.diff(press[:200]).min() >= -1e-12
    assert np.abs(np.diff(press, 2)).max() / STEP_S**2 < 40.0


@pytest.mark.parametrize(
    ("asked_s", "speed_m_s", "body"),
    [(20.0, 0.05, BODY), (60.0, 0.1, BODY), (33.0, 0.02, BODY), (20.0, 0.1, "muscular_m"), (24.0, 0.02, "slim_f")],
)
def test_whole_passes_fill_a_duration_at_an_allowed_speed_near_the_wanted_one(
    asked_s: float, speed_m_s: float, body: str
) -> None:
    path = glides(body, duration_s=asked_s, speed_m_s=speed_m_s)
    assert duration_s(path) == pytest.approx(asked_s, rel=0.015)
    along = np.abs(np.gradient(path.only_feet_xy_m[:, 0], STEP_S)).max()
    assert 0.02 * 0.999 <= along <= 0.1 * 1.001
    assert 0.5 < along / speed_m_s < 2.0


def test_it_is_slower_where_the_skin_curves_or_tilts() -> None:
    back = back_of("muscular_m")
    path = glides("muscular_m", speed_m_s=0.1)
    assert path.slowest_rate < 0.7
    assert (speed(path) ** 2 * back.skin.curvature(*path.only_feet_xy_m.T)).max() <= 0.13 * 1.02
    turn = np.gradient(back.tool_skin.normal(*path.only_feet_xy_m.T), STEP_S, axis=0)
    assert np.linalg.norm(turn, axis=1).max() <= 0.75 * 1.02


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lower": 0.4, "upper": 0.5}, ["the stretch from 0.4 to 0.5", "at least 11 cm", "further apart"]),
        ({"duration_s": 2.5}, ["got duration_s 2.50", "one pass at 0.1 m/s on this skin", "longer"]),
    ],
)
def test_what_does_not_fit_the_body_is_refused_in_one_line(changes: dict[str, object], words: list[str]) -> None:
    with pytest.raises(PlanError) as caught:
        glides(**changes)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


def test_the_duration_that_a_refusal_names_is_accepted() -> None:
    with pytest.raises(PlanError) as caught:
        glides(duration_s=2.5)
    least_s = float(caught.value.allowed.split()[2])
    assert duration_s(glides(duration_s=least_s)) == pytest.approx(least_s, abs=0.02)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", ["strokes[0].passes", "got neither passes nor duration_s", "exactly one"]),
        ("    passes: 2\n    duration_s: 20\n", ["got passes and duration_s together", "exactly one"]),
        ("    passes: 2\n    speed_m_s: 0.11\n", ["strokes[0].speed_m_s", "got 0.11", "a number from 0.02 to 0.1"]),
        ("    passes: 2\n    force_n: 25.5\n", ["got 25.5", "a number from 5 to 25"]),
        ("    passes: 0\n", ["strokes[0].passes", "got 0", "a whole number from 1 to 40"]),
        ("    passes: 1.5\n", ["strokes[0].passes", "got 1.5"]),
        ("    passes: 1\n    lower: C7\n", ["strokes[0].upper", "a place above 'lower'"]),
    ],
)
def test_wrong_values_of_a_file_are_one_line(tmp_path: Path, lines: str, words: list[str]) -> None:
    path = tmp_path / "glide.yaml"
    path.write_text(HEAD + lines)
    with pytest.raises(ConfigError) as caught:
        load_program(str(path))
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("body", "arm"), [("elderly_f", "panda"), ("muscular_m", "servo7"), ("stocky_f", "panda")])
def test_the_shipped_program_is_planned_and_bounded(body: str, arm: str) -> None:
    """Thin and bent, strongly curved, stiff over the sacrum: the bodies and arms on which longer glides are refused."""
    robot = arm_over(arm, body)
    plan = plan_session(load_program("spine_glides"), *body_named(body), robot)
    refuse_unbounded(stroke_bounds(plan, robot, session_limits(plan, robot)))
    assert plan.facts.joint_speed_share < 0.6
    assert plan.segments[1].end_s - plan.segments[1].start_s == pytest.approx(14.0, rel=0.015)


def test_the_fastest_and_hardest_glide_is_within_the_bound_of_the_light_arm() -> None:
    stroke = {"name": "g", "technique": "gliding_stroke", "side": "right", "lower": 0.05, "passes": 2}
    fast = Program.model_validate(
        {"schema_version": 1, "name": "fast", "strokes": [{**stroke, "speed_m_s": 0.1, "force_n": 25.0}]}
    )
    robot = arm_over("servo7", "median_f")
    plan = plan_session(fast, *body_named("median_f"), robot)
    limits = session_limits(plan, robot)
    refuse_unbounded(stroke_bounds(plan, robot, limits))
    assert plan.segments[0].surface_speed_m_s == pytest.approx(0.0079 + 0.1 * np.sin(np.radians(5.0)), rel=0.02)
