"""Reads a record back, whole or cut off anywhere."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import zstandard
from mcap.exceptions import InvalidMagic, McapError
from mcap.records import Channel, Footer, McapRecord, Message
from mcap.stream_reader import StreamReader
from pydantic import TypeAdapter, ValidationError

from controller.errors import RecordError
from workbench.columns import ColumnBuilder, Row, StepColumns
from workbench.messages import EVENT_DATA, Event, EventKind, LoopStats, RunConfig, Topic

RECORD_NAME = "record.mcap"
_RECORD_BYTES_LIMIT = 1 << 28
"""Longest MCAP record believed; a damaged length field must not ask for gigabytes."""
_CUT_OFF = (McapError, zstandard.ZstdError, struct.error, ValueError, KeyError, MemoryError)
"""What the MCAP reader raises at the place where a file was cut off or damaged."""

_CONFIG = TypeAdapter(RunConfig)
_LOOP = TypeAdapter(LoopStats)
_EVENTS = {kind: TypeAdapter[Any](data_type) for kind, data_type in EVENT_DATA.items()}


@dataclass(frozen=True, slots=True)
class RunData:
    """A whole run, as far as it was written.

    Attributes:
        path: the record.
        config: what the run was made of.
        steps: one row per tick.
        events: in the order of the record.
        loop: loop statistics, about one a second; the last one is the total where the run was closed in order.
        is_complete: False where the file was cut off.
    """

    path: Path
    config: RunConfig
    steps: StepColumns
    events: tuple[Event, ...]
    loop: tuple[LoopStats, ...]
    is_complete: bool


class RecordStream:
    """Iterates over the messages of a record as (topic, time [ns], JSON); stops where the file was cut off.

    Args:
        path: the record.

    Attributes:
        is_complete: after the iteration, True where the file was closed in order.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_complete = False

    def __iter__(self) -> Iterator[tuple[Topic, int, bytes]]:
        """Yield the messages. Raises RecordError where the file cannot be opened or is no MCAP file."""
        try:
            stream = self._path.open("rb")
        except OSError as error:
            raise RecordError(str(self._path), error.strerror or str(error), "give the folder of a run") from error
        with stream:
            yield from self._messages(stream)

    def _messages(self, stream: BinaryIO) -> Iterator[tuple[Topic, int, bytes]]:
        topics: dict[int, Topic] = {}
        for record in self._records(stream):
            if isinstance(record, Message) and record.channel_id in topics:
                yield topics[record.channel_id], record.log_time, record.data
            elif isinstance(record, Channel) and record.topic in set(Topic):
                topics[record.id] = Topic(record.topic)
            elif isinstance(record, Footer):
                self.is_complete = True

    def _records(self, stream: BinaryIO) -> Iterator[McapRecord]:
        reader = StreamReader(stream, validate_crcs=True, record_size_limit=_RECORD_BYTES_LIMIT)
        try:
            yield from reader.records
        except InvalidMagic as error:
            if stream.tell() <= 8:
                raise RecordError(str(self._path), "no MCAP file", "give the folder of a run") from error
            self.is_complete = False
        except _CUT_OFF:
            self.is_complete = False


def find_record(run: Path) -> Path:
    """Return the record of a run folder, or ``run`` itself where it is a file.

    Raises:
        RecordError: there is none.
    """
    path = run / RECORD_NAME if run.is_dir() else run
    if not path.is_file():
        raise RecordError(str(path), "no such record", "give the folder of a run, such as runs/NAME")
    return path


def read_steps(path: Path) -> Iterator[Row]:
    """Yield the rows of ``/step`` as they were written, as far as the file goes."""
    for topic, _, data in RecordStream(path):
        if topic is Topic.STEP:
            yield orjson.loads(data)


def read_run(run: Path) -> RunData:
    """Return everything that a record holds.

    Args:
        run: a record or the folder of a run.

    Raises:
        RecordError: it cannot be read, or it was cut off before the configuration was written.
    """
    path = find_record(run)
    stream = RecordStream(path)
    columns = ColumnBuilder()
    config: RunConfig | None = None
    events: list[Event] = []
    loop: list[LoopStats] = []
    try:
        for topic, _, data in stream:
            if topic is Topic.STEP:
                columns.add(orjson.loads(data))
            elif topic is Topic.CONFIG:
                config = _CONFIG.validate_json(data)
            elif topic is Topic.EVENT:
                events.append(_event(data))
            elif topic is Topic.LOOP:
                loop.append(_LOOP.validate_json(data))
        if config is None:
            raise RecordError(str(path), "the record holds no configuration", "it was cut off at its very beginning")
        return RunData(path, config, columns.finish(), tuple(events), tuple(loop), stream.is_complete)
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise RecordError(
            str(path), f"unknown content ({reason})", "use the version of massage-arm that wrote it"
        ) from error


def _event(data: bytes) -> Event:
    row = orjson.loads(data)
    kind = EventKind(row["kind"])
    return Event(row["t_s"], kind, _EVENTS[kind].validate_python(_with_nan(row["data"])))


def _with_nan(row: Row) -> Row:
    """Return the row with NaN where the record holds null, nested rows too: it can only stand for a number."""
    return {key: _number_or(value) for key, value in row.items()}


def _number_or(value: Any) -> Any:
    return float("nan") if value is None else _with_nan(value) if isinstance(value, dict) else value
