"""Questions to moteus controllers and their answers, encoded and read by the official library.

A question carries a number of its own as its source, to which the controller sends its answer: an answer to an older
question is known by its address.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import moteus
from moteus import multiplex

from hardware.moteus.link import Frame

_REPLY, _PLACE = 0x8000, 0x7F
_NO_POSITION = math.nan
_TORQUE = struct.Struct("<f")
_MARK_NM = 1.2345679e-20
"""A torque that no limit and no watchdog is, so that its place in a frame can be found."""
MODE, POSITION, VELOCITY, TORQUE = (
    int(moteus.Register.MODE), int(moteus.Register.POSITION), int(moteus.Register.VELOCITY),
    int(moteus.Register.TORQUE),
)  # fmt: skip
VOLTAGE, TEMPERATURE, FAULT = (
    int(moteus.Register.VOLTAGE), int(moteus.Register.TEMPERATURE), int(moteus.Register.FAULT),
)  # fmt: skip
HOME, FIRMWARE, REGISTER_MAP, UUID = (
    int(moteus.Register.HOME_STATE), int(moteus.Register.FIRMWARE_VERSION), int(moteus.Register.REGISTER_MAP_VERSION),
    int(moteus.Register.UUID1),
)  # fmt: skip
STREAM_CHANNEL, STREAM_BYTES = 1, 48
"""Diagnostic channel, and how many of its bytes an answer may bring (defaults of the library)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a controller says.

    Attributes:
        servo_id: which.
        source: number of the question.
        values: by register, in units of the protocol; empty for an answer of the diagnostic stream.
        text: of the diagnostic stream.
    """

    servo_id: int
    source: int
    values: dict[int, Any]
    text: bytes


def _query() -> Any:
    """Return what is asked in every cycle: floats where a number is controlled by, small integers elsewhere."""
    query = moteus.QueryResolution()
    query.mode, query.position = multiplex.INT8, multiplex.F32
    query.velocity = query.torque = multiplex.F32
    query.voltage = query.temperature = query.fault = multiplex.INT16
    return query


def _torque_command() -> Any:
    """Return how a torque command is written: 32 bytes, a length that CAN-FD has."""
    command = moteus.PositionResolution()
    command.position = command.velocity = command.kp_scale = command.kd_scale = multiplex.INT8
    command.ilimit_scale = multiplex.INT8
    command.feedforward_torque = command.maximum_torque = command.watchdog_timeout = multiplex.F32
    return command


class Questions:
    """Frames for one controller.

    Args:
        servo_id: its id.
        watchdog_s: time without a command after which it stops by itself; NaN for never.
        limit_nm: largest torque at its output.
    """

    def __init__(self, servo_id: int, watchdog_s: float, limit_nm: float) -> None:
        self.servo_id, self._watchdog_s, self._limit_nm = servo_id, watchdog_s, limit_nm
        # The transport is never used; with one, the library does not look for an adapter.
        self._make = moteus.Controller(
            id=servo_id, query_resolution=_query(), position_resolution=_torque_command(), transport=object()
        )
        self._cyclic = bytes(self._make.make_query().data)
        self._silent, self._asking = self._template(is_query=False), self._template(is_query=True)

    def cyclic(self, source: int) -> Frame:
        """Ask for what is read in every cycle."""
        return Frame(_REPLY | source << 8 | self.servo_id, self._cyclic)

    def torque(self, tau_nm: float, source: int | None = None) -> Frame:
        """Command a torque at the output [Nm]; with a source, ask for the cyclic numbers as well.

        Position control without position, stiffness, damping and integral is torque control: feedforward alone.
        """
        begin, end = self._silent if source is None else self._asking
        head = 0 if source is None else _REPLY | source << 8
        return Frame(head | self.servo_id, begin + _TORQUE.pack(tau_nm) + end)

    def stop(self, source: int | None = None) -> Frame:
        """Take torque off and clear faults; with a source, ask for the cyclic numbers as well."""
        return self._frame(self._make.make_stop(query=source is not None), source)

    def nothing(self) -> Frame:
        """Send a frame that asks for nothing and does nothing."""
        return Frame(self.servo_id, bytes([multiplex.NOP]))

    def registers(self, first: int, count: int, source: int) -> Frame:
        """Ask for registers as 32-bit integers."""
        asked = self._make.make_custom_query(dict.fromkeys(range(first, first + count), multiplex.INT32))
        return self._frame(asked, source)

    def say(self, text: str) -> Frame:
        """Write a line to the diagnostic stream."""
        return self._frame(self._make.make_diagnostic_write(text.encode() + b"\n", channel=STREAM_CHANNEL), None)

    def listen(self, source: int) -> Frame:
        """Ask for what the diagnostic stream says."""
        return self._frame(self._make.make_diagnostic_read(STREAM_BYTES, channel=STREAM_CHANNEL), source)

    def _template(self, *, is_query: bool) -> tuple[bytes, bytes]:
        """Return what the library writes before and after the torque of a command.

        It writes the whole frame anew for every torque, which takes 40 us on a slow core; only the torque changes.
        """
        made = self._make.make_position(
            position=_NO_POSITION, velocity=0.0, kp_scale=0.0, kd_scale=0.0, ilimit_scale=0.0,
            feedforward_torque=_MARK_NM, maximum_torque=self._limit_nm, watchdog_timeout=self._watchdog_s,
            query=is_query,
        )  # fmt: skip
        begin, mark, end = bytes(made.data).partition(_TORQUE.pack(_MARK_NM))
        if not mark:
            raise ValueError("the library wrote a torque in another form; allowed: a float of 32 bits")
        return begin, end

    def _frame(self, made: Any, source: int | None) -> Frame:
        head = 0 if source is None else _REPLY | source << 8
        return Frame(head | self.servo_id, bytes(made.data))


def answer_of(frame: Frame) -> Answer | None:
    """Return what a frame says; None where it is no answer, or damaged."""
    if frame.identifier & _REPLY:
        return None
    values: dict[int, Any] = {}
    text = b""
    try:
        for part in multiplex.parse_frame(frame.data):
            if isinstance(part, multiplex.StreamSubframe) and part.channel == STREAM_CHANNEL:
                text += part.data
            elif isinstance(part, multiplex.RegisterSubframe) and part.type is multiplex.SubframeType.RESPONSE:
                values[part.register] = moteus.protocol.scale_register(part.register, part.resolution, part.value)
    except (RuntimeError, ValueError, IndexError, TypeError, OverflowError, struct.error):
        return None  # the library's parser expects whole frames
    return Answer(frame.identifier >> 8 & _PLACE, frame.identifier & _PLACE, values, text)
