"""What is written to a record comes back, whole or cut off."""

import contextlib
import math
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from mcap.reader import make_reader

from controller.errors import RecordError
from controller.types import (
    Authority,
    Cause,
    ContactState,
    Limited,
    Mode,
    PadReference,
    StepRecord,
    StopReason,
)
from tests.synthetic import Synthetic
from workbench.record.block_codec import Precision
from workbench.record.column_reader import ColumnReader
from workbench.record.columns import AUTHORITIES, MODES, StepColumns
from workbench.record.container import McapContainer
from workbench.record.messages import EventKind, FaultEvent, LimitedEvent, StaticFrame, Topic
from workbench.record.reader import RecordStream, read_columns, read_run, read_run_id
from workbench.record.recorder import BATCH_STEPS, McapRecorder

STOP = StopReason(Cause.PAD_FORCE, "press force", 31.0, math.nan, "N", 0.5, "look at the person")


@pytest.fixture
def record(tmp_path: Path, synthetic: Synthetic) -> Path:
    path = tmp_path / "record.mcap"
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        for step in synthetic.steps():
            recorder.write(step)
    return path


def whole(path: Path) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return all columns of a record as they are stored, and the names of its regions."""
    columns, stream = ColumnReader(), RecordStream(path)
    for topic, _, data in stream:
        if topic is Topic.COLUMNS:
            assert stream.schema is not None
            columns.begin(stream.schema)
            columns.add(data)
    return columns.arrays(), columns.regions


def written(path: Path, synthetic: Synthetic, steps: list[StepRecord], precision: Precision) -> Path:
    with McapRecorder(path, synthetic.config, lossless=True, precision=precision) as recorder:
        for step in steps:
            recorder.write(step)
    return path


def odd(step: StepRecord) -> StepRecord:
    """Return a step in which no two numbers are equal and every sense is there."""
    chance = np.random.default_rng(3)

    def some(count: int) -> Any:
        return tuple(float(number) for number in chance.normal(0.0, 10.0, count))

    def one() -> Any:
        return some(1)[0]

    pad, true = replace(step.pads[0], normal_w=some(3), press_n=one(), observer_n=one(), target_n=one()), step.truth[0]
    state = replace(
        step.state, t_s=one(), q_rad=some(7), dq_rad_s=some(7), tau_nm=some(7), wrench_s=some(6), sensor_age_s=one(),
        wrench_sequence=123_456, supervisor_age_s=one(), command_age_s=one(), temperatures_c=some(7),
        voltages_v=some(7), joint_age_s=some(7), joint_fault=(0, 1, 2, 0, 4, 0, 1), authority=Authority.SUPERVISOR,
    )  # fmt: skip
    reference = replace(
        step.reference, t_s=one(), position_m=some(3), quaternion_xyzw=some(4),
        pads=(PadReference(some(3), one(), one()),),
    )  # fmt: skip
    true = replace(
        true, press_n=one(), force_w=some(3), depth_m=one(), p_wc=some(3), normal_w=some(3), limit_n=one(),
        tissue_work_j=one(), net_energy_j=one(), p_wt=some(3), tool_axis_w=some(3), region="calf",
    )  # fmt: skip
    applied = replace(step.applied, tau_nm=some(7), press_n=one(), press_limit_n=one())
    return replace(
        step, state=state, reference=reference, p_wt=some(3), quaternion_wt=some(4), v_wt=some(6), pads=(pad,),
        plan_error_m=one(), applied=applied, truth=(true,),
    )  # fmt: skip


def test_every_step_comes_back(record: Path, synthetic: Synthetic) -> None:
    run = read_run(record)
    assert run.is_complete
    assert run.config == synthetic.config
    assert run.steps.count == synthetic.count
    expected = synthetic.step(450)
    assert run.steps.t_s[450] == expected.t_s
    assert tuple(run.steps.q_rad[450]) == tuple(float(np.float32(q)) for q in expected.state.q_rad)
    assert run.steps.press_true_n[450, 0] == expected.truth[0].press_n
    assert run.steps.p_wc[450, 0] == pytest.approx(expected.truth[0].p_wc, rel=6e-8)
    assert run.steps.is_contact(ContactState.WORK)[450]


def test_columns_hold_every_number_of_a_step(tmp_path: Path, synthetic: Synthetic) -> None:
    step = odd(synthetic.step(450))
    first = replace(step, truth=(replace(step.truth[0], region="thigh"),))
    path = written(tmp_path / "record.mcap", synthetic, [first, step, step], Precision.DOUBLE)
    columns, regions = whole(path)
    state, reference, applied = step.state, step.reference, step.applied
    ((wanted,), (pad,), (true,)) = reference.pads, step.pads, step.truth
    expected = {
        "t_s": step.t_s, "state_t_s": state.t_s, "plan_t_s": reference.t_s, "plan_error_m": step.plan_error_m,
        "audit_press_n": applied.press_n, "audit_limit_n": applied.press_limit_n, "sensor_age_s": state.sensor_age_s,
        "supervisor_age_s": state.supervisor_age_s, "command_age_s": state.command_age_s, "wrench_s": state.wrench_s,
        "p_wt": step.p_wt, "quaternion_wt": step.quaternion_wt, "v_wt": step.v_wt,
        "position_ref_m": reference.position_m, "quaternion_ref": reference.quaternion_xyzw, "q_rad": state.q_rad,
        "dq_rad_s": state.dq_rad_s, "tau_sensed_nm": state.tau_nm, "tau_nm": applied.tau_nm,
        "temperatures_c": state.temperatures_c, "voltages_v": state.voltages_v, "joint_age_s": state.joint_age_s,
        "press_ref_n": [wanted.press_n], "press_rate_ref_n_per_s": [wanted.press_rate_n_per_s],
        "normal_ref_w": [wanted.normal_w], "press_est_n": [pad.press_n], "press_observer_n": [pad.observer_n],
        "press_target_n": [pad.target_n], "sensor_trusted": [1.0], "normal_est_w": [pad.normal_w],
        "press_true_n": [true.press_n], "limit_n": [true.limit_n], "depth_m": [true.depth_m],
        "tissue_work_j": [true.tissue_work_j], "net_energy_j": [true.net_energy_j], "force_true_w": [true.force_w],
        "p_wc": [true.p_wc], "normal_true_w": [true.normal_w], "p_wt_true": [true.p_wt],
        "tool_axis_true_w": [true.tool_axis_w], "phase": 2, "contact": 3, "mode": 0, "segment": 0, "limited": 0,
        "authority": AUTHORITIES.index(Authority.SUPERVISOR), "wrench_sequence": 123_456,
        "joint_fault": state.joint_fault, "region": [regions.index("calf")],
    }  # fmt: skip
    assert set(expected) == set(columns) > set(StepColumns.__slots__)
    for name, value in expected.items():
        assert columns[name][2].tolist() == (
            list(map(list, value)) if np.ndim(value) > 1 else value if np.ndim(value) == 0 else list(value)
        ), name
    assert regions == ("thigh", "calf")


def test_single_precision_rounds_real_numbers_once_and_no_time(tmp_path: Path, synthetic: Synthetic) -> None:
    steps = [replace(odd(step), t_s=step.t_s) for step in synthetic.steps()]
    (single, _), (double, _) = (
        whole(written(tmp_path / precision, synthetic, steps, precision)) for precision in Precision
    )
    assert list(single) == list(double)
    for name, column in double.items():
        expected = column if name.endswith("t_s") or column.dtype == np.int64 else column.astype(np.float32)
        assert single[name].dtype == expected.dtype
        assert single[name].tobytes() == expected.tobytes(), name


def test_a_step_with_other_joints_than_the_first_is_one_clear_error(tmp_path: Path, synthetic: Synthetic) -> None:
    recorder = McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True)
    recorder.write(synthetic.step(0))
    with pytest.raises(RecordError, match=r"a step at 0\.001 s with other joints or pads"):
        recorder.write(replace(synthetic.step(1), truth=()))
    recorder.close()


def test_limits_are_told_in_every_tick_in_which_they_act(tmp_path: Path, synthetic: Synthetic) -> None:
    limit = Limited(Cause.PRESS_LIMIT, 9.0, math.nan, "N")
    steps = [synthetic.step(0), synthetic.limited(synthetic.step(1), limit), synthetic.step(2)]
    path = written(tmp_path / "record.mcap", synthetic, steps, Precision.SINGLE)
    found = [orjson.loads(data) for topic, _, data in RecordStream(path) if topic is Topic.LIMITED]
    assert found == [{"t_s": 0.001, "limited": [{"cause": "press_limit", "value": 9.0, "allowed": None, "unit": "N"}]}]


def test_a_part_of_the_columns_is_that_of_the_whole(record: Path) -> None:
    run, names = read_run(record), ("press_true_n", "mode", "normal_true_w", "plan_t_s")
    _, columns = read_columns(record, names)
    assert set(columns) == set(names)
    for name in names:
        assert columns[name].tobytes() == getattr(run.steps, name).tobytes()


def test_what_is_no_finite_number_is_nan(tmp_path: Path, synthetic: Synthetic) -> None:
    step = replace(synthetic.step(0), plan_error_m=math.nan, p_wt=(math.inf, 0.0, 1e300))
    for precision, huge in ((Precision.SINGLE, math.nan), (Precision.DOUBLE, 1e300)):
        run = read_run(written(tmp_path / precision, synthetic, [step], precision))
        assert np.isnan(run.steps.plan_error_m[0])
        np.testing.assert_array_equal(run.steps.p_wt[0], [math.nan, 0.0, huge])


def test_a_record_of_an_earlier_version_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "record.mcap"
    with path.open("wb") as stream:
        container = McapContainer(stream, "massage-arm")
        container.add_message(container.add_channel("/step", "massage_arm.StepRecord", b"{}"), 0, b"{}")
        container.finish()
    with pytest.raises(RecordError, match=r"earlier version, with /step in place of /columns; use the version of"):
        read_run(path)


def test_any_mcap_reader_finds_the_topics_in_order(record: Path, synthetic: Synthetic) -> None:
    with record.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        assert {channel.topic for channel in summary.channels.values()} == {topic.value for topic in Topic}
        names = {schema.name for schema in summary.schemas.values() if schema.encoding != "jsonschema"}
        assert names == {"massage_arm.Columns"}
        blocks = [message.log_time for _, _, message in reader.iter_messages(topics=["/columns"])]
        assert blocks == [1_000_000 * index for index in range(0, synthetic.count, BATCH_STEPS)]
        states = [orjson.loads(message.data) for _, _, message in reader.iter_messages(topics=["/state"])]
        assert [state["t_s"] for state in states] == [
            synthetic.step(tick).t_s for tick in range(0, synthetic.count, 20)
        ]
        assert states[22]["press_true_n"] == [synthetic.step(440).truth[0].press_n]
        transforms = [orjson.loads(message.data) for _, _, message in reader.iter_messages(topics=["/tf"])]
    assert len(transforms) == synthetic.count / 20
    assert transforms[0]["transforms"][0]["child_frame_id"] == "tool"


def test_static_frames_are_shown_beside_the_tool(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    flange = StaticFrame("tool", "flange", (0.0, 0.0, -0.16), (0.0, 0.0, 0.0, 1.0))
    with McapRecorder(path, synthetic.config, lossless=True, static_frames=(flange,)) as recorder:
        recorder.write(synthetic.step(0))
    frames = [orjson.loads(data) for topic, _, data in RecordStream(path) if topic is Topic.TF]
    assert [frame["child_frame_id"] for frame in frames[0]["transforms"]] == ["tool", "flange"]
    assert frames[0]["transforms"][1]["translation"]["z"] == -0.16


def test_two_equal_runs_have_equal_steps(tmp_path: Path, synthetic: Synthetic) -> None:
    data = []
    for name in ("a", "b"):
        path = tmp_path / name
        with McapRecorder(path, synthetic.config, lossless=True) as recorder:
            for step in synthetic.steps():
                recorder.write(step)
        data.append([entry for entry in RecordStream(path) if entry[0] is not Topic.LOOP])
    assert data[0] == data[1]


def test_a_file_cut_off_anywhere_is_read_up_to_there(record: Path, tmp_path: Path, synthetic: Synthetic) -> None:
    whole = record.read_bytes()
    chance = np.random.default_rng(4)
    first_chunk_end = whole.index(b"zstd", whole.index(b"zstd") + 4)
    counts = []
    for size in sorted(chance.integers(first_chunk_end, len(whole), 25).tolist()):
        cut = tmp_path / "cut.mcap"
        cut.write_bytes(whole[:size])
        run = read_run(cut)
        assert not run.is_complete
        assert np.array_equal(run.steps.t_s, [0.001 * index for index in range(run.steps.count)])
        counts.append(run.steps.count)
    assert counts == sorted(counts)
    assert counts[-1] > synthetic.count / 2


@pytest.mark.parametrize("size", range(0, 200, 7))
def test_a_file_without_its_configuration_is_one_clear_error(record: Path, tmp_path: Path, size: int) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(record.read_bytes()[:size])
    with pytest.raises(RecordError, match=r"no configuration|no MCAP file"):
        read_run(cut)


def test_damage_in_the_middle_ends_the_run_there(record: Path, tmp_path: Path, synthetic: Synthetic) -> None:
    data = bytearray(record.read_bytes())
    chunks = [match.start() for match in re.finditer(b"zstd", data)]
    data[chunks[4] + 100] ^= 0xFF
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(data)
    run = read_run(broken)
    assert not run.is_complete
    assert 0 < run.steps.count < synthetic.count


@pytest.mark.parametrize("content", [b"", b"hello, this is no record at all"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "record.mcap"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=r"give the folder of a run|no configuration"):
        read_run(tmp_path)


def test_a_missing_record_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"record\.mcap: no such record"):
        read_run(tmp_path)


def test_events_tell_strokes_contact_limits_and_stop(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        recorder.event(0.0, EventKind.FAULT, FaultEvent("sensor_zero", 1.0))
        for index, plain in enumerate(synthetic.steps()):
            step = plain
            if 400 <= index < 500 and index % 10 == 0:
                step = synthetic.limited(step, Limited(Cause.PRESS_LIMIT, 25.0 + index, 23.0, "N"))
            if index >= 1700:
                step = synthetic.stopped(step, STOP)
            recorder.write(step)
    run = read_run(path)
    kinds = [event.kind for event in run.events]
    assert kinds[0] is EventKind.FAULT
    assert kinds.count(EventKind.SEGMENT_BEGIN) == kinds.count(EventKind.SEGMENT_END) == 2
    assert kinds.count(EventKind.LIMITED_BEGIN) == kinds.count(EventKind.LIMITED_END) == 1
    assert kinds.count(EventKind.STOP) == 1
    assert kinds[-1] is EventKind.END
    span = next(event.data for event in run.events if event.kind is EventKind.LIMITED_END)
    assert isinstance(span, LimitedEvent)
    assert (span.begin_s, span.end_s, span.ticks, span.worst_value) == (0.4, 0.49, 10, 515.0)
    stop = next(event.data for event in run.events if event.kind is EventKind.STOP)
    assert isinstance(stop, StopReason)
    assert stop.cause is Cause.PAD_FORCE
    assert math.isnan(stop.allowed)
    assert MODES[run.steps.mode[1700]] is Mode.UNLOAD
    assert np.flatnonzero(run.steps.is_limited_by(Cause.PRESS_LIMIT)).tolist() == list(range(400, 500, 10))


def test_wall_clock_stays_on_the_loop_topic(record: Path, synthetic: Synthetic) -> None:
    run = read_run(record)
    total = run.loop[-1]
    assert total.is_total
    assert total.ticks == synthetic.count - 1 == sum(total.histogram)
    assert total.wall_s > 0.0
    assert total.p50_us <= total.p99_us <= total.p999_us <= total.max_us
    words = {topic: data for topic, _, data in RecordStream(record)}
    assert b"wall" not in words[Topic.COLUMNS]
    assert b"wall" not in words[Topic.EVENT]


def test_a_window_holds_the_steps_of_its_time_and_reads_no_other_chunk(
    record: Path, tmp_path: Path, synthetic: Synthetic
) -> None:
    whole = read_run(record)
    begin_s, end_s = whole.steps.t_s[-200], whole.steps.t_s[-100]
    part = read_run(record, (begin_s, end_s))
    np.testing.assert_array_equal(part.steps.t_s, whole.steps.t_s[-200:-99])
    np.testing.assert_array_equal(part.steps.q_rad, whole.steps.q_rad[-200:-99])
    assert part.config == synthetic.config
    data = bytearray(record.read_bytes())
    second_chunk = data.index(b"zstd", data.index(b"zstd") + 4)
    data[second_chunk + 100] ^= 0xFF
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(data)
    assert read_run(broken).steps.count == 0, "the damage is in the first chunk of steps"
    assert read_run(broken, (begin_s, end_s)).steps.count == part.steps.count


def test_a_window_holds_steps_whose_block_began_before_it(record: Path, synthetic: Synthetic) -> None:
    part = read_run(record, (0.65, 0.70))
    np.testing.assert_array_equal(part.steps.t_s, [synthetic.step(tick).t_s for tick in range(650, 701)])


def test_a_block_spans_a_second_at_most_so_that_a_window_finds_it(tmp_path: Path, synthetic: Synthetic) -> None:
    still = synthetic.step(450)
    steps = [replace(still, t_s=0.4 * tick) for tick in range(300)]
    path = written(tmp_path / "record.mcap", synthetic, steps, Precision.SINGLE)
    np.testing.assert_array_equal(read_run(path, (49.9, 50.5)).steps.t_s, [0.4 * 125, 0.4 * 126])


def test_steps_that_count_as_written_can_be_read_at_once(tmp_path: Path, synthetic: Synthetic) -> None:
    path, count = tmp_path / "record.mcap", 2 * BATCH_STEPS
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        for tick in range(count + 10):
            recorder.write(synthetic.step(tick))
        while recorder.settled_steps < count:
            time.sleep(0.001)
        assert read_run(path).steps.count == recorder.settled_steps == count


def test_every_record_has_an_identity_of_its_own(record: Path, tmp_path: Path, synthetic: Synthetic) -> None:
    again = tmp_path / "again.mcap"
    McapRecorder(again, synthetic.config, lossless=True).close()
    ids = [read_run(path).run_id for path in (record, again)]
    assert len(set(ids)) == 2
    assert [read_run_id(path) for path in (record, again)] == ids
    with record.open("rb") as stream:
        (found,) = make_reader(stream).iter_metadata()
    assert found.metadata == {"run_id": ids[0]}


def test_damaged_bytes_never_raise_anything_but_what_is_documented(
    record: Path, tmp_path: Path, synthetic: Synthetic
) -> None:
    whole = record.read_bytes()
    chance = np.random.default_rng(5)
    for place in chance.integers(0, len(whole), 60).tolist():
        data = bytearray(whole)
        data[place] ^= int(chance.integers(1, 256))
        broken = tmp_path / "broken.mcap"
        broken.write_bytes(data)
        with contextlib.suppress(RecordError):
            assert read_run(broken).steps.count <= synthetic.count
