"""An observer that nothing depends on is dropped when it fails; a critical one passes its error on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest

from controller.observers import ObserverDropped, Observers, RequestEvent, SessionEvent
from controller.operator import Request
from controller.types import Clearance, StepRecord

EVENT = RequestEvent(Request.PAUSE, Clearance.OPERATOR, True, "waits")


@dataclass
class Watcher:
    is_critical: bool
    fails_on_step: bool = False
    fails_on_event: bool = False
    seen: list[object] = field(default_factory=list)

    def on_step(self, step: StepRecord) -> None:
        if self.fails_on_step:
            raise ConnectionError("browser is gone")
        self.seen.append(step)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        if self.fails_on_event:
            raise ConnectionError("browser is gone")
        self.seen.append((t_s, event))


def step_at(t_s: float) -> StepRecord:
    return cast("StepRecord", type("Step", (), {"t_s": t_s})())


def test_a_display_that_fails_is_dropped_and_the_others_are_told() -> None:
    recorder, display = Watcher(True), Watcher(False, fails_on_step=True)
    observers = Observers((display, recorder))
    first, second = step_at(1.0), step_at(1.001)
    observers.show_step(first)
    observers.show_step(second)
    dropped = (1.0, ObserverDropped("Watcher", "ConnectionError: browser is gone"))
    assert recorder.seen == [first, dropped, second]
    assert display.seen == []


def test_two_displays_that_fail_at_once_are_both_dropped() -> None:
    recorder = Watcher(True)
    observers = Observers((Watcher(False, True, True), Watcher(False, False, True), recorder))
    observers.show_step(step_at(2.0))
    observers.show_event(2.5, EVENT)
    assert [type(entry[1]) for entry in recorder.seen if isinstance(entry, tuple)] == [
        ObserverDropped, ObserverDropped, RequestEvent,
    ]  # fmt: skip


@pytest.mark.parametrize("where", ["fails_on_step", "fails_on_event"])
def test_a_critical_observer_passes_its_error_on(where: str) -> None:
    observers = Observers((Watcher(True, **{where: True}),))
    with pytest.raises(ConnectionError, match="browser is gone"):
        observers.show_step(step_at(1.0)) if where == "fails_on_step" else observers.show_event(1.0, EVENT)


def test_after_a_critical_failure_the_others_see_that_step_and_those_after_it() -> None:
    memory = Watcher(False)
    observers = Observers((Watcher(True, fails_on_step=True), memory))
    first, second = step_at(1.0), step_at(1.001)
    with pytest.raises(ConnectionError):
        observers.show_step(first)
    observers.show_step(second)
    assert memory.seen == [first, second]
