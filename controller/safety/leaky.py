"""A count of what is bad that one good sample does not start again: what comes and goes adds up too."""

from __future__ import annotations

LEAK = 0.25
"""What a good tick takes away of what a bad one adds (design choice): whatever is bad in more than a fifth of all ticks
adds up, in whichever pattern it comes, and an outlier is forgotten after four good ticks. A power of two, so that
whole ticks are counted without rounding. Nothing comes later than by a plain count where every tick is bad."""
NOISY_LEAK = 0.375
"""The same for what healthy arms have now and then: friction alone puts sensor and joint torques of typical plants
apart in single ticks on the way to the plan. By a quarter they come to 20 of 50 ticks there, by this to 7, and a share
above 27 % still adds up (design choice)."""


class LeakyCount:
    """Grows while something is bad, and shrinks to nothing more slowly while it is well.

    Args:
        leak: what a good step takes away of what a bad one adds, 0 to 1.
    """

    def __init__(self, leak: float = LEAK) -> None:
        self._leak = leak
        self.clear()

    def clear(self) -> None:
        """Forget what was counted."""
        self.level = 0.0
        """What has added up: ticks or time, in the unit of the steps."""

    def step(self, amount: float = 1.0, *, is_bad: bool) -> float:
        """Return the level with this step in it.

        Args:
            amount: what the step counts, a tick or some time [s].
            is_bad: it counts for the fault; otherwise a share of it leaks away.
        """
        self.level = self.level + amount if is_bad else max(0.0, self.level - self._leak * amount)
        return self.level
