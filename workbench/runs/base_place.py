"""The place of the arm's base as it is written on the command line."""

from __future__ import annotations

from controller.errors import ConfigError

FARTHEST_BASE_M = 3.0
"""Farthest place of the arm's base from the person's sacrum along each axis: no table is longer (assumed)."""


def base_place(text: str) -> tuple[float, float, float, float]:
    """Read a place of the base; raises ConfigError."""
    allowed = f"X,Y,Z,YAW with X, Y, Z from -{FARTHEST_BASE_M:g} to {FARTHEST_BASE_M:g} m, YAW from -360 to 360 deg"
    try:
        x, y, z, yaw = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError("--base", repr(text), allowed) from error
    if not (max(abs(x), abs(y), abs(z)) <= FARTHEST_BASE_M and abs(yaw) <= 360.0):
        raise ConfigError("--base", repr(text), allowed)
    return x, y, z, yaw
