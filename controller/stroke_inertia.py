"""Effective mass and joint friction along a stroke, and what sensor and observer may differ by for it."""

from __future__ import annotations

import numpy as np

from controller.robot import Array, RobotModel
from controller.safety.pads import press_axis
from controller.types import PlanLike, SegmentInfo

PLAUSIBLE_BASE_N = 3.0
"""Sensor and observer may differ by this for other reasons than friction: model, bias, motion (assumed)."""
PLAUSIBLE_FRICTIONS = 2.0
"""... and by this many times the reflected friction; fault-free sessions reach 1.1 times."""
SAMPLE_S = 0.25
"""Plan time between two postures at which effective mass and friction are evaluated."""


def plausible_window_n(friction_n: float) -> float:
    """Return how far wrist sensor and momentum observer may differ on an arm with this reflected friction."""
    return PLAUSIBLE_BASE_N + PLAUSIBLE_FRICTIONS * friction_n


def inertia_and_friction(plan: PlanLike, robot: RobotModel, segment: SegmentInfo) -> tuple[float, float]:
    """Return the largest effective mass [kg] along the press axis of a stroke, and reflected joint friction [N]."""
    friction_nm = np.array(robot.arm.friction_nm)
    mass, friction = 0.0, 0.0
    for t in np.arange(segment.start_s, segment.end_s + SAMPLE_S, SAMPLE_S):
        reference = plan.at(float(min(t, segment.end_s)))
        q = np.array(reference.posture_rad)
        normal: Array = np.array(press_axis(reference.pads))
        mass = max(mass, robot.effective_mass(q, normal))
        friction = max(friction, robot.reflected_friction(q, normal, friction_nm))
    return mass, friction


def braked_mass(plan: PlanLike, robot: RobotModel, segment: SegmentInfo) -> float:
    """Return the largest effective mass along the press axis [kg] with any one joint held by its brake."""
    times = np.arange(segment.start_s, segment.end_s + SAMPLE_S, SAMPLE_S)
    references = [plan.at(float(min(t, segment.end_s))) for t in times]
    return max(robot.braked_mass(np.array(r.posture_rad), np.array(press_axis(r.pads))) for r in references)


def largest_friction(plan: PlanLike, robot: RobotModel) -> float:
    """Return the largest joint friction reflected to the press axis [N] over all strokes of a plan."""
    return max((inertia_and_friction(plan, robot, segment)[1] for segment in plan.segments), default=0.0)
