"""Paraspinal circles: radius, rate, turning, side, creeping, force."""

import numpy as np
import pytest

from controller.errors import PlanError
from tests.plan_cases import CIRCLES, back_of, replace_in
from trajectories.techniques.fields import TOUCH_FORCE_N
from trajectories.techniques.paraspinal_circles import paraspinal_circles
from trajectories.techniques.timing import STEP_S

BODY = "stocky_f"


def circles(**changes: object) -> tuple[np.ndarray, np.ndarray, float]:
    stroke = replace_in(CIRCLES, **{"lower": "L3", **changes})
    path = paraspinal_circles(stroke, back_of(BODY))
    return path.only_feet_xy_m, path.only_press_n, path.slowest_rate


def relative(feet: np.ndarray, **changes: object) -> np.ndarray:
    """Feet relative to the creeping centre, in the middle of the stroke, where creeping is steady."""
    stroke = replace_in(CIRCLES, **{"lower": "L3", **changes})
    middle = slice(150, len(feet) - 150)
    way = stroke.creep_m_s * STEP_S * np.arange(len(feet))[middle]
    x = feet[middle, 0] - way if stroke.direction == "up" else feet[middle, 0] + way
    side = 1.0 if stroke.side == "left" else -1.0
    y = feet[middle, 1] - back_of(BODY).spine.y(feet[middle, 0]) - side * stroke.lateral_offset_m
    return np.column_stack([x - 0.5 * (x.max() + x.min()), y])


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("turning", "sense"), [("counterclockwise", 1.0), ("clockwise", -1.0)])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_radius_rate_and_turning(side: str, turning: str, sense: float, direction: str) -> None:
    changes = {"side": side, "turning": turning, "direction": direction, "rate_hz": 0.5, "radius_m": 0.014}
    feet, _, slowest = circles(**changes)
    assert slowest == 1.0
    around = relative(feet, **changes)
    np.testing.assert_allclose(np.hypot(*around.T), 0.014, atol=2e-4)
    angle = np.unwrap(np.arctan2(around[:, 1], around[:, 0]))
    rate = (angle[-1] - angle[0]) / (2.0 * np.pi * STEP_S * (len(angle) - 1))
    assert rate == pytest.approx(sense * 0.5, rel=0.01)


def test_creeps_the_right_way_between_the_landmarks() -> None:
    back = back_of(BODY)
    up, _, _ = circles(direction="up")
    down, _, _ = circles(direction="down")
    assert up[-1, 0] > up[0, 0]
    np.testing.assert_allclose([down[0, 0], down[-1, 0]], [up[-1, 0], up[0, 0]], atol=1e-6)
    margin = 0.005
    assert up[:, 0].min() >= back.spine_x("L3") + margin - 1e-3
    assert up[:, 0].max() <= back.spine_x("T9") - margin + 1e-3


def test_sides_are_mirrored() -> None:
    left, _, _ = circles(side="left", turning="counterclockwise")
    right, _, _ = circles(side="right", turning="clockwise")
    np.testing.assert_allclose(left * [1.0, -1.0], right, atol=1e-5)


def test_force_begins_and_ends_at_a_touch_and_reaches_what_is_asked() -> None:
    _, press, _ = circles(force_n=19.0)
    assert press[0] == pytest.approx(TOUCH_FORCE_N)
    assert press[-1] == pytest.approx(TOUCH_FORCE_N)
    assert press.max() == pytest.approx(19.0)
    assert press.min() >= TOUCH_FORCE_N - 1e-9
    assert np.abs(np.diff(press)[[0, -1]]).max() < 1e-6


def test_begins_and_ends_at_rest() -> None:
    feet, _, _ = circles()
    assert np.abs(np.diff(feet, 2, axis=0)[[0, -1]]).max() / STEP_S**2 < 1e-3


def test_slows_down_where_the_skin_curves() -> None:
    back = back_of(BODY)
    feet, _, slowest = circles(rate_hz=1.5, radius_m=0.025, lateral_offset_m=0.045)
    assert slowest < 0.9
    speed = np.linalg.norm(np.gradient(feet, STEP_S, axis=0), axis=1)
    assert (speed**2 * back.skin.curvature(*feet.T)).max() <= 0.13 * 1.02


def test_a_stretch_too_short_for_two_circles_is_refused() -> None:
    with pytest.raises(PlanError, match=r"'circles' at the stretch from 0\.4 to 0\.45.*at least .* cm \(two circles\)"):
        circles(lower=0.4, upper=0.45)
