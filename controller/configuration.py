"""From a plan and an arm to the limits of a session, and the refusal of what cannot be bounded (layer L1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from controller.arm import ToolDescription
from controller.errors import ConfigError, PlanError
from controller.gains import GAIN_SETS, ForceGains, LawSettings
from controller.margins import margin
from controller.passing_force import largest_passing_n
from controller.rig import TRIP_BELOW_CEILING_N, Caps, Rig, tighten
from controller.robot import Array, RobotModel
from controller.safety.bound import PERSON_SPEED_M_S, worst_case_press_n
from controller.safety.limits import (
    MOST_PADS,
    PAD_CEILING_N,
    PRESSURE_CEILING_PA,
    SESSION_CEILING_S,
    TEMPERATURE_CEILING_C,
    TOOL_CEILING_N,
    GateLimits,
    PadGeometry,
    PadLimits,
    PressLimits,
)
from controller.safety.pads import press_axis
from controller.safety.supervision import SupervisorLimits
from controller.safety.tank import TankLimits
from controller.types import JointSenses, PlanLike, SegmentInfo
from controller.ways import driven_positions, driven_time_s
from controller.wording import distinct_decimals

COMMAND_MARGIN_N = 3.0
"""How far the static command may rise over the target: six times the tracking error (design choice)."""
TRIP_MARGIN_N = 10.0
"""How far the measured press force may rise over a stroke's largest target before the session stops (design choice)."""
PRESS_DAMPING_PER_S = 200.0
"""Slope of the press-speed cap over the arm's effective mass: a loop of 200 rad/s, 45 degrees from its stability limit
with the 4 ms of lag that drives and sensor have (design choice)."""
PLAUSIBLE_BASE_N = 3.0
"""Sensor and observer may differ by this for other reasons than friction: model, bias, motion (assumed)."""
PLAUSIBLE_FRICTIONS = 2.0
"""... and by this many times the reflected friction; fault-free sessions reach 1.1 times."""
WORKSPACE_MARGIN_M = 0.10
"""The tool may leave the box around the plan and its way to rest by this (design choice)."""
PAD_DEPTH_M = 0.004
"""Depth at which the pad's contact area is taken: firm tissue, the smallest area to reckon with (assumed)."""
TOOL_TRIP_SHARE, TOOL_TRIP_BASE_N = 1.15, 6.0
"""The wrist sensor may read this much more than the pad's trip: friction of 0.3 adds 5 %, the tool weighs 3 N."""
TANGENTIAL_BASE_N, TANGENTIAL_SHARE = 12.0, 0.4
"""Force across the normal: inertia and joint friction, and skin friction up to 0.3 with some room (design choice)."""
STALE_TICKS = 2
"""Ticks in a row with a late or broken wrist sample that are too many: answered three ticks after the fault."""
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
SUPERVISOR_ROOM_N, SUPERVISOR_SPEED_SHARE = 15.0, 1.2
"""How far the supervisor's own trips lie over the gate's (design choice)."""
CONTACT_WAIT_S = 2.0
"""Time of a stroke that the plan does not know: the clock waits until the pad has found the skin; 1 s was measured
(assumed)."""
PHASE_MARGIN_DEG = 15.0
"""Smallest phase margin of the force loop (design choice); joint friction, left out, adds to it."""
TISSUE_LOSS_FACTOR = 0.1
"""Loss factor of muscle under a pad: lost over loading work is 0.22 at 5 Hz for the relaxation the simulation uses,
which is a loss factor of 0.22 * 2 / pi = 0.14; rounded down (assumed)."""
SAMPLE_S = 0.25
"""Plan time between two postures at which effective mass and friction are evaluated."""


@dataclass(frozen=True, slots=True)
class StrokeBound:
    """Worst-case press force of one stroke.

    Attributes:
        name: the stroke.
        region: where.
        target_n: largest reference force.
        ceiling_n: hard limit of the place.
        lambda_n_kg: largest effective mass.
        friction_n: largest reflected joint friction.
        stiffness_n_per_m: tissue stiffness assumed.
        bound_n: worst case while the person only breathes.
        person_bound_n: worst case with the person moving toward the tool at 0.2 m/s.
        braked_bound_n: the same with any one joint held by its brake, because its drive has failed in that moment.
        passing_n: the largest target whose worst case stays under the ceiling: the target itself where it does, NaN
            where no target would.
    """

    name: str
    region: str
    target_n: float
    ceiling_n: float
    lambda_n_kg: float
    friction_n: float
    stiffness_n_per_m: float
    bound_n: float
    person_bound_n: float
    braked_bound_n: float
    passing_n: float


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
    arm = robot.arm
    pads = _pad_geometry(arm.tool)
    strokes = tuple(_press_limits(segment, len(pads)) for segment in plan.segments)
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
        free_press_n=15.0,
        press_speed_m_s=0.018,
        free_press_speed_m_s=0.025,
        loading_rate_n_per_s=4000.0,
        tangential_n=_tangential_n([sum(pad.target_n for pad in stroke.pads) for stroke in strokes]),
        moment_nm=10.0,
        tool_trip_n=min(TOOL_CEILING_N, TOOL_TRIP_SHARE * highest + TOOL_TRIP_BASE_N),
        observer_margin_n=plausible_window_n(_largest_friction(plan, robot)),
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
    )


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


def _press_limits(segment: SegmentInfo, pads: int) -> PressLimits:
    """Return the limits of a stroke for a tool with so many pads, each of which is asked for the segment's force."""
    ceiling = min(segment.ceiling_n, PAD_CEILING_N)
    trip = min(ceiling - TRIP_BELOW_CEILING_N, segment.force_target_n + TRIP_MARGIN_N)
    damping = PRESS_DAMPING_PER_S * segment.lambda_n_kg
    pad = PadLimits(ceiling, segment.force_target_n, COMMAND_MARGIN_N, trip)
    sum_trip = min(TOOL_CEILING_N - TRIP_BELOW_CEILING_N, pads * trip)
    return PressLimits((pad,) * pads, min(TOOL_CEILING_N, pads * ceiling), sum_trip, damping)


def stroke_bounds(plan: PlanLike, robot: RobotModel, limits: GateLimits) -> tuple[StrokeBound, ...]:
    """Return the worst case of every stroke, with effective mass and friction over its whole length.

    Raises:
        ConfigError: the tool has not one pad: how hard the first of two that touches is pressed is not bounded here.
    """
    robot.arm.tool.only_pad("the worst-case bound")
    rows = []
    for index, segment in enumerate(plan.segments):
        mass, friction = _inertia_and_friction(plan, robot, segment)
        known = replace(segment, lambda_n_kg=max(mass, segment.lambda_n_kg))
        braked = replace(known, lambda_n_kg=max(known.lambda_n_kg, _braked_mass(plan, robot, segment)))
        stroke = limits.strokes[index]
        (pad,) = stroke.pads
        bound_n = worst_case_press_n(limits, stroke, pad, known, friction)
        passing = known.force_target_n if bound_n <= pad.ceiling_n else _passing_n(plan, limits, known, friction)
        rows.append(
            StrokeBound(
                name=segment.name,
                region=segment.region,
                target_n=segment.force_target_n,
                ceiling_n=pad.ceiling_n,
                lambda_n_kg=known.lambda_n_kg,
                friction_n=friction,
                stiffness_n_per_m=segment.stiffness_n_per_m,
                bound_n=bound_n,
                person_bound_n=worst_case_press_n(limits, stroke, pad, known, friction, PERSON_SPEED_M_S),
                braked_bound_n=worst_case_press_n(limits, stroke, pad, braked, friction, PERSON_SPEED_M_S),
                passing_n=passing,
            )
        )
    return tuple(rows)


def _passing_n(plan: PlanLike, limits: GateLimits, segment: SegmentInfo, friction_n: float) -> float:
    """Return the largest target of one stroke that passes while the other strokes stay as they are; NaN for none."""
    others = [other.force_target_n for other in plan.segments if other.name != segment.name]

    def bound_n(target_n: float) -> float:
        there = replace(segment, force_target_n=target_n)
        across = replace(limits, tangential_n=_tangential_n([target_n, *others]))
        stroke = _press_limits(there, 1)
        return worst_case_press_n(across, stroke, stroke.pads[0], there, friction_n)

    return largest_passing_n(bound_n, min(segment.ceiling_n, PAD_CEILING_N), segment.force_target_n)


def _tangential_n(targets_n: Sequence[float]) -> float:
    return TANGENTIAL_BASE_N + TANGENTIAL_SHARE * max(targets_n, default=0.0)


def law_settings(bounds: tuple[StrokeBound, ...]) -> LawSettings:
    """Return the law's settings for an arm at work: how far sensor and observer may differ follows from its friction.

    The observer that knows no wrist sensor is off by the joint friction; a window much wider than that would take a
    dead sensor for a good one.
    """
    return LawSettings(plausible_n=plausible_window_n(max((row.friction_n for row in bounds), default=0.0)))


def plausible_window_n(friction_n: float) -> float:
    """Return how far wrist sensor and momentum observer may differ on an arm with this reflected friction."""
    return PLAUSIBLE_BASE_N + PLAUSIBLE_FRICTIONS * friction_n


def refuse_unbounded(bounds: tuple[StrokeBound, ...]) -> None:
    """Refuse a plan in which a worst case passes the ceiling of its place.

    Raises:
        PlanError: names the stroke, the bound and the ceiling.
    """
    for row in bounds:
        if not (row.bound_n <= row.ceiling_n):
            got, allowed = distinct_decimals(row.bound_n, row.ceiling_n, 1)
            todo = f"lower the stroke's force to {row.passing_n:.1f} N or less, which passes"
            raise PlanError(
                row.name,
                f"region {row.region}",
                f"worst-case press force {got} N (target {row.target_n:.1f} N, effective mass "
                f"{row.lambda_n_kg:.1f} kg, tissue {row.stiffness_n_per_m / 1000:.1f} N/mm)",
                f"at most {allowed} N",
                todo if row.passing_n > 0.0 else "no force passes with this arm there: leave the stroke out",
            )


def refuse_too_long(plan: PlanLike) -> None:
    """Refuse a plan that cannot be finished before the session is stopped for its length.

    Raises:
        PlanError: names the planned time and what a session may last.
    """
    expected_s = plan.duration_s + CONTACT_WAIT_S * len(plan.segments)
    if not expected_s <= SESSION_CEILING_S:
        got, allowed = distinct_decimals(expected_s, SESSION_CEILING_S, 0)
        raise PlanError(
            plan.segments[-1].name if plan.segments else "none",
            "the end of the program",
            f"a session of {got} s ({CONTACT_WAIT_S:g} s a stroke to find the skin among them)",
            f"at most {allowed} s",
            "leave strokes out, or make two programs of it",
        )


def refuse_unstable(plan: PlanLike, gains: ForceGains, settings: LawSettings, lag_ticks: int, dt_s: float) -> None:
    """Refuse gains that have no stability margin on the tissue of a stroke with the lag of this loop.

    Args:
        plan: the plan; a light arm on stiff tissue is the worst.
        gains: of the force loop.
        settings: of the law.
        lag_ticks: pure lag of the loop, transport and sensor sample together, on top of the drives' own.
        dt_s: tick [s].

    Raises:
        PlanError: names the stroke, the margin, and which named sets have one.
    """
    for row in plan.segments:
        found = _phase_margin_deg(gains, settings, row, lag_ticks, dt_s)
        if not (found >= PHASE_MARGIN_DEG):
            margins = ((s.name, _phase_margin_deg(s.gains, settings, row, lag_ticks, dt_s)) for s in GAIN_SETS)
            sound = [name for name, degrees in margins if degrees >= PHASE_MARGIN_DEG]
            got, allowed = distinct_decimals(found, PHASE_MARGIN_DEG, 0)
            raise PlanError(
                row.name,
                f"region {row.region}",
                f"phase margin {got} deg of gains {gains} (tissue "
                f"{row.working_stiffness_n_per_m / 1000:.1f} N/mm, effective mass {row.smallest_lambda_n_kg:.1f} kg, "
                f"loop lag {lag_ticks * dt_s * 1000:.0f} ms)",
                f"at least {allowed} deg",
                f"use --gains {' or '.join(sound)}" if sound else "make the loop faster; no gain set has a margin here",
            )


def _phase_margin_deg(gains: ForceGains, settings: LawSettings, row: SegmentInfo, lag_ticks: int, dt_s: float) -> float:
    """Return the phase margin on a stroke [deg], 0 where the loop is unstable or the stroke is no number."""
    if not (row.smallest_lambda_n_kg > 0.0 and 0.0 < row.working_stiffness_n_per_m < math.inf):
        return 0.0
    mass, stiffness = row.smallest_lambda_n_kg, row.working_stiffness_n_per_m
    return margin(gains, settings, mass, stiffness, lag_ticks, dt_s, TISSUE_LOSS_FACTOR).phase_margin_deg


def _inertia_and_friction(plan: PlanLike, robot: RobotModel, segment: SegmentInfo) -> tuple[float, float]:
    friction_nm = np.array(robot.arm.friction_nm)
    mass, friction = 0.0, 0.0
    for t in np.arange(segment.start_s, segment.end_s + SAMPLE_S, SAMPLE_S):
        reference = plan.at(float(min(t, segment.end_s)))
        q = np.array(reference.posture_rad)
        normal: Array = np.array(press_axis(reference.pads))
        mass = max(mass, robot.effective_mass(q, normal))
        friction = max(friction, robot.reflected_friction(q, normal, friction_nm))
    return mass, friction


def _braked_mass(plan: PlanLike, robot: RobotModel, segment: SegmentInfo) -> float:
    times = np.arange(segment.start_s, segment.end_s + SAMPLE_S, SAMPLE_S)
    references = [plan.at(float(min(t, segment.end_s))) for t in times]
    return max(robot.braked_mass(np.array(r.posture_rad), np.array(press_axis(r.pads))) for r in references)


def _largest_friction(plan: PlanLike, robot: RobotModel) -> float:
    return max((_inertia_and_friction(plan, robot, segment)[1] for segment in plan.segments), default=0.0)
