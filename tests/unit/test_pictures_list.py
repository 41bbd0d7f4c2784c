"""README and docs show exactly the pictures that ``make pictures`` makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import workbench.docs_pictures.make
from workbench.docs_pictures.film import FILM_PICTURE
from workbench.docs_pictures.make import LARGEST_BYTES, NAMES, main, save_picture
from workbench.docs_pictures.picture_sources import MANIFEST_NAME
from workbench.figures.film import LARGEST_FILM_BYTES

ROOT = Path(workbench.docs_pictures.make.__file__).parents[2]
SHOWN = re.compile(r"\]\((?:\.\./)*(?:docs/)?pictures/([^)#\s]+)\)")


def test_readme_and_docs_show_exactly_what_is_made() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    shown = {name for page in pages for name in SHOWN.findall(page.read_text(encoding="utf-8"))}
    assert shown == set(NAMES)


def test_the_folder_holds_exactly_these_and_all_are_small() -> None:
    files = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").iterdir()}
    assert files.pop(MANIFEST_NAME) < 20_000
    assert set(files) == set(NAMES)
    assert files.pop(FILM_PICTURE) <= LARGEST_FILM_BYTES
    assert max(files.values()) <= LARGEST_BYTES


def test_equal_figures_give_equal_files(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        figure = Figure(figsize=(2.0, 1.0))
        figure.subplots().plot([0.0, 1.0])
        save_picture(figure, tmp_path / name)
    written = (tmp_path / "one.png").read_bytes()
    assert written == (tmp_path / "two.png").read_bytes()
    assert written.startswith(b"\x89PNG")
    assert b"Software" not in written


def test_a_file_in_place_of_the_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert main([str(file / "pictures")]) == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "allowed: a folder that can be written" in complaint


def test_an_unknown_picture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--only", "portrait.png"]) == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "portrait.png" in complaint
