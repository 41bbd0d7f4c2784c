"""Bony landmarks of a body, by name, in the patient frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from controller.errors import ModelError
from controller.types import Vector3

SPINE = ("L5S1", "L3", "T12", "T9", "T3", "C7")
"""Levels of the spine, caudal to cranial."""
SIDED = ("acromion_L", "acromion_R", "shoulder_L", "shoulder_R")
"""Landmarks of the shoulder girdle that every body must have."""
REQUIRED = SPINE + SIDED
OPTIONAL = ("C4", "elbow_L", "elbow_R", "hip_L", "hip_R", "knee_L", "knee_R", "ankle_L", "ankle_R")
"""Landmarks that must be named but may be null, outside the sampled part; what hangs on them is then missing too."""

_ORIGIN_TOLERANCE_M = 0.05
"""How far the L5S1 landmark may be from the origin of the patient frame, which is defined as the skin over L5S1
(assumed: a curved spine, a coarse grid)."""
_TRUNK_M = (0.25, 0.80)
"""Plausible L5S1-C7 distance [m] (assumed: the sampled adults have 0.48 to 0.62)."""
_SHOULDER_M = (0.08, 0.35)
"""Plausible distance of a shoulder joint from the midline [m] (assumed: the sampled adults have 0.15 to 0.20)."""

_FILE_FORMAT = TypeAdapter(dict[str, tuple[float | None, float | None, float | None] | None])


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Skin points straight above bony landmarks, in the patient frame K [m].

    ``landmarks["C7"]`` is (x, y, z). ``"elbow_L" in landmarks`` tells whether an optional one is there; asking for one
    that is not raises ModelError.

    Attributes:
        points: name to point; only landmarks whose three coordinates are finite numbers.
        source: where they come from, for messages.
    """

    points: Mapping[str, Vector3]
    source: str

    def __getitem__(self, name: str) -> Vector3:
        """Return the point of a landmark; raises ModelError where the body does not have it."""
        if name not in self.points:
            raise ModelError(
                f"{self.source}: landmark {name!r}",
                "nothing usable (missing, null or not a number)",
                "three finite coordinates in metres",
                f"the file has {', '.join(self.points) or 'no landmarks'}",
            )
        return self.points[name]

    def __contains__(self, name: object) -> bool:
        return name in self.points

    def __iter__(self) -> Iterator[str]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def trunk_length_m(self) -> float:
        """Distance from L5S1 to C7 along x [m]."""
        return self["C7"][0] - self["L5S1"][0]

    @property
    def shoulder_half_width_m(self) -> float:
        """Half the distance between the shoulder joints [m]."""
        return 0.5 * (self["shoulder_L"][1] - self["shoulder_R"][1])


def read_landmarks(text: str, source: str) -> Landmarks:
    """Read and check the landmarks of a body file.

    Args:
        text: JSON object, name to [x, y, z] in metres; null for what is unknown.
        source: name of the file, for messages.

    Returns:
        the landmarks; all of ``REQUIRED`` are there, in order and on their own side.

    Raises:
        ModelError: not such an object, a required landmark is missing or NaN, or they cannot be a prone person's.
    """
    try:
        raw = _FILE_FORMAT.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "text"
        raise ModelError(
            f"{source}: landmarks, {place}", first["msg"], "a JSON object, name to [x, y, z] in metres"
        ) from error
    unnamed = [name for name in (*REQUIRED, *OPTIONAL) if name not in raw]
    if unnamed:
        raise ModelError(
            f"{source}: landmarks", f"no {', '.join(unnamed)}", f"all of {', '.join((*REQUIRED, *OPTIONAL))}",
            "add them; a landmark outside the sampled part is null",
        )  # fmt: skip
    points: dict[str, Vector3] = {}
    for name, triple in raw.items():
        if triple is None:
            continue
        x, y, z = triple
        if x is None or y is None or z is None or not all(math.isfinite(v) for v in (x, y, z)):
            continue
        points[name] = (x, y, z)
    landmarks = Landmarks(MappingProxyType(points), source)
    for name in REQUIRED:
        landmarks[name]
    _check_plausible(landmarks)
    return landmarks


def _check_plausible(landmarks: Landmarks) -> None:
    """Raise ModelError where the landmarks are not those of a prone person in the patient frame."""
    source = landmarks.source
    origin = landmarks["L5S1"]
    if not max(abs(v) for v in origin) <= _ORIGIN_TOLERANCE_M:
        raise ModelError(
            f"{source}: landmark 'L5S1'",
            _text(origin),
            f"within {1e3 * _ORIGIN_TOLERANCE_M:.0f} mm of the origin",
            "the patient frame has its origin on the skin over L5S1: shift the file",
        )
    for below, above in itertools.pairwise(SPINE):
        if not landmarks[below][0] < landmarks[above][0]:
            raise ModelError(
                f"{source}: landmarks {below!r} and {above!r}",
                f"x {landmarks[below][0]:.3f} m and {landmarks[above][0]:.3f} m",
                f"x of {below} below x of {above} (x runs cranially)",
                "check the units and the axes of the file",
            )
    for name in SIDED:
        sign = 1.0 if name.endswith("_L") else -1.0
        if not sign * landmarks[name][1] > 0.0:
            side = "y > 0 on the person's left" if sign > 0.0 else "y < 0 on the person's right"
            raise ModelError(
                f"{source}: landmark {name!r}", f"y {landmarks[name][1]:.3f} m", side, "y runs to the left"
            )
    _check_range(f"{source}: distance L5S1 to C7", landmarks.trunk_length_m, _TRUNK_M)
    _check_range(f"{source}: half the shoulder distance", landmarks.shoulder_half_width_m, _SHOULDER_M)


def _check_range(where: str, value_m: float, allowed_m: tuple[float, float]) -> None:
    if not allowed_m[0] <= value_m <= allowed_m[1]:
        allowed = f"{allowed_m[0]:.2f} to {allowed_m[1]:.2f} m"
        raise ModelError(where, f"{value_m:.3f} m", allowed, "check that the file is in metres")


def _text(point: Vector3) -> str:
    return f"({point[0]:.3f}, {point[1]:.3f}, {point[2]:.3f}) m"
