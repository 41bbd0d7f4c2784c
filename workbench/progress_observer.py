"""Progress of a session, as an observer that nothing depends on."""

from __future__ import annotations

from collections.abc import Callable

from controller.observers import SessionEvent
from controller.types import StepRecord

PROGRESS_TICKS = 50
"""Ticks between two updates: about 50 ms of session time."""

ProgressUpdate = Callable[[float, float], None]
"""Takes how much is done and how much there is, in any unit."""


class ProgressObserver:
    """Says how far a session is in its plan.

    Args:
        update: called with plan time and planned length [s].
        duration_s: planned length [s].
    """

    is_critical = False

    def __init__(self, update: ProgressUpdate, duration_s: float) -> None:
        self._update, self._duration_s = update, duration_s
        self._ticks = 0

    def on_step(self, step: StepRecord) -> None:
        """Count the tick and show where the plan is now and then."""
        if self._ticks % PROGRESS_TICKS == 0:
            self._update(step.reference.t_s, self._duration_s)
        self._ticks += 1

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Leave events to the record."""


def progress_observers(update: ProgressUpdate | None, duration_s: float) -> tuple[ProgressObserver, ...]:
    """Return the observer that calls ``update``, none where nobody wants to know."""
    return () if update is None else (ProgressObserver(update, duration_s),)
