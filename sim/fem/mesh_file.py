"""Mesh files: legacy ASCII VTK as PyBullet reads it, and a strict reader for files from elsewhere.

PyBullet ends the whole process on a file that is missing, cut short or not of tetrahedra, and it reads line by line.
So it only ever gets files written here, and a user's file is read here first.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.errors import MeshError
from sim.fem.mesh import LARGEST_NODES
from sim.fem.mesh_quality import check_tetrahedra

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

LARGEST_FILE_BYTES = 50_000_000
"""The largest mesh has about 10 MB (assumed limit)."""
_TETRAHEDRON = 10
_KIND = "legacy ASCII VTK (version 2 to 4) with an UNSTRUCTURED_GRID of tetrahedra"
_SAVE = "save it as legacy ASCII VTK 2.0 with tetrahedra only"


@dataclass(frozen=True, slots=True, eq=False)
class Tetrahedra:
    """What a mesh file holds.

    Attributes:
        points_m: (N, 3) nodes.
        tets: (M, 4) nodes of the tetrahedra, positive volume.
    """

    points_m: Array
    tets: Indices


def write_mesh_file(points_m: Array, tets: Indices, folder: Path, name: str = "tissue.vtk") -> Path:
    """Write a mesh whole or not at all; numbers are written so that reading gives the same bits.

    Args:
        points_m: (N, 3) nodes.
        tets: (M, 4) nodes of the tetrahedra.
        folder: an existing folder.
        name: file name.

    Returns:
        The file.

    Raises:
        MeshError: the disk refuses.
    """
    lines = ["# vtk DataFile Version 2.0", "tissue", "ASCII", "DATASET UNSTRUCTURED_GRID"]
    lines.append(f"POINTS {len(points_m)} double")
    lines += [f"{x!r} {y!r} {z!r}" for x, y, z in points_m.tolist()]
    lines.append(f"CELLS {len(tets)} {5 * len(tets)}")
    lines += [f"4 {a} {b} {c} {d}" for a, b, c, d in tets.tolist()]
    lines.append(f"CELL_TYPES {len(tets)}")
    lines += [str(_TETRAHEDRON)] * len(tets)
    path = folder / name
    temporary: Path | None = None
    try:
        handle, text = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder)
        temporary = Path(text)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        todo = "free disk space or choose another folder"
        raise MeshError(str(path), error.strerror or str(error), "a folder that can be written", todo) from error
    return path


def load_mesh_file(path: Path) -> Tetrahedra:
    """Read a mesh file and check it.

    Raises:
        MeshError: it is missing, empty, cut short, too large, not of tetrahedra or not finite, or its mesh is unsound.
    """
    words = _Words(str(path), _read_text(path))
    words.expect_header()
    points = words.numbers("POINTS", width=3)
    tets = words.cells()
    mesh = Tetrahedra(points, tets)
    check_tetrahedra(mesh.points_m, mesh.tets, str(path))
    return mesh


def _read_text(path: Path) -> str:
    where = str(path)
    try:
        size = path.stat().st_size
        if not size <= LARGEST_FILE_BYTES:
            most = f"at most {LARGEST_FILE_BYTES / 1e6:.0f} MB"
            raise MeshError(where, f"a file of {size / 1e6:.0f} MB", most, "use a coarser mesh")
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise MeshError(where, error.strerror or str(error), "a readable file", "check the path") from error
    except UnicodeDecodeError as error:
        raise MeshError(where, "a file that is no plain text", _KIND, _SAVE) from error


class _Words:
    """The words of a mesh file, taken one section after the other.

    Args:
        where: file, for messages.
        text: its content.
    """

    def __init__(self, where: str, text: str) -> None:
        self._where = where
        self._lines = text.splitlines()
        self._words = " ".join(self._lines[2:]).split()
        self._at = 0

    def expect_header(self) -> None:
        """Refuse what does not begin like a legacy ASCII VTK file with an unstructured grid."""
        if not self._lines or not "".join(self._lines).strip():
            raise MeshError(self._where, "an empty file", _KIND, _SAVE)
        first = self._lines[0]
        head = [word.upper() for word in self._words[:3]]
        if not first.startswith("# vtk DataFile Version") or head != ["ASCII", "DATASET", "UNSTRUCTURED_GRID"]:
            raise MeshError(self._where, f"a file that begins {first[:40]!r}, {' '.join(head)[:60]!r}", _KIND, _SAVE)
        self._at = 3

    def numbers(self, section: str, width: int) -> Array:
        """Return the (count, width) numbers of a section ``section count type``."""
        count = self._count(section)
        self._take(1, section)
        values = self._array(self._take(width * count, section), section)
        return values.reshape(-1, width)

    def cells(self) -> Indices:
        """Return the (M, 4) nodes of the tetrahedra of the sections CELLS and CELL_TYPES."""
        count = self._count("CELLS")
        size = self._integer(self._take(1, "CELLS")[0], "size of CELLS")
        if size != 5 * count:
            raise MeshError(self._where, f"{count} cells with {size} numbers", "4 and four nodes for every cell", _SAVE)
        rows = self._array(self._take(size, "CELLS"), "CELLS").reshape(-1, 5)
        if self._count("CELL_TYPES") != count:
            raise MeshError(self._where, "another count in CELL_TYPES", f"{count} as in CELLS", _SAVE)
        types = self._array(self._take(count, "CELL_TYPES"), "CELL_TYPES")
        strange = np.flatnonzero((types != _TETRAHEDRON) | (rows[:, 0] != 4.0))
        if strange.size:
            got = f"{strange.size} cells that are no tetrahedra, first {strange[0]}"
            raise MeshError(self._where, got, f"cells of type {_TETRAHEDRON} with 4 nodes", _SAVE)
        if not (np.isfinite(rows) & (rows == np.rint(rows)) & (np.abs(rows) < 1e9)).all():
            raise MeshError(self._where, "a node number that is no integer", "integers from 0", _SAVE)
        return np.ascontiguousarray(rows[:, 1:].astype(np.int64))

    def _count(self, section: str) -> int:
        word, number = self._take(2, section)
        if word.upper() != section:
            raise MeshError(self._where, f"{word[:40]!r} where {section} belongs", _KIND, _SAVE)
        count = self._integer(number, f"count of {section}")
        if not 0 <= count <= 10 * LARGEST_NODES:
            raise MeshError(self._where, f"{count} in {section}", f"0 to {10 * LARGEST_NODES}", "use a coarser mesh")
        return count

    def _integer(self, word: str, what: str) -> int:
        try:
            return int(word)
        except ValueError as error:
            raise MeshError(self._where, f"{what} {word[:40]!r}", "an integer", _SAVE) from error

    def _take(self, count: int, section: str) -> list[str]:
        words = self._words[self._at : self._at + count]
        if len(words) != count:
            got = f"a file that ends in {section}, {count - len(words)} words early"
            raise MeshError(self._where, got, "a whole file", "copy or save it again")
        self._at += count
        return words

    def _array(self, words: list[str], section: str) -> Array:
        try:
            return np.array(words, dtype=np.float64)
        except ValueError as error:
            raise MeshError(
                self._where, f"a word in {section} that is no number ({error})", "numbers", _SAVE
            ) from error
