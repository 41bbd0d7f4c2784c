"""The pull with which a stopped arm leaves the skin: a speed loop along the outward normal, bounded on both sides."""

from __future__ import annotations

import math

from controller.safety.limits import StopGains

UNLOAD_BRAKE_N = 4.0
"""Largest brake of the speed loop (design choice). It is weak: a person who pushes the tool out faster than it is going
anyway must not feel it push back, and 4 N over 20 mm take up what the tissue's spring-back puts in."""
STUCK_SHARE = 0.2
"""Below this share of the wanted speed the tool counts as stuck (design choice: 10 mm/s of 50)."""


class OutwardPull:
    """Speed loop with a memory of the way that is missing; the memory never pulls back what has gone too far.

    The loop may have little gain, where elastic joints leave no more. What friction holds on the skin would then hardly
    be pulled at all, so the memory of a tool that is stuck grows at a rate of its own.

    Args:
        gains: of the stop laws.
        dt_s: period of the calls [s].
    """

    def __init__(self, gains: StopGains, dt_s: float) -> None:
        self._damping, self._spring_dt = gains.unload_damping_ns_per_m, gains.unload_spring_n_per_m * dt_s
        self._stuck_n = gains.unload_stuck_n_per_s * dt_s
        self.clear()

    def clear(self) -> None:
        """Forget the way that is missing."""
        self._missing_n = 0.0

    def step(self, outward_m_s: float, wanted_m_s: float, most_n: float) -> float:
        """Return the pull of this period [N], negative where it brakes.

        Args:
            outward_m_s: the tool's speed along the outward normal.
            wanted_m_s: the speed to reach.
            most_n: largest pull.
        """
        slow_m_s = wanted_m_s - outward_m_s
        grown_n = self._missing_n + self._spring_dt * slow_m_s
        if outward_m_s < STUCK_SHARE * wanted_m_s:
            grown_n = max(grown_n, self._missing_n + self._stuck_n)
        if math.isfinite(grown_n):
            self._missing_n = min(max(grown_n, 0.0), most_n)
        return min(most_n, max(-UNLOAD_BRAKE_N, self._damping * slow_m_s + self._missing_n))
