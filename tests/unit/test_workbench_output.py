"""The folder of a run is made, checked and never takes away what is not ours."""

from datetime import datetime
from pathlib import Path

import pytest

from controller.errors import ConfigError, RecordError
from tests.synthetic import Synthetic
from workbench.film_file import FILM_BEGINNING
from workbench.output import RESERVED_BYTES, prepare_output, remove_older_run, reserved_space, write_text
from workbench.recorder import McapRecorder

NOW = datetime(2026, 11, 23, 4, 5, 6)


def test_the_default_folder_tells_when_what_and_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = prepare_output(None, "first_session", "bodies/my body.npz", NOW)
    assert str(first) == "runs/20261123-040506-first_session-my_body"
    assert first.is_dir()
    assert prepare_output(None, "first_session", "bodies/my body.npz", NOW).name.endswith("-2")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(ConfigError, match=r"--out: got .*which is a file; allowed: a folder"):
        prepare_output(path, "p", "b", NOW)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigError, match=r"--out: got .*Not a directory.*can be written"):
        prepare_output(tmp_path / "file" / "run", "p", "b", NOW)


@pytest.mark.parametrize("name", ["record.mcap", "report.html", "summary.json", "film.npz"])
def test_files_of_somebody_else_stay(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("my own work")
    with pytest.raises(ConfigError, match="no run of massage-arm wrote"):
        prepare_output(tmp_path, "p", "b", NOW)
    assert path.read_text() == "my own work"


def test_an_older_run_is_replaced_and_other_files_stay(tmp_path: Path, synthetic: Synthetic) -> None:
    McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True).close()
    (tmp_path / "summary.json").write_text('{\n  "verdict": "completed"}')
    (tmp_path / "report.html").write_text("<!doctype html><!-- massage-arm report -->")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "explain.png").write_bytes(b"old")
    (tmp_path / "film.npz").write_bytes(FILM_BEGINNING + b"rest")
    assert prepare_output(tmp_path, "p", "b", NOW) == tmp_path
    assert (tmp_path / "record.mcap").exists(), "an old run stays until the new one has something to put in its place"
    remove_older_run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_text_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="free disk space"):
        write_text(tmp_path / "missing" / "summary.json", "text")
    write_text(tmp_path / "summary.json", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_space_is_reserved_during_a_run_only(tmp_path: Path) -> None:
    with reserved_space(tmp_path):
        assert [path.stat().st_size for path in tmp_path.iterdir()] == [RESERVED_BYTES]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RecordError, match="free disk space"), reserved_space(tmp_path / "missing"):
        pass
