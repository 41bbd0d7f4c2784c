"""What stands for the tissue in a simulation."""

from __future__ import annotations

import enum

from controller.errors import ConfigError


class Tier(enum.StrEnum):
    """What stands for the tissue."""

    LAW = "law"
    """A contact law on the skin: fast."""
    FEM = "fem"
    """Finite elements in PyBullet's deformable world: the check."""


def tier_named(name: str) -> Tier:
    """Return the tier of a name on the command line; raises ConfigError."""
    if name not in tuple(Tier):
        raise ConfigError("--tissue", repr(name), " or ".join(Tier))
    return Tier(name)
