"""From where the arm stands to the plan's start, and from the plan's end to rest: on proven legs, or refused."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from controller.errors import PlanError
from controller.robot import RobotModel
from controller.types import Vector
from tests.parking_cases import arm_frames, cloud_of, leg
from tests.plan_cases import SHORT, arm_over, back_of, body_named, exact_plan
from trajectories.plan import Plan
from trajectories.planner import plan_session, way_to_start
from trajectories.reach.arm_clearance import ArmRoom
from trajectories.reach.way_to_rest import way_from_end

BODY = "median_f"
ARMS = ("servo7", "panda", "six")
OVER_BASE: Vector = (1.883, 1.437, -0.641, -2.622, 1.483, 3.677, -2.005)
"""A safe posture of the panda whose straight leg to the start of the short plan sinks below the plane of its base."""


def check_way(path: tuple[Vector, ...], robot: RobotModel, body: str = BODY) -> None:
    """Hold a way against the skin as a cloud of points and the arm by Pinocchio's frames."""
    postures = np.concatenate([leg(np.array(a), np.array(b)) for a, b in pairwise(path)])
    assert (np.minimum(postures - robot.lower, robot.upper - postures) > 0.0).all()
    frames = arm_frames(robot, postures)
    gaps = cloud_of(body).gap_m(frames, body)
    assert float(gaps[:, -1].min()) - robot.arm.tool.pads[0].radius_m >= 0.010
    assert float(gaps[:, :-1].min()) >= 0.030
    over_base = frames[:, 3:, 2] - robot.placement.position_m[2]
    assert float(over_base.min()) >= 0.030


def safe_postures(robot: RobotModel, count: int) -> np.ndarray:
    """Return random postures that leave everything alone, by the planner's own measure."""
    room = ArmRoom.of(robot, back_of(BODY))
    random = np.random.default_rng(3)
    found = random.uniform(robot.lower + 0.05, robot.upper - 0.05, (4 * count + 20, robot.joints))
    points = room.arm.at(found)
    return found[room.free(points, 0.12) & room.is_off_skin(points)][:count]


def end_of(plan: Plan) -> Vector:
    return plan.at(plan.duration_s).posture_rad


@pytest.mark.parametrize("arm", ARMS)
def test_a_plan_ends_with_a_clear_way_to_where_it_parks(arm: str) -> None:
    plan, robot = exact_plan(arm), arm_over(arm, BODY)
    assert plan.end_path_rad[-1] == plan.park_path_rad[-1]
    check_way((end_of(plan), *plan.end_path_rad), robot)


def test_the_end_is_driven_over_the_waypoint_where_the_straight_leg_is_not_free() -> None:
    robot = arm_over("panda", BODY)
    room = ArmRoom.of(robot, back_of(BODY))
    end, over, rest = np.array(exact_plan("panda").start_q_rad), np.zeros(7), np.array(OVER_BASE)
    assert [posture.tolist() for posture in way_from_end(room, end, over, rest)] == [over.tolist(), rest.tolist()]
    near = end + 0.01
    assert way_from_end(room, end, over, near) == ()


def test_an_arm_at_the_plans_start_has_no_way_to_go() -> None:
    plan = exact_plan()
    assert plan.start_path_rad == ()
    assert plan.rest_q_rad == plan.start_q_rad
    assert way_to_start(plan, back_of(BODY), arm_over("servo7", BODY), plan.start_q_rad) == ()


@pytest.mark.parametrize("arm", ARMS)
def test_a_clear_way_leads_from_safe_postures_to_the_start(arm: str) -> None:
    plan, robot = exact_plan(arm), arm_over(arm, BODY)
    elsewhere = [np.array(exact_plan(arm, body).park_path_rad[-1]) for body in ("slim_f", "stocky_f")]
    for rest in [*safe_postures(robot, 4), *elsewhere]:
        path = way_to_start(plan, back_of(BODY), robot, rest.tolist())
        assert path[0] == tuple(rest.tolist())
        assert path[-1] == plan.start_q_rad
        check_way(path, robot)


def test_a_posture_whose_straight_leg_is_not_free_gets_a_way_over_others() -> None:
    plan, robot = exact_plan("panda"), arm_over("panda", BODY)
    room = ArmRoom.of(robot, back_of(BODY))
    assert not room.is_free_leg(np.array(OVER_BASE), np.array(plan.start_q_rad))
    path = way_to_start(plan, back_of(BODY), robot, OVER_BASE)
    assert len(path) > 2
    check_way(path, robot)


def test_a_declared_posture_becomes_part_of_the_plan_and_changes_nothing_else() -> None:
    plain, robot = exact_plan("panda"), arm_over("panda", BODY)
    rest = plain.park_path_rad[-1]
    plan = plan_session(SHORT, *body_named(BODY), robot, rest, registration=(0.0, 0.0))
    assert plan.rest_q_rad == plan.start_path_rad[0] == rest
    assert plan.start_path_rad[-1] == plan.start_q_rad == plain.start_q_rad
    assert plan.park_path_rad == plain.park_path_rad
    assert [plan.at(t) for t in (0.0, 3.3, plan.duration_s)] == [plain.at(t) for t in (0.0, 3.3, plain.duration_s)]


def refused(rest: Vector, robot: RobotModel | None = None) -> PlanError:
    with pytest.raises(PlanError) as caught:
        way_to_start(exact_plan("panda"), back_of(BODY), robot or arm_over("panda", BODY), rest)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_posture_at_a_joint_limit_is_refused_with_the_joint() -> None:
    plan, robot = exact_plan("panda"), arm_over("panda", BODY)
    rest = list(plan.park_path_rad[-1])
    rest[3] = float(robot.upper[3]) - 0.01
    error = refused(tuple(rest))
    assert error.got == f"joint {robot.arm.joint_names[3]} at {rest[3]:.4f} rad"
    assert error.allowed.endswith(f"{float(robot.upper[3]) - np.radians(1.0):.4f} rad")


@pytest.mark.parametrize("rest", [(0.0,) * 6, (float("nan"),) * 7, (0.0, float("inf"), *(0.0,) * 5)])
def test_what_is_no_posture_of_the_arm_is_refused(rest: Vector) -> None:
    assert refused(rest).allowed == "7 finite angles [rad]"


def test_a_posture_too_near_to_the_skin_is_refused_with_the_place() -> None:
    """In mid stroke the pad is on the skin."""
    plan = exact_plan("panda")
    error = refused(plan.at(0.5 * (plan.segments[0].start_s + plan.segments[0].end_s)).posture_rad)
    assert "the rest posture, x " in error.where
    assert error.got.endswith("mm too low over the skin")


def test_no_clear_way_is_refused_with_what_is_in_the_way() -> None:
    """Between these limits the arm can do little else than drive straight."""
    wide, start = arm_over("panda", BODY), np.array(exact_plan("panda").start_q_rad)
    lower, upper = np.minimum(OVER_BASE, start) - 0.03, np.maximum(OVER_BASE, start) + 0.03
    narrow = replace(wide.arm, lower_rad=tuple(lower.tolist()), upper_rad=tuple(upper.tolist()))
    error = refused(OVER_BASE, RobotModel(narrow, wide.placement))
    assert error.where.startswith("the way from the rest posture to the plan's start, on the straight leg at x ")
    assert error.got == "no clear way (there the arm 12 mm too low over the plane of the base)"
    assert "pad 10 mm and links 30 mm off the skin" in error.allowed
