"""A robot file rewritten for the models: every program that reads it gets the same joints and masses.

Only what the physics need: links with mass, joints with limits, every number to its last digit. No shapes, whose meshes
may lie on another machine; no continuous joints, which Pinocchio describes by two coordinates; a mass on every link
that moves, where PyBullet would otherwise put 1 kg, and 0 kg on frames.
"""

from __future__ import annotations

from html import escape

from urdf.document import Joint
from urdf.geometry import Inertial
from urdf.reader import FileLink, RobotFile

_NOTHING = Inertial(0.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


def canonical_text(robot: RobotFile) -> str:
    """Return the URDF text of a robot as the models read it."""
    lines = ['<?xml version="1.0"?>', f'<robot name="{escape(robot.name)}">']
    for link in robot.links:
        lines += _link(link, moves=robot.moves(link.name))
    for joint in robot.joints:
        lines += _joint(joint.joint)
    return "\n".join([*lines, "</robot>", ""])


def _link(link: FileLink, *, moves: bool) -> list[str]:
    name = escape(link.name)
    body = link.inertial or (_NOTHING if moves else None)
    if body is None:
        return [f'  <link name="{name}"/>']
    keys = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")
    tensor = " ".join(f'{key}="{value!r}"' for key, value in zip(keys, body.inertia_kg_m2, strict=True))
    return [
        f'  <link name="{name}"><inertial><origin xyz="{_numbers(body.com_m)}" rpy="0 0 0"/>',
        f'    <mass value="{body.mass_kg!r}"/><inertia {tensor}/></inertial></link>',
    ]


def _joint(joint: Joint) -> list[str]:
    kind = "fixed" if joint.motion is None else "revolute"
    lines = [
        f'  <joint name="{escape(joint.name)}" type="{kind}">',
        f'    <parent link="{escape(joint.parent)}"/><child link="{escape(joint.child)}"/>',
        f'    <origin xyz="{_numbers(joint.origin_m)}" rpy="{_numbers(joint.rpy_rad)}"/>',
    ]
    if joint.motion is not None:
        m = joint.motion
        lines += [
            f'    <axis xyz="{_numbers(m.axis)}"/>',
            f'    <limit lower="{m.lower_rad!r}" upper="{m.upper_rad!r}" effort="{m.torque_nm!r}"'
            f' velocity="{m.speed_rad_s!r}"/>',
        ]
    return [*lines, "  </joint>"]


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(repr(value) for value in values)
