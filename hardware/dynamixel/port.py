"""The serial port of a servo bus as the SDK's packet handler uses it: owned by one process, and asleep while it waits.

The SDK's own port spins while it waits for bytes, which under SCHED_FIFO starves the machine, and its time-out is a
constant of 34 ms. This one sleeps in poll() and has the time-out that it is given.
"""

from __future__ import annotations

import os
import select
import time
from dataclasses import dataclass

import serial

from hardware.errors import LinkError

BITS_PER_BYTE = 10
"""On the wire: start, eight bits, stop."""
LINK_TODO = "plug the cable in, switch the supply on, and start again"


@dataclass(frozen=True, slots=True)
class PortSettings:
    """Which port, and how long its answers may take.

    Attributes:
        path: of the device, best a symbolic link that a udev rule makes by serial number.
        baud: bits per second, as the servos are set.
        latency_s: time that adapter and scheduler may add to an answer: the LATENCY_TIMER of the SDK, which is 16 ms
            there for any adapter. FTDI adapters set to latency_timer 1 need about 2 ms (assumed until measured).
    """

    path: str
    baud: int
    latency_s: float


class OwnedPort:
    """An open port that no other process can open the same way; the port handler of ``dynamixel_sdk``.

    The names in camel case are those that the SDK calls.

    Args:
        settings: which port.

    Raises:
        LinkError: no such device, no permission, or another process has it.
    """

    def __init__(self, settings: PortSettings) -> None:
        self.settings = settings
        """Which port it is."""
        self.is_using = False
        """Kept by the SDK: a transaction is under way."""
        self._serial = _opened(settings)
        self._descriptor: int = self._serial.fileno()
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._byte_s = BITS_PER_BYTE / settings.baud
        self._until_s = 0.0

    def close(self) -> None:
        """Give the port back; never raises."""
        self._serial.close()

    def clearPort(self) -> None:  # noqa: N802
        """Drop what has come too late."""
        try:
            self._serial.reset_input_buffer()
        except (serial.SerialException, OSError) as error:
            raise self._gone(error) from error
        except Exception as error:  # termios.error is no OSError
            raise self._gone(error) from error

    def writePort(self, packet: bytes | list[int]) -> int:  # noqa: N802
        """Send a packet; return how many bytes went out."""
        try:
            return os.write(self._descriptor, bytes(packet))
        except OSError as error:
            raise self._gone(error) from error

    def readPort(self, length: int) -> bytes:  # noqa: N802
        """Return what has come, at most so many bytes; sleep until something has, or the time is over."""
        try:
            if length <= 0:
                return b""
            left_s = max(0.0, self._until_s - time.monotonic())
            if not self._poll.poll(1e3 * left_s):
                return b""
            found = os.read(self._descriptor, length)
        except OSError as error:
            raise self._gone(error) from error
        if not found:
            raise self._gone(OSError("the other end is closed"))
        return found

    def setPacketTimeout(self, packet_length: int) -> None:  # noqa: N802
        """Begin to wait for an answer of so many bytes."""
        self._until_s = time.monotonic() + packet_length * self._byte_s + self.settings.latency_s

    def setPacketTimeoutMillis(self, msec: float) -> None:  # noqa: N802
        """Begin to wait for so long."""
        self._until_s = time.monotonic() + 1e-3 * msec

    def isPacketTimeout(self) -> bool:  # noqa: N802
        """Return True where the time is over."""
        return not time.monotonic() < self._until_s

    def getBaudRate(self) -> int:  # noqa: N802
        """Return bits per second."""
        return self.settings.baud

    def _gone(self, error: Exception) -> LinkError:
        return LinkError(f"servo bus {self.settings.path}", f"the port is gone ({error})", LINK_TODO)


def _opened(settings: PortSettings) -> serial.Serial:
    """Return the device, locked; raises LinkError."""
    link = f"servo bus {settings.path}"
    try:
        return serial.Serial(settings.path, settings.baud, timeout=0, exclusive=True)
    except serial.SerialException as error:
        reason = str(error)
        if not os.path.exists(settings.path):
            raise LinkError(link, "no such device", LINK_TODO) from error
        if not os.access(settings.path, os.R_OK | os.W_OK):
            raise LinkError(link, "permission denied", "add this user to the group of the device (dialout)") from error
        if "lock" in reason:
            todo = "end the other program: a bus has one owner"
            raise LinkError(link, "another process has the port", todo) from error
        raise LinkError(link, reason, "choose the device of the servo bus in the rig file") from error
    except (OSError, ValueError) as error:
        raise LinkError(link, str(error), "choose device and baud of the servo bus in the rig file") from error
