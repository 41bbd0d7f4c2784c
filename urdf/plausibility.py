"""Numbers of an arm's file held against the arm's own weight and reach, before anything is derived from them.

Makers leave placeholders in their files: efforts of 2,000 Nm, frictions of zero, inertias of a millionth. A wrong mass
or inertia cannot be mended from here and is refused. A torque limit can: more than the arm's weight and its work need
is never asked for, so that much is used instead of a placeholder.
"""

from __future__ import annotations

import math

import numpy as np

from controller.errors import ModelError
from controller.types import Vector
from urdf.groups import Group
from urdf.joints import FileJoint

_GRAVITY_M_S2 = 9.81
WORK_N = 100.0
"""Force at the tool that every joint must be able to give besides the weight: more than the 90 N that the code allows a
tool (design choice)."""
PLACEHOLDER_FACTOR = 5.0
"""Times the needed torque above which an effort is nobody's rating (design choice): ratings in public files of Panda,
UR, xArm, Kinova and Baxter are 0.2 to 4.8 times (last joint of a UR10), placeholders 6 to 72 times."""
LARGEST_FRICTION_SHARE = 0.25
"""Largest share of a joint's torque limit that friction may take (assumed): above it, it is no residual friction."""
SMALLEST_GYRATION_M = 1e-3
"""Smallest radius of gyration of a link: a rod thinner than 3 mm has less (assumed)."""
_FRICTION_NM = 0.3
_WRIST_FRICTION_NM = 0.1
"""Residual Coulomb friction where a file gives none: 80 % compensation of 1.5 Nm, and of 0.5 Nm in the last three."""
_WRIST_JOINTS = 3


def needed_torque(groups: tuple[Group, ...]) -> Vector:
    """Return the torque [Nm] that every joint can at most need, (n,): the arm stretched level, WORK_N at its tool.

    The lever of every mass is the way to it along the joints, which no posture passes.
    """
    needed = []
    for number in range(len(groups)):
        way, torque = 0.0, 0.0
        for group in groups[number:]:
            torque += _GRAVITY_M_S2 * group.mass_kg * (way + float(np.linalg.norm(group.com_m)))
            way += group.step_m
        needed.append(torque + WORK_N * way)
    return tuple(needed)


def checked_efforts(where: str, joints: tuple[FileJoint, ...], groups: tuple[Group, ...]) -> tuple[Vector, list[str]]:
    """Return the torque limits [Nm] to be used, (n,), and a note for those that were placeholders.

    Raises:
        ModelError: a joint without effort.
    """
    limits, replaced = [], []
    for joint, needed in zip(joints, needed_torque(groups), strict=True):
        motion, name = joint.joint.motion, joint.joint.name
        effort = 0.0 if motion is None else motion.torque_nm
        if not effort > 0.0:
            todo = f"write the rating of its drive; its weight and {WORK_N:g} N at the tool need up to {needed:.3g} Nm"
            raise ModelError(f"{where} joint {name!r}", f"effort {effort:g} Nm", "more than 0 Nm", todo)
        is_placeholder = not effort <= PLACEHOLDER_FACTOR * needed
        limits.append(needed if is_placeholder else effort)
        if is_placeholder:
            replaced.append(f"{name} ({effort:g} Nm in the file, {needed:.3g} Nm used)")
    note = f"effort is a placeholder, replaced by what weight and {WORK_N:g} N at the tool need: "
    return tuple(limits), [note + ", ".join(replaced)] if replaced else []


def checked_friction(where: str, joints: tuple[FileJoint, ...], limits_nm: Vector) -> tuple[Vector, list[str]]:
    """Return the residual friction [Nm] of every joint, (n,), and a note for those whose file says none or 0.

    Raises:
        ModelError: more friction than a drive could turn against.
    """
    first_wrist = len(joints) - _WRIST_JOINTS
    used, assumed = [], []
    for number, (joint, limit) in enumerate(zip(joints, limits_nm, strict=True)):
        default = _FRICTION_NM if number < first_wrist else _WRIST_FRICTION_NM
        friction = default if joint.friction_nm is None else joint.friction_nm
        if not friction <= LARGEST_FRICTION_SHARE * limit:
            most = LARGEST_FRICTION_SHARE * limit
            raise ModelError(
                f"{where} joint {joint.joint.name!r}", f"friction {friction:g} Nm",
                f"at most {most:.3g} Nm, {100 * LARGEST_FRICTION_SHARE:.0f} % of its torque limit",
                "write the Coulomb friction that is left after compensation",
            )  # fmt: skip
        used.append(friction)
        assumed += [f"{joint.joint.name} ({default:g} Nm)"] if joint.friction_nm is None else []
    note = "friction is 0 or missing, which means unknown; assumed: "
    return tuple(used), [note + ", ".join(assumed)] if assumed else []


def refuse_impossible(where: str, joints: tuple[FileJoint, ...], groups: tuple[Group, ...], reach_m: float) -> None:
    """Raise ModelError for a moving body without mass, or with an inertia that does not go with its mass and the arm.

    Args:
        where: the file.
        joints: the moving joints.
        groups: the bodies behind them.
        reach_m: reach of the arm.
    """
    for joint, group in zip(joints, groups, strict=True):
        link = f"{where} link {group.link!r}"
        if not group.mass_kg > 0.0:
            todo = "write its mass, or make the joint before it fixed"
            raise ModelError(link, "mass 0 kg with all that is fixed to it", "a moving link has mass", todo)
        least, _, largest = np.linalg.eigvalsh(group.inertia_kg_m2 - _rotor(joint))
        low, high = (math.sqrt(max(float(value), 0.0) / group.mass_kg) for value in (least, largest))
        allowed = f"a radius of gyration from {1e3 * SMALLEST_GYRATION_M:g} mm to the reach of {reach_m:.2f} m"
        if not (low >= SMALLEST_GYRATION_M and high <= reach_m):
            got = f"{group.mass_kg:.3g} kg with a radius of gyration from {1e3 * low:.4g} to {1e3 * high:.4g} mm"
            raise ModelError(link, got, allowed, "correct its inertia or its mass; kg, m and kg m2 are meant")


def _rotor(joint: FileJoint) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the part of a link's inertia that is the rotor's, as ``geometry.with_reflected_rotor`` adds it."""
    motion = joint.joint.motion
    if motion is None or motion.drive is None or not motion.drive.is_motor_in_link:
        return np.zeros((3, 3))
    axis = np.array(motion.axis) / math.hypot(*motion.axis)
    return 0.5 * motion.drive.motor_inertia_kg_m2 * (np.eye(3) + np.outer(axis, axis))
