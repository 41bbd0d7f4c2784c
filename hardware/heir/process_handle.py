"""One particular process: whether it is gone for good, and the way to make sure of it.

A process descriptor (pidfd) belongs to one process, whatever becomes of its number. It tells the end once all threads
of the process have ended, with all their descriptors closed: nothing can be written by it any more.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from typing import Protocol


class Handle(Protocol):
    """What has to be known of a process, and done to it, before its place may be taken."""

    def is_gone(self) -> bool:
        """Return True where the process has ended for good."""
        ...

    def wait_until_gone(self, wall_s: float) -> bool:
        """Wait for its end, so long at most; return whether it has ended."""
        ...

    def kill(self) -> None:
        """Kill it, also where it is stopped."""
        ...


class ProcessHandle:
    """A process of this machine.

    Args:
        pid: its number. Whoever started it must not have waited for its end yet: the number may be another's then.
    """

    def __init__(self, pid: int) -> None:
        self._descriptor: int | None = None
        self._poll = select.poll()
        with contextlib.suppress(ProcessLookupError):  # gone already
            self._descriptor = os.pidfd_open(pid)
            self._poll.register(self._descriptor, select.POLLIN)

    def is_gone(self) -> bool:
        """Return True where the process has ended for good."""
        return self.wait_until_gone(0.0)

    def wait_until_gone(self, wall_s: float) -> bool:
        """Wait for its end, so long at most; return whether it has ended."""
        return self._descriptor is None or bool(self._poll.poll(1e3 * wall_s))

    def kill(self) -> None:
        """Kill it, also where it is stopped."""
        if self._descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def close(self) -> None:
        """Forget it."""
        if self._descriptor is not None:
            self._poll.unregister(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
