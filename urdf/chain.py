"""From a robot file to the chain that carries the tool, refusing what the controller could not use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.arm import ToolDescription
from controller.errors import ModelError
from urdf.reader import FileJoint, RobotFile, numbers, rpy_matrix
from urdf.tool import SENSOR_FRAME, SENSOR_JOINT, TOOL_FRAME

FEWEST_JOINTS = 6
"""A tool held along the skin's normal anywhere takes six; the law works in six dimensions."""
_PAD_RANGE_M = (0.005, 0.06)


@dataclass(frozen=True, slots=True)
class Chain:
    """The joints from base to tool: ``actuated`` in order from the base, and the ``tool`` behind the sensor."""

    actuated: tuple[FileJoint, ...]
    tool: ToolDescription


def tool_chain(robot: RobotFile) -> Chain:
    """Return the chain of a robot file.

    Raises:
        ModelError: no tool or sensor frame, a branch with moving joints, too few joints, a link without mass.
    """
    where = str(robot.path)
    if robot.link(TOOL_FRAME) is None:
        todo = f'add <link name="{TOOL_FRAME}"> at the centre of the pad sphere, z out of the tool, by a fixed joint'
        raise ModelError(where, f"no tool frame {TOOL_FRAME!r}", f"a link named {TOOL_FRAME!r}", todo)
    if robot.link(SENSOR_FRAME) is None:
        todo = f"add it between flange and tool by a fixed joint {SENSOR_JOINT!r}; all tool mass goes behind it"
        raise ModelError(where, f"no sensor frame {SENSOR_FRAME!r}", f"a link named {SENSOR_FRAME!r}", todo)
    upward = _walk_up(robot)
    actuated = tuple(joint for joint in reversed(upward) if joint.joint.motion is not None)
    _check_joints(robot, upward, actuated)
    _check_masses(robot)
    return Chain(actuated, _tool(robot))


def _walk_up(robot: RobotFile) -> list[FileJoint]:
    """Return the joints from the tool to the root."""
    upward: list[FileJoint] = []
    link = TOOL_FRAME
    while (above := robot.joint_above(link)) is not None:
        if above in upward:
            raise ModelError(str(robot.path), f"a loop through link {link!r}", "one tree from the base")
        upward.append(above)
        link = above.joint.parent
    return upward


def _check_joints(robot: RobotFile, upward: list[FileJoint], actuated: tuple[FileJoint, ...]) -> None:
    where = str(robot.path)
    behind = [joint.joint.child for joint in upward]
    if SENSOR_FRAME not in behind:
        raise ModelError(where, f"{SENSOR_FRAME!r} not between base and {TOOL_FRAME!r}", "base - sensor - tool")
    for joint in upward[: behind.index(SENSOR_FRAME) + 1]:
        if joint.joint.motion is not None:
            got = f"joint {joint.joint.name!r} that moves at or behind {SENSOR_FRAME!r}"
            raise ModelError(where, got, "fixed joints from the sensor to the tool")
    others = [j.joint.name for j in robot.joints if j.joint.motion is not None and j not in actuated]
    if others:
        raise ModelError(where, f"moving joint {others[0]!r} beside the chain to the tool", "one chain of joints")
    roots = [link.name for link in robot.links if robot.joint_above(link.name) is None]
    if len(roots) != 1:
        raise ModelError(where, f"{len(roots)} links without a parent ({', '.join(roots[:3])})", "one base link")
    if len(actuated) < FEWEST_JOINTS:
        raise ModelError(where, f"{len(actuated)} revolute joints", f"at least {FEWEST_JOINTS}")


def _check_masses(robot: RobotFile) -> None:
    for link in robot.links:
        block = link.element.first("inertial")
        if block is None and robot.joint_above(link.name) is not None:
            todo = "add <inertial> with mass and inertia; simulators put 1 kg where it is missing"
            raise ModelError(f"{robot.path} link {link.name!r}", "no <inertial>", "a mass of more than 0 kg", todo)


def _tool(robot: RobotFile) -> ToolDescription:
    """Return what hangs on the sensor, weighed in S."""
    total, moment = 0.0, np.zeros(3)
    places = {SENSOR_FRAME: (np.zeros(3), np.eye(3))}
    waiting = [SENSOR_FRAME]
    while waiting:
        name = waiting.pop()
        position, rotation = places[name]
        link = robot.link(name)
        if link is not None and link.inertial is not None:
            total += link.inertial.mass_kg
            moment += link.inertial.mass_kg * (position + rotation @ np.array(link.inertial.com_m))
        for joint in (j.joint for j in robot.joints if j.joint.parent == name):
            step = rotation @ np.array(joint.origin_m)
            places[joint.child] = (position + step, rotation @ rpy_matrix(joint.rpy_rad))
            waiting.append(joint.child)
    com = moment / total
    return ToolDescription(
        name="thumb",
        pad_radius_m=_pad_radius(robot),
        mass_kg=float(total),
        com_s_m=(float(com[0]), float(com[1]), float(com[2])),
    )


def _pad_radius(robot: RobotFile) -> float:
    """Return the radius of the sphere on the tool link, collision before visual."""
    link = robot.link(TOOL_FRAME)
    blocks = () if link is None else (*link.element.all("collision"), *link.element.all("visual"))
    spheres = [sphere for b in blocks if (g := b.first("geometry")) is not None and (sphere := g.first("sphere"))]
    where = f"{robot.path} link {TOOL_FRAME!r}"
    if not spheres:
        raise ModelError(where, "no <sphere>", "the pad as a collision sphere at the link's origin")
    (radius,) = numbers(robot.path, spheres[0], "radius", (0.0,))
    low, high = _PAD_RANGE_M
    if not low <= radius <= high:
        raise ModelError(where, f"pad radius {radius:g} m", f"{low:g} to {high:g} m")
    return radius
