"""Gains of the stop laws as values: what would push instead of slowing down is refused."""

import math

import pytest

from controller.safety.limits import GateLimits
from tests.gate_cases import limits, soft_gains

NUMBERS = (
    "unload_damping_ns_per_m",
    "unload_spring_n_per_m",
    "unload_stuck_n_per_s",
    "drag_ns_per_m",
    "most_force_n",
    "learn_per_s",
)
VECTORS = ("float_damping_nms_per_rad", "most_damping_nm", "work_nm")


@pytest.mark.parametrize("value", [-0.001, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", [*NUMBERS, *VECTORS])
def test_what_is_negative_or_no_number_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="finite, none of them negative"):
        soft_gains(**{name: (*(1.0,) * 6, value) if name in VECTORS else value})


@pytest.mark.parametrize("name", [*NUMBERS, *VECTORS])
def test_nothing_is_a_gain(name: str) -> None:
    soft_gains(**{name: (0.0,) * 7 if name in VECTORS else 0.0})


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_a_filter_without_a_corner_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        soft_gains(speed_filter_rad_s=value)
    soft_gains(speed_filter_rad_s=0.001)


@pytest.mark.parametrize("name", VECTORS)
def test_gains_for_different_numbers_of_joints_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="one each per joint"):
        soft_gains(**{name: (1.0,) * 6})


@pytest.mark.parametrize(("joints", "is_refused"), [(-1, True), (0, False), (7, False), (8, True)])
def test_no_joints_drag_that_are_not_there(joints: int, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(ValueError, match="allowed: 0 to 7"):
            soft_gains(drag_joints=joints)
    else:
        assert soft_gains(drag_joints=joints).drag_joints == joints


def test_a_gate_wants_the_gains_of_its_own_joints() -> None:
    def made() -> GateLimits:
        return limits(stop=soft_gains(6))

    with pytest.raises(ValueError, match="got 6 values of joint damping; allowed: 7"):
        made()
