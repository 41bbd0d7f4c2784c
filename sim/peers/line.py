"""The wire of an emulated bus: a pseudo terminal whose other end a driver opens as its serial port."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Callable

Wire = Callable[[bytes], bytes]
"""What the wire does to an answer: damage, lose or cut it."""


def clean(answer: bytes) -> bytes:
    """Carry an answer as it is."""
    return answer


class Line:
    """A pseudo terminal, raw at both ends before anybody opens it, so that nothing is echoed."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        """The device to open."""
        self.wire: Wire = clean
        """What happens to answers on their way."""

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._master

    def receive(self) -> bytes:
        """Return what has come."""
        return os.read(self._master, 4096)

    def send(self, answer: bytes) -> None:
        """Send an answer through the wire."""
        data = self.wire(answer)
        while data:
            data = data[os.write(self._master, data) :]

    def close(self) -> None:
        """Pull the cable."""
        os.close(self._slave)
        os.close(self._master)
