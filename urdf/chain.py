"""From a robot file to the chain that carries the tool, refusing what the controller could not use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.arm import PadDescription, ToolDescription
from controller.errors import ModelError
from urdf.attributes import numbers, vector
from urdf.groups import Group, moving_groups
from urdf.inertias import rpy_matrix
from urdf.joints import FileJoint
from urdf.markup import Element
from urdf.reader import RobotFile
from urdf.tool import ONLY_PAD, SENSOR_FRAME, SENSOR_JOINT, TOOL_FRAME

FEWEST_JOINTS = 6
"""A tool held along the skin's normal anywhere takes six; the law works in six dimensions."""
_PAD_RANGE_M = (0.005, 0.06)


@dataclass(frozen=True, slots=True)
class Chain:
    """The joints from base to tool.

    Attributes:
        actuated: the moving joints, from the base on.
        groups: the bodies behind them.
        tool: the tool behind the sensor.
    """

    actuated: tuple[FileJoint, ...]
    groups: tuple[Group, ...]
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
    _check_tool_masses(robot)
    return Chain(actuated, moving_groups(robot, actuated, TOOL_FRAME), _tool(robot))


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


def _check_tool_masses(robot: RobotFile) -> None:
    """Refuse a tool whose links do not all say their mass: it is weighed with it, and held to it before a session."""
    waiting = [SENSOR_FRAME]
    while waiting:
        name = waiting.pop()
        waiting += [j.joint.child for j in robot.joints if j.joint.parent == name]
        link = robot.link(name)
        if link is not None and link.inertial is None:
            got = "no <inertial>" if link.element.first("inertial") is None else "mass 0 kg"
            todo = "add <inertial> with mass and inertia, a small one for a frame"
            raise ModelError(f"{robot.path} link {name!r}", got, "a mass of more than 0 kg behind the sensor", todo)


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
        pads=_pads(robot),
        mass_kg=float(total),
        com_s_m=(float(com[0]), float(com[1]), float(com[2])),
    )


def _pads(robot: RobotFile) -> tuple[PadDescription, ...]:
    """Return the pads: the collision spheres of the tool link, its visual spheres where it has no collision."""
    link = robot.link(TOOL_FRAME)
    kinds = ("collision", "visual")
    found = [] if link is None else [_spheres(link.element.all(kind)) for kind in kinds]
    blocks = next((spheres for spheres in found if spheres), [])
    where = f"{robot.path} link {TOOL_FRAME!r}"
    if not blocks:
        raise ModelError(where, "no <sphere>", "every pad as a collision sphere")
    default = ONLY_PAD if len(blocks) == 1 else ""
    pads = []
    for number, (block, sphere) in enumerate(blocks, start=1):
        (radius,) = numbers(robot.path, sphere, "radius", (0.0,))
        low, high = _PAD_RANGE_M
        if not low <= radius <= high:
            raise ModelError(where, f"pad radius {radius:g} m", f"{low:g} to {high:g} m")
        name = block.attributes.get("name") or default or f"{ONLY_PAD}_{number}"
        pads.append(PadDescription(name, radius, vector(robot.path, block.first("origin"), "xyz")))
    names = [pad.name for pad in pads]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ModelError(where, f"pad name {twice[0]!r} twice", "each pad with a name of its own")
    return tuple(pads)


def _spheres(blocks: tuple[Element, ...]) -> list[tuple[Element, Element]]:
    """Return the blocks whose geometry is a sphere, each with its <sphere>."""
    shapes = [(block, block.first("geometry")) for block in blocks]
    spheres = [(block, shape.first("sphere")) for block, shape in shapes if shape is not None]
    return [(block, sphere) for block, sphere in spheres if sphere is not None]
