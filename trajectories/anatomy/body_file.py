"""The single fields of a body file, read strictly: what is not exactly as described is refused with the reason."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from pydantic import FiniteFloat, TypeAdapter, ValidationError

from controller.errors import ModelError

Floats = npt.NDArray[np.float64]

_ARRAYS = ("x", "y", "z")
_TEXTS = ("landmarks", "phenotype")
_NUMBERS = ("stature_m", "mass_kg")
_MAKE = "make it as sim/bodies/README.md describes"
_SPACING_M = (0.001, 0.010)
"""Usable grid spacing: finer only costs time, coarser than about half a pad loses the relief (assumed)."""
_UNIFORM = 0.01
"""Allowed relative deviation of one grid step from their mean."""
STATURE_M = (1.2, 2.3)
MASS_KG = (25.0, 250.0)
_HEIGHT_M = 1.0
"""Adults, generously; a file in millimetres or pounds is outside (assumed)."""
_LARGEST_FILE_BYTES = 64_000_000
"""A body on a 1 mm grid has about 10 MB (assumed limit)."""

_PHENOTYPE = TypeAdapter(dict[str, FiniteFloat])


def read_archive(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Return the arrays of a body file by key; pickled objects are refused unread."""
    keys = (*_ARRAYS, *_TEXTS, *_NUMBERS)
    try:
        if not path.stat().st_size <= _LARGEST_FILE_BYTES:
            size = f"{path.stat().st_size / 1e6:.0f} MB"
            raise ModelError(f"{path.name}", size, f"at most {_LARGEST_FILE_BYTES / 1e6:.0f} MB", "use a coarser grid")
        if not zipfile.is_zipfile(path):
            raise ModelError(path.name, "a file that is no .npz archive", f"an .npz with {', '.join(keys)}", _MAKE)
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in keys if key not in archive.files]
            if missing:
                raise ModelError(path.name, f"no key {', '.join(missing)}", f"an .npz with {', '.join(keys)}", _MAKE)
            arrays = {key: archive[key] for key in keys}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError) as error:
        reason = "pickled objects" if "allow_pickle" in str(error) else f"unreadable content ({error})"
        raise ModelError(path.name, reason, f"an .npz with plain arrays {', '.join(keys)}", _MAKE) from error
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ModelError(f"{path.name}: {key}", "raw bytes", "a NumPy array", _MAKE)
    return arrays


def read_axis(array: npt.NDArray[np.generic], where: str) -> Floats:
    """Return a grid axis as float64, checked: 1-D, finite, increasing, uniform, of usable spacing."""
    if array.ndim != 1 or array.dtype.kind != "f" or len(array) < 10:
        got = f"shape {array.shape}, type {array.dtype}"
        raise ModelError(where, got, "a 1-D float array of at least 10 metres values", _MAKE)
    axis = array.astype(np.float64)
    if not np.isfinite(axis).all():
        raise ModelError(where, "NaN or infinity", "finite values in metres", _MAKE)
    steps = np.diff(axis)
    spacing = float(axis[-1] - axis[0]) / (len(axis) - 1)
    if not steps.min() > 0.0:
        raise ModelError(where, f"a step of {1e3 * steps.min():.3f} mm", "strictly increasing values", _MAKE)
    if not np.abs(steps - spacing).max() <= _UNIFORM * spacing:
        got = f"steps from {1e3 * steps.min():.3f} to {1e3 * steps.max():.3f} mm"
        raise ModelError(where, got, f"a uniform axis, within {100 * _UNIFORM:.0f} %", "resample the file")
    if not _SPACING_M[0] * (1 - _UNIFORM) <= spacing <= _SPACING_M[1] * (1 + _UNIFORM):
        allowed = f"{1e3 * _SPACING_M[0]:.0f} to {1e3 * _SPACING_M[1]:.0f} mm"
        raise ModelError(where, f"a spacing of {1e3 * spacing:.3f} mm", allowed, "check that the file is in metres")
    return np.asarray(axis[0] + spacing * np.arange(len(axis)), dtype=np.float64)


def read_heights(array: npt.NDArray[np.generic], shape: tuple[int, int], name: str) -> Floats:
    """Return the heights as float64, checked: of ``shape``, floating point, finite or NaN, of a body's size."""
    if array.shape != shape:
        raise ModelError(f"{name}: z", f"shape {array.shape}", f"(len(x), len(y)) = {shape}", _MAKE)
    if array.dtype.kind != "f":
        raise ModelError(f"{name}: z", f"type {array.dtype}", "float metres, NaN outside the body", _MAKE)
    z = array.astype(np.float64)
    if np.isinf(z).any() or not np.isfinite(z).any():
        got = "infinity" if np.isinf(z).any() else "nothing but NaN"
        raise ModelError(f"{name}: z", got, "finite heights on the body, NaN outside", _MAKE)
    largest = float(np.nanmax(np.abs(z)))
    if not largest < _HEIGHT_M:
        allowed = f"heights within {_HEIGHT_M:.0f} m of L5S1"
        raise ModelError(f"{name}: z", f"{largest:.3f} m", allowed, "check that the file is in metres")
    return z


def read_number(array: npt.NDArray[np.generic], where: str, allowed: tuple[float, float], unit: str) -> float:
    """Return one number, checked to be in the range ``allowed``."""
    text = f"a number from {allowed[0]:g} to {allowed[1]:g} {unit}"
    if array.shape != () or array.dtype.kind not in "fiu":
        raise ModelError(where, f"shape {array.shape}, type {array.dtype}", text)
    value = float(array.astype(np.float64))
    if not allowed[0] <= value <= allowed[1]:
        raise ModelError(where, f"{value:g} {unit}", text, "check the units of the file")
    return value


def read_text(array: npt.NDArray[np.generic], where: str) -> str:
    """Return one text."""
    if array.shape != () or array.dtype.kind != "U":
        raise ModelError(where, f"shape {array.shape}, type {array.dtype}", "one JSON text", _MAKE)
    return str(array)


def read_phenotype(text: str, name: str) -> Mapping[str, float]:
    """Return the inputs of the body model, name to finite number, from their JSON text."""
    try:
        return MappingProxyType(_PHENOTYPE.validate_json(text, strict=True))
    except ValidationError as error:
        got = error.errors()[0]["msg"]
        raise ModelError(f"{name}: phenotype", got, "a JSON object, name to finite number", _MAKE) from error
