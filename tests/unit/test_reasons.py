"""Every reason of a stop, whole: cause, limit in words, what was found, what is allowed, unit and time."""

import dataclasses
import math

import numpy as np
import pytest

from controller.safety.gate import Gate
from controller.safety.reaction import REACTIONS
from controller.safety.supervision import Supervisor, SupervisorLimits, SupervisorView
from controller.safety.tank import TankLimits
from controller.types import Authority, Cause, Clearance, ContactState, StopReason
from tests.gate_cases import command, limits, pad_of, reference, soft_gains, state, torque
from tests.unit.test_gate import ARM

T_S = 7.0
NAN = math.nan
TILT = (math.sin(0.4), 0.0, math.cos(0.4))
Found = tuple[Cause, str, float, float, str]


def _same(stop: StopReason | None, expected: Found, t_s: float = T_S) -> None:
    assert stop is not None
    cause, limit, value, allowed, unit = expected
    assert (stop.cause, stop.limit, stop.unit) == (cause, limit, unit)
    assert (stop.value, stop.allowed) == pytest.approx((value, allowed), nan_ok=True)
    assert stop.t_s == pytest.approx(t_s)
    assert stop.next_step == REACTIONS[cause].next_step


def _moved(arm_change: dict) -> dict:
    return {"arm": dataclasses.replace(ARM, **arm_change)}


@pytest.mark.parametrize(
    ("bounds", "wish", "senses", "expected"),
    [
        ({}, {}, {"dq_rad_s": (0.0,) * 8}, (Cause.INTERNAL_ERROR, "sizes of command and state", 8, 7, "joints")),
        ({}, {}, {"q_rad": (NAN,) * 7}, (Cause.JOINTS_NOT_FINITE, "joint positions and speeds", NAN, 0, "-")),
        ({}, {}, {"dq_rad_s": (NAN,) * 7}, (Cause.JOINTS_NOT_FINITE, "joint positions and speeds", NAN, 0, "-")),
        ({}, {}, {"tau_nm": (NAN,) * 7}, (Cause.NOT_FINITE, "command and joint torques", NAN, 0, "-")),
        ({}, {"tau": (math.inf,) * 7}, {}, (Cause.NOT_FINITE, "command and joint torques", math.inf, 0, "-")),
        ({"session_s": 5.0}, {}, {}, (Cause.SESSION_TIME, "session time", 7.0, 5.0, "s")),
        (
            {},
            {},
            {"authority": Authority.NOBODY},
            (Cause.LINK, "drives without enable, brakes closed", 1, 0, "times"),
        ),
        (
            {},
            {},
            {"authority": Authority.SUPERVISOR},
            (Cause.SUPERVISOR_ACTED, "drives taken from the session loop", 1, 0, "times"),
        ),
        (
            {},
            {},
            {"supervisor_age_s": 0.02},
            (Cause.SUPERVISOR_LOST, "age of the supervisor's heartbeat", 0.02, 0.01, "s"),
        ),
        (
            {},
            {},
            {"command_age_s": 0.02},
            (Cause.LINK, "age of the drives' last command beyond a tick", 0.02, 0.0045, "s"),
        ),
        ({}, {}, {"temperatures_c": (20.0,) * 6 + (81.0,)}, (Cause.TEMPERATURE, "drive of joint 7", 81, 80, "C")),
        ({}, {}, {"joint_fault": (0, 3) + (0,) * 5}, (Cause.DRIVE_FAULT, "fault flags of joint 2", 3, 0, "-")),
        ({}, {}, {"voltages_v": (24.0, 31.0) + (24.0,) * 5}, (Cause.DRIVE_FAULT, "supply of joint 2", 31, 30, "V")),
        ({}, {}, {"voltages_v": (19.0,) + (24.0,) * 6}, (Cause.DRIVE_FAULT, "supply of joint 1", 19, 20, "V")),
        ({}, {}, {"joint_age_s": (0.0,) * 6 + (1.0,)}, (Cause.LINK, "age of the values of joint 7", 1, 0.003, "s")),
        ({}, {}, {"joint_fault": (0,) * 5}, (Cause.DRIVE_FAULT, "fault flags of joint 6", NAN, 0, "-")),
        ({"stale_ticks": 1}, {}, {"wrench_s": (NAN,) * 6}, (Cause.NOT_FINITE, "wrist sensor", NAN, 0, "N")),
        (
            {"stale_ticks": 1},
            {},
            {"sensor_age_s": 0.02},
            (Cause.STALE, "age of the wrist sensor's sample", 0.02, 0.005, "s"),
        ),
        (
            {},
            {"normal": TILT},
            {},
            (Cause.INTERNAL_ERROR, "cosine between press axis and planned normal", math.cos(0.4), 0.95, "-"),
        ),
        ({}, {"press_n": 31.0}, {}, (Cause.PAD_FORCE, "measured press force", 31, 30, "N")),
        (
            {},
            {"press_n": 5.0, "observer_n": 41.0},
            {},
            (Cause.PAD_FORCE, "press force by joint torques", 41, 40, "N"),
        ),
        (
            {},
            {},
            {"wrench_s": (60.0, 80.0, 0.0, 0.0, 0.0, 0.0)},
            (Cause.TOOL_FORCE, "force on the wrist sensor", 100, 90, "N"),
        ),
        ({"pads": pad_of(1e-4)}, {}, {}, (Cause.PRESSURE, "mean pressure under the pad", 2e5, 120e3, "Pa")),
        (
            {"implausible_ticks": 1},
            {"trusted": False},
            {},
            (Cause.SENSOR_IMPLAUSIBLE, "time with sensor and joint torques apart", 1, 1, "ticks"),
        ),
        (
            {"speed_rad_s": (2.0, 2.0, 1.5, *(2.0,) * 4)},
            {},
            {"dq_rad_s": (0.0, 0.0, -1.6, *(0.0,) * 4)},
            (Cause.JOINT_SPEED, "speed of joint 3", 1.6, 1.5, "rad/s"),
        ),
        (
            {"lower_rad": (-3.0, -1.0, *(-3.0,) * 5)},
            {},
            {"q_rad": (0.0, -1.1, *(0.0,) * 5)},
            (Cause.JOINT_POSITION, "position of joint 2", -1.1, -1.0, "rad"),
        ),
        (
            {"upper_rad": (3.0, 1.0, *(3.0,) * 5)},
            {},
            {"q_rad": (0.0, 1.1, *(0.0,) * 5)},
            (Cause.JOINT_POSITION, "position of joint 2", 1.1, 1.0, "rad"),
        ),
        ({}, _moved({"v_wt": (0.6, 0.0, 0.0, 9.0, 9.0, 9.0)}), {}, (Cause.TOOL_SPEED, "tool speed", 0.6, 0.5, "m/s")),
        (
            {"workspace_low_m": (-1.0, -0.5, -1.0)},
            _moved({"p_wt": (0.0, -0.6, 0.0)}),
            {},
            (Cause.WORKSPACE, "tool position along y", -0.6, -0.5, "m"),
        ),
        (
            {"workspace_high_m": (1.0, 1.0, 0.2)},
            _moved({"p_wt": (0.0, 0.0, 0.3)}),
            {},
            (Cause.WORKSPACE, "tool position along z", 0.3, 0.2, "m"),
        ),
        (
            {"workspace_high_m": (0.2, 1.0, 1.0)},
            _moved({"p_wt": (0.3, 0.0, 0.0)}),
            {},
            (Cause.WORKSPACE, "tool position along x", 0.3, 0.2, "m"),
        ),
        ({}, {"plan_error_m": 0.05}, {}, (Cause.WORKSPACE, "distance from the planned path", 0.05, 0.04, "m")),
    ],
)
def test_the_reason_of_one_sample(bounds: dict, wish: dict, senses: dict, expected: Found) -> None:
    wish = dict(wish)
    arm = wish.pop("arm", ARM)
    asked = command(arm, wish.pop("tau", arm.bias_nm), **wish)
    judgement = Gate(limits(**bounds), 1e-3).judge(asked, state(**senses), reference(), T_S)
    _same(judgement.stop, expected)


def _last(gate: Gate, ticks: list[tuple[float, dict, dict]]) -> StopReason | None:
    stop = None
    for t_s, wish, senses in ticks:
        asked = dict(wish)
        arm = asked.pop("arm", ARM)
        assert stop is None
        stop = gate.judge(command(arm, arm.bias_nm, **asked), state(**senses), reference(), t_s).stop
    return stop


def test_reasons_that_need_a_time_before() -> None:
    calm: tuple[dict, dict] = ({}, {})
    late = _last(Gate(limits(late_s=0.1), 1e-3), [(T_S - 0.5, *calm), (T_S, *calm)])
    _same(late, (Cause.LATE_TICK, "time since the last tick", 0.5, 0.1, "s"))
    jumped = {"q_rad": (0.1, 0.1, 0.108, *(0.1,) * 4), "dq_rad_s": (0.0, 0.0, 1.0, *(0.0,) * 4)}
    jump = _last(Gate(limits(), 1e-3), [(T_S - 1e-3, *calm), (T_S, {}, jumped)])
    _same(jump, (Cause.ENCODER_JUMP, "jump of joint 3", 0.007, 0.005, "rad"))
    samples = [(T_S - (2 - k) * 1e-3, {}, {"wrench_sequence": 3 + k}) for k in range(3)]
    _same(
        _last(Gate(limits(frozen_ticks=2), 1e-3), samples),
        (Cause.SENSOR_FROZEN, "equal wrench samples", 2, 2, "samples"),
    )
    still = _last(Gate(limits(sensor_gap_s=0.1), 1e-3), [(T_S - 0.5, *calm), (T_S, *calm)])
    _same(still, (Cause.SENSOR_FROZEN, "time without a new wrench sample", 0.5, 0.1, "s"))
    back = _last(Gate(limits(), 1e-3), [samples[1], (T_S, {}, {"wrench_sequence": 2})])
    _same(back, (Cause.SENSOR_FROZEN, "new wrench samples since the last tick", -2, 0, "samples"))
    light = {"press_n": 0.5}
    lost = _last(Gate(limits(), 1e-3), [(T_S - 0.4, light, {}), (T_S - 0.2, light, {}), (T_S, light, {})])
    _same(lost, (Cause.CONTACT_LOST, "time without the skin in a stroke", 0.4, 0.3, "s"))
    sinking = {"arm": dataclasses.replace(ARM, v_wt=(0.3, 0.0, -0.2, 0.0, 0.0, 0.0)), "contact": ContactState.APPROACH}
    descent = _last(Gate(limits(), 1e-3), [(T_S - 0.6, sinking, {}), (T_S - 0.3, sinking, {}), (T_S, sinking, {})][1:])
    assert descent is None
    gate = Gate(limits(), 1e-3)
    descent = _last(gate, [(T_S - 0.5, sinking, {}), (T_S, sinking, {})])
    _same(descent, (Cause.NO_CONTACT, "descent without touching the skin", 0.1, 0.09, "m"))
    dwell = _last(Gate(limits(dwell_s=2.0), 1e-3), [(T_S - 3.0, *calm), (T_S - 1.0, *calm), (T_S, *calm)])
    _same(dwell, (Cause.DWELL, "time of pressing on one spot", 2.0 + 1.0, 2.0, "s"))


def test_reasons_of_the_gate_itself() -> None:
    heavy = dataclasses.replace(ARM, bias_nm=(ARM.bias_nm[0], 300.0, *ARM.bias_nm[2:]))
    acting = np.array(ARM.jbar_t)[:, 1] * (87.0 - 300.0)
    across, moment = float(np.linalg.norm(acting[:2])), float(np.linalg.norm(acting[3:]))
    for name, found, unit, bounds in (
        ("force across the normal", across, "N", limits(tangential_n=20.0)),
        ("moment", moment, "Nm", limits(tangential_n=1e3, moment_nm=20.0)),
    ):
        audited = Gate(bounds, 1e-3).judge(command(heavy, heavy.bias_nm), state(), reference(), T_S)
        _same(audited.stop, (Cause.INTERNAL_ERROR, f"audited static {name}", found, 20.0, unit))
    light = dataclasses.replace(heavy, bias_nm=(ARM.bias_nm[0], -300.0, *ARM.bias_nm[2:]))
    bounds = limits(tangential_n=1e3, moment_nm=1e3)
    audited = Gate(bounds, 1e-3).judge(command(light, light.bias_nm), state(), reference(), T_S)
    _same(audited.stop, (Cause.INTERNAL_ERROR, "audited static press force", float(acting[2]), 23.0, "N"))
    sinking = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.015, 0.0, 0.0, 0.0))
    spending = command(sinking, torque(sinking, (0.0, 0.0, -12.0, 0.0, 0.0, 0.0)), target_n=10.0)
    bounds = limits(loading_rate_n_per_s=1e9, tank=TankLimits(1e-6, 0.0, 0))
    spent = Gate(bounds, 1e-3).judge(spending, state(), reference(), T_S)
    _same(spent.stop, (Cause.ENERGY, "halvings of the gain", 1, 0, ""))
    gate = Gate(limits(), 1e-3)
    gate.stop(spent.stop)  # type: ignore[arg-type]
    with pytest.raises(PermissionError) as told:
        gate.clear(Clearance.OPERATOR)
    assert str(told.value) == "the stop is cleared by operator at the arm; got operator"


BOUNDS = SupervisorLimits(0.006, 50.0, (2.0, 3.0, *(2.0,) * 5), (87.0,) * 7, 2, 2, soft_gains())


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        (
            [(1, True, {}), (2, False, {}), (2, False, {})],
            (Cause.MEMORY_CORRUPT, "broken reads of the shared memory", 2, 0, "reads"),
        ),
        (
            [(1, True, {}), (2, True, {}), (2, True, {"t_s": T_S + 1.0})],
            (Cause.HOST_LOST, "age of the session loop's heartbeat", 1.0 + 0.002, 0.006, "s"),
        ),
        (
            [(1, True, {}), (2, True, {"command_age_s": 0.007})],
            (Cause.LINK, "age of the drives' last command beyond the loop's heartbeat", 0.007, 0.006, "s"),
        ),
        (
            [(k, True, {"joint_fault": (0, 0, 0, 5, 0, 2, 0)}) for k in (1, 2)],
            (Cause.DRIVE_FAULT, "fault flags of joint 4, own read", 5, 0, "-"),
        ),
        (
            [(k, True, {"wrench_s": (0.0, 30.0, 60.0, 99.0, 0.0, 0.0)}) for k in (1, 2)],
            (Cause.TOOL_FORCE, "wrist force, own read", math.hypot(30, 60), 50, "N"),
        ),
        (
            [(k, True, {"dq_rad_s": (1.0, -3.2, 2.1, 0.0, 0.0, 0.0, 0.0)}) for k in (1, 2)],
            (Cause.JOINT_SPEED, "joint speed, own read", 3.2, 3.0, "rad/s"),
        ),
        (
            [(k, True, {"q_rad": (NAN,) * 7}) for k in (1, 2)],
            (Cause.NOT_FINITE, "senses, own read", NAN, 0, "-"),
        ),
    ],
)
def test_the_reasons_of_the_supervisor(reads: list[tuple[int, bool, dict]], expected: Found) -> None:
    supervisor, t_s = Supervisor(BOUNDS), T_S
    stop = None
    for number, (beat, is_intact, senses) in enumerate(reads):
        assert stop is None
        t_s = senses.get("t_s", T_S - 0.002 * (len(reads) - 1 - number))
        stop = supervisor.judge(SupervisorView(state(**{"t_s": t_s, **senses}), beat, is_intact, False))
    _same(stop, expected, t_s)


PARKS = {
    Clearance.OPERATOR: "OPERATOR SESSION_TIME DWELL NO_CONTACT CONTACT_LOST LATE_TICK PRESSURE",
    Clearance.OPERATOR_AT_ARM: "PAD_FORCE TOOL_FORCE ENERGY DEPTH KEEP_OUT REGISTRATION",
    Clearance.SERVICE: "TEMPERATURE SENSOR_IMPLAUSIBLE MODEL_MISMATCH SENSOR_FROZEN STALE NOT_FINITE CLOCK HEIR_LOST",
}
FLOATS = {
    Clearance.OPERATOR_AT_ARM: "WORKSPACE JOINT_POSITION JOINT_SPEED TOOL_SPEED SWING UNEXPECTED_CONTACT",
    Clearance.SERVICE: "LINK DRIVE_FAULT INTERNAL_ERROR SUPERVISOR_LOST SUPERVISOR_ACTED HOST_LOST MEMORY_CORRUPT "
    "SPEED_SIGNAL BUS_OWNER_LOST",
}
HOLDS = {Clearance.SERVICE: "ENCODER_JUMP JOINTS_NOT_FINITE"}
LOWERS = {Clearance.NOBODY: "PRESS_LIMIT PRESS_SPEED LOADING_RATE TANGENTIAL_LIMIT MOMENT_LIMIT TORQUE_LIMIT"}


def test_the_table_of_reactions_is_the_one_that_was_decided() -> None:
    decided = {
        Cause[name]: (action, clearance)
        for action, rows in enumerate((LOWERS, PARKS, FLOATS, HOLDS))
        for clearance, names in rows.items()
        for name in names.split()
    }
    assert {cause: (int(rule.action), rule.clearance) for cause, rule in REACTIONS.items()} == decided
