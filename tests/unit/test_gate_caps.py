"""Every cap of the press force by its own formula, with numbers; and what the gate remembers from tick to tick."""

import dataclasses

import numpy as np
import pytest

from controller.safety.gate import Gate, Judgement
from controller.safety.reaction import stop_reason
from controller.safety.tank import TankLimits
from controller.types import Cause, Clearance, ContactState, Limited, Mode, Phase, ToolTerms, Vector, Vector3
from tests.gate_cases import changed, command, limits, reference, state, stroke, torque, wait
from tests.unit.test_gate import ARM

pytestmark = pytest.mark.usefixtures("short_way")

DT_S = 2e-3
STROKE = stroke(40.0, 20.0, 3.0, 30.0, 500.0)
OPEN = limits(loading_rate_n_per_s=1e9, strokes=(STROKE,))
TILTED = (0.48, -0.6, 0.64)
STILL = (0.0, 0.0, 0.0)


def _sinking(speed_m_s: float, normal: Vector3 = (0.0, 0.0, 1.0)) -> ToolTerms:
    return dataclasses.replace(ARM, v_wt=(*(-speed_m_s * n for n in normal), 3.0, 3.0, 3.0))


def _judge(
    gate: Gate,
    press_n: float,
    *,
    speed: float = 0.0,
    normal: Vector3 = (0.0, 0.0, 1.0),
    t_s: float = 0.0,
    **wish: object,
) -> Judgement:
    arm = _sinking(speed, normal)
    asked = torque(arm, (*(-press_n * n for n in normal), 0.0, 0.0, 0.0))
    return gate.judge(command(arm, asked, normal=normal, **wish), state(), reference(normal=normal), t_s)


@pytest.mark.parametrize(
    ("contact", "seeks", "full_m_s"),
    [
        (ContactState.WORK, False, 0.03),
        (ContactState.CONTACT, True, 0.03),
        (ContactState.APPROACH, True, 0.055),
        (ContactState.FREE, False, 0.055),
        (ContactState.LIFT, False, 0.055),
    ],
)
@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), TILTED])
def test_the_press_speed_cap_is_damping_times_what_is_left_to_the_stall(
    contact: ContactState, seeks: bool, full_m_s: float, normal: Vector3
) -> None:
    bounds = dataclasses.replace(OPEN, press_speed_m_s=0.03, free_press_speed_m_s=0.055, free_press_n=15.0)
    planned = tuple(-0.01 * n for n in normal)
    limit = 23.0 if contact in (ContactState.WORK, ContactState.CONTACT) else 15.0
    speed = 0.07 if seeks else 0.06
    expected = 500.0 * (full_m_s + limit / 500.0 - speed)
    found = _judge(Gate(bounds, DT_S), 90.0, speed=0.07, normal=normal, contact=contact, surface=planned)
    cause = Cause.PRESS_SPEED if expected < limit else Cause.PRESS_LIMIT
    assert found.press_n == pytest.approx(min(expected, limit))
    assert [entry.cause for entry in found.limited] == [cause]
    assert found.press_limit_n == limit


def test_the_brake_of_the_press_speed_cap_has_an_end() -> None:
    assert _judge(Gate(OPEN, DT_S), 10.0, speed=0.4).press_n == pytest.approx(-40.0)


def test_the_ceiling_of_a_stroke_holds_in_the_air_too() -> None:
    low = dataclasses.replace(OPEN, strokes=(changed(STROKE, ceiling_n=4.0),))
    for contact in ContactState:
        assert _judge(Gate(low, DT_S), 50.0, contact=contact).press_n == pytest.approx(4.0)


def test_room_over_the_target_is_the_margin_and_a_negative_target_is_none() -> None:
    for target, expected in ((7.0, 10.0), (-5.0, 3.0), (0.0, 3.0), (25.0, 23.0)):
        found = _judge(Gate(OPEN, DT_S), 50.0, target_n=target)
        assert found.press_n == pytest.approx(expected)
        assert found.press_limit_n == pytest.approx(expected)
        assert found.limited == (Limited(Cause.PRESS_LIMIT, pytest.approx(50.0), pytest.approx(expected), "N"),)


def test_loading_rises_by_rate_times_period_and_from_zero_after_a_pull() -> None:
    gate = Gate(dataclasses.replace(OPEN, loading_rate_n_per_s=1000.0), DT_S)
    rising = [_judge(gate, 15.0, t_s=k * DT_S).press_n for k in range(9)]
    assert rising == pytest.approx([2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 15.0, 15.0])
    assert _judge(gate, -7.0, t_s=0.02).press_n == pytest.approx(-7.0)
    assert _judge(gate, 15.0, t_s=0.022).press_n == pytest.approx(2.0)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.022))
    gate.clear(Clearance.OPERATOR)
    assert _judge(gate, 15.0, t_s=0.024).press_n == pytest.approx(2.0)


def test_the_tank_is_charged_with_force_beyond_the_target_speed_and_period() -> None:
    """2 N beyond the target at 0.01 m/s for 2 ms are 40 uJ: the 25th tick of 1 mJ empties it."""
    for contact in (ContactState.WORK, ContactState.CONTACT):
        gate = Gate(dataclasses.replace(OPEN, tank=TankLimits(0.99e-3, 0.0, 3)), DT_S)
        shares = []
        for tick in range(27):
            found = _judge(gate, 12.0, speed=0.01, target_n=10.0, contact=contact, t_s=tick * DT_S)
            shares.append(found.gain_share)
        assert shares == [1.0] * 24 + [0.5] * 3
        assert found.press_limit_n == pytest.approx(11.5)
        assert found.press_n == pytest.approx(11.5)


def test_in_the_air_and_while_following_the_plan_nothing_is_charged() -> None:
    bounds = dataclasses.replace(OPEN, tank=TankLimits(1e-6, 0.0, 0))
    assert _judge(Gate(bounds, DT_S), 12.0, speed=0.01, contact=ContactState.FREE).stop is None
    followed = _judge(Gate(bounds, DT_S), 12.0, speed=0.01, target_n=10.0, surface=(0.0, 0.0, -0.01))
    assert followed.stop is None


def test_a_pressed_null_space_and_exact_limits_pass_unchanged() -> None:
    bounds = dataclasses.replace(OPEN, torque_nm=tuple(abs(tau) for tau in ARM.bias_nm))
    found = Gate(bounds, DT_S).judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
    assert found.command.tau_nm == ARM.bias_nm
    assert found.limited == ()


def test_a_command_over_several_limits_names_all_of_them_and_ends_within_all() -> None:
    bounds = dataclasses.replace(OPEN, torque_nm=tuple(abs(tau) + 0.5 for tau in ARM.bias_nm), tangential_n=9.0)
    asked = torque(ARM, (30.0, 0.0, -60.0, 20.0, 0.0, 0.0))
    found = Gate(bounds, DT_S).judge(command(ARM, asked), state(), reference(), 0.0)
    assert [entry.cause for entry in found.limited] == [
        Cause.PRESS_LIMIT, Cause.TANGENTIAL_LIMIT, Cause.MOMENT_LIMIT, Cause.TORQUE_LIMIT
    ]  # fmt: skip
    within = zip(found.command.tau_nm, bounds.torque_nm, strict=True)
    assert all(abs(tau) <= limit for tau, limit in within)
    assert 0.0 < found.press_n < 23.0


def test_a_cleared_gate_has_forgotten_park_posture_holding_torque_and_normal() -> None:
    gate = Gate(OPEN, DT_S)
    _judge(gate, 0.0, normal=TILTED)
    gate.note_parked()
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    # Risen twice as fast along the tilted normal's vertical share.
    wait(gate, ARM, 0.8, rise_m_s=0.1, dt_s=DT_S)
    wait(gate, ARM, 0.7 - DT_S, start_s=0.8, dt_s=DT_S)
    assert gate.mode is Mode.FLOAT
    assert _judge(gate, 0.0, t_s=1.5).mode is Mode.RELEASED
    gate.clear(Clearance.OPERATOR)
    assert (gate.mode, gate.stop_reason) == (Mode.RUN, None)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    wait(gate, ARM, 0.2, start_s=1.5, dt_s=DT_S)
    assert _judge(gate, 0.0, t_s=1.702).press_n == pytest.approx(-15.0), "straight up again"
    wait(gate, ARM, 0.6, start_s=1.702, rise_m_s=0.1, dt_s=DT_S)
    wait(gate, ARM, 0.7, start_s=2.302, dt_s=DT_S)
    assert _judge(gate, 0.0, t_s=3.004).mode is Mode.PARK


def test_a_command_seen_before_the_stop_is_not_fresh_after_it() -> None:
    gate = Gate(OPEN, DT_S)
    seen = command(ARM, ARM.bias_nm)
    gate.judge(seen, state(), reference(), 0.0)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    again = gate.judge(seen, state(), reference(), 0.3)
    assert again.mode is Mode.FLOAT
    assert again.command.tau_nm == ARM.bias_nm
    assert again.gain_share == 1.0


def _driven(phase: Phase, wrench: Vector, **changes: object) -> Judgement:
    bounds = limits(park_force_n=8.0, loading_rate_n_per_s=1e9, **changes)
    wish = command(ARM, torque(ARM, wrench), contact=ContactState.FREE)
    return Gate(bounds, 1e-3).judge(wish, state(), dataclasses.replace(reference(), phase=phase), 0.0)


@pytest.mark.parametrize("phase", list(Phase))
def test_on_a_way_outside_the_plan_the_arm_is_as_soft_as_in_parking_in_every_direction(phase: Phase) -> None:
    for axis in range(3):
        for sign in (1.0, -1.0):
            wrench = tuple(12.0 * sign if k == axis else 0.0 for k in range(6))
            judgement = _driven(phase, wrench)
            assert judgement.mode is Mode.RUN
            assert judgement.stop is None
            sent = np.array(ARM.jbar_t) @ (np.array(judgement.command.tau_nm) - np.array(ARM.bias_nm))
            expected = np.array(wrench) * (8.0 / 12.0 if phase in (Phase.TO_PLAN, Phase.TO_REST) else 1.0)
            assert sent == pytest.approx(expected, abs=1e-6)
            assert judgement.press_n == pytest.approx(-expected[2], abs=1e-6)


def test_on_a_way_every_other_limit_still_holds() -> None:
    low = (0.0, 0.0, -7.0, 0.0, 0.0, 0.0)
    assert _driven(Phase.TO_REST, low).press_n == pytest.approx(7.0)
    assert _driven(Phase.TO_REST, low, free_press_n=4.0).press_n == pytest.approx(4.0)
    assert _driven(Phase.TO_REST, low, workspace_high_m=(1.0, 1.0, 0.0)).stop is not None
    weak = _driven(Phase.TO_PLAN, low, torque_nm=(8.0,) * 7)
    assert max(map(abs, weak.command.tau_nm)) <= 8.0
