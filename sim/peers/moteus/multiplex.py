"""The multiplex protocol as a controller sees it: bytes of a CAN-FD frame into writes, reads and stream, and back.

Source: mjbots/moteus, docs/protocol/can.md: subframes 0x00 to 0x0c write, 0x10 to 0x1c read, 0x20 to 0x2c reply, 0x50
nothing; two low bits are the number of registers, 0 for a varuint that follows; then the first register, a varuint.
Stream subframes as in mjlib/multiplex/format.h: 0x40 bytes of the client, 0x41 of the server, 0x42 poll.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

NOTHING, CLIENT_DATA, SERVER_DATA, CLIENT_POLL, READ_ERROR = 0x50, 0x40, 0x41, 0x42, 0x31
_WRITE, _READ, _REPLY = 0x00, 0x10, 0x20
_KINDS = ("<b", "<h", "<i", "<f")
_SIZES = (1, 2, 4, 4)
FLOAT = 3


@dataclass(frozen=True, slots=True)
class Write:
    """A register is written.

    Attributes:
        register: which.
        kind: 0 to 3: 8, 16, 32 bits, float.
        value: as it stands in the frame.
    """

    register: int
    kind: int
    value: float


@dataclass(frozen=True, slots=True)
class Read:
    """Registers are asked for.

    Attributes:
        register: the first.
        count: how many.
        kind: as of ``Write``.
    """

    register: int
    count: int
    kind: int


@dataclass(frozen=True, slots=True)
class Said:
    """Bytes for the diagnostic stream.

    Attributes:
        data: the bytes.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class Poll:
    """Bytes of the diagnostic stream are asked for.

    Attributes:
        longest: how many at most.
    """

    longest: int


Part = Write | Read | Said | Poll


class DamagedError(ValueError):
    """A frame ends within a subframe, or holds one that is not known."""


def parts(data: bytes) -> Iterator[Part]:
    """Yield what a frame asks for; raises DamagedError."""
    place = 0
    while place < len(data):
        head = data[place]
        place += 1
        if head == NOTHING:
            continue
        if head in (CLIENT_DATA, CLIENT_POLL):
            _, place = _varuint(data, place)  # the channel: there is one
            size, place = _varuint(data, place)
            if head == CLIENT_POLL:
                yield Poll(size)
                continue
            yield Said(_taken(data, place, size))
            place += size
            continue
        way, kind, count = head & 0xF0, head >> 2 & 3, head & 3
        if way not in (_WRITE, _READ):
            raise DamagedError(f"subframe {head:#04x}")
        if count == 0:
            count, place = _varuint(data, place)
        register, place = _varuint(data, place)
        if way == _READ:
            yield Read(register, count, kind)
            continue
        for offset in range(count):
            (value,) = struct.unpack(_KINDS[kind], _taken(data, place, _SIZES[kind]))
            place += _SIZES[kind]
            yield Write(register + offset, kind, value)


def reply(register: int, kind: int, values: list[float]) -> bytes:
    """Return a reply subframe.

    Args:
        register: the first.
        kind: as of ``Write``.
        values: in the unit of the kind, one for each register.
    """
    head = bytes([_REPLY | kind << 2]) + _packed(len(values)) + _packed(register)
    return head + b"".join(struct.pack(_KINDS[kind], value if kind == FLOAT else int(value)) for value in values)


def refusal(register: int, number: int) -> bytes:
    """Return a subframe that says that a register cannot be read."""
    return bytes([READ_ERROR]) + _packed(register) + _packed(number)


def stream(data: bytes) -> bytes:
    """Return a subframe with bytes of the diagnostic stream."""
    return bytes([SERVER_DATA, 1]) + _packed(len(data)) + data


def _taken(data: bytes, place: int, size: int) -> bytes:
    if place + size > len(data):
        raise DamagedError("the frame ends within a subframe")
    return data[place : place + size]


def _varuint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        (byte,) = _taken(data, place, 1)
        place += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, place
    raise DamagedError("a number of more than five bytes")


def _packed(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])
