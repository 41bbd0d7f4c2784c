"""The place of the person by measured heights: what is collected, what follows from it, and when it stops a session."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest

from controller.registration import (
    HEIGHT_BAND_M,
    HEIGHT_FILTER_S,
    FoundOffset,
    HeightWatch,
    PlaceWatch,
    RegistrationEvent,
    RegistrationWatch,
    height_m,
    words_of,
)
from controller.types import (
    Cause,
    ClearanceGrid,
    Command,
    ContactState,
    Offset,
    Phase,
    Reference,
    RegistrationCheck,
    SegmentInfo,
    StopReason,
)
from tests.gate_cases import command, reference
from tests.unit.test_gate import ARM

UP6 = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
ZERO6 = (0.0,) * 6
HALVES = (0.5, 0.5)
"""Two heights; what moves the person up is their mean."""
CHECK = RegistrationCheck(
    times_s=(1.0, 1.1),
    half_s=0.05,
    expected_m=(0.002, 0.004),
    depth_m=(0.006, 0.003),
    estimator=((0.0, 0.0), (0.0, 0.0), HALVES, (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)),
    jacobian=(UP6, UP6),
    offsets=(Offset("up", HALVES, 0.010, "m", 0.002), Offset("tilt", (10.0, -10.0), 0.1, "rad", 0.01)),
    residual_m=0.005,
    judged_s=2.0,
)
SEGMENT = SegmentInfo("s", "t", "r", "left", 20.0, 40.0, 8e3, 4e3, 0.01, 3.0, 2.0, 0.0, 9.0)
DT_S = 1e-2


def at(
    plan_s: float, height: float = 0.0, contact: ContactState = ContactState.WORK, press_n: float = 20.0
) -> tuple[Command, Reference]:
    """Return a tick with a planned press force of 20 N."""
    wanted = replace(reference(), t_s=plan_s)
    x, y, z = wanted.position_m
    tool = replace(ARM, p_wt=(x, y, z + height))
    return command(tool, ARM.bias_nm, contact=contact, press_n=press_n), wanted


def measured(*heights: tuple[float, float]) -> RegistrationWatch:
    watch = RegistrationWatch(CHECK)
    for plan_s, height in heights:
        assert watch.watch(*at(plan_s, height)) is None
    return watch


def found_by(*heights: tuple[float, float]) -> tuple[RegistrationEvent, StopReason | None]:
    watch = measured(*heights)
    found = watch.watch(*at(2.0))
    assert found is not None
    return found, watch.verdict(found, 7.0)


def test_height_is_along_the_planned_normal() -> None:
    wish, wanted = at(1.0)
    tilted = (0.6, 0.0, 0.8)
    wanted = replace(wanted, pads=(replace(wanted.pads[0], normal_w=tilted),))
    x, y, z = wanted.position_m
    moved = replace(wish, terms=replace(ARM, p_wt=(x + 0.010, y + 0.5, z + 0.020)))
    assert height_m(moved, wanted) == pytest.approx(0.022)


def test_heights_as_expected_are_no_offset() -> None:
    found, stop = found_by((0.96, 0.002), (1.02, 0.002), (1.1, 0.004))
    assert stop is None
    assert found.measured_share == 1.0
    assert [offset.value for offset in found.offsets] == pytest.approx([0.0, 0.0])
    assert found.residual_m == pytest.approx(0.0)


def test_samples_of_one_place_are_averaged_and_others_left_out() -> None:
    found, _ = found_by((0.94, 9.0), (0.96, 0.004), (1.04, 0.008), (1.06, 0.006), (1.14, 0.008), (1.16, 9.0))
    assert found.offsets[0].value == pytest.approx(0.5 * (0.004 + 0.003))
    assert found.offsets[1].value == pytest.approx(10.0 * 0.001)


@pytest.mark.parametrize(
    ("first", "second", "limit"),
    [
        (0.0119, 0.0139, None),
        (0.0121, 0.0141, "offset of the person, up"),
        (-0.0081, -0.0061, "offset of the person, up"),
        (0.0065, -0.0005, None),
        (0.0075, -0.0035, "offset of the person, tilt"),
        (math.nan, 0.004, "offset of the person, up"),
    ],
)
def test_offsets_are_held_against_their_limits(first: float, second: float, limit: str | None) -> None:
    _, stop = found_by((1.0, first), (1.1, second))
    assert (None if stop is None else stop.limit) == limit
    if stop is not None:
        assert (stop.cause, stop.t_s) == (Cause.REGISTRATION, 7.0)


def test_what_no_offset_explains_is_a_reason() -> None:
    watch = RegistrationWatch(CHECK)
    fine = FoundOffset("up", 0.0, 0.01, "m")
    assert watch.verdict(RegistrationEvent((fine,), 0.005, 1.0), 0.0) is None
    for residual in (0.0051, math.nan):
        stop = watch.verdict(RegistrationEvent((fine,), residual, 1.0), 0.0)
        assert stop is not None
        assert (stop.cause, stop.unit) == (Cause.REGISTRATION, "m")


def test_residual_is_the_rms_of_what_is_left() -> None:
    found, _ = found_by((1.0, 0.002 + 0.003), (1.1, 0.004 - 0.003))
    assert found.residual_m == pytest.approx(0.003)


@pytest.mark.parametrize("contact", [ContactState.FREE, ContactState.APPROACH, ContactState.CONTACT, ContactState.LIFT])
def test_only_a_tool_at_work_measures(contact: ContactState) -> None:
    watch = measured((1.0, 0.002))
    assert watch.watch(*at(1.1, 0.004, contact)) is None
    found = watch.watch(*at(2.0))
    assert found is not None
    assert found.measured_share == 0.5
    stop = watch.verdict(found, 3.0)
    assert stop is not None
    assert stop.limit == "share of the registration strokes that was measured"


def test_another_phase_does_not_measure() -> None:
    watch = measured((1.0, 0.002))
    wish, wanted = at(1.1)
    assert watch.watch(wish, replace(wanted, phase=Phase.LIFT)) is None
    assert watch.found().measured_share == 0.5


def test_the_verdict_is_given_once_and_again_after_a_restart() -> None:
    watch = measured((1.0, 0.002), (1.1, 0.030))
    assert watch.watch(*at(1.9999)) is None
    assert watch.watch(*at(2.5)) is not None
    assert watch.watch(*at(2.6)) is None
    watch.restart(2.01)
    assert watch.watch(*at(2.7)) is None
    watch.restart(1.05)
    assert watch.found().measured_share == 0.5
    assert watch.watch(*at(1.1, 0.004)) is None
    found = watch.watch(*at(2.0))
    assert found is not None
    assert watch.verdict(found, 0.0) is None


def test_words_are_about_the_offset_nearest_to_its_limit() -> None:
    up, turned = FoundOffset("up", 0.0034, 0.012, "m"), FoundOffset("turned", -0.02, 0.05, "rad")
    text = words_of(RegistrationEvent((up, turned), 0.0021, 1.0))
    assert text == "turned -1.1 of 2.9 degrees at most; 2.1 mm rms unexplained"
    assert words_of(RegistrationEvent((up,), 0.0, 1.0)).startswith("up +3.4 of 12.0 mm at most")


def expected() -> float:
    return HeightWatch.expected_m(SEGMENT, 20.0)


def test_expected_height_follows_the_force() -> None:
    assert expected() == pytest.approx(0.007 - 0.010)
    assert HeightWatch.expected_m(SEGMENT, 5.0) == pytest.approx(0.007 - 0.010 * 0.25**0.54)
    assert HeightWatch.expected_m(SEGMENT, 0.0) == pytest.approx(0.007)
    assert HeightWatch.expected_m(SEGMENT, -1.0) == pytest.approx(0.007)
    assert math.isnan(HeightWatch.expected_m(SEGMENT, math.nan))


def test_a_press_force_that_is_off_is_no_height_of_the_person() -> None:
    """Half the force is 0.69 of the indentation, and the pad is so much higher."""
    for press_n, share in ((10.0, 0.5**0.54), (30.0, 1.5**0.54), (45.0, 2.25**0.54), (100.0, 3.0**0.54), (-1.0, 0.0)):
        watch = RegistrationWatch(CHECK)
        for plan_s, expected_m, depth_m in zip(CHECK.times_s, CHECK.expected_m, CHECK.depth_m, strict=True):
            assert watch.watch(*at(plan_s, expected_m + depth_m * (1.0 - share), press_n=press_n)) is None
        found = watch.watch(*at(2.0))
        assert found is not None
        assert [offset.value for offset in found.offsets] == pytest.approx([0.0, 0.0], abs=1e-12)
        heights = HeightWatch((SEGMENT,), DT_S)
        assert heights.watch(*at(1.0, HeightWatch.expected_m(SEGMENT, press_n), press_n=press_n), 0.0) is None
        assert heights._mean_m == pytest.approx(0.0, abs=1e-12)


def test_a_press_force_that_is_no_number_is_a_reason() -> None:
    watch = RegistrationWatch(CHECK)
    assert watch.watch(*at(1.0, 0.002, press_n=math.nan)) is None
    found = watch.watch(*at(2.0))
    assert found is not None
    assert watch.verdict(found, 7.0) is not None


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_height_that_stays_off_is_a_stop_to_both_sides(sign: float) -> None:
    watch = HeightWatch((SEGMENT,), DT_S)
    excess, t_s = sign * 2.0 * HEIGHT_BAND_M, 0.0
    while watch.watch(*at(1.0, expected() + excess), t_s) is None:
        t_s += DT_S
        assert t_s < 10.0
    assert t_s == pytest.approx(HEIGHT_FILTER_S * math.log(2.0), abs=2.0 * DT_S)
    stop = watch.watch(*at(1.0, expected() + excess), t_s)
    assert stop is not None
    assert (stop.cause, stop.t_s) == (Cause.REGISTRATION, t_s)
    assert stop.value * sign > HEIGHT_BAND_M


def test_a_height_inside_the_band_or_a_short_one_is_none() -> None:
    watch = HeightWatch((SEGMENT,), DT_S)
    for k in range(3000):
        assert watch.watch(*at(1.0, expected() + 0.99 * HEIGHT_BAND_M), k * DT_S) is None
    watch.restart()
    for k in range(100):
        assert watch.watch(*at(1.0, expected() + 3.0 * HEIGHT_BAND_M), k * DT_S) is None


def test_no_number_is_a_stop() -> None:
    assert HeightWatch((SEGMENT,), DT_S).watch(*at(1.0, math.nan), 0.0) is not None


def test_every_stroke_begins_anew_and_the_air_does_not_count() -> None:
    watch = HeightWatch((SEGMENT, SEGMENT), DT_S)
    far = expected() + 2.0 * HEIGHT_BAND_M
    for k in range(150):
        assert watch.watch(*at(1.0, far), k * DT_S) is None
    for _ in range(500):
        assert watch.watch(*at(1.0, far, ContactState.APPROACH), 2.0) is None
    wish, wanted = at(1.0, far)
    for k in range(150):
        assert watch.watch(wish, replace(wanted, segment=1), k * DT_S) is None


@dataclass(frozen=True)
class _Plan:
    """What ``PlaceWatch`` reads of a plan."""

    segments: tuple[SegmentInfo, ...]
    registration: RegistrationCheck | None
    keep_out: ClearanceGrid | None = None


def place(check: RegistrationCheck | None) -> PlaceWatch:
    return PlaceWatch(_Plan((SEGMENT,), check), DT_S)  # type: ignore[arg-type]


def test_a_plan_without_such_strokes_is_watched_by_height_alone() -> None:
    watch = place(None)
    assert watch.watch(*at(2.0, expected()), 0.0) == (None, None)
    watch.restart(0.0)
    found, stop = watch.watch(*at(2.0, math.nan), 0.0)
    assert found is None
    assert stop is not None


def test_both_are_watched_and_a_verdict_is_told_with_what_was_found() -> None:
    watch = place(CHECK)
    assert watch.watch(*at(1.0, 0.0), 0.0) == (None, None)
    found, stop = watch.watch(*at(2.0, 0.0), 0.1)
    assert found is not None
    assert stop is not None
    assert "share" in stop.limit
    watch.restart(0.0)
    watch.watch(*at(1.0, 0.002), 0.2)
    watch.watch(*at(1.1, 0.004), 0.3)
    found, stop = watch.watch(*at(2.0, 0.0), 0.4)
    assert found is not None
    assert stop is None
    watch.restart(0.0)
    found, stop = watch.watch(*at(2.0, math.nan), 0.5)
    assert stop is not None
    assert stop.limit == "height of the skin over the planned one"
