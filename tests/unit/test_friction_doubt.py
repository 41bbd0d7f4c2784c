"""What friction may hide at a joint: nothing where the joint moves the way that what is missing lets it."""

from __future__ import annotations

import math

import pytest

from controller.safety.friction_doubt import MOVING_RAD_S, RATE_PER_S, FrictionDoubt
from controller.types import Vector

DT_S = 1e-3
MOST_NM = (2.0, 0.5)
FULL_PERIODS = round(1.0 / (RATE_PER_S * DT_S))


def _after(missing_nm: Vector, dq_rad_s: Vector, periods: int, doubt: FrictionDoubt | None = None) -> Vector:
    doubt = doubt or FrictionDoubt(MOST_NM, DT_S)
    for _ in range(periods):
        doubt.step(missing_nm, dq_rad_s)
    return doubt.nm


def test_a_joint_that_stands_may_be_held_by_friction() -> None:
    assert _after((5.0, -5.0), (MOVING_RAD_S, -MOVING_RAD_S), 1000) == MOST_NM


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_joint_that_moves_against_what_is_missing_is_not(sign: float) -> None:
    missing, falling = (5.0 * sign, -5.0 * sign), (-0.06 * sign, 0.06 * sign)
    assert _after(missing, falling, FULL_PERIODS // 2) == pytest.approx((1.0, 0.25))
    assert _after(missing, falling, 10 * FULL_PERIODS) == (0.0, 0.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_joint_that_moves_with_what_is_missing_is_again(sign: float) -> None:
    doubt = FrictionDoubt(MOST_NM, DT_S)
    missing = (5.0 * sign, 5.0 * sign)
    assert _after(missing, (-0.06 * sign, -0.06 * sign), FULL_PERIODS, doubt) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert _after(missing, (0.06 * sign, 0.0), FULL_PERIODS // 5, doubt) == pytest.approx((0.4, 0.0), abs=1e-9)
    assert _after(missing, (0.06 * sign, 0.06 * sign), 2 * FULL_PERIODS, doubt) == MOST_NM


@pytest.mark.parametrize(
    ("missing_nm", "dq_rad_s"),
    [((5.0, 5.0), (math.nan, math.nan)), ((math.nan, 0.0), (-1.0, -1.0)), ((5.0, 5.0), ()), ((), (-1.0, -1.0)),
     ((5.0,) * 3, (-1.0,) * 3)],
)  # fmt: skip
def test_what_is_not_known_changes_nothing(missing_nm: Vector, dq_rad_s: Vector) -> None:
    assert _after(missing_nm, dq_rad_s, 100) == MOST_NM


def test_it_begins_anew_where_it_is_told_to() -> None:
    doubt = FrictionDoubt(MOST_NM, DT_S)
    _after((5.0, 5.0), (-1.0, -1.0), FULL_PERIODS, doubt)
    doubt.clear()
    assert doubt.nm == MOST_NM
