"""Every field of every limit type has an input whose verdict it changes; a field nobody reads is a limit nobody has."""

import dataclasses
import math
from collections.abc import Callable

import pytest

from controller.safety.gate import Gate, Judgement
from controller.safety.limits import GateLimits, KeepOutLimits, PadLimits, PressLimits
from controller.safety.supervision import Supervisor, SupervisorLimits, SupervisorView
from controller.safety.tank import TankLimits
from controller.types import Cause, ClearanceGrid, ContactState, JointSenses, StopReason
from tests.gate_cases import (
    changed,
    command,
    leave,
    limits,
    pad_of,
    reference,
    rising,
    soft_gains,
    state,
    stroke,
    torque,
    wait,
)
from tests.unit.test_gate import ARM

pytestmark = pytest.mark.usefixtures("short_way")

OPEN = limits(loading_rate_n_per_s=1e9, late_s=1e9)
Drive = Callable[[GateLimits], object]


def _verdict(judgement: Judgement) -> object:
    cause = judgement.stop.cause if judgement.stop else None
    return cause, tuple(entry.cause for entry in judgement.limited), round(judgement.press_n, 6)


def _one(
    *, wrench: tuple[float, ...] = (0.0,) * 6, segment: int = 0, senses: dict | None = None, **wish: object
) -> Drive:
    """Return a drive that judges one command."""
    arm = wish.pop("arm", ARM)

    def drive(bounds: GateLimits) -> object:
        asked = command(arm, torque(ARM, wrench), **wish)  # type: ignore[arg-type]
        return _verdict(Gate(bounds, 1e-3).judge(asked, state(**(senses or {})), reference(segment), 0.0))

    return drive


def _many(ticks: int, **wish: object) -> Drive:
    """Return a drive that judges one command many times, the tool sinking slowly, on the same sample."""
    sinking = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.015, 0.0, 0.0, 0.0))

    def drive(bounds: GateLimits) -> object:
        gate = Gate(bounds, 1e-3)
        asked = command(sinking, torque(sinking, (0.0, 0.0, -12.0, 0.0, 0.0, 0.0)), target_n=10.0, **wish)  # type: ignore[arg-type]
        samples = (state(wrench_sequence=tick // 2) for tick in range(ticks))
        judged = [gate.judge(asked, sample, reference(), tick * 1e-3) for tick, sample in enumerate(samples)]
        first = next((k for k, judgement in enumerate(judged) if judgement.stop), None)
        return first, judged[-1].stop and judged[-1].stop.cause, judged[-1].press_limit_n

    return drive


def _parked(bounds: GateLimits) -> object:
    gate = Gate(bounds, 1e-3)
    gate.stop(StopReason(Cause.OPERATOR, "-", 1, 0, "-", 0.0, "-"))
    t_s = leave(gate, ARM) + 1e-3
    return _verdict(gate.judge(command(ARM, torque(ARM, (0.0, 0.0, -50.0, 0.0, 0.0, 0.0))), state(), reference(), t_s))


def _samples(gap_s: float, move_rad: float) -> Drive:
    def drive(bounds: GateLimits) -> object:
        gate = Gate(bounds, 1e-3)
        gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0)
        now = state(t_s=gap_s, q_rad=(0.1 + move_rad,) * 7)
        return _verdict(gate.judge(command(ARM, ARM.bias_nm), now, reference(), gap_s))

    return drive


PRESS_30 = _one(wrench=(0.0, 0.0, -30.0, 0.0, 0.0, 0.0))
SEVEN = (0.0,) * 7
FALLING = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.03, 0.0, 0.0, 0.0))
LACKING = dataclasses.replace(FALLING, momentum_nms=(0.0,) * 7, drift_nm=ARM.bias_nm)
"""It stands still although nothing that its drives report holds it: what is missing is all its holding torque."""


def _stopped_torque(bounds: GateLimits) -> object:
    """Return what a stopped gate sends to an arm that moves and slows down."""
    gate = Gate(bounds, 1e-3)
    gate.stop(StopReason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0, "-"))
    wait(gate, LACKING, 0.3, rise_m_s=0.05)
    sent = None
    for tick, speed in enumerate((0.1, 0.05), 301):
        sensed = state(dq_rad_s=(speed,) * 7)
        sent = gate.judge(command(LACKING, ARM.bias_nm), sensed, reference(), 1e-3 * tick).command.tau_nm
    return sent


def _taken_torque(bounds: SupervisorLimits) -> object:
    """Return what a supervisor that has taken the drives sends, in the same case."""
    supervisor = Supervisor(bounds)
    supervisor.stop = StopReason(Cause.HOST_LOST, "-", 1.0, 0.0, "-", -0.3, "-")
    for _ in range(150):
        supervisor.torque(LACKING, state(dq_rad_s=rising(ARM, 0.05)))
    sent = None
    for speed in (0.1, 0.05):
        sent, _ = supervisor.torque(LACKING, state(dq_rad_s=(speed,) * 7))
    return sent


CASES: dict[str, tuple[Drive, object]] = {
    "lower_rad": (_one(), (0.2,) * 7),
    "upper_rad": (_one(), (0.0,) * 7),
    "speed_rad_s": (_one(senses={"dq_rad_s": (1.0,) * 7}), (0.9,) * 7),
    "torque_nm": (PRESS_30, (1.0,) * 7),
    "strokes": (PRESS_30, (stroke(10.0, 20.0, 3.0, 30.0, 1000.0),)),
    "free_press_n": (_one(wrench=(0.0, 0.0, -9.0, 0.0, 0.0, 0.0), contact=ContactState.FREE), 8.0),
    "press_speed_m_s": (_one(wrench=(0.0, 0.0, -20.0, 0.0, 0.0, 0.0), arm=FALLING), -0.1),
    "free_press_speed_m_s": (_one(wrench=(0.0, 0.0, -9.0, 0, 0, 0), arm=FALLING, contact=ContactState.FREE), -0.1),
    "loading_rate_n_per_s": (PRESS_30, 1000.0),
    "tangential_n": (_one(wrench=(9.0, 0.0, 0.0, 0.0, 0.0, 0.0)), 8.0),
    "moment_nm": (_one(wrench=(0.0, 0.0, 0.0, 0.0, 5.0, 0.0)), 4.0),
    "tool_trip_n": (_one(senses={"wrench_s": (0.0, 0.0, -30.0, 0.0, 0.0, 0.0)}), 29.0),
    "observer_margin_n": (_one(press_n=5.0, observer_n=38.0), 7.0),
    "observer_base_n": (_one(press_n=5.0, observer_n=18.0, contact=ContactState.FREE), 14.0),
    "observer_joint_nm": (_one(press_n=5.0, observer_n=18.0, contact=ContactState.FREE), (1e3,) * 7),
    "axis_cosine": (_one(normal=(math.sin(0.2), 0.0, math.cos(0.2))), 0.99),
    "contact_lost_n": (_many(500, press_n=5.0), 6.0),
    "contact_lost_s": (_many(500, press_n=0.5), 0.1),
    "pads": (_one(press_n=20.0), pad_of(1e-5)),
    "pressure_pa": (_one(press_n=20.0), 1e3),
    "tool_speed_m_s": (_one(arm=FALLING), 0.02),
    "workspace_low_m": (_one(), (0.5, 0.0, 0.0)),
    "workspace_high_m": (_one(), (0.0, 0.5, 0.5)),
    "path_m": (_one(plan_error_m=0.03), 0.02),
    "sensor_age_s": (_many(5), 0.0005),
    "sensor_gap_s": (_many(5), 0.0005),
    "stale_ticks": (_one(senses={"sensor_age_s": 1.0}), 1),
    "implausible_ticks": (_one(trusted=False), 1),
    "descent_m": (_many(500, contact=ContactState.APPROACH, press_n=0.0), 0.001),
    "frozen_ticks": (_many(10), 3),
    "jump_rad": (_samples(0.001, 0.004), 0.003),
    "late_s": (_samples(0.02, 0.0), 0.01),
    "dwell_m": (_many(500), 1.0),
    "dwell_s": (_many(500), 0.1),
    "session_s": (_many(500), 0.1),
    "temperature_c": (_one(senses={"temperatures_c": (50.0,) * 7}), 40.0),
    "voltage_v": (_one(senses={"voltages_v": (24.0,) * 7}), (25.0, 30.0)),
    "joint_age_s": (_one(senses={"joint_age_s": (0.002,) * 7}), 0.001),
    "fitted": (_one(), JointSenses(True, False, False, False)),
    "supervisor_age_s": (_one(senses={"supervisor_age_s": 0.005}), 0.004),
    "tank": (_many(500), TankLimits(0.001, 0.0, 1)),
    "park_force_n": (_parked, 5.0),
    "stop": (_stopped_torque, soft_gains(float_damping_nms_per_rad=(1.0,) * 7)),
    "keep_out": (_one(), KeepOutLimits(ClearanceGrid(-1.0, -1.0, 2.0, ((-0.01, -0.01), (-0.01, -0.01))), 6.0, 0.018)),
}
NEEDS = {
    "dwell_m": {"dwell_s": 0.2},
    "dwell_s": {"dwell_m": 0.015},
    "contact_lost_n": {},
    "sensor_age_s": {},
    "observer_base_n": {"implausible_ticks": 1},
    "observer_joint_nm": {"implausible_ticks": 1},
}
"""Other fields that a case starts from."""


STOP_CASES = {
    "float_damping_nms_per_rad": (1.0,) * 7,
    "most_damping_nm": (0.05,) * 7,
    "unload_damping_ns_per_m": 20.0,
    "unload_spring_n_per_m": 2000.0,
    "unload_stuck_n_per_s": 2000.0,
    "drag_ns_per_m": 10.0,
    "drag_joints": 3,
    "most_force_n": 1.0,
    "speed_filter_rad_s": 30.0,
    "learn_per_s": 8.0,
}


@pytest.mark.parametrize("name", list(STOP_CASES))
def test_every_gain_of_a_stop_changes_what_gate_and_supervisor_send(name: str) -> None:
    gains = soft_gains(unload_damping_ns_per_m=50.0)
    changed = dataclasses.replace(gains, **{name: STOP_CASES[name]})
    assert set(STOP_CASES) | {"work_nm"} == {field.name for field in dataclasses.fields(gains)}
    sent = [_stopped_torque(dataclasses.replace(OPEN, stop=each)) for each in (gains, changed)]
    assert sent[0] != sent[1]
    taken = [_taken_torque(dataclasses.replace(SUPERVISOR, stop=each)) for each in (gains, changed)]
    assert taken[0] != taken[1]


def test_every_field_of_the_gate_has_a_case() -> None:
    assert set(CASES) == {field.name for field in dataclasses.fields(GateLimits)}


@pytest.mark.parametrize("name", list(CASES))
def test_every_field_of_the_gate_changes_a_verdict(name: str) -> None:
    drive, changed = CASES[name]
    start = dataclasses.replace(OPEN, **NEEDS.get(name, {}))
    if name == "dwell_m":
        start = dataclasses.replace(start, dwell_m=-1.0)
    assert drive(start) != drive(dataclasses.replace(start, **{name: changed}))


STROKE = OPEN.strokes[0]
STROKE_CASES: dict[str, tuple[Drive, float]] = {
    "ceiling_n": (PRESS_30, 10.0),
    "target_n": (PRESS_30, 10.0),
    "margin_n": (PRESS_30, 1.0),
    "trip_n": (_one(press_n=20.0), 19.0),
    "depth_m": (_one(), -0.001),
    "sum_n": (PRESS_30, 10.0),
    "sum_trip_n": (_one(press_n=20.0), 19.0),
    "press_damping_ns_per_m": (_one(wrench=(0.0, 0.0, -23.0, 0.0, 0.0, 0.0), arm=FALLING), 1e4),
}


def test_every_field_of_a_stroke_has_a_case() -> None:
    fields = (*dataclasses.fields(PadLimits), *dataclasses.fields(PressLimits))
    assert set(STROKE_CASES) == {field.name for field in fields} - {"pads"}


@pytest.mark.parametrize("name", list(STROKE_CASES))
def test_every_field_of_a_stroke_changes_a_verdict(name: str) -> None:
    drive, value = STROKE_CASES[name]
    other = dataclasses.replace(OPEN, strokes=(changed(STROKE, **{name: value}), *OPEN.strokes[1:]))
    slow = dataclasses.replace(OPEN, press_speed_m_s=0.001) if name == "press_damping_ns_per_m" else OPEN
    other = dataclasses.replace(other, press_speed_m_s=slow.press_speed_m_s)
    assert drive(slow) != drive(other)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(TankLimits)])
def test_every_field_of_the_tank_changes_a_verdict(name: str) -> None:
    size = TankLimits(0.002, 0.0, 2)
    changed = {"capacity_j": 0.004, "refill_w": 0.02, "halvings": 9}[name]
    start = dataclasses.replace(OPEN, tank=size)
    drive = _many(500, press_n=10.0)
    assert drive(start) != drive(dataclasses.replace(start, tank=dataclasses.replace(size, **{name: changed})))


SUPERVISOR = SupervisorLimits(0.008, 60.0, (2.0,) * 7, (87.0,) * 7, 3, 25, soft_gains(), (0.0,) * 7)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(SupervisorLimits)])
def test_every_field_of_the_supervisor_changes_a_verdict(name: str) -> None:
    def drive(bounds: SupervisorLimits, case: str) -> object:
        supervisor = Supervisor(bounds)
        senses = {"tool_n": {"wrench_s": (0.0, 0.0, -50.0, 0, 0, 0)}, "patience_reads": {"wrench_s": (99.0,) * 6}}
        senses["speed_rad_s"] = senses["stop"] = {"dq_rad_s": (1.5,) * 7}
        for beat in range(40):
            # Positions go where the speeds take them.
            moved = {"q_rad": (0.1 + 1.5 * 0.002 * beat,) * 7} if case in ("speed_rad_s", "stop") else {}
            now = state(t_s=0.002 * beat, **moved, **senses.get(case, {}))
            is_hung = case == "heartbeat_s" and beat > 5
            is_whole = not (case == "bad_reads" and 5 <= beat < 9)
            stop = supervisor.judge(SupervisorView(now, 5 if is_hung else beat, is_whole, False, terms=LACKING))
            if stop is not None:
                tau, mode = supervisor.torque(FALLING, now)
                return stop.cause, beat, mode, tau
        return supervisor.torque(FALLING, now) if case in ("torque_nm", "stop", "doubt_nm") else None

    values = {"heartbeat_s": 0.02, "tool_n": 40.0, "speed_rad_s": (1.0,) * 7, "torque_nm": (0.1,) * 7, "bad_reads": 9}
    values["patience_reads"] = 3
    values["stop"] = soft_gains(float_damping_nms_per_rad=(1.0,) * 7)
    values["doubt_nm"] = (1e3,) * 7
    start = dataclasses.replace(SUPERVISOR, stop=soft_gains(learn_per_s=8.0)) if name == "doubt_nm" else SUPERVISOR
    changed = dataclasses.replace(start, **{name: values[name]})
    assert drive(start, name) != drive(changed, name)
