"""A full disk, a slow writer, an error on its way out: the recorder says so and keeps what it can."""

import errno
import io
import threading
from pathlib import Path

import numpy as np
import pytest

from controller.errors import RecordError
from tests.synthetic import Synthetic
from workbench.record.messages import EventKind
from workbench.record.reader import read_run
from workbench.record.recorder import BATCH_STEPS, QUEUE_BATCHES, McapRecorder, open_exclusively


class FullDisk(io.RawIOBase):
    """A file on a disk with room for ``room`` bytes."""

    def __init__(self, path: Path, room: int) -> None:
        self._file = path.open("wb", buffering=0)
        self._room = room

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        fitting = bytes(data[: self._room])
        self._room -= len(fitting)
        self._file.write(fitting)
        if len(fitting) < len(data):
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(fitting)

    def close(self) -> None:
        self._file.close()
        super().close()


class SlowFile(io.FileIO):
    """A file that is not written before ``gate`` opens, but for the first writes that make it a record."""

    def __init__(self, path: Path, gate: threading.Event, free_writes: int) -> None:
        super().__init__(path, "wb")
        self._gate, self._free = gate, free_writes

    def write(self, data: bytes) -> int:
        self._free -= 1
        if self._free < 0:
            self._gate.wait(30.0)
        return super().write(data)


def beginning_bytes(folder: Path, synthetic: Synthetic) -> int:
    """Return the size of a record that holds schemas and configuration only."""
    path = folder / "beginning.mcap"
    recorder = McapRecorder(path, synthetic.config, lossless=True)
    size = path.stat().st_size
    recorder.close()
    return size


def test_a_full_disk_reaches_the_loop_and_leaves_a_readable_record(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    recorder = McapRecorder(path, synthetic.config, lossless=True, opener=lambda _: FullDisk(path, 300_000))

    def write_on() -> None:
        for turn in range(50 * synthetic.count):
            recorder.write(synthetic.step(turn % synthetic.count))

    with pytest.raises(RecordError, match="No space left on device; free disk space"):
        write_on()
    with pytest.raises(RecordError, match="No space left"):
        recorder.close()
    run = read_run(path)
    assert not run.is_complete
    assert 0 < run.steps.count < 50 * synthetic.count


def test_a_disk_that_is_full_at_the_end_is_told_by_close(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    room = beginning_bytes(tmp_path, synthetic) + 500
    recorder = McapRecorder(path, synthetic.config, lossless=True, opener=lambda _: FullDisk(path, room))
    recorder.write(synthetic.step(0))
    with pytest.raises(RecordError, match="No space left"):
        recorder.close()


def test_a_record_that_cannot_be_opened_is_one_clear_error(tmp_path: Path, synthetic: Synthetic) -> None:
    with pytest.raises(RecordError, match="No such file or directory"):
        McapRecorder(tmp_path / "missing" / "record.mcap", synthetic.config, lossless=True)


def test_an_error_in_the_session_is_not_replaced_by_one_of_closing(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"

    room = beginning_bytes(tmp_path, synthetic) + 500

    def fail() -> None:
        with McapRecorder(path, synthetic.config, lossless=True, opener=lambda _: FullDisk(path, room)) as recorder:
            recorder.write(synthetic.step(0))
            raise ZeroDivisionError("first error")

    with pytest.raises(ZeroDivisionError, match="first error"):
        fail()


def test_what_ended_a_session_stands_in_the_record(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"

    def fail() -> None:
        with McapRecorder(path, synthetic.config, lossless=True) as recorder:
            recorder.write(synthetic.step(0))
            raise ZeroDivisionError("division by nothing")

    with pytest.raises(ZeroDivisionError):
        fail()
    end = read_run(path).events[-1]
    assert end.kind is EventKind.END
    assert end.data.message == "ZeroDivisionError: division by nothing"


def test_on_hardware_a_slow_disk_drops_and_counts_steps_but_no_events(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    gate = threading.Event()
    recorder = McapRecorder(path, synthetic.config, lossless=False, opener=lambda _: SlowFile(path, gate, 12))
    batches = 3 * QUEUE_BATCHES
    for turn in range(batches * BATCH_STEPS):
        recorder.write(synthetic.step(turn % synthetic.count))
    gate.set()
    total = recorder.close()
    run = read_run(path)
    assert total.drops > 0
    assert run.steps.count + total.drops == batches * BATCH_STEPS
    assert run.loop[-1].drops == total.drops
    begins = sum(event.kind is EventKind.SEGMENT_BEGIN for event in run.events)
    assert begins == sum(event.kind is EventKind.SEGMENT_END for event in run.events)
    assert begins == pytest.approx(2 * batches * BATCH_STEPS / synthetic.count, abs=2.0)


def test_in_simulation_a_slow_disk_makes_the_loop_wait(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    gate = threading.Event()
    recorder = McapRecorder(path, synthetic.config, lossless=True, opener=lambda _: SlowFile(path, gate, 12))
    count = 2 * QUEUE_BATCHES * BATCH_STEPS
    threading.Timer(0.3, gate.set).start()
    for turn in range(count):
        recorder.write(synthetic.step(turn % synthetic.count))
    assert recorder.close().drops == 0
    assert read_run(path).steps.count == count


def test_close_may_be_called_twice(tmp_path: Path, synthetic: Synthetic) -> None:
    recorder = McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True, opener=open_exclusively)
    recorder.write(synthetic.step(0))
    assert recorder.close() == recorder.close()


def test_a_record_without_steps_is_readable(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    McapRecorder(path, synthetic.config, lossless=True).close()
    run = read_run(path)
    assert run.is_complete
    assert run.steps.count == 0
    assert run.steps.p_wc.shape == (0, 0, 3)
    assert not np.any(run.steps.is_working())
