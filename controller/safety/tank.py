"""Layer L3: the energy that the force loop may put into the body beyond what the plan asks for."""

from __future__ import annotations

from dataclasses import dataclass

RETURN_SHARE = 0.9
"""Share of the energy taken out of the motion that fills the tank again (reference: time-domain passivity with a
margin for discrete time)."""


@dataclass(frozen=True, slots=True)
class TankLimits:
    """Size of the tank.

    Attributes:
        capacity_j: energy at the start, and at most.
        refill_w: what flows in by itself: the allowance for honest tracking of a moving person.
        halvings: times the gain may be halved before the session stops.
    """

    capacity_j: float
    refill_w: float
    halvings: int


class Tank:
    """Spends on the loop's own part of the press force, u = press - target, times the speed toward the body, u v.

    E' = refill - u v where u v > 0, + 0.9 |u v| where it is not, never above the capacity. So the energy put in beyond
    the plan is at most capacity (halvings + 1) + refill t + what was taken out before, for any person whatsoever.
    Empty, it halves the loop's gain, latched, and fills up once.

    Args:
        limits: its size.
    """

    def __init__(self, limits: TankLimits) -> None:
        self.limits = limits
        self.clear()

    def clear(self) -> None:
        """Fill up and forget the halvings."""
        self.level_j = self.limits.capacity_j
        self.halved = 0

    @property
    def share(self) -> float:
        """What is left of the gain, 1 or a power of one half."""
        return 0.5**self.halved

    def is_exhausted(self) -> bool:
        """Return True where halving has not helped."""
        return not (self.halved <= self.limits.halvings)

    def advance(self, active_w: float, dt_s: float) -> None:
        """Let one period pass.

        Args:
            active_w: u v, summed over the pads of the tool [W].
            dt_s: period.
        """
        spent_j = active_w * dt_s
        if not (spent_j > 0.0):
            spent_j *= RETURN_SHARE
        self.level_j = min(self.level_j - spent_j + self.limits.refill_w * dt_s, self.limits.capacity_j)
        if not (self.level_j > 0.0):
            self.halved += 1
            self.level_j = self.limits.capacity_j


class Tanks:
    """One tank for each way in which the tool's motion is known; the lowest counts.

    Power that one motion shows as taken out of the body must not pay for what another shows as put in, so they are
    reckoned apart.

    Args:
        limits: size of each.
        count: how many.
    """

    def __init__(self, limits: TankLimits, count: int) -> None:
        self._each = tuple([Tank(limits) for _ in range(count)])

    def clear(self) -> None:
        """Fill up and forget the halvings."""
        for tank in self._each:
            tank.clear()

    @property
    def halved(self) -> int:
        """How often the gain was halved by the tank that did so most."""
        return max([tank.halved for tank in self._each])

    @property
    def share(self) -> float:
        """What is left of the gain, 1 or a power of one half."""
        return min([tank.share for tank in self._each])

    def is_exhausted(self) -> bool:
        """Return True where halving has not helped in one of them."""
        return any([tank.is_exhausted() for tank in self._each])

    def advance(self, active_w: tuple[float, ...], dt_s: float) -> None:
        """Let one period pass.

        Args:
            active_w: power by each of the motions [W].
            dt_s: period.
        """
        for tank, power_w in zip(self._each, active_w, strict=True):
            tank.advance(power_w, dt_s)
