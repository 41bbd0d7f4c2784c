"""A run is judged by its record, and by the steps that did not reach it; memory holds only those."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from controller.errors import RecordError
from controller.types import Cause, Limited, PadReference, StepRecord, StopReason
from tests.synthetic import Synthetic
from workbench.record import step_memory
from workbench.record.block_codec import Precision
from workbench.record.columns import StepColumns
from workbench.record.memory import RunMemory
from workbench.record.messages import EventKind, FaultEvent
from workbench.record.reader import RECORD_NAME, RunData, read_run
from workbench.record.recorder import BATCH_STEPS, QUEUE_BATCHES, McapRecorder
from workbench.record.step_memory import StepMemory
from workbench.record.summary import Summary, summarise
from workbench.runs.recorded_faults import Disk

STOP = StopReason(Cause.PAD_FORCE, "press force of a pad", math.inf, 30.0, "N", 1.7, "check the plan")
LIMITED = (Limited(Cause.PRESS_LIMIT, 25.0, 23.0, "N"), Limited(Cause.ENERGY, math.nan, 0.1, "J"))


def _odd(synthetic: Synthetic) -> Iterable[StepRecord]:
    """Yield a session with limits, a stop, and numbers that are none."""
    for index, step in enumerate(synthetic.steps()):
        if index == 10:
            yield replace(step, plan_error_m=math.nan, p_wt=(math.inf, -0.0, -math.inf))
        elif 400 <= index < 420:
            limited = LIMITED[: 1 + index % 2] + LIMITED[:1]
            yield replace(step, applied=replace(step.applied, limited=limited))
        else:
            yield synthetic.stopped(step, STOP) if index >= 1700 else step


def _recorded(folder: Path, synthetic: Synthetic, steps: Iterable[StepRecord], disk: Disk | None = None) -> RunMemory:
    """Record steps, with a fault in between, and keep them."""
    path = folder / RECORD_NAME
    memory = RunMemory(path, synthetic.config)
    with McapRecorder(path, synthetic.config, lossless=True, opener=(disk or Disk()).open) as recorder:
        memory.follow(recorder)
        recorder.event(0.0, EventKind.FAULT, FaultEvent("sensor_zero", 1.0))
        for index, step in enumerate(steps):
            memory.on_step(step)
            recorder.write(step)
            if disk is not None and index == 1200:
                disk.is_full = True
    return memory


def assert_same_columns(found: StepColumns, expected: StepColumns, count: int) -> None:
    """Hold every column's first ticks to another's: type, shape, and every bit."""
    for column in fields(StepColumns):
        one, other = getattr(found, column.name)[:count], getattr(expected, column.name)
        assert (column.name, one.dtype, one.shape) == (column.name, other.dtype, other.shape)
        assert one.tobytes() == other.tobytes(), column.name


def _first(run: RunData, count: int) -> RunData:
    steps = StepColumns(**{column.name: getattr(run.steps, column.name)[:count] for column in fields(StepColumns)})
    return replace(run, steps=steps)


def test_a_run_that_was_stopped_is_kept_as_it_is_recorded(tmp_path: Path, synthetic: Synthetic) -> None:
    kept = _recorded(tmp_path, synthetic, _odd(synthetic)).data()
    recorded = read_run(tmp_path)
    assert recorded.steps.count == synthetic.count > 3 * BATCH_STEPS
    assert_same_columns(kept.steps, recorded.steps, synthetic.count)
    assert np.isnan(kept.steps.p_wt[10, [0, 2]]).all()
    assert np.flatnonzero(kept.steps.is_limited_by(Cause.ENERGY)).tolist() == list(range(401, 420, 2))
    assert [(event.t_s, event.kind) for event in kept.events] == [(e.t_s, e.kind) for e in recorded.events]
    assert (kept.path, kept.config, kept.loop, kept.is_complete) == (
        recorded.path, recorded.config, recorded.loop, recorded.is_complete,
    )  # fmt: skip
    summary = summarise(kept)
    assert summary.verdict == "stopped"
    for name in Summary.model_fields:
        assert getattr(summary, name) == getattr(summarise(recorded), name), name


def test_a_run_whose_disk_was_full_is_kept_beyond_the_end_of_its_record(tmp_path: Path, synthetic: Synthetic) -> None:
    folder, disk = tmp_path, Disk()
    path = folder / RECORD_NAME
    memory = RunMemory(path, synthetic.config)

    def write_on() -> None:
        with McapRecorder(path, synthetic.config, lossless=True, opener=disk.open) as recorder:
            memory.follow(recorder)
            for index in range(40 * synthetic.count):
                step = synthetic.step(index % synthetic.count)
                memory.on_step(step)
                recorder.write(step)
                disk.is_full = recorder.settled_steps > 1000

    with pytest.raises(RecordError, match="No space left"):
        write_on()
    kept, recorded = memory.data(), read_run(folder)
    count = recorded.steps.count
    assert 0 < count < kept.steps.count
    assert not kept.is_complete
    assert_same_columns(kept.steps, recorded.steps, count)
    assert [event.kind for event in kept.events][: len(recorded.events)] == [e.kind for e in recorded.events]
    assert EventKind.END not in [event.kind for event in kept.events]
    whole, cut = summarise(kept), summarise(recorded)
    assert (whole.verdict, whole.stop and whole.stop.cause) == (cut.verdict, cut.stop and cut.stop.cause)
    as_far = summarise(replace(_first(kept, count), loop=recorded.loop))
    for name in Summary.model_fields:
        assert getattr(as_far, name) == getattr(cut, name), name


def test_joints_and_pads_are_those_of_the_session(tmp_path: Path, synthetic: Synthetic) -> None:
    plain = synthetic.step(450)
    (pad,), (true,) = plain.pads, plain.truth
    second = replace(pad, press_n=7.0, observer_n=8.0, target_n=9.0)
    there = replace(true, press_n=6.0, p_wc=(1.0, 2.0, 3.0), tool_axis_w=(0.0, 1.0, 0.0), net_energy_j=0.5)
    wanted = replace(plain.reference, pads=(*plain.reference.pads, PadReference((0.0, 1.0, 0.0), 5.0, 0.0)))
    state = replace(plain.state, q_rad=(0.1, 0.2), dq_rad_s=(0.3, 0.4), tau_nm=(0.5, 0.6))
    two = replace(
        plain, state=state, reference=wanted, pads=(pad, second), truth=(true, there),
        applied=replace(plain.applied, tau_nm=(0.7, 0.8)),
    )  # fmt: skip
    for name, step in (("two", two), ("none", replace(plain, truth=()))):
        (tmp_path / name).mkdir()
        kept = _recorded(tmp_path / name, synthetic, [step] * 3).data()
        assert_same_columns(kept.steps, read_run(tmp_path / name).steps, 3)
        assert kept.steps.has_truth == (name == "two")


def test_a_run_without_a_tick_and_one_that_was_never_recorded(tmp_path: Path, synthetic: Synthetic) -> None:
    kept = _recorded(tmp_path, synthetic, []).data()
    assert_same_columns(kept.steps, read_run(tmp_path).steps, 0)
    assert summarise(kept) == summarise(read_run(tmp_path))
    nothing = RunMemory(tmp_path / "none.mcap", synthetic.config).data()
    assert (nothing.steps.count, nothing.events, nothing.loop, nothing.is_complete) == (0, (), (), False)


@pytest.mark.parametrize("precision", Precision)
def test_steps_in_memory_have_the_columns_of_a_record(
    tmp_path: Path, synthetic: Synthetic, monkeypatch: pytest.MonkeyPatch, precision: Precision
) -> None:
    monkeypatch.setattr(step_memory, "BLOCK_ROWS", 300)
    memory = StepMemory(precision)
    with McapRecorder(tmp_path / RECORD_NAME, synthetic.config, lossless=True, precision=precision) as recorder:
        for step in _odd(synthetic):
            memory.add(step)
            recorder.write(step)
    assert_same_columns(memory.columns(), read_run(tmp_path).steps, synthetic.count)
    assert memory.columns().count == 0


def test_no_more_steps_are_held_than_may_wait_for_the_writer(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / RECORD_NAME
    memory, most = RunMemory(path, synthetic.config), 0
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        memory.follow(recorder)
        for index in range(20 * synthetic.count):
            step = synthetic.step(index % synthetic.count)
            memory.on_step(step)
            recorder.write(step)
            most = max(most, memory.held_steps)
    assert most <= (QUEUE_BATCHES + 3) * BATCH_STEPS < synthetic.count * 3
    assert memory.data().steps.count == 20 * synthetic.count
    assert memory.held_steps == 0
    assert memory.is_critical is False
