"""Mesh files come back bit by bit, and what would end the physics engine's process is refused here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from controller.errors import MeshError
from sim.fem.mesh import strip_mesh
from sim.fem.mesh_file import load_mesh_file, write_mesh_file
from sim.fem.mesh_settings import RECOMMENDED
from tests.fem_cases import LONG, cube, surface


def test_a_mesh_comes_back_bit_by_bit(tmp_path: Path) -> None:
    mesh = strip_mesh(surface("median_f"), LONG, RECOMMENDED)
    path = write_mesh_file(mesh.points_m, mesh.tets, tmp_path)
    back = load_mesh_file(path)
    assert back.points_m.tobytes() == mesh.points_m.tobytes()
    assert back.tets.tobytes() == mesh.tets.tobytes()
    assert [file.name for file in tmp_path.iterdir()] == ["tissue.vtk"]


def test_the_file_is_what_bullet_reads_line_by_line(tmp_path: Path) -> None:
    mesh = cube()
    lines = write_mesh_file(mesh.points_m, mesh.tets, tmp_path, "cube.vtk").read_text().splitlines()
    assert lines[:5] == [
        "# vtk DataFile Version 2.0",
        "tissue",
        "ASCII",
        "DATASET UNSTRUCTURED_GRID",
        "POINTS 8 double",
    ]
    assert lines[6] == "1.0 0.0 0.0"
    assert lines[13:15] == ["CELLS 6 30", "4 0 1 3 7"]
    assert lines[20:] == ["CELL_TYPES 6", *["10"] * 6]


def test_an_older_file_is_replaced_whole(tmp_path: Path) -> None:
    mesh = cube()
    (tmp_path / "tissue.vtk").write_text("old")
    write_mesh_file(mesh.points_m, mesh.tets, tmp_path)
    assert len(load_mesh_file(tmp_path / "tissue.vtk").tets) == 6


def test_a_failed_write_leaves_the_older_file(tmp_path: Path) -> None:
    mesh = cube()
    (tmp_path / "tissue.vtk").mkdir()
    with pytest.raises(MeshError, match="a folder that can be written"):
        write_mesh_file(mesh.points_m, mesh.tets, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["tissue.vtk"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    mesh = cube()
    with pytest.raises(MeshError, match="No such file"):
        write_mesh_file(mesh.points_m, mesh.tets, tmp_path / "none")


def _text(tmp_path: Path) -> str:
    mesh = cube()
    return write_mesh_file(mesh.points_m, mesh.tets, tmp_path, "good.vtk").read_text()


def _replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda _: "", "an empty file"),
        (lambda _: "\n \n", "an empty file"),
        (lambda _: "v 0 0 0\nv 1 0 0\nf 1 2 3\n", "begins 'v 0 0 0'"),
        (_replaced("ASCII", "BINARY"), "BINARY DATASET"),
        (_replaced("UNSTRUCTURED_GRID", "POLYDATA"), "POLYDATA"),
        (lambda good: good[: len(good) // 3], "ends in POINTS"),
        (lambda good: good[: good.index("CELLS") + 30], "ends in CELLS"),
        (lambda good: good[:-12], "ends in CELL_TYPES, 4 words early"),
        (lambda good: good[: good.index("POINTS")], "ends in POINTS, 2 words early"),
        (_replaced("POINTS 8", "POINTS -8"), "-8 in POINTS"),
        (_replaced("POINTS 8", "POINTS 99999999999"), "99999999999 in POINTS"),
        (_replaced("POINTS 8", "POINTS eight"), "count of POINTS 'eight'"),
        (_replaced("CELLS 6 30", "CELLS 6 24"), "6 cells with 24 numbers"),
        (_replaced("CELLS 6 30\n", "OFFSETS vtktypeint64\n"), "'OFFSETS' where CELLS belongs"),
        (_replaced("4 0 1 3 7", "3 0 1 3 7"), "1 cells that are no tetrahedra, first 0"),
        (_replaced("TYPES 6\n10", "TYPES 6\n12"), "1 cells that are no tetrahedra, first 0"),
        (_replaced("CELL_TYPES 6", "CELL_TYPES 5"), "another count in CELL_TYPES"),
        (_replaced("1.0 1.0 1.0", "1.0 nan 1.0"), "1 nodes that are not finite, first 7"),
        (_replaced("1.0 1.0 1.0", "1.0 1.0 inf"), "1 nodes that are not finite, first 7"),
        (_replaced("1.0 1.0 1.0", "1.0 one 1.0"), "a word in POINTS that is no number"),
        (_replaced("4 0 1 3 7", "4 0 1 3 8"), "nodes 0 to 8"),
        (_replaced("4 0 1 3 7", "4 0 1 3 nan"), "no integer"),
        (_replaced("4 0 1 3 7", "4 0 3 1 7"), "1 inverted or flat tetrahedra"),
        (_replaced("4 0 1 3 7", "4 0 1 3 2.5"), "no integer"),
        (lambda good: good.replace("tissue", "rück"), "no plain text"),
        (lambda good: good + "x" * 50_000_001, "a file of 50 MB"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, change: Callable[[str], str], text: str) -> None:
    path = tmp_path / "bad.vtk"
    path.write_text(change(_text(tmp_path)), encoding="utf-8")
    with pytest.raises(MeshError, match=re.escape(text)) as caught:
        load_mesh_file(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="No such file"):
        load_mesh_file(tmp_path / "none.vtk")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="directory"):
        load_mesh_file(tmp_path)


def test_files_of_other_programs_are_read(tmp_path: Path) -> None:
    """Several numbers in a line, other numbers' spelling, another title."""
    good = _text(tmp_path)
    start, end = good.index("POINTS"), good.index("CELLS")
    head, *points = good[start:end].splitlines()
    other = good[:start].replace("tissue", "vtk output").replace("2.0", "3.0")
    other += head.replace("double", "float") + "\n" + "  ".join(points).replace("1.0", "1e0") + "\n\n" + good[end:]
    path = tmp_path / "other.vtk"
    path.write_text(other)
    assert np.array_equal(load_mesh_file(path).points_m, cube().points_m)
