"""What moves as one body behind every joint of an arm: its mass, and how far it is from the joints before it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from urdf.inertias import rpy_matrix
from urdf.joints import FileJoint
from urdf.reader import RobotFile

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A link behind a joint with everything fixed to it.

    Attributes:
        link: name of the link.
        mass_kg: mass of all.
        com_m: (3,) common centre of mass in the frame of the link; the origin where there is no mass.
        inertia_kg_m2: (3, 3) about the centre of mass, link axes.
        step_m: distance from this joint to the next one, or to the tool frame behind the last.
    """

    link: str
    mass_kg: float
    com_m: Array
    inertia_kg_m2: Array
    step_m: float


def moving_groups(robot: RobotFile, actuated: tuple[FileJoint, ...], tool_frame: str) -> tuple[Group, ...]:
    """Return the bodies of a chain of joints, from the base to the tool.

    Args:
        robot: the robot, one tree.
        actuated: its moving joints from the base to the tool.
        tool_frame: link at the end of the chain.
    """
    groups = []
    for number, above in enumerate(actuated):
        places = _fixed_to(robot, above.joint.child)
        if number + 1 < len(actuated):
            following = actuated[number + 1].joint
            position, rotation = places[following.parent]
            end = position + rotation @ np.array(following.origin_m)
        else:
            end = places[tool_frame][0]
        groups.append(_summed(robot, above.joint.child, places, float(np.linalg.norm(end))))
    return tuple(groups)


def _fixed_to(robot: RobotFile, link: str) -> dict[str, tuple[Array, Array]]:
    """Return position and rotation of a link and of everything fixed behind it, in the frame of the link."""
    places: dict[str, tuple[Array, Array]] = {link: (np.zeros(3), np.eye(3))}
    waiting = [link]
    while waiting:
        name = waiting.pop()
        position, rotation = places[name]
        for joint in (j.joint for j in robot.joints if j.joint.parent == name and j.joint.motion is None):
            step = rotation @ np.array(joint.origin_m)
            places[joint.child] = (position + step, rotation @ rpy_matrix(joint.rpy_rad))
            waiting.append(joint.child)
    return places


def _summed(robot: RobotFile, link: str, places: dict[str, tuple[Array, Array]], step_m: float) -> Group:
    """Return the bodies at these places as one, by the parallel axis theorem."""
    parts = []
    for name, (position, rotation) in places.items():
        found = robot.link(name)
        if found is not None and found.inertial is not None:
            body = found.inertial
            com = position + rotation @ np.array(body.com_m)
            parts.append((body.mass_kg, com, rotation @ body.matrix() @ rotation.T))
    mass = math.fsum(part[0] for part in parts)
    if not mass > 0.0:
        return Group(link, 0.0, np.zeros(3), np.zeros((3, 3)), step_m)
    com = sum((m * c for m, c, _ in parts), np.zeros(3)) / mass
    inertia = np.zeros((3, 3))
    for m, c, own in parts:
        arm = c - com
        inertia += own + m * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return Group(link, mass, com, inertia, step_m)
