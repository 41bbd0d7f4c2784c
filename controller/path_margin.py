"""The margin of parking and of the ways: joints that are led along a path, in all of them at once."""

from __future__ import annotations

import numpy as np

from controller.loop_margin import Mobility, Path, critical_gain
from controller.path_gains import PathGains
from controller.robot import Array

WAY_MARGIN, SOFT_MARGIN = 1.6, 1.25
"""Margins of parking and ways, and on joints much softer than the arm's file says (design choice): less than that of
the other stop laws, because ways are slow, off the skin, and held to a small force by the gate."""
FROM_BANDWIDTHS = 1.2
"""Frequencies above the fastest spring by this are looked at; below it the loop is a spring, critically damped."""


def path_loads(arms: list[Mobility], mass: Array, gains: PathGains, delays_s: tuple[float, ...], lag_s: float) -> Array:
    """Return the critical gain of the way's loop on every arm, over its largest, (arms,): one is just allowed.

    Args:
        arms: one posture with every elasticity, softest named as such.
        mass: M (n, n) that the gains are made with.
        gains: of the ways.
        delays_s: of the loop.
        lag_s: of the drives.
    """
    loads = []
    for arm in arms:
        seen = arm.omega > FROM_BANDWIDTHS * max(gains.bandwidth_rad_s)
        omega = arm.omega[seen]
        loop = np.asarray(np.linalg.eigvals(arm.values[seen] @ gains.torque_response(mass, omega)), dtype=np.complex128)
        gain = max(critical_gain(loop, omega, Path(delay_s, lag_s)) for delay_s in delays_s)
        loads.append(gain * (SOFT_MARGIN if arm.is_soft else WAY_MARGIN))
    return np.array(loads)
