"""The shapes of a URDF file's links, for whoever draws them."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from controller.errors import ModelError
from controller.types import Vector, Vector3
from urdf.attributes import numbers, vector
from urdf.markup import Element
from urdf.reader import RobotFile, read_robot

_ROUND: Mapping[str, Vector] = MappingProxyType({"radius": (0.0,), "length": (0.0,)})
_SIZES: Mapping[str, Mapping[str, Vector]] = MappingProxyType(
    {
        "box": MappingProxyType({"size": (0.0, 0.0, 0.0)}),
        "cylinder": _ROUND,
        "capsule": _ROUND,
        "sphere": MappingProxyType({"radius": (0.0,)}),
    }
)
"""Attributes of each shape, with as many zeros as they have numbers."""
_BONE_RADIUS_M = 0.03
"""Radius of a link that is drawn without its mesh (assumed)."""
_BONE_COLOR = (0.62, 0.65, 0.69, 1.0)
_GREY: Vector = (0.8, 0.8, 0.8, 1.0)


class ShapeKind(enum.StrEnum):
    """Kinds of primitive shapes."""

    BOX = "box"
    CYLINDER = "cylinder"
    CAPSULE = "capsule"
    SPHERE = "sphere"


@dataclass(frozen=True, slots=True)
class Primitive:
    """One shape of a link.

    Attributes:
        link: link it is fixed to.
        kind: what it is.
        size_m: box: three edges; cylinder and capsule: radius, length (along z); sphere: radius.
        origin_m: its centre in the link frame.
        rpy_rad: its roll, pitch, yaw in the link frame.
        rgba: its colour, 0 to 1.
    """

    link: str
    kind: ShapeKind
    size_m: Vector
    origin_m: Vector3
    rpy_rad: Vector3
    rgba: tuple[float, float, float, float]


def visual_primitives(urdf_path: Path) -> tuple[Primitive, ...]:
    """Return what to draw of a URDF file, link by link: its primitive visuals; bones where a link has only meshes.

    Meshes may lie on another machine, so a link drawn by meshes gets a capsule to each of the joints behind it instead.

    Raises:
        ModelError: the file is unreadable or a shape's numbers are.
    """
    drawn = _primitives(urdf_path, "visual")
    return (*drawn, *_bones(read_robot(urdf_path), {primitive.link for primitive in drawn}))


def collision_primitives(urdf_path: Path) -> tuple[Primitive, ...]:
    """Return every primitive collision shape of a URDF file, link by link; meshes are left out.

    Raises:
        ModelError: the file is unreadable or a shape's numbers are.
    """
    return _primitives(urdf_path, "collision")


def _primitives(path: Path, tag: str) -> tuple[Primitive, ...]:
    robot = read_robot(path)
    colors = {m.attributes.get("name", ""): color for m in robot.root.all("material") if (color := m.first("color"))}
    found: list[Primitive] = []
    for link in robot.links:
        for block in link.element.all(tag):
            geometry = block.first("geometry")
            shape = None if geometry is None else next((c for c in geometry.children if c.tag in _SIZES), None)
            if shape is not None:
                found.append(_primitive(path, link.name, block, shape, colors))
    return tuple(found)


def _bones(robot: RobotFile, drawn: set[str]) -> Iterator[Primitive]:
    """Yield a capsule from the origin of every link that is not drawn to the origin of each link behind it."""
    for joint in (one.joint for one in robot.joints if one.joint.parent not in drawn):
        x, y, z = joint.origin_m
        length = math.hypot(x, y, z)
        if length > _BONE_RADIUS_M:
            turn = (0.0, math.atan2(math.hypot(x, y), z), math.atan2(y, x))
            size = (_BONE_RADIUS_M, length)
            yield Primitive(joint.parent, ShapeKind.CAPSULE, size, (x / 2.0, y / 2.0, z / 2.0), turn, _BONE_COLOR)


def _primitive(path: Path, link: str, block: Element, shape: Element, colors: dict[str, Element]) -> Primitive:
    size = tuple(v for key, zero in _SIZES[shape.tag].items() for v in numbers(path, shape, key, zero))
    if not min(size) > 0.0:
        raise ModelError(f"{path} line {shape.line}", f"<{shape.tag}> of size {size}", "positive sizes in m")
    material = block.first("material")
    color = None if material is None else material.first("color") or colors.get(material.attributes.get("name", ""))
    red, green, blue, opacity = numbers(path, color, "rgba", _GREY)
    origin = block.first("origin")
    xyz, rpy = vector(path, origin, "xyz"), vector(path, origin, "rpy")
    return Primitive(link, ShapeKind(shape.tag), size, xyz, rpy, (red, green, blue, opacity))
