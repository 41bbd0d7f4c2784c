"""Postures that a session goes through, with the inertia felt in each: what gains are found and checked in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from controller.robot import Array, RobotModel
from controller.stroke_inertia import SAMPLE_S
from controller.types import PlanLike, Vector

WRIST_JOINTS = 3
LEG_SAMPLES = 8
"""Postures on every leg of a way."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One posture.

    Attributes:
        q_rad: the posture, (n,).
        mass: M (n, n) by the arm's file.
        jacobian: (6, n) at the tool, in W.
        axis_w: the tool's own axis, (3,).
        gravity_nm: torque that holds the arm, (n,).
        own_kg_m2: inertia of each joint alone, all others free: 1 / (M^-1)_jj, (n,).
        along_kg: inertia of the tool along its axis, orientation free.
        braced_kg: smallest inertia of the tool in any direction as the joints before the wrist move it, all free.
    """

    q_rad: Array
    mass: Array
    jacobian: Array
    axis_w: Array
    gravity_nm: Array
    own_kg_m2: Array
    along_kg: float
    braced_kg: float

    @property
    def braced_jacobian(self) -> Array:
        """(3, n), how the joints before the wrist move the tool; zero for the wrist."""
        return _braced(self.jacobian[:3])


def braced_joints(joints: int) -> int:
    """Return the number of joints before the wrist, whose last three axes turn the tool."""
    return max(joints - WRIST_JOINTS, 1)


def session_postures(plan: PlanLike) -> list[Array]:
    """Return postures along the plan, its ways, and the way to rest."""
    times = np.arange(0.0, plan.duration_s, SAMPLE_S)
    postures = [np.array(plan.at(float(t)).posture_rad) for t in times]
    for path in (plan.start_path_rad, plan.end_path_rad, plan.park_path_rad):
        postures += _along(path)
    return [*postures, np.array(plan.rest_q_rad)]


def posture_samples(plan: PlanLike, robot: RobotModel) -> tuple[Sample, ...]:
    """Return samples of every posture of a session.

    Args:
        plan: the plan.
        robot: the arm; its buffers are used.
    """
    return tuple(sample_of(robot, q) for q in session_postures(plan))


def sample_of(robot: RobotModel, q_rad: Array) -> Sample:
    """Return one posture with what is felt in it; the buffers of ``robot`` are used."""
    robot.update(q_rad, np.zeros(robot.joints))
    inverse = np.linalg.inv(robot.mass)
    moving, braced = robot.jacobian[:3] @ inverse @ robot.jacobian[:3].T, _braced(robot.jacobian[:3])
    axis = robot.rotation[:, 2].copy()
    return Sample(
        q_rad=q_rad,
        mass=robot.mass.copy(),
        jacobian=robot.jacobian.copy(),
        axis_w=axis,
        gravity_nm=robot.gravity.copy(),
        own_kg_m2=1.0 / np.diag(inverse),
        along_kg=1.0 / float(axis @ moving @ axis),
        braced_kg=1.0 / float(np.linalg.eigvalsh(braced @ inverse @ braced.T)[-1]),
    )


def extremes(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """Return the samples in which a joint or the tool is lightest, each once."""
    own = np.array([sample.own_kg_m2 for sample in samples])
    tool = np.array([(sample.along_kg, sample.braced_kg) for sample in samples])
    indices = {int(index) for index in (*own.argmin(axis=0), *own.argmax(axis=0), *tool.argmin(axis=0))}
    return tuple(samples[index] for index in sorted(indices))


def _braced(jacobian: Array) -> Array:
    """Return the Jacobian (3, n) with nothing of the wrist."""
    braced = jacobian.copy()
    braced[:, braced_joints(jacobian.shape[1]) :] = 0.0
    return braced


def _along(path: Sequence[Vector]) -> list[Array]:
    """Return postures on straight legs in joint space."""
    legs = [np.linspace(here, there, LEG_SAMPLES) for here, there in pairwise(path)]
    return [np.array(posture) for posture in path] + [posture for leg in legs for posture in leg]
