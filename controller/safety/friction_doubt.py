"""How much torque friction may hide at each joint: none where the joint moves as what is missing lets it move.

Friction holds a joint back. So a joint that falls although something is given lacks at least what was found, and one
that rises although something is taken away has at least that surplus: only at a joint that stands, or moves the other
way, may friction be what was found.
"""

from __future__ import annotations

from controller.types import Vector

MOVING_RAD_S = 0.05
"""A joint that is faster than this moves (design choice: beyond what encoders and breathing make of a still one)."""
RATE_PER_S = 4.0
"""How fast the doubt goes and comes back (design choice: slower than the joints lose their speed, so that it swings no
arm)."""


class FrictionDoubt:
    """The doubt of every joint, for one stop.

    Args:
        most_nm: what friction explains at each joint that stands, (n,).
        dt_s: period of the calls of ``step`` [s].
    """

    def __init__(self, most_nm: Vector, dt_s: float) -> None:
        self._most_nm, self._change = most_nm, RATE_PER_S * dt_s
        self.clear()

    def clear(self) -> None:
        """Doubt everything again."""
        self._shares = (1.0,) * len(self._most_nm)

    def step(self, missing_nm: Vector, dq_rad_s: Vector) -> None:
        """Take a period of a stopped arm whose tool nobody is known to touch.

        Args:
            missing_nm: torque that is missing at each joint, (n,).
            dq_rad_s: joint speeds, (n,); of another size, or no numbers, they change nothing.
        """
        if len(dq_rad_s) == len(missing_nm) == len(self._shares):
            each = zip(self._shares, missing_nm, dq_rad_s, strict=True)
            self._shares = tuple([self._after(share, nm, speed) for share, nm, speed in each])

    @property
    def nm(self) -> Vector:
        """What may be friction at each joint, (n,)."""
        return tuple([share * nm for share, nm in zip(self._shares, self._most_nm, strict=True)])

    def _after(self, share: float, missing_nm: float, speed_rad_s: float) -> float:
        if not abs(speed_rad_s) > MOVING_RAD_S:
            return share
        power_w = missing_nm * speed_rad_s
        change = self._change if power_w > 0.0 else -self._change if power_w < 0.0 else 0.0
        return min(max(share + change, 0.0), 1.0)
