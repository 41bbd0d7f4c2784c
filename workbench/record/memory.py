"""Keeps the figures of a run in memory while it goes on, so that nobody has to read its record back for them."""

from __future__ import annotations

from pathlib import Path

from controller.observers import SessionEvent
from controller.types import StepRecord
from workbench.record.messages import RunConfig
from workbench.record.reader import RunData, read_run
from workbench.record.recorder import McapRecorder
from workbench.record.step_memory import StepMemory


class RunMemory:
    """What a run is judged by, collected while it goes on; an observer of its session.

    Args:
        path: the record.
        config: what the run is made of.
    """

    is_critical = False
    """A session does not stop for want of memory; its figures come from the record then."""

    def __init__(self, path: Path, config: RunConfig) -> None:
        self._path, self._config = path, config
        self._steps = StepMemory()
        self._recorder: McapRecorder | None = None
        self._is_whole = True
        self._data: RunData | None = None

    def follow(self, recorder: McapRecorder) -> None:
        """Take events and loop statistics from the recorder of the session."""
        self._recorder = recorder

    def on_step(self, step: StepRecord) -> None:
        """Keep a tick."""
        try:
            self._steps.add(step)
        except BaseException:
            self._is_whole, self._steps = False, StepMemory()
            raise

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        """Leave the event to the recorder, whose events ``data`` takes."""

    def data(self) -> RunData:
        """Return the run as its record has it, with the steps that a failed recorder could not write any more.

        To be called once the recorder has been closed. Reads the record where a tick could not be kept.

        Raises:
            RecordError: the record had to be read and cannot be.
        """
        if not self._is_whole:
            return read_run(self._path)
        if self._data is None:
            recorder, steps = self._recorder, self._steps.columns()
            if recorder is None:
                self._data = RunData(self._path, self._config, steps, (), (), False)
            else:
                events, loop = recorder.events, recorder.loop
                self._data = RunData(
                    self._path,
                    self._config,
                    steps,
                    events,
                    loop,
                    recorder.is_complete,
                    recorder.run_id,
                    recorder.other_truth(),
                )
        return self._data
