"""The default program on every body: planned, with margins, in the time a session is meant to take."""

import math

import pytest

from tests.plan_cases import arm_over, body_named
from trajectories.anatomy.body import body_names
from trajectories.planner import plan_session
from trajectories.programs.loader import load_program

ARM_OF = {"median_m": "panda", "muscular_m": "panda", "elderly_f": "servo7", "tall_m": "servo7"}
"""Two bodies with each arm here, the rest in the campaign."""
QUICK = [(body, arm) for body, arm in ARM_OF.items()]
REST = [(body, arm) for body in body_names() for arm in ("servo7", "panda") if ARM_OF.get(body) != arm]


def check_default(body: str, arm: str, error_m: float) -> None:
    figure, skin = body_named(body)
    believed = skin.displaced((error_m,) * 3, error_m, seed=1) if error_m else skin
    plan = plan_session(load_program("first_session"), figure, believed, arm_over(arm, body))
    assert 60.0 <= plan.facts.work_s <= 120.0
    assert math.degrees(plan.facts.joint_margin_rad) >= 5.0
    assert plan.facts.smallest_singular >= 0.05
    assert plan.facts.joint_speed_share <= 0.8
    assert len(plan.segments) == 6
    assert all(segment.force_target_n <= 0.6 * segment.ceiling_n for segment in plan.segments)


@pytest.mark.parametrize(("body", "arm"), QUICK)
@pytest.mark.parametrize("error_m", [0.0, 0.003])
def test_default_program(body: str, arm: str, error_m: float) -> None:
    check_default(body, arm, error_m)


@pytest.mark.campaign
@pytest.mark.parametrize(("body", "arm"), REST)
@pytest.mark.parametrize("error_m", [0.0, 0.003])
def test_default_program_on_the_rest(body: str, arm: str, error_m: float) -> None:
    check_default(body, arm, error_m)


@pytest.mark.parametrize("name", ["paraspinal_only", "shoulders_only", "spine_glides"])
def test_short_programs(name: str) -> None:
    plan = plan_session(load_program(name), *body_named("slim_f"), arm_over("servo7", "slim_f"))
    assert plan.facts.work_s < 40.0
