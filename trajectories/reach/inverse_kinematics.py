"""Postures for tool poses: damped least squares with a null space, for arms of any number of joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.law.small_algebra import cholesky, cholesky_solve, rotation_log
from controller.robot import RobotModel
from trajectories.tool_pose import Poses

Array = NDArray[np.float64]

DAMPING = 1e-5
"""Squared damping of the least squares [m2]: nothing at singular values above 0.02, where plans are refused."""
CONVERGED = 1e-6
"""Residual (m and rad together) at which an iteration ends."""
LARGEST_STEP_RAD = 0.5
"""Largest joint step of one iteration, so that a far start does not jump to another branch (assumed)."""
DRIFT_RAD_S = 0.2
"""Largest null-space speed toward the wanted posture: well below the 30 deg/s at which elbow motion spoils the
momentum observer (measured on the prototype)."""
DRIFT_SHARE = 0.04
"""Share of the way to the wanted posture taken from one pose to the next, before the limit (assumed)."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Postures along poses.

    Attributes:
        q_rad: (N, n) postures.
        position_error_m: (N,) residuals.
        angle_error_rad: (N,) residuals.
        singular: (N,) smallest singular values of the tool Jacobian.
        margin_rad: (N,) smallest distance from a joint limit.
    """

    q_rad: Array
    position_error_m: Array
    angle_error_rad: Array
    singular: Array
    margin_rad: Array


class Solver:
    """Inverse kinematics of one arm at its place.

    Args:
        robot: the arm; its buffers are not touched.
    """

    def __init__(self, robot: RobotModel) -> None:
        self._model = robot.model
        self._data = robot.model.createData()
        self._frame = robot.tool_id
        self.lower, self.upper = robot.lower, robot.upper
        self.middle = 0.5 * (robot.lower + robot.upper)
        self.home = np.array(robot.arm.home_rad)

    def error(self, q: Array, position_m: Array, rotation: Array) -> tuple[Array, Array]:
        """Return the pose error (6,) [m, rad] in W and the Jacobian (6, n) at ``q``."""
        jacobian = pin.computeFrameJacobian(self._model, self._data, q, self._frame, pin.LOCAL_WORLD_ALIGNED)
        frame = pin.updateFramePlacement(self._model, self._data, self._frame)
        error = np.zeros(6)
        pose_error(position_m, rotation, frame.translation, frame.rotation, error)
        return error, jacobian

    def solve(self, position_m: Array, rotation: Array, q: Array, iterations: int, pull: Array | None = None) -> Array:
        """Return a posture (n,) for a pose, from ``q``.

        Args:
            position_m: p_WT (3,).
            rotation: R_WT (3, 3).
            q: posture to start from.
            iterations: largest number of them.
            pull: null-space step (n,) wanted in the first iteration; None for none.
        """
        q = q.copy()
        still = np.zeros_like(q)
        for _ in range(iterations):
            error, jacobian = self.error(q, position_m, rotation)
            if pull is None and float(np.linalg.norm(error)) < CONVERGED:
                break
            damped_step(jacobian, error, still if pull is None else pull, self.lower, self.upper, q)
            pull = None
        return q

    def relax(self, position_m: Array, rotation: Array, q: Array, posture: Array) -> Array:
        """Return the posture for a pose that is nearest to ``posture``, moving there through the null space."""
        for _ in range(80):
            before = q
            q = self.solve(position_m, rotation, q, 4, 0.3 * (posture - q))
            if float(np.abs(q - before).max()) < 1e-5:
                break
        return self.solve(position_m, rotation, q, 30)

    def follow(self, poses: Poses, q: Array, posture: Array, drift_rad: Array, iterations: int = 4) -> Track:
        """Return continuous postures along poses, from ``q``, drawn to ``posture`` at bounded speed.

        Args:
            poses: the poses.
            q: posture near the first pose.
            posture: posture that the null space is drawn to.
            drift_rad: (N,) largest null-space step of a joint from one pose to the next.
            iterations: largest number per pose.
        """
        count = len(poses)
        postures = np.zeros((count, len(q)))
        error, square = np.zeros((count, 6)), np.zeros((count, 6, 6))
        for k in range(count):
            pull = DRIFT_SHARE * (posture - q)
            pull *= min(1.0, drift_rad[k] / max(float(np.abs(pull).max()), 1e-12))
            q = self.solve(poses.position_m[k], poses.rotation[k], q, iterations, pull)
            postures[k] = q
            error[k], jacobian = self.error(q, poses.position_m[k], poses.rotation[k])
            square[k] = jacobian @ jacobian.T
        singular = np.sqrt(np.maximum(np.linalg.eigvalsh(square)[:, 0], 0.0))
        margin = np.minimum(postures - self.lower, self.upper - postures).min(axis=1)
        position = np.linalg.norm(error[:, :3], axis=1)
        return Track(postures, position, np.linalg.norm(error[:, 3:], axis=1), singular, margin)

    def starts(self, count: int = 10) -> list[Array]:
        """Return postures to begin a search with: home, home mirrored and turned, and fixed random ones."""
        random = np.random.default_rng(0)
        found = [self.home]
        for joint in range(len(self.home)):
            for turn in (-1.2, 1.2):
                moved = self.home.copy()
                moved[joint] += turn
                found.append(moved)
        half = 0.5 * np.minimum(self.upper - self.lower, 2.0 * np.pi)
        found += [self.middle + 0.8 * half * random.uniform(-1.0, 1.0, len(half)) for _ in range(count)]
        return [np.clip(q, self.lower + 0.05, self.upper - 0.05) for q in found]


@compiled
def pose_error(position_m: Array, rotation: Array, here_m: Array, turned: Array, error: Array) -> None:
    """Write the pose error (6,) in W: position, then the rotation vector that takes ``turned`` to ``rotation``."""
    for i in range(3):
        error[i] = position_m[i] - here_m[i]
    rotation_log(rotation, turned, error[3:])


@compiled
def damped_step(jacobian: Array, error: Array, pull: Array, lower: Array, upper: Array, q: Array) -> None:
    """Move ``q`` (n,) in place: q += pull + J^T (J J^T + DAMPING)^-1 (error - J pull), bounded, inside the limits."""
    joints = len(q)
    square, factor, wanted = np.zeros((6, 6)), np.zeros((6, 6)), np.zeros(6)
    for i in range(6):
        wanted[i] = error[i]
        for k in range(joints):
            wanted[i] -= jacobian[i, k] * pull[k]
        for j in range(6):
            total = DAMPING if i == j else 0.0
            for k in range(joints):
                total += jacobian[i, k] * jacobian[j, k]
            square[i, j] = total
    cholesky(square, factor)
    cholesky_solve(factor, wanted)
    step, largest = np.zeros(joints), 0.0
    for k in range(joints):
        step[k] = pull[k]
        for i in range(6):
            step[k] += jacobian[i, k] * wanted[i]
        largest = max(largest, abs(step[k]))
    scale = min(1.0, LARGEST_STEP_RAD / max(largest, 1e-12))
    for k in range(joints):
        q[k] = min(upper[k], max(lower[k], q[k] + scale * step[k]))
