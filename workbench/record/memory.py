"""Holds what a run is judged by beyond what its record can hold: the steps that did not reach the file."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np

from controller.observers import SessionEvent
from controller.types import StepRecord
from workbench.record.block_codec import Precision
from workbench.record.columns import StepColumns
from workbench.record.messages import RunConfig
from workbench.record.reader import RunData, read_run
from workbench.record.recorder import McapRecorder
from workbench.record.step_memory import StepMemory


class RunMemory:
    """What a run is judged by: its record, and the steps that could not be written; an observer of its session.

    Only steps that are not in the file yet are held, a second of them or two, so that a long session takes no more
    memory than a short one.

    Args:
        path: the record.
        config: what the run is made of.
    """

    is_critical = False
    """A session does not stop for want of memory; its figures come from the record then."""

    def __init__(self, path: Path, config: RunConfig) -> None:
        self._path, self._config = path, config
        self._steps: deque[StepRecord] = deque()
        self._settled = 0
        self._recorder: McapRecorder | None = None
        self._data: RunData | None = None

    def follow(self, recorder: McapRecorder) -> None:
        """Take events and loop statistics from the recorder of the session."""
        self._recorder = recorder

    def on_step(self, step: StepRecord) -> None:
        """Hold a tick until it is in the file."""
        self._steps.append(step)
        if self._recorder is not None:
            self._forget(self._recorder.settled_steps)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Leave the event to the recorder, whose events ``data`` takes."""

    @property
    def held_steps(self) -> int:
        """Steps that are held because they are not known to be in the file."""
        return len(self._steps)

    def data(self) -> RunData:
        """Return the run as its record has it, with the steps that a failed recorder could not write any more.

        To be called once the recorder has been closed.

        Raises:
            RecordError: the record cannot be read.
        """
        if self._data is None:
            recorder = self._recorder
            if recorder is None:
                steps = self._held(Precision.SINGLE)
                self._data = RunData(self._path, self._config, steps, (), (), False)
            else:
                self._data = self._with_record(recorder)
        return self._data

    def _with_record(self, recorder: McapRecorder) -> RunData:
        recorded = read_run(self._path)
        self._forget(recorded.steps.count + recorder.drops)
        return replace(
            recorded,
            config=self._config,
            steps=_joined(recorded.steps, self._held(recorder.precision)),
            events=recorder.events,
            loop=recorded.loop if recorder.is_complete or recorder.total is None else (*recorded.loop, recorder.total),
            other=recorder.other_truth(),
        )

    def _forget(self, settled: int) -> None:
        """Drop the first steps of the session, so many in all."""
        steps = self._steps
        while self._settled < settled and steps:
            steps.popleft()
            self._settled += 1

    def _held(self, precision: Precision) -> StepColumns:
        memory = StepMemory(precision)
        for step in self._steps:
            memory.add(step)
        return memory.columns()


def _joined(first: StepColumns, second: StepColumns) -> StepColumns:
    if not second.count:
        return first
    if not first.count:
        return second
    return StepColumns(
        **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in StepColumns.__slots__}
    )
