"""Keep-outs while a session runs: a pad that presses in one is a named stop, one that touches or hovers is not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from controller.safety.gate import Gate
from controller.safety.keep_out import clearance_m, pressed_inside
from controller.safety.limits import KeepOutLimits
from controller.types import Cause, ClearanceGrid, Command, Phase, Reference, StopReason, Vector3
from tests.gate_cases import UP, command, limits, reference, state
from tests.unit.test_gate import ARM

GRID = ClearanceGrid(0.0, -0.1, 0.1, ((-0.02, 0.02, 0.06), (-0.01, 0.03, 0.07), (0.0, 0.04, 0.08)))
LIMITS = KeepOutLimits(GRID, 6.0, 0.018)
TILTED = (0.6, 0.0, 0.8)


def at(x_m: float, y_m: float, press_n: float = 20.0, normal: Vector3 = UP) -> Command:
    return command(replace(ARM, p_wt=(x_m, y_m, 0.05)), ARM.bias_nm, press_n=press_n, normal=normal)


def stop(wish: Command, wanted: Reference | None = None) -> StopReason | None:
    return pressed_inside(LIMITS, wish, wanted or reference(), 2.0)


@pytest.mark.parametrize(
    ("x_m", "y_m", "expected_m"),
    [
        (0.0, -0.1, -0.02),
        (0.1, 0.0, 0.03),
        (0.05, -0.1, -0.015),
        (0.0, -0.05, 0.0),
        (0.15, 0.05, 0.055),
        (0.19999, 0.09999, 0.08),
        (0.2, 0.0, -math.inf),
        (0.0, 0.1, -math.inf),
        (-1e-6, 0.0, -math.inf),
        (0.0, -0.1001, -math.inf),
        (math.nan, 0.0, -math.inf),
        (0.0, math.nan, -math.inf),
    ],
)
def test_distance_is_linear_between_the_points_and_nothing_off_the_grid(
    x_m: float, y_m: float, expected_m: float
) -> None:
    assert clearance_m(GRID, x_m, y_m) == pytest.approx(expected_m, abs=2e-5)


def test_a_press_inside_is_a_stop_that_says_how_deep() -> None:
    found = stop(at(0.1, -0.09))
    assert found is not None
    assert (found.cause, found.unit, found.allowed, found.t_s) == (Cause.KEEP_OUT, "m", 0.0, 2.0)
    assert found.value == pytest.approx(-0.006)


@pytest.mark.parametrize(
    ("press_n", "is_stopped"), [(0.0, False), (6.0, False), (6.01, True), (20.0, True), (math.nan, True)]
)
def test_a_touch_is_no_press(press_n: float, is_stopped: bool) -> None:
    assert (stop(at(0.1, -0.09, press_n)) is not None) is is_stopped


def test_the_edge_itself_is_outside() -> None:
    assert stop(at(0.1, -0.075)) is None
    assert stop(at(0.1, -0.0751)) is not None
    flat = replace(LIMITS, grid=ClearanceGrid(0.0, 0.0, 1.0, ((0.0, 0.0), (0.0, 0.0))))
    assert pressed_inside(flat, at(0.5, 0.5), reference(), 0.0) is None


def test_what_counts_is_where_the_pad_touches_not_where_its_centre_is() -> None:
    assert stop(at(0.19, 0.0)) is None
    assert stop(at(0.205, 0.0)) is not None
    assert stop(at(0.205, 0.0, normal=TILTED)) is None
    assert stop(at(0.01, 0.0, normal=TILTED)) is not None
    sideways = (0.0, 0.6, 0.8)
    assert stop(at(0.1, -0.07)) is None
    assert stop(at(0.1, -0.07, normal=sideways)) is not None


@pytest.mark.parametrize("phase", list(Phase))
def test_only_where_a_press_is_meant(phase: Phase) -> None:
    is_looked_at = phase in (Phase.APPROACH, Phase.WORK, Phase.LIFT)
    assert (stop(at(0.1, -0.09), replace(reference(), phase=phase)) is not None) is is_looked_at


def test_every_pad_is_looked_at() -> None:
    wish = at(0.1, -0.09, 1.0)
    pressing = replace(wish.pads[0], press_n=20.0)
    assert stop(replace(wish, pads=(wish.pads[0], pressing))) is not None
    fine = replace(at(0.1, 0.0), pads=(pressing, pressing))
    assert stop(fine) is None


def test_the_gate_stops_it() -> None:
    wish, inside = at(0.1, 0.05), at(0.1, -0.09)
    gate = Gate(limits(keep_out=LIMITS), 1e-3)
    assert gate.judge(wish, state(), reference(), 0.0).stop is None
    found = gate.judge(inside, state(t_s=1e-3), reference(), 1e-3).stop
    assert found is not None
    assert found.cause is Cause.KEEP_OUT
    assert Gate(limits(), 1e-3).judge(inside, state(), reference(), 0.0).stop is None
