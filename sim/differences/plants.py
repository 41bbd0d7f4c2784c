"""Plants by name or file."""

from __future__ import annotations

from controller.arm import ArmDescription
from sim.differences import ranges
from sim.differences.draw import draw_plant
from sim.differences.file import LEVELS, load_plant_file
from sim.differences.ranges import Ranges
from sim.differences.values import PlantDifferences

EXACT, TYPICAL, POOR = LEVELS
DRAWN: dict[str, Ranges] = {TYPICAL: ranges.TYPICAL, POOR: ranges.POOR}
"""Plants that the seed draws."""


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
    if name_or_path in DRAWN:
        return draw_plant(name_or_path, DRAWN[name_or_path], arm, seed)
    plant = load_plant_file(name_or_path)
    plant.check(arm)
    return plant
