"""Joint friction that the gate's caps leave no force to overcome is refused by name."""

from dataclasses import replace

import pytest

from controller.bounds import law_settings, stroke_bounds
from controller.errors import PlanError
from controller.joint_drag import FRICTION_SPREAD, drag_n, refuse_dragging
from controller.law.gains import LawSettings
from controller.law_fit import TEMPOS, at_tempo
from controller.robot import RobotModel
from controller.safety.limits import GateLimits
from controller.session_limits import TANGENTIAL_BASE_N, session_limits
from tests.plan_cases import arm_over, short_plan
from trajectories.plan import Plan

TOUCH_N = LawSettings().touch_n


@pytest.fixture(scope="module")
def plan() -> Plan:
    return short_plan()


def dragging(times: float) -> RobotModel:
    robot = arm_over("servo7", "median_f")
    robot.arm = replace(robot.arm, friction_nm=tuple(times * friction for friction in robot.arm.friction_nm))
    return robot


@pytest.fixture(scope="module")
def limits(plan: Plan) -> GateLimits:
    return session_limits(plan, dragging(1.0))


def test_the_shipped_arm_drags_little(plan: Plan, limits: GateLimits) -> None:
    refuse_dragging(plan, dragging(1.0), limits, TOUCH_N)


def test_friction_scales_what_the_tool_feels(plan: Plan) -> None:
    segment = plan.segments[0]
    once, thrice = drag_n(plan, dragging(1.0), segment), drag_n(plan, dragging(3.0), segment)
    assert thrice == pytest.approx([3.0 * force for force in once])
    assert min(once) > 0.5


def test_joints_that_hold_the_tool_back_are_refused_by_direction(plan: Plan, limits: GateLimits) -> None:
    robot = dragging(1.0)
    along, across = (FRICTION_SPREAD * max(drag_n(plan, robot, row)[axis] for row in plan.segments) for axis in (0, 1))
    assert across < TANGENTIAL_BASE_N
    for share in (0.99, 1.01):
        rows = (
            ("along the press axis", replace(limits, free_press_n=TOUCH_N + share * along)),
            ("across the press axis", replace(limits, tangential_n=share * across)),
        )
        for words, tight in rows:
            if share > 1.0:
                refuse_dragging(plan, robot, tight, TOUCH_N)
                continue
            with pytest.raises(PlanError, match=words) as caught:
                refuse_dragging(plan, robot, tight, TOUCH_N)
            assert "joint friction of up to" in str(caught.value)


def test_friction_is_held_against_what_the_caps_leave_beside_the_skins_own(plan: Plan, limits: GateLimits) -> None:
    with pytest.raises(PlanError, match="the tool, a"):
        refuse_dragging(plan, dragging(10.0), replace(limits, tangential_n=1e3), TOUCH_N)


def test_a_limit_that_is_no_number_is_refused(plan: Plan, limits: GateLimits) -> None:
    with pytest.raises(PlanError):
        refuse_dragging(plan, dragging(1.0), replace(limits, free_press_n=float("nan")), TOUCH_N)


@pytest.mark.parametrize("times", [1.0, 4.0])
def test_the_descent_is_felt_on_the_skin_at_every_tempo(plan: Plan, times: float) -> None:
    robot = dragging(times)
    bounds = stroke_bounds(plan, robot, session_limits(plan, robot))
    left_n = FRICTION_SPREAD * max(row.friction_n for row in bounds)
    for tempo in TEMPOS:
        found = at_tempo(law_settings(bounds), tempo)
        held_n = found.approach_speed_m_s * min(found.approach_damping_ns_per_m, found.approach_damping_least_ns_per_m)
        assert held_n >= found.touch_n + (1.0 - found.friction_gain) * left_n - 1e-9
