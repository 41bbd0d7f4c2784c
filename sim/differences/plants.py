"""Plants by name or file."""

from __future__ import annotations

from controller.arm import ArmDescription
from sim.differences.file import LEVELS, load_plant_file
from sim.differences.values import PlantDifferences

EXACT = LEVELS[0]


def load_plant(name_or_path: str, arm: ArmDescription, seed: int) -> PlantDifferences:
    """Return what a plant differs by.

    Args:
        name_or_path: ``exact``, ``typical``, ``poor``, or the path of a plant file.
        arm: the arm that it is of.
        seed: of what is drawn.

    Raises:
        ConfigError: no such plant, or a file with anything wrong in it.
    """
    if name_or_path == EXACT:
        return PlantDifferences.exact()
    plant = load_plant_file(name_or_path)
    plant.check(len(arm.joint_names))
    return plant
