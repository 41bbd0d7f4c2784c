"""The CAN-FD link of a bus of moteus controllers: python-can, and one owner.

A CAN interface can be opened by any number of processes. Who owns it is therefore said by an abstract socket of its
name: it is taken with the interface, is seen in the same network name space as the interface itself, and is free again
when its owner dies.

The interfaces are imported here and not, as python-can does, at the first opening: an heir opens the link while an arm
has no master.
"""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from typing import Protocol

import can
import can.interfaces.socketcan
import can.interfaces.udp_multicast

from hardware.errors import LinkError

LINK_TODO = "plug the adapter in, bring the interface up with `fd on` (docs/hardware.md), and start again"
LENGTHS = (*range(9), 12, 16, 20, 24, 32, 48, 64)
"""Bytes that a CAN-FD frame can have (ISO 11898-1)."""
PADDING = 0x50
"""NOP of the multiplex protocol, which fills a frame up (docs/protocol/can.md)."""
EXTENDED_FROM = 0x800
"""Identifiers from here on need an extended frame (ISO 11898-1)."""
LOCK_PREFIX = "\0massage-arm/can"
VIRTUAL = "virtual"
"""python-can's interface between the threads of one process."""


@dataclass(frozen=True, slots=True)
class CanSettings:
    """Which CAN interface.

    Attributes:
        interface: of python-can: socketcan, udp_multicast for a peer in another process, virtual for one in this.
        channel: its channel, as ``can0``; for udp_multicast group and port, as ``239.1.2.3:40000``.
        latency_s: longest time from a question to its answer.
    """

    interface: str
    channel: str
    latency_s: float

    @property
    def shown(self) -> str:
        """The link as errors name it."""
        return f"CAN bus {self.interface} {self.channel}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A CAN-FD frame.

    Attributes:
        identifier: arbitration id.
        data: up to 64 bytes.
    """

    identifier: int
    data: bytes


class CanLink(Protocol):
    """What the driver asks of a link."""

    @property
    def settings(self) -> CanSettings:
        """Which link it is."""
        ...

    def send(self, frame: Frame) -> None:
        """Send a frame; raises LinkError where the link is gone."""
        ...

    def receive(self, left_s: float) -> Frame | None:
        """Return the next frame, None where none comes within a time; raises LinkError where the link is gone."""
        ...

    def close(self) -> None:
        """Give the link back; never raises."""
        ...


class OwnedCan:
    """An open CAN interface of one owner.

    Args:
        settings: which.

    Raises:
        LinkError: no such interface, no permission, or another owner has it.
    """

    def __init__(self, settings: CanSettings) -> None:
        self._settings = settings
        self._lock = _locked(settings)
        try:
            self._bus = _opened(settings)
        except (can.CanError, OSError, ValueError) as error:
            self._lock.close()
            raise LinkError(settings.shown, f"cannot be opened ({error})", LINK_TODO) from error

    @property
    def settings(self) -> CanSettings:
        """Which link it is."""
        return self._settings

    def send(self, frame: Frame) -> None:
        """Send a frame, filled up to a length that CAN-FD has; raises LinkError."""
        size = next(length for length in LENGTHS if length >= len(frame.data))
        message = can.Message(
            arbitration_id=frame.identifier,
            is_extended_id=frame.identifier >= EXTENDED_FROM,
            is_fd=True,
            bitrate_switch=True,
            data=frame.data.ljust(size, bytes([PADDING])),
        )
        try:
            self._bus.send(message)
        except (can.CanError, OSError, ValueError) as error:
            raise self._gone(error) from error

    def receive(self, left_s: float) -> Frame | None:
        """Return the next frame of another node; raises LinkError."""
        until_s = time.monotonic() + left_s
        try:
            while (message := self._bus.recv(max(0.0, until_s - time.monotonic()))) is not None:
                if not (message.is_error_frame or message.is_remote_frame):
                    return Frame(message.arbitration_id, bytes(message.data))
        except (can.CanError, OSError, ValueError) as error:
            raise self._gone(error) from error
        return None

    def close(self) -> None:
        """Give the interface back; never raises."""
        self._bus.shutdown()
        self._lock.close()

    def _gone(self, error: Exception) -> LinkError:
        return LinkError(self._settings.shown, f"the link is gone ({error})", LINK_TODO)


def _locked(settings: CanSettings) -> socket.socket:
    """Return the socket that says who owns an interface; raises LinkError where somebody does."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    # A virtual interface ends at its process: two processes that use one name share nothing.
    place = f"/{os.getpid()}" if settings.interface == VIRTUAL else ""
    try:
        lock.bind(f"{LOCK_PREFIX}{place}/{settings.interface}/{settings.channel}")
    except OSError as error:
        lock.close()
        todo = "end the other program: a bus has one owner"
        raise LinkError(settings.shown, "another process has the link", todo) from error
    return lock


def _opened(settings: CanSettings) -> can.BusABC:
    """Return the interface; raises what python-can raises, and ValueError for a channel that is none."""
    if settings.interface != "udp_multicast":
        return can.Bus(interface=settings.interface, channel=settings.channel, fd=True)
    group, _, port = settings.channel.rpartition(":")
    # Never beyond this machine: its hop limit is 0.
    return can.Bus(interface=settings.interface, channel=group, port=int(port), hop_limit=0, fd=True)
