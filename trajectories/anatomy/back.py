"""All a planner knows about one back: skin, tool surface, regions, keep-outs, spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.errors import ModelError
from trajectories.anatomy.body import Body
from trajectories.anatomy.keepout import KeepOutMap
from trajectories.anatomy.place_error import NO_ERROR, PlaceError
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
        place_error: how far all of it may be from where it is thought, seen from the base.
    """

    body: Body
    skin: Skin
    tool_skin: Skin
    regions: RegionMap
    keep_out: KeepOutMap
    spine: SpineLine
    place_error: PlaceError

    @classmethod
    def of(cls, body: Body, skin: Skin, place_error: PlaceError = NO_ERROR) -> Back:
        """Return the back of ``body`` with ``skin`` as the planner believes it.

        Args:
            body: the body.
            skin: its skin, or what is believed to be it.
            place_error: registration error of the base; none for what is no session.
        """
        return cls(
            body,
            skin,
            skin.smoothed(TOOL_SMOOTHING_M),
            RegionMap.from_body(body),
            KeepOutMap.from_body(body),
            SpineLine.from_body(body),
            place_error,
        )

    def spine_x(self, place: str | float) -> float:
        """Return x [m] of a landmark of the spine, or of a fraction of the way from L5S1 (0) to C7 (1)."""
        if isinstance(place, str):
            return self.spine.level_x(place)
        if not 0.0 <= place <= 1.0:
            raise ModelError("place on the spine", f"{place:g}", "a landmark or a number from 0 to 1")
        low, high = self.spine.level_x("L5S1"), self.spine.level_x("C7")
        return low + place * (high - low)

    def stretch_x(self, lower: str | float, upper: str | float, inset_m: float) -> tuple[float, float]:
        """Return both ends [m] of a stretch along the spine whose contact reaches ``inset_m`` beyond them.

        The contact stays between the two places. At the ends of the back, L5S1 and C7, it does so under the
        registration error too: the sacrum is thin and stiff, and the neck base bears little.
        """
        ends = [self.spine_x(place) for place in ("L5S1", "C7")]
        away = [self.place_error.largest_m(self.spine.point(x)[None, :2]) for x in ends]
        low = max(self.spine_x(lower), ends[0] + away[0]) + inset_m
        return low, min(self.spine_x(upper), ends[1] - away[1]) - inset_m

    def describe(self, point_m: Array) -> str:
        """Say in words where a point (2 or 3,) is: patient frame in cm, and the nearest spine landmark."""
        x, y = float(point_m[0]), float(point_m[1])
        lateral = float(self.spine.lateral(x, y))
        side = "left" if lateral >= 0.0 else "right"
        place = f"x {100.0 * x:.1f} cm, y {100.0 * y:.1f} cm"
        return f"{place} ({1e3 * abs(lateral):.0f} mm {side} of the spine, {self.spine.describe(x)})"
