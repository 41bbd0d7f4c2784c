"""Whether an arm can move its tool against the friction of its own joints with what the gate lets through.

The gate caps the static force of every command, so that nothing can press harder than the bound says; joint friction
has to be overcome within these caps, or the arm lags behind its plan until it is stopped for that.
"""

from __future__ import annotations

import numpy as np

from controller.errors import PlanError
from controller.robot import Array, RobotModel
from controller.safety.limits import GateLimits
from controller.safety.pads import press_axis
from controller.session_limits import TANGENTIAL_BASE_N
from controller.stroke_inertia import SAMPLE_S
from controller.types import PlanLike, SegmentInfo
from controller.wording import distinct_decimals

FRICTION_SPREAD = 1.5
"""Joint friction may be this many times what the file says; gears of one kind differ by this (assumed)."""


def refuse_dragging(plan: PlanLike, robot: RobotModel, limits: GateLimits, touch_n: float) -> None:
    """Refuse a plan whose tool the joints' friction would hold back.

    Args:
        plan: the plan.
        robot: the arm.
        limits: of the gate.
        touch_n: press force that must be left for being felt on the skin.

    Raises:
        PlanError: names the stroke, the direction and the friction.
    """
    for segment in plan.segments:
        along_n, across_n = drag_n(plan, robot, segment)
        rows = (
            ("along the press axis", along_n, limits.free_press_n - touch_n),
            ("across the press axis", across_n, min(TANGENTIAL_BASE_N, limits.tangential_n)),
        )
        for where, found_n, allowed_n in rows:
            if not FRICTION_SPREAD * found_n <= allowed_n:
                got, allowed = distinct_decimals(FRICTION_SPREAD * found_n, allowed_n, 1)
                raise PlanError(
                    segment.name,
                    f"the tool, {where}",
                    f"joint friction of up to {got} N ({FRICTION_SPREAD:g} times what the arm's file says)",
                    f"at most {allowed} N, with which the tool can still be moved",
                    "use an arm with less joint friction; if the file's friction is no measured one, measure it",
                )


def drag_n(plan: PlanLike, robot: RobotModel, segment: SegmentInfo) -> tuple[float, float]:
    """Return the largest joint friction that the tool feels over a stroke [N]: along and across the press axis."""
    friction_nm = np.array(robot.arm.friction_nm)
    along_n, across_n = 0.0, 0.0
    for t in np.arange(segment.start_s, segment.end_s + SAMPLE_S, SAMPLE_S):
        reference = plan.at(float(min(t, segment.end_s)))
        q, normal = np.array(reference.posture_rad), np.array(press_axis(reference.pads))
        along_n = max(along_n, robot.reflected_friction(q, normal, friction_nm))
        for direction in _across(normal):
            across_n = max(across_n, robot.reflected_friction(q, direction, friction_nm))
    return along_n, across_n


def _across(normal: Array) -> tuple[Array, Array]:
    """Return two unit vectors across a normal and each other."""
    first = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    first /= np.linalg.norm(first)
    return first, np.cross(normal, first)
