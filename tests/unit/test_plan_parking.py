"""After a stop: from anywhere on a plan a clear way leads to a rest beside the person."""

from itertools import pairwise

import numpy as np
import pytest

from controller.errors import PlanError
from controller.robot import RobotModel
from tests.parking_cases import NEAR_M, arm_frames, cloud_of, leg, unloaded
from tests.plan_cases import SHORT, arm_over, back_of, body_named, short_plan
from trajectories.anatomy.body import body_names
from trajectories.plan import Plan
from trajectories.planner import plan_session
from trajectories.programs.loader import load_program
from trajectories.reach.arm_clearance import ArmRoom
from trajectories.reach.arm_points import ArmPoints
from trajectories.reach.posture_beside import posture_beside
from trajectories.reach.skin_clearance import ClearSpace

SHORT_CASES = [(arm, body) for body in ("median_f", "slim_f", "stocky_f") for arm in ("servo7", "panda", "six")]
WHOLE_CASES = [(arm, body) for body in body_names() for arm in ("servo7", "panda")]
QUICK = ("panda", "median_m")
"""The pair with the least room on the way to a waypoint at the height of the start."""


def check_parking(plan: Plan, robot: RobotModel, body: str, every_s: float, off_m: float) -> tuple[float, float]:
    """Return the smallest distances from the skin of the pad and of any joint or the flange, over all legs."""
    radius, cloud = robot.arm.tool.only_pad("a test").radius_m, cloud_of(body)
    path = [np.array(posture) for posture in plan.park_path_rad]
    legs = [leg(unloaded(plan, robot, body, t, off_m), path[0]) for t in np.arange(0.1, plan.duration_s, every_s)]
    legs += [leg(here, there) for here, there in pairwise(path)]
    postures = np.concatenate(legs)
    assert (np.minimum(postures - robot.lower, robot.upper - postures) > 0.0).all()
    gaps = cloud.gap_m(arm_frames(robot, postures), body)
    pad, links = float(gaps[:, -1].min()) - radius, float(gaps[:, :-1].min())
    assert pad >= 0.010
    assert links >= 0.030
    return pad, links


def check_rest(plan: Plan, robot: RobotModel, body: str) -> float:
    """Return the smallest distance of the resting arm from the body seen from above."""
    assert plan.facts.is_parked_beside
    rest = np.array(plan.park_path_rad[-1])
    assert np.minimum(rest - robot.lower, robot.upper - rest).min() >= 0.05 - 1e-9
    frames = arm_frames(robot, rest[None])[0]
    on_links = np.concatenate([np.linspace(a, b, 10) for a, b in pairwise(frames)])
    beside = float(cloud_of(body).beside_m(on_links).min())
    assert beside >= 0.030
    over_base = on_links[len(on_links) // 3 :, 2] - robot.placement.position_m[2]
    assert over_base.min() > robot.arm.tool.only_pad("a test").radius_m
    spine = back_of(body).spine
    base_y = robot.placement.position_m[1]
    assert ((on_links[:, 1] - float(spine.y(0.0))) * np.sign(base_y) > 0.0).all()
    return beside


@pytest.mark.parametrize(("arm", "body"), SHORT_CASES)
def test_way_to_rest_is_clear_from_everywhere(arm: str, body: str) -> None:
    """Also where the unloading took the arm as far as it aims at."""
    check_parking(short_plan(arm, body), arm_over(arm, body), body, 0.61, 0.025)
    check_parking(short_plan(arm, body), arm_over(arm, body), body, 2.3, 0.040)


@pytest.mark.parametrize(("arm", "body"), SHORT_CASES)
def test_rest_is_beside_the_person(arm: str, body: str) -> None:
    check_rest(short_plan(arm, body), arm_over(arm, body), body)


def test_whole_program_where_room_is_least() -> None:
    check_whole(*QUICK, every_s=0.97)


@pytest.mark.campaign
@pytest.mark.parametrize(("arm", "body"), WHOLE_CASES)
def test_whole_program_on_all_bodies(arm: str, body: str) -> None:
    check_whole(arm, body, every_s=0.23)


def check_whole(arm: str, body: str, every_s: float) -> None:
    robot = arm_over(arm, body)
    plan = plan_session(load_program("first_session"), *body_named(body), robot)
    pad, links = check_parking(plan, robot, body, every_s, 0.025)
    beside = check_rest(plan, robot, body)
    figures = f"pad {1e3 * pad:.1f} mm, links over {1e3 * min(links, NEAR_M):.0f} mm, beside {1e3 * beside:.0f} mm"
    print(f"{body} {arm}: {figures}")


def test_an_arm_that_stands_over_the_person_rests_over_the_flank() -> None:
    robot = arm_over("servo7", "median_f", (0.0, 0.25, 0.2))
    plan = plan_session(SHORT, *body_named("median_f"), robot)
    assert not plan.facts.is_parked_beside
    assert len(plan.park_path_rad) == 2
    assert plan.park_path_rad[-1] == plan.start_q_rad
    check_parking(plan, robot, "median_f", 0.61, 0.025)


def test_a_plan_without_a_clear_way_is_refused() -> None:
    robot = arm_over("servo7", "median_f", (0.0, 0.35, 0.2))
    with pytest.raises(PlanError) as caught:
        plan_session(SHORT, *body_named("median_f"), robot)
    assert caught.value.got == "no clear way from there to a rest beside the person or over the flank"
    assert caught.value.allowed == "one 10 mm off the skin, links 30 mm"
    assert "\n" not in str(caught.value)


def test_points_of_the_arm_are_those_of_its_frames() -> None:
    for arm in ("servo7", "panda", "six"):
        robot = arm_over(arm, "median_f")
        postures = np.random.default_rng(5).uniform(robot.lower, robot.upper, (20, robot.joints))
        points, frames = ArmPoints(robot).at(postures), arm_frames(robot, postures)
        np.testing.assert_allclose(points[:, -1], frames[:, -1], atol=1e-12)
        for k in range(frames.shape[1]):
            assert np.linalg.norm(points - frames[:, k : k + 1], axis=2).min(axis=1).max() < 1e-12
        steps = np.linalg.norm(np.diff(points, axis=1), axis=2)
        assert steps.max() <= 0.08 + 1e-12


@pytest.mark.parametrize("body", ["median_f", "muscular_m"])
def test_clear_space_keeps_its_radius_and_gives_little_away(body: str) -> None:
    skin = body_named(body)[1]
    space, cloud = ClearSpace.of(skin, 0.030), cloud_of(body)
    random = np.random.default_rng(2)
    points = random.uniform((-0.7, -0.40, -0.3), (0.5, 0.40, 0.2), (20000, 3))
    gap = cloud.gap_m(points, body)
    inside = (np.abs(points[:, 1]) < 0.24) & (points[:, 2] > skin.height(points[:, 0], points[:, 1]))
    clear = space.is_clear(points)
    assert gap[clear].min() >= 0.029
    assert clear[inside & (gap > 0.040)].mean() > 0.99


def test_nothing_is_beside_for_limits_that_hold_the_arm_over_the_person() -> None:
    robot, plan = arm_over("servo7", "median_f"), short_plan("servo7")
    room, start = ArmRoom.of(robot, back_of("median_f")), np.array(plan.start_q_rad)
    assert posture_beside(room, start - 0.2, start + 0.2, start) is None
    assert posture_beside(room, robot.lower, robot.upper, start) is not None
