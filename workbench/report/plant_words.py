"""What a plant differs by, in words."""

from __future__ import annotations

from dataclasses import fields

from sim.differences.values import PlantDifferences

SHOWN = 7
"""Numbers of a key that are shown: one per joint of the arms that come with the project."""


def plant_lines(plant: PlantDifferences) -> list[str]:
    """Return one line for every key that is not exact; none for an exact plant."""
    if plant.is_exact:
        return []
    lines = [f"plant {plant.name} differs from its model by (the controller is not told):"]
    for field in fields(plant):
        value = getattr(plant, field.name)
        if field.name != "name" and value != field.default:
            lines.append(f"  {field.name}: {_words(value)}")
    return lines


def _words(value: object) -> str:
    if not isinstance(value, tuple):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    parts = [f"({_words(part)})" if isinstance(part, tuple) else _words(part) for part in value]
    more = f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
    return ", ".join(parts[:SHOWN]) + more
