"""The folder of a run is made, checked and never takes away what is not ours."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from controller.errors import ConfigError, RecordError
from tests.synthetic import Synthetic
from workbench.record.recorder import McapRecorder
from workbench.runs.claim import FolderClaim
from workbench.runs.film_file import FILM_BEGINNING
from workbench.runs.output import RESERVED_BYTES, claimed_output, remove_older_run, reserved_space, write_text

NOW = datetime(2026, 11, 23, 4, 5, 6)
HOLD = """
import sys, time
from datetime import datetime
from pathlib import Path
from workbench.runs.output import claimed_output, reserved_space
with claimed_output(Path(sys.argv[1]), "p", "b", datetime.now(), False) as claim, reserved_space(claim.folder):
    print("held", flush=True)
    time.sleep(60)
"""
"""A run as far as its folder is concerned; it is killed."""


def claim(folder: Path | None, *, overwrite: bool = False) -> Path:
    """Claim a folder for a moment and leave a note in it, so that it stays."""
    with claimed_output(folder, "first_session", "bodies/my body.npz", NOW, overwrite) as held:
        (held.folder / "notes.txt").write_text("mine")
        return held.folder


def test_the_default_folder_says_when_what_and_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = claim(None)
    assert str(first) == "runs/20261123-040506-first_session-my_body"
    assert first.is_dir()
    assert claim(None).name.endswith("-2")


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ("Rücken 背中.yaml", "Rücken_背中"),
        ("..", "run"),
        ("a\nb\x1b[2J.yaml", "a_b_2J"),
        ("/", "run"),
        ("長" * 90, "長" * 20),
    ],
)
def test_a_default_folder_has_a_safe_name_in_any_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, word: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with claimed_output(None, program, "median_f", NOW, False) as held:
        assert held.folder == Path(f"runs/20261123-040506-{word}-median_f")


def test_processes_that_ask_in_the_same_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: claim(None), range(16)))
    assert len(set(folders)) == 16


def test_a_folder_that_another_process_writes_is_refused_at_once(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConfigError, match="another run is writing"):
            claim(tmp_path / "run", overwrite=True)
        assert not (tmp_path / "run" / "notes.txt").exists()
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert list((tmp_path / "run").iterdir()) == [], "a killed run leaves neither its claim nor its reserve"
    claim(tmp_path / "run")


def test_a_folder_that_was_replaced_during_the_run_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    held = FolderClaim(folder)
    held.check()
    folder.rename(tmp_path / "moved")
    with pytest.raises(RecordError, match="removed or replaced"):
        held.check()
    folder.mkdir()
    with pytest.raises(RecordError, match="removed or replaced"):
        held.check()
    held.close()


def test_a_new_folder_that_stays_empty_is_removed_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), claimed_output(tmp_path / "new" / "run", "p", "b", NOW, False):
        raise KeyboardInterrupt
    assert not (tmp_path / "new" / "run").exists()
    (tmp_path / "old").mkdir()
    with claimed_output(tmp_path / "old", "p", "b", NOW, False):
        pass
    assert (tmp_path / "old").exists(), "a folder of the user's stays"


def test_leftovers_of_a_killed_run_are_removed_by_the_next(tmp_path: Path) -> None:
    for name in (".massage-arm-reserve-123", "summary.json.part"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in claim(tmp_path).iterdir()] == ["notes.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(ConfigError, match=r"--out: got .*which is a file; allowed: a folder"):
        claim(path)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigError, match=r"--out: got .*Not a directory.*can be written"):
        claim(tmp_path / "file" / "run")


@pytest.mark.parametrize("name", ["record.mcap", "report.html", "summary.json", "film.npz"])
def test_files_of_somebody_else_stay(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("my own work")
    with pytest.raises(ConfigError, match="no run of massage-arm wrote"):
        claim(tmp_path, overwrite=True)
    assert path.read_text() == "my own work"


def test_an_older_run_is_replaced_and_other_files_stay(tmp_path: Path, synthetic: Synthetic) -> None:
    McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True).close()
    (tmp_path / "summary.json").write_text('{\n  "verdict": "completed"}')
    (tmp_path / "report.html").write_text("<!doctype html><!-- massage-arm report -->")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "explain.png").write_bytes(b"old")
    (tmp_path / "film.npz").write_bytes(FILM_BEGINNING + b"rest")
    with pytest.raises(ConfigError, match=r"holds a run.*--overwrite"):
        claim(tmp_path)
    assert claim(tmp_path, overwrite=True) == tmp_path
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
        assert list(tmp_path.iterdir()) == [], "a file without a name: nothing to remove after a kill"
        (reserve,) = (fd for fd in Path("/proc/self/fd").iterdir() if str(tmp_path) in os.path.realpath(fd))
        assert reserve.stat().st_blocks * 512 >= RESERVED_BYTES
    with pytest.raises(RecordError, match="free disk space"), reserved_space(tmp_path / "missing"):
        pass
