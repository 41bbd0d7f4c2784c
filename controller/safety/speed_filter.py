"""Low-pass of joint speeds for the stop laws: where joints are elastic, what swings fast must not be answered."""

from __future__ import annotations

import math

from controller.types import Vector


class SpeedFilter:
    """Two first-order low-passes in series, one pair a joint; it begins at the first speeds that it is given.

    Args:
        corner_rad_s: corner of both; infinite for none.
        dt_s: period of the calls [s].
    """

    def __init__(self, corner_rad_s: float, dt_s: float) -> None:
        self._share = -math.expm1(-corner_rad_s * dt_s)
        self.clear()

    def clear(self) -> None:
        """Begin anew with the next speeds."""
        self._first: Vector = ()
        self._second: Vector = ()

    def step(self, dq_rad_s: Vector) -> Vector:
        """Return the filtered speeds, (n,).

        A joint whose speed is not known gives none, and goes on from its last one; so that nothing of a speed that was
        no number is left in what follows.

        Args:
            dq_rad_s: joint speeds, (n,).
        """
        if self._share == 1.0:
            return dq_rad_s
        if len(self._first) != len(dq_rad_s):
            self._first = self._second = tuple([v if math.isfinite(v) else 0.0 for v in dq_rad_s])
        share = self._share
        known = [v if math.isfinite(v) else old for v, old in zip(dq_rad_s, self._first, strict=True)]
        self._first = tuple([old + share * (v - old) for v, old in zip(known, self._first, strict=True)])
        self._second = tuple([old + share * (v - old) for v, old in zip(self._first, self._second, strict=True)])
        return tuple([v if math.isfinite(raw) else raw for v, raw in zip(self._second, dq_rad_s, strict=True)])
