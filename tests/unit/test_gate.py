"""The gate: every limit has an input whose verdict it changes; a stop is latched, unloads, then floats."""

import dataclasses
import math

import numpy as np
import pytest

from controller.safety.gate import Gate, Judgement, _audit_reason
from controller.safety.limits import GateLimits
from controller.safety.outward_pull import UNLOAD_RAMP_S
from controller.safety.projection import saturate, static_press, tool_wrench
from controller.safety.reaction import FLOAT_S, UNLOAD_S
from controller.types import Cause, Clearance, Command, ContactState, Mode, StopReason, ToolTerms
from tests.gate_cases import (
    FIRST_PULL_N,
    UP,
    command,
    lifted,
    limits,
    pad_of,
    reference,
    state,
    stroke,
    terms,
    torque,
    wait,
)

pytestmark = pytest.mark.usefixtures("short_way")

RNG = np.random.default_rng(5)
ARM = terms(RNG)
WORK = ContactState.WORK


def _judge(
    bounds: GateLimits,
    *,
    press: float = 5.0,
    arm: ToolTerms = ARM,
    across: float = 0.0,
    moment: float = 0.0,
    contact: ContactState = WORK,
    **changes: object,
) -> Judgement:
    gate = Gate(bounds, 1e-3)
    wish = command(arm, torque(arm, (across, 0.0, -press, moment, 0.0, 0.0)), contact=contact)
    now = state(**changes)
    return gate.judge(wish, now, reference(), 0.0)


@pytest.mark.parametrize(
    ("bounds", "wish", "cause"),
    [
        (limits(free_press_n=4.0, loading_rate_n_per_s=1e9), {"contact": ContactState.FREE}, Cause.PRESS_LIMIT),
        (limits(strokes=(stroke(4.0, 20.0, 3.0, 30.0, 1000.0),), loading_rate_n_per_s=1e9), {}, Cause.PRESS_LIMIT),
        (
            limits(strokes=(stroke(40.0, 20.0, -16.0, 30.0, 1000.0),), loading_rate_n_per_s=1e9),
            {},
            Cause.PRESS_LIMIT,
        ),
        (limits(loading_rate_n_per_s=1000.0), {}, Cause.LOADING_RATE),
        (limits(tangential_n=1.0, loading_rate_n_per_s=1e9), {"across": 2.0}, Cause.TANGENTIAL_LIMIT),
        (limits(moment_nm=1.0, loading_rate_n_per_s=1e9), {"moment": 2.0}, Cause.MOMENT_LIMIT),
        (limits(torque_nm=(11.0,) * 7, loading_rate_n_per_s=1e9), {"across": 30.0}, Cause.TORQUE_LIMIT),
    ],
)
def test_a_limit_lowers_the_command_and_says_so(bounds: GateLimits, wish: dict, cause: Cause) -> None:
    roomy = limits(loading_rate_n_per_s=1e9)
    assert _judge(roomy, **wish).limited == ()
    judgement = _judge(bounds, **wish)
    assert [entry.cause for entry in judgement.limited] == [cause]
    assert judgement.stop is None
    assert abs(judgement.limited[0].allowed) < abs(judgement.limited[0].value)


@pytest.mark.parametrize("contact", [WORK, ContactState.APPROACH])
def test_pressing_fast_lowers_the_press_force(contact: ContactState) -> None:
    falling = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.4, 0.0, 0.0, 0.0))
    roomy = limits(loading_rate_n_per_s=1e9, press_speed_m_s=0.45, free_press_speed_m_s=0.45)
    assert _judge(roomy, arm=falling, press=14.0, contact=contact).limited == ()
    other = "press_speed_m_s" if contact is ContactState.APPROACH else "free_press_speed_m_s"
    both = dataclasses.replace(roomy, press_speed_m_s=0.387, free_press_speed_m_s=0.387)
    tight = dataclasses.replace(both, **{other: 0.45})
    judgement = _judge(tight, arm=falling, press=14.0, contact=contact)
    assert judgement.limited[0].cause is Cause.PRESS_SPEED
    assert judgement.press_n == pytest.approx(judgement.limited[0].allowed)
    stiff = dataclasses.replace(tight, strokes=(dataclasses.replace(tight.strokes[0], press_damping_ns_per_m=2000.0),))
    assert _judge(stiff, arm=falling, press=14.0, contact=contact).press_n < judgement.press_n


def test_releasing_is_never_slowed() -> None:
    gate = Gate(limits(loading_rate_n_per_s=1500.0), 1e-3)
    for tick in range(40):
        gate.judge(command(ARM, torque(ARM, (0, 0, -15.0, 0, 0, 0))), state(), reference(), tick * 1e-3)
    judgement = gate.judge(command(ARM, torque(ARM, (0, 0, 3.0, 0, 0, 0))), state(), reference(), 0.04)
    assert judgement.press_n == pytest.approx(-3.0)
    assert judgement.limited == ()


@pytest.mark.parametrize(
    ("bounds", "changes", "cause"),
    [
        (limits(), {"q_rad": (0.1,) * 6 + (3.1,)}, Cause.JOINT_POSITION),
        (limits(), {"q_rad": (-3.1,) + (0.1,) * 6}, Cause.JOINT_POSITION),
        (limits(), {"dq_rad_s": (0.0,) * 6 + (-2.1,)}, Cause.JOINT_SPEED),
        (limits(), {"q_rad": (math.nan,) + (0.1,) * 6}, Cause.JOINTS_NOT_FINITE),
        (limits(stale_ticks=1), {"sensor_age_s": 0.02}, Cause.STALE),
        (limits(stale_ticks=1), {"sensor_age_s": math.nan}, Cause.STALE),
        (limits(stale_ticks=1), {"wrench_s": (math.nan,) * 6}, Cause.NOT_FINITE),
        (limits(), {"tau_nm": (math.nan,) * 7}, Cause.NOT_FINITE),
        (limits(), {"wrench_s": (0.0, 70.0, 70.0, 0.0, 0.0, 0.0)}, Cause.TOOL_FORCE),
        (limits(tool_trip_n=19.0), {"wrench_s": (0.0, 0.0, -20.0, 0.0, 0.0, 0.0)}, Cause.TOOL_FORCE),
        (limits(), {"q_rad": (0.1,) * 6}, Cause.INTERNAL_ERROR),
        (limits(), {"dq_rad_s": ()}, Cause.INTERNAL_ERROR),
        (limits(workspace_low_m=(0.2, -1.0, -1.0)), {}, Cause.WORKSPACE),
        (limits(workspace_high_m=(1.0, 1.0, 0.0)), {}, Cause.WORKSPACE),
    ],
)
def test_what_is_sensed_stops_the_session(bounds: GateLimits, changes: dict, cause: Cause) -> None:
    judgement = _judge(bounds, **changes)
    assert judgement.stop is not None
    assert judgement.stop.cause is cause
    assert judgement.stop.next_step
    assert judgement.mode is (Mode.UNLOAD if len(changes.get("dq_rad_s", ARM.bias_nm)) == 7 else Mode.FLOAT)
    assert judgement.press_n < 1.0
    assert _judge(limits()).stop is None


@pytest.mark.parametrize(
    ("bounds", "wish", "cause"),
    [
        (limits(), {"press_n": 30.1}, Cause.PAD_FORCE),
        (limits(), {"press_n": math.nan}, Cause.PAD_FORCE),
        (limits(), {"press_n": 5.0, "observer_n": 41.0}, Cause.PAD_FORCE),
        (limits(observer_margin_n=-11.0), {}, Cause.PAD_FORCE),
        (limits(implausible_ticks=1), {"press_n": 5.0, "observer_n": 16.0}, Cause.SENSOR_IMPLAUSIBLE),
        (limits(), {"normal": (0.0, 0.0, 0.0)}, Cause.INTERNAL_ERROR),
        (limits(), {"normal": (0.0, 0.0, 1.01)}, Cause.INTERNAL_ERROR),
        (limits(), {"normal": (0.0, 0.0, -1.0)}, Cause.INTERNAL_ERROR),
        (limits(), {"normal": (math.sin(0.33), 0.0, math.cos(0.33))}, Cause.INTERNAL_ERROR),
        (limits(axis_cosine=1.1), {}, Cause.INTERNAL_ERROR),
        (limits(pressure_pa=30e3), {}, Cause.PRESSURE),
        (limits(pads=pad_of(1e-4)), {}, Cause.PRESSURE),
        (limits(implausible_ticks=1), {"trusted": False}, Cause.SENSOR_IMPLAUSIBLE),
        (limits(), {"plan_error_m": 0.05}, Cause.WORKSPACE),
        (limits(path_m=-0.01), {}, Cause.WORKSPACE),
    ],
)
def test_what_is_estimated_stops_the_session(bounds: GateLimits, wish: dict, cause: Cause) -> None:
    gate = Gate(bounds, 1e-3)
    judgement = gate.judge(command(ARM, ARM.bias_nm, **wish), state(), reference(), 0.0)
    assert judgement.stop is not None
    assert judgement.stop.cause is cause


def test_tool_speed_stops_the_session() -> None:
    fast = dataclasses.replace(ARM, v_wt=(0.51, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert _judge(limits(), arm=fast).stop.cause is Cause.TOOL_SPEED
    assert _judge(limits(tool_speed_m_s=0.52), arm=fast).stop is None


def test_a_few_bad_samples_are_ridden_out_and_forgotten() -> None:
    gate = Gate(limits(stale_ticks=3), 1e-3)
    wish = command(ARM, ARM.bias_nm)
    for tick, is_bad in enumerate([True, True, *[False] * 8, True, True, *[False] * 8]):
        now = state(wrench_s=(math.nan if is_bad else 0.0,) * 6)
        assert gate.judge(wish, now, reference(), tick * 1e-3).stop is None
    for tick in range(3):
        judgement = gate.judge(wish, state(wrench_s=(math.nan,) * 6), reference(), tick * 1e-3)
    assert judgement.stop is not None


def test_an_approach_that_finds_nothing_is_stopped() -> None:
    gate = Gate(limits(descent_m=0.03), 1e-3)
    sinking = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.02, 0.0, 0.0, 0.0))
    wish = command(sinking, sinking.bias_nm, contact=ContactState.APPROACH, press_n=0.0)
    ticks = 0
    while (judgement := gate.judge(wish, state(), reference(), ticks * 1e-3)).stop is None and ticks < 5000:
        ticks += 1
    assert judgement.stop is not None
    assert judgement.stop.cause is Cause.NO_CONTACT
    assert ticks == pytest.approx(1500, abs=3)


def test_a_stop_is_latched_unloads_then_floats_until_it_is_cleared() -> None:
    gate = Gate(limits(), 1e-3)
    gate.stop(StopReason(Cause.OPERATOR, "stop requests", 1, 0, "requests", 2.0, "run again"))
    gate.stop(StopReason(Cause.DWELL, "later", 1, 0, "-", 2.0, "-"))

    def hard() -> Command:
        return command(ARM, torque(ARM, (0.0, 0.0, -30.0, 0.0, 0.0, 0.0)))

    first = gate.judge(hard(), state(), reference(), 2.0)
    assert first.stop is not None
    assert first.stop.cause is Cause.OPERATOR
    assert first.stop.limit == "stop requests"
    assert first.mode is Mode.UNLOAD
    assert static_press(first.command.tau_nm, ARM, UP) == pytest.approx(-FIRST_PULL_N, abs=1e-9)
    wait(gate, ARM, UNLOAD_RAMP_S - 3e-3, start_s=2.0)
    growing = gate.judge(hard(), state(), reference(), 2.0 + UNLOAD_RAMP_S - 2e-3)
    assert static_press(growing.command.tau_nm, ARM, UP) == pytest.approx(-15.0 + FIRST_PULL_N)
    grown = gate.judge(hard(), state(), reference(), 2.0 + UNLOAD_RAMP_S - 1e-3)
    assert static_press(grown.command.tau_nm, ARM, UP) == pytest.approx(-15.0)
    assert wait(gate, ARM, UNLOAD_S - UNLOAD_RAMP_S, start_s=2.149, rise_m_s=0.05).mode is Mode.UNLOAD
    later = gate.judge(hard(), state(), reference(), 2.0 + UNLOAD_S)
    assert later.mode is Mode.FLOAT
    assert static_press(later.command.tau_nm, ARM, UP) == pytest.approx(-3.0)
    assert not gate.is_settled
    wait(gate, ARM, FLOAT_S, start_s=2.0 + UNLOAD_S)
    assert not gate.is_settled
    gate.note_parked()
    parked = gate.judge(hard(), state(), reference(), 2.001 + UNLOAD_S + FLOAT_S)
    assert parked.stop is first.stop
    assert gate.is_settled
    gate.clear(Clearance.SERVICE)
    assert gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 3.6).stop is None


def test_unloading_is_bounded_in_speed_and_damps_the_rest() -> None:
    gate = Gate(limits(), 1e-3)
    gate.stop(StopReason(Cause.OPERATOR, "-", 1, 0, "-", 0.0, "-"))
    rising = np.linalg.pinv(np.array(ARM.jacobian)) @ (0.1, 0.0, 0.3, 0.0, 0.0, 0.0)
    moving = state(dq_rad_s=tuple(rising.tolist()))
    judgement = gate.judge(command(ARM, ARM.bias_nm), moving, reference(), 0.0)
    wrench = tool_wrench(tuple(np.array(judgement.command.tau_nm) + 2.61 * rising), ARM)
    assert wrench[2] == pytest.approx(-4.0)
    assert wrench[0] == pytest.approx(-6.0)


def test_saturation_scales_and_keeps_the_direction() -> None:
    bias = (10.0, -5.0)
    tau, note = saturate((30.0, 5.0), bias, (20.0, 20.0))
    assert tau == pytest.approx((20.0, 0.0))
    assert note is not None
    assert note.value == 30.0
    assert saturate((19.0, 5.0), bias, (20.0, 20.0)) == ((19.0, 5.0), None)
    stuck, _ = saturate((40.0, 5.0), (25.0, -5.0), (20.0, 20.0))
    assert stuck == pytest.approx((20.0, -5.0))


def test_a_command_that_is_not_fresh_gets_no_pull_closed_over_old_speeds() -> None:
    gate = Gate(limits(), 1e-3)
    gate.stop(StopReason(Cause.INTERNAL_ERROR, "-", 1, 0, "-", 0.0, "-"))
    same = command(ARM, torque(ARM, (0.0, 0.0, -20.0, 0.0, 0.0, 0.0)))
    assert wait(gate, ARM, 0.3).mode is Mode.UNLOAD
    assert gate.judge(same, state(), reference(), 0.301).mode is Mode.UNLOAD
    again = gate.judge(same, state(), reference(), 0.302)
    assert again.mode is Mode.FLOAT
    assert again.command.tau_nm == pytest.approx(ARM.bias_nm)


@pytest.mark.parametrize("after_stop_s", [0.0, 0.4])
def test_without_joint_positions_the_last_holding_torque_stays(after_stop_s: float) -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    blind = dataclasses.replace(ARM, bias_nm=(math.nan,) * 7)
    now = state(q_rad=(math.nan,) * 7)
    if after_stop_s:
        gate.stop(StopReason(Cause.OPERATOR, "-", 1, 0, "-", 0.0, "-"))
        gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.3)
    judgement = gate.judge(command(blind, (math.nan,) * 7), now, reference(), after_stop_s)
    assert judgement.stop is not None
    if after_stop_s:
        assert judgement.command.tau_nm == ARM.bias_nm
    else:
        assert judgement.command.tau_nm == pytest.approx(lifted(ARM, FIRST_PULL_N)), "led by the last good terms"
    gate.clear(Clearance.SERVICE)
    later = gate.judge(command(blind, (math.nan,) * 7), now, reference(), after_stop_s + 0.001)
    assert later.command.tau_nm == ARM.bias_nm, "without it the arm would fall"


@pytest.mark.parametrize(
    ("measured_nm", "sent_nm"),
    [
        ((1.0, -20.0, 3.0, 4.0, 5.0, 6.0, 7.0), (1.0, -20.0, 3.0, 4.0, 5.0, 6.0, 7.0)),
        ((1.0,) * 6 + (100.0,), (1.0,) * 6 + (87.0,)),
        ((1.0,) * 6 + (math.nan,), (0.0,) * 7),
        ((1.0,) * 6, (0.0,) * 7),
    ],
)
def test_without_joint_positions_in_the_first_tick_the_measured_torque_stays(
    measured_nm: tuple[float, ...], sent_nm: tuple[float, ...]
) -> None:
    blind = dataclasses.replace(ARM, bias_nm=(math.nan,) * 7)
    now = state(q_rad=(math.nan,) * 7, tau_nm=measured_nm)
    judgement = Gate(limits(), 1e-3).judge(command(blind, (math.nan,) * 7), now, reference(), 0.0)
    assert judgement.stop is not None
    assert judgement.command.tau_nm == sent_nm


def test_unloading_follows_the_planned_normal_whatever_the_law_thinks() -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    flipped = command(ARM, ARM.bias_nm, normal=(0.0, 0.0, -1.0))
    assert gate.judge(flipped, state(), reference(), 0.001).stop is not None
    wait(gate, ARM, 0.15, start_s=0.001)
    later = gate.judge(command(ARM, ARM.bias_nm, normal=(0.0, 0.0, -1.0)), state(), reference(), 0.152)
    assert static_press(later.command.tau_nm, ARM, UP) == pytest.approx(-15.0)


def test_the_law_cannot_raise_its_own_target() -> None:
    bounds = limits(loading_rate_n_per_s=1e9)
    wish = command(ARM, torque(ARM, (0.0, 0.0, -60.0, 0.0, 0.0, 0.0)), target_n=1e9)
    assert Gate(bounds, 1e-3).judge(wish, state(), reference(), 0.0).press_n == pytest.approx(23.0)


def test_a_planned_descent_gives_no_licence_to_press_fast_in_an_approach() -> None:
    sinking = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.05, 0.0, 0.0, 0.0))
    wish = torque(sinking, (0.0, 0.0, -14.0, 0.0, 0.0, 0.0))
    planned = (0.0, 0.0, -0.05)
    bounds = limits(loading_rate_n_per_s=1e9)
    seeking = command(sinking, wish, contact=ContactState.APPROACH, surface=planned)
    following = command(sinking, wish, contact=ContactState.FREE, surface=planned)
    assert Gate(bounds, 1e-3).judge(seeking, state(), reference(), 0.0).limited[0].cause is Cause.PRESS_SPEED
    assert Gate(bounds, 1e-3).judge(following, state(), reference(), 0.0).limited == ()


def test_a_stroke_without_skin_is_stopped() -> None:
    gate = Gate(limits(contact_lost_s=0.3), 1e-3)
    for tick in range(1000):
        press = 0.9 if tick < 200 or tick > 300 else 5.0
        judgement = gate.judge(command(ARM, ARM.bias_nm, press_n=press), state(), reference(), tick * 1e-3)
        if judgement.stop is not None:
            break
    assert judgement.stop is not None
    assert judgement.stop.cause is Cause.CONTACT_LOST
    # Two tenths of a second lost, less a quarter of the tenth with a touch: 0.175 s are left of it.
    assert judgement.stop.t_s == pytest.approx(0.301 + 0.125, abs=0.002)
    quiet = Gate(limits(contact_lost_n=0.5), 1e-3)
    for tick in range(1000):
        assert quiet.judge(command(ARM, ARM.bias_nm, press_n=0.9), state(), reference(), tick * 1e-3).stop is None


def test_a_flapping_sensor_is_found_out() -> None:
    gate = Gate(limits(implausible_ticks=20), 1e-3)
    for tick in range(100):
        wish = command(ARM, ARM.bias_nm, trusted=tick % 3 == 0)
        judgement = gate.judge(wish, state(), reference(), tick * 1e-3)
        if judgement.stop is not None:
            break
    assert judgement.stop is not None
    assert judgement.stop.cause is Cause.SENSOR_IMPLAUSIBLE


def _too_heavy(holding_nm: float, **changes: object) -> Judgement:
    """Judge holding torques of which the second is far beyond its joint's limit: clipped, it acts on the tool."""
    arm = dataclasses.replace(ARM, bias_nm=(ARM.bias_nm[0], holding_nm, *ARM.bias_nm[2:]))
    bounds = limits(**{"moment_nm": 1e3, "tangential_n": 1e3, **changes})
    return Gate(bounds, 1e-3).judge(command(arm, arm.bias_nm), state(), reference(), 0.0)


@pytest.mark.parametrize(
    ("holding_nm", "changes", "what"),
    [
        (-300.0, {}, "press force"),
        (300.0, {"tangential_n": 20.0}, "force across the normal"),
        (300.0, {"moment_nm": 20.0}, "moment"),
    ],
)
def test_the_audit_stops_what_a_later_stage_made_too_much(holding_nm: float, changes: dict, what: str) -> None:
    judgement = _too_heavy(holding_nm, **changes)
    assert judgement.stop is not None
    assert judgement.stop.cause is Cause.INTERNAL_ERROR
    assert judgement.stop.limit == f"audited static {what}"
    assert _too_heavy(300.0).stop is None, "a pull away from the body is no force to stop for"


def test_the_audit_holds_a_press_limit_below_a_newton() -> None:
    arm = dataclasses.replace(ARM, bias_nm=(ARM.bias_nm[0], -90.0, *ARM.bias_nm[2:]))
    for allowed, is_stopped in ((0.6, True), (0.8, False)):
        bounds = limits(free_press_n=allowed)
        wish = command(arm, arm.bias_nm, contact=ContactState.FREE)
        stop = Gate(bounds, 1e-3).judge(wish, state(), reference(), 0.0).stop
        assert (stop is not None) is is_stopped


def test_the_audit_names_the_first_force_that_is_over_not_one_that_is_just_at_its_limit() -> None:
    names = {
        ((10.0, 5.1, 1.0), (10.0, 5.0, 1.0)): "force across the normal",
        ((10.0, 5.0, 1.1), (10.0, 5.0, 1.0)): "moment",
        ((math.nan, 5.1, 1.0), (10.0, 5.0, 1.0)): "press force",
        ((1.0, math.nan, 2.0), (10.0, 5.0, 1.0)): "force across the normal",
    }
    for (force, allowed), name in names.items():
        assert _audit_reason(force, allowed, 0.0).limit == f"audited static {name}"


def test_what_a_jacobian_of_another_arm_leaves_over_is_scaled_away() -> None:
    """Lowering by J^T has no effect where J does not belong to Jbar, as it has little near a singular posture."""
    wrong = dataclasses.replace(ARM, jacobian=[[0.0] * 7 for _ in range(6)])
    gate = Gate(limits(loading_rate_n_per_s=1e9), 1e-3)
    judgement = gate.judge(command(wrong, torque(ARM, (0.0, 0.0, -40.0, 0.0, 0.0, 0.0))), state(), reference(), 0.0)
    assert judgement.press_n == pytest.approx(23.0)
    assert static_press(judgement.command.tau_nm, ARM, UP) == pytest.approx(23.0)
    sinking = dataclasses.replace(wrong, v_wt=(0.0, 0.0, -0.2, 0.0, 0.0, 0.0))
    pressing = command(sinking, torque(ARM, (0.0, 0.0, -10.0, 0.0, 0.0, 0.0)))
    braked = Gate(limits(loading_rate_n_per_s=1e9), 1e-3).judge(pressing, state(), reference(), 0.0)
    assert braked.press_n == pytest.approx(0.0, abs=1e-9), "no brake without a Jacobian, but no press either"


def test_a_tilted_press_axis_does_not_tilt_the_unloading() -> None:
    gate = Gate(limits(), 1e-3)
    tilted = (math.sin(0.2), 0.0, math.cos(0.2))
    assert gate.judge(command(ARM, ARM.bias_nm, normal=tilted), state(), reference(), 0.0).stop is None
    gate.stop(StopReason(Cause.OPERATOR, "-", 1, 0, "-", 0.0, "-"))
    wait(gate, ARM, 0.15)
    later = gate.judge(command(ARM, ARM.bias_nm, normal=tilted), state(), reference(), 0.151)
    wrench = tool_wrench(later.command.tau_nm, ARM)
    assert wrench[:3] == pytest.approx((0.0, 0.0, 15.0), abs=1e-9)
