"""Every refusal of the planner names stroke, point, value, what is allowed and what to do."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from controller.errors import PlanError
from controller.robot import RobotModel
from controller.types import Region
from tests.plan_cases import (
    CIRCLES,
    arm_over,
    back_of,
    body_named,
    program_of,
    replace_in,
    slow_arm,
    stiff_necked_arm,
)
from trajectories.planner import default_placement, plan_session
from trajectories.reach.base_placement import reaches, standing_advice
from trajectories.reach.inverse_kinematics import Solver, Track
from trajectories.reach.posture_checks import PostureCheck
from trajectories.stroke_checks import check_stroke
from trajectories.techniques.paraspinal_circles import paraspinal_circles
from trajectories.techniques.stroke_path import StrokePath
from trajectories.tool_pose import poses_on_skin
from trajectories.transfer import work_piece

BODY = "median_f"
PLACE = r"x -?\d+\.\d cm, y -?\d+\.\d cm \(\d+ mm (left|right) of the spine, .*\)"


def refused(robot: RobotModel | None = None, **changes: object) -> PlanError:
    with pytest.raises(PlanError) as caught:
        plan_session(program_of(**changes), *body_named(BODY), robot or arm_over("servo7", BODY))
    message = str(caught.value)
    assert message.startswith("plan refused, stroke 'circles' at ")
    assert "\n" not in message
    assert caught.value.exit_code == 3
    return caught.value


def path_through(x: float, y: float, press_n: float = 10.0, allowed: frozenset[Region] | None = None) -> StrokePath:
    """A stroke of 11 points that stays in one place."""
    feet, press = np.tile([x, y], (11, 1)), np.full(11, press_n)
    everywhere = frozenset(Region) if allowed is None else allowed
    return StrokePath.of_one_pad("spot", "paraspinal_circles", "left", everywhere, (feet, press, 1.0))


def test_force_above_the_ceiling() -> None:
    error = refused(force_n=42.0)
    assert re.fullmatch(PLACE, error.where)
    assert re.fullmatch(r"4[0-2]\.\d N on thoracic_paraspinal", error.got)
    assert error.allowed == "at most 40 N there"


def test_force_at_the_ceiling_is_allowed() -> None:
    plan = plan_session(program_of(force_n=40.0), *body_named(BODY), arm_over("servo7", BODY))
    assert plan.segments[0].force_target_n == pytest.approx(40.0)


def test_keep_out() -> None:
    error = refused(lower="L3", lateral_offset_m=0.025, radius_m=0.025)
    assert re.fullmatch(PLACE, error.where)
    assert error.got.startswith("the keep-out spine_ridge within 5 mm of where it may be")


def test_off_the_body() -> None:
    with pytest.raises(
        PlanError, match=r"'spot' at x 20\.0 cm, y 27\.\d cm .*a point off the body.*move the stroke inward"
    ):
        check_stroke(path_through(0.2, 0.275), back_of("slim_f"), False)


def test_region_of_another_technique() -> None:
    back = back_of(BODY)
    only = frozenset({Region.UPPER_TRAPEZIUS})
    with pytest.raises(
        PlanError, match=r"got region thoracic_paraspinal; allowed: paraspinal_circles on upper_trapezius"
    ):
        check_stroke(path_through(back.spine_x("T9") + 0.02, 0.04, allowed=only), back, False)


def test_neck_base_only_where_enabled() -> None:
    back = back_of(BODY)
    path = path_through(back.spine_x("C7") + 0.008, 0.030)
    with pytest.raises(
        PlanError, match=r"got region neck_base; allowed: the neck base only where it is enabled.*allow_neck"
    ):
        check_stroke(path, back, False)
    assert Region.NECK_BASE in check_stroke(path, back, True)[0]
    too_hard = replace(path, press_n=np.full((11, 1), 16.0))
    with pytest.raises(PlanError, match=r"16\.0 N on neck_base; allowed: at most 15 N"):
        check_stroke(too_hard, back, True)


def test_an_edge_too_sharp_for_the_pad() -> None:
    back = back_of(BODY)
    bumpy = replace(back, skin=back.skin.displaced((0.0, 0.0, 0.0), 0.006, 0.03, 3))
    path = paraspinal_circles(replace_in(CIRCLES, lower="L5S1", upper="T3"), back)
    with pytest.raises(PlanError, match=r"got a skin radius of \d+ mm; allowed: at least 20 mm; keep the stroke off"):
        check_stroke(path, bumpy, False)


def test_out_of_reach_says_where_the_base_would_have_to_stand() -> None:
    error = refused(arm_over("servo7", BODY, (0.0, -0.6, 0.0)))
    assert re.fullmatch(PLACE + r", (work|transfer|approach|lift)", error.where)
    assert "out of reach" in error.got
    assert re.search(r"at most 1 (mm|deg)", error.allowed)
    moved = re.search(
        r"move the base from x -?\d+ cm, y -105 cm to x (-?\d+) cm, y (-?\d+) cm, yaw ([+-]90) deg", error.todo
    )
    assert moved is not None
    assert abs(int(moved[2])) <= 60
    assert (int(moved[2]) < 0) == (moved[3] == "+90")


def test_the_advised_place_reaches_the_point() -> None:
    """A base moved as advised reaches the pose with its own kinematics."""
    robot = arm_over("servo7", BODY, (0.6, -0.3, 0.0))
    solver = Solver(robot)
    pose = poses_on_skin(np.array([[0.05, 0.04]]), back_of(BODY), 0.018, math.pi / 2.0)
    position, rotation = pose.position_m[0], pose.rotation[0]
    assert not reaches(solver, position, rotation)
    advice = standing_advice(solver, robot.placement, position, rotation)
    x, y, yaw = re.search(r"to x (-?\d+) cm, y (-?\d+) cm, yaw ([+-]\d+) deg", advice).groups()
    half = 0.5 * math.radians(float(yaw))
    quaternion = (0.0, 0.0, math.sin(half), math.cos(half))
    there = replace(
        robot.placement,
        position_m=(float(x) / 100, float(y) / 100, robot.placement.position_m[2]),
        quaternion_xyzw=quaternion,
    )
    assert reaches(Solver(RobotModel(robot.arm, there)), position, rotation)


def test_no_place_at_all_is_said() -> None:
    robot = arm_over("servo7", BODY, (0.0, 0.0, 3.0))
    advice = standing_advice(Solver(robot), robot.placement, np.array([0.2, 0.0, 0.1]), np.diag([1.0, -1.0, -1.0]))
    assert "no base place" in advice


def test_joint_limit() -> None:
    """With the elbow held to a tenth of its range the arm ends at the limit, or misses the pose."""
    robot = stiff_necked_arm(arm_over("servo7", BODY), 3, 2.2, 2.5)
    error = refused(robot)
    assert re.search(r"joint4 -?\d+\.\d deg from its limit|out of reach", error.got)


def test_joint_speed() -> None:
    error = refused(slow_arm(arm_over("servo7", BODY), 0.05))
    assert re.fullmatch(r"a joint speed of \d+ % of its limit", error.got)
    assert error.allowed == "at most 100 %"
    assert "choose a slower stroke" in error.todo


@pytest.mark.parametrize(
    ("changes", "got", "allowed"),
    [
        ({"position_error_m": 0.0021}, "a pose missed by 2.1 mm (out of reach)", "at most 1 mm"),
        ({"angle_error_rad": math.radians(1.5)}, "a tool direction missed by 1.5 deg (out of reach)", "at most 1 deg"),
        ({"margin_rad": math.radians(1.9)}, "deg from its limit", "at least 2 deg"),
        ({"singular": 0.019}, "a smallest singular value of 0.019 (nearly singular)", "at least 0.02"),
        ({"position_error_m": math.nan}, "a pose missed by nan mm (out of reach)", "at most 1 mm"),
        ({"singular": math.nan}, "nan (nearly singular)", "at least 0.02"),
    ],
)
def test_each_limit_of_the_posture(changes: dict[str, float], got: str, allowed: str) -> None:
    robot = arm_over("servo7", BODY)
    back = back_of(BODY)
    poses = poses_on_skin(np.tile([0.2, 0.04], (11, 1)), back, 0.018, math.pi / 2.0)
    piece = work_piece(0, poses, np.full(11, 5.0))
    home = np.tile(robot.arm.home_rad, (3, 1))
    fine = Track(home, np.full(3, 1e-5), np.full(3, 1e-5), np.full(3, 0.2), np.full(3, 0.5))
    check = PostureCheck(robot, Solver(robot), back)
    check.check("circles", piece, fine)
    ((name, value),) = changes.items()
    values = getattr(fine, name).copy()
    values[1] = value
    with pytest.raises(PlanError) as caught:
        check.check("circles", piece, replace(fine, **{name: values}))
    assert got in caught.value.got
    assert caught.value.allowed == allowed
    assert "base" in caught.value.todo


def test_default_place() -> None:
    body, skin = body_named(BODY)
    place = default_placement(body, skin)
    x = 0.55 * body.landmarks["C7"][0]
    assert place.position_m == pytest.approx((x, -0.45, float(skin.height(x, 0.0)[0]) + 0.05))
    assert place.quaternion_xyzw == pytest.approx((0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5)))
