"""How stiffly the joints of an arm are led along a way: less than lag and elastic joints allow.

Every joint follows as a critically damped spring on the arm's own inertia. The joints before the wrist carry the
inertia of the whole arm against rotors that weigh a tenth of it, and are led softly; the wrist's are as light as their
rotors, and need the stiffness against friction. ``controller.stop_gains`` holds the loop against its margins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from controller.safety.limits import StopGains

Array = NDArray[np.float64]

BANDWIDTH_RAD_S, WRIST_BANDWIDTH_RAD_S = 8.0, 18.0
"""Frequencies of the springs where speeds need no filter (design choice): twice the gains stay stable at 10 kNm/rad."""
FILTERED_BANDWIDTH_RAD_S, FILTERED_WRIST_BANDWIDTH_RAD_S = 5.0, 10.0
"""The same where speeds are measured at the motors (design choice)."""
GROWTH_SHARE = 0.125
"""A joint that stays behind is pulled harder from tick to tick: what is missing grows at this share of its spring's
frequency (design choice). It is what friction holds back."""
WRIST_CORNER_RAD_S = 150.0
"""Filter of the wrist's speeds there, whose springs are faster (design choice)."""


@dataclass(frozen=True, slots=True)
class PathGains:
    """Gains of the ways.

    Attributes:
        bandwidth_rad_s: frequency of each joint's spring, (n,).
        corner_rad_s: corner of the two filters of each joint's speed, (n,); infinite for none.
    """

    bandwidth_rad_s: tuple[float, ...]
    corner_rad_s: tuple[float, ...]

    @classmethod
    def of(cls, stop: StopGains) -> Self:
        """Return the gains for an arm whose stop laws have these."""
        arm = stop.drag_joints
        wrist = len(stop.float_damping_nms_per_rad) - arm
        if stop.speed_filter_rad_s == math.inf:
            return cls((BANDWIDTH_RAD_S,) * arm + (WRIST_BANDWIDTH_RAD_S,) * wrist, (math.inf,) * (arm + wrist))
        return cls(
            (FILTERED_BANDWIDTH_RAD_S,) * arm + (FILTERED_WRIST_BANDWIDTH_RAD_S,) * wrist,
            (stop.speed_filter_rad_s,) * arm + (WRIST_CORNER_RAD_S,) * wrist,
        )

    def spring(self, mass: Array) -> Array:
        """Return the stiffness W M W (n, n) [Nm/rad] on an inertia M (n, n)."""
        bandwidth = np.array(self.bandwidth_rad_s)
        return np.asarray(bandwidth[:, None] * mass * bandwidth, dtype=np.float64)

    def damping(self, mass: Array) -> Array:
        """Return the damping 2 W^1/2 M W^1/2 (n, n) [Nms/rad] on an inertia M (n, n)."""
        root = np.sqrt(np.array(self.bandwidth_rad_s))
        return np.asarray(2.0 * root[:, None] * mass * root, dtype=np.float64)

    def torque_response(self, mass: Array, omega: Array) -> NDArray[np.complex128]:
        """Return torque over minus joint speed at every frequency [rad/s] (W,): (W, n, n) [Nms/rad].

        With the filters, the spring, and the pull that grows on what is missing.
        """
        s = 1j * omega[:, None, None]
        filtered = 1.0 / (1.0 + 1j * omega[:, None] / np.array(self.corner_rad_s)) ** 2
        growing = 1.0 + GROWTH_SHARE * np.array(self.bandwidth_rad_s) / s
        response = self.damping(mass) * filtered[:, None, :] + self.spring(mass) * growing / s
        return np.asarray(response, dtype=np.complex128)
