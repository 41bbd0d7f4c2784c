"""From a slow free motion to corrections of an arm's file: tool, wrist sensor, gravity and friction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from controller.air.blocks import AirBlock
from controller.air.gravity_estimate import MOVING_RAD_S, GravityEstimate, estimate_gravity
from controller.air.tool_estimate import ToolEstimate, estimate_tool
from controller.arm import ArmDescription
from controller.errors import ModelError
from controller.robot import Array, RobotModel
from controller.types import Vector, Vector3, Vector6

WIDE_DOUBT = 3.0
"""An arm that is identified may be off its file by so many times what the check before a session reckons with."""
FEWEST_BLOCKS = 200
"""Four seconds of motion; fewer say too little (assumed)."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What an arm differs from its file by, as measured.

    Attributes:
        arm: name of the arm.
        tool_mass_kg: mass behind the wrist sensor.
        tool_com_s_m: its centre of mass in S.
        coulomb_nm: sliding friction of each joint, (n,); that of the file where a joint did not slide both ways.
        links: additions to mass [kg] and first moment (3) [kg m] of each link, (n, 4). Only what they do to the holding
            torque is known, not each of them.
    """

    arm: str
    tool_mass_kg: float
    tool_com_s_m: Vector3
    coulomb_nm: Vector
    links: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """Corrections with what tells how good they are.

    Attributes:
        corrections: what to correct.
        stated_tool_mass_kg: tool mass of the file.
        stated_coulomb_nm: friction of the file, (n,).
        viscous_nms_per_rad: friction that grows with speed, (n,); reported, used by nobody yet.
        zero_s: zero of the wrist sensor at the end [N, Nm].
        drift_s: its drift [N/s, Nm/s].
        before_nm: mean torque beside the model of the file, there and back, so that friction drops out, (n,).
        after_nm: the same beside the corrected model, (n,).
        turn_rad: largest turn of gravity in the wrist sensor.
    """

    corrections: Corrections
    stated_tool_mass_kg: float
    stated_coulomb_nm: Vector
    viscous_nms_per_rad: Vector
    zero_s: Vector6
    drift_s: Vector6
    before_nm: Vector
    after_nm: Vector
    turn_rad: float


def corrected(arm: ArmDescription, corrections: Corrections) -> ArmDescription:
    """Return the arm with what was measured in the place of what its file says."""
    tool = replace(arm.tool, mass_kg=corrections.tool_mass_kg, com_s_m=corrections.tool_com_s_m)
    return replace(arm, tool=tool, friction_nm=corrections.coulomb_nm, link_additions=corrections.links)


def identify(blocks: Sequence[AirBlock], robot: RobotModel) -> Identified:
    """Return the corrections that explain a slow free motion best.

    Args:
        blocks: means over the motion, residuals beside the model of ``robot``.
        robot: the arm as its file has it; nothing in it changes.

    Raises:
        ModelError: too few samples, a wrist that was not turned enough, or numbers that are none.
    """
    if len(blocks) < FEWEST_BLOCKS:
        raise ModelError("identification", f"{len(blocks)} blocks of samples", f"at least {FEWEST_BLOCKS}")
    tool = estimate_tool(blocks, robot.arm.tool)
    if not tool.is_weighed:
        turned = f"gravity turned by {np.degrees(tool.turn_rad):.0f} degrees in the wrist sensor"
        raise ModelError("identification", turned, "a way that turns the wrist", "choose another start posture")
    gravity = estimate_gravity(blocks, robot, WIDE_DOUBT)
    regressors = np.array([robot.gravity_regressor(np.array(block.q_rad)) for block in blocks])
    seen, speeds = np.array([b.residual_nm for b in blocks]), np.array([b.dq_rad_s for b in blocks])
    left = seen + regressors @ gravity.correction.ravel()
    return Identified(
        corrections=_corrections(tool, gravity, robot),
        stated_tool_mass_kg=robot.arm.tool.mass_kg,
        stated_coulomb_nm=robot.arm.friction_nm,
        viscous_nms_per_rad=tuple(_viscous(left, speeds).tolist()),
        zero_s=tool.zero_s,
        drift_s=tool.drift_s,
        before_nm=_level(seen, speeds),
        after_nm=_level(left, speeds),
        turn_rad=tool.turn_rad,
    )


def _corrections(tool: ToolEstimate, gravity: GravityEstimate, robot: RobotModel) -> Corrections:
    friction = np.where(gravity.has_slid, gravity.friction_nm, robot.arm.friction_nm)
    rows = [(float(m), float(x), float(y), float(z)) for m, x, y, z in gravity.correction]
    return Corrections(
        robot.arm.name, tool.mass_kg, tool.com_s_m, tuple(np.maximum(friction, 0.0).tolist()), tuple(rows)
    )


def _viscous(left: Array, speeds: Array) -> Array:
    """Return the slope of what is left over speed, beside a step at zero, (n,)."""
    found = np.zeros(left.shape[1])
    for joint, (torque, speed) in enumerate(zip(left.T, speeds.T, strict=True)):
        slides = np.abs(speed) > MOVING_RAD_S
        rows = np.column_stack([-np.sign(speed[slides]), -speed[slides]])
        if slides.sum() > FEWEST_BLOCKS // 4 and np.ptp(np.abs(speed[slides])) > 0.05:
            found[joint] = max(0.0, float(np.linalg.lstsq(rows, torque[slides], rcond=None)[0][1]))
    return found


def _level(torque: Array, speeds: Array) -> Vector:
    """Return the size (n,) of what does not turn with the direction of motion: the mean of there and back."""
    found = []
    for column, speed in zip(torque.T, speeds.T, strict=True):
        there, back = column[speed > MOVING_RAD_S], column[speed < -MOVING_RAD_S]
        halves = [float(half.mean()) for half in (there, back) if half.size]
        mean = float(np.mean(halves)) if halves else float(column.mean())
        found.append(abs(mean))
    return tuple(found)
