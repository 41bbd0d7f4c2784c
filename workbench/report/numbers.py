"""Numbers as a person reads them, without anything that draws."""

from __future__ import annotations

NONE = "-"


def number(value: float | None, unit: str = "", digits: int = 2) -> str:
    """Return a number as a person reads it, a dash where there is none."""
    return NONE if value is None else f"{value:z.{digits}f} {unit}".strip()
