"""Registration error at planning: keep-outs and borders widen by it, strokes move out by it or are refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.errors import ConfigError, PlanError
from controller.rig import REGISTRATION_M, REGISTRATION_RAD
from controller.safety.keep_out import clearance_m
from controller.types import Region
from tests.plan_cases import arm_over, back_of, body_named, program_of, short_plan
from trajectories.anatomy.back import Back
from trajectories.anatomy.keepout import RIDGE_M
from trajectories.anatomy.place_error import NO_ERROR, PlaceError
from trajectories.planner import plan_session
from trajectories.stroke_checks import check_stroke, regions_under
from trajectories.techniques.shoulder_kneading import ShoulderKneading, shoulder_kneading
from trajectories.techniques.stroke_path import CONTACT_RADIUS_M, StrokePath

BODIES = ("elderly_f", "slim_f", "stocky_m", "tall_m")
BASE = (0.28, -0.45)
ERROR = PlaceError(REGISTRATION_M, REGISTRATION_RAD, BASE)


def back_off(name: str, error: PlaceError = ERROR) -> Back:
    return replace(back_of(name), place_error=error)


def spot(back: Back, x: float, lateral: float, press_n: float = 10.0) -> StrokePath:
    feet = np.tile([x, float(back.spine.y(x)) + lateral], (11, 1))
    return StrokePath.of_one_pad("spot", "t", "left", frozenset(Region), (feet, np.full(11, press_n), 1.0))


@pytest.mark.parametrize(
    ("distance_m", "turn_rad"), [(-1e-3, 0.0), (math.nan, 0.0), (0.06, 0.0), (0.0, -0.01), (0.0, 0.1), (0.0, math.nan)]
)
def test_an_error_that_is_none_is_refused(distance_m: float, turn_rad: float) -> None:
    with pytest.raises(ConfigError, match="register the base better"):
        PlaceError(distance_m, turn_rad, BASE)


def test_a_turn_moves_places_across_their_lever() -> None:
    error = PlaceError(0.0, 0.01, (0.0, 0.0))
    back, planned, forth = error.shifted(np.array([[0.5, 0.0]]))
    np.testing.assert_allclose(planned, [[0.5, 0.0]])
    np.testing.assert_allclose(forth, [[0.5, 0.005]])
    np.testing.assert_allclose(back, [[0.5, -0.005]])
    assert error.largest_m(np.array([[0.5, 0.0], [0.0, 0.2]])) == pytest.approx(0.005)


def test_around_holds_every_place_within_the_error() -> None:
    around = ERROR.around(np.array([[0.0, 0.0]]), 0.005)[0]
    np.testing.assert_array_equal(around[0], [0.0, 0.0])
    assert np.hypot(*around.T).max() <= 0.010 + ERROR.turn_rad * math.hypot(*BASE) + 1e-9
    assert np.hypot(*around.T).max() >= 0.010 + 0.95 * ERROR.turn_rad * math.hypot(*BASE)


def test_clearance_shrinks_by_the_error_and_is_exact_at_the_ridge() -> None:
    back = back_of("median_f")
    x = BASE[0]  # beside the base a turn moves along the spine only
    y = float(back.spine.y(x)) + RIDGE_M + 0.006
    assert float(back.keep_out.clearance_within(NO_ERROR, x, y)[0]) == pytest.approx(0.006, abs=1e-9)
    assert float(back.keep_out.clearance_within(ERROR, x, y)[0]) == pytest.approx(0.001, abs=5e-4)


def test_a_stroke_that_may_be_in_a_keep_out_is_refused_with_what_would_pass() -> None:
    near = 0.25, RIDGE_M + CONTACT_RADIUS_M + 0.003
    exact = back_of("median_f")
    check_stroke(spot(exact, *near), exact, False)
    off = back_off("median_f")
    with pytest.raises(PlanError) as caught:
        check_stroke(spot(off, *near), off, False)
    assert (
        caught.value.got
        == "the keep-out spine_ridge within 5 mm of where it may be with a base 5 mm and 0.5 degrees off"
    )
    assert "3 mm away" in caught.value.todo
    check_stroke(spot(off, near[0], near[1] + 0.003), off, False)


def test_borders_widen_too() -> None:
    low = back_of("median_f").spine_x("L5S1")
    exact, off = back_of("median_f"), back_off("median_f")
    path = spot(exact, low + 0.008, 0.030)
    assert {region for group in regions_under(path.only_feet_xy_m, exact) for region in group} == {
        Region.LUMBAR_PARASPINAL
    }
    assert Region.SACRUM in regions_under(path.only_feet_xy_m, off)[0]
    assert regions_under(path.only_feet_xy_m, off)[0][0] is Region.LUMBAR_PARASPINAL


def test_the_ceiling_of_a_place_that_the_pad_may_be_on_counts() -> None:
    exact, off = back_of("median_f"), back_off("median_f")
    c7 = exact.spine_x("C7")
    path = spot(exact, c7 - 0.007, 0.030, 20.0)
    check_stroke(path, exact, False)
    with pytest.raises(PlanError, match="neck_base"):
        check_stroke(path, off, False)


def test_kneading_begins_farther_out_and_keeps_off_the_neck_base() -> None:
    stroke = ShoulderKneading(name="k", technique="shoulder_kneading", side="left")
    exact, off = back_of("median_f"), back_off("median_f")
    near, far = shoulder_kneading(stroke, exact).only_feet_xy_m, shoulder_kneading(stroke, off).only_feet_xy_m
    assert far[:, 1].min() > near[:, 1].min() + 0.002
    check_stroke(shoulder_kneading(stroke, off), off, False)


@pytest.mark.parametrize("name", BODIES)
def test_the_grid_of_the_gate_agrees_with_the_map(name: str) -> None:
    plan, back = short_plan(body=name), back_of(name)
    robot = arm_over("servo7", name)
    error = PlaceError(REGISTRATION_M, REGISTRATION_RAD, robot.placement.position_m[:2])
    rng = np.random.default_rng(1)
    x = rng.uniform(back.spine_x("L5S1"), back.spine_x("C7"), 200)
    y = back.spine.y(x) + rng.uniform(-0.12, 0.12, 200)
    exact = back.keep_out.clearance_within(error, x, y)
    assert plan.keep_out is not None
    by_grid = np.array([clearance_m(plan.keep_out, float(a), float(b)) for a, b in zip(x, y, strict=True)])
    assert np.abs(by_grid - exact).max() < 0.003


@pytest.mark.parametrize("name", BODIES)
def test_no_planned_foot_is_in_a_widened_keep_out(name: str) -> None:
    plan = short_plan(body=name)
    assert plan.keep_out is not None
    for feet in plan.facts.paths_xy_m:
        assert min(clearance_m(plan.keep_out, float(a), float(b)) for a, b in feet) > 0.002


def test_a_larger_error_of_the_rig_refuses_by_name() -> None:
    program = program_of(lateral_offset_m=0.038, radius_m=0.016)
    robot = arm_over("servo7", "median_f")
    plan_session(program, *body_named("median_f"), robot)
    with pytest.raises(PlanError, match=r"spine_ridge .* with a base 15 mm and 0\.5 degrees off.*register the base"):
        plan_session(program, *body_named("median_f"), robot, registration=(0.015, REGISTRATION_RAD))
