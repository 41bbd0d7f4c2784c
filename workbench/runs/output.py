"""The folder of a run: made, checked and protected before anything moves."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path

from controller.errors import ConfigError, RecordError
from workbench.record.reader import RECORD_NAME
from workbench.runs.claim import FolderClaim
from workbench.runs.film_file import FILM_BEGINNING, FILM_NAME

REPORT_NAME = "report.html"
SUMMARY_NAME = "summary.json"
EXPLAIN_NAME = "explain.png"
RUNS_FOLDER = Path("runs")
RESERVED_BYTES = 4_000_000
"""Room for a report and a summary; measured: 0.6 MB, and 2 MB with a film."""
FILE_WORD_BYTES = 60
"""Longest part of a default folder's name that comes from a program or a body: file systems allow 255 bytes in all."""
_LEFTOVERS = (".massage-arm-reserve-*", *(f"{name}.part" for name in (REPORT_NAME, SUMMARY_NAME)))
_BEGINNINGS = {
    RECORD_NAME: b"\x89MCAP0\r\n",
    REPORT_NAME: b"<!doctype html><!-- massage-arm report -->",
    SUMMARY_NAME: b'{\n  "verdict"',
    FILM_NAME: FILM_BEGINNING,
}
"""How the files of an older run begin; a file of the same name that begins otherwise is somebody else's."""
_MADE_OF_A_RUN = ("explain.png", "record.csv", "record.parquet", "record.h5", "record.rrd")
"""Made of a run afterwards, so it goes with the run."""
REPORT_BEGINNING = _BEGINNINGS[REPORT_NAME].decode()


@contextmanager
def claimed_output(out: Path | None, program: str, body: str, now: datetime, overwrite: bool) -> Iterator[FolderClaim]:
    """Hold the folder of a run, created and writable, for this process alone.

    An older run in it stays until ``remove_older_run``. A folder that was made here and is still empty at the end is
    removed again.

    Args:
        out: folder that was asked for; None for a new ``runs/DATE-TIME-PROGRAM-BODY``.
        program: name of the program, or its file.
        body: name of the body, or its file.
        now: local time, for the default name.
        overwrite: whether an older run in ``out`` may be replaced.

    Raises:
        ConfigError: the folder cannot be made or written, another process writes a run into it, it holds a run and
            ``overwrite`` is False, or it holds files of these names that no run wrote.
    """
    folder = out if out is not None else RUNS_FOLDER
    try:
        folder, is_new = (out, _make(out)) if out is not None else (_new_folder(program, body, now), True)
        claim = FolderClaim(folder)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        _check_folder(claim, overwrite)
        yield claim
    finally:
        if is_new:
            with suppress(OSError):  # a folder that holds something stays
                folder.rmdir()
        claim.close()


def _make(folder: Path) -> bool:
    """Make a folder where it is missing; return whether it was made here."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError("--out", f"{folder}, which is a file", "a folder", "choose another --out")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return False
    return True


def _new_folder(program: str, body: str, now: datetime) -> Path:
    """Make the default folder of a run; two processes that ask in the same second get two folders."""
    name = "-".join((f"{now:%Y%m%d-%H%M%S}", _file_word(program), _file_word(body)))
    RUNS_FOLDER.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        folder = RUNS_FOLDER / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            folder.mkdir()  # the only step that decides: to look first would leave room for another process
            break
    return folder


def _file_word(name_or_path: str) -> str:
    """Return the stem of a name as part of a file name: letters and digits of any script, at most 60 bytes."""
    stem = unicodedata.normalize("NFC", Path(name_or_path).stem)
    word = re.sub(r"[^\w.-]+", "_", stem).strip("._-")
    return word.encode(errors="ignore")[:FILE_WORD_BYTES].decode(errors="ignore") or "run"


def _check_folder(claim: FolderClaim, overwrite: bool) -> None:
    try:
        with tempfile.TemporaryFile(dir=claim.folder):
            pass
        _check_older_run(claim.folder, overwrite)
        remove_leftovers(claim.folder)
    except OSError as error:
        raise _unusable(claim.folder, error) from error
    claim.check()


def _unusable(folder: Path, error: OSError) -> ConfigError:
    reason = error.strerror or str(error)
    return ConfigError("--out", f"{folder} ({reason})", "a folder that can be written", "choose another --out")


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed run of an earlier version, or a killed writer, left; the caller holds the folder's claim."""
    for pattern in _LEFTOVERS:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


@contextmanager
def reserved_space(folder: Path) -> Iterator[None]:
    """Keep RESERVED_BYTES of the disk until the end, so that a record that fills it leaves room for the summary.

    The reserve is an open file without a name: the kernel frees it when the process ends, also when it is killed.

    Raises:
        RecordError: the disk has not even that.
    """
    with ExitStack() as stack:
        try:
            reserve = stack.enter_context(tempfile.TemporaryFile(dir=folder))
            reserve.write(os.urandom(RESERVED_BYTES))  # random, so that no file system stores it in less
            reserve.flush()
        except OSError as error:
            reason = error.strerror or str(error)
            raise RecordError(str(folder), reason, "free disk space or choose another --out") from error
        yield


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises RecordError where the disk refuses."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RecordError(str(path), error.strerror or str(error), "free disk space or choose another place") from error


def remove_older_run(folder: Path) -> None:
    """Remove the files of an older run, once the new one has something to put in their place.

    Raises:
        RecordError: a file cannot be removed.
    """
    try:
        for name in (*_BEGINNINGS, *_MADE_OF_A_RUN):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(str(folder), error.strerror or str(error), "choose another --out") from error


def _check_older_run(folder: Path, overwrite: bool) -> None:
    older = [folder / name for name in _BEGINNINGS if (folder / name).exists()]
    for path in older:
        if not _is_ours(path):
            raise ConfigError(
                "--out", f"{path}, which no run of massage-arm wrote", "a new folder or one of an older run",
                "move the file or choose another --out",
            )  # fmt: skip
    if older and not overwrite:
        raise ConfigError(
            "--out", f"{folder}, which holds a run", "a new or empty folder",
            "choose another --out, or add --overwrite to replace that run",
        )  # fmt: skip


def _is_ours(path: Path) -> bool:
    beginning = _BEGINNINGS[path.name]
    with path.open("rb") as stream:
        got = stream.read(len(beginning))
    return got == beginning[: len(got)]
