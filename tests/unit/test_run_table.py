"""A recorded run as arrays and as a table, and in the formats of other programs."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import polars
import pytest

from controller.errors import ConfigError, RecordError
from controller.types import Cause, Limited, PadReference, StepRecord
from massage_arm import Run
from tests.synthetic import Synthetic
from workbench import cli
from workbench.export import formats
from workbench.record.columns import PHASES
from workbench.record.messages import EventKind
from workbench.record.reader import read_run
from workbench.record.recorder import McapRecorder
from workbench.runs.output import remove_older_run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
LIMITED_TICK = 420


def odd(synthetic: Synthetic) -> list[StepRecord]:
    """Return a session with an element that is no number, limits and a change of region."""
    steps = synthetic.steps()
    steps[3] = replace(steps[3], plan_error_m=float("nan"))
    both = (Limited(Cause.PRESS_LIMIT, 25.0, 23.0, "N"), Limited(Cause.ENERGY, 1.0, 0.5, "J"))
    steps[LIMITED_TICK] = replace(steps[LIMITED_TICK], applied=replace(steps[LIMITED_TICK].applied, limited=both))
    steps[-1] = replace(steps[-1], truth=(replace(steps[-1].truth[0], region="calf"),))
    return steps


@pytest.fixture
def run_folder(tmp_path: Path, synthetic: Synthetic) -> Path:
    with McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True) as recorder:
        for step in odd(synthetic):
            recorder.write(step)
    return tmp_path


def test_a_run_is_its_arrays_by_name(run_folder: Path, synthetic: Synthetic) -> None:
    run, steps = Run.load(str(run_folder)), read_run(run_folder).steps
    assert run.count == synthetic.count
    assert run.config == synthetic.config
    assert run.is_complete
    assert (run["t_s"].dtype, run["q_rad"].dtype, run["mode"].dtype) == (np.float64, np.float32, np.int64)
    for name in type(steps).__slots__:
        assert np.array_equal(run[name], getattr(steps, name), equal_nan=True), name
    assert run["temperatures_c"].shape == (synthetic.count, 0)
    assert [run.regions[code] for code in run["region"][-2:, 0]] == ["lumbar_paraspinal", "calf"]
    assert [event.kind for event in run.events][-1] is EventKind.END
    assert run.run_id


def test_docs_list_exactly_the_columns(run_folder: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "records.md").read_text(encoding="utf-8")
    _, _, table = page.partition("## Columns")
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`(\w+)`", " ".join(cells))) == sorted(Run.load(run_folder).columns)


def test_a_column_that_is_not_there_is_one_clear_error(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"column: got 'q'; allowed: t_s, state_t_s, plan_t_s"):
        Run.load(run_folder)["q"]


def test_a_run_without_a_tick_has_no_columns(tmp_path: Path, synthetic: Synthetic) -> None:
    McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True).close()
    run = Run.load(tmp_path)
    assert (run.count, run.table()) == (0, ())
    with pytest.raises(ConfigError, match="nothing was recorded"):
        _ = run["t_s"]


def test_the_table_names_the_parts_of_vectors_and_says_codes_in_words(run_folder: Path) -> None:
    run = Run.load(run_folder)
    table = {column.name: column for column in run.table()}
    assert len(table) == len(run.table())
    assert {
        "t_s",
        "q_rad_7",
        "p_wt_z",
        "quaternion_wt_w",
        "quaternion_ref_w",
        "wrench_s_mz",
        "press_true_n_1",
        "p_wc_1_y",
    } <= set(table)
    assert not {"q_rad_8", "press_true_n_2", "temperatures_c_1"} & set(table)
    np.testing.assert_array_equal(table["wrench_s_fz"].values, run["wrench_s"][:, 2])
    np.testing.assert_array_equal(table["p_wc_1_y"].values, run["p_wc"][:, 0, 1])
    assert table["phase"].words()[::100] == [PHASES[code].value for code in run["phase"][::100]]
    assert table["limited"].words()[LIMITED_TICK - 1 : LIMITED_TICK + 2] == ["", "press_limit+energy", ""]
    assert table["region_1"].words()[-2:] == ["lumbar_paraspinal", "calf"]


def test_parts_of_two_pads_are_numbered(tmp_path: Path, synthetic: Synthetic) -> None:
    step = synthetic.step(450)
    wanted = (*step.reference.pads, PadReference((0.0, 1.0, 0.0), 5.0, 0.0))
    with McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True) as recorder:
        recorder.write(replace(step, reference=replace(step.reference, pads=wanted)))
    table = {column.name: column.values.tolist() for column in Run.load(tmp_path).table()}
    assert (table["press_ref_n_1"], table["press_ref_n_2"], table["normal_ref_w_2_y"]) == ([20.0], [5.0], [1.0])


def test_csv_has_every_number_back_and_an_empty_cell_for_none(run_folder: Path, capsys: Capture) -> None:
    assert cli.main(["export", str(run_folder), "--csv"]) == 0
    assert capsys.readouterr().out.strip() == str(run_folder / "record.csv")
    run = Run.load(run_folder)
    with (run_folder / "record.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == run.count
    assert rows[3]["plan_error_m"] == ""
    for column in run.table():
        cells = [row[column.name] for row in rows]
        if column.labels is not None:
            assert cells == column.words()
        else:
            found = np.array([float(cell or "nan") for cell in cells]).astype(column.values.dtype)
            assert np.array_equal(found, column.values, equal_nan=column.values.dtype != np.int64), column.name


def test_parquet_and_frames_have_the_table(run_folder: Path) -> None:
    assert cli.main(["export", str(run_folder), "--parquet"]) == 0
    run, frame = Run.load(run_folder), polars.read_parquet(run_folder / "record.parquet")
    assert frame.columns == [column.name for column in run.table()]
    for column in run.table():
        found = frame[column.name]
        if column.labels is None:
            np.testing.assert_array_equal(found.to_numpy(), column.values)
        else:
            assert found.to_list() == column.words()
    assert run.polars().equals(frame, null_equal=True)


def test_a_frame_of_pandas_has_the_table(run_folder: Path) -> None:
    pytest.importorskip("pandas")
    run = Run.load(run_folder)
    frame = run.pandas()
    for column in run.table():
        expected = column.values if column.labels is None else column.words()
        np.testing.assert_array_equal(frame[column.name].to_numpy(), expected)


def test_hdf5_has_the_columns_in_their_shapes_with_what_codes_mean(run_folder: Path) -> None:
    assert cli.main(["export", str(run_folder), "--hdf5"]) == 0
    run = Run.load(run_folder)
    with h5py.File(run_folder / "record.h5") as file:
        assert set(file["columns"]) == set(run.columns)
        for name, array in run.columns.items():
            np.testing.assert_array_equal(file["columns"][name][...], array)
        assert tuple(file["columns/phase"].attrs["labels"]) == tuple(PHASES)
        assert file["columns/limited"].attrs["meaning"] == "bit set"
        assert tuple(file["columns/region"].attrs["labels"]) == run.regions
        assert json.loads(file["config"][()])["program"] == run.config.program
        assert json.loads(file["events"][-1])["kind"] == "end"
        assert file.attrs["run_id"] == run.run_id


def test_a_recording_of_rerun_is_written(run_folder: Path) -> None:
    pytest.importorskip("rerun")
    assert cli.main(["export", str(run_folder), "--rerun"]) == 0
    assert (run_folder / "record.rrd").read_bytes().startswith(b"RRF2")


@pytest.mark.parametrize(("option", "package"), [("--parquet", "polars"), ("--hdf5", "h5py"), ("--rerun", "rerun-sdk")])
def test_a_package_that_is_missing_is_one_line_that_says_what_to_install(
    run_folder: Path, monkeypatch: Patch, capsys: Capture, option: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package.removesuffix("-sdk"), None)
    before = sorted(run_folder.iterdir())
    assert cli.main(["export", str(run_folder), option]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"got no package {package}; allowed: an installation with {package}; call: pip install {package}" in last
    assert sorted(run_folder.iterdir()) == before


def test_a_file_that_is_there_is_kept_unless_it_may_be_replaced(
    run_folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("mine", encoding="utf-8")
    line = ["export", str(run_folder), "--csv", "--out", str(out)]
    assert cli.main(line) == 2
    assert "which is there; allowed: a new file" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "mine"
    assert cli.main([*line, "--overwrite"]) == 0
    assert out.read_text(encoding="utf-8").startswith("t_s,")


def test_a_disk_that_refuses_leaves_no_part_of_a_file(run_folder: Path, monkeypatch: Patch) -> None:
    def refuse(_: Run, path: Path) -> None:
        path.write_text("a part", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(formats._WRITERS, formats.Format.CSV, refuse)
    before = sorted(run_folder.iterdir())
    with pytest.raises(RecordError, match="No space left on device"):
        formats.export_run(Run.load(run_folder), formats.Format.CSV, run_folder / "record.csv")
    assert sorted(run_folder.iterdir()) == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("export x", "--csv, --parquet, --hdf5, --rerun: got none; allowed: massage-arm export"),
        ("export nowhere --csv", "nowhere: no such record"),
        ("export x --csv --hdf5", "not allowed with argument --csv"),
    ],
)
def test_wrong_arguments_are_one_line(line: str, words: str, capsys: Capture) -> None:
    assert cli.main(line.split()) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert words in error[-1]


def test_what_was_exported_goes_with_its_run(run_folder: Path) -> None:
    assert cli.main(["export", str(run_folder), "--csv"]) == 0
    remove_older_run(run_folder)
    assert list(run_folder.iterdir()) == []


def test_a_run_is_loaded_without_the_packages_of_simulation_and_pictures(run_folder: Path) -> None:
    code = "import sys; from massage_arm import Run; Run.load(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(run_folder)], capture_output=True, text=True, check=True)
    heavy = {"numba", "pinocchio", "matplotlib", "scipy", "pybullet", "pandas", "polars"}
    assert not heavy & set(done.stdout.split())
