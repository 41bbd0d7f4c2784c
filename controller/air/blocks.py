"""Means over short times in free air: wrist wrench, apparent gravity in S, joint positions, speeds and residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import add, mul

import numpy as np

from controller.robot import GRAVITY_M_S2, RobotModel
from controller.safety.pads import rotated
from controller.types import ArmState, ToolTerms, Vector, Vector3, Vector6

BLOCK_TICKS = 20
"""Ticks that one block is the mean of: 20 ms, in which a slow arm turns by half a degree (design choice)."""


@dataclass(frozen=True, slots=True)
class AirBlock:
    """Means over ``BLOCK_TICKS`` ticks with nothing touching the arm.

    Attributes:
        t_s: mean session time [s].
        wrench_s: wrist sensor, force and moment of the tool side on it, in S axes [N, Nm].
        fall_s: g - a of the tool's centre of mass, in S axes [m/s2]: its weight and inertia are this times its mass.
        q_rad: joint positions, (n,).
        dq_rad_s: joint speeds, (n,).
        residual_nm: torque on the joints that model and drives do not explain, (n,): the momentum observer's.
    """

    t_s: float
    wrench_s: Vector6
    fall_s: Vector3
    q_rad: Vector
    dq_rad_s: Vector
    residual_nm: Vector


class BlockMaker:
    """Adds up ticks to blocks.

    Args:
        robot: for the fixed pose of sensor and tool mass in the tool.
    """

    def __init__(self, robot: RobotModel) -> None:
        position, rotation = robot.sensor_in_tool()
        x, y, z = rotation.T.tolist()
        self._rows_st: tuple[Sequence[float], ...] = (x, y, z)
        a, b, c = (position + rotation @ np.array(robot.arm.tool.com_s_m)).tolist()
        self._com_t: Vector3 = (a, b, c)
        self.clear()

    def clear(self) -> None:
        """Forget the ticks of an unfinished block."""
        self._count = 0
        self._sum: Sequence[float] = ()
        self._began: tuple[float, Vector3] = (0.0, (0.0, 0.0, 0.0))

    def add(self, state: ArmState, terms: ToolTerms, residual_nm: Sequence[float]) -> AirBlock | None:
        """Take one tick; return the block that it completes, if it does.

        Args:
            state: what the senses say.
            terms: measured pose and twist of the tool.
            residual_nm: of the momentum observer, (n,).
        """
        down_s = self._in_sensor(terms, (0.0, 0.0, -GRAVITY_M_S2))
        row = (state.t_s, *state.wrench_s, *down_s, *state.q_rad, *state.dq_rad_s, *residual_nm)
        if self._count == 0:
            self._began = state.t_s, self._velocity(terms)
        self._sum = row if self._count == 0 else list(map(add, self._sum, row))
        self._count += 1
        if self._count < BLOCK_TICKS:
            return None
        mean = tuple([value / self._count for value in self._sum])
        pull_s = self._in_sensor(terms, self._acceleration(state.t_s, terms))
        self.clear()
        n = len(state.q_rad)
        w = mean[1:7]
        return AirBlock(
            mean[0], (w[0], w[1], w[2], w[3], w[4], w[5]),
            (mean[7] - pull_s[0], mean[8] - pull_s[1], mean[9] - pull_s[2]),
            mean[10 : 10 + n], mean[10 + n : 10 + 2 * n], mean[10 + 2 * n :],
        )  # fmt: skip

    def _acceleration(self, t_s: float, terms: ToolTerms) -> Vector3:
        """Return the mean acceleration of the tool's centre of mass over the block, in W [m/s2]."""
        (began_s, before), now = self._began, self._velocity(terms)
        took_s = t_s - began_s
        if not took_s > 0.0:
            return (0.0, 0.0, 0.0)
        return ((now[0] - before[0]) / took_s, (now[1] - before[1]) / took_s, (now[2] - before[2]) / took_s)

    def _velocity(self, terms: ToolTerms) -> Vector3:
        """Return the velocity of the tool's centre of mass, in W [m/s]."""
        x, y, z = rotated(terms.quaternion_wt, self._com_t)
        a, b, c, p, q, r = terms.v_wt
        return a + q * z - r * y, b + r * x - p * z, c + p * y - q * x

    def _in_sensor(self, terms: ToolTerms, vector_w: Vector3) -> Vector3:
        """Return a vector of W in S axes."""
        x, y, z, w = terms.quaternion_wt
        in_tool, rows = rotated((-x, -y, -z, w), vector_w), self._rows_st
        return sum(map(mul, rows[0], in_tool)), sum(map(mul, rows[1], in_tool)), sum(map(mul, rows[2], in_tool))
