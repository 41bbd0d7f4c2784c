"""From a plan, an arm, a rig and a person to the limits of a session (layer L1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from controller.arm import ToolDescription
from controller.errors import ConfigError
from controller.rig import TRIP_BELOW_CEILING_N, Caps, Rig, tighten
from controller.robot import RobotModel
from controller.safety.limits import (
    MOST_PADS,
    PAD_CEILING_N,
    PRESSURE_CEILING_PA,
    SESSION_CEILING_S,
    TEMPERATURE_CEILING_C,
    TOOL_CEILING_N,
    GateLimits,
    KeepOutLimits,
    PadGeometry,
    PadLimits,
    PressLimits,
)
from controller.safety.supervision import SupervisorLimits
from controller.safety.tank import TankLimits
from controller.stop_gains import LoopTiming, stop_gains
from controller.stroke_inertia import (
    PLAUSIBLE_BASE_N,
    PLAUSIBLE_FRICTIONS,
    SAMPLE_S,
    largest_friction,
    plausible_window_n,
)
from controller.types import JointSenses, PlanLike, SegmentInfo
from controller.ways import driven_positions, driven_time_s

COMMAND_MARGIN_N = 3.0
"""How far the static command may rise over the target: six times the tracking error (design choice)."""
TRIP_MARGIN_N = 10.0
"""How far the measured press force may rise over a stroke's largest target before the session stops (design choice)."""
PRESS_DAMPING_PER_S = 200.0
"""Slope of the press-speed cap over the arm's effective mass: a loop of 200 rad/s, 45 degrees from its stability limit
with the 4 ms of lag that drives and sensor have (design choice)."""
WORKSPACE_MARGIN_M = 0.10
"""The tool may leave the box around the plan and its way to rest by this (design choice)."""
PAD_DEPTH_M = 0.004
"""Depth at which the pad's contact area is taken: firm tissue, the smallest area to reckon with (assumed)."""
TOOL_TRIP_SHARE, TOOL_TRIP_BASE_N = 1.15, 6.0
"""The wrist sensor may read this much more than the pad's trip: friction of 0.3 adds 5 %, the tool weighs 3 N."""
TANGENTIAL_BASE_N, TANGENTIAL_SHARE = 12.0, 0.4
"""Force across the normal: inertia and joint friction, and skin friction up to 0.3 with some room (design choice)."""
STALE_TICKS = 2
"""Ticks with a late or broken wrist sample that are too many, in a row or nearly: answered in three ticks."""
AXIS_COSINE = 0.95
"""Press axis and planned normal may differ by 18 degrees; the law corrects by at most 15 (design choice)."""
FROZEN_TICKS = 2
"""Repeats of one wrench sample that count as frozen: noise does not repeat (assumed; a coarse sensor needs more)."""
SENSOR_PERIOD_S = 0.001
"""Period of the wrist sensor that is expected where no rig is known: the shortest, so the strictest."""
SENSOR_LATE_S, SENSOR_GAP_S = 0.004, 0.0005
"""How much older than its period a wrench sample may be, and how much longer than its period the next one may take
(assumed). The latter is no multiple of the tick, so that rounding decides nothing."""
JOINT_AGE_S = 0.0035
"""Oldest values of a joint: a drive that missed three answers in a row is taken for silent (assumed)."""
VOLTAGE_V = (0.0, math.inf)
"""Supply that is allowed where no rig is known."""
FREE_PRESS_N = 12.0
"""Static press force off the skin: the approach's speed loop asks for 8 N, joint friction for the rest (design choice;
at 15 N the landing of a light glide near the spine, over bone, would be over 40 N at worst on a heavy arm)."""
NOT_FITTED = JointSenses(has_temperatures=False, has_voltages=False, has_ages=False, has_faults=False)
LATE_S = 0.008
"""Longest time without a tick: the answer is there within 10 ms."""
BEAT_AGE_S, SUPERVISOR_AGE_S = 0.0055, 0.0075
"""Longest ages of a heartbeat that supervisor and session loop may see, for an answer within 10 ms of the last one. The
supervisor looks every 2 ms, so that it may see a heartbeat 2 ms late and its age 2 ms late, and its torque goes out a
tick later; the session loop is told the age by the drives, a tick late and answered a tick later. Not multiples of the
tick, so that rounding decides nothing."""
SESSION_SHARE, SESSION_BASE_S = 1.5, 60.0
"""A session may take this much longer than its plan: waiting for contact (assumed)."""
LIGHT_N = 6.0
"""A press up to this is a touch: the 5 N at which strokes begin and end, and what the force loop swings about them
(design choice)."""
SUPERVISOR_ROOM_N, SUPERVISOR_SPEED_SHARE = 15.0, 1.2
"""How far the supervisor's own trips lie over the gate's (design choice)."""


def with_cap_slope(limits: GateLimits, plan: PlanLike, rate_per_s: float) -> GateLimits:
    """Return limits with another slope of the press-speed cap over the arm's effective mass.

    Off the skin the cap begins at a lower speed for as much as it is flatter, down to none, so that a landing is not
    faster before that.

    Args:
        limits: of the plan.
        plan: the plan.
        rate_per_s: the slope; ``PRESS_DAMPING_PER_S`` unless the joints cannot bear it.
    """
    strokes, sooner_m_s = [], 0.0
    for stroke, segment in zip(limits.strokes, plan.segments, strict=True):
        slope = rate_per_s * segment.lambda_n_kg
        faster_m_s = limits.free_press_n * (1.0 / slope - 1.0 / stroke.press_damping_ns_per_m)
        sooner_m_s = max(sooner_m_s, faster_m_s)
        strokes.append(replace(stroke, press_damping_ns_per_m=slope))
    free_m_s = max(0.0, limits.free_press_speed_m_s - sooner_m_s)
    return replace(limits, strokes=tuple(strokes), free_press_speed_m_s=free_m_s)


def session_limits(plan: PlanLike, robot: RobotModel, rig: Rig | None = None, person: Caps | None = None) -> GateLimits:
    """Return the limits one plan runs under on one arm: the tightest of code, arm, rig and person.

    Args:
        plan: what to do.
        robot: the arm.
        rig: the rig; None for the strictest timing of the wrist sensor and no other caps.
        person: caps of the person on the table, None for none.

    Raises:
        ConfigError: a cap would loosen a limit.
    """
    limits = _plan_limits(plan, robot, rig)
    layers = [("rig", rig.caps)] if rig is not None else []
    layers += [("person", person)] if person is not None else []
    return tighten(limits, layers) if layers else limits


def _plan_limits(plan: PlanLike, robot: RobotModel, rig: Rig | None) -> GateLimits:
    sensor_period_s = SENSOR_PERIOD_S if rig is None else rig.sensor_period_s
    registration_m = 0.0 if rig is None else rig.registration_m
    arm = robot.arm
    pads = _pad_geometry(arm.tool)
    strokes = tuple(press_limits(segment, len(pads), registration_m) for segment in plan.segments)
    highest = max((stroke.sum_trip_n for stroke in strokes), default=0.0)
    times = np.arange(0.0, plan.duration_s, SAMPLE_S)
    points = np.array([plan.at(float(t)).position_m for t in times] + driven_positions(plan, robot))
    low = (points.min(axis=0) - WORKSPACE_MARGIN_M).tolist()
    high = (points.max(axis=0) + WORKSPACE_MARGIN_M).tolist()
    return GateLimits(
        lower_rad=arm.lower_rad,
        upper_rad=arm.upper_rad,
        speed_rad_s=arm.speed_limit_rad_s,
        torque_nm=arm.torque_limit_nm,
        pads=pads,
        strokes=strokes,
        free_press_n=FREE_PRESS_N,
        press_speed_m_s=0.018,
        free_press_speed_m_s=0.025,
        loading_rate_n_per_s=4000.0,
        tangential_n=tangential_n([sum(pad.target_n for pad in stroke.pads) for stroke in strokes]),
        moment_nm=10.0,
        tool_trip_n=min(TOOL_CEILING_N, TOOL_TRIP_SHARE * highest + TOOL_TRIP_BASE_N),
        observer_margin_n=plausible_window_n(largest_friction(plan, robot)),
        observer_base_n=PLAUSIBLE_BASE_N,
        observer_joint_nm=tuple(PLAUSIBLE_FRICTIONS * friction for friction in arm.friction_nm),
        axis_cosine=AXIS_COSINE,
        contact_lost_n=1.0,
        contact_lost_s=0.3,
        pressure_pa=PRESSURE_CEILING_PA,
        tool_speed_m_s=0.6,
        workspace_low_m=(low[0], low[1], low[2]),
        workspace_high_m=(high[0], high[1], high[2]),
        path_m=0.04,
        sensor_age_s=sensor_period_s + SENSOR_LATE_S,
        sensor_gap_s=sensor_period_s + SENSOR_GAP_S,
        stale_ticks=STALE_TICKS,
        implausible_ticks=50,
        descent_m=0.09,
        frozen_ticks=FROZEN_TICKS,
        jump_rad=0.005,
        late_s=LATE_S,
        dwell_m=0.015,
        dwell_s=60.0,
        session_s=min(SESSION_CEILING_S, SESSION_SHARE * (plan.duration_s + driven_time_s(plan)) + SESSION_BASE_S),
        temperature_c=TEMPERATURE_CEILING_C,
        voltage_v=VOLTAGE_V if rig is None else rig.voltage_v,
        joint_age_s=JOINT_AGE_S,
        fitted=NOT_FITTED if rig is None else rig.senses,
        supervisor_age_s=SUPERVISOR_AGE_S,
        tank=TankLimits(capacity_j=0.1, refill_w=0.003, halvings=3),
        park_force_n=15.0,
        stop=stop_gains(plan, robot, LoopTiming.of(rig)),
        keep_out=_keep_out(plan, arm.tool),
    )


def supervisor_limits(limits: GateLimits) -> SupervisorLimits:
    """Return what the supervisor holds host and arm against: a little wider than the gate, which acts first."""
    return SupervisorLimits(
        heartbeat_s=BEAT_AGE_S,
        tool_n=min(TOOL_CEILING_N, limits.tool_trip_n + SUPERVISOR_ROOM_N),
        speed_rad_s=tuple(SUPERVISOR_SPEED_SHARE * speed for speed in limits.speed_rad_s),
        torque_nm=limits.torque_nm,
        bad_reads=3,
        patience_reads=25,
        stop=limits.stop,
        doubt_nm=limits.observer_joint_nm,
    )


def _keep_out(plan: PlanLike, tool: ToolDescription) -> KeepOutLimits | None:
    """Return where no pad may press; None where the plan is over no body."""
    grid = plan.keep_out
    return None if grid is None else KeepOutLimits(grid, LIGHT_N, max(pad.radius_m for pad in tool.pads))


def _pad_geometry(tool: ToolDescription) -> tuple[PadGeometry, ...]:
    """Return the pads of a tool for the gate; raises ConfigError where it could not tell their press forces apart."""
    where, todo = f"tool {tool.name!r}", "choose an arm with another tool"
    if len(tool.pads) > MOST_PADS:
        raise ConfigError(where, f"{len(tool.pads)} pads", f"at most {MOST_PADS}, told apart by one wrist sensor", todo)
    if len(tool.pads) != MOST_PADS:
        tool.only_pad("the gate")
    return tuple(
        PadGeometry(
            name=pad.name,
            position_t_m=pad.position_t_m,
            area_m2=float(np.pi * (2.0 * pad.radius_m * PAD_DEPTH_M - PAD_DEPTH_M**2)),
        )
        for pad in tool.pads
    )


def press_limits(segment: SegmentInfo, pads: int, registration_m: float = 0.0) -> PressLimits:
    """Return the limits of a stroke for a tool with so many pads, each of which is asked for the segment's force.

    Args:
        segment: the stroke.
        pads: number of pads.
        registration_m: how far base and person may be from where the plan thinks; the depth is wider by it.
    """
    ceiling = min(segment.ceiling_n, PAD_CEILING_N)
    trip = min(ceiling - TRIP_BELOW_CEILING_N, segment.force_target_n + TRIP_MARGIN_N)
    damping = PRESS_DAMPING_PER_S * segment.lambda_n_kg
    pad = PadLimits(ceiling, segment.force_target_n, COMMAND_MARGIN_N, trip, segment.depth_m + registration_m)
    sum_trip = min(TOOL_CEILING_N - TRIP_BELOW_CEILING_N, pads * trip)
    return PressLimits((pad,) * pads, min(TOOL_CEILING_N, pads * ceiling), sum_trip, damping)


def tangential_n(targets_n: Sequence[float]) -> float:
    """Return the static force [N] across the normal that the largest of these press forces [N] needs at most."""
    return TANGENTIAL_BASE_N + TANGENTIAL_SHARE * max(targets_n, default=0.0)
