"""Signals that reach many processes at once: a closed terminal, a logout, a key, somebody's ``kill``.

One such event must never end or suspend session loop, supervisor and drives together. The session loop takes it as a
stop by the operator (``workbench.runs.signals``). Supervisor and drives stand apart: in a session of their own, which
a terminal cannot reach, and deaf to every signal that can be ignored.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

SUSPENDING: frozenset[int] = frozenset({signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
"""Signals that suspend a process and can be ignored."""
_NEVER: frozenset[int] = frozenset({signal.SIGKILL, signal.SIGSTOP})
_OWN_FAULT: frozenset[int] = frozenset(
    {
        signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGSYS,
    }
)  # fmt: skip
"""Errors of the process itself: there is nothing to go on with."""
_HARMLESS: frozenset[int] = frozenset({signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH})
_PYTHONS: frozenset[int] = frozenset({signal.SIGPIPE, signal.SIGXFSZ})
"""Ignored by every Python process: what is written fails with an error instead."""
ENDING: frozenset[int] = frozenset(signal.valid_signals()) - SUSPENDING - _NEVER - _OWN_FAULT - _HARMLESS - _PYTHONS
"""Signals whose default is the end of the process, and that anybody with the right to may send: SIGHUP, SIGINT,
SIGQUIT, SIGTERM, SIGUSR1 and 2, SIGALRM and its kin, SIGXCPU, SIGPWR, SIGIO, SIGSTKFLT and the real-time signals."""
CUTTING: frozenset[int] = ENDING | SUSPENDING
"""Signals that must reach neither supervisor nor drives."""


def stand_apart() -> None:
    """Leave the terminal's session and ignore whatever would end or suspend this process."""
    with contextlib.suppress(OSError):  # it may lead a session of its own already
        os.setsid()
    for number in CUTTING | _PYTHONS:
        signal.signal(number, signal.SIG_IGN)
    let_through()


def listen_for_end(ask_to_end: Callable[[], None]) -> None:
    """Let a termination signal ask for the end, instead of being ignored."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: ask_to_end())


@contextmanager
def held_back() -> Iterator[None]:
    """Hold signals back meanwhile; they arrive afterwards.

    A process that is started here begins with them held back, so that none ends it before it knows what to do with
    them; it calls ``let_through`` then.
    """
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, CUTTING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


def let_through() -> None:
    """Let signals arrive that this process was started without."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, CUTTING)


@contextmanager
def ignored(numbers: Iterable[int] = CUTTING) -> Iterator[None]:
    """Ignore signals meanwhile; outside the main thread they are left alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
