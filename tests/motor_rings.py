"""What a physics engine of rigid joints should hold of an arm: its links, and every motor as a ring on its link."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.robot import GRAVITY_M_S2

Array = NDArray[np.float64]


def without_motors(arm: ArmDescription) -> ArmDescription:
    """Return an arm whose links are those of its file as it stands: its motors weigh nothing and are in no link."""
    drives = tuple(replace(drive, motor_inertia_kg_m2=0.0, is_motor_in_link=False) for drive in arm.drives)
    return replace(arm, drives=drives)


def ringed_model(arm: ArmDescription, placement: Placement) -> pin.Model:
    """Return the file's links as Pinocchio reads them, each with its motor where the file has that not in it.

    The motor is a ring with its inertia about the joint axis and half of it across, and moves with the link.
    """
    model = pin.buildModelFromXML(arm.urdf_text)
    rotation = pin.Quaternion(*np.roll(placement.quaternion_xyzw, 1)).toRotationMatrix()
    model.jointPlacements[1] = pin.SE3(rotation, np.array(placement.position_m)) * model.jointPlacements[1]
    model.gravity.linear = np.array([0.0, 0.0, -GRAVITY_M_S2])
    data = model.createData()
    pin.computeJointJacobians(model, data, pin.neutral(model))
    for joint, drive in enumerate(arm.drives, start=1):
        if not drive.is_motor_in_link:
            axis = pin.getJointJacobian(model, data, joint, pin.LOCAL)[3:, joint - 1]
            ring = 0.5 * drive.motor_inertia_kg_m2 * (np.eye(3) + np.outer(axis, axis))
            link = model.inertias[joint]
            model.inertias[joint] = pin.Inertia(link.mass, link.lever, link.inertia + ring)
    return model


def ring_mass_matrix(arm: ArmDescription, placement: Placement, q: Array) -> Array:
    """Return the joint inertia (n, n) at ``q`` of the links of ``ringed_model``."""
    model = ringed_model(arm, placement)
    mass = np.triu(pin.crba(model, model.createData(), q))
    return np.asarray(mass + np.triu(mass, 1).T)


def free_motor_mass_matrix(arm: ArmDescription, placement: Placement, q: Array) -> Array:
    """Return the joint inertia (n, n) at ``q`` with motors that turn on their own joint only, as in a real arm."""
    every = replace(arm, drives=tuple(replace(drive, is_motor_in_link=False) for drive in arm.drives))
    links = ring_mass_matrix(without_motors(arm), placement, q)
    rings = ring_mass_matrix(every, placement, q) - links
    is_in_link = [drive.is_motor_in_link for drive in arm.drives]
    if any(is_in_link) and not all(is_in_link):
        raise ValueError("an arm with some motors in links and some not")
    inertia = np.diag([drive.motor_inertia_kg_m2 for drive in arm.drives])
    return np.asarray(links + inertia - (rings if all(is_in_link) else 0.0))
