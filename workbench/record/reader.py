"""Reads a record back, whole or cut off anywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from mcap.records import Channel, Metadata, Schema
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from controller.errors import RecordError
from workbench.record.chunks import DamageError, NotMcapError, Window, records
from workbench.record.column_reader import ColumnReader
from workbench.record.columns import StepColumns, no_steps, wide
from workbench.record.container import RUN_ID, RUN_METADATA
from workbench.record.messages import EVENT_DATA, Event, EventKind, LoopStats, RunConfig, Topic
from workbench.record.other_truth import NO_OTHER_TRUTH, AfterSample, ContactSample, OtherTruth, OtherTruthBuilder
from workbench.record.record_schema import RecordSchema, schema_of

RECORD_NAME = "record.mcap"
Row = dict[str, Any]
"""A JSON object as it stands in the record."""
_OLD_STEPS = "/step"
"""Where records of earlier versions hold their steps, each as JSON."""
_FOR_PICTURES = (Topic.STATE, Topic.TF, Topic.LIMITED)
"""Topics that hold nothing that the columns and events do not."""
_CONFIG = TypeAdapter(RunConfig)
_LOOP = TypeAdapter(LoopStats)
_CONTACTS = TypeAdapter(ContactSample)
_AFTER = TypeAdapter(AfterSample)
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
        run_id: identity of the run, also in its summary; empty for a run without a record, or of an earlier version.
        other: contacts of links and the seconds after the end, as a simulation knows them.
    """

    path: Path
    config: RunConfig
    steps: StepColumns
    events: tuple[Event, ...]
    loop: tuple[LoopStats, ...]
    is_complete: bool
    run_id: str = ""
    other: OtherTruth = NO_OTHER_TRUTH


class RecordStream:
    """Iterates over the messages of a record as (topic, time [ns], content); stops where the file was cut off.

    Args:
        path: the record.
        window: leave out, unread, whatever lies farther from this time than a chunk is long; configuration included.
        left_out: topics to leave out.

    Attributes:
        is_complete: after the iteration, True where the file was closed in order.
        run_id: identity of the run as far as the iteration has come; empty in records of earlier versions.
        schema: what the blocks of ``/columns`` hold, as far as the iteration has come; None before the first block.
    """

    def __init__(self, path: Path, window: Window | None = None, left_out: Collection[Topic] = ()) -> None:
        self._path, self._window, self._left_out = path, window, left_out
        self.is_complete = False
        self.run_id = ""
        self.schema: RecordSchema | None = None

    def __iter__(self) -> Iterator[tuple[Topic, int, bytes]]:
        """Yield the messages. Raises RecordError where the file cannot be opened, is no record, or is an old one."""
        try:
            stream = self._path.open("rb")
        except OSError as error:
            raise RecordError(str(self._path), error.strerror or str(error), "give the folder of a run") from error
        with stream:
            try:
                yield from self._messages(stream)
            except NotMcapError as error:
                raise RecordError(str(self._path), "no MCAP file", "give the folder of a run") from error
            except DamageError:
                return

    def _messages(self, stream: BinaryIO) -> Iterator[tuple[Topic, int, bytes]]:
        topics: dict[int, Topic] = {}
        schemas: dict[int, Schema] = {}
        unwanted: set[int] = set()
        known = {topic.value: topic for topic in Topic}
        for record in records(stream, self._window, unwanted):
            if isinstance(record, tuple):
                number, time_ns, data = record
                topic = topics.get(number)
                if topic is not None:
                    yield topic, time_ns, data
            elif isinstance(record, Schema):
                schemas[record.id] = record
            elif isinstance(record, Channel):
                if record.topic == _OLD_STEPS:
                    raise RecordError(
                        str(self._path),
                        f"a record of an earlier version, with {_OLD_STEPS} in place of {Topic.COLUMNS.value}",
                        "use the version of massage-arm that wrote it",
                    )
                if record.topic in known:
                    topics[record.id] = topic = known[record.topic]
                    if topic in self._left_out:
                        unwanted.add(record.id)
                    if topic is Topic.COLUMNS and record.schema_id in schemas:
                        self.schema = schema_of(schemas[record.schema_id].data)
            elif isinstance(record, Metadata):
                if record.name == RUN_METADATA:
                    self.run_id = record.metadata.get(RUN_ID, "")
            else:
                self.is_complete = True


def find_record(run: Path) -> Path:
    """Return the record of a run folder, or ``run`` itself where it is a file.

    Raises:
        RecordError: there is none.
    """
    path = run / RECORD_NAME if run.is_dir() else run
    if not path.is_file():
        raise RecordError(str(path), "no such record", "give the folder of a run, such as runs/NAME")
    return path


def read_run(run: Path, window_s: tuple[float, float] | None = None) -> RunData:
    """Return what a record holds.

    Args:
        run: a record or the folder of a run.
        window_s: only steps of this session time, both ends included, and only events near to it; None for all.

    Raises:
        RecordError: it cannot be read, or it was cut off before the configuration was written.
    """
    window = None if window_s is None else Window(*(max(round(1e9 * t_s), 0) for t_s in window_s))
    columns = ColumnReader(StepColumns.__slots__, window)
    found = read_contents(run, columns, window)
    steps = no_steps() if columns.is_empty else StepColumns.of(stored_arrays(found.path, columns))
    other = found.other if window_s is None else found.other.within(*window_s)
    return RunData(found.path, found.config, steps, found.events, found.loop, found.is_complete, found.run_id, other)


def read_columns(run: Path, names: Collection[str]) -> tuple[RunConfig, dict[str, NDArray[Any]]]:
    """Return the configuration of a run and some fields of its steps, by their names in StepColumns.

    Raises:
        RecordError: as ``read_run``.
    """
    columns = ColumnReader(names)
    found = read_contents(run, columns)
    if columns.is_empty:
        steps = no_steps()
        return found.config, {name: getattr(steps, name) for name in names}
    arrays = stored_arrays(found.path, columns)
    return found.config, {name: wide(arrays[name]) for name in names}


def read_run_id(run: Path) -> str:
    """Return the identity of a recorded run from the beginning of its record; empty where it has none.

    Raises:
        RecordError: there is no record, or it cannot be read.
    """
    stream = RecordStream(find_record(run))
    next(iter(stream), None)
    return stream.run_id


@dataclass(frozen=True, slots=True)
class Contents:
    """What a record holds beside its columns; see RunData."""

    path: Path
    config: RunConfig
    events: tuple[Event, ...]
    loop: tuple[LoopStats, ...]
    is_complete: bool
    run_id: str
    other: OtherTruth


def stored_arrays(path: Path, columns: ColumnReader) -> dict[str, NDArray[Any]]:
    """Return what was read into ``columns``, as it is stored. Raises RecordError where this version cannot read it."""
    try:
        return columns.arrays()
    except ValueError as error:
        raise _unknown(path, error) from error


def _unknown(path: Path, error: Exception) -> RecordError:
    reason = str(error).partition("\n")[0]
    return RecordError(str(path), f"unknown content ({reason})", "use the version of massage-arm that wrote it")


def read_contents(run: Path, columns: ColumnReader, window: Window | None = None) -> Contents:
    """Return what a record holds; its steps go into ``columns``, of which ``window`` is the same.

    Raises:
        RecordError: as ``read_run``.
    """
    path = find_record(run)
    stream = RecordStream(path, window, _FOR_PICTURES)
    config: RunConfig | None = None
    events: list[Event] = []
    loop: list[LoopStats] = []
    other = OtherTruthBuilder()
    if window is None:
        columns.expect(path.stat().st_size)
    try:
        for topic, _, data in stream:
            if topic is Topic.COLUMNS and stream.schema is not None:
                columns.begin(stream.schema)
                columns.add(data)
            elif topic is Topic.CONFIG:
                config = _CONFIG.validate_json(data)
            elif topic is Topic.EVENT:
                events.append(_event(data))
            elif topic is Topic.LOOP:
                loop.append(_LOOP.validate_json(data))
            elif topic is Topic.OTHER_CONTACT:
                other.touch(_CONTACTS.validate_python(_with_nan(orjson.loads(data))))
            elif topic is Topic.AFTERMATH:
                other.after(_AFTER.validate_python(_with_nan(orjson.loads(data))))
        if config is None:
            raise RecordError(str(path), "the record holds no configuration", "it was cut off at its very beginning")
        return Contents(path, config, tuple(events), tuple(loop), stream.is_complete, stream.run_id, other.finish())
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise _unknown(path, error) from error


def _event(data: bytes) -> Event:
    row = orjson.loads(data)
    kind = EventKind(row["kind"])
    return Event(row["t_s"], kind, _EVENTS[kind].validate_python(_with_nan(row["data"])))


def _with_nan(row: Row) -> Row:
    """Return the row with NaN where the record holds null, nested rows too: it can only stand for a number."""
    return {key: _number_or(value) for key, value in row.items()}


def _number_or(value: Any) -> Any:
    if isinstance(value, list):
        return [_number_or(one) for one in value]
    return float("nan") if value is None else _with_nan(value) if isinstance(value, dict) else value
