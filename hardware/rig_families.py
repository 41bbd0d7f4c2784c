"""Families of servos that a rig file may name: those that are shipped, and those of other packages.

Another package gives a family by an entry point of the group ``massage_arm.drivers``: its name is the family, its value
a subclass of ``hardware.rig_content.RigContent``; docs/driver.md shows one whole.
"""

from __future__ import annotations

import difflib
from importlib import metadata
from typing import Any

from controller.errors import ConfigError
from hardware.rig_content import AnyRig, RigContent, RigFile
from hardware.rig_moteus import MoteusRigFile

GROUP = "massage_arm.drivers"
SHIPPED: dict[str, type[AnyRig]] = {"dynamixel": RigFile, "moteus": MoteusRigFile}
"""What a rig file of a family holds."""

WITHOUT_TORQUE = {
    "feetech": "takes positions and speeds only",
    "xarm": "takes positions and speeds only",
}
"""Families that cannot be driven here, and why (their makers' SDKs have no torque command)."""


def family_names() -> tuple[str, ...]:
    """Return all families that are installed, the shipped ones first."""
    others = sorted(point.name for point in metadata.entry_points(group=GROUP))
    return (*SHIPPED, *(name for name in others if name not in SHIPPED))


def content_of(family: str) -> type[AnyRig]:
    """Return what a rig file of a family holds.

    Raises:
        ConfigError: no such family, or the package that brings it cannot be used.
    """
    if family in SHIPPED:
        return SHIPPED[family]
    for point in metadata.entry_points(group=GROUP, name=family):
        return _loaded(point)
    allowed = ", ".join(family_names())
    if family in WITHOUT_TORQUE:
        got, todo = f"{family}, which {WITHOUT_TORQUE[family]}", "use servos that are commanded in torque"
        raise ConfigError("bus: family", got, allowed, todo)
    near = difflib.get_close_matches(family, family_names(), 1)
    todo = f"did you mean {near[0]}?" if near else "install the package that brings it"
    raise ConfigError("bus: family", f"the text {family!r}", allowed, todo)


def _loaded(point: metadata.EntryPoint) -> type[AnyRig]:
    """Return the content class behind an entry point; raises ConfigError."""
    todo = "update or remove the package that brings it"
    try:
        found: Any = point.load()
    except Exception as error:  # whatever another package does at its import
        raise ConfigError(f"driver {point.name!r}", f"{point.value}, which fails ({error})", "a class", todo) from error
    if not (isinstance(found, type) and issubclass(found, RigContent)):
        raise ConfigError(f"driver {point.name!r}", point.value, "a subclass of RigContent", todo)
    return found
