"""A prone body from a file: height map of the dorsal skin, landmarks and what is known of the person."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from controller.errors import ModelError
from trajectories.anatomy.body_file import (
    MASS_KG,
    STATURE_M,
    read_archive,
    read_axis,
    read_heights,
    read_number,
    read_phenotype,
    read_text,
)
from trajectories.anatomy.holes import check_surface
from trajectories.anatomy.landmarks import REQUIRED, Landmarks, read_landmarks

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A prone body seen from above, in the patient frame K: x cranial, y to the person's left, z dorsal (up).

    Attributes:
        name: name of the body, the file's without its suffix.
        path: the file.
        x_m: (n,) cranial axis, increasing, uniform.
        y_m: (m,) axis to the left, increasing, the same spacing as ``x_m``.
        z_m: (n, m) height of the dorsal skin, NaN outside the body.
        landmarks: skin points above bony landmarks.
        stature_m: body height.
        mass_kg: body mass.
        phenotype: inputs of the body model, such as gender (0 male .. 1 female), age, muscle, weight; all in 0..1.
    """

    name: str
    path: Path
    x_m: Floats
    y_m: Floats
    z_m: Floats
    landmarks: Landmarks
    stature_m: float
    mass_kg: float
    phenotype: Mapping[str, float]

    @property
    def spacing_m(self) -> float:
        """Grid spacing, the same along both axes [m]."""
        return float(self.x_m[-1] - self.x_m[0]) / (len(self.x_m) - 1)


def bodies_folder() -> Path:
    """Return the folder of the bodies that come with the distribution.

    It is package data of ``sim``, found without importing that package, which would pull the physics engine in.
    """
    places = [Path(__file__).resolve().parents[2] / "sim"]
    if (spec := importlib.util.find_spec("sim")) is not None:
        places += [Path(place) for place in spec.submodule_search_locations or ()]
    for place in places:
        if (folder := place / "bodies").is_dir():
            return folder
    raise ModelError("bodies", "no folder sim/bodies", "an installation with its package data", "install it again")


def body_names() -> tuple[str, ...]:
    """Return the names of the bodies that come with the distribution, sorted."""
    return tuple(sorted(path.stem for path in bodies_folder().glob("*.npz")))


def load_body(name_or_path: str) -> Body:
    """Load and check a body.

    Args:
        name_or_path: a name out of ``body_names()``, or the path of a ``.npz`` file of the same format.

    Returns:
        the body; where the file's two axes have different spacings it is resampled to the finer one.

    Raises:
        ModelError: no such body, not such a file, or a body that cannot be used; the message says what is allowed.
    """
    path = _find(name_or_path)
    arrays = read_archive(path)
    x, y = read_axis(arrays["x"], f"{path.name}: x"), read_axis(arrays["y"], f"{path.name}: y")
    z = read_heights(arrays["z"], (len(x), len(y)), path.name)
    stature = read_number(arrays["stature_m"], f"{path.name}: stature_m", STATURE_M, "m")
    mass = read_number(arrays["mass_kg"], f"{path.name}: mass_kg", MASS_KG, "kg")
    landmarks = read_landmarks(read_text(arrays["landmarks"], f"{path.name}: landmarks"), path.name)
    phenotype = read_phenotype(read_text(arrays["phenotype"], f"{path.name}: phenotype"), path.name)
    for name in REQUIRED:
        _check_inside(landmarks, name, x, y)
    x, y, z = _squared(x, y, z)
    check_surface(x, y, z, landmarks)
    for array in (x, y, z):
        array.setflags(write=False)
    return Body(path.stem, path, x, y, z, landmarks, stature, mass, phenotype)


def _find(name_or_path: str) -> Path:
    names = body_names()
    if name_or_path in names:
        return bodies_folder() / f"{name_or_path}.npz"
    path = Path(name_or_path)
    is_path = path.suffix == ".npz" or len(path.parts) > 1
    allowed = f"one of {', '.join(names)}, or the path of a .npz body file"
    try:
        if path.is_dir():
            raise ModelError(f"body {name_or_path!r}", "a folder", allowed)
        if path.is_file():
            return path
    except (OSError, ValueError) as error:
        raise ModelError(f"body {name_or_path!r}", f"an unusable path ({error})", allowed) from error
    raise ModelError(f"body {name_or_path!r}", "a missing file" if is_path else "an unknown name", allowed)


def _check_inside(landmarks: Landmarks, name: str, x: Floats, y: Floats) -> None:
    point = landmarks[name]
    if not (x[0] <= point[0] <= x[-1] and y[0] <= point[1] <= y[-1]):
        allowed = f"x {x[0]:.3f} to {x[-1]:.3f} m, y {y[0]:.3f} to {y[-1]:.3f} m (the file's grid)"
        got = f"({point[0]:.3f}, {point[1]:.3f}) m, outside the grid"
        raise ModelError(f"{landmarks.source}: landmark {name!r}", got, allowed, "check units and frame")


def _squared(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the map on a grid with one spacing for both axes; unchanged where the file has that already."""
    dx, dy = x[1] - x[0], y[1] - y[0]
    if abs(dx - dy) <= 1e-4 * min(dx, dy):
        return x, y, z
    step = min(dx, dy)
    new_x = x[0] + step * np.arange(int((x[-1] - x[0]) / step + 1e-6) + 1)
    new_y = y[0] + step * np.arange(int((y[-1] - y[0]) / step + 1e-6) + 1)
    index = np.stack(np.meshgrid((new_x - x[0]) / dx, (new_y - y[0]) / dy, indexing="ij"))
    outside = ~np.isfinite(z)
    nearest = ndimage.distance_transform_edt(outside, sampling=(dx, dy), return_distances=False, return_indices=True)
    heights = ndimage.map_coordinates(z[tuple(nearest)], index, order=1, mode="nearest")
    gone = ndimage.map_coordinates(outside.astype(np.float64), index, order=0, mode="nearest") > 0.5
    return new_x, new_y, np.where(gone, np.nan, heights)
