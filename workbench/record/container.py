"""An MCAP file written chunk by chunk, readable by every MCAP reader and after being cut off anywhere.

The writer of the ``mcap`` package costs 13 us a message (one Python object and a dozen small writes each); a session
at 1 kHz cannot pay that. Here a message costs one ``struct.pack``; all other records are the package's own.
Format: https://mcap.dev/spec
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, cast

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
)
from mcap.writer import MCAP0_MAGIC

CHUNK_BYTES = 1 << 18
"""A chunk is closed when it holds this much; little enough to stay in the processor's cache."""
CHUNK_SPAN_NS = 1_000_000_000
"""... or when it spans this much session time: what a record without columns that is cut off can lose."""
ZSTD_LEVEL = 3
"""Measured on columns of a session: 0.4 us a tick more than level 1, and 1 % smaller."""

RUN_METADATA, RUN_ID = "massage_arm", "run_id"
"""Name of the metadata record that says which run this is, and its key."""

_MESSAGE = struct.Struct("<BQHIQQ")
_MESSAGE_HEAD_BYTES = 22
Message = tuple[int, int, bytes]
"""Channel, session time [ns], content."""
_INDEX_HEAD = struct.Struct("<BQHI")


@dataclass(frozen=True, slots=True)
class Encodings:
    """Names of the encodings of a channel.

    Attributes:
        message: encoding of its messages.
        schema: encoding of its schema.
    """

    message: str
    schema: str


JSON = Encodings("json", "jsonschema")


class _Buffer(Protocol):
    """The part of ``RecordBuilder`` that the package leaves without types."""

    def end(self) -> bytes: ...


@dataclass(slots=True)
class _OpenChunk:
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    start_ns: int = 0
    end_ns: int = 0
    index: dict[int, list[int]] = field(default_factory=dict)


class McapContainer:
    """Writes channels and messages to a stream; the caller owns and closes the stream.

    Args:
        stream: binary stream at its beginning.
        library: who wrote the file.

    Raises:
        OSError: the stream cannot take more data; what was flushed before stays readable.
    """

    def __init__(self, stream: BinaryIO, library: str) -> None:
        self._stream = stream
        self._position = 0
        self._chunk = _OpenChunk()
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._chunk_indexes = bytearray()
        self._chunk_count, self._start_ns, self._end_ns = 0, 0, 0
        self._metadata: list[MetadataIndex] = []
        self._counts: dict[int, int] = {}
        self._put(MCAP0_MAGIC + _encode(Header(profile="", library=library)))

    def add_channel(self, topic: str, schema_name: str, schema: bytes, encodings: Encodings = JSON) -> int:
        """Return the id of a new channel with its own schema; both are written at once, outside any chunk."""
        number = len(self._channels) + 1
        self._schemas.append(Schema(id=number, name=schema_name, encoding=encodings.schema, data=schema))
        self._channels.append(
            Channel(id=number, topic=topic, message_encoding=encodings.message, metadata={}, schema_id=number)
        )
        self._put(_encode(self._schemas[-1]) + _encode(self._channels[-1]))
        return number

    def add_metadata(self, name: str, values: dict[str, str]) -> None:
        """Write named text values at once, outside any chunk."""
        record = _encode(Metadata(name=name, metadata=values))
        self._metadata.append(MetadataIndex(offset=self._position, length=len(record), name=name))
        self._put(record)

    def add_message(self, channel: int, time_ns: int, data: bytes) -> None:
        """Append one message (``time_ns`` of session time) and close the chunk when it is full."""
        self.add_messages(((channel, time_ns, data),))

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Append messages as ``add_message`` does; written for few steps a message, because it holds up the loop."""
        chunk, counts, pack, head_bytes = self._chunk, self._counts, _MESSAGE.pack, _MESSAGE.size
        for channel, time_ns, data in messages:
            if not chunk.parts:
                chunk.start_ns = chunk.end_ns = time_ns
            elif time_ns > chunk.end_ns:
                chunk.end_ns = time_ns
            elif time_ns < chunk.start_ns:
                chunk.start_ns = time_ns
            sequence = counts.get(channel, 0)
            counts[channel] = sequence + 1
            index = chunk.index.get(channel)
            if index is None:
                index = chunk.index[channel] = []
            size, length = chunk.size, len(data)
            index += (time_ns, size)
            head = pack(Opcode.MESSAGE, _MESSAGE_HEAD_BYTES + length, channel, sequence, time_ns, time_ns)
            chunk.parts += (head, data)
            chunk.size = size = size + head_bytes + length
            if size >= CHUNK_BYTES or chunk.end_ns - chunk.start_ns >= CHUNK_SPAN_NS:
                self.flush()
                chunk = self._chunk

    def flush(self) -> None:
        """Close the open chunk and push it to the operating system."""
        chunk, self._chunk = self._chunk, _OpenChunk()
        if not chunk.parts:
            return
        raw = b"".join(chunk.parts)
        record = Chunk(
            compression="zstd",
            data=self._compressor.compress(raw),
            message_start_time=chunk.start_ns,
            message_end_time=chunk.end_ns,
            uncompressed_crc=zlib.crc32(raw),
            uncompressed_size=len(raw),
        )
        encoded = _encode(record)
        chunk_start = self._position
        self._put(encoded)
        self._chunk_indexes += _encode(self._index_chunk(chunk, record, chunk_start, len(encoded)))
        self._start_ns = min(self._start_ns, chunk.start_ns) if self._chunk_count else chunk.start_ns
        self._end_ns = max(self._end_ns, chunk.end_ns)
        self._chunk_count += 1
        self._stream.flush()

    def finish(self) -> None:
        """Write the last chunk, the summary section and the closing magic."""
        self.flush()
        self._put(_encode(DataEnd(data_section_crc=0)))
        summary_start = self._position
        for record in (*self._schemas, *self._channels, self._statistics()):
            self._put(_encode(record))
        self._put(bytes(self._chunk_indexes))
        for index in self._metadata:
            self._put(_encode(index))
        footer = Footer(summary_start=summary_start, summary_offset_start=0, summary_crc=0)
        self._put(_encode(footer) + MCAP0_MAGIC)
        self._stream.flush()

    def _put(self, data: bytes) -> None:
        self._stream.write(data)
        self._position += len(data)

    def _index_chunk(self, chunk: _OpenChunk, record: Chunk, start: int, length: int) -> ChunkIndex:
        index_start = self._position
        offsets = {}
        for channel, entries in chunk.index.items():
            offsets[channel] = self._position
            body = struct.pack(f"<{len(entries)}Q", *entries)
            self._put(_INDEX_HEAD.pack(Opcode.MESSAGE_INDEX, 6 + len(body), channel, len(body)) + body)
        return ChunkIndex(
            chunk_length=length,
            chunk_start_offset=start,
            compression="zstd",
            compressed_size=len(record.data),
            message_end_time=record.message_end_time,
            message_index_length=self._position - index_start,
            message_index_offsets=offsets,
            message_start_time=record.message_start_time,
            uncompressed_size=record.uncompressed_size,
        )

    def _statistics(self) -> Statistics:
        return Statistics(
            attachment_count=0,
            channel_count=len(self._channels),
            channel_message_counts=self._counts,
            chunk_count=self._chunk_count,
            message_count=sum(self._counts.values()),
            metadata_count=len(self._metadata),
            message_start_time=self._start_ns,
            message_end_time=self._end_ns,
            schema_count=len(self._schemas),
        )


def _encode(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return cast("_Buffer", builder).end()
