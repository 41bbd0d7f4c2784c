"""Dynamixel Protocol 2.0 as a device sees it: bytes into instructions, answers into bytes.

Source: ROBOTIS e-manual, docs/en/dxl/protocol2: header FF FF FD 00, id, length, instruction, parameters with byte
stuffing, CRC-16 with polynomial 0x8005.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEADER = b"\xff\xff\xfd\x00"
BROADCAST = 0xFE
PING, READ, WRITE, REBOOT, STATUS, SYNC_READ, SYNC_WRITE, FAST_SYNC_READ = (
    0x01, 0x02, 0x03, 0x08, 0x55, 0x82, 0x83, 0x8A,
)  # fmt: skip
"""Instructions."""
LONGEST = 1024
"""Longest packet that is waited for; longer lengths are noise (the SDK has the same limit)."""
_MARK, _STUFFED = b"\xff\xff\xfd", b"\xff\xff\xfd\xfd"


def _crc_table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte << 8
        for _ in range(8):
            value = (value << 1) ^ (0x8005 if value & 0x8000 else 0)
        rows.append(value & 0xFFFF)
    return tuple(rows)


_CRC = _crc_table()


def crc16(data: bytes) -> int:
    """Return the check sum of the bytes of a packet before it."""
    value = 0
    for byte in data:
        value = ((value << 8) & 0xFFFF) ^ _CRC[(value >> 8) ^ byte]
    return value


def status(servo_id: int, error: int, parameters: bytes = b"") -> bytes:
    """Return a status packet."""
    body = (bytes([STATUS, error]) + parameters).replace(_MARK, _STUFFED)
    packet = HEADER + struct.pack("<BH", servo_id, len(body) + 2) + body
    return packet + struct.pack("<H", crc16(packet))


def fast_status(answers: list[tuple[int, int, bytes]]) -> bytes:
    """Return the one packet of a fast sync read: error, id, data and check sum so far, servo after servo.

    It is not stuffed here: whether firmware does is not known, and the driver keeps the mark out of its data.

    Args:
        answers: error, id and data of each servo, in the order they were asked for.
    """
    length = 1 + sum(len(data) + 4 for _, _, data in answers)
    packet = HEADER + struct.pack("<BHB", BROADCAST, length, STATUS)
    for error, servo_id, data in answers:
        packet += bytes([error, servo_id]) + data
        packet += struct.pack("<H", crc16(packet))
    return packet


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the master asks for.

    Attributes:
        servo_id: of whom; ``BROADCAST`` for all.
        code: the instruction.
        parameters: its parameters, without stuffing.
    """

    servo_id: int
    code: int
    parameters: bytes


class InstructionStream:
    """Finds instructions in the bytes of a bus, whatever pieces they come in; damaged ones are dropped."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[Instruction]:
        """Take bytes and yield every whole instruction in them."""
        self._buffer += data
        while True:
            start = self._buffer.find(HEADER)
            if start < 0:
                self._buffer = self._buffer[-3:]
                return
            self._buffer = self._buffer[start:]
            if len(self._buffer) < 7:
                return
            (length,) = struct.unpack_from("<H", self._buffer, 5)
            end = 7 + length
            if not 3 <= length <= LONGEST:
                self._buffer = self._buffer[1:]
                continue
            if len(self._buffer) < end:
                return
            packet, self._buffer = self._buffer[:end], self._buffer[end:]
            if crc16(packet[:-2]) == struct.unpack_from("<H", packet, end - 2)[0]:
                yield Instruction(packet[4], packet[7], packet[8:-2].replace(_STUFFED, _MARK))
