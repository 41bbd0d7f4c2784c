"""What a command is doing, one line on standard error for everything that takes seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from workbench.progress import duration

WORTH_TELLING_S = 2.0
"""A stage that took longer says so when it ends."""


@contextmanager
def stage(what: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Say what begins now, and how long it took where that was long.

    Args:
        what: what is done, such as ``planning first_session``.
        stream: where to say it; None for standard error, which belongs to people: results go to standard output.
        clock: monotonic time [s].
    """
    began = clock()
    say(f"{what} ...", stream)
    yield
    elapsed = clock() - began
    if elapsed >= WORTH_TELLING_S:
        say(f"{what}: took {duration(elapsed)}", stream)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line on standard error; nobody may be reading it any more, which is no reason to end a session."""
    with suppress(OSError, ValueError):
        print(text, file=stream or sys.stderr, flush=True)
