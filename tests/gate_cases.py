"""Made-up but consistent inputs for gate tests: random arms of any number of joints, commands, states, references."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from controller.safety.gate import Gate, Judgement
from controller.safety.limits import GateLimits, PadGeometry, PadLimits, PressLimits, StopGains
from controller.safety.tank import TankLimits
from controller.types import (
    ArmState,
    Authority,
    Command,
    ContactState,
    JointSenses,
    Kinematics,
    Mode,
    PadEstimate,
    PadReference,
    Phase,
    Reference,
    ToolTerms,
    Vector,
    Vector3,
)

UP: Vector3 = (0.0, 0.0, 1.0)
ONE_PAD = (PadGeometry("pad", (0.0, 0.0, 0.0), 6e-4),)

TWO_PADS = (PadGeometry("left", (0.01, 0.035, 0.0), 6e-4), PadGeometry("right", (0.01, -0.035, 0.004), 3e-4))
"""Two pads a hand's breadth apart, not symmetric about T and not of one size."""
TOOL_DOWN = (1.0, 0.0, 0.0, 0.0)
"""R_WT with z down: half a turn about x."""


def pad_of(area_m2: float) -> tuple[PadGeometry, ...]:
    """Return one pad with this contact area."""
    return (replace(ONE_PAD[0], area_m2=area_m2),)


DEPTH_M = 2.0
"""Depth beyond the planned place that is out of the way of every test but its own."""


def stroke(ceiling_n: float, target_n: float, margin_n: float, trip_n: float, damping: float) -> PressLimits:
    """Return the limits of a stroke for a tool with one pad, whose limits are those of the sum."""
    return PressLimits((PadLimits(ceiling_n, target_n, margin_n, trip_n, DEPTH_M),), ceiling_n, trip_n, damping)


def changed(bounds: PressLimits, **changes: float) -> PressLimits:
    """Return limits of a stroke for one pad with other ones, of the pad or of the tool."""
    own = {name: value for name, value in changes.items() if name in PadLimits.__dataclass_fields__}
    whole = {name: value for name, value in changes.items() if name not in own}
    return replace(bounds, pads=tuple(replace(pad, **own) for pad in bounds.pads), **whole)


def soft_gains(joints: int = 7, **changes: object) -> StopGains:
    """Return gains of the stop laws without memory, filter or any bound that tells."""
    values: dict[str, object] = {
        "float_damping_nms_per_rad": (2.61,) * joints,
        "most_damping_nm": (1e3,) * joints,
        "unload_damping_ns_per_m": 400.0,
        "unload_spring_n_per_m": 0.0,
        "unload_stuck_n_per_s": 0.0,
        "drag_ns_per_m": 60.0,
        "drag_joints": joints,
        "most_force_n": 1e3,
        "speed_filter_rad_s": math.inf,
        "work_nm": (40.0,) * joints,
    }
    values.update(changes)
    return StopGains(**values)  # type: ignore[arg-type]


def limits(joints: int = 7, **changes: object) -> GateLimits:
    """Return limits that a calm command meets."""
    values: dict[str, object] = {
        "lower_rad": (-3.0,) * joints,
        "upper_rad": (3.0,) * joints,
        "speed_rad_s": (2.0,) * joints,
        "torque_nm": (87.0,) * joints,
        "pads": ONE_PAD,
        "strokes": (stroke(40.0, 20.0, 3.0, 30.0, 1000.0), stroke(30.0, 10.0, 3.0, 20.0, 1000.0)),
        "free_press_n": 15.0,
        "press_speed_m_s": 0.02,
        "free_press_speed_m_s": 0.02,
        "loading_rate_n_per_s": 1500.0,
        "tangential_n": 60.0,
        "moment_nm": 10.0,
        "tool_trip_n": 90.0,
        "observer_margin_n": 10.0,
        "observer_base_n": 3.0,
        "observer_joint_nm": (0.0,) * joints,
        "axis_cosine": 0.95,
        "contact_lost_n": 1.0,
        "contact_lost_s": 0.3,
        "pressure_pa": 120e3,
        "tool_speed_m_s": 0.5,
        "workspace_low_m": (-1.0, -1.0, -1.0),
        "workspace_high_m": (1.0, 1.0, 1.0),
        "path_m": 0.04,
        "sensor_age_s": 0.005,
        "sensor_gap_s": 1e9,
        "stale_ticks": 3,
        "implausible_ticks": 50,
        "descent_m": 0.09,
        "frozen_ticks": 10**9,
        "jump_rad": 0.005,
        "late_s": 10.0,
        "dwell_m": 0.015,
        "dwell_s": 60.0,
        "session_s": 3600.0,
        "temperature_c": 80.0,
        "voltage_v": (20.0, 30.0),
        "joint_age_s": 0.003,
        "fitted": JointSenses(False, False, False, False),
        "supervisor_age_s": 0.01,
        "tank": TankLimits(0.3, 0.05, 3),
        "park_force_n": 20.0,
        "stop": soft_gains(joints),
    }
    values.update(changes)
    return GateLimits(**values)  # type: ignore[arg-type]


def terms(rng: np.random.Generator, joints: int = 7, velocity: Vector = (0.0,) * 6) -> ToolTerms:
    """Return the terms of a random arm: any full-rank Jacobian and positive definite inertia are an arm somewhere."""
    jacobian = rng.normal(size=(6, joints))
    root = rng.normal(size=(joints, joints))
    mass = root @ root.T + 0.5 * np.eye(joints)
    inverse = np.linalg.solve(mass, jacobian.T)
    jbar_t = np.linalg.solve(jacobian @ inverse, inverse.T)
    bias = rng.normal(scale=5.0, size=joints)
    return ToolTerms(
        (0.1, 0.0, 0.05),
        (1.0, 0.0, 0.0, 0.0),
        tuple(velocity),  # type: ignore[arg-type]
        tuple(map(tuple, jacobian.tolist())),
        tuple(map(tuple, jbar_t.tolist())),
        tuple(bias.tolist()),
    )


def levers(pads: tuple[PadGeometry, ...]) -> list[NDArray[np.float64]]:
    """Return the levers of pads in W with the tool straight down."""
    return [np.array(pad.position_t_m) * (1.0, -1.0, -1.0) for pad in pads]


def wrench_of(pads: tuple[PadGeometry, ...], presses_n: Sequence[float], normals: Sequence[Vector3]) -> Vector:
    """Return the wrench (6,) on the world at T of pads that press along their inward normals, tool straight down."""
    total = np.zeros(6)
    for lever, press, normal in zip(levers(pads), presses_n, normals, strict=True):
        force = -press * np.array(normal)
        total += np.concatenate((force, np.cross(lever, force)))
    return tuple(total.tolist())


def torque(arm: ToolTerms, wrench: Vector) -> Vector:
    """Return bias plus J^T wrench."""
    jacobian = np.array(arm.jacobian)
    return tuple((np.array(arm.bias_nm) + jacobian.T @ np.array(wrench)).tolist())


def command(
    arm: ToolTerms,
    tau: Vector,
    *,
    target_n: float = 20.0,
    press_n: float = 20.0,
    observer_n: float | None = None,
    contact: ContactState = ContactState.WORK,
    trusted: bool = True,
    plan_error_m: float = 0.0,
    normal: Vector3 = UP,
    surface: Vector3 = (0.0, 0.0, 0.0),
) -> Command:
    """Return a command with one pad."""
    pad = PadEstimate(normal, press_n, press_n if observer_n is None else observer_n, target_n, trusted)
    return Command(tau, arm, (pad,), contact, surface, plan_error_m)


def state(joints: int = 7, t_s: float = 0.0, **changes: object) -> ArmState:
    """Return a calm state."""
    values: dict[str, object] = {
        "t_s": t_s,
        "q_rad": (0.1,) * joints,
        "dq_rad_s": (0.0,) * joints,
        "tau_nm": (0.0,) * joints,
        "wrench_s": (0.0,) * 6,
        "sensor_age_s": 0.001,
        "wrench_sequence": 0,
        "authority": Authority.HOST,
        "supervisor_age_s": 0.0,
        "command_age_s": 0.0,
    }
    values.update(changes)
    return ArmState(**values)  # type: ignore[arg-type]


def reference(segment: int = 0, press_n: float = 20.0, joints: int = 7, normal: Vector3 = UP) -> Reference:
    """Return a resting reference in work."""
    pad = PadReference(normal, press_n, 0.0)
    return Reference(
        1.0,
        Phase.WORK,
        segment,
        (0.1, 0.0, 0.05),
        (1.0, 0.0, 0.0, 0.0),
        (0.0,) * 6,
        (0.0,) * 6,
        (0.1,) * joints,
        (pad,),
    )


def gate_with(kinematics: Kinematics, torque_nm: Vector) -> Gate:
    """Return a gate with a model of the arm of its own."""
    return Gate(limits(len(torque_nm), torque_nm=torque_nm), 1e-3, kinematics)


FIRST_PULL_N = 0.1
"""Pull of the first period of 1 ms after a stop: 15 N grow over 0.15 s, counted at the end of each period."""


def lifted(arm: ToolTerms, newtons: float) -> Vector:
    """Return the torque that holds the arm and pulls the tool straight up."""
    return torque(arm, (0.0, 0.0, newtons, 0.0, 0.0, 0.0))


def rising(arm: ToolTerms, speed_m_s: float) -> Vector:
    """Return joint speeds at which the tool goes straight up, too small to be missed in the positions."""
    dq = np.linalg.pinv(np.array(arm.jacobian)[:3]) @ (0.0, 0.0, speed_m_s)
    return tuple(dq.tolist())


def wait(
    gate: Gate, arm: ToolTerms, seconds: float, *, start_s: float = 0.0, rise_m_s: float = 0.0, dt_s: float = 1e-3
) -> Judgement:
    """Let a gate judge calm commands, a new one every period, until so much time has passed; return what it said last.

    Args:
        gate: with this period.
        arm: where the arm is.
        seconds: how long, a whole number of periods.
        start_s: session time of the last period before.
        rise_m_s: speed of the tool straight up.
        dt_s: period.
    """
    speeds = rising(arm, rise_m_s)
    for tick in range(1, round(seconds / dt_s) + 1):
        t_s = start_s + tick * dt_s
        sensed = state(len(speeds), t_s, dq_rad_s=speeds)
        judgement = gate.judge(command(arm, arm.bias_nm, press_n=0.0), sensed, reference(joints=len(speeds)), t_s)
    return judgement


REST_S = 1.5
"""Unloading of an arm that leaves the skin at once, and floating."""


def leave(gate: Gate, arm: ToolTerms, *, start_s: float = 0.0, dt_s: float = 1e-3) -> float:
    """Lead a stopped arm off the skin and through floating; the next period parks it. Return the session time."""
    assert wait(gate, arm, 0.8, start_s=start_s, rise_m_s=0.05, dt_s=dt_s).mode is Mode.UNLOAD
    last = wait(gate, arm, REST_S - 0.8 - dt_s, start_s=start_s + 0.8, dt_s=dt_s)
    assert last.mode is Mode.FLOAT
    return start_s + REST_S - dt_s
