"""The free direction has an end: how far a pad may be beyond its planned place, along the planned inward normal."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from controller.safety.gate import Gate
from controller.safety.limits import GateLimits, PadLimits, PressLimits
from controller.safety.pads import beyond_m
from controller.safety.place_watch import PRESSING, PlaceWatch
from controller.safety.reaction import REACTIONS
from controller.types import (
    Action,
    Cause,
    Clearance,
    Command,
    ContactState,
    PadReference,
    Phase,
    Reference,
    StopReason,
    Vector3,
    Vector4,
)
from tests.gate_cases import TOOL_DOWN, TWO_PADS, command, limits, reference, state
from tests.pad_cases import ARM, OWN, around

T_S = 7.0
ALLOWED_M = 0.03125
PLANNED: Vector3 = (0.0, 0.0, 0.0)
SIDE: Vector3 = (0.0, 0.6, 0.8)
"""Outward normal of a flank."""


def _bounds(*depths_m: float) -> GateLimits:
    strokes = tuple(PressLimits((dataclasses.replace(OWN[0], depth_m=depth),), 60.0, 60.0, 1e3) for depth in depths_m)
    return limits(strokes=strokes)


def _stop(
    bounds: GateLimits,
    place_m: Vector3,
    *,
    phase: Phase = Phase.WORK,
    contact: ContactState = ContactState.WORK,
    segment: int = 0,
    normal: Vector3 = (0.0, 0.0, 1.0),
) -> StopReason | None:
    arm = dataclasses.replace(ARM, p_wt=place_m)
    asked = command(arm, arm.bias_nm, contact=contact, normal=normal)
    wanted = dataclasses.replace(reference(segment, normal=normal), phase=phase, position_m=PLANNED)
    return Gate(bounds, 1e-3).judge(asked, state(), wanted, T_S).stop


@pytest.mark.parametrize(("beyond_m", "is_stopped"), around(ALLOWED_M))
def test_a_pad_may_be_as_deep_as_its_stroke_says(beyond_m: float, is_stopped: bool) -> None:
    """Inward is down here: the deeper, the smaller z. High above the plan is no depth."""
    arm = dataclasses.replace(ARM, p_wt=(0.0, 0.0, -beyond_m))
    wanted = dataclasses.replace(reference(), position_m=PLANNED)
    stop = PlaceWatch(_bounds(ALLOWED_M)).depth(command(arm, arm.bias_nm), wanted, T_S)
    assert (stop is not None) is is_stopped
    if stop is not None:
        assert (stop.cause, stop.limit, stop.unit) == (Cause.DEPTH, "depth beyond the planned place", "m")
        assert (stop.value, stop.allowed) == pytest.approx((beyond_m, ALLOWED_M), rel=0.0, abs=0.0, nan_ok=True)
        assert stop.t_s == T_S
        assert stop.next_step == REACTIONS[Cause.DEPTH].next_step


def test_a_depth_that_is_no_number_stops_and_so_does_a_limit_that_is_none() -> None:
    """A place or a plan that is no number is found out by other checks too, so the limit is asked alone."""
    stop = _stop(_bounds(math.nan), PLANNED)
    assert stop is not None
    assert stop.cause is Cause.DEPTH
    wide = dataclasses.replace(_bounds(ALLOWED_M), workspace_low_m=(-9.0,) * 3, workspace_high_m=(9.0,) * 3)
    arm = dataclasses.replace(ARM, p_wt=(0.0, 0.0, 0.0))
    wanted = dataclasses.replace(reference(), position_m=(0.0, 0.0, math.nan))
    nowhere = Gate(wide, 1e-3).judge(command(arm, arm.bias_nm), state(), wanted, T_S).stop
    assert nowhere is not None
    assert nowhere.cause is Cause.DEPTH
    assert math.isnan(nowhere.value)


def test_the_depth_is_along_the_planned_normal() -> None:
    """Across the normal any way is free here; the path has a limit of its own."""
    deep = ALLOWED_M + 1e-6
    for place_m, is_stopped in (
        ((0.0, -0.6 * deep, -0.8 * deep), True),
        ((0.0, 0.6 * deep, 0.8 * deep), False),
        ((0.4, -0.8 * deep, 0.6 * deep), False),
        ((0.0, 0.0, -deep), False),
        ((0.0, 0.0, -1.3 * deep), True),
    ):
        assert (_stop(_bounds(ALLOWED_M), place_m, normal=SIDE) is not None) is is_stopped


def test_a_law_that_follows_a_wrong_normal_does_not_shorten_its_depth() -> None:
    tilt = (math.sin(0.3), 0.0, math.cos(0.3))
    deep = (0.0, 0.0, -1.02 * ALLOWED_M)
    arm = dataclasses.replace(ARM, p_wt=deep)
    wanted = dataclasses.replace(reference(), position_m=PLANNED)
    stop = Gate(_bounds(ALLOWED_M), 1e-3).judge(command(arm, arm.bias_nm, normal=tilt), state(), wanted, T_S).stop
    assert stop is not None
    assert stop.cause is Cause.DEPTH


@pytest.mark.parametrize("phase", list(Phase))
def test_the_depth_counts_where_force_owns_the_normal_and_nowhere_else(phase: Phase) -> None:
    stop = _stop(_bounds(ALLOWED_M), (0.0, 0.0, -0.05), phase=phase)
    assert (stop is not None) is (phase in (Phase.APPROACH, Phase.WORK)) is (phase in PRESSING)


@pytest.mark.parametrize("contact", list(ContactState))
def test_whatever_the_law_believes_of_the_contact_the_depth_ends(contact: ContactState) -> None:
    stop = _stop(_bounds(ALLOWED_M), (0.0, 0.0, -0.05), phase=Phase.APPROACH, contact=contact)
    assert stop is not None
    if contact is ContactState.APPROACH:
        assert (stop.cause, stop.limit) == (
            Cause.NO_CONTACT, "way beyond the planned place without touching the skin"
        )  # fmt: skip
    else:
        assert stop.cause is Cause.DEPTH
    assert (stop.value, stop.allowed, stop.unit, stop.t_s) == (0.05, ALLOWED_M, "m", T_S)


def test_every_stroke_has_its_own_depth() -> None:
    bounds = _bounds(0.02, 0.04)
    assert _stop(bounds, (0.0, 0.0, -0.03), segment=0) is not None
    assert _stop(bounds, (0.0, 0.0, -0.03), segment=1) is None


def test_a_pad_that_is_too_deep_parks_and_asks_for_somebody_at_the_arm() -> None:
    rule = REACTIONS[Cause.DEPTH]
    assert (rule.action, rule.clearance) == (Action.PARK, Clearance.OPERATOR_AT_ARM)


class TestTwoPads:
    """The depth of every pad of two is its own: place and lever count, of the tool and of the plan."""

    def _judge(
        self, place_m: Vector3, turn: Vector4 = TOOL_DOWN, planned: Vector4 = TOOL_DOWN, own: tuple[float, float] = (
            0.02, 0.03
        )
    ) -> StopReason | None:  # fmt: skip
        limited = tuple(
            PadLimits(pad.ceiling_n, pad.target_n, pad.margin_n, pad.trip_n, depth)
            for pad, depth in zip(OWN, own, strict=True)
        )
        bounds = limits(pads=TWO_PADS, strokes=(PressLimits(limited, 90.0, 90.0, 1e3),))
        arm = dataclasses.replace(ARM, p_wt=place_m, quaternion_wt=turn)
        one = command(arm, arm.bias_nm, press_n=8.0)
        asked: Command = dataclasses.replace(one, pads=one.pads * 2)
        wanted: Reference = dataclasses.replace(
            reference(),
            position_m=PLANNED,
            quaternion_xyzw=planned,
            pads=(PadReference((0.0, 0.0, 1.0), 10.0, 0.0),) * 2,
        )
        return Gate(bounds, 1e-3).judge(asked, state(), wanted, T_S).stop

    def test_each_has_its_own_limit_and_name(self) -> None:
        assert self._judge((0.0, 0.0, -0.019)) is None
        first = self._judge((0.0, 0.0, -0.025))
        assert first is not None
        assert (first.limit, first.allowed) == ("depth beyond the planned place, pad left", 0.02)
        second = self._judge((0.0, 0.0, -0.035), own=(0.04, 0.03))
        assert second is not None
        assert (second.limit, second.allowed) == ("depth beyond the planned place, pad right", 0.03)

    def test_a_tool_that_leans_is_deeper_on_one_side(self) -> None:
        """Turned by 0.2 rad about x from straight down, in both senses; the levers are 35 mm to the sides."""
        down = math.pi
        for angle in (0.2, -0.2):
            half = 0.5 * (down + angle)
            turn: Vector4 = (math.sin(half), 0.0, 0.0, math.cos(half))
            found = self._judge((0.0, 0.0, -0.015), turn=turn, own=(0.02, 0.02))
            assert found is not None
            deep_left = 0.015 - 0.035 * math.sin(down + angle)
            lever_z = 0.004 * math.cos(down + angle)
            deep_right = 0.015 + 0.035 * math.sin(down + angle) - lever_z - 0.004
            assert found.value == pytest.approx(max(deep_left, deep_right), abs=1e-9)
            assert found.limit.endswith("left" if deep_left > deep_right else "right")
            assert self._judge((0.0, 0.0, -0.015), turn=turn, planned=turn, own=(0.02, 0.02)) is None

    def test_place_lever_and_normal_of_each_pad_count_in_every_direction(self) -> None:
        """Against SciPy's rotations, with every number different."""
        turned, planned = Rotation.from_rotvec((3.0, 0.2, -0.1)), Rotation.from_rotvec((2.9, -0.1, 0.3))
        normals = tuple(np.array(normal) / np.linalg.norm(normal) for normal in ((0.3, -0.4, 0.8), (-0.2, 0.5, 0.7)))
        place, wanted = np.array((0.11, -0.07, 0.23)), np.array((0.14, -0.02, 0.31))
        arm = dataclasses.replace(ARM, p_wt=tuple(place), quaternion_wt=tuple(turned.as_quat()))
        plan = dataclasses.replace(
            reference(),
            position_m=tuple(wanted),
            quaternion_xyzw=tuple(planned.as_quat()),
            pads=tuple(PadReference(tuple(normal), 10.0, 0.0) for normal in normals),
        )
        for k, pad in enumerate(TWO_PADS):
            lever = np.array(pad.position_t_m)
            expected = (wanted + planned.apply(lever) - place - turned.apply(lever)) @ normals[k]
            assert beyond_m(arm, plan, k, pad) == pytest.approx(expected, abs=1e-12)

    def test_each_pad_is_held_along_its_own_normal_and_named_off_the_skin_too(self) -> None:
        own = tuple(dataclasses.replace(pad, depth_m=0.02) for pad in OWN)
        bounds = limits(pads=TWO_PADS, strokes=(PressLimits(own, 90.0, 90.0, 1e3),))
        arm = dataclasses.replace(ARM, p_wt=(0.0, 0.024, -0.012))
        one = command(arm, arm.bias_nm, contact=ContactState.APPROACH, press_n=1.0)
        wanted = dataclasses.replace(
            reference(),
            position_m=PLANNED,
            pads=(PadReference((0.0, 0.6, 0.8), 10.0, 0.0), PadReference((0.0, -0.6, 0.8), 10.0, 0.0)),
        )
        stop = PlaceWatch(bounds).depth(dataclasses.replace(one, pads=one.pads * 2), wanted, T_S)
        assert stop is not None
        assert stop.value == pytest.approx(0.6 * 0.024 + 0.8 * 0.012)
        assert (stop.cause, stop.limit) == (
            Cause.NO_CONTACT, "way beyond the planned place without touching the skin, pad right"
        )  # fmt: skip
