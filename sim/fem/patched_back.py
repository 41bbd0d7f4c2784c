"""The whole back in finite elements, one patch at a time: fine where the pad is, nothing where it is not.

A fine mesh of the whole back would be a hundred times too slow. A patch is laid under the pad as it comes down, and
taken away when it has left the skin. While the pad slides on, the next patch is laid around it: pressed by a pad that
comes down to the very pose of the real one, out of time, then both are stepped together while the force passes from
the old one to the new (ADR 7).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.fem.soft_back import PadShape, SoftBack

Array = NDArray[np.float64]

LAY_M, TAKE_AWAY_M = 0.006, 0.012
"""Distance of the pad from the skin at which a patch is laid, and at which it is taken away."""
REACH_M = 0.020
"""Way of the foot from the middle of its patch after which the next one is laid: the fine band reaches farther by a
contact radius, and a patch is as stiff as the law at its middle only (25 mm away in a furrow of the muscular body it
pressed back with 10 N instead of 16, 19 mm away with 10 instead of 12)."""
COME_DOWN_M_S, SETTLE_TICKS = 0.10, 60
"""How fast the pad of a new patch comes down, at most, and how long it rests there."""
FADE_TICKS = 100
"""Periods in which the force passes from one patch to the next."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the pad is on the undeformed, moving skin.

    Attributes:
        foot_w: (3,) closest point of the skin.
        normal_w: (3,) outward normal.
        depth_m: depth; negative above the skin.
        lift_m: how far skin and bone are above their place at rest.
        lift_rate_m_s: how fast they rise.
    """

    foot_w: Array
    normal_w: Array
    depth_m: float
    lift_m: float
    lift_rate_m_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Handover:
    """One change of patches in contact.

    Attributes:
        t_s: time.
        before_n, after_n: press force of the old patch and of the new one, at the same pose.
    """

    t_s: float
    before_n: float
    after_n: float


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A patch of tissue.

    Attributes:
        back: the tissue.
        middle_xy_m: (2,) x and y of its middle.
    """

    back: SoftBack
    middle_xy_m: Array


class PatchedBack:
    """Finite elements under a pad that goes anywhere.

    Args:
        make: lays a patch around a place (x, y) of the skin, or close to it.
        pad: the pad.
        dt_s: period [s].
    """

    def __init__(self, make: Callable[[float, float], Patch], pad: PadShape, dt_s: float) -> None:
        self._make, self._pad, self._dt_s = make, pad, dt_s
        self._patch: Patch | None = None
        self._next: Patch | None = None
        self._faded = 0
        self._lift_m, self._lift_rate_m_s = 0.0, 0.0
        self.handovers: list[Handover] = []
        """Changes of patches in contact so far."""

    def wrench(self, pad: Array, spot: Spot, t_s: float) -> Array:
        """Let one period pass and return what the tissue does to the pad in it.

        Args:
            pad: (9,) centre, velocity and angular velocity of the pad in W at the period's beginning.
            spot: where that is on the skin.
            t_s: time of the period's beginning.

        Returns:
            (6,) force on the pad and moment about its centre in W.

        Raises:
            PlantError: the tissue's solution has blown up.
        """
        self._lift_m, self._lift_rate_m_s = spot.lift_m, spot.lift_rate_m_s
        if not spot.depth_m > -TAKE_AWAY_M:
            self.close()
        elif self._patch is None and spot.depth_m > -LAY_M:
            self._patch = self._lay(spot)
        if self._patch is None:
            return np.zeros(6)
        pad = self._against_bone(pad)
        away = spot.foot_w[:2] - self._patch.middle_xy_m
        if self._next is None and math.hypot(*away) > REACH_M:
            self._next = self._laid_under(pad, spot)
            self._faded = 0
        found = self._patch.back.step(pad)
        return found if self._next is None else self._faded_over(found, pad, spot, t_s)

    def surface_m(self) -> tuple[SoftBack, Array] | None:
        """Return the patch in use and its present nodes (N, 3) in W, None off the skin."""
        if self._patch is None:
            return None
        return self._patch.back, self._patch.back.nodes_m() + np.array((0.0, 0.0, self._lift_m))

    def close(self) -> None:
        """Take all patches away; never raises."""
        for patch in (self._patch, self._next):
            if patch is not None:
                patch.back.close()
        self._patch = self._next = None

    def _lay(self, spot: Spot) -> Patch:
        return self._make(float(spot.foot_w[0]), float(spot.foot_w[1]))

    def _laid_under(self, pad: Array, spot: Spot) -> Patch:
        """Lay a patch under a pad that presses already: its own pad comes down to the same pose, out of time."""
        patch = self._lay(spot)
        way_m = spot.depth_m + LAY_M
        ticks = max(SETTLE_TICKS, math.ceil(1.5 * way_m / (COME_DOWN_M_S * self._dt_s)))
        pose = np.zeros(9)
        for tick in range(ticks + SETTLE_TICKS):
            u = min(1.0, tick / ticks)
            left_m = way_m * (1.0 - u * u * (3.0 - 2.0 * u))
            speed_m_s = way_m * 6.0 * u * (1.0 - u) / (ticks * self._dt_s)
            pose[:3] = pad[:3] + left_m * spot.normal_w
            pose[3:6] = -speed_m_s * spot.normal_w
            patch.back.step(pose)
        return patch

    def _faded_over(self, old: Array, pad: Array, spot: Spot, t_s: float) -> Array:
        """Step the next patch too and let the force pass over to it."""
        patch, following = self._patch, self._next
        if patch is None or following is None:
            return old
        new = following.back.step(pad)
        if self._faded == 0:
            before_n, after_n = float(old[:3] @ spot.normal_w), float(new[:3] @ spot.normal_w)
            self.handovers.append(Handover(t_s, before_n, after_n))
        self._faded += 1
        share = self._faded / FADE_TICKS
        if self._faded >= FADE_TICKS:
            patch.back.close()
            self._patch, self._next = following, None
        share = share * share * (3.0 - 2.0 * share)
        return np.asarray((1.0 - share) * old + share * new, dtype=np.float64)

    def _against_bone(self, pad: Array) -> Array:
        """Return centre, velocity and angular velocity (9,) of the pad as seen from bone that is lifted."""
        seen = pad.copy()
        seen[2] -= self._lift_m
        seen[5] -= self._lift_rate_m_s
        return seen
