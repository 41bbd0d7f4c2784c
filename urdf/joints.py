"""Joints of a robot file: fixed and turning ones as checked data, all others refused with what to do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from controller.arm import JointDrive
from controller.errors import ModelError
from controller.types import Side
from urdf.attributes import number, required_text, vector
from urdf.document import Joint, Motion
from urdf.markup import Element

_LIMIT_HINT = 'give <limit lower="" upper="" effort="" velocity=""/> in rad, Nm and rad/s'
_LARGEST_NM = 5000.0
_LARGEST_RAD = 4.0 * math.pi
_LARGEST_RAD_S = 100.0
"""No arm beside a person comes near these; a file that passes them has its units wrong."""
_ENDLESS_RAD = 2.0 * math.pi
"""Range on either side of zero that a continuous joint is given: hoses and cables of a tool take no more (assumed)."""
_DRIVE_RANGES = (
    ("stiffness", "Nm/rad", 1.0e6),
    ("damping_ratio", "", 1.0),
    ("motor_inertia", "kg m2", 10.0),
)
"""Numbers of a ``joint_drive`` with their units and largest values: above them the units are wrong (assumed)."""
_WITHOUT = "remove it with the links behind it where it belongs to a gripper, or make it fixed where it stands"


@dataclass(frozen=True, slots=True)
class FileJoint:
    """One joint of a file.

    Attributes:
        joint: what it is.
        friction_nm: Coulomb friction left after compensation; None where the file gives none or 0, which means unknown.
        is_continuous: whether the file says that it turns without end.
    """

    joint: Joint
    friction_nm: float | None
    is_continuous: bool = False


def read_joint(path: Path, element: Element) -> FileJoint:
    """Return a joint.

    Raises:
        ModelError: a joint that slides, floats or follows another one, no limits, numbers that are none.
    """
    name = required_text(path, element, "name")
    kind = required_text(path, element, "type")
    where = f"{path} joint {name!r}"
    if kind not in ("revolute", "continuous", "fixed"):
        raise ModelError(where, f"type {kind!r}", "revolute, continuous or fixed", _WITHOUT)
    mimic = element.first("mimic")
    if mimic is not None and kind != "fixed":
        leader = mimic.attributes.get("joint", "")
        raise ModelError(where, f"a joint that mimics {leader!r}", "joints with a drive of their own", _WITHOUT)
    ends = [element.first(tag) for tag in ("parent", "child")]
    parent, child = (required_text(path, end, "link") if end is not None else "" for end in ends)
    if not parent or not child:
        raise ModelError(where, "no <parent> or <child>", "both")
    origin = element.first("origin")
    xyz, rpy = (vector(path, origin, key) for key in ("xyz", "rpy"))
    if kind == "fixed":
        return FileJoint(Joint(name, parent, child, xyz, rpy, None), None)
    is_continuous = kind == "continuous"
    motion = _motion(path, where, element, is_continuous=is_continuous)
    return FileJoint(Joint(name, parent, child, xyz, rpy, motion), motion.friction_nm or None, is_continuous)


def _motion(path: Path, where: str, element: Element, *, is_continuous: bool) -> Motion:
    axis = vector(path, element.first("axis"), "xyz", (1.0, 0.0, 0.0))
    if not math.hypot(*axis) > 1e-6:
        raise ModelError(where, "axis of length 0", "an axis")
    limit = element.first("limit")
    needed = ("effort", "velocity") if is_continuous else ("lower", "upper", "effort", "velocity")
    missing = [key for key in needed if limit is None or key not in limit.attributes]
    if limit is None or missing:
        allowed = f"all {'four' if len(needed) == 4 else 'two'} limits"
        raise ModelError(where, f"no limit for {', '.join(missing)}", allowed, _LIMIT_HINT)
    lower, upper = (
        (-_ENDLESS_RAD, _ENDLESS_RAD) if is_continuous else (number(path, limit, key) for key in ("lower", "upper"))
    )
    effort, velocity = (number(path, limit, key) for key in ("effort", "velocity"))
    if not lower < upper:
        raise ModelError(where, f"lower {lower:g} rad, upper {upper:g} rad", "lower < upper")
    if not max(abs(lower), abs(upper)) <= _LARGEST_RAD:
        got = f"lower {lower:g} rad, upper {upper:g} rad"
        raise ModelError(where, got, f"within {_LARGEST_RAD:.4g} rad", "check that the limits are not in degrees")
    if not (0.0 <= effort <= _LARGEST_NM and 0.0 < velocity <= _LARGEST_RAD_S):
        allowed = f"both more than 0, at most {_LARGEST_NM:g} Nm and {_LARGEST_RAD_S:g} rad/s"
        raise ModelError(where, f"effort {effort:g} Nm, velocity {velocity:g} rad/s", allowed, _LIMIT_HINT)
    friction = _friction(path, where, element.first("dynamics"))
    return Motion(axis, lower, upper, effort, velocity, friction, read_drive(path, where, element.first("joint_drive")))


def _friction(path: Path, where: str, dynamics: Element | None) -> float:
    if dynamics is None or "friction" not in dynamics.attributes:
        return 0.0
    friction = number(path, dynamics, "friction")
    if not friction >= 0.0:
        raise ModelError(where, f"friction {friction:g} Nm", "0 Nm or more")
    return friction


def read_drive(path: Path, where: str, element: Element | None) -> JointDrive | None:
    """Return what an element ``joint_drive`` says of drive and gear, None without one; raises ModelError."""
    if element is None:
        return None
    values: list[float] = []
    for key, unit, highest in _DRIVE_RANGES:
        value = number(path, element, key)
        if not 0.0 < value <= highest:
            raise ModelError(where, f"joint_drive {key} {value:g} {unit}".rstrip(), f"above 0, at most {highest:g}")
        values.append(value)
    sides = []
    for key in ("position", "torque"):
        got = element.attributes.get(key, Side.MOTOR)
        if got not in tuple(Side):
            raise ModelError(where, f"joint_drive {key} {got!r}", " or ".join(Side))
        sides.append(Side(got))
    in_link = element.attributes.get("motor_in_link", "false")
    if in_link not in ("true", "false"):
        raise ModelError(where, f"joint_drive motor_in_link {in_link!r}", "true or false")
    return JointDrive(values[0], values[1], values[2], in_link == "true", sides[0], sides[1], is_known=True)
