"""Joint speed as a sense: what the drives report is held against the way that the positions show."""

from __future__ import annotations

import math
from collections import deque
from operator import sub
from typing import NamedTuple

from controller.safety.reaction import stop_reason
from controller.types import Cause, StopReason, Vector

WINDOWS: tuple[tuple[float, float, float], ...] = ((0.020, 0.15, 0.05), (0.004, 0.6, 0.15))
"""Length [s] of each window, how far the mean speeds over it may be apart [rad/s], and how much more as a share of the
fastest joint's reported speed in it: a filtered speed of an arm that swings comes late (design choice). Healthy arms
stay below 0.002 and 0.004, one that rings with 1.4 rad/s at 40 Hz below 0.04 and 0.22; an encoder of 4,096 steps a turn
comes to 0.08 and 0.38 by its steps alone. The long window finds what is slowly wrong, the short one what swings."""
OWN_WINDOW_S = 0.004
"""Window of the speeds that are used instead: they come half of it late, which stop laws have a margin for."""
ROUNDING_S = 1e-9


class _Sample(NamedTuple):
    """One tick.

    Attributes:
        t_s: time that is believed.
        tick: its number.
        q_rad: joint positions, (n,).
        way_rad: where the joints would have gone by their reported speeds, (n,).
        fastest_rad_s: reported speed of the fastest joint.
    """

    t_s: float
    tick: int
    q_rad: Vector
    way_rad: Vector
    fastest_rad_s: float


class SpeedCheck:
    """Finds joint speeds that are not those of the positions, and makes speeds of its own once it has.

    Positions that jump are another fault and found elsewhere: ``restart`` after one.

    Args:
        joints: number of joints n.
        dt_s: period of the calls [s].
        slack: factor on how far speeds may be apart, for a reader whose samples come unevenly.
    """

    def __init__(self, joints: int, dt_s: float, slack: float = 1.0) -> None:
        self._joints, self._dt_s = joints, dt_s
        self._windows = tuple([(length_s, slack * allowed, share) for length_s, allowed, share in WINDOWS])
        self._samples: deque[_Sample] = deque()
        self.clear()

    def clear(self) -> None:
        """Forget all samples, and that a speed was wrong."""
        self.restart()
        self.is_wrong = False
        """A reported speed has been wrong; latched."""

    def restart(self) -> None:
        """Begin anew with the next sample."""
        self._samples.clear()
        self._ticks = 0
        self._last_rad_s: Vector = ()
        self._way: Vector = (0.0,) * self._joints

    def step(self, t_s: float, q_rad: Vector, dq_rad_s: Vector) -> StopReason | None:
        """Take the sample of a tick.

        Args:
            t_s: time that is believed [s].
            q_rad: joint positions, (n,).
            dq_rad_s: reported joint speeds, (n,).

        Returns:
            Why the speeds cannot be believed, None where they can, or where nothing is known yet.
        """
        joints = self._joints
        if len(q_rad) != joints or len(dq_rad_s) != joints or not math.isfinite(sum(q_rad) + sum(dq_rad_s) + t_s):
            self.restart()
            return None
        if self._samples:
            half_s = 0.5 * (t_s - self._samples[-1].t_s)
            # Trapezoidal rule: where the positions are if the reported speeds are right.
            each = zip(self._way, self._last_rad_s, dq_rad_s, strict=True)
            self._way = tuple([way + half_s * (a + b) for way, a, b in each])
        self._last_rad_s = dq_rad_s
        self._ticks += 1
        self._samples.append(_Sample(t_s, self._ticks, q_rad, self._way, max(map(abs, dq_rad_s))))
        while t_s - self._samples[0].t_s > WINDOWS[0][0] + ROUNDING_S:
            self._samples.popleft()
        for length_s, least_rad_s, share in self._windows:
            then = self._sample_before(t_s - length_s)
            gone_s = t_s - then.t_s
            if not gone_s >= length_s - ROUNDING_S:
                continue
            joint, apart = self._apart(then, gone_s, 1.0)
            if not apart <= least_rad_s and not apart <= (allowed_rad_s := least_rad_s + share * self._fastest(then)):
                counted_s = (self._ticks - then.tick) * self._dt_s
                if self._apart(then, counted_s, counted_s / gone_s)[1] <= allowed_rad_s:
                    what = (
                        "time between samples by the session clock, beside the count of ticks that the joints confirm"
                    )
                    return stop_reason(Cause.CLOCK, what, gone_s, counted_s, "s", t_s)
                return self._wrong(joint, apart, allowed_rad_s, t_s)
        return None

    def samples(self) -> tuple[Vector, ...]:
        """Return the samples, oldest first: time [s], number, speed of the fastest joint, positions, ways."""
        return tuple([(one.t_s, float(one.tick), one.fastest_rad_s, *one.q_rad, *one.way_rad) for one in self._samples])

    def take(self, samples: tuple[Vector, ...]) -> None:
        """Go on from these samples, at least one, as ``samples`` gives them."""
        n = self._joints
        self._samples.clear()
        for t_s, tick, fastest_rad_s, *ways in samples:
            self._samples.append(_Sample(t_s, int(tick), tuple(ways[:n]), tuple(ways[n:]), fastest_rad_s))
        self._ticks, self._way = self._samples[-1].tick, self._samples[-1].way_rad

    def refuse(self, joint: int, told_rad_s: float, gone_rad_s: float, t_s: float) -> StopReason:
        """Return why the speeds cannot be believed, found from outside in a single tick.

        Args:
            joint: which one, from 0.
            told_rad_s: speed that it reports.
            gone_rad_s: speed of its positions.
            t_s: time that is believed [s].
        """
        return self._wrong(joint, abs(told_rad_s - gone_rad_s), self._windows[-1][1], t_s)

    def _wrong(self, joint: int, apart_rad_s: float, allowed_rad_s: float, t_s: float) -> StopReason:
        self.is_wrong = True
        what = f"reported speed of joint {joint + 1} beside the one of its positions"
        return stop_reason(Cause.SPEED_SIGNAL, what, apart_rad_s, allowed_rad_s, "rad/s", t_s)

    def believed(self, dq_rad_s: Vector) -> Vector:
        """Return the joint speeds to go by, (n,): the reported ones, or once they were wrong those of the positions.

        Args:
            dq_rad_s: reported joint speeds, (n,).
        """
        if not self.is_wrong or not self._samples:
            return dq_rad_s
        now = self._samples[-1]
        then = self._sample_before(now.t_s - OWN_WINDOW_S)
        length_s = now.t_s - then.t_s
        if not length_s > 0.0:
            return (0.0,) * self._joints
        return tuple([(q - before) / length_s for q, before in zip(now.q_rad, then.q_rad, strict=True)])

    def _sample_before(self, t_s: float) -> _Sample:
        """Return the last sample that is no younger than this; the oldest where there is none."""
        found = self._samples[0]
        for sample in reversed(self._samples):
            if sample.t_s <= t_s + ROUNDING_S:
                return sample
        return found

    def _fastest(self, then: _Sample) -> float:
        """Return the largest reported speed since a sample [rad/s]."""
        return max([sample.fastest_rad_s for sample in self._samples if sample.tick >= then.tick])

    def _apart(self, then: _Sample, length_s: float, share: float) -> tuple[int, float]:
        """Return the joint (from 0) whose two mean speeds since a sample are farthest apart, and by how much [rad/s].

        Args:
            then: the sample.
            length_s: time since it.
            share: that time over the clock's, which the way by the reported speeds is counted in.
        """
        now = self._samples[-1]
        gone, told = map(sub, now.q_rad, then.q_rad), map(sub, now.way_rad, then.way_rad)
        apart = [abs(a - share * b) / length_s for a, b in zip(gone, told, strict=True)]
        worst = max(apart)
        return apart.index(worst), worst
