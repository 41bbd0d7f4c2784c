"""The writer's side of a recorder: turns batches of steps into the records of an MCAP file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

import orjson

from controller.types import StepRecord
from workbench.record.block_codec import BlockEncoder, Precision
from workbench.record.container import RUN_ID, RUN_METADATA, Encodings, McapContainer
from workbench.record.limited_sample import LimitedSample
from workbench.record.messages import Event, LoopStats, RunConfig, StaticFrame, Topic
from workbench.record.other_truth import AfterSample, ContactSample
from workbench.record.record_schema import MESSAGE_ENCODING, SCHEMA_ENCODING, SCHEMA_NAME, schema_text
from workbench.record.row_layout import RowLayout
from workbench.record.schema import json_schema
from workbench.record.state_sample import StateSample, state_sample
from workbench.record.transforms import SCHEMA_NAME as TF_SCHEMA_NAME
from workbench.record.transforms import FrameTransforms, frame_transforms

LIBRARY = "massage-arm"
SAMPLES_AT_ONCE = 50
"""Messages of ``/state`` and of ``/tf`` that are written together, a second of them: apart they take twice the room."""
TopicMessage = tuple[Topic, int, bytes]
"""Topic, session time [ns], content."""
_JSON_TOPICS: tuple[tuple[Topic, str, type], ...] = (
    (Topic.CONFIG, "massage_arm.RunConfig", RunConfig),
    (Topic.EVENT, "massage_arm.Event", Event),
    (Topic.LOOP, "massage_arm.LoopStats", LoopStats),
    (Topic.STATE, "massage_arm.StateSample", StateSample),
    (Topic.LIMITED, "massage_arm.LimitedSample", LimitedSample),
    (Topic.TF, TF_SCHEMA_NAME, FrameTransforms),
    (Topic.OTHER_CONTACT, "massage_arm.ContactSample", ContactSample),
    (Topic.AFTERMATH, "massage_arm.AfterSample", AfterSample),
)


@dataclass(slots=True)
class Batch:
    """What is handed over at once.

    Attributes:
        messages: of topics in JSON.
        rows: packed steps.
        first_ns: time of the first of them.
        samples: steps that are also shown on ``/state`` and ``/tf``.
        durations_ns: durations of ticks; asks for a ``/loop`` entry.
        t_s: session time of the last step.
        drops: steps dropped so far.
    """

    messages: list[TopicMessage] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    first_ns: int = 0
    samples: list[StepRecord] = field(default_factory=list)
    durations_ns: list[int] | None = None
    t_s: float = 0.0
    drops: int = 0


class RecordWriter:
    """Writes a record; used by one thread at a time.

    Args:
        stream: binary stream at its beginning; the caller closes it.
        config: what the run is made of.
        run_id: identity of the run.
        precision: of the full-rate columns.
        static_frames: fixed frames to show beside the tool on ``/tf``.

    Raises:
        OSError: the stream cannot take more data; so do all methods.
    """

    def __init__(
        self,
        stream: BinaryIO,
        config: RunConfig,
        run_id: str,
        precision: Precision,
        static_frames: tuple[StaticFrame, ...],
    ) -> None:
        self._precision, self._static_frames = precision, static_frames
        self._container = McapContainer(stream, LIBRARY)
        self._container.add_metadata(RUN_METADATA, {RUN_ID: run_id})
        self._channels = {
            topic: self._container.add_channel(topic, name, json_schema(cls)) for topic, name, cls in _JSON_TOPICS
        }
        self._encoder: BlockEncoder | None = None
        self._samples: list[StepRecord] = []
        self.written_steps = 0
        """Steps that are in the file, readable whatever comes."""
        self._container.add_message(self._channels[Topic.CONFIG], 0, orjson.dumps(config))
        self._container.flush()

    def write(self, batch: Batch, layout: RowLayout | None, regions: tuple[str, ...]) -> None:
        """Write a batch and push its steps to the operating system.

        Args:
            batch: the batch.
            layout: of its rows; None where it has none.
            regions: what codes of regions stand for.
        """
        channels = self._channels
        self._container.add_messages((channels[topic], time_ns, data) for topic, time_ns, data in batch.messages)
        self._samples += batch.samples
        if len(self._samples) >= SAMPLES_AT_ONCE:
            self._add_samples()
        if batch.rows and layout is not None:
            encoder = self._begun(layout)
            block = encoder.encode(bytearray().join(batch.rows), regions)
            self._container.add_message(channels[Topic.COLUMNS], batch.first_ns, block)
            self._container.flush()
            self.written_steps += len(batch.rows)

    def add_loop_stats(self, stats: LoopStats) -> None:
        """Write loop statistics."""
        self._container.add_message(self._channels[Topic.LOOP], round(stats.t_s * 1e9), orjson.dumps(stats))

    def finish(self) -> None:
        """Close the file in order."""
        self._add_samples()
        self._container.finish()

    def _begun(self, layout: RowLayout) -> BlockEncoder:
        if self._encoder is None:
            self._encoder = BlockEncoder(layout, self._precision)
            self._channels[Topic.COLUMNS] = self._container.add_channel(
                Topic.COLUMNS,
                SCHEMA_NAME,
                schema_text(self._encoder.columns),
                Encodings(MESSAGE_ENCODING, SCHEMA_ENCODING),
            )
        return self._encoder

    def _add_samples(self) -> None:
        samples, self._samples = self._samples, []
        states, frames = self._channels[Topic.STATE], self._channels[Topic.TF]
        times_ns = [round(step.t_s * 1e9) for step in samples]
        pairs = list(zip(times_ns, samples, strict=True))
        self._container.add_messages((states, time_ns, orjson.dumps(state_sample(step))) for time_ns, step in pairs)
        self._container.add_messages(
            (
                frames,
                time_ns,
                orjson.dumps(frame_transforms(time_ns, step.p_wt, step.quaternion_wt, self._static_frames)),
            )
            for time_ns, step in pairs
        )
