"""Rigid-body terms from a model of the arm that gate or supervisor has for itself, never from the session's law."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.own_model_kernel import derive
from controller.robot import RobotModel
from controller.types import Matrix, ToolTerms, Vector

Array = NDArray[np.float64]


class OwnModel:
    """An arm's rigid-body terms at any joint state; implements ``controller.types.Kinematics``.

    Args:
        arm: the arm and its tool.
        placement: X_WB.
    """

    def __init__(self, arm: ArmDescription, placement: Placement) -> None:
        self._robot = RobotModel(arm, placement)

    def __call__(self, q_rad: Vector, dq_rad_s: Vector) -> ToolTerms:
        """Return the terms, with the twist of T by these joint speeds.

        Args:
            q_rad: joint positions, (n,).
            dq_rad_s: joint speeds, (n,).
        """
        return own_terms(self._robot, q_rad, dq_rad_s)

    @property
    def terms(self) -> Array:
        """``RobotModel.terms`` of the last evaluation; overwritten by the next one."""
        return self._robot.terms

    def update(self, q_rad: Array, dq_rad_s: Array) -> None:
        """Evaluate the terms at joint positions (n,) and speeds (n,), for who reads them as they are."""
        self._robot.update(q_rad, dq_rad_s)

    def correct(self, additions: Matrix) -> None:
        """Make the links those of the file with additions to mass [kg] and first moments (3) [kg m], (n, 4).

        Args:
            additions: of every link; empty for none.

        Raises:
            ModelError: a number that is not finite, or a link left with less than a fifth of its mass; the links are
                those of the file then.
        """
        self._robot.restore()
        if additions:
            self._robot.correct(np.array(additions, dtype=np.float64))


def own_terms(robot: RobotModel, q_rad: Vector, dq_rad_s: Vector) -> ToolTerms:
    """Return the rigid-body terms at the measured joint state.

    Args:
        robot: a model that only the caller uses; its buffers are overwritten.
        q_rad: joint positions, (n,).
        dq_rad_s: joint speeds, (n,).
    """
    n, dq = robot.joints, np.array(dq_rad_s)
    robot.update(np.array(q_rad), dq)
    made = np.zeros(6 + 9 * n)
    derive(robot.terms, dq, np.zeros(n * n + 6 * n + 36), made)
    return as_terms(robot.terms, made)


def as_terms(terms: Array, made: Array) -> ToolTerms:
    """Return the terms of a model and what ``derive`` makes of them as values.

    Args:
        terms: ``RobotModel.terms``.
        made: what ``derive`` has written, (6 + 9 n,).
    """
    n = (made.shape[0] - 6) // 9
    x, y, z, w = pin.Quaternion(terms[-12:-3].reshape(3, 3)).coeffs().tolist()
    jacobian = [terms[row * n : row * n + n].tolist() for row in range(6)]
    px, py, pz = terms[-3:].tolist()
    vx, vy, vz, wx, wy, wz, *rest = made.tolist()
    jbar_t = [rest[row * n : row * n + n] for row in range(6)]
    bias, momentum, drift = (tuple(rest[row * n : row * n + n]) for row in (6, 7, 8))
    return ToolTerms((px, py, pz), (x, y, z, w), (vx, vy, vz, wx, wy, wz), jacobian, jbar_t, bias, momentum, drift)
