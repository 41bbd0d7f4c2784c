"""Signals as stops of a session: Ctrl-C, a closed terminal, a logout, and whatever else would end the process."""

from __future__ import annotations

import errno
import os
import signal
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from controller.processes.signals import ENDING
from controller.types import Cause

STOP_HINT = "c goes on once the arm is at rest, space or Ctrl-C ends the session"
NO_HINT = "the arm leaves the skin and comes to rest"


@contextmanager
def stop_on_signals(
    request_stop: Callable[[Cause], None],
    on_interrupt: Callable[[], None] | None = None,
    numbers: frozenset[int] = ENDING,
) -> Iterator[None]:
    """Turn every signal that would end the process into a stop by the operator, however often they come.

    The arm first unloads and parks; nothing can cut that short. What is written to a terminal that has been closed is
    dropped from then on. Outside the main thread signals are left alone.

    Args:
        request_stop: stops the session for good.
        on_interrupt: called instead on Ctrl-C, where a person at the keyboard may go on after a stop.
        numbers: which signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        drop_closed_terminals()
        if number == signal.SIGINT and on_interrupt is not None:
            on_interrupt()
        else:
            request_stop(Cause.OPERATOR)

    earlier = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


@contextmanager
def interrupt_on_signals() -> Iterator[None]:
    """Turn every signal that would end the process into ``KeyboardInterrupt``, so that it clears up on its way out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        drop_closed_terminals()
        raise KeyboardInterrupt

    earlier = {number: signal.signal(number, interrupt) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def drop_closed_terminals() -> None:
    """Put nothing in the place of standard streams whose terminal has been closed: writing to them would fail."""
    for descriptor in (0, 1, 2):
        try:
            termios.tcgetattr(descriptor)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                nothing = os.open(os.devnull, os.O_RDWR)
                os.dup2(nothing, descriptor)
                os.close(nothing)
