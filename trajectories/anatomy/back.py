"""All a planner knows about one back: skin, tool surface, regions, keep-outs, spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.errors import ModelError
from trajectories.anatomy.body import Body
from trajectories.anatomy.keepout import KeepOutMap
from trajectories.anatomy.regions import RegionMap
from trajectories.anatomy.skin import Skin
from trajectories.anatomy.spine import SpineLine

Array = NDArray[np.float64]

TOOL_SMOOTHING_M = 0.016
"""Smoothing of the skin that the tool is held perpendicular to (measured on the prototype: 8 mm turns the wrist too
fast, 24 mm leaves twice the angle error)."""


@dataclass(frozen=True, slots=True, eq=False)
class Back:
    """A body as planning sees it, in the patient frame K.

    Attributes:
        body: the body file.
        skin: the skin as the planner believes it.
        tool_skin: coarser skin that gives the tool axis.
        regions: where which region is.
        keep_out: where no pad may press.
        spine: the spine line.
    """

    body: Body
    skin: Skin
    tool_skin: Skin
    regions: RegionMap
    keep_out: KeepOutMap
    spine: SpineLine

    @classmethod
    def of(cls, body: Body, skin: Skin) -> Back:
        """Return the back of ``body`` with ``skin`` as the planner believes it."""
        return cls(
            body,
            skin,
            skin.smoothed(TOOL_SMOOTHING_M),
            RegionMap.from_body(body),
            KeepOutMap.from_body(body),
            SpineLine.from_body(body),
        )

    def spine_x(self, place: str | float) -> float:
        """Return x [m] of a landmark of the spine, or of a fraction of the way from L5S1 (0) to C7 (1)."""
        if isinstance(place, str):
            return self.spine.level_x(place)
        if not 0.0 <= place <= 1.0:
            raise ModelError("place on the spine", f"{place:g}", "a landmark or a number from 0 to 1")
        low, high = self.spine.level_x("L5S1"), self.spine.level_x("C7")
        return low + place * (high - low)

    def describe(self, point_m: Array) -> str:
        """Say in words where a point (2 or 3,) is: patient frame in cm, and the nearest spine landmark."""
        x, y = float(point_m[0]), float(point_m[1])
        lateral = float(self.spine.lateral(x, y))
        side = "left" if lateral >= 0.0 else "right"
        place = f"x {100.0 * x:.1f} cm, y {100.0 * y:.1f} cm"
        return f"{place} ({1e3 * abs(lateral):.0f} mm {side} of the spine, {self.spine.describe(x)})"
