"""The keyboard as an operator of a running session; a terminal that is not one is left alone."""

from __future__ import annotations

import atexit
import os
import select
import termios
import tty
from types import TracebackType
from typing import Any, Self, TextIO

from controller.observers import ClearedEvent, RequestEvent, SessionEvent
from controller.operator import Inbox, Request, Requests
from controller.types import StepRecord

KEYS: dict[str, Request] = {
    "s": Request.SOFTER,
    "f": Request.FIRMER,
    "[": Request.SLOWER,
    "]": Request.FASTER,
    "k": Request.SKIP,
    "h": Request.HURTS_HERE,
    "c": Request.CLEAR,
    " ": Request.STOP,
}
PAUSE_KEY = "p"
"""Pauses and resumes in turn."""
HELP = "p pause or resume, s softer, f firmer, [ slower, ] faster, k skip, h hurts here, space or Ctrl-C stop, c clear"
POLL_TICKS = 20
"""Ticks between two looks at the keyboard."""
READ_BYTES = 64


class Keyboard:
    """Turns keys into requests while it is open; keys are neither echoed nor waited for. An operator and an observer.

    Args:
        stream: where the keys come from, normally standard input.
    """

    is_critical = False

    def __init__(self, stream: TextIO) -> None:
        self._inbox = Inbox()
        self._descriptor = _terminal_of(stream)
        self._saved: list[Any] | None = None
        self._ticks = 0
        self._is_paused = False

    @property
    def is_open(self) -> bool:
        """True while keys are read from a terminal in the foreground."""
        return self._saved is not None

    def __enter__(self) -> Self:
        """Switch off echo and line editing of the terminal, if there is one; signals of keys go on."""
        if self._descriptor is not None:
            try:
                self._saved = termios.tcgetattr(self._descriptor)
                tty.setcbreak(self._descriptor, termios.TCSADRAIN)
            except (termios.error, OSError):
                self._saved = None
            else:
                atexit.register(self.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the terminal as it was found; later calls do nothing."""
        atexit.unregister(self.close)
        saved, self._saved = self._saved, None
        if saved is not None and self._descriptor is not None:
            try:
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, saved)
            except (termios.error, OSError):  # the terminal is gone
                return

    def ask_stop(self) -> None:
        """Ask for a stop; safe in a signal handler (Ctrl-C)."""
        self._inbox.ask(Request.STOP)

    def poll(self, t_s: float) -> Requests:
        """Return what was typed since the last poll."""
        self._ticks += 1
        if self._ticks % POLL_TICKS == 0 and self.is_open:
            for key in self._typed():
                self._press(key)
        requests = self._inbox.poll(t_s)
        return requests if self.is_open else Requests(requests.asked)

    def on_step(self, step: StepRecord) -> None:
        """Leave the steps to the record."""

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Keep in mind whether the session is paused, whoever asked for it."""
        if isinstance(event, ClearedEvent):
            self._is_paused = False
        elif isinstance(event, RequestEvent) and event.is_taken and event.request in (Request.PAUSE, Request.RESUME):
            self._is_paused = event.request is Request.PAUSE

    def _press(self, key: str) -> None:
        if key == PAUSE_KEY:
            self._inbox.ask(Request.RESUME if self._is_paused else Request.PAUSE)
        elif key in KEYS:
            self._inbox.ask(KEYS[key])

    def _typed(self) -> str:
        """Return the keys that wait; a terminal that is gone or in the background has none."""
        descriptor = self._descriptor
        try:
            if descriptor is None or os.tcgetpgrp(descriptor) != os.getpgrp():
                return ""
            if not select.select([descriptor], [], [], 0.0)[0]:
                return ""
            data = os.read(descriptor, READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self.close()
        return data.decode("ascii", errors="ignore")


def _terminal_of(stream: TextIO) -> int | None:
    """Return the descriptor of a terminal that this process may read from, None where there is none."""
    try:
        descriptor = stream.fileno()
        # Only the foreground may change a terminal; anybody else would be stopped for trying.
        is_ours = os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return None
    return descriptor if is_ours else None
