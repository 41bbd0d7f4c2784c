"""What a person sees of a session while it runs: observers that nothing depends on."""

from __future__ import annotations

from collections.abc import Callable

from controller.air.findings import AirChecked
from controller.air.words import found_line
from controller.observers import ClearedEvent, ObserverDropped, RequestEvent, SessionEvent
from controller.registration import RegistrationEvent, words_of
from controller.types import StepRecord, StopReason

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


class EventLines:
    """Says in one line each what was asked for, what was stopped, and what was cleared.

    Args:
        say: takes a line.
        stop_hint: what a person can do after a stop.
    """

    is_critical = False

    def __init__(self, say: Callable[[str], None], stop_hint: str) -> None:
        self._say, self._stop_hint = say, stop_hint
        self._stop: StopReason | None = None

    def on_step(self, step: StepRecord) -> None:
        """Say that the session was stopped."""
        stop = step.applied.stop
        if stop is not self._stop:
            self._stop = stop
            if stop is not None:
                self._say(f"{stop.t_s:.1f} s: stopped, {stop.cause}, {stop.limit}; {self._stop_hint}")

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Say what happened."""
        match event:
            case RequestEvent():
                refused = "" if event.is_taken else "refused, "
                self._say(f"{t_s:.1f} s: {event.request}: {refused}{event.text}")
            case ClearedEvent():
                self._say(f"{t_s:.1f} s: cleared by {event.who}; the arm is driven back and the session goes on")
            case RegistrationEvent():
                self._say(f"{t_s:.1f} s: place of the person measured: {words_of(event)}")
            case AirChecked():
                verdict = "passed" if event.is_passed else "refused"
                self._say(f"{t_s:.1f} s: free-air check {verdict}: {found_line(event.found)}")
            case ObserverDropped():
                self._say(f"{t_s:.1f} s: {event.name} failed and is switched off, the session goes on: {event.error}")
