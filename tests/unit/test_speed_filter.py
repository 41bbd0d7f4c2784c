"""The filter of the stop laws' speeds, and the pull that closes a loop over them."""

import math
from dataclasses import replace

import pytest

from controller.safety.outward_pull import UNLOAD_BRAKE_N, OutwardPull
from controller.safety.speed_filter import SpeedFilter
from tests.gate_cases import soft_gains


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


def test_the_pull_is_a_speed_loop_between_brake_and_largest_pull() -> None:
    pull = OutwardPull(soft_gains(unload_damping_ns_per_m=100.0), 1e-3)
    assert pull.step(0.02, 0.05, 12.0) == pytest.approx(3.0)
    assert pull.step(-1.0, 0.05, 12.0) == 12.0
    assert pull.step(0.07, 0.05, 12.0) == pytest.approx(-2.0)
    assert pull.step(1.0, 0.05, 12.0) == -UNLOAD_BRAKE_N == -4.0
    assert pull.step(0.05, 0.05, 0.0) == 0.0


def test_the_pull_of_an_arm_that_is_held_grows_to_the_largest_and_falls_again() -> None:
    pull = OutwardPull(soft_gains(unload_damping_ns_per_m=20.0, unload_spring_n_per_m=200.0), 1e-3)
    found = [pull.step(0.0, 0.05, 6.0) for _ in range(1000)]
    assert found[:3] == pytest.approx([1.01, 1.02, 1.03])
    assert found[-1] == 6.0
    assert pull.step(0.05, 0.05, 6.0) == 6.0
    assert pull.step(0.05, 0.05, 2.0) == 2.0, "no more is kept than what may be pulled"
    assert pull.step(0.05, 0.05, 6.0) == pytest.approx(2.0)
    pull.clear()
    assert pull.step(0.05, 0.05, 6.0) == 0.0


def test_the_pull_of_a_stuck_tool_grows_at_a_rate_of_its_own_until_it_moves() -> None:
    gains = soft_gains(unload_damping_ns_per_m=10.0, unload_spring_n_per_m=20.0, unload_stuck_n_per_s=30.0)
    pull = OutwardPull(gains, 1e-3)
    assert [pull.step(0.0, 0.05, 6.0) for _ in range(2)] == pytest.approx([0.53, 0.56])
    assert pull.step(-0.01, 0.05, 6.0) == pytest.approx(0.69), "pushed in it is stuck as well"
    assert pull.step(0.0099, 0.05, 6.0) == pytest.approx(0.12 + 0.401)
    assert pull.step(0.0101, 0.05, 6.0) == pytest.approx(0.12 + 0.399 + 20.0 * 39.9e-6), (
        "above a fifth of the speed it moves"
    )
    assert pull.step(-2.0, 0.05, 6.0) == 6.0
    assert pull.step(math.nan, 0.05, 6.0) != 6.0
    held = OutwardPull(gains, 1e-3)
    assert [held.step(0.0, 0.05, 6.0) for _ in range(1000)][-1] == 6.0
    fast = OutwardPull(replace(gains, unload_spring_n_per_m=1e3), 1e-3)
    assert fast.step(0.0, 0.05, 6.0) == pytest.approx(0.55), "the faster of the two"


def test_a_tool_that_has_gone_too_far_is_not_pulled_back() -> None:
    pull = OutwardPull(soft_gains(unload_damping_ns_per_m=20.0, unload_spring_n_per_m=200.0), 1e-3)
    for _ in range(500):
        assert pull.step(1.0, 0.05, 6.0) == -4.0
    assert pull.step(0.05, 0.05, 6.0) == pytest.approx(0.0)


def test_a_speed_that_is_no_number_is_not_remembered() -> None:
    pull = OutwardPull(soft_gains(unload_damping_ns_per_m=20.0, unload_spring_n_per_m=200.0), 1e-3)
    pull.step(math.nan, 0.05, 6.0)
    assert pull.step(0.05, 0.05, 6.0) == 0.0
