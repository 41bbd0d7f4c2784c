"""Robots as data, written as URDF text: the same data always gives the same characters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from controller.arm import JointDrive
from controller.types import Vector3
from urdf.geometry import AXIS_X, AXIS_Y, AXIS_Z, Cylinder, Inertial, Sphere

COLORS: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {
        "shell": (0.90, 0.91, 0.93, 1.0),
        "actuator": (0.28, 0.33, 0.40, 1.0),
        "metal": (0.62, 0.65, 0.69, 1.0),
        "pad": (0.93, 0.55, 0.32, 1.0),
        "wood": (0.72, 0.56, 0.40, 1.0),
        "cushion": (0.30, 0.45, 0.55, 1.0),
    }
)
"""Red, green, blue, opacity by name."""

_HALF_PI = math.pi / 2.0
_TURN: Mapping[Vector3, Vector3] = MappingProxyType(
    {AXIS_X: (0.0, _HALF_PI, 0.0), AXIS_Y: (_HALF_PI, 0.0, 0.0), AXIS_Z: (0.0, 0.0, 0.0)}
)
"""Roll, pitch, yaw that turn z onto the axis (up to its sign, which a cylinder does not have)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box for pictures and workspaces: centre, edge lengths along the link axes, colour."""

    center_m: Vector3
    size_m: Vector3
    color: str = "wood"


Shape = Cylinder | Sphere | Box


@dataclass(frozen=True, slots=True)
class Link:
    """One link.

    Attributes:
        name: its name.
        inertial: mass properties; None only for a link of a body that never moves.
        visuals: shapes to draw.
        collisions: shapes that touch; fewer than drawn.
    """

    name: str
    inertial: Inertial | None
    visuals: tuple[Shape, ...]
    collisions: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Motion:
    """How a revolute joint may move.

    Attributes:
        axis: unit axis in the child frame.
        lower_rad: lower limit.
        upper_rad: upper limit.
        torque_nm: torque limit.
        speed_rad_s: speed limit.
        friction_nm: Coulomb friction that is left after compensation.
        drive: drive and gear, None where nothing is known.
    """

    axis: Vector3
    lower_rad: float
    upper_rad: float
    torque_nm: float
    speed_rad_s: float
    friction_nm: float
    drive: JointDrive | None = None


@dataclass(frozen=True, slots=True)
class Joint:
    """One joint: ``motion`` None makes it fixed; ``origin_m`` and ``rpy_rad`` place the child in the parent."""

    name: str
    parent: str
    child: str
    origin_m: Vector3
    rpy_rad: Vector3
    motion: Motion | None


def write_urdf(name: str, comment: str, links: tuple[Link, ...], joints: tuple[Joint, ...]) -> str:
    """Return the URDF text of a robot; ``comment`` says where the numbers come from."""
    lines = ['<?xml version="1.0"?>', f"<!-- {comment} -->", f'<robot name="{name}">']
    lines += [f'  <material name="{key}"><color rgba="{_numbers(rgba)}"/></material>' for key, rgba in COLORS.items()]
    for link in links:
        lines += _link(link)
    for joint in joints:
        lines += _joint(joint)
    return "\n".join([*lines, "</robot>", ""])


def _link(link: Link) -> list[str]:
    lines = [f'  <link name="{link.name}">']
    if link.inertial is not None:
        body = link.inertial
        keys = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")
        values = " ".join(f'{key}="{_number(v)}"' for key, v in zip(keys, body.inertia_kg_m2, strict=True))
        lines += [
            "    <inertial>",
            f'      <origin xyz="{_numbers(body.com_m)}" rpy="0 0 0"/>',
            f'      <mass value="{_number(body.mass_kg)}"/>',
            f"      <inertia {values}/>",
            "    </inertial>",
        ]
    for shape in link.visuals:
        lines.append(f'    <visual>{_place(shape)}{_geometry(shape)}<material name="{shape.color}"/></visual>')
    lines += [f"    <collision>{_place(shape)}{_geometry(shape)}</collision>" for shape in link.collisions]
    return [*lines, "  </link>"]


def _joint(joint: Joint) -> list[str]:
    kind = "fixed" if joint.motion is None else "revolute"
    lines = [
        f'  <joint name="{joint.name}" type="{kind}">',
        f'    <parent link="{joint.parent}"/>',
        f'    <child link="{joint.child}"/>',
        f'    <origin xyz="{_numbers(joint.origin_m)}" rpy="{_numbers(joint.rpy_rad)}"/>',
    ]
    if joint.motion is not None:
        m = joint.motion
        lines += [
            f'    <axis xyz="{_numbers(m.axis)}"/>',
            f'    <limit lower="{_number(m.lower_rad)}" upper="{_number(m.upper_rad)}"'
            f' effort="{_number(m.torque_nm)}" velocity="{_number(m.speed_rad_s)}"/>',
            f'    <dynamics damping="0" friction="{_number(m.friction_nm)}"/>',
        ]
        lines += [] if m.drive is None else [_drive(m.drive)]
    return [*lines, "  </joint>"]


def _drive(drive: JointDrive) -> str:
    """Return an element of this project's own; other readers of URDF skip what they do not know."""
    return (
        f'    <joint_drive stiffness="{_number(drive.stiffness_nm_per_rad)}"'
        f' damping_ratio="{_number(drive.damping_ratio)}" motor_inertia="{_number(drive.motor_inertia_kg_m2)}"'
        f' motor_in_link="{str(drive.is_motor_in_link).lower()}" position="{drive.position_side}"'
        f' torque="{drive.torque_side}"/>'
    )


def _place(shape: Shape) -> str:
    turn = _TURN[shape.axis] if isinstance(shape, Cylinder) else (0.0, 0.0, 0.0)
    return f'<origin xyz="{_numbers(shape.center_m)}" rpy="{_numbers(turn)}"/>'


def _geometry(shape: Shape) -> str:
    if isinstance(shape, Cylinder):
        inside = f'<cylinder radius="{_number(shape.radius_m)}" length="{_number(shape.length_m)}"/>'
    elif isinstance(shape, Sphere):
        inside = f'<sphere radius="{_number(shape.radius_m)}"/>'
    else:
        inside = f'<box size="{_numbers(shape.size_m)}"/>'
    return f"<geometry>{inside}</geometry>"


def _number(value: float) -> str:
    """Return nine significant digits: more than any datasheet, fewer than differ between machines."""
    return "0" if abs(value) < 1e-12 else f"{value:.9g}"


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(_number(value) for value in values)
