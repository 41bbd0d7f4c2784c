"""Places that hurt: where a plan comes near one of them its press force is eased for the rest of the session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controller.safety.pads import press_axis
from controller.types import Phase, PlanLike, Vector3

Array = NDArray[np.float64]

CORE_M, EDGE_M = 0.050, 0.075
"""Up to the first distance from a place the force is eased in full, beyond the second not at all. What is asked for is
40 mm; the rest is for the path error, the error of the skin, and the samples being up to 10 mm apart (assumed)."""
EASED_SHARE = 0.2
"""Share of the planned force that is left; 30 % is allowed, and the true force is within 1 N of the wanted one."""
EASED_LEAST_N = 2.0
"""The eased force is not lower, or the pad would lose the skin: twice what the gate takes for contact (assumed)."""
LEFT_OUT_BELOW_N = 8.0
"""Strokes with less force are left out near a place: 30 % of it would be hardly more than ``EASED_LEAST_N``."""
STEP_S = 0.04
LOOK_AHEAD = 20
"""Samples ahead of the present one that count too, so that the force is eased before the pad is there: 0.8 s."""


class PainMap:
    """Knows how near a plan comes to places that hurt, as a function of plan time.

    Args:
        plan: the plan.
        pad_radius_m: radius of the pad; the foot is that far from its centre along the inward normal.
    """

    def __init__(self, plan: PlanLike, pad_radius_m: float) -> None:
        self._radius_m = pad_radius_m
        references = [plan.at(k * STEP_S) for k in range(int(plan.duration_s / STEP_S) + 1)]
        self._feet_m: Array = np.array([self.foot(r.position_m, press_axis(r.pads)) for r in references])
        is_pressing = [r.phase in (Phase.APPROACH, Phase.WORK) for r in references]
        self._segments = np.where(is_pressing, [r.segment for r in references], -1)
        weak = [k for k, one in enumerate(plan.segments) if one.force_target_n < LEFT_OUT_BELOW_N]
        self._is_weak = np.isin(self._segments, weak)
        self._shares: Array = np.ones(len(references))
        self.left_out: frozenset[int] = frozenset()
        """Strokes that are left out, as indices into the plan's segments."""
        self.places_m: tuple[Vector3, ...] = ()
        """Feet that hurt, in W."""

    def foot(self, position_m: Vector3, normal_w: Vector3) -> Vector3:
        """Return the contact foot of a pad whose centre is at a position, in W."""
        x, y, z = (p - self._radius_m * n for p, n in zip(position_m, normal_w, strict=True))
        return (x, y, z)

    def add(self, place_m: Vector3) -> None:
        """Spare a place from now on.

        Args:
            place_m: the contact foot that hurts, in W.
        """
        self.places_m = (*self.places_m, place_m)
        distance = np.linalg.norm(self._feet_m - np.array(place_m), axis=1)
        u = np.clip((distance - CORE_M) / (EDGE_M - CORE_M), 0.0, 1.0)
        share = np.where(self._segments < 0, 1.0, EASED_SHARE + (1.0 - EASED_SHARE) * u * u * (3.0 - 2.0 * u))
        for ahead in range(-1, LOOK_AHEAD + 1):
            self._shares = np.minimum(self._shares, _shifted(share, ahead))
        touched = self._segments[self._is_weak & (distance <= CORE_M)]
        self.left_out |= frozenset(int(segment) for segment in touched)

    def share(self, t_s: float) -> float:
        """Return the share of the planned force that is left at a plan time [s], 1 far from every place."""
        return float(self._shares[min(int(t_s / STEP_S), len(self._shares) - 1)]) if self.places_m else 1.0


def _shifted(values: Array, ahead: int) -> Array:
    """Return the values ``ahead`` samples later (N,), 1 beyond the ends."""
    if ahead == 0:
        return values
    pad = np.ones(abs(ahead))
    return np.concatenate([values[ahead:], pad] if ahead > 0 else [pad, values[:ahead]])
