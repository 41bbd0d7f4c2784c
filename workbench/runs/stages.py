"""What a command is doing, on standard error, for everything that takes seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from workbench.runs.durations import duration

WORTH_TELLING_S = 2.0
"""A stage that took longer says so when it ends."""
REPEAT_S = 10.0
"""A longer stage says every so often that it goes on."""
PATIENCE_S = 3.0
"""A wait that is usually short is not mentioned before this time."""


@contextmanager
def stage(
    what: str,
    stream: TextIO | None = None,
    *,
    after_s: float = 0.0,
    repeat_s: float = REPEAT_S,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[None]:
    """Say what begins, that it goes on where it is long, and at its end how long it took.

    Args:
        what: what is done, such as ``planning first_session``.
        stream: where to say it; None for standard error, which belongs to people: results go to standard output.
        after_s: say nothing before this time, nor at the end, for what is usually over by then [s].
        repeat_s: time between two lines [s].
        clock: monotonic time [s].
    """
    began, ended = clock(), threading.Event()
    if not after_s:
        say(f"{what} ...", stream)

    def remind() -> None:
        if after_s:
            if ended.wait(after_s):
                return
            say(f"{what} ...", stream)
        while not ended.wait(repeat_s):
            say(f"{what}: {duration(clock() - began)} elapsed", stream)

    reminder = threading.Thread(target=remind, name="stage", daemon=True)
    reminder.start()
    try:
        yield
        elapsed = clock() - began
    finally:
        ended.set()
        reminder.join()
    if elapsed >= WORTH_TELLING_S and not after_s:
        say(f"{what}: took {duration(elapsed)}", stream)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line on standard error; nobody may be reading it any more, which is no reason to end a session."""
    with suppress(OSError, ValueError, AttributeError):
        print(text, file=stream or sys.stderr, flush=True)
