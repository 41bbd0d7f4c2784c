"""How a stopped arm leaves the body: a speed loop along the outward normal, closed over the way it has really gone.

The loop learns what the model of the arm misses (weight of the tool, torque constants, a drive that gives too much):
its memory is the pull without which the tool would not keep the speed that it should have. What it has learned is kept
beside every later mode, so that an arm heavier than its model does not sink back.
"""

from __future__ import annotations

import math

from controller.safety.limits import StopGains
from controller.types import Mode, Vector

UNLOAD_SPEED_M_S, UNLOAD_PULL_N = 0.05, 15.0
"""How a stopped arm leaves the skin: speed wanted along the outward normal, and largest pull beside what is
learned (design choices)."""
FLOAT_SPEED_M_S, FLOAT_PULL_N = 0.01, 3.0
"""The same while it floats before it is parked: some newtons, so that an arm that is held back never rests on the body
(design choice)."""
UNLOAD_RAMP_S = 0.15
"""Time in which the pull grows; the press force is dropped at once, and the tissue's spring-back comes first."""
UNLOAD_BRAKE_N = 4.0
"""Largest brake of the speed loop (design choice). It is weak: a person who pushes the tool out faster than it is going
anyway must not feel it push back, and 4 N over 20 mm take up what the tissue's spring-back puts in."""
STUCK_SHARE = 0.2
"""Below this share of the wanted speed the tool counts as stuck (design choice: 10 mm/s of 50)."""
FORGET_M_S = 0.02
"""A tool that is faster than it should be lowers the memory as if it were faster by this at most (design choice): a
person who lifts the tool for a second must not make the arm forget its weight."""
RUNAWAY_M_S, FLUNG_M_S = 0.12, 0.4
"""A tool that nothing touches and that is faster than the first in any direction runs away, and so does one that is
faster than the second where nobody knows what touches it: what was learned was no weight but friction that has let go,
or a joint that is held turns the pull aside. Nothing pulls then, and the memory is forgotten as fast as the tool goes
(design choices: beside the 50 mm/s that are wanted, room for the tissue's spring-back; faster than a person gets up).
Without it an arm with a braked second joint was thrown aside with 3.3 m/s."""
LEARNED_N = 60.0
"""Largest pull that is learned (design choice): torque constants of 0.7 leave 30 to 40 N of an arm unheld."""
LIFTED_M = 0.025
"""The tool has left the skin once it has risen so far: deeper than a pad sinks in on most places (design choice)."""
CLEAR_M = 0.1
"""Unloading goes on until the tool has risen so far (design choice): a person who rises by 150 mm in a second, two
seconds after a stop, met an arm that was parked from 25 mm on with 35 N, and one from here on with 25 N."""
AWAY_M = 0.15
"""An arm that is not parked retreats so far (design choice: a person who props up on the elbows rises by less)."""
FOLLOWED_M = 0.15
"""Way that a tool may be followed by the person in all without counting as risen (design choice): the retreat starts
anew where the person still touches the tool, and ends 300 mm above the stop at most, within reach of most arms."""
APPROACH_PER_S = 2.0
"""How fast the wanted speed falls toward the end of the retreat: 50 mm/s down to 25 mm before it (design choice)."""


class OutwardPull:
    """Speed loop with a memory of the way that is missing, for one stop.

    The loop may have little gain, where elastic joints leave no more. What friction holds on the skin would then hardly
    be pulled at all, so the memory of a tool that is stuck grows at a rate of its own.

    Args:
        gains: of the stop laws.
        dt_s: period of the calls [s].
    """

    def __init__(self, gains: StopGains, dt_s: float) -> None:
        self._damping, self._spring_dt = gains.unload_damping_ns_per_m, gains.unload_spring_n_per_m * dt_s
        self._stuck_n = gains.unload_stuck_n_per_s * dt_s
        self._dt_s = dt_s
        self.clear()

    def clear(self) -> None:
        """Forget way and memory."""
        self.learned_n = 0.0
        """Pull along the outward normal that the model of the arm misses [N]; never negative."""
        self.risen_m = 0.0
        """Way of the tool along the outward normal since the stop, or since it was touched last."""
        self._followed_m = 0.0

    @property
    def is_lifted(self) -> bool:
        """The tool has left the skin."""
        return self.risen_m >= LIFTED_M

    @property
    def is_clear(self) -> bool:
        """The tool is far enough from the skin for whatever comes next."""
        return self.risen_m >= CLEAR_M

    def see(self, outward_m_s: float) -> None:
        """Take the tool's speed along the outward normal of a period in which nothing is pulled; NaN is no way."""
        if math.isfinite(outward_m_s):
            self.risen_m += outward_m_s * self._dt_s

    def touch(self) -> None:
        """Count the way from here: the person has followed the tool, or lifted it."""
        way_m = min(max(self.risen_m, 0.0), FOLLOWED_M - self._followed_m)
        self._followed_m += way_m
        self.risen_m -= way_m

    def step(
        self,
        outward_m_s: float,
        mode: Mode,
        since_s: float,
        *,
        is_parking: bool,
        may_learn: bool = True,
        runaway_m_s: float = 0.0,
    ) -> float:
        """Return the pull of this period [N], negative where it brakes.

        Args:
            outward_m_s: the tool's speed along the outward normal.
            mode: UNLOAD; anything else is led as in floating.
            since_s: time since the stop.
            is_parking: the arm will be parked beside the person; one that will not retreats before it floats.
            may_learn: the memory may grow; not where something is known to hold the tool from above.
            runaway_m_s: the tool's speed in any direction where it runs away, 0 where it does not.
        """
        self.see(outward_m_s)
        wanted_m_s, most_n = self._lead(mode, since_s, is_parking=is_parking)
        slow_m_s = wanted_m_s - outward_m_s
        grown_n = self.learned_n + self._spring_dt * max(slow_m_s, -FORGET_M_S)
        if runaway_m_s > 0.0:
            self.learned_n = max(0.0, self.learned_n - self._spring_dt * runaway_m_s)
            return min(0.0, max(-UNLOAD_PULL_N, self._damping * slow_m_s)) + self.learned_n
        if mode is Mode.UNLOAD and outward_m_s < STUCK_SHARE * wanted_m_s:
            grown_n = max(grown_n, self.learned_n + self._stuck_n)
        if not may_learn:
            grown_n = min(grown_n, self.learned_n)
        if math.isfinite(grown_n):
            self.learned_n = min(max(grown_n, 0.0), LEARNED_N)
        return min(most_n, max(-UNLOAD_BRAKE_N, self._damping * slow_m_s)) + self.learned_n

    def _lead(self, mode: Mode, since_s: float, *, is_parking: bool) -> tuple[float, float]:
        """Return the speed to reach [m/s] and the largest pull beside the memory [N]."""
        left_m_s = min(max(APPROACH_PER_S * (AWAY_M - self.risen_m), 0.0), UNLOAD_SPEED_M_S)
        if mode is Mode.UNLOAD:
            return left_m_s, UNLOAD_PULL_N * min(1.0, max(0.0, since_s / UNLOAD_RAMP_S))
        if is_parking:
            return min(FLOAT_SPEED_M_S, left_m_s), FLOAT_PULL_N
        return left_m_s, UNLOAD_PULL_N


def runaway_m_s(velocity_w: Vector, is_touched: bool | None) -> float:
    """Return the tool's speed where it runs away, else 0 [m/s]; NaN does not run.

    Args:
        velocity_w: of the tool, (3,) [m/s].
        is_touched: whether somebody touches it; None where that is not known.
    """
    speed_m_s = math.hypot(*velocity_w)
    if is_touched:
        return 0.0
    return speed_m_s if speed_m_s > (FLUNG_M_S if is_touched is None else RUNAWAY_M_S) else 0.0
