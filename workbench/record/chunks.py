"""The records of an MCAP file in order, read fast: one pass over the bytes of a chunk, and only of chunks asked for.

The reader of the ``mcap`` package costs a dozen calls a message; at 1 kHz that is most of the time of reading a run.
Format: https://mcap.dev/spec
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel, Metadata, Schema
from mcap.writer import MCAP0_MAGIC

BLOCK_SPAN_NS = 1_000_000_000
"""Longest time that the rows of a block of columns may lie after the time of its message, which is that of the first
row."""
_RECORD_BYTES_LIMIT = 1 << 28
"""Longest record believed; a damaged length field must not ask for gigabytes."""
_HEAD = struct.Struct("<BQ")
_CHUNK = struct.Struct("<QQQI")
_LENGTH = struct.Struct("<I")
_COMPRESSED_BYTES = struct.Struct("<Q")
_MESSAGE = struct.Struct("<HIQQ")


class DamageError(Exception):
    """The file ends or is damaged here; what was yielded before is sound."""


class NotMcapError(Exception):
    """The file does not begin as an MCAP file does."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of session time [ns], both ends included."""

    begin_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Closing:
    """The closing record of a file that was closed in order."""


MessageRecord = tuple[int, int, bytes]
"""Channel, session time [ns], content."""
Described = Channel | Schema | Metadata
_DESCRIBING: dict[int, type[Channel] | type[Schema] | type[Metadata]] = {
    int(Opcode.CHANNEL): Channel, int(Opcode.SCHEMA): Schema, int(Opcode.METADATA): Metadata,
}  # fmt: skip


def records(
    stream: BinaryIO, window: Window | None = None, unwanted: Collection[int] = ()
) -> Iterator[MessageRecord | Described | Closing]:
    """Yield messages, channels, schemas, metadata and the closing record in the order of the file.

    Args:
        stream: the file at its beginning; it can seek.
        window: leave chunks out that hold nothing of this time, unread; the first chunk is always read. Messages may
            tell of up to ``BLOCK_SPAN_NS`` after their own time.
        unwanted: channels whose messages are left out; looked at anew with every message.

    Raises:
        NotMcapError: the file is none.
        DamageError: the file ends before its closing record, or is damaged.
    """
    if stream.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
        raise NotMcapError
    is_first = True
    while True:
        opcode, length = _HEAD.unpack(_read(stream, _HEAD.size))
        if length > _RECORD_BYTES_LIMIT:
            raise DamageError(f"a record of {length} bytes")
        if opcode == Opcode.CHUNK:
            if window is not None and not is_first and _skipped(stream, length, window):
                continue
            is_first = False
            yield from _chunk(_read(stream, length), unwanted)
        elif opcode in _DESCRIBING:
            yield _parsed(opcode, _read(stream, length))
        elif opcode == Opcode.FOOTER:
            _read(stream, length)
            if stream.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
                raise DamageError("the closing mark is missing")
            yield Closing()
            return
        else:
            _read(stream, length)


def _skipped(stream: BinaryIO, length: int, window: Window) -> bool:
    """Skip the chunk that begins here where it lies outside of the window; leave the stream at its beginning else."""
    begin = stream.tell()
    start_ns, end_ns, _, _ = _CHUNK.unpack(_read(stream, _CHUNK.size))
    is_outside = bool(end_ns + BLOCK_SPAN_NS < window.begin_ns or start_ns > window.end_ns)
    stream.seek(begin + length if is_outside else begin)
    return is_outside


def _chunk(data: bytes, unwanted: Collection[int]) -> Iterator[MessageRecord | Described | Closing]:
    """Yield the records of a chunk. The checksum covers what is handed on, before anything is."""
    try:
        _, _, size, checksum = _CHUNK.unpack_from(data)
        (name_length,) = _LENGTH.unpack_from(data, _CHUNK.size)
        at = _CHUNK.size + _LENGTH.size + name_length
        compression = data[_CHUNK.size + _LENGTH.size : at]
        (packed_size,) = _COMPRESSED_BYTES.unpack_from(data, at)
    except struct.error as error:
        raise DamageError(str(error)) from error
    at += _COMPRESSED_BYTES.size
    content = _unpacked(data[at : at + packed_size], compression, size)
    if len(content) != size or (checksum and zlib.crc32(content) != checksum):
        raise DamageError("a chunk whose checksum is wrong")
    yield from _inside(content, unwanted)


def _unpacked(data: bytes, compression: bytes, size: int) -> bytes:
    if size > _RECORD_BYTES_LIMIT:
        raise DamageError(f"a chunk of {size} bytes")
    if compression == b"":
        return data
    if compression != b"zstd":
        raise DamageError(f"compression {compression!r}")
    try:
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
    except (zstandard.ZstdError, MemoryError) as error:
        raise DamageError(str(error)) from error


def _inside(content: bytes, unwanted: Collection[int]) -> Iterator[MessageRecord | Described]:
    at, end = 0, len(content)
    head, message, message_opcode = _HEAD.unpack_from, _MESSAGE.unpack_from, int(Opcode.MESSAGE)
    message_head, head_size = _MESSAGE.size, _HEAD.size
    while at + head_size <= end:
        opcode, length = head(content, at)
        at += head_size
        if at + length > end or (opcode == message_opcode and length < message_head):
            raise DamageError("a message that is longer than its chunk")
        if opcode == message_opcode:
            channel, _, time_ns, _ = message(content, at)
            if channel not in unwanted:
                yield channel, time_ns, content[at + message_head : at + length]
        elif opcode in _DESCRIBING:
            yield _parsed(opcode, content[at : at + length])
        at += length


def _parsed(opcode: int, data: bytes) -> Described:
    try:
        record: Described = _DESCRIBING[opcode].read(ReadDataStream(io.BytesIO(data)))
        return record
    except Exception as error:  # the package raises whatever its parts do
        raise DamageError(str(error)) from error


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise DamageError("the file ends here")
    return data
