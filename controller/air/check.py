"""What the free-air check allows: how far tool, sensor and arm may be off their files, and the name of what is not."""

from __future__ import annotations

import numpy as np

from controller.air.blocks import AirBlock
from controller.air.findings import Found
from controller.air.gravity_estimate import GravityEstimate
from controller.air.tool_estimate import ToolEstimate
from controller.arm import ArmDescription
from controller.robot import GRAVITY_M_S2, RobotModel
from controller.safety.reaction import stop_reason
from controller.types import Cause, StopReason, Vector

MASS_KG = 0.1
"""A tool that is off its file by more is another tool: corrected up to here, refused beyond (design choice; a cable or
a cover weighs less, a set of pads differs by more)."""
COM_M = 0.03
"""Its centre of mass may be off by this (design choice: a fifth of the tool's length)."""
ZERO_N, ZERO_NM = 3.0, 0.3
"""Zero of the wrist sensor: 1 % of the range of a sensor of 290 N, and 6 % of 5 Nm; a larger one is overload or damage
(assumed)."""
DRIFT_N_PER_S, DRIFT_NM_PER_S = 0.1, 0.01
"""Drift of the zero: over a stroke of 60 s it must stay a quarter of a set-point when followed at half its rate
(design choice; a warming strain gauge drifts a tenth of it)."""
HOLDING_NM, HOLDING_SHARE = 0.5, 0.10
"""A joint may need this much more torque than its model says, plus this share of what holds it: link masses and torque
constants off by 5 % each (design choice)."""
RESTING_FRICTIONS = 2.0
"""... plus this many times its friction where it did not slide both ways, which hides there."""
CORRECTED_NM, CORRECTED_FRICTIONS = 0.15, 0.5
"""Below this, and this share of a joint's friction, gravity is not corrected: it is right (assumed)."""


def found(tool: ToolEstimate, gravity: GravityEstimate, arm: ArmDescription) -> Found:
    """Return what is recorded of both estimates."""
    com_error = float(np.linalg.norm(np.subtract(tool.com_s_m, arm.tool.com_s_m)))
    friction = np.where(gravity.has_slid, gravity.friction_nm, arm.friction_nm)
    return Found(
        is_weighed=tool.is_weighed,
        mass_kg=tool.mass_kg if tool.is_weighed else arm.tool.mass_kg,
        stated_mass_kg=arm.tool.mass_kg,
        com_error_m=com_error if tool.is_weighed else 0.0,
        zero_s=tool.zero_s,
        drift_s=tool.drift_s,
        gravity_error_nm=gravity.error_nm,
        holding_nm=gravity.holding_nm,
        friction_nm=tuple(friction.tolist()),
        is_corrected=needs_correction(gravity, arm),
    )


def needs_correction(gravity: GravityEstimate, arm: ArmDescription) -> bool:
    """Return True where gravity is off its model by more than friction may feign."""
    pairs = zip(gravity.error_nm, arm.friction_nm, strict=True)
    return not all(abs(error) <= max(CORRECTED_NM, CORRECTED_FRICTIONS * friction) for error, friction in pairs)


def refusal(
    tool: ToolEstimate, gravity: GravityEstimate, robot: RobotModel, q_rad: Vector, t_s: float
) -> StopReason | None:
    """Return why this arm must not touch anybody, or None.

    Args:
        tool: what the wrist sensor says.
        gravity: what the joint torques say: the other sense.
        robot: the model as the files have it.
        q_rad: a posture of the check, (n,).
        t_s: session time [s].
    """
    return _tool(tool, gravity, robot, q_rad, t_s) or _drift(tool, t_s) or _joints(gravity, robot.arm, t_s)


def gross(tool: ToolEstimate, block: AirBlock, robot: RobotModel, t_s: float) -> StopReason | None:
    """Return why an arm that has only just begun to stand in the air must not go on, or None.

    Args:
        tool: what the wrist sensor says, with the tool's mass by its file.
        block: what the joints show, friction included.
        robot: the model as the files have it.
        t_s: session time [s].
    """
    arm, holding = robot.arm, robot.holding_nm(np.array(block.q_rad))
    found_nm = GravityEstimate(
        tuple(holding.tolist()), tuple(-value for value in block.residual_nm), arm.friction_nm,
        (False,) * robot.joints, np.zeros((robot.joints, 4)),
    )  # fmt: skip
    return _tool(tool, found_nm, robot, block.q_rad, t_s) or _joints(found_nm, arm, t_s)


def _tool(
    tool: ToolEstimate, gravity: GravityEstimate, robot: RobotModel, q_rad: Vector, t_s: float
) -> StopReason | None:
    """Return what is wrong with tool or wrist sensor; the turn of the wrist tells them apart."""
    stated = robot.arm.tool
    if tool.is_weighed:
        off_kg = tool.mass_kg - stated.mass_kg
        if not abs(off_kg) <= MASS_KG:
            what = f"tool mass {tool.mass_kg:.2f} kg by the wrist sensor, file says {stated.mass_kg:.2f} kg"
            return _stop(
                f"{what}; {_second_sense(off_kg, gravity, robot, q_rad)}: error", abs(off_kg), MASS_KG, "kg", t_s
            )
        off_m = float(np.linalg.norm(np.subtract(tool.com_s_m, stated.com_s_m)))
        if not off_m <= COM_M:
            return _stop("centre of mass of the tool, distance from that of its file", off_m, COM_M, "m", t_s)
    zero, kind = tool.zero_s, "zero of the wrist sensor"
    if not tool.is_weighed:
        mass_kg = stated.mass_kg + tool.weight_n / GRAVITY_M_S2
        kind = f"tool mass {mass_kg:.2f} kg where its file says {stated.mass_kg:.2f} kg, or {kind}: error"
    worst_n, worst_nm = max(map(abs, zero[:3])), max(map(abs, zero[3:]))
    if not worst_n <= ZERO_N:
        return _stop(kind, worst_n, ZERO_N, "N", t_s)
    if not worst_nm <= ZERO_NM:
        return _stop(f"{kind}, moment", worst_nm, ZERO_NM, "Nm", t_s)
    return None


def _second_sense(off_kg: float, gravity: GravityEstimate, robot: RobotModel, q_rad: Vector) -> str:
    """Return whether the joint torques feel that tool, in words."""
    expected = robot.tool_load_nm(np.array(q_rad), off_kg)
    joint = int(np.abs(expected).argmax())
    ratio = gravity.error_nm[joint] / expected[joint] if expected[joint] != 0.0 else 0.0
    if 0.5 <= ratio <= 1.5:
        return "the joint torques feel it too"
    return "the joint torques do not feel it, so look at the wrist sensor first"


def _drift(tool: ToolEstimate, t_s: float) -> StopReason | None:
    worst_n, worst_nm = max(map(abs, tool.drift_s[:3])), max(map(abs, tool.drift_s[3:]))
    if not worst_n <= DRIFT_N_PER_S:
        return _stop("drift of the wrist sensor", worst_n, DRIFT_N_PER_S, "N/s", t_s)
    if not worst_nm <= DRIFT_NM_PER_S:
        return _stop("drift of the wrist sensor, moment", worst_nm, DRIFT_NM_PER_S, "Nm/s", t_s)
    return None


def _joints(gravity: GravityEstimate, arm: ArmDescription, t_s: float) -> StopReason | None:
    """Return the joint that is furthest beyond what is allowed, in shares of that."""
    rows = []
    for joint, error in enumerate(gravity.error_nm):
        allowed = HOLDING_NM + HOLDING_SHARE * abs(gravity.holding_nm[joint])
        if not gravity.has_slid[joint]:
            allowed += RESTING_FRICTIONS * arm.friction_nm[joint]
        rows.append((abs(error) / allowed, joint, error, allowed))
    share, joint, error, allowed = max(rows)
    if share <= 1.0:
        return None
    model = gravity.holding_nm[joint]
    what = f"torque that holds joint {joint + 1} is {model + error:.1f} Nm, its model says {model:.1f} Nm"
    what += " (masses or centres of mass of the arm's file, or torque constants): error"
    return _stop(what, abs(error), allowed, "Nm", t_s)


def _stop(what: str, value: float, allowed: float, unit: str, t_s: float) -> StopReason:
    return stop_reason(Cause.MODEL_MISMATCH, f"free-air check: {what}", value, allowed, unit, t_s)
