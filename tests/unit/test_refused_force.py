"""A refusal of a force names the force that passes; numbers in refusals differ where they are compared."""

import math
import re

import pytest

from controller.bounds import refuse_too_long, refuse_unbounded, stroke_bounds
from controller.errors import PlanError
from controller.passing_force import largest_passing_n
from controller.session_limits import session_limits
from controller.wording import distinct_decimals, distinct_digits
from tests.plan_cases import arm_over, body_named, program_of
from trajectories.planner import plan_session


def judge(force_n: float) -> None:
    robot = arm_over("servo7", "median_f")
    plan = plan_session(program_of(force_n=force_n, creep_m_s=0.06), *body_named("median_f"), robot)
    refuse_unbounded(stroke_bounds(plan, robot, session_limits(plan, robot)))


def test_the_force_that_a_refusal_names_passes_and_a_little_more_does_not() -> None:
    with pytest.raises(PlanError) as caught:
        judge(39.0)
    found = re.fullmatch(r"lower the stroke's force to (\d+\.\d) N or less, which passes", caught.value.todo)
    assert found is not None
    passing_n = float(found[1])
    judge(passing_n)
    with pytest.raises(PlanError, match=f"{passing_n:.1f} N or less"):
        judge(passing_n + 0.2)


@pytest.mark.parametrize(("slope", "expected"), [(1.0, 30.0), (1.2, 25.0), (4.0, 7.5)])
def test_the_largest_passing_force_is_found(slope: float, expected: float) -> None:
    assert largest_passing_n(lambda n: slope * n, 30.0, 45.0) == pytest.approx(expected)


def test_no_force_passes_where_even_a_light_touch_does_not() -> None:
    assert math.isnan(largest_passing_n(lambda n: 40.0 + n, 40.0, 39.0))
    assert math.isnan(largest_passing_n(lambda _: math.nan, 40.0, 39.0))


def test_a_plan_longer_than_a_session_may_last_is_refused() -> None:
    class Long:
        duration_s = 3599.0
        segments = ()

    refuse_too_long(Long())
    Long.duration_s = math.nan
    with pytest.raises(PlanError):
        refuse_too_long(Long())
    Long.duration_s = 3600.004
    with pytest.raises(PlanError, match=r"a session of 3600\.004 s .*at most 3600 s"):
        refuse_too_long(Long())


@pytest.mark.parametrize(
    ("got", "allowed", "texts"),
    [
        (7.396, 7.4, ("7.396", "7.4")),
        (7.2, 7.4, ("7.2", "7.4")),
        (7.4, 7.4, ("7.4", "7.4")),
        (40.2, 40.0, ("40.2", "40")),
        (math.nan, 1.0, ("nan", "1")),
    ],
)
def test_numbers_that_differ_read_differently(got: float, allowed: float, texts: tuple[str, str]) -> None:
    assert distinct_decimals(got, allowed, 1) == texts


def test_digits_too() -> None:
    assert distinct_digits(40.004, 40.0, 4) == ("40.004", "40")
    assert distinct_digits(math.nan, 1.0, 4) == ("nan", "1")
