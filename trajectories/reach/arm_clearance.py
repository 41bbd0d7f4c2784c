"""Whether an arm at given postures, and on straight joint-space legs, leaves person, base and itself alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.robot import RobotModel
from trajectories.anatomy.back import Back
from trajectories.reach.arm_points import ArmPoints
from trajectories.reach.skin_clearance import ClearSpace

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PAD_CLEARANCE_M = 0.010
"""Distance of pad and skin that a leg keeps at least: breathing and a surface error of 3 mm (assumed)."""
LINK_CLEARANCE_M = 0.030
"""Distance of every joint, the flange and every link's axis from the skin on a leg, and seen from above at rest."""
LEG_STEP_RAD = 0.05
"""Largest joint step between two samples of a leg: some 20 mm at the tool."""
CLEARANCES = (
    f"pad {1e3 * PAD_CLEARANCE_M:.0f} mm and links {1e3 * LINK_CLEARANCE_M:.0f} mm off the skin, all of the arm "
    f"{1e3 * LINK_CLEARANCE_M:.0f} mm and the pad's radius above table and base, off itself"
)
"""What a clear posture keeps, for refusals."""
FAR_ALONG_M = 0.40
"""Points of the arm farther apart than this along the chain must not come near each other (assumed)."""
SELF_CLEARANCE_M = 0.12
"""How near such points may come: two links of 60 mm half thickness (assumed)."""


@dataclass(frozen=True, slots=True, eq=False)
class Trouble:
    """Where a posture is too near to something.

    Attributes:
        point_m: point of the arm (3,) in W.
        got: what it is too near to, and by how much.
        allowed: what is allowed.
    """

    point_m: Array
    got: str
    allowed: str


@dataclass(frozen=True, slots=True, eq=False)
class ArmRoom:
    """An arm at its place beside a body.

    Attributes:
        arm: points of the arm.
        space: room around the body, for spheres of the larger clearance around every one of these points.
        base_m: p_WB (3,).
        base_up: direction (3,) out of the plane that the base is mounted on.
        level_m: height that the table's upper face is below: the lowest skin over the spine.
        pad_radius_m: radius of the pad.
    """

    arm: ArmPoints
    space: ClearSpace
    base_m: Array
    base_up: Array
    level_m: float
    pad_radius_m: float

    @classmethod
    def of(cls, robot: RobotModel, back: Back) -> ArmRoom:
        """Return the room of an arm beside a back."""
        radius = robot.arm.tool.only_pad("the planner").radius_m
        x = np.linspace(back.spine_x("L5S1"), back.spine_x("C7"), 50)
        level = float(back.skin.height(x, back.spine.y(x)).min())
        i, j, k, w = robot.placement.quaternion_xyzw
        up = np.array([2.0 * (i * k + w * j), 2.0 * (j * k - w * i), 1.0 - 2.0 * (i * i + j * j)])
        space = ClearSpace.of(back.skin, max(radius + PAD_CLEARANCE_M, LINK_CLEARANCE_M))
        return cls(ArmPoints(robot), space, np.array(robot.placement.position_m), up, level, radius)

    def clear_legs(self, starts_rad: Array, end_rad: Array) -> Mask:
        """Tell which straight legs from postures (N, n) to one posture (n,) keep the arm off the skin, (N,)."""
        way = end_rad - starts_rad
        count = int(np.ceil(float(np.abs(way).max(initial=0.0)) / LEG_STEP_RAD)) + 2
        share = np.linspace(0.0, 1.0, count)[:, None]
        postures = (starts_rad[:, None] + share * way[:, None]).reshape(-1, len(end_rad))
        clear = self.space.is_clear(self.arm.at(postures)[:, self.arm.is_moving]).all(axis=1)
        return np.asarray(clear.reshape(len(starts_rad), count).all(axis=1))

    def is_free_leg(self, start_rad: Array, end_rad: Array, near_m: float | None = None) -> bool:
        """Tell whether a straight leg keeps the arm off the skin, off its base and off itself.

        Args:
            start_rad: first posture (n,).
            end_rad: last posture (n,).
            near_m: how near the arm may come to itself; None for what the first posture makes of it.
        """
        points = self.arm.at(self.leg(start_rad, end_rad))
        free = self.free(points, self.self_clearance_m(start_rad) if near_m is None else near_m)
        return bool((free & self.is_off_skin(points)).all())

    def leg(self, start_rad: Array, end_rad: Array) -> Array:
        """Return postures (N, n) on a straight leg, both ends included."""
        count = int(np.ceil(float(np.abs(end_rad - start_rad).max()) / LEG_STEP_RAD)) + 2
        return np.asarray(np.linspace(start_rad, end_rad, count))

    def is_off_skin(self, points_m: Array) -> Mask:
        """Tell for arms (N, P, 3) whether they keep off the skin, (N,)."""
        return np.asarray(self.space.is_clear(points_m[:, self.arm.is_moving]).all(axis=1))

    def trouble(self, postures_rad: Array, near_m: float) -> Trouble | None:
        """Return what the first of postures (N, n) that is too near to something is too near to; None if none is."""
        moving = self.arm.at(postures_rad)[:, self.arm.is_moving]
        gap = self.pad_radius_m + LINK_CLEARANCE_M
        over_skin = self.space.lack_m(moving)
        over_table, over_base = self.level_m + gap - moving[..., 2], gap - (moving - self.base_m) @ self.base_up
        nearest = self._nearest_m(self.arm.at(postures_rad))
        for k, points in enumerate(moving):
            for what, lack in (("skin", over_skin[k]), ("table", over_table[k]), ("plane of the base", over_base[k])):
                point = int(np.argmax(lack))
                if not lack[point] <= 0.0:
                    got = f"the arm {1e3 * lack[point]:.0f} mm too low over the {what}"
                    return Trouble(points[point], got, CLEARANCES)
            if not nearest[k] >= near_m:
                got = f"the arm {1e3 * nearest[k]:.0f} mm from itself"
                return Trouble(points[-1], got, f"at least {1e3 * near_m:.0f} mm")
        return None

    def self_clearance_m(self, posture_rad: Array) -> float:
        """Return how near the arm may come to itself on a way from a posture, which may be tighter than usual."""
        return min(SELF_CLEARANCE_M, 0.95 * float(self._nearest_m(self.arm.at(posture_rad[None]))[0]))

    def free(self, points_m: Array, self_clearance_m: float) -> Mask:
        """Tell for arms (N, P, 3) whether they stay above the base's plane and the table, and off themselves, (N,)."""
        moving = points_m[:, self.arm.is_moving]
        gap = self.pad_radius_m + LINK_CLEARANCE_M
        high = (moving[..., 2] >= self.level_m + gap) & ((moving - self.base_m) @ self.base_up >= gap)
        return np.asarray(high.all(axis=1) & (self._nearest_m(points_m) >= self_clearance_m))

    def beside_m(self, points_m: Array) -> Array:
        """Return the smallest distance of arms (N, P, 3) from the body seen from above, (N,)."""
        return np.asarray(self.space.off_body_m(points_m[:, self.arm.is_moving]).min(axis=1))

    def _nearest_m(self, points_m: Array) -> Array:
        """Return the smallest distance (N,) between points of an arm that are far apart along it."""
        along = self.arm.along_m
        first, second = np.nonzero(along[None, :] - along[:, None] > FAR_ALONG_M)
        apart = np.linalg.norm(points_m[:, first] - points_m[:, second], axis=2)
        return np.asarray(apart.min(axis=1, initial=np.inf))
