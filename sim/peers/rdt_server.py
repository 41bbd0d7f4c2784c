"""An emulated wrist sensor that speaks ATI Net F/T RDT over UDP on the loopback interface.

Source: ATI manual 9620-05: request of eight bytes, record of 36 with two sequence numbers, status and six counts.
"""

from __future__ import annotations

import contextlib
import socket
import struct

from controller.types import Vector6

COUNTS = 1_000_000
"""Counts of a newton and of a newton metre (the factory's setting of the real one)."""
LOOPBACK = "127.0.0.1"
_LARGEST = 2**31 - 1


class RdtServer:
    """Sends one record for every sample to whoever has asked for a stream."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        """Its UDP port."""
        self.status = 0
        """Status word of the next records; tests set it."""
        self._listener: tuple[str, int] | None = None
        self._sequence = 0
        self._record = b""

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._socket.fileno()

    def listen(self) -> None:
        """Take every request that has come; whoever starts a stream gets the newest record at once."""
        while True:
            try:
                request, sender = self._socket.recvfrom(64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if len(request) < 8:
                continue
            header, command, _ = struct.unpack_from(">HHI", request)
            if header != 0x1234:
                continue
            self._listener = sender if command in (2, 3) else None
            if self._listener is not None and self._record:
                self._send()

    def measure(self, wrench: Vector6) -> None:
        """Take a new sample and send it; counts saturate as the real ones do, and NaN shows as an error."""
        self._sequence = (self._sequence + 1) % 2**32
        is_sound = all(value == value for value in wrench)  # noqa: PLR0124
        counts = [max(-_LARGEST, min(_LARGEST, round(COUNTS * value))) if is_sound else 0 for value in wrench]
        status = self.status or (0 if is_sound else 0x8000_0000)
        self._record = struct.pack(">III6i", self._sequence, self._sequence, status, *counts)
        self._send()

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _send(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
                self._socket.sendto(self._record, self._listener)
