"""Arms that add gravity torque themselves: the drive side takes it out of what it sends, last of all.

Every torque of the session (law, gate, audit, supervisor, holding torque, drive policy) contains gravity, so that each
of them judges what really acts at the joints. Only the last step before such an arm subtracts its gravity. A rig that
says ``adds_gravity`` and is driven without this step would get gravity twice.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from controller.processes.drive_loop import DriveSenses, DriveSide
from controller.robot import RobotModel
from controller.types import Vector


class GravityModel(Protocol):
    """What gravity asks of the joints."""

    def __call__(self, q_rad: Vector) -> Vector:
        """Return the torque (n,) [Nm] that holds the arm at joint positions (n,) [rad]."""


class RobotGravity:
    """Gravity by the rigid-body model of an arm.

    Args:
        robot: a model that nobody else updates at the same time.
    """

    def __init__(self, robot: RobotModel) -> None:
        self._robot = robot
        self._still = np.zeros(robot.joints)

    def __call__(self, q_rad: Vector) -> Vector:
        """Return the torque (n,) that holds the arm at joint positions (n,)."""
        self._robot.update(np.array(q_rad), self._still)
        return tuple(self._robot.gravity.tolist())


class GravityCompensated:
    """A drive side whose arm adds gravity itself, to be commanded as if it did not.

    Args:
        side: the drive side of the arm; it takes torques without gravity.
        gravity: what the arm adds.
    """

    def __init__(self, side: DriveSide, gravity: GravityModel) -> None:
        self._side, self._gravity = side, gravity
        self._q_rad: Vector = ()
        self._closed: frozenset[int] = frozenset()

    def read(self) -> DriveSenses:
        """Return the senses; torques in them contain gravity, as measured at the joints."""
        senses = self._side.read()
        self.look(senses.feedback.q_rad)
        return senses

    def look(self, q_rad: Vector) -> None:
        """Take note of where the joints are by the drives' own encoders; one that gives no number is where it was."""
        if math.isfinite(sum(q_rad)):
            self._q_rad = q_rad
        elif self._q_rad:
            pairs = zip(q_rad, self._q_rad, strict=True)
            self._q_rad = tuple([q if math.isfinite(q) else last for q, last in pairs])

    def advance(self, tau_nm: Vector) -> None:
        """Send torques [Nm], (n,), without the gravity in them, and let one period pass.

        A joint that is to give no torque behind its closed brake gets none.
        """
        pairs = enumerate(zip(tau_nm, self._gravity(self._q_rad), strict=True))
        self._side.advance(
            tuple([0.0 if j in self._closed and tau == 0.0 else tau - gravity for j, (tau, gravity) in pairs])
        )

    def set_brakes(self, joints: frozenset[int]) -> None:
        """Close the brakes of these joints (from 0) and open all others."""
        self._closed = joints
        self._side.set_brakes(joints)
