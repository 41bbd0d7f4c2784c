"""A fork in mid work: the child continues from the same state and returns bytes; its death is reported."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

CHUNK_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child handed back.

    Attributes:
        data: its bytes; whatever arrived where it died.
        death: how it died, in words; empty where it ended as it should.
    """

    data: bytes
    death: str


@dataclass(frozen=True, slots=True)
class Child:
    """The child's own end.

    Attributes:
        descriptor: where its answer goes.
    """

    descriptor: int

    def finish(self, data: bytes, code: int = 0) -> NoReturn:
        """Hand the bytes over and end at once: no cleaning up twice, no buffers of the parent written again."""
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self.descriptor, left) :]
        except OSError:
            os._exit(1)
        os._exit(code)


def branch(patience_s: float) -> Answer | Child:
    """Split the process: the child gets a ``Child``, the parent waits and gets its ``Answer``.

    Args:
        patience_s: a child that takes longer is killed [s of wall time].
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        return Child(writing)
    os.close(writing)
    return _answer(process, reading, patience_s)


def in_child(work: Callable[[], bytes], patience_s: float) -> Answer:
    """Return what ``work`` returns run in a child process; an error in it is reported as a death of the child."""
    side = branch(patience_s)
    if isinstance(side, Answer):
        return side
    try:
        data = work()
    except BaseException as error:
        side.finish(f"{type(error).__name__}: {error}".encode(), code=1)
    side.finish(data)


def _answer(process: int, reading: int, patience_s: float) -> Answer:
    until = time.monotonic() + patience_s
    chunks: list[bytes] = []
    is_over = False
    try:
        while not is_over:
            left_s = until - time.monotonic()
            if left_s <= 0.0 or not select.select([reading], [], [], left_s)[0]:
                break
            chunks.append(os.read(reading, CHUNK_BYTES))
            is_over = not chunks[-1]
    finally:
        os.close(reading)
        if not is_over:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return Answer(b"".join(chunks), _death(code, is_over, patience_s))


def _death(code: int, is_over: bool, patience_s: float) -> str:
    if not is_over:
        return f"not done after {patience_s:g} s, killed"
    if code < 0:
        return f"killed by signal {-code} ({signal.Signals(-code).name})"
    return f"ended with code {code}" if code else ""
