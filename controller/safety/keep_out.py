"""Keep-outs while the session runs: no pad presses where it must not, by the arm's own kinematics."""

from __future__ import annotations

import math

from controller.safety.limits import KeepOutLimits
from controller.safety.reaction import stop_reason
from controller.types import Cause, ClearanceGrid, Command, Phase, Reference, StopReason

TOUCHING_PHASES = frozenset({Phase.APPROACH, Phase.WORK, Phase.LIFT})
"""Phases in which a press is meant. Elsewhere what touches the tool is another limit's matter, and a force that only
the joint torques show may be their friction."""


def clearance_m(grid: ClearanceGrid, x_m: float, y_m: float) -> float:
    """Return the distance from the keep-outs, linear between the grid's points; minus infinity off it and for NaN."""
    u, w = (x_m - grid.x0_m) / grid.spacing_m, (y_m - grid.y0_m) / grid.spacing_m
    if not (0.0 <= u < len(grid.rows_m) - 1 and 0.0 <= w < len(grid.rows_m[0]) - 1):
        return -math.inf
    i, j = int(u), int(w)
    a, b = u - i, w - j
    low, high = grid.rows_m[i], grid.rows_m[i + 1]
    return (1.0 - a) * ((1.0 - b) * low[j] + b * low[j + 1]) + a * ((1.0 - b) * high[j] + b * high[j + 1])


def pressed_inside(limits: KeepOutLimits, command: Command, reference: Reference, t_s: float) -> StopReason | None:
    """Return the stop of a tool that presses in a keep-out, or None.

    The levers of several pads are left out: what counts is where the tool is, to within their distance.

    Args:
        limits: where no pad may press.
        command: what the law believes: press forces, normals, place of the tool.
        reference: what the plan wants.
        t_s: session time [s].
    """
    if reference.phase not in TOUCHING_PHASES:
        return None
    p_wt = command.terms.p_wt
    for pad in command.pads:
        if pad.press_n <= limits.light_n:
            continue
        x_m = p_wt[0] - limits.pad_radius_m * pad.normal_w[0]
        y_m = p_wt[1] - limits.pad_radius_m * pad.normal_w[1]
        room_m = clearance_m(limits.grid, x_m, y_m)
        if not room_m >= 0.0:
            return stop_reason(Cause.KEEP_OUT, "distance of a pressing pad from a keep-out", room_m, 0.0, "m", t_s)
    return None
