"""What a fuzz of the gate found, and what it does with values that no arm has: bounded, finite, never an exception."""

import dataclasses
import math

import numpy as np
import pytest

from controller.safety import projection
from controller.safety.gate import Gate
from controller.safety.reaction import stop_reason
from controller.safety.supervision import Supervisor, SupervisorLimits
from controller.types import Action, Authority, Cause, Clearance, Command, Mode, ToolTerms
from tests.gate_cases import (
    FIRST_PULL_N,
    UP,
    command,
    leave,
    lifted,
    limits,
    reference,
    soft_gains,
    state,
    terms,
    torque,
    wait,
)
from tests.unit.test_gate import ARM

pytestmark = pytest.mark.usefixtures("short_way")

NAN = math.nan
ROWS = [list(row) for row in ARM.jacobian]
BARS = [list(row) for row in ARM.jbar_t]


def _stopped(cause: Cause = Cause.OPERATOR, **changes: object) -> Gate:
    gate = Gate(limits(**changes), 1e-3)
    gate.stop(stop_reason(cause, "-", 1.0, 0.0, "-", 0.0))
    return gate


def _with(**changes: object) -> ToolTerms:
    return dataclasses.replace(ARM, **changes)


@pytest.mark.parametrize(
    "arm",
    [
        _with(jacobian=ROWS[:5]),
        _with(jbar_t=BARS[:5]),
        _with(jacobian=[*ROWS, ROWS[0]]),
        _with(jacobian=[*ROWS, ROWS[0]], jbar_t=[*BARS, BARS[0]]),
        _with(jacobian=[*ROWS[:5], ROWS[5][:6]]),
        _with(jbar_t=[BARS[0][:6], *BARS[1:]]),
        _with(jacobian=[]),
        _with(bias_nm=ARM.bias_nm[:6]),
    ],
)
@pytest.mark.parametrize("cause", [None, Cause.OPERATOR, Cause.ENCODER_JUMP])
def test_a_matrix_of_a_wrong_size_stops_the_session_and_the_last_holding_torque_stays(
    arm: ToolTerms, cause: Cause | None
) -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    wanted = command(arm, torque(ARM, (0.0, 0.0, -40.0, 0.0, 0.0, 0.0)))
    if cause is not None:
        gate.stop(stop_reason(cause, "-", 1.0, 0.0, "-", 0.001))
    judgement = gate.judge(wanted, state(), reference(), 0.001)
    assert judgement.stop is not None
    assert judgement.stop.cause is (cause or Cause.INTERNAL_ERROR)
    # In doubt of the posture it is led by the last good terms, else nothing is known to pull by.
    pull_n = FIRST_PULL_N if cause is Cause.ENCODER_JUMP else 0.0
    assert judgement.command.tau_nm == pytest.approx(lifted(ARM, pull_n))


def test_pads_or_stroke_that_are_not_there_stop_the_session() -> None:
    whole, plan = command(ARM, ARM.bias_nm), reference()
    for wish, wanted in (
        (dataclasses.replace(whole, pads=()), plan),
        (whole, dataclasses.replace(plan, pads=())),
        (whole, reference(segment=2)),
        (whole, reference(segment=-1)),
    ):
        stop = Gate(limits(), 1e-3).judge(wish, state(), wanted, 0.0).stop
        assert stop is not None
        assert stop.cause is Cause.INTERNAL_ERROR
    assert Gate(limits(), 1e-3).judge(whole, state(), reference(segment=1), 0.0).stop is None


@pytest.mark.parametrize("entry", [NAN, math.inf, 1e308])
def test_a_matrix_that_holds_no_number_never_turns_into_full_torque(entry: float) -> None:
    """A NaN that was clipped used to go out as the whole torque limit of every joint."""
    broken = _with(jacobian=[*ROWS[:2], [entry, *ROWS[2][1:]], *ROWS[3:]])
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    wish = command(broken, torque(ARM, (0.0, 0.0, -40.0, 0.0, 0.0, 0.0)))
    moving = state(dq_rad_s=(0.1,) * 7)
    damped = [bias - 2.61 * 0.1 for bias in ARM.bias_nm]
    judgement = gate.judge(wish, moving, reference(), 0.001)
    assert judgement.stop is not None
    assert judgement.stop.cause is (Cause.TOOL_SPEED if math.isfinite(entry) else Cause.INTERNAL_ERROR)
    assert all(math.isfinite(tau) and abs(tau) <= 87.0 for tau in judgement.command.tau_nm)
    pulled = gate.judge(dataclasses.replace(wish), moving, reference(), 0.002)
    if not math.isfinite(entry):
        assert pulled.command.tau_nm == pytest.approx(damped)
    assert all(math.isfinite(tau) and abs(tau) <= 87.0 for tau in pulled.command.tau_nm)


@pytest.mark.parametrize("toward", [1.0, -1.0])
def test_a_holding_torque_over_its_limit_is_clipped_even_where_the_command_asks_for_less(toward: float) -> None:
    """Found by the fuzz: asked for 5.8 Nm, held by 6.4 Nm, allowed 1 Nm, and 5.8 Nm went out."""
    bias, asked = toward * 6.36, toward * 5.76
    tau, note = projection.saturate((asked, 2.0), (bias, 1.0), (1.0, 20.0))
    assert tau == pytest.approx((toward, 2.0))
    assert note is not None
    assert (note.cause, note.value, note.allowed, note.unit) == (Cause.TORQUE_LIMIT, asked, 1.0, "Nm")
    other, note = projection.saturate((asked, 41.0), (bias, 1.0), (1.0, 21.0))
    assert other == pytest.approx((toward, 21.0))
    assert note is not None
    assert note.value == 41.0


def test_the_first_joint_that_needs_the_most_scaling_is_named() -> None:
    tau, note = projection.saturate((0.0, 30.0, 60.0, -40.0), (0.0, 10.0, 0.0, 0.0), (20.0,) * 4)
    assert tau == pytest.approx((0.0, 10.0 + 20.0 / 3.0, 20.0, -40.0 / 3.0))
    assert note is not None
    assert (note.value, note.allowed) == (60.0, 20.0)
    stuck, note = projection.saturate((25.0, 5.0), (25.0, 9.0), (20.0, 20.0))
    assert stuck == (20.0, 9.0)
    assert projection.saturate((0.0, 20.0), (0.0, 0.0), (20.0, 20.0)) == ((0.0, 20.0), None)


def test_a_weak_joint_is_scaled_toward_the_side_it_pulls_to_and_of_equals_the_first_is_named() -> None:
    assert projection.saturate((0.8, -0.8), (0.0, 0.0), (0.5, 9.0))[0] == pytest.approx((0.5, -0.5))
    assert projection.saturate((-0.8, 0.8), (0.0, 0.0), (0.5, 9.0))[0] == pytest.approx((-0.5, 0.5))
    _, note = projection.saturate((30.0, 60.0), (0.0, 0.0), (15.0, 30.0))
    assert note is not None
    assert (note.value, note.allowed) == (30.0, 15.0)


def test_what_is_no_number_stays_none_when_it_is_saturated() -> None:
    tau, note = projection.saturate((NAN, 1.0), (0.0, 0.0), (20.0, 20.0))
    assert math.isnan(tau[0])
    assert note is not None
    assert projection.clip((-30.0, 30.0, 7.0), (20.0, 21.0, 22.0)) == (-20.0, 21.0, 7.0)
    with pytest.raises(ValueError, match="zip"):
        projection.clip((1.0, 2.0), (1.0,))


@pytest.mark.parametrize("speed", [1e4, -1e4, 1e308])
def test_held_without_known_terms_the_torque_stays_within_its_limits(speed: float) -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    blind = command(_with(bias_nm=(NAN,) * 7), (NAN,) * 7)
    judgement = gate.judge(blind, state(dq_rad_s=(speed, *(0.0,) * 6)), reference(), 0.001)
    assert judgement.command.tau_nm == pytest.approx((math.copysign(87.0, -speed), *ARM.bias_nm[1:]))
    assert (judgement.press_n, judgement.press_limit_n, judgement.limited) == (0.0, 0.0, ())
    assert (judgement.mode, judgement.command.mode) == (Mode.FLOAT, Mode.FLOAT)
    assert judgement.command.holding_nm == (), "what holds the arm is not known"


def test_held_with_some_speeds_unknown_the_known_ones_are_damped() -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    judgement = gate.judge(command(ARM, ARM.bias_nm), state(dq_rad_s=(NAN, 0.2, *(0.0,) * 5)), reference(), 0.001)
    expected = (ARM.bias_nm[0], ARM.bias_nm[1] - 2.61 * 0.2, *ARM.bias_nm[2:])
    assert judgement.command.tau_nm == pytest.approx(expected)


def test_the_posture_of_a_stopped_arm_is_held_not_the_one_it_was_stopped_in() -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    moved = _with(bias_nm=tuple(bias + 3.0 for bias in ARM.bias_nm))
    wait(gate, moved, 0.3)
    blind = gate.judge(command(ARM, ARM.bias_nm), state(dq_rad_s=(NAN,) * 7), reference(), 0.301)
    assert blind.command.tau_nm == moved.bias_nm


@pytest.mark.parametrize("row", range(6))
def test_in_doubt_of_the_posture_no_row_of_the_jacobian_may_hold_what_is_no_number(row: int) -> None:
    broken = _with(jacobian=[[NAN, *values[1:]] if k == row else values for k, values in enumerate(ROWS)])
    gate = Gate(limits(), 1e-3)
    stop = gate.judge(command(broken, ARM.bias_nm), state(), reference(), 0.0).stop
    assert stop is not None
    assert (stop.cause, stop.limit) == (Cause.INTERNAL_ERROR, "tool speed by Jacobian and joint speeds")
    gate = Gate(limits(), 1e-3)
    gate.stop(stop_reason(Cause.ENCODER_JUMP, "-", 1.0, 0.0, "-", 0.0))
    judgement = gate.judge(command(broken, ARM.bias_nm), state(tau_nm=ARM.bias_nm), reference(), 0.001)
    assert judgement.command.tau_nm == ARM.bias_nm
    assert judgement.command.holding_nm == ()


@pytest.mark.parametrize("entry", [NAN, math.inf])
def test_a_map_to_tool_forces_that_holds_no_number_is_found_by_the_audit(entry: float) -> None:
    rows = [list(row) for row in ARM.jbar_t]
    broken = _with(jbar_t=[[entry, *rows[0][1:]], *rows[1:]])
    stop = Gate(limits(), 1e-3).judge(command(broken, ARM.bias_nm), state(), reference(), 0.0).stop
    assert stop is not None
    assert stop.cause is Cause.INTERNAL_ERROR
    assert stop.limit.startswith("audited static")


def test_what_goes_out_tells_what_holds_the_arm_and_how_far_a_stop_is() -> None:
    gate = Gate(limits(), 1e-3)
    hard = command(ARM, torque(ARM, (0.0, 0.0, -1.0, 0.0, 0.0, 0.0)))
    running = gate.judge(hard, state(), reference(), 0.0)
    assert (running.command.holding_nm, running.command.mode) == (ARM.bias_nm, Mode.RUN)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    assert gate.mode is Mode.UNLOAD, "from the stop on, not only from the next command"
    for seconds, start_s, mode in ((0.8, 0.0, Mode.UNLOAD), (0.1, 0.8, Mode.FLOAT)):
        stopped = wait(gate, ARM, seconds, start_s=start_s, rise_m_s=0.05)
        assert (stopped.command.holding_nm, stopped.command.mode, stopped.mode) == (ARM.bias_nm, mode, mode)
        assert stopped.press_limit_n == 0.0


def test_drives_that_are_taken_after_a_stop_raise_the_action_and_the_first_reason_stays() -> None:
    gate = _stopped()
    t_s = leave(gate, ARM) + 1e-3
    taken = state(authority=Authority.SUPERVISOR)
    judgement = gate.judge(command(ARM, ARM.bias_nm), taken, reference(), t_s)
    assert judgement.stop is not None
    assert judgement.stop.cause is Cause.OPERATOR
    assert (gate.action, judgement.mode) == (Action.FLOAT, Mode.UNLOAD), "it begins anew"
    for tick in range(1, 1502):
        judgement = gate.judge(command(ARM, ARM.bias_nm, press_n=0.0), taken, reference(), t_s + 1e-3 * tick)
    assert judgement.stop is gate.stop_reason
    assert gate.stop_reason is not None
    assert gate.stop_reason.cause is Cause.OPERATOR
    assert judgement.mode is Mode.FLOAT
    assert gate.is_settled


def test_a_gate_tells_what_it_did_for_the_record() -> None:
    judgement = Gate(limits(), 1e-3).judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    applied = judgement.applied()
    assert applied.tau_nm == judgement.command.tau_nm == ARM.bias_nm
    assert (applied.press_n, applied.press_limit_n, applied.mode) == (0.0, 23.0, Mode.RUN)
    assert (applied.limited, applied.stop) == ((), None)
    stopped = _stopped().judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    assert stopped.applied().stop is stopped.stop is not None


def test_the_supervisor_sends_only_numbers_within_the_limits() -> None:
    bounds = SupervisorLimits(0.006, 50.0, (2.0,) * 7, (10.0,) * 7, 3, 3, soft_gains())
    supervisor = Supervisor(bounds)
    heavy = _with(bias_nm=(40.0, -40.0, *(1.0,) * 5))
    lost = state(dq_rad_s=(NAN, 0.0, 0.2, *(0.0,) * 4))
    tau, mode = supervisor.torque(heavy, lost)
    assert mode is Mode.FLOAT
    assert tau == pytest.approx((10.0, -10.0, 1.0 - 2.61 * 0.2, *(1.0,) * 4))
    for entry in (NAN, math.inf):
        broken = _with(jacobian=[*ROWS[:2], [entry, *ROWS[2][1:]], *ROWS[3:]])
        tau, mode = supervisor.torque(broken, state())
        assert mode is Mode.FLOAT
        assert all(math.isfinite(value) and abs(value) <= 10.0 for value in tau)


def test_unloading_pulls_along_the_damped_way_out() -> None:
    """Independent of the functions of the gate: bias, minus damping, plus J^T of pull and drag."""
    arm = terms(np.random.default_rng(12), velocity=(9.0,) * 6)
    dq = (0.001, -0.002, 0.003, -0.001, 0.002, -0.003, 0.001)
    v = np.array(arm.jacobian)[:3] @ dq
    calm = terms(np.random.default_rng(12))
    for ticks, wanted, largest in ((75, 0.05, 7.5), (300, 0.05, 15.0), (900, 0.01, 3.0)):
        gate = _stopped()
        wait(gate, calm, min(0.8, 1e-3 * (ticks - 1)), rise_m_s=0.05)
        if ticks > 800:
            wait(gate, calm, 1e-3 * (ticks - 801), start_s=0.8)
        judgement = gate.judge(command(arm, calm.bias_nm), state(dq_rad_s=dq), reference(), 1e-3 * ticks)
        pull = min(largest, max(-4.0, 400.0 * (wanted - v[2])))
        wrench = np.array([-60.0 * v[0], -60.0 * v[1], pull, 0.0, 0.0, 0.0])
        expected = np.array(arm.bias_nm) - 2.61 * np.array(dq) + np.array(arm.jacobian).T @ wrench
        assert judgement.command.tau_nm == pytest.approx(tuple(expected))
        press = -(np.array(arm.jbar_t) @ (expected - np.array(arm.bias_nm)))[2]
        assert judgement.press_n == pytest.approx(press)


def _slowed(since_ticks: int, speeds: tuple[float, ...], corner_rad_s: float) -> list[float]:
    """Return what two low-passes in series make of speeds that jump from the first to the others."""
    share = 1.0 - math.exp(-corner_rad_s * 1e-3)
    first = second = speeds[0]
    found = []
    for k in range(since_ticks):
        first += share * (speeds[min(k, 1)] - first)
        second += share * (first - second)
        found.append(second)
    return found


def test_a_stop_law_answers_to_filtered_speeds_and_begins_with_the_first() -> None:
    gains = soft_gains(float_damping_nms_per_rad=(3.0,) * 7, speed_filter_rad_s=50.0, unload_damping_ns_per_m=0.0)
    gate = _stopped(stop=dataclasses.replace(gains, drag_ns_per_m=0.0))
    expected = _slowed(20, (0.2, -0.1), 50.0)
    for k in range(20):
        speed = 0.2 if k == 0 else -0.1
        sensed = state(dq_rad_s=(speed, *(0.0,) * 6))
        sent = gate.judge(command(ARM, ARM.bias_nm), sensed, reference(), 1e-3 * k).command.tau_nm
        assert sent[0] - ARM.bias_nm[0] == pytest.approx(-3.0 * expected[k], abs=1e-9)
    gate.clear(Clearance.SERVICE)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    sensed = state(dq_rad_s=(0.4, *(0.0,) * 6))
    sent = gate.judge(command(ARM, ARM.bias_nm), sensed, reference(), 0.02).command.tau_nm
    assert sent[0] - ARM.bias_nm[0] == pytest.approx(-3.0 * 0.4), "the next stop begins anew"


def test_the_pull_of_a_gate_grows_while_the_arm_is_held_and_is_forgotten_with_the_stop() -> None:
    gains = soft_gains(unload_damping_ns_per_m=10.0, unload_spring_n_per_m=100.0, drag_ns_per_m=0.0)
    gate = _stopped(stop=gains)

    def pull_n(tick: int) -> float:
        judged = gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 1e-3 * tick)
        return -projection.static_press(judged.command.tau_nm, ARM, UP)

    pulls = [pull_n(tick) for tick in range(100)]
    ramp = [min(0.5, FIRST_PULL_N * (k + 1)) for k in range(100)]
    assert pulls == pytest.approx([ramp[k] + 100.0 * 0.05 * 1e-3 * (k + 1) for k in range(100)])
    gate.clear(Clearance.SERVICE)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    assert pull_n(100) == pytest.approx(FIRST_PULL_N + 0.005)


def test_no_stop_torque_of_a_gate_adds_more_than_the_largest_force() -> None:
    wild = soft_gains(float_damping_nms_per_rad=(2000.0,) * 7, most_damping_nm=(1e4,) * 7, most_force_n=30.0)
    gate = _stopped(stop=wild, torque_nm=(2000.0,) * 7)
    sent = gate.judge(command(ARM, ARM.bias_nm), state(dq_rad_s=(0.5,) * 7), reference(), 0.3).command.tau_nm
    assert math.hypot(*projection.tool_wrench(sent, ARM)[:3]) == pytest.approx(30.0)


def test_parking_is_soft_in_every_direction() -> None:
    for axis in range(3):
        for sign in (1.0, -1.0):
            wrench = [0.0] * 6
            wrench[axis] = 50.0 * sign
            parked = _stopped(park_force_n=20.0)
            t_s = leave(parked, ARM) + 1e-3
            judgement = parked.judge(command(ARM, torque(ARM, tuple(wrench))), state(), reference(), t_s)
            assert judgement.mode is Mode.PARK
            sent = np.array(ARM.jbar_t) @ (np.array(judgement.command.tau_nm) - np.array(ARM.bias_nm))
            assert sent[axis] == pytest.approx(20.0 * sign)
            assert np.delete(sent, axis) == pytest.approx(np.zeros(5), abs=1e-6)


def test_a_speed_at_the_parking_limit_is_allowed_and_the_slowest_joint_counts() -> None:
    wish: Command = command(ARM, torque(ARM, (0.0, 0.0, -8.0, 0.0, 0.0, 0.0)))
    for speed, press_n in ((-0.4, 8.0), (0.4, 8.0)):
        gate = _stopped(speed_rad_s=(2.0, 0.8, *(2.0,) * 5))
        t_s = leave(gate, ARM) + 1e-3
        judgement = gate.judge(wish, state(dq_rad_s=(speed, *(0.0,) * 6)), reference(), t_s)
        assert judgement.press_n == pytest.approx(press_n)
        assert judgement.mode is Mode.PARK
    gate = _stopped(speed_rad_s=(2.0, 0.8, *(2.0,) * 5))
    t_s = leave(gate, ARM) + 1e-3
    stop = gate.judge(wish, state(dq_rad_s=(-0.401, *(0.0,) * 6)), reference(), t_s).stop
    assert stop is not None
    assert (stop.cause, stop.limit) == (Cause.JOINT_SPEED, "joint speed while parking, after a stop by operator")
    assert (stop.value, stop.allowed, stop.unit) == (0.401, 0.4, "rad/s")
    assert stop.t_s == pytest.approx(t_s)
    assert gate.judge(command(ARM, ARM.bias_nm), state(), reference(), t_s + 1e-3).mode is Mode.UNLOAD
    assert gate.action is Action.FLOAT


def test_an_arm_led_by_its_last_good_terms_closes_its_pull_over_new_speeds() -> None:
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    gate.stop(stop_reason(Cause.ENCODER_JUMP, "-", 1.0, 0.0, "-", 0.0))
    dq = np.array((0.01, 0.02, -0.01, 0.03, 0.01, -0.02, 0.01))
    elsewhere = terms(np.random.default_rng(9))
    wait(gate, elsewhere, 0.299)
    judgement = gate.judge(command(elsewhere, elsewhere.bias_nm), state(dq_rad_s=tuple(dq)), reference(), 0.3)
    v = np.array(ARM.jacobian) @ dq
    pull = min(15.0, max(-4.0, 400.0 * (0.05 - v[2])))
    wrench = np.array([-60.0 * v[0], -60.0 * v[1], pull, 0.0, 0.0, 0.0])
    expected = np.array(ARM.bias_nm) - 2.61 * dq + np.array(ARM.jacobian).T @ wrench
    assert judgement.command.tau_nm == pytest.approx(tuple(expected))
    assert projection.static_press(judgement.command.tau_nm, ARM, UP) == pytest.approx(judgement.press_n)


PARKED = _with(bias_nm=tuple(0.5 * tau for tau in ARM.bias_nm))
"""The same arm in another posture."""
ELSEWHERE = _with(bias_nm=tuple(-tau for tau in ARM.bias_nm))


def _parking() -> Gate:
    """Return a gate whose arm worked, was stopped by the operator, and is at rest in another posture at 2.004 s."""
    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(t_s=0.499), reference(), 0.499)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.499))
    t_s = leave(gate, ARM, start_s=0.499)
    assert wait(gate, PARKED, 2.004 - t_s, start_s=t_s).mode is Mode.PARK
    return gate


def test_a_joint_of_a_stopped_arm_that_jumps_is_held_by_what_was_known_before_and_needs_the_service() -> None:
    gate = _parking()
    assert (gate.action, gate.clearance) == (Action.PARK, Clearance.OPERATOR)
    off = state(t_s=2.005, q_rad=(0.1,) * 6 + (0.1051,))
    judgement = gate.judge(command(ELSEWHERE, ELSEWHERE.bias_nm), off, reference(), 2.005)
    assert judgement.command.tau_nm == pytest.approx(lifted(PARKED, FIRST_PULL_N)), "with the pull of unloading"
    assert judgement.mode is Mode.UNLOAD
    stop = gate.stop_reason
    assert stop is not None
    assert (stop.cause, stop.limit) == (Cause.ENCODER_JUMP, "jump of joint 7, after a stop by operator")
    assert (gate.action, gate.clearance) == (Action.HOLD_TORQUE, Clearance.SERVICE)
    later = gate.judge(command(ELSEWHERE, ELSEWHERE.bias_nm), off, reference(), 2.006)
    assert later.command.tau_nm == pytest.approx(lifted(PARKED, 2.0 * FIRST_PULL_N)), (
        "not by the positions after the jump"
    )
    with pytest.raises(PermissionError, match="service"):
        gate.clear(Clearance.OPERATOR_AT_ARM)
    gate.clear(Clearance.SERVICE)
    assert gate.clearance is Clearance.NOBODY


@pytest.mark.parametrize(
    ("q_rad", "dq_rad_s", "t_s", "action"),
    [
        # Below a jump, but more than the reported speeds account for.
        ((0.1,) * 6 + (0.1049,), (0.0,) * 7, 2.005, Action.FLOAT),
        ((0.1,) * 6 + (0.1051,), (0.0,) * 6 + (1.0,), 2.005, Action.FLOAT),
        ((0.1,) * 6 + (0.2,), (0.0,) * 7, 2.012, Action.HOLD_TORQUE),
        ((0.1,) * 6 + (0.2,), (0.0,) * 7, 2.013, Action.PARK),
        ((0.1,) * 6 + (0.2,), (0.0,) * 7, NAN, Action.HOLD_TORQUE),
        ((0.1,) * 6, (0.0,) * 7, 2.005, Action.PARK),
        ((0.2,) * 7, (0.0,) * 6, 2.005, Action.PARK),
    ],
)
def test_what_counts_as_a_jump_of_a_stopped_arm(
    q_rad: tuple[float, ...], dq_rad_s: tuple[float, ...], t_s: float, action: Action
) -> None:
    gate = _parking()
    gate.judge(command(PARKED, PARKED.bias_nm), state(t_s=t_s, q_rad=q_rad, dq_rad_s=dq_rad_s), reference(), t_s)
    assert gate.action is action


def test_positions_after_some_that_were_no_number_are_a_jump() -> None:
    gate = _parking()
    gate.judge(command(PARKED, PARKED.bias_nm), state(t_s=2.005, q_rad=(NAN,) * 7), reference(), 2.005)
    assert gate.action is Action.PARK
    gate.judge(command(PARKED, PARKED.bias_nm), state(t_s=2.006), reference(), 2.006)
    assert gate.action is Action.HOLD_TORQUE


def test_jumps_of_a_stopped_arm_are_counted_from_tick_to_tick() -> None:
    gate = _parking()
    for k in range(20):
        off = state(t_s=2.005 + 1e-3 * k, q_rad=(0.1 + 0.0009 * k,) * 7, dq_rad_s=(0.9,) * 7)
        gate.judge(command(PARKED, PARKED.bias_nm, press_n=0.0), off, reference(), 2.005 + 1e-3 * k)
    assert gate.action is Action.PARK


@pytest.mark.parametrize("causes", [(Cause.OPERATOR, Cause.DRIVE_FAULT), (Cause.DRIVE_FAULT, Cause.OPERATOR)])
def test_the_highest_rank_of_all_reasons_is_asked_for(causes: tuple[Cause, Cause]) -> None:
    gate = Gate(limits(), 1e-3)
    for cause in causes:
        gate.stop(stop_reason(cause, "-", 1.0, 0.0, "-", 0.0))
    assert gate.clearance is Clearance.SERVICE
    with pytest.raises(PermissionError):
        gate.clear(Clearance.OPERATOR)


@pytest.mark.parametrize("stopped_before", [True, False])
def test_an_error_of_the_gate_itself_is_a_stop_that_holds_the_arm(
    monkeypatch: pytest.MonkeyPatch, stopped_before: bool
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("of a test")

    gate = Gate(limits(), 1e-3)
    gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    moved = _with(bias_nm=tuple(bias + 3.0 for bias in ARM.bias_nm))
    if stopped_before:
        gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
        wait(gate, moved, 0.01)
    monkeypatch.setattr(gate._monitor, "watch_stopped" if stopped_before else "check", fail)
    judged = gate.judge(command(ARM, torque(ARM, (0.0, 0.0, -40.0, 0.0, 0.0, 0.0))), state(), reference(), 0.011)
    assert judged.stop is not None
    assert judged.stop is gate.stop_reason
    assert judged.stop.cause is Cause.INTERNAL_ERROR
    assert judged.stop.limit.startswith("gate, ZeroDivisionError: of a test")
    assert (judged.stop.value, judged.stop.unit, judged.stop.t_s) == (1.0, "errors", 0.011)
    assert judged.command.tau_nm == (moved.bias_nm if stopped_before else ARM.bias_nm)
    assert (judged.mode, judged.command.mode, judged.command.holding_nm) == (Mode.FLOAT, Mode.FLOAT, ())
    assert (judged.press_n, judged.press_limit_n, judged.limited) == (0.0, 0.0, ())
    assert gate.action is Action.FLOAT


def test_an_error_of_the_gate_before_any_posture_is_known_sends_nothing_and_never_more_than_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    gate = Gate(limits(), 1e-3)
    monkeypatch.setattr(gate._monitor, "check", fail)
    assert gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0).command.tau_nm == (0.0,) * 7
    heavy = _with(bias_nm=(90.0, *ARM.bias_nm[1:]))
    gate = Gate(limits(), 1e-3)
    gate._stopped.note_good(heavy, UP)
    monkeypatch.setattr(gate._monitor, "check", fail)
    sent = gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    assert sent.command.tau_nm == (87.0, *ARM.bias_nm[1:])
    for tick in range(1, 1600):
        again = gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 1e-3 * tick)
        assert again.mode in (Mode.FLOAT, Mode.UNLOAD)
    assert again.stop is sent.stop
