"""The worst-case press force of a configuration, before anything moves (layer L1)."""

from __future__ import annotations

import math

from controller.safety.limits import GateLimits, PadLimits, PressLimits
from controller.types import SegmentInfo

PERSON_SPEED_M_S = 0.2
"""Speed of a person toward the tool for the second bound: a startle, 15-20 mm in 0.15-0.2 s (assumed)."""

LOOP_LAG_S = 0.004
"""Lag of the loop from a speed to the torque that answers it: 2 ms of drive, one tick of transport, one of sensing."""
LIGHTEST_SHARE = 0.5
"""The lightest posture of a stroke has at least this share of the largest effective mass (assumed; 0.6 was found)."""
SLOPE_ERROR_RAD = math.radians(5.0)
"""Error of the press axis, by which force across it becomes press force (assumed: 3 mm rms error of the skin)."""
STEPS = 2000
"""Steps of the integration over force."""


def press_command_limit_n(pad: PadLimits, target_n: float, gain_share: float = 1.0) -> float:
    """Return the largest static press force of a pad that the gate lets through while ``target_n`` is wanted.

    Args:
        pad: limits of the pad in the stroke.
        target_n: press force wanted of it now.
        gain_share: what the energy tank has left of the loop's gain; the room over the target shrinks with it.
    """
    return min(max(target_n, 0.0) + pad.margin_n * gain_share, pad.ceiling_n)


def stall_speed_m_s(limits: GateLimits, stroke: PressLimits, press_limit_n: float, is_touching: bool) -> float:
    """Return the speed toward the body, relative to the plan, at which the gate allows no press force any more."""
    full = limits.press_speed_m_s if is_touching else limits.free_press_speed_m_s
    return full + press_limit_n / stroke.press_damping_ns_per_m


def crossing_speed_m_s(
    limits: GateLimits, stroke: PressLimits, pad: PadLimits, segment: SegmentInfo, press_limit_n: float,
    surface_m_s: float,
) -> float:  # fmt: skip
    """Return the largest speed toward the body with which the press force of a pad can reach ``press_limit_n``.

    One degree of freedom: Lambda dv/dt = f(v) - F, dF/dt = k (v + v_surface), with f(v) what the press-speed cap lets
    through. Divided, dv/dF = (f(v) - F) / (Lambda k (v + v_surface)), integrated from F = 0.

    Why this is an upper bound. The start is the fastest the cap allows: its stall speed, plus what the full force can
    add within the lag of the loop. Above the line f(v) = F the tool slows down, and it does so the less the stiffer the
    tissue and the heavier the arm, so the largest k and Lambda are the worst; it never rises above that line by itself.
    A late cap still acts on an older, higher speed and allows less, not more. Joint friction only slows this phase.

    Args:
        limits: limits of the gate.
        stroke: press limits of the stroke.
        pad: limits of the pad in it.
        segment: what the plan knows of it.
        press_limit_n: static press force that the gate lets through.
        surface_m_s: speed of the skin toward the tool.
    """
    landing_n = min(limits.free_press_n, pad.ceiling_n)
    start = max(
        stall_speed_m_s(limits, stroke, press_limit_n, is_touching=True),
        stall_speed_m_s(limits, stroke, landing_n, is_touching=False),
    )
    fastest = start + LOOP_LAG_S * max(press_limit_n, landing_n) / (LIGHTEST_SHARE * segment.lambda_n_kg)
    speed = fastest
    stall = stall_speed_m_s(limits, stroke, press_limit_n, is_touching=True)
    step = press_limit_n / STEPS
    heaviness = segment.lambda_n_kg * segment.stiffness_n_per_m
    for index in range(STEPS):
        force = step * index
        allowed = min(press_limit_n, stroke.press_damping_ns_per_m * (stall - speed))
        slower = speed + step * (allowed - force) / (heaviness * (speed + surface_m_s))
        # The speed sinks toward the line f(v) = F but not through it; the line itself is stall - F / damping.
        speed = max(slower, stall - force / stroke.press_damping_ns_per_m)
    return min(speed, fastest)


def worst_case_press_n(
    limits: GateLimits, stroke: PressLimits, pad: PadLimits, segment: SegmentInfo, friction_n: float,
    person_speed_m_s: float = 0.0,
) -> float:  # fmt: skip
    """Return F_peak <= F_max + F_friction + (v_surface + v_cross) sqrt(k Lambda_n) of one pad in one stroke.

    From the moment the press force reaches F_max, the largest static force the gate lets through, the drives cannot
    push harder than the tissue pushes back; what is left is the kinetic energy of the closing speed, taken up by a
    linear contact without damping: conservative. F_max is the larger of work and approach, plus what the force across
    the axis can add through an error of the axis. k is the tangent stiffness at the ceiling, Lambda_n the largest
    effective mass over the stroke, all of it behind this one pad. Friction adds where the person pushes the tool back.

    Args:
        limits: limits of the gate.
        stroke: press limits of the stroke.
        pad: limits of the pad in it.
        segment: what the plan knows of it.
        friction_n: joint friction reflected to the tool, along the normal.
        person_speed_m_s: extra speed of the body toward the tool.
    """
    command_n = max(press_command_limit_n(pad, segment.force_target_n), min(limits.free_press_n, pad.ceiling_n))
    command_n += limits.tangential_n * math.sin(SLOPE_ERROR_RAD)
    surface = segment.surface_speed_m_s + person_speed_m_s
    crossing = crossing_speed_m_s(limits, stroke, pad, segment, command_n, surface)
    return command_n + friction_n + (surface + crossing) * math.sqrt(segment.stiffness_n_per_m * segment.lambda_n_kg)
