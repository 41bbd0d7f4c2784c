"""The worst-case press force of a plan, its stability margin and its length, and the refusal of each (layer L1)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from controller.errors import PlanError
from controller.joint_drag import FRICTION_SPREAD
from controller.law.gains import GAIN_SETS, ForceGains, LawSettings
from controller.law.margins import margin
from controller.passing_force import largest_passing_n
from controller.robot import RobotModel
from controller.safety.bound import PERSON_SPEED_M_S, worst_case_press_n
from controller.safety.limits import (
    PAD_CEILING_N,
    SESSION_CEILING_S,
    GateLimits,
)
from controller.session_limits import press_limits, tangential_n
from controller.stroke_inertia import (
    PLAUSIBLE_BASE_N,
    PLAUSIBLE_FRICTIONS,
    SAMPLE_S,
    braked_mass,
    inertia_and_friction,
    plausible_window_n,
)
from controller.types import PlanLike, SegmentInfo
from controller.wording import distinct_decimals

CONTACT_WAIT_S = 2.0
"""Time of a stroke that the plan does not know: the clock waits until the pad has found the skin; 1 s was measured
(assumed)."""
PHASE_MARGIN_DEG = 15.0
"""Smallest phase margin of the force loop (design choice); joint friction, left out, adds to it."""
TISSUE_LOSS_FACTOR = 0.1
"""Loss factor of muscle under a pad: lost over loading work is 0.22 at 5 Hz for the relaxation the simulation uses,
which is a loss factor of 0.22 * 2 / pi = 0.14; rounded down (assumed)."""

HOLDING_SHARE = 0.9
"""Share of a joint's torque limit that holding the arm may take (assumed)."""


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


def stroke_bounds(plan: PlanLike, robot: RobotModel, limits: GateLimits) -> tuple[StrokeBound, ...]:
    """Return the worst case of every stroke, with effective mass and friction over its whole length.

    Raises:
        ConfigError: the tool has not one pad: how hard the first of two that touches is pressed is not bounded here.
    """
    robot.arm.tool.only_pad("the worst-case bound")
    rows = []
    for index, segment in enumerate(plan.segments):
        mass, friction = inertia_and_friction(plan, robot, segment)
        known = replace(segment, lambda_n_kg=max(mass, segment.lambda_n_kg))
        braked = replace(known, lambda_n_kg=max(known.lambda_n_kg, braked_mass(plan, robot, segment)))
        stroke = limits.strokes[index]
        (pad,) = stroke.pads
        bound_n = worst_case_press_n(limits, stroke, pad, known, friction)
        passing = known.force_target_n if bound_n <= pad.ceiling_n else _passing_n(plan, limits, index, known, friction)
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


def _passing_n(plan: PlanLike, limits: GateLimits, index: int, segment: SegmentInfo, friction_n: float) -> float:
    """Return the largest target of one stroke that passes while the other strokes stay as they are; NaN for none."""
    others = [other.force_target_n for other in plan.segments if other.name != segment.name]

    def bound_n(target_n: float) -> float:
        there = replace(segment, force_target_n=target_n)
        across = replace(limits, tangential_n=tangential_n([target_n, *others]))
        stroke = replace(press_limits(there, 1), press_damping_ns_per_m=limits.strokes[index].press_damping_ns_per_m)
        return worst_case_press_n(across, stroke, stroke.pads[0], there, friction_n)

    return largest_passing_n(bound_n, min(segment.ceiling_n, PAD_CEILING_N), segment.force_target_n)


def law_settings(bounds: tuple[StrokeBound, ...]) -> LawSettings:
    """Return the law's settings for an arm at work: how far sensor and observer may differ follows from its friction.

    The observer that knows no wrist sensor is off by the joint friction; a window much wider than that would take a
    dead sensor for a good one. What the law leaves of that friction must not hold the descent up short of a touch.
    """
    designed, friction_n = LawSettings(), max((row.friction_n for row in bounds), default=0.0)
    left_n = FRICTION_SPREAD * (1.0 - designed.friction_gain) * friction_n
    needed = (designed.touch_n + left_n) / designed.approach_speed_m_s
    return replace(
        designed,
        plausible_n=plausible_window_n(friction_n),
        plausible_base_n=PLAUSIBLE_BASE_N,
        plausible_frictions=PLAUSIBLE_FRICTIONS,
        approach_damping_least_ns_per_m=max(designed.approach_damping_least_ns_per_m, needed),
        approach_damping_ns_per_m=max(designed.approach_damping_ns_per_m, needed),
    )


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


def refuse_weak(plan: PlanLike, robot: RobotModel, limits: GateLimits) -> None:
    """Refuse a plan in which a joint may not give the torque that holds the arm: it would fall on the person.

    Raises:
        PlanError: names the joint, the torque and what its limit leaves for holding.
    """
    times = np.arange(0.0, plan.duration_s, SAMPLE_S)
    postures = [plan.at(float(t)).posture_rad for t in times] + list(plan.park_path_rad)
    postures += [*plan.start_path_rad, *plan.end_path_rad, plan.rest_q_rad]
    held = np.zeros(robot.joints)
    for posture in postures:
        robot.update(np.array(posture), np.zeros(robot.joints))
        held = np.maximum(held, np.abs(robot.gravity))
    for joint, (found, limit) in enumerate(zip(held.tolist(), limits.torque_nm, strict=True), 1):
        if not found <= HOLDING_SHARE * limit:
            got, allowed = distinct_decimals(found, HOLDING_SHARE * limit, 1)
            raise PlanError(
                "all strokes",
                f"joint {joint}",
                f"{got} Nm to hold the arm",
                f"at most {allowed} Nm, {100 * HOLDING_SHARE:.0f} % of the torque limit of {limit:g} Nm",
                "raise the torque cap of rig or person, or use another arm",
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
