"""What is written to a record comes back, whole or cut off."""

import contextlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from mcap.reader import make_reader

from controller.errors import RecordError
from controller.types import Cause, ContactState, Limited, Mode, Reference, StopReason
from tests.synthetic import Synthetic
from workbench.record.columns import MODES
from workbench.record.messages import EventKind, FaultEvent, LimitedEvent, StaticFrame, Topic
from workbench.record.reader import RecordStream, read_run, read_run_id, read_steps
from workbench.record.recorder import McapRecorder
from workbench.record.step_fields import LEFT_OUT, step_json, step_schema

STOP = StopReason(Cause.PAD_FORCE, "press force", 31.0, math.nan, "N", 0.5, "look at the person")


@pytest.fixture
def record(tmp_path: Path, synthetic: Synthetic) -> Path:
    path = tmp_path / "record.mcap"
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        for step in synthetic.steps():
            recorder.write(step)
    return path


def test_every_step_comes_back(record: Path, synthetic: Synthetic) -> None:
    run = read_run(record)
    assert run.is_complete
    assert run.config == synthetic.config
    assert run.steps.count == synthetic.count
    expected = synthetic.step(450)
    assert run.steps.t_s[450] == expected.t_s
    assert tuple(run.steps.q_rad[450]) == expected.state.q_rad
    assert run.steps.press_true_n[450, 0] == expected.truth[0].press_n
    assert tuple(run.steps.p_wc[450, 0]) == expected.truth[0].p_wc
    assert run.steps.is_contact(ContactState.WORK)[450]


def test_rows_hold_every_field_of_the_contract_but_those_left_out(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    step = synthetic.limited(synthetic.stopped(synthetic.step(450), STOP), Limited(Cause.PRESS_LIMIT, 9.0, 8.0, "N"))
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        recorder.write(step)
    row = next(iter(read_steps(path)))
    whole = orjson.loads(orjson.dumps(step))
    assert [kind.__name__ for kind in LEFT_OUT] == ["Reference"]
    for name in LEFT_OUT[Reference]:
        del whole["reference"][name]
    assert row == whole
    assert list(row) == list(type(step).__slots__)


def test_the_schema_of_a_step_lists_exactly_what_is_written(synthetic: Synthetic) -> None:
    compare_with_schema(orjson.loads(step_json(synthetic.step(450))), orjson.loads(step_schema()))


def compare_with_schema(value: object, schema: dict[str, Any]) -> None:
    """Check that objects have exactly the properties of their schema, level by level."""
    if isinstance(value, dict):
        assert list(value) == list(schema["properties"]) == schema["required"]
        for name, inner in value.items():
            if "oneOf" not in schema["properties"][name]:
                compare_with_schema(inner, schema["properties"][name])
    elif isinstance(value, list):
        for inner in value:
            compare_with_schema(inner, schema["items"])
    else:
        kinds = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
        assert kinds[type(value)] in schema["type"]


def test_nan_is_null_in_the_file_and_nan_again_in_memory(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    step = synthetic.step(0)
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        recorder.write(replace(step, plan_error_m=math.nan, p_wt=(math.inf, 0.0, 0.0)))
    row = next(iter(read_steps(path)))
    assert row["plan_error_m"] is None
    assert row["p_wt"] == [None, 0.0, 0.0]
    assert np.isnan(read_run(path).steps.plan_error_m[0])


def test_any_mcap_reader_finds_the_topics_in_order(record: Path, synthetic: Synthetic) -> None:
    with record.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        assert {channel.topic for channel in summary.channels.values()} == {topic.value for topic in Topic}
        assert all(schema.encoding == "jsonschema" for schema in summary.schemas.values())
        steps = [message.log_time for _, _, message in reader.iter_messages(topics=["/step"])]
        assert steps == [1_000_000 * index for index in range(synthetic.count)]
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
    data[len(data) // 2] ^= 0xFF
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(data)
    run = read_run(broken)
    assert not run.is_complete
    assert run.steps.count < synthetic.count


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
    assert b"wall" not in words[Topic.STEP]
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
