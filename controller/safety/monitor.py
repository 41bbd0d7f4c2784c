"""Trips on what is measured (layer L5, first form): each check returns a reason or None, and NaN always trips."""

from __future__ import annotations

import math
from collections.abc import Iterable
from operator import le

from controller.safety.limits import GateLimits
from controller.safety.projection import dot
from controller.types import ArmState, Cause, Command, ContactState, Reference, StopReason

UNIT_TOLERANCE = 1e-6
CLEAR_AND_RESTART = "find the cause, then clear the stop and restart"


class Monitor:
    """Checks senses and estimates every tick; counts what may happen for a few ticks but not longer.

    Args:
        limits: what to check against.
    """

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._joints_expected = len(limits.torque_nm)
        self._sizes = (self._joints_expected,) * 4
        self._bad_samples = 0
        self._distrusted = 0
        self._descent_m = 0.0
        self._lost_since_s = math.nan
        self._last_t_s = math.nan

    def clear(self) -> None:
        """Forget all counts."""
        self._bad_samples = 0
        self._distrusted = 0
        self._descent_m = 0.0
        self._lost_since_s = math.nan
        self._last_t_s = math.nan

    def check(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> StopReason | None:
        """Return the first reason to stop, or None."""
        return (
            self._shape(command, state, reference, t_s)
            or self._sample(state, t_s)
            or self._finite(command, state, t_s)
            or self._axis(command, reference, t_s)
            or self._force(command, state, reference, t_s)
            or self._contact(command, t_s)
            or self._joints(state, t_s)
            or self._tool(command, t_s)
            or self._descent(command, t_s)
        )

    def _shape(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> StopReason | None:
        joints = self._joints_expected
        sizes = (len(command.tau_nm), len(command.terms.bias_nm), len(state.q_rad), len(state.dq_rad_s))
        is_known = 0 <= reference.segment < len(self._limits.strokes)
        if sizes == self._sizes and len(command.terms.jbar_t) == 6 and command.pads and reference.pads and is_known:
            return None
        return StopReason(
            Cause.INTERNAL_ERROR, "sizes of command and state", float(max(sizes)), float(joints), "joints", t_s,
            "report this with the record",
        )  # fmt: skip

    def _axis(self, command: Command, reference: Reference, t_s: float) -> StopReason | None:
        """Stop where the law presses along something else than the planned normal, or along no unit vector."""
        x, y, z = command.normal_w
        planned = reference.pads[0].normal_w
        cosine = x * planned[0] + y * planned[1] + z * planned[2]
        if abs(x * x + y * y + z * z - 1.0) <= UNIT_TOLERANCE and cosine >= self._limits.axis_cosine:
            return None
        return StopReason(
            Cause.INTERNAL_ERROR, "cosine between press axis and planned normal", cosine, self._limits.axis_cosine, "-",
            t_s, "report this with the record",
        )  # fmt: skip

    def _contact(self, command: Command, t_s: float) -> StopReason | None:
        """Stop a stroke that has lost the skin: found again, it would be hit."""
        limits = self._limits
        is_lost = command.contact is ContactState.WORK and not (command.pads[0].press_n >= limits.contact_lost_n)
        if not is_lost:
            self._lost_since_s = math.nan
            return None
        if math.isnan(self._lost_since_s):
            self._lost_since_s = t_s
        lost_s = t_s - self._lost_since_s
        if lost_s <= limits.contact_lost_s:
            return None
        return StopReason(
            Cause.CONTACT_LOST, "time without the skin in a stroke", lost_s, limits.contact_lost_s, "s", t_s,
            "check that the person lies as planned, then restart",
        )  # fmt: skip

    def _finite(self, command: Command, state: ArmState, t_s: float) -> StopReason | None:
        total = sum(command.tau_nm) + sum(state.q_rad) + sum(state.dq_rad_s) + sum(command.terms.bias_nm)
        total += sum(state.tau_nm)
        if math.isfinite(total):
            return None
        return StopReason(Cause.NOT_FINITE, "command and joint state", total, 0.0, "-", t_s, CLEAR_AND_RESTART)

    def _sample(self, state: ArmState, t_s: float) -> StopReason | None:
        limits = self._limits
        is_finite = math.isfinite(sum(state.wrench_s))
        if is_finite and state.sensor_age_s <= limits.sensor_age_s:
            self._bad_samples = 0
            return None
        self._bad_samples += 1
        if self._bad_samples < limits.stale_ticks:
            return None
        if not is_finite:
            return StopReason(
                Cause.NOT_FINITE, "wrist sensor", math.nan, 0.0, "N", t_s, "check the sensor's cable and supply"
            )
        return StopReason(
            Cause.STALE, "age of the wrist sensor's sample", state.sensor_age_s, limits.sensor_age_s, "s", t_s,
            "check the sensor's link",
        )  # fmt: skip

    def _force(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> StopReason | None:
        limits, pad = self._limits, command.pads[0]
        trip = limits.strokes[reference.segment].trip_n
        if not (pad.press_n <= trip):
            return StopReason(
                Cause.PAD_FORCE, "measured press force", pad.press_n, trip, "N", t_s,
                "let the person settle, lower the stroke's force, then restart",
            )  # fmt: skip
        if not (pad.observer_n <= trip + limits.observer_margin_n):
            return StopReason(
                Cause.PAD_FORCE, "press force by the joint torques", pad.observer_n, trip + limits.observer_margin_n,
                "N", t_s, "check the wrist sensor, lower the stroke's force, then restart",
            )  # fmt: skip
        wrench = state.wrench_s
        tool = math.hypot(wrench[0], wrench[1], wrench[2])
        if self._bad_samples == 0 and not (tool <= limits.tool_trip_n):
            return StopReason(
                Cause.TOOL_FORCE, "force on the wrist sensor", tool, limits.tool_trip_n, "N", t_s, CLEAR_AND_RESTART
            )
        pressure = pad.press_n / limits.pad_area_m2
        if not (pressure <= limits.pressure_pa):
            return StopReason(
                Cause.PRESSURE, "mean pressure under the pad", pressure, limits.pressure_pa, "Pa", t_s,
                "use a larger pad or less force",
            )  # fmt: skip
        is_agreed = pad.is_sensor_trusted and abs(pad.press_n - pad.observer_n) <= limits.observer_margin_n
        # Leaky, so that a sensor that flaps is found out too.
        self._distrusted = max(0, self._distrusted - 1) if is_agreed else self._distrusted + 1
        if self._distrusted < limits.implausible_ticks:
            return None
        return StopReason(
            Cause.SENSOR_IMPLAUSIBLE, "ticks without a plausible wrist sensor", float(self._distrusted),
            float(limits.implausible_ticks), "ticks", t_s, "tare and check the wrist sensor, check the tool's mass",
        )  # fmt: skip

    def _joints(self, state: ArmState, t_s: float) -> StopReason | None:
        limits, q_rad = self._limits, state.q_rad
        speeds = tuple(map(abs, state.dq_rad_s))
        # le() is False for NaN, so NaN fails; only then is the joint looked for.
        if not all(map(le, speeds, limits.speed_rad_s)):
            joint = _first_false(map(le, speeds, limits.speed_rad_s))
            return StopReason(
                Cause.JOINT_SPEED, f"speed of joint {joint + 1}", speeds[joint], limits.speed_rad_s[joint], "rad/s",
                t_s, CLEAR_AND_RESTART,
            )  # fmt: skip
        for lower, upper in ((limits.lower_rad, q_rad), (q_rad, limits.upper_rad)):
            if not all(map(le, lower, upper)):
                joint = _first_false(map(le, lower, upper))
                limit = lower[joint] if upper is q_rad else upper[joint]
                return StopReason(
                    Cause.JOINT_POSITION, f"position of joint {joint + 1}", q_rad[joint], limit, "rad", t_s,
                    "move the base or the stroke so that the arm stays off its end stops",
                )  # fmt: skip
        return None

    def _tool(self, command: Command, t_s: float) -> StopReason | None:
        limits, terms = self._limits, command.terms
        velocity = terms.v_wt
        speed = math.hypot(velocity[0], velocity[1], velocity[2])
        if not (speed <= limits.tool_speed_m_s):
            return StopReason(
                Cause.TOOL_SPEED, "tool speed", speed, limits.tool_speed_m_s, "m/s", t_s, CLEAR_AND_RESTART
            )
        low, high, p_wt = limits.workspace_low_m, limits.workspace_high_m, terms.p_wt
        if not (all(map(le, low, p_wt)) and all(map(le, p_wt, high))):
            axis = _first_false(a and b for a, b in zip(map(le, low, p_wt), map(le, p_wt, high), strict=True))
            limit = high[axis] if p_wt[axis] > high[axis] else low[axis]
            return StopReason(
                Cause.WORKSPACE, f"tool position along {'xyz'[axis]}", p_wt[axis], limit, "m", t_s, CLEAR_AND_RESTART
            )
        if not (command.plan_error_m <= limits.path_m):
            return StopReason(
                Cause.WORKSPACE, "distance from the planned path", command.plan_error_m, limits.path_m, "m", t_s,
                "something holds or pushes the tool: check the way, then restart",
            )  # fmt: skip
        return None

    def _descent(self, command: Command, t_s: float) -> StopReason | None:
        """Stop an approach that finds no skin; the way is integrated from the tool speed, not taken from the law."""
        if command.contact is not ContactState.APPROACH:
            self._descent_m = 0.0
        elif math.isfinite(self._last_t_s):
            self._descent_m -= dot(command.terms.v_wt[:3], command.normal_w) * (t_s - self._last_t_s)
        self._last_t_s = t_s
        if self._descent_m <= self._limits.descent_m:
            return None
        return StopReason(
            Cause.NO_CONTACT, "descent without touching the skin", self._descent_m, self._limits.descent_m, "m", t_s,
            "check where the person lies and the registration of the body",
        )  # fmt: skip


def _first_false(verdicts: Iterable[bool]) -> int:
    return next(index for index, verdict in enumerate(verdicts) if not verdict)
