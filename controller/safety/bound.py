"""The worst-case press force of a configuration, before anything moves (layer L1)."""

from __future__ import annotations

import math

from controller.safety.limits import GateLimits, PressLimits
from controller.types import SegmentInfo

PERSON_SPEED_M_S = 0.2
"""Speed of a person toward the tool for the second bound: a startle, 15-20 mm in 0.15-0.2 s (assumed)."""


def press_command_limit_n(stroke: PressLimits, target_n: float) -> float:
    """Return the largest static press force the gate lets through while ``target_n`` is wanted."""
    return min(max(target_n, 0.0) + stroke.margin_n, stroke.ceiling_n)


def stall_speed_m_s(limits: GateLimits, stroke: PressLimits, press_limit_n: float, is_touching: bool) -> float:
    """Return the speed toward the body, relative to the plan, at which the gate allows no press force any more."""
    full = limits.press_speed_m_s if is_touching else limits.free_press_speed_m_s
    return full + press_limit_n / stroke.press_damping_ns_per_m


def worst_case_press_n(
    limits: GateLimits, stroke: PressLimits, segment: SegmentInfo, friction_n: float, person_speed_m_s: float = 0.0
) -> float:
    """Return F_peak <= F_max + F_friction + (v_surface + v_press) sqrt(k Lambda_n) of one stroke.

    Energy over the compression of a linear contact, without any damping (controller.md section 3): conservative.
    k is the tangent stiffness at the ceiling, Lambda_n the largest effective mass over the stroke. The larger of work
    and landing counts.

    Args:
        limits: limits of the gate.
        stroke: press limits of the stroke.
        segment: what the plan knows of it.
        friction_n: joint friction reflected to the tool, along the normal.
        person_speed_m_s: extra speed of the body toward the tool.
    """
    command_n = press_command_limit_n(stroke, segment.force_target_n)
    landing_n = min(limits.free_press_n, stroke.ceiling_n)
    impedance = math.sqrt(segment.stiffness_n_per_m * segment.lambda_n_kg)
    surface = segment.surface_speed_m_s + person_speed_m_s
    working = command_n + (surface + stall_speed_m_s(limits, stroke, command_n, is_touching=True)) * impedance
    landing = landing_n + (surface + stall_speed_m_s(limits, stroke, landing_n, is_touching=False)) * impedance
    return friction_n + max(working, landing)
