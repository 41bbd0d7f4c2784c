"""The worst-case bound against simulated worst cases: late, stiffening, moving tissue in one degree of freedom."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.safety.bound import (
    STEPS,
    crossing_speed_m_s,
    press_command_limit_n,
    stall_speed_m_s,
    worst_case_press_n,
)
from controller.safety.limits import PressLimits
from controller.types import SegmentInfo
from tests.gate_cases import limits, stroke

LAG_TICKS = 4


def _segment(mass: float, stiffness: float, surface: float, target: float) -> SegmentInfo:
    return SegmentInfo("s", "t", "r", "left", target, 60.0, stiffness, stiffness, surface, mass, mass, 0.0, 1.0)


def _case(mass: float, target: float) -> PressLimits:
    return stroke(60.0, target, 3.0, 50.0, 200.0 * mass)


@settings(max_examples=60)
@given(
    mass=st.floats(2.5, 14.0),
    lighter=st.floats(0.5, 1.0),
    stiffness=st.floats(1500.0, 9000.0),
    softer=st.floats(0.1, 1.0),
    surface=st.floats(0.0, 0.25),
    target=st.floats(5.0, 30.0),
    gap_m=st.floats(0.0, 0.03),
    friction=st.floats(0.0, 4.0),
)
def test_no_simulated_peak_passes_the_bound(
    mass: float, lighter: float, stiffness: float, softer: float, surface: float, target: float, gap_m: float,
    friction: float,
) -> None:  # fmt: skip
    """The law always asks for the most the gate allows, from the air, while the skin keeps coming."""
    bounds = limits(press_speed_m_s=0.012, free_press_speed_m_s=0.025, tangential_n=0.0, free_press_n=8.0)
    pressing, segment = _case(mass, target), _segment(mass, stiffness, surface, target)
    bound = worst_case_press_n(bounds, pressing, pressing.pads[0], segment, friction)
    limit = press_command_limit_n(pressing.pads[0], target)
    stall = stall_speed_m_s(bounds, pressing, limit, is_touching=True)
    dt, actual = 2.5e-4, mass * lighter
    gap, v, force, peak, compression, drive = gap_m, 0.0, 0.0, 0.0, 0.0, 0.0
    late = [0.0] * (LAG_TICKS * 4 // 2)
    for _ in range(4000):
        late.append(min(limit, pressing.press_damping_ns_per_m * (stall - v)))
        drive += dt / 0.002 * (late.pop(0) - drive)
        if gap > 0.0:
            gap -= dt * (v + surface)
        else:
            k = stiffness * (softer + (1.0 - softer) * min(1.0, force / limit))
            compression = compression + dt * (v + surface)
            force = max(0.0, force + dt * k * (v + surface))
        drag = friction if v < 0.0 else -friction
        v += dt * (drive + drag - force) / actual
        peak = max(peak, force)
        if force > 0.0 and v + surface <= 0.0:
            break
    assert peak <= bound + 1e-6


@given(
    mass=st.floats(2.0, 15.0),
    stiffness=st.floats(500.0, 35000.0),
    surface=st.floats(0.0, 0.5),
    target=st.floats(1.0, 50.0),
    more=st.floats(1.0, 2.0),
)
def test_the_bound_grows_with_everything_that_makes_things_worse(
    mass: float, stiffness: float, surface: float, target: float, more: float
) -> None:
    bounds, pressing = limits(), _case(mass, target)
    base = worst_case_press_n(bounds, pressing, pressing.pads[0], _segment(mass, stiffness, surface, target), 1.0)
    assert base >= press_command_limit_n(pressing.pads[0], target) + 1.0
    for worse in (
        _segment(mass, stiffness * more, surface, target),
        _segment(mass, stiffness, surface * more, target),
        _segment(mass, stiffness, surface, min(target * more, 57.0)),
    ):
        assert (
            worst_case_press_n(bounds, pressing, pressing.pads[0], worse, 1.0) >= base * 0.99
        )  # a higher limit also slows the tool longer
    assert (
        worst_case_press_n(bounds, pressing, pressing.pads[0], _segment(mass, stiffness, surface, target), 2.0)
        >= base + 1.0 - 1e-9
    )


@given(mass=st.floats(2.0, 15.0), stiffness=st.floats(500.0, 35000.0), target=st.floats(1.0, 50.0))
def test_it_is_never_looser_than_the_undamped_balance(mass: float, stiffness: float, target: float) -> None:
    bounds, pressing, segment = limits(), _case(mass, target), _segment(mass, stiffness, 0.02, target)
    limit = press_command_limit_n(pressing.pads[0], target)
    fastest = max(
        stall_speed_m_s(bounds, pressing, max(limit, 15.0) + 5.3, is_touching=True),
        stall_speed_m_s(bounds, pressing, bounds.free_press_n, is_touching=False),
    )
    limit = max(limit, bounds.free_press_n) + bounds.tangential_n * math.sin(math.radians(5.0))
    undamped = limit + 1.0 + (0.02 + fastest + 0.008 * max(limit, 15.0) / mass) * math.sqrt(stiffness * mass)
    assert worst_case_press_n(bounds, pressing, pressing.pads[0], segment, 1.0) <= undamped + 1e-6


def test_known_cases() -> None:
    """A light arm on the thorax at 25 N, by hand: 28 + 1.6 + (0.0165 + 0.0125) sqrt(8000 4.3), far under undamped."""
    bounds = limits(press_speed_m_s=0.012, free_press_speed_m_s=0.025, tangential_n=0.0)
    pressing, segment = _case(4.3, 25.0), _segment(4.3, 8000.0, 0.0165, 25.0)
    bound = worst_case_press_n(bounds, pressing, pressing.pads[0], segment, 1.6)
    undamped = 28.0 + 1.6 + (0.0165 + stall_speed_m_s(bounds, pressing, 28.0, is_touching=True)) * math.sqrt(8000 * 4.3)
    assert 28.0 + 1.6 + (0.0165 + 0.012) * math.sqrt(8000 * 4.3) < bound < 35.5
    assert undamped > bound + 4.0
    gentle = worst_case_press_n(
        bounds, _case(4.3, 2.0), _case(4.3, 2.0).pads[0], _segment(4.3, 8000.0, 0.0165, 2.0), 1.6
    )
    assert gentle > bounds.free_press_n + 1.6, "an approach may press harder than a gentle stroke"
    across = worst_case_press_n(
        limits(press_speed_m_s=0.012, tangential_n=25.0), pressing, pressing.pads[0], segment, 1.6
    )
    assert across > bound + 25.0 * math.sin(math.radians(5.0)) - 0.5


def test_a_light_arm_on_soft_tissue_crosses_at_the_speed_the_cap_allows_there() -> None:
    """It follows the line on which the cap's force balances the tissue, down to the last step before F_max."""
    bounds = limits(press_speed_m_s=0.02, free_press_speed_m_s=0.02)
    pressing = stroke(60.0, 20.0, 3.0, 50.0, 1000.0)
    found = crossing_speed_m_s(bounds, pressing, pressing.pads[0], _segment(0.01, 100.0, 0.0, 20.0), 23.0, 0.0)
    stall = stall_speed_m_s(bounds, pressing, 23.0, is_touching=True)
    assert found == pytest.approx(stall - 23.0 * (STEPS - 1) / STEPS / 1000.0, rel=1e-9)
