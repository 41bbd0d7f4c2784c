"""Writes the record of a session without holding up its loop.

Each step is turned into JSON in the loop while it is hot in the cache (about 10 us, the same every tick) and handed
over in batches; a writer thread frames, compresses and writes them, almost all of it outside the interpreter lock.
Turning steps into JSON in the thread would take 1 us in the loop, but then the thread holds the lock for whole switch
intervals and single ticks wait 5 ms (measured); the sum is the same.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import orjson

from controller.errors import RecordError
from controller.observers import SessionEvent
from controller.types import OtherContact, StepRecord, Truth
from workbench.record.container import RUN_ID, RUN_METADATA, McapContainer, Message
from workbench.record.events import EventDetector
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
from workbench.record.other_truth import AfterSample, ContactSample, OtherTruth, OtherTruthBuilder
from workbench.record.schema import json_schema
from workbench.record.step_fields import step_json, step_schema
from workbench.record.timing import TickTimes
from workbench.record.transforms import SCHEMA_NAME, FrameTransforms, frame_transforms

BATCH_STEPS = 64
QUEUE_BATCHES = 64
"""Batches that may wait for the writer: 4 s of a session at 1 kHz."""
AFTER_MESSAGES = 512
"""Messages handed over at once after the session, when no steps are written any more."""
TF_PERIOD_NS = 20_000_000
LOOP_PERIOD_NS = 1_000_000_000
LIBRARY = "massage-arm"
_DISK_TODO = "free disk space or choose another --out; what was written stays readable"

Opener = Callable[[Path], BinaryIO]


@dataclass(slots=True)
class _Batch:
    """What is handed over at once; ``durations_ns`` asks the writer for a ``/loop`` entry."""

    messages: list[Message]
    steps: int = 0
    durations_ns: list[int] | None = None
    t_s: float = 0.0
    drops: int = 0


def open_exclusively(path: Path) -> BinaryIO:
    """Open a record for writing, replacing an older one."""
    return cast("BinaryIO", path.open("wb"))


class McapRecorder:
    """Recorder of one session: ``/step``, ``/event``, ``/loop``, ``/config``, ``/tf``, and of a simulation more.

    Args:
        path: file to write.
        config: what the run is made of.
        lossless: True where time is simulated: a full queue makes the loop wait, nothing is lost. False on hardware:
            the loop never waits, steps that do not fit are dropped and counted (events are kept).
        static_frames: fixed frames to show beside the tool on ``/tf``.
        opener: how the file is opened.

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
    ) -> None:
        self.run_id = uuid.uuid4().hex
        self._path = path
        self._lossless = lossless
        self._static_frames = static_frames
        self._batch = _Batch([])
        self._queue: queue.Queue[_Batch | None] = queue.Queue(QUEUE_BATCHES)
        self._detector = EventDetector(config.segments)
        self._times = TickTimes(config.dt_s)
        self._durations_ns: list[int] = []
        self._last_wall_ns = 0
        self._last_t_s = 0.0
        self._next_tf_ns = 0
        self._next_loop_ns = LOOP_PERIOD_NS
        self._drops = 0
        self._error: RecordError | None = None
        self._total: LoopStats | None = None
        self._events: list[Event] = []
        self._loop: list[LoopStats] = []
        self._other = OtherTruthBuilder()
        self._is_complete = False
        try:
            self._stream = opener(path)
        except OSError as error:
            raise _record_error(path, error) from error
        try:
            self._container = McapContainer(self._stream, LIBRARY)
            self._container.add_metadata(RUN_METADATA, {RUN_ID: self.run_id})
            self._channels = {
                topic: self._container.add_channel(topic, name, schema)
                for topic, name, schema in (
                    (Topic.CONFIG, "massage_arm.RunConfig", json_schema(RunConfig)),
                    (Topic.STEP, "massage_arm.StepRecord", step_schema()),
                    (Topic.EVENT, "massage_arm.Event", json_schema(Event)),
                    (Topic.LOOP, "massage_arm.LoopStats", json_schema(LoopStats)),
                    (Topic.TF, SCHEMA_NAME, json_schema(FrameTransforms)),
                    (Topic.OTHER_CONTACT, "massage_arm.ContactSample", json_schema(ContactSample)),
                    (Topic.AFTERMATH, "massage_arm.AfterSample", json_schema(AfterSample)),
                )
            }
            self._container.add_message(self._channels[Topic.CONFIG], 0, orjson.dumps(config))
            self._container.flush()
        except OSError as error:
            with contextlib.suppress(OSError):
                self._stream.close()
            raise _record_error(path, error) from error
        self._step_channel = self._channels[Topic.STEP]
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
        batch = self._batch
        batch.messages.append((self._step_channel, time_ns, step_json(record)))
        batch.steps += 1
        for event in self._detector.observe(record):
            self._append_event(event)
        if time_ns >= self._next_tf_ns:
            self._next_tf_ns = time_ns - time_ns % TF_PERIOD_NS + TF_PERIOD_NS
            frames = frame_transforms(time_ns, record.p_wt, record.quaternion_wt, self._static_frames)
            batch.messages.append((self._channels[Topic.TF], time_ns, orjson.dumps(frames)))
        if batch.steps >= BATCH_STEPS:
            self._hand_over(time_ns)

    def event(self, t_s: float, kind: EventKind, data: EventData) -> None:
        """Record an event that the steps do not show, such as an injected fault."""
        self._append_event(Event(t_s, kind, data))

    def touch(self, t_s: float, contacts: tuple[OtherContact, ...]) -> None:
        """Record what touched in a period beside the pads."""
        sample = ContactSample(t_s, contacts)
        self._other.touch(sample)
        self._batch.messages.append((self._channels[Topic.OTHER_CONTACT], round(t_s * 1e9), orjson.dumps(sample)))

    def after(self, t_s: float, truth: tuple[Truth, ...]) -> None:
        """Record a period after the end of the session."""
        sample = AfterSample(t_s, truth)
        self._other.after(sample)
        self._batch.messages.append((self._channels[Topic.AFTERMATH], round(t_s * 1e9), orjson.dumps(sample)))
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
    def loop(self) -> tuple[LoopStats, ...]:
        """Loop statistics so far; complete once the recorder has been closed."""
        return tuple(self._loop)

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
        self._batch.messages.append((self._channels[Topic.EVENT], round(event.t_s * 1e9), orjson.dumps(event)))

    def _hand_over(self, time_ns: int) -> None:
        batch, self._batch = self._batch, _Batch([])
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
            self._drops += batch.steps
            self._durations_ns = (batch.durations_ns or []) + self._durations_ns
            self._batch.messages = [message for message in batch.messages if message[0] != self._step_channel]

    def _finish(self, message: str) -> None:
        for event in (*self._detector.finish(self._last_t_s), Event(self._last_t_s, EventKind.END, EndEvent(message))):
            self._append_event(event)
        self._batch.t_s, self._batch.drops = self._last_t_s, self._drops
        self._batch.durations_ns = self._durations_ns or None
        self._queue.put(self._batch)
        self._queue.put(None)
        self._thread.join()
        self._total = self._times.stats(self._last_t_s, None, self._queue.qsize(), self._drops)
        try:
            if self._error is None:
                self._add_loop_stats(self._total)
                self._container.finish()
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

    def _write_batch(self, batch: _Batch) -> None:
        self._container.add_messages(batch.messages)
        if batch.durations_ns is not None:
            self._times.add(batch.durations_ns)
            self._add_loop_stats(self._times.stats(batch.t_s, batch.durations_ns, self._queue.qsize(), batch.drops))

    def _add_loop_stats(self, stats: LoopStats) -> None:
        self._loop.append(stats)
        self._container.add_message(self._channels[Topic.LOOP], round(stats.t_s * 1e9), orjson.dumps(stats))

    def _fail(self, error: Exception) -> None:
        if self._error is None:
            self._error = _record_error(self._path, error)


def _record_error(path: Path, error: Exception) -> RecordError:
    if isinstance(error, OSError):
        return RecordError(str(path), error.strerror or str(error), _DISK_TODO)
    return RecordError(str(path), f"writer failed with {type(error).__name__}: {error}", "report this as a bug")
