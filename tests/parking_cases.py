"""What the tests of parking measure by themselves: arms by Pinocchio's frames, the skin as a cloud of points."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from controller.robot import RobotModel
from controller.types import Phase
from tests.plan_cases import body_named
from trajectories.plan import Plan

Array = NDArray[np.float64]

GRID_M = 0.002
NEAR_M = 0.08
"""Distances beyond this are given as infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """A skin as points 2 mm apart, and the body seen from above as points."""

    skin: cKDTree
    above: cKDTree

    def gap_m(self, points_m: Array, body: str) -> Array:
        """Return the distance of points (..., 3) from the skin, negative below it."""
        flat = points_m.reshape(-1, 3)
        figure = body_named(body)[1]
        gap = np.asarray(self.skin.query(flat, distance_upper_bound=NEAR_M)[0])
        under = figure.on_body(flat[:, 0], flat[:, 1]) & (flat[:, 2] < figure.height(flat[:, 0], flat[:, 1]))
        return np.where(under, -gap, gap).reshape(points_m.shape[:-1])

    def beside_m(self, points_m: Array) -> Array:
        """Return the distance of points (..., 3) from the body seen from above."""
        return np.asarray(self.above.query(points_m[..., :2])[0])


@functools.cache
def cloud_of(body: str) -> Cloud:
    """Return the cloud of a shipped body; the part that the file cuts off at its sides is not in it."""
    figure, skin = body_named(body)
    x = np.arange(figure.x_m[0], figure.x_m[-1], GRID_M)
    y = np.arange(figure.y_m[0], figure.y_m[-1], GRID_M)
    grid_x, grid_y = (part.ravel() for part in np.meshgrid(x, y, indexing="ij"))
    on = skin.on_body(grid_x, grid_y)
    points = np.column_stack([grid_x[on], grid_y[on], skin.height(grid_x[on], grid_y[on])])
    return Cloud(cKDTree(points), cKDTree(points[:, :2]))


def arm_frames(robot: RobotModel, postures: Array) -> Array:
    """Return joint origins, flange and, last, the pad's centre (N, n + 2, 3) at postures (N, n)."""
    data = robot.model.createData()
    found = []
    for q in postures:
        pin.framesForwardKinematics(robot.model, data, q)
        frames = [data.oMi[k].translation.copy() for k in range(1, robot.joints + 1)]
        found.append(
            [*frames, data.oMf[robot.sensor_id].translation.copy(), data.oMf[robot.tool_id].translation.copy()]
        )
    return np.array(found)


def unloaded(plan: Plan, robot: RobotModel, body: str, t_s: float, off_m: float) -> Array:
    """Return the posture (n,) a stop at ``t_s`` leaves: the pad pulled out along the normal until it is off the skin.

    A plain damped least-squares search of its own.
    """
    reference = plan.at(t_s)
    q = np.array(reference.posture_rad)
    normal, aim = np.array(reference.pads[0].normal_w), np.array(reference.position_m)
    gap = float(cloud_of(body).gap_m(aim[None], body)[0]) - robot.arm.tool.only_pad("a test").radius_m
    if reference.phase is not Phase.TRANSFER:
        aim = aim + max(off_m - gap, 0.0) * normal
    turn = Rotation.from_quat(reference.quaternion_xyzw)
    for _ in range(12):
        here, rotation = robot.tool_pose(q)
        error = np.concatenate([aim - here, (turn * Rotation.from_matrix(rotation).inv()).as_rotvec()])
        jacobian = robot.tool_jacobian(q)
        q = q + jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + 1e-6 * np.eye(6), error)
    return q


def leg(start: Array, end: Array, step_rad: float = 0.02) -> Array:
    """Return postures (N, n) on a straight leg."""
    return np.linspace(start, end, int(np.abs(np.subtract(end, start)).max() / step_rad) + 2)
