"""Keep chatter of C libraries off standard output and error, which belong to the user (``--json``, one-line errors)."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator


@contextlib.contextmanager
def silenced_output() -> Iterator[None]:
    """Send file descriptors 1 and 2 to nowhere for a moment; PyBullet prints build time and warnings with C's printf.

    C buffers are flushed before and after, so nothing is lost or leaks out later. Not for use while other threads
    print.
    """
    libc = ctypes.CDLL(None)
    libc.fflush(None)
    with contextlib.ExitStack() as stack:
        for descriptor in (1, 2):
            stack.enter_context(_to_nowhere(descriptor))
        try:
            yield
        finally:
            libc.fflush(None)


@contextlib.contextmanager
def _to_nowhere(descriptor: int) -> Iterator[None]:
    try:
        kept = os.dup(descriptor)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
