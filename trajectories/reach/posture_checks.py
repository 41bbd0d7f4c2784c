"""What is refused about postures: reach, joint limits, singular poses, joint speed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.errors import PlaceError
from controller.robot import RobotModel
from controller.wording import distinct_decimals
from trajectories.anatomy.back import Back
from trajectories.reach.inverse_kinematics import Solver, Track
from trajectories.reach.posture_search import LIMITS, POSTURE_STEP_S
from trajectories.transfer import STEPS_PER_POSTURE, Piece

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PostureCheck:
    """Checks of postures against the arm's limits.

    Attributes:
        robot: the arm.
        solver: its inverse kinematics.
        back: the back, to say where a point is.
    """

    robot: RobotModel
    solver: Solver
    back: Back

    def check(self, name: str, piece: Piece, track: Track) -> None:
        """Refuse a piece whose postures the arm cannot take.

        Args:
            name: name of the stroke.
            piece: the piece.
            track: its postures, every ``POSTURE_STEP_S``.

        Raises:
            PlaceError: out of reach, at a joint limit, singular, or too fast.
        """
        row = int(np.argmax(track.position_error_m))
        if not track.position_error_m[row] <= LIMITS.position_m:
            missed, most = distinct_decimals(1e3 * float(track.position_error_m[row]), 1e3 * LIMITS.position_m, 1)
            raise self._refusal(name, piece, row, f"a pose missed by {missed} mm (out of reach)", f"at most {most} mm")
        row = int(np.argmax(track.angle_error_rad))
        if not track.angle_error_rad[row] <= LIMITS.angle_rad:
            missed, most = distinct_decimals(
                math.degrees(track.angle_error_rad[row]), math.degrees(LIMITS.angle_rad), 1
            )
            got = f"a tool direction missed by {missed} deg (out of reach)"
            raise self._refusal(name, piece, row, got, f"at most {most} deg")
        row = int(np.argmin(track.margin_rad))
        if not track.margin_rad[row] >= LIMITS.margin_rad:
            near, least = distinct_decimals(math.degrees(track.margin_rad[row]), math.degrees(LIMITS.margin_rad), 1)
            got = f"{self._nearest_joint(track.q_rad[row])} {near} deg from its limit"
            raise self._refusal(name, piece, row, got, f"at least {least} deg")
        row = int(np.argmin(track.singular))
        if not track.singular[row] >= LIMITS.singular:
            value, least = distinct_decimals(float(track.singular[row]), LIMITS.singular, 3)
            got = f"a smallest singular value of {value} (nearly singular)"
            raise self._refusal(name, piece, row, got, f"at least {least}")
        share = self.speed_share(track)
        row = int(np.argmax(share))
        if not share[row] <= 1.0:
            fast, most = distinct_decimals(100.0 * float(share[row]), 100.0, 0)
            got = f"a joint speed of {fast} % of its limit"
            raise self._refusal(name, piece, row, got, f"at most {most} %", ", or choose a slower stroke")

    def speed_share(self, track: Track) -> Array:
        """Return the largest joint speed over its limit at every posture, (N,)."""
        speed = np.abs(np.gradient(track.q_rad, POSTURE_STEP_S, axis=0))
        return np.asarray((speed / np.array(self.robot.arm.speed_limit_rad_s)).max(axis=1))

    def _nearest_joint(self, q: Array) -> str:
        margins = np.minimum(q - self.robot.lower, self.robot.upper - q)
        return f"joint {self.robot.arm.joint_names[int(np.argmin(margins))]}"

    def _refusal(self, name: str, piece: Piece, row: int, got: str, allowed: str, more: str = "") -> PlaceError:
        index = row * STEPS_PER_POSTURE
        where = f"{self.back.describe(piece.poses.position_m[index])}, {piece.phase}"
        return PlaceError(name, where, got, allowed, f"move the base of the arm{more}")
