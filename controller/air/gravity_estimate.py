"""What gravity really asks of the joints, from the residuals of slow free motion there and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.air.blocks import AirBlock
from controller.errors import ModelError
from controller.robot import Array, RobotModel
from controller.types import Vector

MOVING_RAD_S = 0.008
"""A joint faster than this slides: its friction has a known direction (assumed; encoder noise is 0.0001 in a block)."""
SLIDING_NM, RESTING_NM = 0.1, 0.3
"""Uncertainty of a joint's residual in a block while it slides, and added to its friction while it rests (assumed)."""
FRICTION_PRIOR_NM = 1.0
"""Standard deviation of a joint's friction beyond what its file says (assumed)."""
MASS_SHARE, COM_M = 0.10, 0.01
"""Standard deviation of a link's mass, as a share of it, and of its centre of mass (assumed: between a maker's drawing
and an arm with cables and covers)."""


@dataclass(frozen=True, slots=True, eq=False)
class GravityEstimate:
    """Gravity and friction of an arm as they were found, beside those of its model.

    Attributes:
        holding_nm: torque that the model holds the arm with, at its posture of the largest error, (n,).
        error_nm: how much more torque gravity really asks for there, (n,).
        friction_nm: sliding friction, (n,); NaN for a joint that did not slide.
        has_slid: joints that slid in both directions, whose friction is therefore out of the error, (n,).
        correction: additions to mass [kg] and mass times centre of mass (3) [kg m] of every link, (n, 4).
    """

    holding_nm: Vector
    error_nm: Vector
    friction_nm: Vector
    has_slid: tuple[bool, ...]
    correction: Array


def estimate_gravity(blocks: Sequence[AirBlock], robot: RobotModel, doubt: float = 1.0) -> GravityEstimate:
    """Return the most likely errors of masses and centres of mass for the residuals seen.

    The residual of a joint is -(what gravity asks for beyond the model) - (friction against the motion). The first is
    linear in mass and first moment of every link (``RobotModel.gravity_regressor``); friction has one unknown a joint
    where it slides, and is a disturbance of unknown sign where it rests.

    Args:
        blocks: means in free air, taken with the model of ``robot``.
        robot: the model; nothing in it changes.
        doubt: factor on how far masses and centres of mass may be off: large where the arm has to be held by what was
            measured, whatever it is.

    Raises:
        ModelError: no blocks, or numbers in them that are not finite.
    """
    if not blocks:
        raise ModelError("free-air check", "no samples", "at least one block of them")
    seen = np.array([block.residual_nm for block in blocks])
    speeds = np.array([block.dq_rad_s for block in blocks])
    if not (np.isfinite(seen).all() and np.isfinite(speeds).all()):
        raise ModelError("free-air check", "a joint torque or speed that is no number", "finite senses")
    regressors = np.array([robot.gravity_regressor(np.array(block.q_rad)) for block in blocks])
    sliding = np.where(np.abs(speeds) > MOVING_RAD_S, np.sign(speeds), 0.0)
    solved = _solve(seen, regressors, sliding, robot, doubt)
    joints = robot.joints
    correction = solved[: 4 * joints].reshape(joints, 4)
    errors = regressors @ correction.ravel()
    worst = np.abs(errors).argmax(axis=0)
    held = [float(robot.holding_nm(np.array(blocks[k].q_rad))[joint]) for joint, k in enumerate(worst)]
    has_slid = [bool((row > 0.0).any() and (row < 0.0).any()) for row in sliding.T]
    friction = np.where(has_slid, solved[4 * joints :], np.nan)
    return GravityEstimate(
        holding_nm=tuple(held),
        error_nm=tuple(float(errors[k, joint]) for joint, k in enumerate(worst)),
        friction_nm=tuple(friction.tolist()),
        has_slid=tuple(has_slid),
        correction=correction,
    )


def _solve(seen: Array, regressors: Array, sliding: Array, robot: RobotModel, doubt: float) -> Array:
    """Return (5 n,): additions to mass and first moment of every link (4 n), then sliding friction (n)."""
    blocks, joints = seen.shape
    stated = np.array(robot.arm.friction_nm)
    rows = np.zeros((blocks, joints, 5 * joints))
    rows[:, :, : 4 * joints] = -regressors
    for joint in range(joints):
        rows[:, joint, 4 * joints + joint] = -sliding[:, joint]
    noise = np.where(sliding != 0.0, SLIDING_NM, RESTING_NM + stated)
    # Neighbouring blocks err alike: all blocks together count as a handful of independent ones.
    noise = noise * np.sqrt(max(1.0, blocks / 10.0))
    masses = doubt * robot.link_masses_kg()
    spread = np.concatenate(
        [np.column_stack([MASS_SHARE * masses, *[COM_M * masses + 1e-3] * 3]).ravel(), stated + FRICTION_PRIOR_NM]
    )
    prior = np.concatenate([np.zeros(4 * joints), stated])
    weighted = rows / noise[:, :, None]
    flat = weighted.reshape(-1, 5 * joints)
    left = ((seen - rows @ prior) / noise).ravel()
    normal = flat.T @ flat + np.diag(1.0 / np.maximum(spread, 1e-6) ** 2)
    return np.asarray(prior + np.linalg.solve(normal, flat.T @ left))
