"""Drives an arm along joint-space legs, slowly and softly: to the plan's start, and to rest."""

from __future__ import annotations

import math
from dataclasses import replace
from operator import mul

import numpy as np
from numpy.typing import NDArray

from controller.path_gains import GROWTH_SHARE, PathGains
from controller.types import ArmState, Command, Vector

Array = NDArray[np.float64]

SPEED_RAD_S = 0.35
"""Largest joint speed of a leg (assumed gentle: a person sees it coming)."""
SHORTEST_LEG_S = 1.0
PEAK_SPEED = 1.875
"""Largest speed of a leg over its mean speed."""
TOOL_SPEED_M_S = 0.45
"""Largest planned speed of the tool on a leg, below the speed that stops a session (assumed): a leg that turns several
joints the same way takes longer."""
MOST_MISSING_RAD = 0.15
"""A joint that friction holds back is pulled as if it lagged by at most so much more than it does (design choice). How
hard a joint may push is not decided here but by the gate."""
BLOCKED_RAD = 0.3
"""A joint this far from where it should be is held back by something (assumed)."""
ARRIVED_RAD, ARRIVED_RAD_S = 0.12, 0.05
"""Near enough and slow enough to be at rest in the last posture."""

FRICTION_SHARE = 0.6
"""Share of the distance at which a joint has arrived where the spring alone overcomes its friction (design choice)."""


def leg_time_s(way_rad: Array) -> Array:
    """Return how long legs take whose largest joint motions are ``way_rad`` (any shape) [s].

    A leg is the quintic 10 u^3 - 15 u^4 + 6 u^5 in time, whose largest speed is 15/8 of the mean.
    """
    return np.maximum(SHORTEST_LEG_S, PEAK_SPEED * way_rad / SPEED_RAD_S)


class JointPathDriver:
    """Drives the joints through waypoints, from wherever they are when it begins.

    Args:
        waypoints_rad: joint postures to go through in order, each (n,); at the last one it rests.
        gains: how stiffly.
        dt_s: period [s].
        friction_nm: Coulomb friction of every joint, (n,): a joint with so little inertia that its spring would be held
            back by its friction farther than ``ARRIVED_RAD`` gets a stiffer one; empty where it is not known.
    """

    def __init__(
        self, waypoints_rad: tuple[Vector, ...], gains: PathGains, dt_s: float, friction_nm: Vector = ()
    ) -> None:
        self._least_stiffness = np.array(friction_nm) / (FRICTION_SHARE * ARRIVED_RAD)
        self._waypoints, self._gains, self._dt_s = waypoints_rad, gains, dt_s
        self._shares = -np.expm1(-dt_s * np.array(gains.corner_rad_s))
        self._growths = GROWTH_SHARE * dt_s * np.array(gains.bandwidth_rad_s)
        self._missing = np.zeros(len(gains.bandwidth_rad_s))
        self._slow: tuple[Array, Array] | None = None
        self._from: Vector = ()
        self._since_s = 0.0
        self.is_blocked = False
        """Something holds a joint back; latched."""
        self.is_arrived = False
        """The arm rests in the last posture."""
        self.planned_rad_s: Vector = ()
        """Joint speeds the last step wanted, (n,)."""
        self.leg = 0
        """Index of the waypoint that the arm is driven to."""

    def step(self, command: Command, state: ArmState, mass: Array) -> Command:
        """Return ``command`` with the torques of this tick of the way: a spring and a damper away from the bias.

        Args:
            command: of the law, for its rigid-body terms.
            state: what the senses say.
            mass: joint-space inertia M, (n, n).
        """
        q_rad, dq_rad_s = state.q_rad, state.dq_rad_s
        if not self._from:
            self._from = q_rad
        wanted, speed, is_over = self._along()
        tool_m_s = math.hypot(*[sum(map(mul, row, speed)) for row in command.terms.jacobian[:3]])
        share = _time_share(tool_m_s)
        speed = tuple(share * v for v in speed)
        self._since_s, self.planned_rad_s = self._since_s + share * self._dt_s, speed
        lag = [w - q for w, q in zip(wanted, q_rad, strict=True)]
        if not max(map(abs, lag)) <= BLOCKED_RAD:
            self.is_blocked = True
        behind = np.array(lag)
        self._missing = np.clip(self._missing + self._growths * behind, -MOST_MISSING_RAD, MOST_MISSING_RAD)
        slow = np.array(speed) - self._filtered(np.array(dq_rad_s))
        spring = self._gains.spring(mass)
        pull = spring @ (behind + self._missing) + self._gains.damping(mass) @ slow
        if len(self._least_stiffness) > 0:
            pull += np.maximum(self._least_stiffness - np.diag(spring), 0.0) * behind
        tau: Vector = tuple((np.array(command.terms.bias_nm) + pull).tolist())
        if is_over and self.leg < len(self._waypoints) - 1:
            self._from, self._since_s = self._waypoints[self.leg], 0.0
            self.leg += 1
        elif is_over and max(map(abs, lag)) <= ARRIVED_RAD and max(map(abs, dq_rad_s)) <= ARRIVED_RAD_S:
            self.is_arrived = True
        return replace(command, tau_nm=tau)

    def _filtered(self, dq_rad_s: Array) -> Array:
        """Return the joint speeds through two low-passes, (n,), which begin at the first speeds."""
        first, second = (dq_rad_s, dq_rad_s) if self._slow is None else self._slow
        first = first + self._shares * (dq_rad_s - first)
        second = second + self._shares * (first - second)
        self._slow = first, second
        return second

    def _along(self) -> tuple[Vector, Vector, bool]:
        """Return wanted positions and speeds on the present leg, and whether its time is over.

        The leg is the quintic 10 u^3 - 15 u^4 + 6 u^5 in time, whose largest speed is 15/8 of the mean.
        """
        goal = self._waypoints[self.leg]
        way = [g - f for g, f in zip(goal, self._from, strict=True)]
        length_s = max(SHORTEST_LEG_S, PEAK_SPEED * max(map(abs, way)) / SPEED_RAD_S)
        u = min(1.0, self._since_s / length_s)
        share = u * u * u * (10.0 - 15.0 * u + 6.0 * u * u)
        rate = 30.0 * u * u * (1.0 - u) * (1.0 - u) / length_s
        wanted = tuple(f + share * w for f, w in zip(self._from, way, strict=True))
        return wanted, tuple(rate * w for w in way), u >= 1.0


def _time_share(tool_m_s: float) -> float:
    """Return how fast time passes on a leg, for a tool speed [m/s] at full pace; not at all where it is not known."""
    if tool_m_s <= TOOL_SPEED_M_S:
        return 1.0
    return TOOL_SPEED_M_S / tool_m_s if tool_m_s < math.inf else 0.0
