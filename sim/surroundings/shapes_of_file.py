"""The shapes of a robot file's links as capsules in the frames of these links."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from controller.errors import PlantError

Array = NDArray[np.float64]
_GEOMETRIES = ("cylinder", "sphere", "box", "mesh")


@dataclass(frozen=True, slots=True, eq=False)
class Capsule:
    """A stretch of a link.

    Attributes:
        start_m: (3,) centre of one end, in the frame of the link.
        end_m: (3,) centre of the other end.
        radius_m: radius.
    """

    start_m: Array
    end_m: Array
    radius_m: float


@dataclass(frozen=True, slots=True)
class LinkShapes:
    """The shapes of one link.

    Attributes:
        capsules: its shapes; those of the pictures where the link has none for collisions.
        has_mesh_only: the link has a mesh and nothing else: where it reaches to, the file does not say.
    """

    capsules: tuple[Capsule, ...]
    has_mesh_only: bool


def shapes_of_file(path: Path) -> Mapping[str, LinkShapes]:
    """Return the shapes of every link of a URDF file, in its order.

    A cylinder becomes the longest capsule inside it, one that is flatter than wide a sphere of its radius; a box the
    capsule along its longest side whose radius is half of its second longest.

    Raises:
        PlantError: the file is no XML, or a shape has no size.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    try:
        parser.Parse(path.read_bytes(), True)
    except (expat.ExpatError, OSError) as error:
        raise PlantError(f"{path}: no XML ({error})", "check the URDF") from error
    except (KeyError, ValueError) as error:
        raise PlantError(f"{path}: a shape without a size ({error})", "give every shape its size") from error
    return {name: _chosen(kinds) for name, kinds in reader.links.items()}


def _chosen(kinds: Mapping[str, list[Capsule | None]]) -> LinkShapes:
    for kind in ("collision", "visual"):
        found = tuple(shape for shape in kinds[kind] if shape is not None)
        if found:
            return LinkShapes(found, has_mesh_only=False)
    return LinkShapes((), has_mesh_only=any(kinds.values()))


class _Reader:
    """Collects shapes while the file is parsed; None stands for a mesh."""

    def __init__(self) -> None:
        self.links: dict[str, dict[str, list[Capsule | None]]] = {}
        self._link = self._kind = ""
        self._position, self._rotation = np.zeros(3), np.eye(3)

    def start(self, tag: str, values: dict[str, str]) -> None:
        if tag == "link":
            self._link = values["name"]
            self.links[self._link] = {"collision": [], "visual": []}
        elif self._link and tag in ("collision", "visual"):
            self._kind = tag
            self._position, self._rotation = np.zeros(3), np.eye(3)
        elif self._kind and tag == "origin":
            self._position = np.array(_numbers(values.get("xyz", "0 0 0")))
            self._rotation = _turned(_numbers(values.get("rpy", "0 0 0")))
        elif self._kind and tag in _GEOMETRIES:
            size = None if tag == "mesh" else _capsule_size(tag, values)
            self.links[self._link][self._kind].append(None if size is None else self._placed(*size))

    def end(self, tag: str) -> None:
        if tag == "link":
            self._link = ""
        elif tag in ("collision", "visual"):
            self._kind = ""

    def _placed(self, half: Array, radius_m: float) -> Capsule:
        """Return a capsule whose ends lie at +- ``half`` (3,) in the frame of the shape."""
        way = self._rotation @ half
        return Capsule(self._position - way, self._position + way, radius_m)


def _capsule_size(tag: str, values: dict[str, str]) -> tuple[Array, float]:
    """Return the half axis (3,) and the radius of a shape's capsule."""
    if tag == "box":
        sides = _numbers(values["size"])
        longest = int(np.argmax(sides))
        radius = 0.5 * sorted(sides)[1]
        return np.eye(3)[longest] * (0.5 * sides[longest] - radius), radius
    radius = float(values["radius"])
    length = float(values["length"]) if tag == "cylinder" else 0.0
    return np.array([0.0, 0.0, max(0.0, 0.5 * length - radius)]), radius


def _numbers(text: str) -> list[float]:
    values = [float(word) for word in text.split()]
    if len(values) != 3 or not all(math.isfinite(value) for value in values):
        raise ValueError(f"{text!r} for three numbers")
    return values


def _turned(rpy: list[float]) -> Array:
    """Return the (3, 3) rotation of roll, pitch and yaw about fixed axes."""
    (sr, sp, sy), (cr, cp, cy) = np.sin(rpy), np.cos(rpy)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )
