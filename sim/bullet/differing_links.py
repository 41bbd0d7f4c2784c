"""Links that differ from the arm's file: other masses and centres, no rotors, another tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, JointDrive
from controller.errors import ConfigError
from sim.bullet.rigid_groups import ArmLink, carriers, hanging_on
from sim.differences.values import NOWHERE, PlantDifferences, per_joint

Array = NDArray[np.float64]


def differing_links(links: Sequence[ArmLink], arm: ArmDescription, differences: PlantDifferences) -> list[ArmLink]:
    """Return the links of an arm's file as they are in the plant.

    Raises:
        ConfigError: a link would be left without inertia.
    """
    joints = len(arm.joint_names)
    changed = list(links)
    is_elastic = differences.is_elastic
    changed = _without_rotors(changed, arm, differences.name) if is_elastic else _with_rotors(changed, arm)
    behind = {link.name for link in hanging_on(links, arm.sensor_frame)}
    scales, shifts = per_joint(differences.arm_mass_scale, joints), differences.arm_com_error_m
    shifts = shifts if len(shifts) == joints else shifts * joints
    for index, carrier in enumerate(carriers(links)):
        joint = arm.joint_names.index(links[carrier].joint) if carrier >= 0 else None
        if joint is not None and links[index].name not in behind:
            changed[index] = _scaled(changed[index], scales[joint])
            if shifts[joint] != NOWHERE:
                moved = changed[index].com_m + links[carrier].rotation @ np.array(shifts[joint])
                changed[index] = replace(changed[index], com_m=moved)
    return _with_tool_error(changed, arm, differences) if differences.tool_mass_error_kg != 0.0 else changed


def _scaled(link: ArmLink, share: float) -> ArmLink:
    return replace(link, mass_kg=share * link.mass_kg, inertia_kg_m2=share * link.inertia_kg_m2)


def _with_tool_error(links: list[ArmLink], arm: ArmDescription, differences: PlantDifferences) -> list[ArmLink]:
    behind = {link.name for link in hanging_on(links, arm.sensor_frame)}
    share = 1.0 + differences.tool_mass_error_kg / arm.tool.mass_kg
    return [_scaled(link, share) if link.name in behind else link for link in links]


def _with_rotors(links: list[ArmLink], arm: ArmDescription) -> list[ArmLink]:
    """Return links of a rigid arm with the rotors that the file has not in them: they cannot turn by themselves."""
    changed = list(links)
    for joint, drive in zip(arm.joint_names, arm.drives, strict=True):
        if not drive.is_motor_in_link:
            index = next(index for index, link in enumerate(links) if link.joint == joint)
            changed[index] = replace(
                links[index], inertia_kg_m2=links[index].inertia_kg_m2 + _ring(links[index], drive)
            )
    return changed


def _ring(link: ArmLink, drive: JointDrive) -> Array:
    """Return a rotor (3, 3) as ``urdf.geometry.with_reflected_rotor`` lumps it, in the axes of the base."""
    axis = link.rotation @ link.axis
    ring: Array = 0.5 * drive.motor_inertia_kg_m2 * (np.eye(3) + np.outer(axis, axis))
    return ring


def _without_rotors(links: list[ArmLink], arm: ArmDescription, name: str) -> list[ArmLink]:
    """Return links without the rotors that stand in them as rings, see ``urdf.geometry.with_reflected_rotor``."""
    changed = list(links)
    for joint, drive in zip(arm.joint_names, arm.drives, strict=True):
        if not drive.is_motor_in_link:
            continue
        index = next(index for index, link in enumerate(links) if link.joint == joint)
        link = changed[index]
        inertia = link.inertia_kg_m2 - _ring(link, drive)
        if not float(np.linalg.eigvalsh(inertia)[0]) > 0.0:
            got = f"joint {joint!r} with motor_in_link, whose link has less inertia than the motor"
            raise ConfigError(f"plant {name} with arm {arm.name}", got, "a motor within the inertia of its link")
        changed[index] = replace(link, inertia_kg_m2=inertia)
    return changed
