"""The supervisor's own kinematics: rigid-body terms from its own model of the arm, never from the session loop."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from controller.robot import RobotModel
from controller.types import ToolTerms, Vector

SOFTENING = 1e-9
"""Added to the tool's mobility so that a singular posture gives large, finite terms."""


def own_terms(robot: RobotModel, q_rad: Vector, dq_rad_s: Vector) -> ToolTerms:
    """Return the rigid-body terms at the measured joint state.

    Args:
        robot: a model that only the supervisor uses; its buffers are overwritten.
        q_rad: joint positions, (n,).
        dq_rad_s: joint speeds, (n,).
    """
    dq = np.array(dq_rad_s)
    robot.update(np.array(q_rad), dq)
    jacobian = robot.jacobian
    inverse = np.linalg.solve(robot.mass, jacobian.T)
    jbar_t = np.linalg.solve(jacobian @ inverse + SOFTENING * np.eye(6), inverse.T)
    bias = robot.gravity + robot.coriolis @ dq
    x, y, z, w = pin.Quaternion(robot.rotation).coeffs().tolist()
    px, py, pz = robot.position.tolist()
    v = (jacobian @ dq).tolist()
    return ToolTerms(
        (px, py, pz), (x, y, z, w), (v[0], v[1], v[2], v[3], v[4], v[5]), jacobian.tolist(), jbar_t.tolist(),
        tuple(bias.tolist()),
    )  # fmt: skip
