"""Where a value of several is outside its limits; NaN is outside every one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import le

from controller.types import Vector


def first_bad(
    values: Sequence[float], lowest: float, highest: float, joints: int, *, is_fitted: bool
) -> tuple[int, float] | None:
    """Return the first joint (from 0) whose value is outside its limits, and the value; None where all are inside.

    Args:
        values: one per joint; empty where the rig has no such sense.
        lowest: smallest value allowed.
        highest: largest value allowed.
        joints: number of joints.
        is_fitted: the rig has this sense: then a missing value is bad too, and so is NaN.
    """
    if len(values) != joints and (is_fitted or values):
        return min(len(values), joints - 1), math.nan
    for joint, found in enumerate(values):
        if not lowest <= found <= highest and (is_fitted or not math.isnan(found)):
            return joint, found
    return None


def first_outside(low: Vector, values: Vector, high: Vector) -> tuple[int, float] | None:
    """Return the place of a value outside its limits, NaN too, and the limit it passes; None where all are inside."""
    for lower, upper in ((low, values), (values, high)):
        if not all(map(le, lower, upper)):
            index = first_false(map(le, lower, upper))
            return index, lower[index] if upper is values else upper[index]
    return None


def first_false(verdicts: Iterable[bool]) -> int:
    """Return the place of the first verdict that is False."""
    return next(index for index, verdict in enumerate(verdicts) if not verdict)
