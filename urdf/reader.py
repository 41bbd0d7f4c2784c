"""A URDF file as checked data: links with mass, joints with limits, every number finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from controller.arm import JointDrive
from controller.errors import ModelError
from controller.types import Side, Vector, Vector3
from urdf.document import Joint, Motion
from urdf.geometry import Inertial
from urdf.markup import Element, read_markup

_LIMIT_HINT = 'give <limit lower="" upper="" effort="" velocity=""/> in rad, Nm and rad/s'
_LARGEST_KG = 500.0
_LARGEST_NM = 5000.0
_LARGEST_RAD = 4.0 * math.pi
_LARGEST_RAD_S = 100.0
"""No arm beside a person comes near these; a file that passes them has its units wrong."""
_DRIVE_RANGES = (
    ("stiffness", "Nm/rad", 1.0e6),
    ("damping_ratio", "", 1.0),
    ("motor_inertia", "kg m2", 10.0),
)
"""Numbers of a ``joint_drive`` with their units and largest values: above them the units are wrong (assumed)."""


@dataclass(frozen=True, slots=True)
class FileLink:
    """One link of a file: name, mass properties if it has any, and its element for shapes."""

    name: str
    inertial: Inertial | None
    element: Element


@dataclass(frozen=True, slots=True)
class FileJoint:
    """One joint of a file; ``friction_nm`` None where the file does not say."""

    joint: Joint
    friction_nm: float | None


@dataclass(frozen=True, slots=True)
class RobotFile:
    """A robot as its file describes it.

    Attributes:
        path: the file.
        name: name of the robot.
        links: its links, in the order of the file.
        joints: its joints, in the order of the file.
        root: the whole file.
    """

    path: Path
    name: str
    links: tuple[FileLink, ...]
    joints: tuple[FileJoint, ...]
    root: Element

    def link(self, name: str) -> FileLink | None:
        """Return the link of that name."""
        return next((link for link in self.links if link.name == name), None)

    def joint_above(self, link: str) -> FileJoint | None:
        """Return the joint whose child is ``link``; None for the root."""
        return next((joint for joint in self.joints if joint.joint.child == link), None)


def read_robot(path: Path) -> RobotFile:
    """Return the checked content of a URDF file.

    Raises:
        ModelError: unreadable or malformed file, wrong joint type, missing limits, numbers that are not finite.
    """
    root = read_markup(path)
    if root.tag != "robot":
        raise ModelError(str(path), f"root element <{root.tag}>", "a <robot> element")
    joints = tuple(_joint(path, element) for element in root.all("joint"))
    still = _still_links(joints)
    links = tuple(_link(path, element, still) for element in root.all("link"))
    for kind, names in (
        ("link name", [link.name for link in links]),
        ("joint name", [j.joint.name for j in joints]),
        ("child link", [j.joint.child for j in joints]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ModelError(str(path), f"{kind} {twice[0]!r} twice", "each once")
    known = {link.name for link in links}
    for joint in (j.joint for j in joints):
        lost = [end for end in (joint.parent, joint.child) if end not in known]
        if lost:
            raise ModelError(f"{path} joint {joint.name!r}", f"unknown link {lost[0]!r}", "a link of the file")
    return RobotFile(path, _text(path, root, "name"), links, joints, root)


def _text(path: Path, element: Element, key: str) -> str:
    value = element.attributes.get(key, "")
    if not value:
        raise ModelError(f"{path} line {element.line}", f"<{element.tag}> without {key!r}", f'{key}="..."')
    return value


def _number(path: Path, element: Element, key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ModelError(f"{path} line {element.line}", f'{key}="{text}"', "a finite number")
    return value


def numbers(path: Path, element: Element | None, key: str, default: Vector) -> Vector:
    """Return the numbers of an attribute, as many as ``default`` has; ``default`` where it is missing.

    Raises:
        ModelError: another count, or a number that is not finite.
    """
    if element is None or key not in element.attributes:
        return default
    text = element.attributes[key]
    values = tuple(_number(path, element, key, part) for part in text.split())
    if len(values) != len(default):
        raise ModelError(f"{path} line {element.line}", f'{key}="{text}"', f"{len(default)} numbers")
    return values


def vector(path: Path, element: Element | None, key: str, default: Vector3 = (0.0, 0.0, 0.0)) -> Vector3:
    """Return an attribute of three numbers; raises ModelError as ``numbers`` does."""
    x, y, z = numbers(path, element, key, default)
    return (x, y, z)


def _still_links(joints: tuple[FileJoint, ...]) -> Callable[[str], bool]:
    """Return a test of a link's name: whether no joint between it and the base moves."""
    above = {joint.joint.child: joint.joint for joint in joints}

    def is_still(name: str) -> bool:
        seen: set[str] = set()
        while name in above and name not in seen:
            seen.add(name)
            if above[name].motion is not None:
                return False
            name = above[name].parent
        return True

    return is_still


def _link(path: Path, element: Element, is_still: Callable[[str], bool]) -> FileLink:
    name = _text(path, element, "name")
    block = element.first("inertial")
    return FileLink(name, None if block is None else _inertial(path, name, block, is_still(name)), element)


def _inertial(path: Path, link: str, block: Element, is_still: bool) -> Inertial | None:
    """Return the mass properties of a link; None for one without mass that never moves, where none are needed."""
    where = f"{path} link {link!r}"
    mass_element, tensor = block.first("mass"), block.first("inertia")
    if mass_element is None or tensor is None:
        raise ModelError(where, "<inertial> without <mass> or <inertia>", "both")
    mass = _number(path, mass_element, "value", _text(path, mass_element, "value"))
    if mass == 0.0 and is_still:
        return None
    if not 0.0 < mass <= _LARGEST_KG:
        todo = "a frame without mass still needs a small one"
        raise ModelError(where, f"mass {mass:g} kg", f"more than 0 kg, at most {_LARGEST_KG:g} kg", todo)
    origin = block.first("origin")
    rotation = rpy_matrix(vector(path, origin, "rpy"))
    keys = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")
    own = Inertial(mass, (0.0, 0.0, 0.0), _six(*(_number(path, tensor, key, _text(path, tensor, key)) for key in keys)))
    matrix = rotation @ own.matrix() @ rotation.T
    first, second, third = np.linalg.eigvalsh(matrix)
    if not (first > 0.0 and first + second >= third * (1.0 - 1e-9)):
        got = f"principal inertias {first:.4g}, {second:.4g}, {third:.4g} kg m2"
        raise ModelError(where, got, "all positive, the largest at most the sum of the others")
    values = (matrix[0, 0], matrix[1, 1], matrix[2, 2], matrix[0, 1], matrix[0, 2], matrix[1, 2])
    return Inertial(mass, vector(path, origin, "xyz"), _six(*(float(v) for v in values)))


def _six(*values: float) -> tuple[float, float, float, float, float, float]:
    xx, yy, zz, xy, xz, yz = values
    return xx, yy, zz, xy, xz, yz


def _joint(path: Path, element: Element) -> FileJoint:
    name = _text(path, element, "name")
    kind = _text(path, element, "type")
    where = f"{path} joint {name!r}"
    if kind not in ("revolute", "fixed"):
        raise ModelError(where, f"type {kind!r}", "revolute (with limits) or fixed")
    ends = [element.first(tag) for tag in ("parent", "child")]
    parent, child = (_text(path, end, "link") if end is not None else "" for end in ends)
    if not parent or not child:
        raise ModelError(where, "no <parent> or <child>", "both")
    origin = element.first("origin")
    xyz, rpy = (vector(path, origin, key) for key in ("xyz", "rpy"))
    if kind == "fixed":
        return FileJoint(Joint(name, parent, child, xyz, rpy, None), None)
    motion, friction = _motion(path, where, element)
    return FileJoint(Joint(name, parent, child, xyz, rpy, motion), friction)


def _motion(path: Path, where: str, element: Element) -> tuple[Motion, float | None]:
    axis = vector(path, element.first("axis"), "xyz", (1.0, 0.0, 0.0))
    if not math.hypot(*axis) > 1e-6:
        raise ModelError(where, "axis of length 0", "an axis")
    limit = element.first("limit")
    missing = [key for key in ("lower", "upper", "effort", "velocity") if limit is None or key not in limit.attributes]
    if limit is None or missing:
        raise ModelError(where, f"no limit for {', '.join(missing)}", "all four limits", _LIMIT_HINT)
    lower, upper, effort, velocity = (
        _number(path, limit, key, limit.attributes[key]) for key in ("lower", "upper", "effort", "velocity")
    )
    if not lower < upper:
        raise ModelError(where, f"lower {lower:g} rad, upper {upper:g} rad", "lower < upper")
    if not max(abs(lower), abs(upper)) <= _LARGEST_RAD:
        got = f"lower {lower:g} rad, upper {upper:g} rad"
        raise ModelError(where, got, f"within {_LARGEST_RAD:.4g} rad", "check that the limits are not in degrees")
    if not (0.0 < effort <= _LARGEST_NM and 0.0 < velocity <= _LARGEST_RAD_S):
        allowed = f"both more than 0, at most {_LARGEST_NM:g} Nm and {_LARGEST_RAD_S:g} rad/s"
        raise ModelError(where, f"effort {effort:g} Nm, velocity {velocity:g} rad/s", allowed, _LIMIT_HINT)
    dynamics = element.first("dynamics")
    friction = None
    if dynamics is not None and "friction" in dynamics.attributes:
        friction = _number(path, dynamics, "friction", dynamics.attributes["friction"])
        if not friction >= 0.0:
            raise ModelError(where, f"friction {friction:g} Nm", "0 Nm or more")
    drive = read_drive(path, where, element.first("joint_drive"))
    return Motion(axis, lower, upper, effort, velocity, 0.0 if friction is None else friction, drive), friction


def read_drive(path: Path, where: str, element: Element | None) -> JointDrive | None:
    """Return what an element ``joint_drive`` says of drive and gear, None without one; raises ModelError."""
    if element is None:
        return None
    numbers: list[float] = []
    for key, unit, highest in _DRIVE_RANGES:
        value = _number(path, element, key, element.attributes.get(key, ""))
        if not 0.0 < value <= highest:
            raise ModelError(where, f"joint_drive {key} {value:g} {unit}".rstrip(), f"above 0, at most {highest:g}")
        numbers.append(value)
    sides = []
    for key in ("position", "torque"):
        got = element.attributes.get(key, Side.MOTOR)
        if got not in tuple(Side):
            raise ModelError(where, f"joint_drive {key} {got!r}", " or ".join(Side))
        sides.append(Side(got))
    in_link = element.attributes.get("motor_in_link", "false")
    if in_link not in ("true", "false"):
        raise ModelError(where, f"joint_drive motor_in_link {in_link!r}", "true or false")
    return JointDrive(numbers[0], numbers[1], numbers[2], in_link == "true", sides[0], sides[1], is_known=True)


def rpy_matrix(rpy_rad: Vector3) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the (3, 3) rotation Rz(yaw) Ry(pitch) Rx(roll) of URDF."""
    (sr, sp, sy), (cr, cp, cy) = (tuple(f(a) for a in rpy_rad) for f in (math.sin, math.cos))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )
