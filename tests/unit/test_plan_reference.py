"""A plan as a function of time: smooth, along the normal, at rest at the ends, complete."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from controller.types import Phase
from tests.plan_cases import SHORT, arm_over, back_of, body_named, program_of, short_plan
from trajectories.planner import plan_session
from trajectories.techniques.fields import TOUCH_FORCE_N

BODY = "median_f"


def joins() -> np.ndarray:
    return short_plan().starts_s[1:-1]


def test_phases_in_order_for_every_stroke() -> None:
    plan = short_plan()
    one = [Phase.TRANSFER, Phase.APPROACH, Phase.WORK, Phase.LIFT]
    assert list(plan.phases) == one + one + [Phase.TRANSFER]
    assert [segment.name for segment in plan.segments] == ["circles", "kneading"]
    assert plan.segment_of_piece == (0, 0, 0, 0, 1, 1, 1, 1, 1)


def test_work_times_and_holds_are_where_the_phases_change() -> None:
    plan = short_plan()
    assert len(plan.hold_times_s) == len(plan.segments)
    for hold, segment in zip(plan.hold_times_s, plan.segments, strict=True):
        assert hold == segment.start_s
        assert plan.at(hold - 1e-6).phase is Phase.APPROACH
        assert plan.at(hold).phase is Phase.WORK
        assert plan.at(segment.end_s - 1e-6).phase is Phase.WORK
        assert plan.at(segment.end_s).phase is Phase.LIFT


def test_time_is_clamped() -> None:
    plan = short_plan()
    assert plan.at(-1.0) == plan.at(0.0)
    assert plan.at(math.nan) == plan.at(0.0)
    assert plan.at(1e9) == plan.at(plan.duration_s)
    assert plan.at(0.0).posture_rad == pytest.approx(plan.start_q_rad)


def test_same_time_same_reference_and_same_inputs_same_plan() -> None:
    plan = short_plan()
    again = plan_session(SHORT, *body_named(BODY), arm_over("servo7", BODY))
    for t in (0.0, 3.21, 11.1, plan.duration_s):
        assert plan.at(t) == plan.at(t) == again.at(t)


@pytest.mark.parametrize("join", range(8))
def test_everything_is_at_rest_and_continuous_where_pieces_meet(join: int) -> None:
    plan, t = short_plan(), float(joins()[join])
    left, right = plan.at(t - 1e-9), plan.at(t)
    assert left.position_m == pytest.approx(right.position_m, abs=1e-9)
    assert left.quaternion_xyzw == pytest.approx(right.quaternion_xyzw, abs=1e-9)
    assert left.posture_rad == pytest.approx(right.posture_rad, abs=1e-8)
    assert left.pads[0].normal_w == pytest.approx(right.pads[0].normal_w, abs=1e-9)
    assert left.pads[0].press_n == pytest.approx(right.pads[0].press_n, abs=1e-7)
    for reference in (left, right):
        assert np.abs(reference.twist).max() < 1e-6
        assert np.abs(reference.acceleration).max() < 1e-3
        assert abs(reference.pads[0].press_rate_n_per_s) < 1e-4


def test_twist_and_acceleration_are_the_derivatives_of_the_pose() -> None:
    plan, step = short_plan(), 1e-4
    for t in np.arange(0.5, plan.duration_s - 0.5, 0.217):
        before, here, after = (plan.at(t + d) for d in (-step, 0.0, step))
        velocity = (np.array(after.position_m) - np.array(before.position_m)) / (2.0 * step)
        np.testing.assert_allclose(velocity, here.twist[:3], atol=1e-6)
        turn = Rotation.from_quat(after.quaternion_xyzw) * Rotation.from_quat(before.quaternion_xyzw).inv()
        np.testing.assert_allclose(turn.as_rotvec() / (2.0 * step), here.twist[3:], atol=1e-5)
        change = (np.array(after.twist) - np.array(before.twist)) / (2.0 * step)
        np.testing.assert_allclose(change, here.acceleration, atol=2e-3)
        rate = (after.pads[0].press_n - before.pads[0].press_n) / (2.0 * step)
        assert rate == pytest.approx(here.pads[0].press_rate_n_per_s, abs=1e-3)


def test_acceleration_is_continuous_everywhere() -> None:
    plan, step = short_plan(), 1e-6
    times = np.concatenate([0.01 * np.arange(1, 100 * plan.duration_s - 2), joins()])
    jumps = [
        np.abs(np.array(plan.at(t + step).acceleration) - np.array(plan.at(t - step).acceleration)).max() for t in times
    ]
    assert max(jumps) < 1e-3


def test_the_tool_points_into_the_skin_while_working() -> None:
    plan, back = short_plan(), back_of(BODY)
    for segment in plan.segments:
        for t in np.arange(segment.start_s, segment.end_s, 0.1):
            reference = plan.at(t)
            axis = Rotation.from_quat(reference.quaternion_xyzw).as_matrix()[:, 2]
            normal = np.array(reference.pads[0].normal_w)
            foot = np.array(reference.position_m) - (0.018 - 0.007) * normal
            true = back.skin.normal(foot[0], foot[1])[0]
            assert foot[2] == pytest.approx(float(back.skin.height(foot[0], foot[1])[0]), abs=1e-4)
            assert math.degrees(math.acos(min(1.0, float(normal @ true)))) < 0.3
            assert math.degrees(math.acos(min(1.0, float(-axis @ true)))) < 6.0
            assert np.linalg.norm(reference.quaternion_xyzw) == pytest.approx(1.0)


def test_tool_turns_no_faster_than_planned() -> None:
    plan = short_plan()
    fastest = max(np.linalg.norm(plan.at(t).twist[3:]) for t in np.arange(0.0, plan.duration_s, 0.02))
    assert fastest <= 1.1


def test_press_is_wanted_only_from_approach_to_lift() -> None:
    plan = short_plan()
    for t in np.arange(0.0, plan.duration_s, 0.05):
        reference = plan.at(t)
        if reference.phase is Phase.TRANSFER:
            assert reference.pads[0].press_n == pytest.approx(0.0, abs=1e-9)
        assert reference.pads[0].press_n >= 0.0
    for hold in plan.hold_times_s:
        assert plan.at(hold).pads[0].press_n == pytest.approx(TOUCH_FORCE_N)


def test_free_motion_stays_off_the_skin_and_slow() -> None:
    plan, back = short_plan(), back_of(BODY)
    for t in np.arange(0.0, plan.duration_s, 0.05):
        reference = plan.at(t)
        if reference.phase is Phase.TRANSFER:
            point = np.array([reference.position_m])
            gap = np.linalg.norm(point - back.skin.foot(point)) - 0.018
            assert gap > 0.023
            assert np.linalg.norm(reference.twist[:3]) <= 0.1505


@pytest.mark.parametrize(("arm", "joints"), [("servo7", 7), ("panda", 7), ("six", 6)])
def test_posture_follows_the_pose_within_limits_on_any_arm(arm: str, joints: int) -> None:
    plan, robot = short_plan(arm), arm_over(arm, BODY)
    assert len(plan.start_q_rad) == joints
    for t in np.arange(0.0, plan.duration_s, 0.11):
        reference = plan.at(t)
        q = np.array(reference.posture_rad)
        position, rotation = robot.tool_pose(q)
        assert np.linalg.norm(position - reference.position_m) < 1e-3
        turn = Rotation.from_matrix(rotation).inv() * Rotation.from_quat(reference.quaternion_xyzw)
        assert math.degrees(turn.magnitude()) < 1.0
        assert np.minimum(q - robot.lower, robot.upper - q).min() > math.radians(2.0)
    assert plan.facts.smallest_singular >= 0.02
    assert plan.facts.joint_speed_share <= 1.0


def test_segment_numbers() -> None:
    circles, kneading = short_plan().segments
    assert (circles.technique, circles.side, circles.force_target_n) == ("paraspinal_circles", "left", 18.0)
    assert circles.ceiling_n == 40.0
    assert (kneading.region, kneading.side, kneading.force_target_n) == (
        "upper_trapezius",
        "right",
        pytest.approx(20.0, abs=0.3),
    )
    for segment in (circles, kneading):
        assert segment.stiffness_n_per_m >= 4000.0
        assert segment.surface_speed_m_s > 0.0079
        assert 1.0 < segment.lambda_n_kg < 20.0
        assert segment.end_s > segment.start_s


def test_effective_mass_is_the_largest_over_the_stroke() -> None:
    plan, robot = short_plan(), arm_over("servo7", BODY)
    segment = plan.segments[0]
    masses = []
    for t in np.arange(segment.start_s, segment.end_s, 0.25):
        reference = plan.at(t)
        masses.append(robot.effective_mass(np.array(reference.posture_rad), np.array(reference.pads[0].normal_w)))
    assert segment.lambda_n_kg == pytest.approx(max(masses), rel=0.02)


def test_breathing_is_slower_below_the_thorax() -> None:
    low = program_of(lower="L5S1", upper="L3", radius_m=0.012, creep_m_s=0.02)
    segment = plan_session(low, *body_named(BODY), arm_over("servo7", BODY)).segments[0]
    assert segment.surface_speed_m_s < 0.0079 + 0.002
    assert segment.stiffness_n_per_m >= 6500.0


def test_rotation_rates_of_a_quaternion_whose_length_changes() -> None:
    """A made-up plan of one polynomial with strong changes of the quaternion's length."""
    random = np.random.default_rng(4)
    coefficients = 0.3 * random.normal(size=(1, 12, 6))
    coefficients[0, 3:7, 0] = (0.3, -0.2, 0.5, 0.9)
    coefficients[0, 7:10, 0] = (0.0, 0.0, 2.0)
    made = replace(
        short_plan(),
        duration_s=1.0,
        phases=(Phase.WORK,),
        segment_of_piece=(0,),
        starts_s=np.array([0.0, 1.0]),
        spacings_s=np.array([1.0]),
        first_intervals=np.array([0, 1], dtype=np.int64),
        coefficients=coefficients,
    )
    step = 1e-5
    for t in (0.2, 0.5, 0.8):
        before, here, after = (made.at(t + d) for d in (-step, 0.0, step))
        turn = Rotation.from_quat(after.quaternion_xyzw) * Rotation.from_quat(before.quaternion_xyzw).inv()
        np.testing.assert_allclose(turn.as_rotvec() / (2.0 * step), here.twist[3:], rtol=1e-6, atol=1e-6)
        change = (np.array(after.twist) - np.array(before.twist)) / (2.0 * step)
        np.testing.assert_allclose(change, here.acceleration, rtol=1e-5, atol=1e-5)
        assert np.linalg.norm(here.quaternion_xyzw) == pytest.approx(1.0)
        assert np.linalg.norm(here.pads[0].normal_w) == pytest.approx(1.0)
