"""The arm with all links that never move against each other merged into one body.

The physics engine pays for every link, also for one on a fixed joint. Masses, centres and inertias add up exactly, so
the motion is the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BASE = -1
"""Parent of the links that stand on the base."""


@dataclass(frozen=True, slots=True, eq=False)
class ArmLink:
    """A link as it stands in the frame of the base with all joints at zero.

    Attributes:
        name: name of the link.
        joint: name of the joint before it.
        parent: index of the link before it, smaller than its own, or ``BASE``.
        is_fixed: True where that joint does not move.
        position_m: origin of the link frame.
        rotation: (3, 3) axes of the link frame.
        axis: (3,) axis of the joint in the link frame.
        range_rad: lower and upper limit of the joint.
        mass_kg: mass.
        com_m: centre of mass.
        inertia_kg_m2: (3, 3) about the centre of mass, base axes.
    """

    name: str
    joint: str
    parent: int
    is_fixed: bool
    position_m: Array
    rotation: Array
    axis: Array
    range_rad: tuple[float, float]
    mass_kg: float
    com_m: Array
    inertia_kg_m2: Array


def carriers(links: Sequence[ArmLink]) -> list[int]:
    """Return for every link the link it is one body with: itself where it moves, or ``BASE``."""
    found: list[int] = []
    for index, link in enumerate(links):
        found.append(index if not link.is_fixed else BASE if link.parent == BASE else found[link.parent])
    return found


def merged(links: Sequence[ArmLink]) -> list[ArmLink]:
    """Return the bodies of an arm: every link that moves with what is fixed to it."""
    carrier = carriers(links)
    roots = [index for index, own in enumerate(carrier) if index == own]
    bodies = []
    for root in roots:
        parent = links[root].parent
        before = BASE if parent == BASE or carrier[parent] == BASE else roots.index(carrier[parent])
        group = [link for link, own in zip(links, carrier, strict=True) if own == root]
        bodies.append(replace(summed(links[root], group), parent=before))
    return bodies


def hanging_on(links: Sequence[ArmLink], name: str) -> list[ArmLink]:
    """Return the link of this name and all links behind it."""
    found: list[int] = []
    for index, link in enumerate(links):
        if link.name == name or link.parent in found:
            found.append(index)
    return [links[index] for index in found]


def with_point_mass(links: Sequence[ArmLink], name: str, mass_kg: float) -> list[ArmLink]:
    """Return the links and, unless it is zero, a point mass fixed to the origin of the link of this name."""
    if mass_kg == 0.0:
        return list(links)
    index, link = next((index, link) for index, link in enumerate(links) if link.name == name)
    point = replace(
        link,
        name=f"{name}_point_mass",
        joint=f"{name}_point_mass_joint",
        parent=index,
        is_fixed=True,
        mass_kg=mass_kg,
        com_m=link.position_m,
        inertia_kg_m2=np.zeros((3, 3)),
    )
    return [*links, point]


def summed(root: ArmLink, group: Sequence[ArmLink]) -> ArmLink:
    """Return ``root`` with the mass of its group, by the parallel axis theorem."""
    mass = math.fsum(link.mass_kg for link in group)
    com = sum((link.mass_kg * link.com_m for link in group), np.zeros(3)) / mass
    inertia = np.zeros((3, 3))
    for link in group:
        arm = link.com_m - com
        inertia += link.inertia_kg_m2 + link.mass_kg * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return replace(root, mass_kg=mass, com_m=com, inertia_kg_m2=inertia)


def urdf_text(bodies: Sequence[ArmLink]) -> str:
    """Return the bodies as a robot file without shapes, every number to its last digit."""
    lines = ['<robot name="arm">', '  <link name="base"/>']
    for body in bodies:
        origin, axes = np.zeros(3), np.eye(3)
        if body.parent != BASE:
            origin, axes = bodies[body.parent].position_m, bodies[body.parent].rotation
        lines += _link(body)
        lines += _joint(
            body,
            "base" if body.parent == BASE else bodies[body.parent].name,
            axes.T @ (body.position_m - origin),
            axes.T @ body.rotation,
        )
    return "\n".join([*lines, "</robot>", ""])


def _link(body: ArmLink) -> list[str]:
    com = body.rotation.T @ (body.com_m - body.position_m)
    inertia = body.rotation.T @ body.inertia_kg_m2 @ body.rotation
    places = (("ixx", 0, 0), ("iyy", 1, 1), ("izz", 2, 2), ("ixy", 0, 1), ("ixz", 0, 2), ("iyz", 1, 2))
    tensor = " ".join(f'{key}="{float(inertia[row, column])!r}"' for key, row, column in places)
    return [
        f'  <link name="{body.name}"><inertial><origin xyz="{_numbers(com)}"/>',
        f'    <mass value="{body.mass_kg!r}"/><inertia {tensor}/>',
        "  </inertial></link>",
    ]


def _joint(body: ArmLink, parent: str, origin: Array, rotation: Array) -> list[str]:
    lower, upper = body.range_rad
    lines = [
        f'  <joint name="{body.joint}" type="{"fixed" if body.is_fixed else "revolute"}">',
        f'    <parent link="{parent}"/><child link="{body.name}"/>',
        f'    <origin xyz="{_numbers(origin)}" rpy="{_numbers(_roll_pitch_yaw(rotation))}"/>',
    ]
    if not body.is_fixed:
        limits = f'<limit lower="{lower!r}" upper="{upper!r}" effort="0" velocity="0"/>'
        lines.append(f'    <axis xyz="{_numbers(body.axis)}"/>{limits}')
    return [*lines, "  </joint>"]


def _roll_pitch_yaw(rotation: Array) -> Array:
    """Return the angles of Rz(yaw) Ry(pitch) Rx(roll); where only roll and yaw together are known, roll is zero."""
    level = math.hypot(rotation[0, 0], rotation[1, 0])
    pitch = math.atan2(-rotation[2, 0], level)
    if level < 1e-9:
        return np.array([0.0, pitch, math.atan2(-rotation[0, 1], rotation[1, 1])])
    roll = math.atan2(rotation[2, 1], rotation[2, 2])
    return np.array([roll, pitch, math.atan2(rotation[1, 0], rotation[0, 0])])


def _numbers(values: Array) -> str:
    return " ".join(repr(value) for value in values.tolist())
