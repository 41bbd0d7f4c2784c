"""The folder of a run: made, checked and protected before anything moves."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from controller.errors import ConfigError, RecordError
from workbench.film_file import FILM_BEGINNING, FILM_NAME
from workbench.reader import RECORD_NAME

REPORT_NAME = "report.html"
SUMMARY_NAME = "summary.json"
EXPLAIN_NAME = "explain.png"
RUNS_FOLDER = Path("runs")
RESERVED_BYTES = 4_000_000
"""Room for a report and a summary; measured: 0.6 MB, and 2 MB with a film."""
_BEGINNINGS = {
    RECORD_NAME: b"\x89MCAP0\r\n",
    REPORT_NAME: b"<!doctype html><!-- massage-arm report -->",
    SUMMARY_NAME: b'{\n  "verdict"',
    FILM_NAME: FILM_BEGINNING,
}
"""How the files of an older run begin; a file of the same name that begins otherwise is somebody else's."""
_PICTURES = ("explain.png",)
"""Made of a run afterwards, so it goes with the run."""
REPORT_BEGINNING = _BEGINNINGS[REPORT_NAME].decode()


def prepare_output(out: Path | None, program: str, body: str, now: datetime) -> Path:
    """Return the folder of a run, created and writable; an older run in it stays until ``remove_older_run``.

    Args:
        out: folder that was asked for; None for ``runs/DATE-TIME-PROGRAM-BODY``.
        program: name of the program, or its file.
        body: name of the body, or its file.
        now: local time, for the default name.

    Raises:
        ConfigError: the folder cannot be made or written, or holds files of these names that are not ours.
    """
    folder = out if out is not None else _default_folder(program, body, now)
    try:
        if folder.exists() and not folder.is_dir():
            raise ConfigError("--out", f"{folder}, which is a file", "a folder", "choose another --out")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        _check_older_run(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            "--out", f"{folder} ({reason})", "a folder that can be written", "choose another --out"
        ) from (error)
    return folder


@contextmanager
def reserved_space(folder: Path) -> Iterator[None]:
    """Keep RESERVED_BYTES of the disk until the end, so that a record that fills it leaves room for the summary.

    Raises:
        RecordError: the disk has not even that.
    """
    reserve = folder / f".massage-arm-reserve-{os.getpid()}"
    try:
        reserve.write_bytes(os.urandom(RESERVED_BYTES))
    except OSError as error:
        reserve.unlink(missing_ok=True)
        raise RecordError(str(folder), error.strerror or str(error), "free disk space or choose another --out") from (
            error
        )
    try:
        yield
    finally:
        reserve.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises RecordError where the disk refuses."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RecordError(str(path), error.strerror or str(error), "free disk space or choose another --out") from error


def _default_folder(program: str, body: str, now: datetime) -> Path:
    words = (f"{now:%Y%m%d-%H%M%S}", Path(program).stem, Path(body).stem)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", "-".join(words))
    folder, number = RUNS_FOLDER / name, 1
    while folder.exists():
        number += 1
        folder = RUNS_FOLDER / f"{name}-{number}"
    return folder


def remove_older_run(folder: Path) -> None:
    """Remove the files of an older run, once the new one has something to put in their place.

    Raises:
        RecordError: a file cannot be removed.
    """
    try:
        for name in (*_BEGINNINGS, *_PICTURES):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(str(folder), error.strerror or str(error), "choose another --out") from error


def _check_older_run(folder: Path) -> None:
    older = [folder / name for name in _BEGINNINGS if (folder / name).exists()]
    for path in older:
        if not _is_ours(path):
            raise ConfigError(
                "--out", f"{path}, which no run of massage-arm wrote", "a new folder or one of an older run",
                "move the file or choose another --out",
            )  # fmt: skip


def _is_ours(path: Path) -> bool:
    beginning = _BEGINNINGS[path.name]
    with path.open("rb") as stream:
        got = stream.read(len(beginning))
    return got == beginning[: len(got)]
