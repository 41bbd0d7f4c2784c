"""Ctrl-C and termination signals as stops of a session."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from controller.types import Cause

STOP_HINT = "c goes on once the arm is at rest, space or Ctrl-C ends the session"
NO_HINT = "the arm leaves the skin and comes to rest"


@contextmanager
def stop_on_signals(
    request_stop: Callable[[Cause], None], on_interrupt: Callable[[], None] | None = None
) -> Iterator[None]:
    """Turn Ctrl-C and a termination signal into a stop by the operator, however often they come.

    The arm first unloads and parks; nothing can cut that short. Outside the main thread signals are left alone.

    Args:
        request_stop: stops the session for good.
        on_interrupt: called instead on Ctrl-C, where a person at the keyboard may go on after a stop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and on_interrupt is not None:
            on_interrupt()
        else:
            request_stop(Cause.OPERATOR)

    earlier = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
