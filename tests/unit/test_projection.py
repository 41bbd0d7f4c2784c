"""The arithmetic of the safety core against the same formulas in NumPy, and what it refuses."""

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.safety import projection
from controller.safety.bound import crossing_speed_m_s, worst_case_press_n
from controller.safety.limits import GateLimits, PressLimits
from controller.safety.tank import Tank, TankLimits
from controller.types import Cause, Limited, SegmentInfo, ToolTerms
from tests.gate_cases import UP, limits, soft_gains, stroke, terms, torque

ARM = terms(np.random.default_rng(31), velocity=(0.1, -0.2, 0.3, 0.4, 0.5, 0.6))
TILTED = (0.48, -0.6, 0.64)
WRENCH = (3.0, -4.0, -12.0, 0.5, -0.6, 0.7)
SEVEN = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)


def test_wrench_and_press_are_those_of_the_matrices() -> None:
    tau = torque(ARM, WRENCH)
    assert projection.tool_wrench(tau, ARM) == pytest.approx(WRENCH)
    expected = -float(np.dot(WRENCH[:3], TILTED))
    assert projection.static_press(tau, ARM, TILTED) == pytest.approx(expected)
    force = projection.static_force(tau, ARM, TILTED)
    across = np.array(WRENCH[:3]) + expected * np.array(TILTED)
    assert force == pytest.approx((expected, np.linalg.norm(across), np.linalg.norm(WRENCH[3:])))
    assert projection.wrench_to_torque(ARM.jacobian, WRENCH) == pytest.approx(np.array(ARM.jacobian).T @ WRENCH)
    assert projection.dot((1.0, 2.0), (3.0, 4.0)) == 11.0


def test_speed_toward_the_body_is_that_of_the_tool_less_the_planned_one() -> None:
    skin = (0.02, 0.05, -0.04)
    expected = float(np.dot(np.array(skin) - ARM.v_wt[:3], TILTED))
    assert projection.press_speed(ARM, TILTED, skin) == pytest.approx(expected)


def test_lowering_takes_away_what_is_too_much_and_nothing_else() -> None:
    """A tilted normal and moments in every axis, so that no component can stand in for another."""
    bounds = limits(tangential_n=2.0, moment_nm=0.5)
    tau = torque(ARM, WRENCH)
    normal = np.array(TILTED)
    force, moment = np.array(WRENCH[:3]), np.array(WRENCH[3:])
    press = -float(force @ normal)
    across = force + press * normal
    cap = press - 1.5
    lowered, limited = projection.project(
        tau, ARM, TILTED, ((cap, Cause.PRESS_LIMIT), (99.0, Cause.PRESS_SPEED)), bounds
    )
    length, turning = float(np.linalg.norm(across)), float(np.linalg.norm(moment))
    assert [(note.cause, note.unit) for note in limited] == [
        (Cause.PRESS_LIMIT, "N"), (Cause.TANGENTIAL_LIMIT, "N"), (Cause.MOMENT_LIMIT, "Nm")
    ]  # fmt: skip
    assert [note.value for note in limited] == pytest.approx([press, length, turning])
    assert [note.allowed for note in limited] == pytest.approx([cap, 2.0, 0.5])
    expected = np.concatenate((across * 2.0 / length - cap * normal, moment * 0.5 / turning))
    assert projection.tool_wrench(lowered, ARM) == pytest.approx(expected)
    null = np.array(lowered) - np.array(torque(ARM, tuple(expected)))
    assert null == pytest.approx(np.zeros(7), abs=1e-9)


@pytest.mark.parametrize(
    ("wrench", "note"),
    [
        ((3.0, 4.0, -10.0, 0.0, 0.6, 0.8), None),
        ((3.0, 4.0, -10.5, 0.0, 0.6, 0.8), Limited(Cause.PRESS_LIMIT, 10.5, 10.0, "N")),
        ((3.0, 4.5, -10.0, 0.0, 0.6, 0.8), Limited(Cause.TANGENTIAL_LIMIT, math.hypot(3.0, 4.5), 5.0, "N")),
        ((3.0, 4.0, -10.0, 0.3, 0.6, 0.8), Limited(Cause.MOMENT_LIMIT, math.hypot(0.3, 0.6, 0.8), 1.0, "Nm")),
    ],
)
def test_at_the_limit_nothing_is_lowered_and_above_it_only_what_is_too_much(
    wrench: tuple[float, ...], note: Limited | None
) -> None:
    one = replace(ARM, jacobian=np.eye(6).tolist(), jbar_t=np.eye(6).tolist(), bias_nm=(0.0,) * 6)
    bounds = limits(6, tangential_n=5.0, moment_nm=1.0)
    caps = ((10.0, Cause.PRESS_LIMIT),)
    lowered, limited = projection.project(wrench, one, UP, caps, bounds)
    assert projection.is_within(projection.static_force(wrench, one, UP), (10.0, 5.0, 1.0)) is (note is None)
    if note is None:
        assert (lowered, limited) == (wrench, ())
        return
    assert limited == (note,)
    kept = [k for k in range(6) if {Cause.PRESS_LIMIT: k != 2, Cause.TANGENTIAL_LIMIT: k > 1}.get(note.cause, k < 3)]
    assert [lowered[k] for k in kept] == pytest.approx([wrench[k] for k in kept])


def test_within_sees_every_component_of_force_and_moment() -> None:
    one = replace(ARM, jacobian=np.eye(6).tolist(), jbar_t=np.eye(6).tolist(), bias_nm=(0.0,) * 6)
    for axis in range(6):
        for sign in (1.0, -1.0):
            wrench = [0.0] * 6
            wrench[axis] = sign * (5.1 if axis < 3 else 1.1)
            press, across, moment = projection.static_force(tuple(wrench), one, TILTED)
            assert press == pytest.approx(-np.array(wrench[:3]) @ np.array(TILTED))
            assert across == pytest.approx(np.linalg.norm(np.array(wrench[:3]) + press * np.array(TILTED)))
            assert moment == pytest.approx(np.linalg.norm(wrench[3:]))


def test_within_is_up_to_and_with_the_limit_and_never_for_what_is_no_number() -> None:
    allowed = (10.0, 5.0, 1.0)
    assert projection.is_within(allowed, allowed)
    assert projection.is_within((-99.0, 0.0, 0.0), allowed)
    for place in range(3):
        for wrong in (math.nextafter(allowed[place], math.inf), math.inf, math.nan):
            force = tuple(wrong if k == place else 0.0 for k in range(3))
            assert not projection.is_within(force, allowed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("factors", "share"),
    [((1.0, 1.0, 1.0), 1.0), ((0.5, 1.0, 1.0), 0.5), ((1.0, 0.25, 0.5), 0.25), ((2.0, 3.0, 0.1), 0.1)],
)
def test_shrinking_scales_everything_as_one_to_the_tightest_limit(
    factors: tuple[float, float, float], share: float
) -> None:
    tau = torque(ARM, tuple(-w for w in WRENCH))
    normal = TILTED if projection.static_press(tau, ARM, TILTED) > 0.0 else tuple(-n for n in TILTED)
    force = projection.static_force(tau, ARM, normal)
    allowed = tuple(f * max(x, 0.0) for f, x in zip(force, factors, strict=True))
    found = projection.shrink(tau, ARM.bias_nm, force, allowed)
    bias = np.array(ARM.bias_nm)
    assert np.array(found) - bias == pytest.approx(share * (np.array(tau) - bias), rel=1e-9)
    if share == 1.0:
        assert found is tau


def test_what_is_nothing_and_may_be_nothing_is_no_reason_to_shrink() -> None:
    one = replace(ARM, jacobian=np.eye(6).tolist(), jbar_t=np.eye(6).tolist(), bias_nm=(0.0,) * 6)
    tau = (0.0, 0.0, -10.0, 0.0, 0.0, 0.0)
    loads = projection.static_force(tau, one, UP)
    assert projection.shrink(tau, one.bias_nm, loads, (5.0, 0.0, 0.0))[2] == pytest.approx(-5.0)


def test_a_pull_is_not_shrunk_for_what_may_be_pressed() -> None:
    tau = torque(ARM, (0.0, 0.0, 30.0, 0.0, 0.0, 0.0))
    loads = projection.static_force(tau, ARM, UP)
    assert projection.shrink(tau, ARM.bias_nm, loads, (0.0, 1.0, 1.0)) is tau


def test_joint_torques_are_within_up_to_and_with_their_limits() -> None:
    assert projection.is_torque_within((5.0, -5.0), (5.0, 5.0))
    assert not projection.is_torque_within((5.0, -5.1), (5.0, 5.0))
    assert not projection.is_torque_within((math.nan, 0.0), (5.0, 5.0))


def test_damping_is_against_the_motion_and_holds_where_the_speed_is_not_known() -> None:
    gains = soft_gains(3, float_damping_nms_per_rad=(2.0, 4.0, 8.0), most_damping_nm=(100.0, 100.0, 7.0))
    assert projection.damped((1.0, 2.0, 3.0), (0.5, math.nan, -1.0), gains) == (0.0, 2.0, 10.0)
    assert projection.damped((1.0, 2.0, 3.0), (0.5, 0.25, 0.5), gains) == (0.0, 1.0, -1.0)
    assert projection.damped((1.0, 2.0, 3.0), (0.0, 0.0, 1.0), gains)[2] == -4.0, "no more than the largest"
    own = soft_gains(float_damping_nms_per_rad=SEVEN)
    still = projection.soft_torque(ARM, SEVEN, own, UP, None)
    assert still == pytest.approx(np.array(ARM.bias_nm) - np.array(SEVEN) ** 2)
    bounded = projection.soft_torque(ARM, SEVEN, replace(own, most_damping_nm=(3.0,) * 7), UP, None)
    assert bounded == pytest.approx(np.array(ARM.bias_nm) - np.minimum(np.array(SEVEN) ** 2, 3.0))


@pytest.mark.parametrize("drag_joints", [0, 3, 7])
def test_pull_goes_along_the_normal_and_drag_of_the_first_joints_across_it(drag_joints: int) -> None:
    gains = soft_gains(float_damping_nms_per_rad=(0.0,) * 7, drag_ns_per_m=25.0, drag_joints=drag_joints)
    dq = np.array((0.1, -0.2, 0.3, -0.1, 0.2, -0.3, 0.1))
    tau = projection.soft_torque(ARM, tuple(dq), gains, TILTED, 12.0)
    jacobian, normal = np.array(ARM.jacobian)[:3], np.array(TILTED)
    first = jacobian * (np.arange(7) < drag_joints)
    sideways = first @ dq - normal * (normal @ first @ dq)
    expected = np.array(ARM.bias_nm) + jacobian.T @ (12.0 * normal) - 25.0 * first.T @ sideways
    assert tau == pytest.approx(expected)
    assert projection.soft_torque(ARM, tuple(dq), gains, TILTED, None) == pytest.approx(ARM.bias_nm)


def test_whatever_the_gains_are_a_stop_adds_no_more_than_its_largest_force() -> None:
    wild = soft_gains(float_damping_nms_per_rad=(2000.0,) * 7, most_damping_nm=(1e4,) * 7, most_force_n=30.0)
    tau = projection.soft_torque(ARM, SEVEN, wild, UP, 15.0)
    assert math.hypot(*projection.tool_wrench(tau, ARM)[:3]) == pytest.approx(30.0)
    weak = replace(wild, float_damping_nms_per_rad=(0.0,) * 7, drag_ns_per_m=0.0)
    pulled = projection.soft_torque(ARM, SEVEN, weak, UP, 15.0)
    assert projection.tool_wrench(pulled, ARM)[2] == pytest.approx(15.0), "what is within it is left alone"


def test_the_tool_moves_as_the_joints_do() -> None:
    moved = projection.moving(replace(ARM, v_wt=(9.0,) * 6), SEVEN)
    assert moved.v_wt == pytest.approx(np.array(ARM.jacobian) @ SEVEN)
    assert moved == replace(ARM, v_wt=moved.v_wt)


def test_softening_shortens_the_force_as_a_whole() -> None:
    tau = torque(ARM, WRENCH)
    assert projection.soften(tau, ARM, 13.0, (1e6,) * 7) == pytest.approx(tau), "just at the limit"
    soft = projection.soften(tau, ARM, 6.5, (1e6,) * 7)
    assert projection.tool_wrench(soft, ARM) == pytest.approx(tuple(0.5 * w for w in WRENCH))
    weak = projection.soften(tau, ARM, 1e9, tuple(abs(bias) + 0.01 for bias in ARM.bias_nm))
    assert all(abs(t) <= abs(bias) + 0.01 + 1e-12 for t, bias in zip(weak, ARM.bias_nm, strict=True))
    assert projection.soften((1.0,) * 6, _unit_arm(), 1.0, (9.0,) * 6) == pytest.approx((1.0 / math.sqrt(3.0),) * 6)
    exact = projection.soften((0.0, 2.0, 0.1, 0.0, 0.0, 0.0), _unit_arm(), 2.0, (9.0,) * 6)
    assert exact[1] == pytest.approx(2.0, rel=0.01)


def _unit_arm() -> ToolTerms:
    return replace(ARM, jacobian=np.eye(6).tolist(), jbar_t=np.eye(6).tolist(), bias_nm=(0.0,) * 6)


def test_sizes_that_do_not_belong_together_are_refused() -> None:
    six = SEVEN[:6]
    ragged = [list(row) for row in ARM.jacobian]
    ragged[3] = ragged[3][:5]
    refused = (
        lambda: projection.wrench_to_torque(ragged, WRENCH),
        lambda: projection.add_force(six, ARM, WRENCH),
        lambda: projection.saturate(six, SEVEN, SEVEN),
        lambda: projection.saturate(SEVEN, SEVEN, six),
        lambda: projection.soft_torque(ARM, six, soft_gains(), UP, None),
        lambda: projection.soft_torque(ARM, SEVEN, soft_gains(6), UP, None),
        lambda: projection.damped(SEVEN, six, soft_gains()),
        lambda: projection.damped(six, SEVEN, soft_gains()),
        lambda: projection.damped(SEVEN, SEVEN, soft_gains(6)),
        lambda: projection.soften((*SEVEN, 1.0), ARM, 5.0, SEVEN),
    )
    for call in refused:
        with pytest.raises(ValueError, match="zip"):
            call()


def test_an_arm_has_six_rows_of_as_many_entries_as_joints() -> None:
    assert projection.is_shaped(ARM, 7)
    assert not projection.is_shaped(ARM, 6)
    rows = [list(row) for row in ARM.jacobian]
    for wrong in (rows[:5], [*rows, rows[0]], [*rows[:5], rows[5][:6]], [[] for _ in range(6)]):
        assert not projection.is_shaped(replace(ARM, jacobian=wrong), 7)
        assert not projection.is_shaped(replace(ARM, jbar_t=wrong), 7)
        assert not projection.is_shaped(replace(ARM, jacobian=wrong, jbar_t=wrong), 7)
    assert not projection.is_shaped(replace(ARM, bias_nm=SEVEN[:6]), 7)


def test_a_tank_that_is_just_empty_is_empty() -> None:
    tank = Tank(TankLimits(1.0, 0.0, 3))
    tank.advance(1.0, 1.0)
    assert (tank.halved, tank.level_j, tank.share) == (1, 1.0, 0.5)
    tank.advance(0.5, 1.0)
    assert (tank.halved, tank.level_j) == (1, 0.5)
    tank.clear()
    assert (tank.halved, tank.level_j) == (0, 1.0)


def _integrated(
    bounds: GateLimits, pressing: PressLimits, segment: SegmentInfo, limit_n: float, surface: float
) -> float:
    """Return the crossing speed by time steps instead of force steps: another method, the same model."""
    landing = min(bounds.free_press_n, pressing.pads[0].ceiling_n)
    damping, mass = pressing.press_damping_ns_per_m, segment.lambda_n_kg
    stall = bounds.press_speed_m_s + limit_n / damping
    start = max(stall, bounds.free_press_speed_m_s + landing / damping)
    speed = start + 0.004 * max(limit_n, landing) / (0.5 * mass)
    fastest, force, dt = speed, 0.0, 4e-6
    while force < limit_n:
        allowed = min(limit_n, damping * (stall - speed))
        step = dt * segment.stiffness_n_per_m * (speed + surface)
        speed = max(speed + dt * (allowed - force) / mass, stall - force / damping)
        force += step
    return min(speed, fastest)


@pytest.mark.parametrize("stiffness", [2000.0, 20000.0])
@pytest.mark.parametrize("mass", [2.0, 9.0])
@pytest.mark.parametrize("speeds", [(0.012, 0.025), (0.04, 0.01), (0.02, 0.3)])
@pytest.mark.parametrize("person", [0.0, 0.2])
def test_the_bound_is_that_of_another_integration(
    stiffness: float, mass: float, speeds: tuple[float, float], person: float
) -> None:
    bounds = limits(press_speed_m_s=speeds[0], free_press_speed_m_s=speeds[1], tangential_n=20.0, free_press_n=8.0)
    bounded = stroke(60.0, 25.0, 3.0, 50.0, 100.0 * mass)
    segment = SegmentInfo("s", "t", "r", "left", 25.0, 60.0, stiffness, 1.0, 0.03, mass, 1.0, 0.0, 1.0)
    limit = 28.0 + 20.0 * math.sin(math.radians(5.0))
    expected = _integrated(bounds, bounded, segment, limit, 0.03 + person)
    assert crossing_speed_m_s(bounds, bounded, bounded.pads[0], segment, limit, 0.03 + person) == pytest.approx(
        expected, rel=2e-3
    )
    worst = limit + 1.6 + (0.03 + person + expected) * math.sqrt(stiffness * mass)
    assert worst_case_press_n(bounds, bounded, bounded.pads[0], segment, 1.6, person) == pytest.approx(worst, rel=1e-3)
