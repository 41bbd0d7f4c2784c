"""The filter of the stop laws' speeds."""

import math

import pytest

from controller.safety.speed_filter import SpeedFilter


def test_no_filter_gives_the_speeds_back() -> None:
    speeds = (0.1, math.nan)
    assert SpeedFilter(math.inf, 1e-3).step(speeds) is speeds


def test_it_begins_at_the_first_speeds_and_follows_as_two_low_passes() -> None:
    share = 1.0 - math.exp(-0.05)
    low = SpeedFilter(50.0, 1e-3)
    assert low.step((0.2, -0.4)) == pytest.approx((0.2, -0.4))
    first = (0.2 + share * (0.8 - 0.2), -0.4 + share * (0.4 + 0.4))
    assert low.step((0.8, 0.4)) == pytest.approx((0.2 + share * (first[0] - 0.2), -0.4 + share * (first[1] + 0.4)))
    low.clear()
    assert low.step((0.9, 0.9)) == pytest.approx((0.9, 0.9))
    assert low.step((0.3,)) == pytest.approx((0.3,)), "another number of joints begins anew"


def test_a_slow_swing_passes_and_a_fast_one_does_not() -> None:
    def size(rad_s: float) -> float:
        low = SpeedFilter(45.0, 1e-3)
        return max([abs(low.step((math.sin(rad_s * 1e-3 * k),))[0]) for k in range(4000)][2000:])

    assert size(3.0) > 0.98
    assert size(340.0) == pytest.approx((45.0 / 340.0) ** 2, rel=0.1)


def test_a_joint_without_a_speed_gives_none_and_leaves_nothing_behind() -> None:
    low = SpeedFilter(50.0, 1e-3)
    assert low.step((math.nan, 0.2)) == pytest.approx((math.nan, 0.2), nan_ok=True)
    assert low.step((0.0, 0.2)) == pytest.approx((0.0, 0.2)), "it began at rest"
    low.step((0.4, 0.2))
    before = low.step((0.4, 0.2))[0]
    lost = low.step((math.inf, 0.2))
    assert lost[0] == math.inf
    assert before < low.step((0.4, 0.2))[0] < 0.4
