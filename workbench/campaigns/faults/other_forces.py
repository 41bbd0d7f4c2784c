"""Forces on the person that are not the press of the fault itself: links that touch, and an arm that sinks back."""

from __future__ import annotations

from collections import deque

from controller.types import OtherContact, Touched
from workbench.record.other_truth import MEAN_S, ContactSample, OtherTruthBuilder
from workbench.runs.prepare import DT_S


class OtherForces:
    """Collects them, period by period."""

    def __init__(self) -> None:
        self._touches = OtherTruthBuilder()
        self._recent_n: deque[float] = deque(maxlen=round(MEAN_S / DT_S))
        self._sum_n = 0.0
        self.sunk_n = 0.0
        """Largest press force of the pad after the reaction to a stop, mean over ``MEAN_S``; NaN stays."""

    def touch(self, t_s: float, contacts: tuple[OtherContact, ...]) -> None:
        """Take what touched in a period; only what touched the person counts."""
        person = tuple(contact for contact in contacts if contact.touches is Touched.SKIN)
        if person:
            self._touches.touch(ContactSample(t_s, person))

    def press_after(self, press_n: float) -> None:
        """Take the press force of the pad in a period after the reaction."""
        if len(self._recent_n) == self._recent_n.maxlen:
            self._sum_n -= self._recent_n[0]
        self._recent_n.append(press_n)
        self._sum_n += press_n
        mean_n = self._sum_n / (MEAN_S / DT_S)
        if not mean_n <= self.sunk_n:
            self.sunk_n = mean_n

    def person_n(self) -> tuple[float, float]:
        """Return the largest force of a link on the person, mean over ``MEAN_S``, and without the mean."""
        found = self._touches.finish()
        return found.mean_n(DT_S), found.transient_n()
