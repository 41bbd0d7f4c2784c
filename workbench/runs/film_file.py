"""The film of a run on finite elements, as a file: the skin under the pad, some times a second for some seconds."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.errors import RecordError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

FILM_NAME = "film.npz"
LARGEST_BYTES = 1 << 26
"""Largest file believed; a film of this program has under 2 MB."""
_MARK, _VERSION = "massage_arm_film", 1
_BROKEN = (OSError, ValueError, KeyError, EOFError, TypeError, MemoryError, zipfile.BadZipFile)
"""What NumPy raises for a file that is none of its own, or cut off."""


def _beginning() -> bytes:
    """Return how every film begins: the header and name of the first entry, which is the same in each."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, massage_arm_film=np.array(_VERSION))
    return buffer.getvalue()[: 30 + len(_MARK)]


FILM_BEGINNING = _beginning()


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """Pictures of a run in numbers; all in W. The last one is the moment of the highest force, the others move.

    Attributes:
        t_s: (F,) session time.
        press_n: (F,) true press force.
        pad_m: (F, 3) centre of the pad.
        axis_w: (F, 3) axis of the tool, into the body.
        patch: (F,) which patch of tissue.
        nodes_m: (F, S, 3) skin nodes of that patch.
        pressure_pa: (F, S) pressure in the tissue under them.
        rest_m: (P, S, 3) skin nodes of every patch at rest.
        triangles: (K, 3) skin triangles of every patch.
        pad_radius_m: () radius of the pad.
    """

    t_s: Array
    press_n: Array
    pad_m: Array
    axis_w: Array
    patch: Indices
    nodes_m: Array
    pressure_pa: Array
    rest_m: Array
    triangles: Indices
    pad_radius_m: Array

    def __post_init__(self) -> None:
        """Refuse with ValueError what does not fit together or is not finite."""
        frames, nodes, patches = len(self.t_s), self.nodes_m.shape[1], len(self.rest_m)
        shapes = (
            (self.t_s, (frames,)), (self.press_n, (frames,)), (self.pad_m, (frames, 3)), (self.axis_w, (frames, 3)),
            (self.patch, (frames,)), (self.nodes_m, (frames, nodes, 3)), (self.pressure_pa, (frames, nodes)),
            (self.rest_m, (patches, nodes, 3)), (self.triangles, (len(self.triangles), 3)), (self.pad_radius_m, ()),
        )  # fmt: skip
        if not (frames and all(array.shape == shape and np.isfinite(array).all() for array, shape in shapes)):
            raise ValueError("arrays that do not fit together, or are not finite")
        for index, end in ((self.patch, patches), (self.triangles, nodes)):
            if not (index.size and index.min() >= 0 and index.max() < end):
                raise ValueError("an index that points nowhere")

    @property
    def moving(self) -> int:
        """Number of pictures that move."""
        return len(self.t_s) - 1


def write_film(path: Path, film: Film) -> None:
    """Write a film whole or not at all, lengths to a hundredth of a millimetre. Raises RecordError."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, massage_arm_film=np.array(_VERSION), t_s=film.t_s, press_n=_small(film.press_n),
        pad_m=_small(film.pad_m), axis_w=_small(film.axis_w), patch=film.patch, nodes_m=_small(film.nodes_m),
        pressure_pa=_small(film.pressure_pa), rest_m=_small(film.rest_m), triangles=film.triangles,
        pad_radius_m=film.pad_radius_m,
    )  # fmt: skip
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_bytes(buffer.getvalue())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RecordError(str(path), error.strerror or str(error), "free disk space or choose another --out") from error


def read_film(path: Path) -> Film | None:
    """Return the film in a file, None where there is no such file. Raises RecordError for a broken one."""
    try:
        if not path.is_file():
            return None
        if not path.stat().st_size <= LARGEST_BYTES:
            raise ValueError("too large")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            if int(stored[_MARK]) != _VERSION:
                raise ValueError(f"version {stored[_MARK]}")
            return Film(
                t_s=_real(stored["t_s"]), press_n=_real(stored["press_n"]), pad_m=_real(stored["pad_m"]),
                axis_w=_real(stored["axis_w"]), patch=_whole(stored["patch"]), nodes_m=_real(stored["nodes_m"]),
                pressure_pa=_real(stored["pressure_pa"]), rest_m=_real(stored["rest_m"]),
                triangles=_whole(stored["triangles"]), pad_radius_m=_real(stored["pad_radius_m"]),
            )  # fmt: skip
    except _BROKEN as error:
        raise RecordError(str(path), f"no film ({error})", "run the session again for a new one") from error


def _small(array: Array) -> NDArray[np.float32]:
    return array.astype(np.float32)


def _real(array: NDArray[np.generic]) -> Array:
    if array.dtype.kind != "f":
        raise ValueError(f"an array of {array.dtype}")
    return array.astype(np.float64)


def _whole(array: NDArray[np.generic]) -> Indices:
    if array.dtype.kind != "i":
        raise ValueError(f"an array of {array.dtype}")
    return array.astype(np.int64)
