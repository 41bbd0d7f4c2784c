"""Writes the record of a session without holding up its loop.

Each step is packed into a row in the loop while it is hot in the cache (the same few microseconds every tick), and rows
are handed over in batches; a writer thread turns them into columns, compresses and writes them, almost all of it
outside the interpreter lock. Nothing of a step is kept beyond its batch.
"""

from __future__ import annotations

import contextlib
import queue
import struct
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import orjson

from controller.errors import RecordError
from controller.observers import SessionEvent
from controller.types import OtherContact, StepRecord, Truth
from workbench.record.block_codec import Precision
from workbench.record.chunks import BLOCK_SPAN_NS
from workbench.record.events import EventDetector
from workbench.record.limited_sample import LimitedSample
from workbench.record.messages import (
    EndEvent,
    Event,
    EventData,
    EventKind,
    LoopStats,
    RunConfig,
    StaticFrame,
    Topic,
    session_event,
)
from workbench.record.other_truth import AfterSample, ContactSample, OtherTruth, OtherTruthBuilder, rounded
from workbench.record.record_writer import Batch, RecordWriter
from workbench.record.row_layout import RowLayout, Sizes
from workbench.record.row_values import RegionTable, row_values
from workbench.record.timing import TickTimes
from workbench.record.wall_clock import WallClock

BATCH_STEPS = 512
"""Steps of a block of columns: what a record that is cut off can lose, 0.51 s at 1 kHz. One of 256 is 3 % larger."""
QUEUE_BATCHES = 8
"""Batches that may wait for the writer: 4 s of a session at 1 kHz."""
AFTER_MESSAGES = 512
"""Messages handed over at once after the session, when no steps are written any more."""
SAMPLE_PERIOD_NS = 20_000_000
"""Period of ``/state`` and ``/tf``."""
LOOP_PERIOD_NS = 1_000_000_000
_DISK_TODO = "free disk space or choose another --out; what was written stays readable"

Opener = Callable[[Path], BinaryIO]


def open_exclusively(path: Path) -> BinaryIO:
    """Open a record for writing, replacing an older one."""
    return cast("BinaryIO", path.open("wb"))


class McapRecorder:
    """Recorder of one session; ``Topic`` says what it writes.

    Args:
        path: file to write.
        config: what the run is made of.
        lossless: True where time is simulated: a full queue makes the loop wait, no step is lost. False on hardware:
            the loop never waits, steps that do not fit are dropped and counted (events are kept).
        static_frames: fixed frames to show beside the tool on ``/tf``.
        opener: how the file is opened.
        precision: of the full-rate columns.
        wall_clock: tells lateness and work of the loops at the end of a run that is driven on the wall clock; None in
            simulation.

    Attributes:
        run_id: identity of this run; no other has it, equal as they may be otherwise.

    Raises:
        RecordError: the file cannot be opened or written; from ``write`` and ``close`` also when an earlier batch
            could not be written.
    """

    def __init__(
        self,
        path: Path,
        config: RunConfig,
        *,
        lossless: bool,
        static_frames: tuple[StaticFrame, ...] = (),
        opener: Opener = open_exclusively,
        precision: Precision = Precision.SINGLE,
        wall_clock: WallClock | None = None,
    ) -> None:
        self.run_id = uuid.uuid4().hex
        self._path = path
        self._lossless = lossless
        self.precision = precision
        self._wall_clock = wall_clock
        self._batch = Batch()
        self._queue: queue.Queue[Batch | None] = queue.Queue(QUEUE_BATCHES)
        self._layout: RowLayout | None = None
        self._regions = RegionTable()
        self._detector = EventDetector(config.segments)
        self._times = TickTimes(config.dt_s)
        self._durations_ns: list[int] = []
        self._last_wall_ns = 0
        self._last_t_s = 0.0
        self._next_sample_ns = 0
        self._next_loop_ns = LOOP_PERIOD_NS
        self._drops = 0
        self._error: RecordError | None = None
        self._total: LoopStats | None = None
        self._events: list[Event] = []
        self._other = OtherTruthBuilder()
        self._is_complete = False
        try:
            self._stream = opener(path)
        except OSError as error:
            raise _record_error(path, error) from error
        try:
            self._writer = RecordWriter(self._stream, config, self.run_id, precision, static_frames)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._stream.close()
            raise _record_error(path, error) from error
        self._thread = threading.Thread(target=self._write_batches, name="recorder", daemon=True)
        self._thread.start()

    is_critical = True
    """A session that cannot be recorded does not go on."""

    def on_step(self, step: StepRecord) -> None:
        """Record one step, as ``write`` does."""
        self.write(step)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Record what the session says beside its steps."""
        self._append_event(session_event(t_s, event))

    def write(self, record: StepRecord) -> None:
        """Record one step; ``record.t_s`` must not decrease."""
        if self._error is not None:
            raise self._error
        wall_ns = time.perf_counter_ns()
        if self._last_wall_ns:
            self._durations_ns.append(wall_ns - self._last_wall_ns)
        self._last_wall_ns = wall_ns
        self._last_t_s = record.t_s
        time_ns = round(record.t_s * 1e9)
        if self._batch.rows and time_ns - self._batch.first_ns > BLOCK_SPAN_NS:
            self._hand_over(time_ns)
        batch = self._batch
        if not batch.rows:
            batch.first_ns = time_ns
        batch.rows.append(self._packed(record))
        for event in self._detector.observe(record):
            self._append_event(event)
        if record.applied.limited:
            sample = LimitedSample(record.t_s, record.applied.limited)
            batch.messages.append((Topic.LIMITED, time_ns, orjson.dumps(sample)))
        if time_ns >= self._next_sample_ns:
            self._next_sample_ns = time_ns - time_ns % SAMPLE_PERIOD_NS + SAMPLE_PERIOD_NS
            batch.samples.append(record)
        if len(batch.rows) >= BATCH_STEPS:
            self._hand_over(time_ns)

    @property
    def settled_steps(self) -> int:
        """Steps that will not change any more: in the file, readable whatever comes, or dropped."""
        return self._writer.written_steps + self._drops

    @property
    def drops(self) -> int:
        """Steps dropped so far."""
        return self._drops

    def event(self, t_s: float, kind: EventKind, data: EventData) -> None:
        """Record an event that the steps do not show, such as an injected fault."""
        self._append_event(Event(t_s, kind, data))

    def touch(self, t_s: float, contacts: tuple[OtherContact, ...]) -> None:
        """Record what touched in a period beside the pads."""
        sample = ContactSample(t_s, contacts)
        self._other.touch(sample)
        self._batch.messages.append((Topic.OTHER_CONTACT, round(t_s * 1e9), orjson.dumps(sample)))

    def after(self, t_s: float, truth: tuple[Truth, ...]) -> None:
        """Record a period after the end of the session."""
        sample = AfterSample(t_s, truth)
        self._other.after(sample)
        recorded = rounded(sample) if self.precision is Precision.SINGLE else sample
        self._batch.messages.append((Topic.AFTERMATH, round(t_s * 1e9), orjson.dumps(recorded)))
        if len(self._batch.messages) >= AFTER_MESSAGES:
            self._hand_over(round(self._last_t_s * 1e9))

    def other_truth(self) -> OtherTruth:
        """Return contacts of links and what happened after the end, as far as it was handed over."""
        return self._other.finish()

    @property
    def events(self) -> tuple[Event, ...]:
        """Events so far, in the order of the record."""
        return tuple(self._events)

    @property
    def total(self) -> LoopStats | None:
        """Loop statistics of the whole session, also where they could not be written; None before it is closed."""
        return self._total

    @property
    def is_complete(self) -> bool:
        """True once the record has been closed in order."""
        return self._is_complete

    def close(self, message: str = "") -> LoopStats:
        """Write what is left, close the file and return the statistics of the whole session; may be called twice.

        Args:
            message: what ended the session, empty where the plan was completed.
        """
        if self._total is None:
            self._finish(message)
        if self._error is not None:
            raise self._error
        if self._total is None:
            raise RecordError(str(self._path), "the record was not closed", "report this as a bug")
        return self._total

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; an error on its way out is never replaced by one of closing."""
        try:
            self.close("" if error is None else f"{type(error).__name__}: {error}")
        except RecordError:
            if error is None:
                raise

    def _append_event(self, event: Event) -> None:
        if self._error is None:  # a record that cannot be written any more has no more events either
            self._events.append(event)
        self._batch.messages.append((Topic.EVENT, round(event.t_s * 1e9), orjson.dumps(event)))

    def _hand_over(self, time_ns: int) -> None:
        batch, self._batch = self._batch, Batch()
        batch.t_s, batch.drops = self._last_t_s, self._drops
        if time_ns >= self._next_loop_ns:
            self._next_loop_ns = time_ns - time_ns % LOOP_PERIOD_NS + LOOP_PERIOD_NS
            batch.durations_ns, self._durations_ns = self._durations_ns, []
        if self._lossless:
            self._queue.put(batch)
            return
        try:
            self._queue.put_nowait(batch)
        except queue.Full:
            self._drops += len(batch.rows)
            self._durations_ns = (batch.durations_ns or []) + self._durations_ns
            self._batch.messages = batch.messages

    def _finish(self, message: str) -> None:
        for event in (*self._detector.finish(self._last_t_s), Event(self._last_t_s, EventKind.END, EndEvent(message))):
            self._append_event(event)
        self._batch.t_s, self._batch.drops = self._last_t_s, self._drops
        self._batch.durations_ns = self._durations_ns or None
        self._queue.put(self._batch)
        self._queue.put(None)
        self._thread.join()
        total = self._times.stats(self._last_t_s, None, self._queue.qsize(), self._drops)
        self._total = total if self._wall_clock is None else replace(total, wall_clock=self._wall_clock())
        try:
            if self._error is None:
                self._writer.add_loop_stats(self._total)
                self._writer.finish()
            self._stream.close()
            self._is_complete = self._error is None
        except OSError as error:
            self._fail(error)
            with contextlib.suppress(OSError):
                self._stream.close()

    def _write_batches(self) -> None:
        """Run in the writer thread; after an error the queue is only emptied, so that the loop never hangs."""
        while (batch := self._queue.get()) is not None:
            if self._error is not None:
                continue
            try:
                self._write_batch(batch)
            except Exception as error:
                self._fail(error)

    def _write_batch(self, batch: Batch) -> None:
        self._writer.write(batch, self._layout, self._regions.names())
        if batch.durations_ns is not None:
            self._times.add(batch.durations_ns)
            self._writer.add_loop_stats(
                self._times.stats(batch.t_s, batch.durations_ns, self._queue.qsize(), batch.drops)
            )

    def _packed(self, record: StepRecord) -> bytes:
        """Return a step as a row; every step has the joints and pads of the first one."""
        if self._layout is None:
            self._layout = RowLayout(Sizes.of(record))
        try:
            return self._layout.row.pack(*row_values(record, self._regions))
        except struct.error as error:
            raise RecordError(
                str(self._path),
                f"a step at {record.t_s:g} s with other joints or pads than the first one ({error})",
                "report this as a bug",
            ) from error

    def _fail(self, error: Exception) -> None:
        if self._error is None:
            self._error = _record_error(self._path, error)


def _record_error(path: Path, error: Exception) -> RecordError:
    if isinstance(error, OSError):
        return RecordError(str(path), error.strerror or str(error), _DISK_TODO)
    return RecordError(str(path), f"writer failed with {type(error).__name__}: {error}", "report this as a bug")
