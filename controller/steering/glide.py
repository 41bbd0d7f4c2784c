"""A number that changes smoothly from one value to another, and may be sent elsewhere on its way."""

from __future__ import annotations


class Glide:
    """Follows quintics in time, each from the present value, rate and acceleration to rest at a target.

    Value, rate and acceleration are continuous, also where a new target comes before the old one is reached.

    Args:
        value: where it begins, at rest.
        duration_s: time from a new target to rest at it [s].
    """

    __slots__ = ("_c", "_duration_s", "_since_s", "acceleration", "rate", "target", "value")

    def __init__(self, value: float, duration_s: float) -> None:
        self._duration_s = duration_s
        self.set(value)

    def set(self, value: float) -> None:
        """Be at rest at a value at once."""
        self.value = self.target = value
        self.rate = self.acceleration = 0.0
        self._since_s = self._duration_s
        self._c = (value, 0.0, 0.0, 0.0, 0.0, 0.0)

    @property
    def is_resting(self) -> bool:
        """True at the target."""
        return self._since_s >= self._duration_s

    def aim(self, target: float) -> None:
        """Go to another value; the one that is aimed at already goes on as it does."""
        if target == self.target:
            return
        t, way, v, a = self._duration_s, target - self.value, self.rate, self.acceleration
        self._c = (
            self.value,
            v,
            0.5 * a,
            (20.0 * way - 12.0 * v * t - 3.0 * a * t * t) / (2.0 * t**3),
            (-30.0 * way + 16.0 * v * t + 3.0 * a * t * t) / (2.0 * t**4),
            (12.0 * way - 6.0 * v * t - a * t * t) / (2.0 * t**5),
        )
        self.target, self._since_s = target, 0.0

    def step(self, dt_s: float) -> None:
        """Let time pass [s]."""
        if self._since_s >= self._duration_s:
            return
        self._since_s = u = self._since_s + dt_s
        if u >= self._duration_s:
            self.set(self.target)
            return
        c0, c1, c2, c3, c4, c5 = self._c
        self.value = c0 + u * (c1 + u * (c2 + u * (c3 + u * (c4 + u * c5))))
        self.rate = c1 + u * (2.0 * c2 + u * (3.0 * c3 + u * (4.0 * c4 + u * 5.0 * c5)))
        self.acceleration = 2.0 * c2 + u * (6.0 * c3 + u * (12.0 * c4 + u * 20.0 * c5))
