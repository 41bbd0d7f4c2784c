"""What a stroke path may hold, and what of it the planner refuses for now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controller.errors import PlanError
from controller.types import Contact, Region
from tests.plan_cases import arm_over, back_of, short_plan
from trajectories.planner import plan_paths
from trajectories.techniques.stroke_path import StrokePath
from trajectories.techniques.timing import STEP_S
from trajectories.tool_pose import poses_on_skin, tool_rotation, turned_about_normal

BODY = "median_f"
FEET, PRESS = np.tile([0.25, 0.04], (11, 1)), np.full(11, 10.0)
MOVING = FEET[:, None] + np.array([0.004 * STEP_S, 0.0]) * np.minimum(np.arange(11), 5)[:, None, None]
PATH = StrokePath.of_one_pad("spot", "circles", "left", frozenset(Region), (FEET, PRESS, 1.0))


def test_one_pad_stands_in_the_middle_axis() -> None:
    assert PATH.feet_xy_m.shape == (11, 1, 2)
    assert PATH.press_n.shape == (11, 1)
    np.testing.assert_array_equal(PATH.only_feet_xy_m, FEET)
    np.testing.assert_array_equal(PATH.only_press_n, PRESS)
    assert not PATH.yaw_rad.any()


@pytest.mark.parametrize(
    ("changes", "got", "allowed"),
    [
        ({"feet_xy_m": np.zeros((11, 2, 2)), "press_n": np.ones((11, 2))}, "2 pads", "1 pad"),
        ({"contact": Contact.INTERMITTENT}, "intermittent contact", "continuous contact"),
        ({"feet_xy_m": MOVING}, "4.0 mm/s at an end", "rest at both ends (1 mm/s)"),
        ({"feet_xy_m": MOVING[::-1]}, "4.0 mm/s at an end", "rest at both ends (1 mm/s)"),
    ],
)
def test_the_planner_refuses_what_it_cannot_plan_yet(changes: dict[str, object], got: str, allowed: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_paths([replace(PATH, **changes)], back_of(BODY), arm_over("servo7", BODY))
    assert (caught.value.segment, caught.value.got, caught.value.allowed) == ("spot", got, allowed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"feet_xy_m": np.zeros((10, 1, 2))},
        {"feet_xy_m": FEET},
        {"press_n": PRESS},
        {"press_n": np.full((11, 2), 10.0)},
        {"yaw_rad": np.zeros(10)},
        {"yaw_rad": np.full(11, np.nan)},
        {"press_n": np.full((11, 1), np.inf)},
        {"feet_xy_m": np.full((11, 1, 2), np.nan)},
        {"feet_xy_m": FEET[:1, None], "press_n": PRESS[:1, None], "yaw_rad": np.zeros(1)},
    ],
)
def test_arrays_that_do_not_fit_or_are_no_numbers_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(PlanError, match="correct the technique"):
        replace(PATH, **changes)


def test_a_turn_of_zero_changes_no_bit_and_others_turn_from_cranial_to_the_left() -> None:
    normal = np.array([[0.1, -0.2, 0.97], [0.0, 0.0, 1.0]])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    rotation = tool_rotation(normal, 0.7)
    assert turned_about_normal(rotation, np.zeros(2)).tobytes() == rotation.tobytes()
    level = turned_about_normal(tool_rotation(normal[1:], 0.0), np.array([0.25]))
    np.testing.assert_allclose(level, tool_rotation(normal[1:], 0.25), atol=1e-15)


def test_poses_keep_their_own_turn_in_another_turn_of_the_session() -> None:
    back, yaw = back_of(BODY), np.linspace(0.0, 0.3, 11)
    again = poses_on_skin(FEET, back, 0.018, 0.0, yaw).in_yaw(1.2)
    wanted = poses_on_skin(FEET, back, 0.018, 1.2, yaw)
    np.testing.assert_allclose(again.rotation, wanted.rotation, atol=1e-12)
    np.testing.assert_array_equal(again[3].yaw_rad, yaw[3:4])
    np.testing.assert_array_equal(again[3].raised(np.zeros(4)).yaw_rad, np.full(4, yaw[3]))


def test_segments_say_what_kind_of_contact_they_want() -> None:
    assert [segment.contact for segment in short_plan().segments] == [Contact.CONTINUOUS] * 2
