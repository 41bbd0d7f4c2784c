"""Durations as a person reads them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a duration as a person reads it: ``45 s`` or ``3 min 05 s``."""
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60:02d} s"
