"""Who watches a session: recorder, progress display, camera, browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.air.findings import AirEvent
from controller.operator import Request
from controller.registration import RegistrationEvent
from controller.types import Clearance, StepRecord, StopReason


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """A person asked for something.

    Attributes:
        request: what was asked for.
        who: rank of the person.
        is_taken: False where it was refused.
        text: what follows from it, or why it was refused.
    """

    request: Request
    who: Clearance
    is_taken: bool
    text: str


@dataclass(frozen=True, slots=True)
class ClearedEvent:
    """A stop was cleared and the session goes on.

    Attributes:
        stop: the stop.
        who: rank of the person who cleared it.
    """

    stop: StopReason
    who: Clearance


@dataclass(frozen=True, slots=True)
class ObserverDropped:
    """An observer that is not critical failed and is not called any more.

    Attributes:
        name: which observer.
        error: what it failed with.
    """

    name: str
    error: str


SessionEvent = RequestEvent | ClearedEvent | ObserverDropped | RegistrationEvent | AirEvent


class Observer(Protocol):
    """Sees every step and every event of a session; must not block on hardware."""

    @property
    def is_critical(self) -> bool:
        """True where the session must not go on without it (a recorder): its failure stops the session."""
        ...

    def on_step(self, step: StepRecord) -> None:
        """Take the record of a tick."""
        ...

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Take what the steps do not show.

        Args:
            t_s: session time [s], that of the tick it happened in.
            event: what happened.
        """
        ...


class StepObserver:
    """Hands every step to a function; events are left out.

    Args:
        take: takes a step.
        is_critical: True where the session must not go on when ``take`` fails.
    """

    def __init__(self, take: Callable[[StepRecord], None], *, is_critical: bool) -> None:
        self._take, self.is_critical = take, is_critical

    def on_step(self, step: StepRecord) -> None:
        """Hand the step on."""
        self._take(step)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Leave the event out."""


class Observers:
    """Shows steps and events to all observers; one that fails is not called any more, the others are.

    Args:
        observers: who watches, in the order they are called.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    def show_step(self, step: StepRecord) -> None:
        """Show a step.

        Raises:
            Exception: the first one of a critical observer, after all others have seen the step.
        """
        failed: list[tuple[Observer, Exception]] = []
        for observer in self._observers:
            try:
                observer.on_step(step)
            except Exception as error:
                failed.append((observer, error))
        if failed:
            self._drop(failed, step.t_s)

    def show_event(self, t_s: float, event: SessionEvent) -> None:
        """Show an event; raises as ``show_step`` does."""
        failed: list[tuple[Observer, Exception]] = []
        for observer in self._observers:
            try:
                observer.on_event(t_s, event)
            except Exception as error:
                failed.append((observer, error))
        if failed:
            self._drop(failed, t_s)

    def _drop(self, failed: Sequence[tuple[Observer, Exception]], t_s: float) -> None:
        """Go on without the observers that failed, tell the others, and raise the first critical error."""
        gone = [observer for observer, _ in failed]
        self._observers = tuple(other for other in self._observers if not any(other is one for one in gone))
        for observer, error in failed:
            if not observer.is_critical:
                name, text = type(observer).__name__, f"{type(error).__name__}: {error}"
                self.show_event(t_s, ObserverDropped(name, text))
        for observer, error in failed:
            if observer.is_critical:
                raise error
