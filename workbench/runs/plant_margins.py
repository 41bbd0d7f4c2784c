"""A plant of one's own is held against the law's margins before it is run: what would ring need not be tried."""

from __future__ import annotations

from dataclasses import replace

from controller.arm import ArmDescription
from controller.errors import PlanError
from controller.loop_check import DOUBTS, check_loops
from controller.session_parts import SessionParts
from sim.differences.file import LEVELS
from sim.differences.plants import load_plant
from sim.differences.values import PlantDifferences, per_joint
from sim.differing.joints import sides


def plant_of(name: str, given: ArmDescription, seed: int) -> tuple[PlantDifferences, ArmDescription]:
    """Return what a plant differs by, and the arm as whoever runs it knows it.

    Args:
        name: exact, typical, poor or a plant file.
        given: the arm by its own file.
        seed: that draws the plant.

    Raises:
        ConfigError: there is no such plant, or this arm cannot have it.
    """
    plant = load_plant(name, given, seed)
    return plant, arm_as_built(given, plant)


def arm_as_built(arm: ArmDescription, plant: PlantDifferences) -> ArmDescription:
    """Return the arm with its encoders where a plant file puts them.

    On which side of the gears an arm measures is a fact of its construction, which whoever runs it knows; so controller
    and simulation both take it from the plant file where that states it.
    """
    position, _ = sides(arm, plant)
    drives = tuple(replace(drive, position_side=side) for drive, side in zip(arm.drives, position, strict=True))
    return replace(arm, drives=drives) if drives != arm.drives else arm


def refuse_ringing_plant(plant: PlantDifferences, parts: SessionParts) -> None:
    """Refuse a plant file whose joints the law would swing on.

    The law and its settings stay those of the arm's file, but for the side of the encoders. A plant that is drawn is
    not looked at: it is there to differ from the arm's file.

    Raises:
        PlanError: names the loop, the joint and the frequency.
    """
    if plant.name in LEVELS or not plant.is_elastic:
        return
    arm = parts.robot.arm
    joints = len(arm.drives)
    own = [plant.joint_stiffness_nm_per_rad, plant.joint_damping_ratio, plant.motor_inertia_kg_m2]
    columns = [per_joint(values, joints) if values is not None else (None,) * joints for values in own]
    position, _ = sides(arm, plant)
    drives = tuple(
        replace(
            drive,
            stiffness_nm_per_rad=drive.stiffness_nm_per_rad if stiffness is None else stiffness,
            damping_ratio=drive.damping_ratio if ratio is None else ratio,
            motor_inertia_kg_m2=drive.motor_inertia_kg_m2 if inertia is None else inertia,
            position_side=side,
        )
        for drive, stiffness, ratio, inertia, side in zip(arm.drives, *columns, position, strict=True)
    )
    worst = check_loops(parts.plan, parts.robot, parts.gains, parts.settings, parts.rig, drives, DOUBTS[:1])
    if not worst.is_sound:
        raise PlanError(
            worst.place,
            f"joint {worst.joint}",
            f"an oscillation at {worst.frequency_hz:.0f} Hz that grows by {worst.growth_per_s:.1f} 1/s on {plant.name}",
            "oscillations that decay",
            "give the arm's file these joints, so that its law is fitted to them, or use stiffer ones",
        )
