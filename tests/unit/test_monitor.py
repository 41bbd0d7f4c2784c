"""Trips of the full monitor: just inside each limit nothing, just outside a stop with its cause; NaN always trips."""

import dataclasses
import math

import pytest

from controller.safety.gate import Gate
from controller.safety.monitor import JUMP_GAP_S, Monitor
from controller.types import (
    ArmState,
    Authority,
    Cause,
    Clearance,
    Command,
    ContactState,
    ToolTerms,
    Vector3,
)
from tests.gate_cases import command, limits, pad_of, reference, state
from tests.unit.test_gate import ARM

WISH = command(ARM, ARM.bias_nm)


def cause_of(gate: Gate, samples: list[ArmState], wish: Command = WISH) -> Cause | None:
    for sample in samples:
        stop = gate.judge(wish, sample, reference(), sample.t_s).stop
        if stop is not None:
            return stop.cause
    return None


@pytest.mark.parametrize(
    ("changes", "senses", "cause"),
    [
        ({"session_s": 5.0}, {"t_s": 5.0}, None),
        ({"session_s": 5.0}, {"t_s": 5.001}, Cause.SESSION_TIME),
        ({}, {"t_s": math.nan}, Cause.CLOCK),
        ({"temperature_c": 60.0}, {"temperatures_c": (60.0,) * 7}, None),
        ({"temperature_c": 60.0}, {"temperatures_c": (60.0, 60.1, *(20.0,) * 5)}, Cause.TEMPERATURE),
        ({"temperature_c": 60.0}, {"temperatures_c": (math.nan,) * 7}, None),
        ({"supervisor_age_s": 0.01}, {"supervisor_age_s": 0.01}, None),
        ({"supervisor_age_s": 0.01}, {"supervisor_age_s": 0.0101}, Cause.SUPERVISOR_LOST),
        ({}, {"supervisor_age_s": math.nan}, Cause.SUPERVISOR_LOST),
        ({}, {"authority": Authority.SUPERVISOR}, Cause.SUPERVISOR_ACTED),
        ({}, {"authority": Authority.NOBODY}, Cause.LINK),
        ({}, {"command_age_s": 0.0044}, None),
        ({}, {"command_age_s": 0.0046}, Cause.LINK),
        ({}, {"command_age_s": math.nan}, Cause.LINK),
    ],
)
def test_one_sample_is_enough(changes: dict, senses: dict, cause: Cause | None) -> None:
    assert cause_of(Gate(limits(**changes), 1e-3), [state(**senses)]) is cause


@pytest.mark.parametrize(
    ("gap_s", "late_s", "cause"), [(0.008, 0.008, None), (0.0081, 0.008, Cause.LATE_TICK), (0.0081, 0.01, None)]
)
def test_a_loop_that_stood_still_is_stopped(gap_s: float, late_s: float, cause: Cause | None) -> None:
    assert cause_of(Gate(limits(late_s=late_s), 1e-3), [state(t_s=0.0), state(t_s=gap_s)]) is cause


def test_after_a_clear_the_time_before_does_not_count() -> None:
    gate = Gate(limits(late_s=0.008), 1e-3)
    assert cause_of(gate, [state(t_s=0.0), state(t_s=0.4)]) is Cause.LATE_TICK
    gate.clear(Clearance.SERVICE)
    assert cause_of(gate, [state(t_s=0.8, q_rad=(1.0,) * 7)]) is None


@pytest.mark.parametrize(
    ("move_rad", "speed", "jump_rad", "cause"),
    [
        (0.0049, 0.0, 0.005, None),
        (0.0051, 0.0, 0.005, Cause.ENCODER_JUMP),
        (-0.0051, 0.0, 0.005, Cause.ENCODER_JUMP),
        (0.0051, 0.0, 0.006, None),
        (0.0061, 1.9, 0.005, None),
        (0.0, 1.9, 0.001, Cause.SPEED_SIGNAL),
    ],
)
def test_a_joint_that_is_not_where_its_speed_says_is_a_jump(
    move_rad: float, speed: float, jump_rad: float, cause: Cause | None
) -> None:
    then = state(t_s=0.0)
    now = state(t_s=0.001, q_rad=(0.1,) * 6 + (0.1 + move_rad,), dq_rad_s=(0.0,) * 6 + (speed,))
    assert cause_of(Gate(limits(jump_rad=jump_rad), 1e-3), [then, now]) is cause


@pytest.mark.parametrize(("repeats", "cause"), [(2, None), (3, Cause.SENSOR_FROZEN)])
def test_a_sample_that_repeats_is_frozen(repeats: int, cause: Cause | None) -> None:
    same = (0.0, 0.0, -20.0, 0.0, 0.0, 0.0)
    samples = [state(t_s=0.001 * k, wrench_s=same, wrench_sequence=k) for k in range(1 + repeats)]
    alive = state(t_s=0.01, wrench_s=(0.0, 0.0, -20.001, 0.0, 0.0, 0.0), wrench_sequence=9)
    assert cause_of(Gate(limits(frozen_ticks=3), 1e-3), [*samples, alive]) is cause


def _at(p_wt: Vector3) -> Command:
    there: ToolTerms = dataclasses.replace(ARM, p_wt=p_wt)
    return command(there, there.bias_nm)


def _seconds_on_a_spot(radius_m: float, dwell_m: float, dwell_s: float = 0.6, seconds: float = 1.3) -> float:
    """Circle with a radius and return the time of the stop, NaN for none."""
    gate = Gate(limits(dwell_m=dwell_m, dwell_s=dwell_s), 1e-3)
    for tick in range(int(seconds * 1000)):
        angle = 0.03 * tick
        wish = _at((0.1 + radius_m * math.cos(angle), radius_m * math.sin(angle), 0.05))
        stop = gate.judge(wish, state(), reference(), tick * 1e-3).stop
        if stop is not None:
            assert stop.cause is Cause.DWELL
            return stop.t_s
    return math.nan


def test_pressing_on_one_spot_for_long_is_stopped() -> None:
    assert _seconds_on_a_spot(0.005, 0.015) == pytest.approx(0.601, abs=0.002)
    assert _seconds_on_a_spot(0.005, 0.015, dwell_s=1.2) == pytest.approx(1.201, abs=0.002)
    assert math.isnan(_seconds_on_a_spot(0.02, 0.015))
    assert _seconds_on_a_spot(0.02, 0.05) == pytest.approx(0.601, abs=0.002)


def test_waiting_in_the_air_is_no_dwelling() -> None:
    gate = Gate(limits(dwell_s=0.2), 1e-3)
    wish = command(ARM, ARM.bias_nm, contact=ContactState.FREE)
    assert all(gate.judge(wish, state(), reference(), tick * 1e-3).stop is None for tick in range(400))


def test_what_the_law_asks_for_that_is_no_number_is_told_from_joints_that_are_none() -> None:
    assert cause_of(Gate(limits(), 1e-3), [state()], command(ARM, (math.nan,) * 7)) is Cause.NOT_FINITE
    assert cause_of(Gate(limits(), 1e-3), [state(dq_rad_s=(math.nan,) * 7)]) is Cause.JOINTS_NOT_FINITE


TILTED = (0.48, -0.6, 0.64)


def _stop_of(
    bounds: dict, wish: dict | None = None, senses: dict | None = None, normal: Vector3 = (0.0, 0.0, 1.0)
) -> Cause | None:
    asked = dict(wish or {})
    arm = asked.pop("arm", ARM)
    one = command(arm, arm.bias_nm, **{"normal": normal, **asked})
    stop = Gate(limits(**bounds), 1e-3).judge(one, state(**(senses or {})), reference(normal=normal), 0.0).stop
    return stop.cause if stop else None


@pytest.mark.parametrize(
    ("bounds", "wish", "senses"),
    [
        ({}, {}, {"command_age_s": 0.0045}),
        ({"sensor_age_s": 0.5, "stale_ticks": 1}, {}, {"sensor_age_s": 0.5}),
        ({"axis_cosine": 1.0}, {}, {}),
        ({}, {"press_n": 30.0}, {}),
        ({}, {"press_n": 30.0, "observer_n": 40.0}, {}),
        ({"implausible_ticks": 1}, {"press_n": 10.0, "observer_n": 20.0}, {}),
        ({"implausible_ticks": 1}, {"press_n": 20.0, "observer_n": 10.0}, {}),
        ({"tool_trip_n": 5.0}, {}, {"wrench_s": (0.0, 3.0, 4.0, 99.0, 99.0, 99.0)}),
        ({"tool_trip_n": 5.0}, {}, {"wrench_s": (3.0, 0.0, -4.0, 0.0, 0.0, 0.0)}),
        ({"pads": pad_of(0.5), "pressure_pa": 40.0}, {"press_n": 20.0}, {}),
        ({"tool_speed_m_s": 99.0}, {}, {"dq_rad_s": (2.0, -2.0, *(0.0,) * 5)}),
        ({}, {}, {"q_rad": (3.0, -3.0, *(0.0,) * 5)}),
        ({}, {"plan_error_m": 0.04}, {}),
        ({}, {"arm": dataclasses.replace(ARM, v_wt=(0.3, -0.4, 0.0, 9.0, 9.0, 9.0))}, {}),
        ({}, {"arm": dataclasses.replace(ARM, v_wt=(0.0, 0.3, 0.4, 9.0, 9.0, 9.0))}, {}),
        ({}, {"arm": dataclasses.replace(ARM, p_wt=(1.0, -1.0, 1.0))}, {}),
        ({}, {"arm": dataclasses.replace(ARM, p_wt=(-1.0, 1.0, -1.0))}, {}),
        ({}, {"arm": dataclasses.replace(ARM, p_wt=(0.0, 0.0, 0.0))}, {}),
        ({"contact_lost_s": -1.0}, {"press_n": 1.0}, {}),
        ({"descent_m": 0.0}, {"contact": ContactState.APPROACH}, {}),
    ],
)
def test_just_at_a_limit_nothing_is_stopped(bounds: dict, wish: dict, senses: dict) -> None:
    assert _stop_of(bounds, wish, senses) is None


@pytest.mark.parametrize(
    ("bounds", "wish", "senses", "cause"),
    [
        ({"tool_trip_n": 5.0}, {}, {"wrench_s": (0.0, 5.1, 0.0, 0.0, 0.0, 0.0)}, Cause.TOOL_FORCE),
        ({"tool_trip_n": 5.0}, {}, {"wrench_s": (5.1, 0.0, 0.0, 0.0, 0.0, 0.0)}, Cause.TOOL_FORCE),
        ({}, {"arm": dataclasses.replace(ARM, v_wt=(0.0, 0.51, 0.0, 0.0, 0.0, 0.0))}, {}, Cause.TOOL_SPEED),
        ({}, {"arm": dataclasses.replace(ARM, v_wt=(0.0, 0.0, 0.51, 0.0, 0.0, 0.0))}, {}, Cause.TOOL_SPEED),
        ({"implausible_ticks": 1}, {"press_n": 20.0, "observer_n": 9.9}, {}, Cause.SENSOR_IMPLAUSIBLE),
        ({}, {"arm": dataclasses.replace(ARM, p_wt=(0.0, 1.01, 0.0))}, {}, Cause.WORKSPACE),
        ({}, {"arm": dataclasses.replace(ARM, p_wt=(0.0, 0.0, math.nan))}, {}, Cause.WORKSPACE),
        ({}, {"plan_error_m": math.nan}, {}, Cause.WORKSPACE),
        ({}, {"observer_n": math.nan}, {}, Cause.PAD_FORCE),
        ({}, {}, {"command_age_s": math.nan}, Cause.LINK),
        ({}, {"normal": (0.0, 0.0, math.nan)}, {}, Cause.INTERNAL_ERROR),
    ],
)
def test_just_over_a_limit_the_session_is_stopped(bounds: dict, wish: dict, senses: dict, cause: Cause) -> None:
    assert _stop_of(bounds, wish, senses) is cause


@pytest.mark.parametrize(
    ("contact", "gap_n", "joint_nm", "cause"),
    [
        (ContactState.FREE, 12.9, 1.0, None),
        (ContactState.FREE, -12.9, 1.0, None),
        (ContactState.FREE, 13.1, 1.0, Cause.SENSOR_IMPLAUSIBLE),
        (ContactState.FREE, 9.9, 0.1, None),
        (ContactState.FREE, 10.1, 0.1, Cause.SENSOR_IMPLAUSIBLE),
        (ContactState.FREE, 10.1, math.nan, Cause.SENSOR_IMPLAUSIBLE),
        *[(at, 10.1, 1.0, Cause.SENSOR_IMPLAUSIBLE) for at in (ContactState.APPROACH, ContactState.WORK)],
    ],
)
def test_off_the_skin_sensor_and_torques_may_differ_by_the_friction_of_the_posture(
    contact: ContactState, gap_n: float, joint_nm: float, cause: Cause | None
) -> None:
    # one joint that amounts to 10 N for every Nm along the normal
    row = (-10.0, *(0.0,) * 6)
    arm = dataclasses.replace(ARM, jbar_t=(row,) * 3 + ARM.jbar_t[3:])
    bounds = {"implausible_ticks": 1, "observer_joint_nm": (joint_nm, *(0.0,) * 6)}
    wish = {"arm": arm, "contact": contact, "press_n": 5.0 + min(0.0, gap_n), "observer_n": 5.0 - max(0.0, gap_n)}
    assert _stop_of(bounds, wish) is cause


def test_a_tilted_axis_is_compared_in_every_component() -> None:
    assert _stop_of({"axis_cosine": 1.0 - 1e-9}, normal=TILTED) is None
    for axis in range(3):
        other = list(TILTED)
        other[axis] = -other[axis]
        turned = _stop_of({"axis_cosine": 0.6}, {"normal": tuple(other)}, normal=TILTED)
        assert turned is Cause.INTERNAL_ERROR
    for longer in (1.001, 0.999):
        scaled = tuple(longer * n for n in TILTED)
        assert _stop_of({"axis_cosine": 0.9}, {"normal": scaled}, normal=TILTED) is Cause.INTERNAL_ERROR


def test_joints_that_stand_exactly_still_do_not_jump() -> None:
    assert cause_of(Gate(limits(jump_rad=0.0), 1e-3), [state(t_s=0.001 * k) for k in range(5)]) is None


@pytest.mark.parametrize(
    ("forces", "repeats", "cause"),
    [
        ((1, 1, 1, 2, 2, 3), 3, None),
        ((1, 1, 1, 2, 2, 2), 3, Cause.SENSOR_FROZEN),
        ((1, 1, 1, 2, 2, 2), 2, Cause.SENSOR_FROZEN),
        ((1, 1, 2, 3, 4, 5, 5), 2, None),
        ((1, 1, 2, 2, 3, 3), 2, Cause.SENSOR_FROZEN),
    ],
)
def test_of_equal_samples_a_quarter_leaks_away_with_every_other_one(
    forces: tuple[int, ...], repeats: int, cause: Cause | None
) -> None:
    samples = [
        state(t_s=0.001 * k, wrench_s=(0.0, 0.0, float(f), 0.0, 0.0, 0.0), wrench_sequence=k)
        for k, f in enumerate(forces)
    ]
    assert cause_of(Gate(limits(frozen_ticks=repeats), 1e-3), samples) is cause


def test_a_bad_sample_says_nothing_about_the_force_and_the_next_good_one_does() -> None:
    hard = (0.0, 0.0, -100.0, 0.0, 0.0, 0.0)
    gate = Gate(limits(stale_ticks=3), 1e-3)
    assert gate.judge(WISH, state(wrench_s=hard, sensor_age_s=0.006), reference(), 0.0).stop is None
    stop = gate.judge(WISH, state(wrench_s=hard), reference(), 0.001).stop
    assert stop is not None
    assert stop.cause is Cause.TOOL_FORCE


@pytest.mark.parametrize(
    ("trusted", "stops_at"),
    [
        ((False, False, True, False, False), 4),
        ((True, True, False, False, False), 4),
        ((False, True, False, False), None),
        ((False, True, False, True, False), None),
        ((False, True, False, True, False, False), 5),
        ((False, True, True, False, True, False), None),
        ((False, True, True, False, False, True, False, False), 7),
        ((False, False, True, True, True, False, False), None),
    ],
)
def test_distrust_grows_by_one_and_leaks_by_three_eighths(trusted: tuple[bool, ...], stops_at: int | None) -> None:
    gate = Gate(limits(implausible_ticks=3), 1e-3)
    stopped = [
        gate.judge(command(ARM, ARM.bias_nm, trusted=one), state(), reference(), 0.001 * tick).stop is not None
        for tick, one in enumerate(trusted)
    ]
    assert (stopped.index(True) if any(stopped) else None) == stops_at


def test_the_time_without_skin_starts_with_the_loss() -> None:
    def causes(times_s: tuple[float, ...], presses_n: tuple[float, ...]) -> list[bool]:
        gate = Gate(limits(contact_lost_s=0.5), 1e-3)
        return [
            gate.judge(command(ARM, ARM.bias_nm, press_n=press), state(), reference(), t_s).stop is not None
            for t_s, press in zip(times_s, presses_n, strict=True)
        ]

    assert causes((1.0, 1.5, 1.51), (0.5, 0.5, 0.5)) == [False, False, True]
    assert causes((1.0, 1.5, 1.75, 2.25), (5.0, 0.5, 5.0, 0.5)) == [False] * 4
    # 0.25 s lost, 0.125 s of them forgotten with a touch of 0.5 s
    assert causes((1.5, 1.75, 2.25, 2.625), (0.5, 5.0, 0.5, 0.5)) == [False] * 4
    assert causes((1.5, 1.75, 2.25, 2.6875), (0.5, 5.0, 0.5, 0.5)) == [False] * 3 + [True]
    assert causes((1.5, 1.75, 2.25, 2.6875), (0.5, 5.0, 0.5, 5.0)) == [False] * 4


def test_a_descent_counts_along_the_press_axis_and_only_in_an_approach() -> None:
    """A quarter of a metre a second along a tilted axis, with sideways motion and turning that do not count."""
    v = [-0.25 * n for n in TILTED]
    v[0], v[1] = v[0] + 0.06 * 0.6, v[1] + 0.06 * 0.48
    sinking = dataclasses.replace(ARM, v_wt=(*v, 5.0, 5.0, 5.0))

    def stops(contacts: tuple[ContactState, ...], descent_m: float) -> list[bool]:
        gate = Gate(limits(descent_m=descent_m), 1e-3)
        return [
            gate.judge(
                command(sinking, ARM.bias_nm, contact=contact, normal=TILTED),
                state(),
                reference(normal=TILTED),
                0.5 * k,
            ).stop
            is not None
            for k, contact in enumerate(contacts)
        ]

    seek, free = ContactState.APPROACH, ContactState.FREE
    assert stops((seek, seek, seek), 0.26) == [False, False, False]
    assert stops((seek, seek, seek), 0.24) == [False, False, True]
    assert stops((seek, seek, free, seek, seek), 0.26) == [False] * 5
    rising = dataclasses.replace(ARM, v_wt=(0.0, 0.0, 0.25, 0.0, 0.0, 0.0))
    gate = Gate(limits(descent_m=0.01), 1e-3)
    for tick in range(3):
        asked = command(rising, ARM.bias_nm, contact=seek)
        assert gate.judge(asked, state(), reference(), 0.5 * tick).stop is None


def test_a_spot_ends_at_its_radius_and_its_time() -> None:
    def stops(places_m: tuple[float, ...], dwell_s: float) -> list[bool]:
        gate = Gate(limits(dwell_m=0.25, dwell_s=dwell_s), 1e-3)
        return [
            gate.judge(_at((place, 0.0, 0.05)), state(), reference(), float(second)).stop is not None
            for second, place in enumerate(places_m)
        ]

    assert stops((0.5, 0.75, 0.5), 2.0) == [False, False, False]
    assert stops((0.5, 0.75, 0.5), 1.5) == [False, False, True]
    assert stops((0.5, 0.76, 0.5), 1.5) == [False, False, False]
    assert stops((0.0, 0.0, 0.0), 2.0) == [False, False, False]


def test_a_late_loop_is_no_lost_link_but_a_link_that_is_later_still_is() -> None:
    for age_s, cause in ((0.010, None), (0.0109, Cause.LINK)):
        gate = Gate(limits(), 1e-3)
        assert gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 10.0).stop is None
        late = gate.judge(command(ARM, ARM.bias_nm), state(command_age_s=age_s), reference(), 10.006)
        assert (late.stop.cause if late.stop is not None else None) is cause
    early = Monitor(limits(), 1e-3)
    calm = command(ARM, ARM.bias_nm)
    assert early.check(calm, ARM, state(), reference(), 10.0) is None
    back = early.check(calm, ARM, state(command_age_s=0.0046), reference(), 9.999)
    assert back is not None
    assert back.cause is Cause.LINK, "a clock that runs back gives no room"


def test_an_axis_is_of_unit_length_up_to_and_with_its_tolerance() -> None:
    """Squares of powers of two add up without rounding."""
    normal = (1.0, 0.0, 0.0)
    for extra, is_stopped in ((2.0**-10, False), (2.0**-9, True)):
        wish = command(ARM, ARM.bias_nm, normal=(1.0, extra, 0.0))
        stop = Gate(limits(), 1e-3).judge(wish, state(), reference(normal=normal), 0.0).stop
        assert (stop is not None) is is_stopped


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize(("value", "allowed"), [(1.25, 1.0), (-1.25, -1.0), (math.nan, -1.0)])
def test_the_limit_that_is_passed_is_the_one_that_is_told(axis: int, value: float, allowed: float) -> None:
    p_wt = tuple(value if k == axis else 0.5 for k in range(3))
    arm = dataclasses.replace(ARM, p_wt=p_wt)
    stop = Gate(limits(), 1e-3).judge(command(arm, arm.bias_nm), state(), reference(), 0.0).stop
    assert stop is not None
    assert (stop.limit, stop.allowed) == (f"tool position along {'xyz'[axis]}", allowed)
    assert stop.value == pytest.approx(value, nan_ok=True)


def test_a_jump_of_a_stopped_arm_is_dated_and_looked_for_up_to_the_longest_gap() -> None:
    for gap_s, is_seen in ((JUMP_GAP_S, True), (JUMP_GAP_S + 1e-9, False)):
        monitor = Monitor(limits(), 1e-3)
        assert monitor.watch_stopped(state(t_s=0.0), 0.0) is None
        found = monitor.watch_stopped(state(t_s=gap_s, q_rad=(0.2,) * 7), gap_s)
        assert (found is not None and (found.cause, found.t_s) == (Cause.ENCODER_JUMP, gap_s)) is is_seen
