"""The numbers of a plant's joints and wrist, packed for the compiled period."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription
from controller.types import Side, Vector
from sim.differences.values import PlantDifferences, damping_nms_per_rad, per_joint
from sim.period.differing_period import (
    CROSSTALK,
    DRIFT,
    ECCENTRICITY,
    ECCENTRICITY_PHASE,
    FED_BACK,
    SENT,
    SIDE,
    WRIST_SIZE,
)
from sim.period.elastic_joints import (
    DAMPING,
    FRICTION,
    HALF_PLAY,
    LOAD_SHARE,
    MOBILITY,
    RIPPLE,
    RIPPLE_ORDER,
    RIPPLE_PHASE,
    SCALE,
    STIFFNESS,
    STRIBECK,
    STRIBECK_SPEED,
)

Array = NDArray[np.float64]
AXES = 6


def friction_nm(arm: ArmDescription, differences: PlantDifferences) -> Vector:
    """Return the true Coulomb friction, (n,)."""
    scales = per_joint(differences.friction_scale, len(arm.joint_names))
    return tuple(scale * friction for scale, friction in zip(scales, arm.friction_nm, strict=True))


def sides(arm: ArmDescription, differences: PlantDifferences) -> tuple[tuple[Side, ...], tuple[Side, ...]]:
    """Return on which side positions and torques are measured, (n,) each."""
    given, joints = differences.encoder_side, len(arm.drives)
    own = tuple(drive.position_side for drive in arm.drives)
    position = own if given is None else given if len(given) == joints else given * joints
    return position, tuple(drive.torque_side for drive in arm.drives)


def joint_table(
    arm: ArmDescription,
    differences: PlantDifferences,
    generator: np.random.Generator,
    friction: Vector,
    remembered: int,
) -> Array:
    """Return the table of ``sim.period.differing_period`` for an arm at no time yet.

    Args:
        arm: the arm and its tool.
        differences: what it differs by.
        generator: draws the phases of ripple and eccentricity.
        friction: Coulomb friction, (n,).
        remembered: commands to remember: more than the longest delay in periods.
    """
    drives, joints = arm.drives, len(arm.drives)
    table = np.zeros((SENT + remembered, joints))

    def values(given: Vector | None, own: str) -> Array:
        return np.array([getattr(drive, own) for drive in drives] if given is None else per_joint(given, joints))

    stiffness = values(differences.joint_stiffness_nm_per_rad, "stiffness_nm_per_rad")
    ratio = values(differences.joint_damping_ratio, "damping_ratio")
    inertia = values(differences.motor_inertia_kg_m2, "motor_inertia_kg_m2")
    table[STIFFNESS], table[MOBILITY] = stiffness, 1.0 / inertia
    table[DAMPING] = [damping_nms_per_rad(*row) for row in zip(ratio, stiffness, inertia, strict=True)]
    table[HALF_PLAY] = 0.5 * np.array(per_joint(differences.backlash_rad, joints))
    table[FRICTION] = friction
    table[STRIBECK] = per_joint(differences.stribeck_ratio, joints)
    table[STRIBECK_SPEED] = per_joint(differences.stribeck_speed_rad_s, joints)
    table[LOAD_SHARE] = per_joint(differences.friction_load_share, joints)
    table[SCALE] = per_joint(differences.torque_constant_scale, joints)
    table[RIPPLE] = per_joint(differences.torque_ripple_nm, joints)
    table[RIPPLE_ORDER] = per_joint(differences.torque_ripple_per_turn, joints)
    table[ECCENTRICITY] = per_joint(differences.encoder_eccentricity_rad, joints)
    table[RIPPLE_PHASE], table[ECCENTRICITY_PHASE] = generator.uniform(0.0, 2.0 * math.pi, size=(2, joints))
    side, torque_side = sides(arm, differences)
    table[FED_BACK] = [1.0 if differences.is_elastic and s is Side.LINK else 0.0 for s in torque_side]
    table[SIDE] = [1.0 if differences.is_elastic and s is Side.MOTOR else 0.0 for s in side]
    return table


def wrist_numbers(differences: PlantDifferences) -> Array:
    """Return gain, cross-talk and drift of the wrist sensor as ``sense_differing`` takes them."""
    numbers = np.zeros(WRIST_SIZE)
    crosstalk = np.array(differences.sensor_crosstalk)
    if len(crosstalk) == 1:
        blocks = np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3))  # forces read forces, moments moments
        matrix = float(crosstalk[0]) * blocks
    else:
        matrix = crosstalk.reshape(AXES, AXES).copy()
    matrix += np.diag(per_joint(differences.sensor_gain, AXES))
    numbers[CROSSTALK:DRIFT] = matrix.ravel()
    numbers[DRIFT:] = differences.sensor_drift_n_per_s
    return numbers
