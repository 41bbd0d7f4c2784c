"""Trips on where the tool is and where it presses (L5): axis, levers, speed, room, path, depth, descent, dwell."""

from __future__ import annotations

import math

from controller.safety import pads
from controller.safety.limits import GateLimits
from controller.safety.projection import dot
from controller.safety.ranges import first_outside
from controller.safety.reaction import stop_reason
from controller.types import Cause, Command, ContactState, Phase, Reference, StopReason, ToolTerms, Vector3

UNIT_TOLERANCE = 2.0**-20
PRESSING = frozenset({Phase.APPROACH, Phase.WORK})
"""Phases in which force, not place, is controlled along the normal, so that the plan does not end the way there."""


class PlaceWatch:
    """Holds the tool's place, way and press axis against plan and limits; each check returns a reason or None.

    Args:
        limits: what to check against.
    """

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._each = pads.named(limits.pads)
        # A pad at the origin of T has no lever that could be wrong.
        self._levered = tuple((k, of_pad) for k, of_pad in self._each if any(limits.pads[k].position_t_m))
        self.clear()

    def clear(self) -> None:
        """Forget the descent and the spot."""
        self._descent_m = 0.0
        self._spot_w: Vector3 = (math.nan, math.nan, math.nan)
        self._spot_since_s = math.nan

    def axis(self, command: Command, corrected: ToolTerms, reference: Reference, t_s: float) -> StopReason | None:
        """Stop where the law presses along something else than the planned normal, or along no unit vector."""
        allowed = self._limits.axis_cosine
        for k, of_pad in self._each:
            x, y, z = command.pads[k].normal_w
            planned = reference.pads[k].normal_w
            cosine = x * planned[0] + y * planned[1] + z * planned[2]
            if not (abs(x * x + y * y + z * z - 1.0) <= UNIT_TOLERANCE and cosine >= allowed):
                what = f"cosine between press axis and planned normal{of_pad}"
                return stop_reason(Cause.INTERNAL_ERROR, what, cosine, allowed, "-", t_s)
        return self._levers(command, corrected, reference, t_s) if self._levered else None

    def _levers(self, command: Command, corrected: ToolTerms, reference: Reference, t_s: float) -> StopReason | None:
        """Stop where a pad is not where the plan has it about T, or moves too fast: its press force hangs on both."""
        limits = self._limits
        for k, of_pad in self._levered:
            lever_t = limits.pads[k].position_t_m
            lever = pads.rotated(command.terms.quaternion_wt, lever_t)
            planned = pads.rotated(reference.quaternion_xyzw, lever_t)
            square = pads.dot3(lever_t, lever_t)
            room = UNIT_TOLERANCE * square
            is_long = (
                abs(pads.dot3(lever, lever) - square) <= room and abs(pads.dot3(planned, planned) - square) <= room
            )
            cosine, allowed = pads.dot3(lever, planned) / square, limits.axis_cosine
            if not (is_long and cosine >= allowed):
                what = f"cosine between lever and planned lever{of_pad}"
                return stop_reason(Cause.INTERNAL_ERROR, what, cosine, allowed, "-", t_s)
            for terms in (command.terms, corrected):
                speed = math.hypot(*pads.pad_velocity(terms, lever))
                if not (speed <= limits.tool_speed_m_s):
                    return stop_reason(Cause.TOOL_SPEED, f"speed{of_pad}", speed, limits.tool_speed_m_s, "m/s", t_s)
        return None

    def tool(self, command: Command, corrected: ToolTerms, t_s: float) -> StopReason | None:
        """Stop a tool that is too fast by one of both motions, out of its room, or off the planned path."""
        limits, terms = self._limits, command.terms
        for velocity in (terms.v_wt, corrected.v_wt):
            speed = math.hypot(velocity[0], velocity[1], velocity[2])
            if not (speed <= limits.tool_speed_m_s):
                return stop_reason(Cause.TOOL_SPEED, "tool speed", speed, limits.tool_speed_m_s, "m/s", t_s)
        outside = first_outside(limits.workspace_low_m, terms.p_wt, limits.workspace_high_m)
        if outside is not None:
            axis, allowed = outside
            position = terms.p_wt[axis]
            return stop_reason(Cause.WORKSPACE, f"tool position along {'xyz'[axis]}", position, allowed, "m", t_s)
        if not (command.plan_error_m <= limits.path_m):
            error_m = command.plan_error_m
            return stop_reason(Cause.WORKSPACE, "distance from the planned path", error_m, limits.path_m, "m", t_s)
        return None

    def depth(self, command: Command, reference: Reference, t_s: float) -> StopReason | None:
        """Stop a pad that is farther beyond its planned place, along the planned inward normal, than tissue gives way.

        Place and normal are the gate's own of the plan, not the law's, which may follow a wrong one inward.
        """
        if reference.phase not in PRESSING:
            return None
        stroke, terms = self._limits.strokes[reference.segment], command.terms
        for k, of_pad in self._each:
            beyond_m, allowed = pads.beyond_m(terms, reference, k, self._limits.pads[k]), stroke.pads[k].depth_m
            if not (beyond_m <= allowed):
                if command.contact is ContactState.APPROACH:
                    what = f"way beyond the planned place without touching the skin{of_pad}"
                    return stop_reason(Cause.NO_CONTACT, what, beyond_m, allowed, "m", t_s)
                return stop_reason(Cause.DEPTH, f"depth beyond the planned place{of_pad}", beyond_m, allowed, "m", t_s)
        return None

    def descent(self, command: Command, corrected: ToolTerms, last_t_s: float, t_s: float) -> StopReason | None:
        """Stop an approach that finds no skin; the way is integrated from the greater of both speeds of the tool."""
        if command.contact is not ContactState.APPROACH:
            self._descent_m = 0.0
        elif math.isfinite(last_t_s):
            axis_w = pads.press_axis(command.pads)
            outward = min(dot(command.terms.v_wt[:3], axis_w), dot(corrected.v_wt[:3], axis_w))
            self._descent_m -= outward * (t_s - last_t_s)
        if self._descent_m <= self._limits.descent_m:
            return None
        allowed = self._limits.descent_m
        return stop_reason(Cause.NO_CONTACT, "descent without touching the skin", self._descent_m, allowed, "m", t_s)

    def dwell(self, command: Command, t_s: float) -> StopReason | None:
        """Stop pressing on one spot for long; the spot moves on with the tool once that has left it."""
        p_wt, limits = command.terms.p_wt, self._limits
        is_here = command.contact is ContactState.WORK and math.dist(p_wt, self._spot_w) <= limits.dwell_m
        if not is_here:
            self._spot_w, self._spot_since_s = p_wt, t_s
            return None
        here_s = t_s - self._spot_since_s
        if here_s <= limits.dwell_s:
            return None
        return stop_reason(Cause.DWELL, "time of pressing on one spot", here_s, limits.dwell_s, "s", t_s)
