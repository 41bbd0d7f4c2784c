"""Points along a whole arm at many postures at once, for questions of clearance."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from controller.robot import RobotModel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SPACING_M = 0.08
"""Largest distance of two neighbouring points on one link (assumed: finer than a link is thick)."""
_STILL_M = 1e-6


class ArmPoints:
    """Base, joint origins, flange, tool and points between them, as a chain up to the centre of the pad.

    Two joint origins that follow each other belong to one link, so the number of points between them is fixed.

    Args:
        robot: the arm at its place; its buffers are not touched.
    """

    def __init__(self, robot: RobotModel) -> None:
        model = robot.model
        self._base = np.array(robot.placement.position_m)
        self._joints = [_Joint(model, joint) for joint in range(1, robot.joints + 1)]
        self._ends = [np.array(model.frames[index].placement.translation) for index in (robot.sensor_id, robot.tool_id)]
        nodes = self._nodes(_spread(robot))
        lengths = np.linalg.norm(np.diff(nodes[0], axis=0), axis=1)
        rows = [self._share(0, 0.0, nodes.shape[1])]
        for link, length in enumerate(lengths):
            count = max(1, int(np.ceil(length / SPACING_M))) if length > _STILL_M else 0
            rows += [self._share(link, (k + 1.0) / count, nodes.shape[1]) for k in range(count)]
        self._shares = np.array(rows)
        """(P, nodes) weights that make the points out of the nodes; the last point is the centre of the pad."""
        points = self.at(_spread(robot))
        self.is_moving: Mask = np.ptp(points, axis=0).max(axis=1) > _STILL_M
        """(P,) False for the points that no joint moves: what the base stands on is not for a plan to judge."""
        gone = np.linalg.norm(np.diff(points[0], axis=0), axis=1)
        self.along_m: Array = np.concatenate([[0.0], np.cumsum(gone)])
        """(P,) distance of every point from the first, along the chain."""

    def at(self, q_rad: Array) -> Array:
        """Return the points (N, P, 3) in W [m] at postures (N, n)."""
        return np.asarray(self._shares @ self._nodes(q_rad))

    def _nodes(self, q_rad: Array) -> Array:
        """Return base, joint origins, flange and tool (N, n + 3, 3) at postures (N, n)."""
        rotation = np.broadcast_to(np.eye(3), (len(q_rad), 3, 3))
        origin = np.zeros((len(q_rad), 3))
        nodes = [np.broadcast_to(self._base, origin.shape)]
        for index, joint in enumerate(self._joints):
            origin = origin + rotation @ joint.position_m
            rotation = rotation @ joint.turned(q_rad[:, index])
            nodes.append(origin)
        nodes += [origin + rotation @ end for end in self._ends]
        return np.stack(nodes, axis=1)

    @staticmethod
    def _share(link: int, part: float, nodes: int) -> Array:
        row = np.zeros(nodes)
        row[link] = 1.0 - part
        row[min(link + 1, nodes - 1)] += part
        return row


class _Joint:
    """A revolute joint: where it sits on the link before, and which way it turns."""

    def __init__(self, model: pin.Model, joint: int) -> None:
        placement = model.jointPlacements[joint]
        neutral = pin.neutral(model)
        axis = pin.computeJointJacobian(model, model.createData(), neutral, joint)[3:, joint - 1]
        cross = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
        self.position_m = np.array(placement.translation)
        fixed = np.array(placement.rotation)
        self._fixed, self._sine, self._versine = fixed, fixed @ cross, fixed @ cross @ cross

    def turned(self, angle_rad: Array) -> Array:
        """Return rotations (N, 3, 3) from the link behind the joint to the link before it (Rodrigues' formula)."""
        sine, versine = np.sin(angle_rad), 1.0 - np.cos(angle_rad)
        return np.asarray(
            self._fixed + sine[:, None, None] * self._sine + versine[:, None, None] * self._versine, dtype=np.float64
        )


def _spread(robot: RobotModel) -> Array:
    """Return some postures (N, n) far apart: what none of them moves, no joint does."""
    random = np.random.default_rng(0)
    return np.asarray(robot.lower + random.uniform(0.1, 0.9, (8, robot.joints)) * (robot.upper - robot.lower))
