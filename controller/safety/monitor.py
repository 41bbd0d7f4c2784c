"""Trips on what is measured (layer L5): each check returns a reason or None, and NaN always trips."""

from __future__ import annotations

import math
from operator import le

from controller.safety import keep_out, pads
from controller.safety.free_motion import FreeMotionWatch
from controller.safety.leaky import LeakyCount
from controller.safety.limits import GateLimits
from controller.safety.lost_joints import is_encoder_lost, lost_in_words
from controller.safety.place_watch import PlaceWatch
from controller.safety.plausibility import Plausibility
from controller.safety.projection import is_shaped
from controller.safety.ranges import first_bad, first_false, first_outside
from controller.safety.reaction import stop_reason
from controller.safety.speed_check import SpeedCheck
from controller.safety.swing_watch import SwingWatch
from controller.types import (
    ArmState,
    Authority,
    Cause,
    Command,
    ContactState,
    Reference,
    StopReason,
    ToolTerms,
    Vector,
)

COMMAND_AGE_S = 0.0045
"""The drives' last command may be this much older than the loop's last tick: less than the supervisor waits, so that
the loop knows why the drives are taken from it; no multiple of the tick."""

JUMP_GAP_S = 0.0085
"""Between two looks at a stopped arm that are further apart than this, the last speed says too little of the way."""


class Monitor:
    """Checks senses and estimates every tick; counts what may happen for a few ticks but not longer.

    Args:
        limits: what to check against.
        dt_s: period of the loop [s].
    """

    def __init__(self, limits: GateLimits, dt_s: float) -> None:
        self._limits = limits
        self._swing, self.free = SwingWatch(dt_s), FreeMotionWatch()
        self.speeds = SpeedCheck(len(limits.torque_nm), dt_s)
        """Whether reported joint speeds can be believed, and what to go by where not."""
        self._joints_expected = len(limits.torque_nm)
        self._sizes = (self._joints_expected,) * 4
        self._pads_expected = len(limits.pads)
        self._each = pads.named(limits.pads)
        self._place, self._plausibility = PlaceWatch(limits), Plausibility(limits)
        self.clear()

    def clear(self) -> None:
        """Forget all counts; the next tick is compared with nothing before it."""
        self._bad_samples, self._repeated, self._is_sampled = LeakyCount(), LeakyCount(), True
        self._last_t_s = math.nan
        self._lost = [LeakyCount() for _ in self._limits.pads]
        self._was_lost = [False] * len(self._limits.pads)
        self._last_q_rad: Vector = ()
        self._last_wrench: Vector = ()
        self._last_sequence: int | None = None
        self._sampled_s = math.nan
        self._place.clear()
        self._plausibility.clear()
        self._swing.clear()
        self.free.clear()
        self.speeds.clear()

    def check(
        self, command: Command, corrected: ToolTerms, state: ArmState, reference: Reference, t_s: float
    ) -> StopReason | None:
        """Return the first reason to stop, or None.

        Args:
            command: what the law asks for, with the tool's motion by its estimate.
            corrected: the same terms with the tool's motion held to the measured joint speeds.
            state: what the senses say.
            reference: what the plan wants.
            t_s: session time [s].
        """
        found = (
            self._shape(command, state, reference, t_s)
            or self._finite(command, corrected, state, t_s)
            or self._time(state, t_s)
            or self._authority(state, t_s)
            or self._drives(state, t_s)
            or self._sample(state, t_s)
            or self._place.axis(command, corrected, reference, t_s)
            or self._force(command, state, reference, t_s)
            or self.free.watch(command, reference, t_s)
            or self._swing.watch(state.wrench_s[:3], t_s)
            or self._keep_out(command, reference, t_s)
            or self._contact(command, t_s)
            or self._joints(state, t_s)
            or self._place.tool(command, corrected, t_s)
            or self._place.depth(command, reference, t_s)
            or self._place.descent(command, corrected, self._last_t_s, t_s)
            or self._place.dwell(command, t_s)
        )
        self._last_t_s, self._last_q_rad = t_s, state.q_rad
        return found

    def watch_stopped(self, state: ArmState, t_s: float) -> StopReason | None:
        """Return what is wrong with the joints of a stopped arm, which nobody could see any more once it is cleared.

        Positions that are no number are not one yet, but those after them are, unless a brake holds that joint.

        Args:
            state: what the senses say.
            t_s: session time [s].
        """
        gap_s, last_q_rad = t_s - self._last_t_s, self._last_q_rad
        self._last_t_s, self._last_q_rad = t_s, state.q_rad
        sizes = {len(state.q_rad), len(state.dq_rad_s), len(last_q_rad)}
        stands_anew = is_encoder_lost(state) and not math.isfinite(sum(last_q_rad))
        is_known = not stands_anew and len(sizes) == 1 and gap_s <= JUMP_GAP_S and math.isfinite(sum(state.q_rad))
        if is_known:
            return self._moved(state, last_q_rad, gap_s, t_s)
        self.speeds.restart()
        return None

    def _shape(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> StopReason | None:
        expected = self._joints_expected
        sizes = (len(command.tau_nm), len(command.terms.bias_nm), len(state.q_rad), len(state.dq_rad_s))
        is_known = 0 <= reference.segment < len(self._limits.strokes)
        is_whole = sizes == self._sizes and is_shaped(command.terms, expected)
        has_pads = len(command.pads) == len(reference.pads) == self._pads_expected
        if is_whole and has_pads and is_known:
            return None
        if not has_pads:
            in_command, expected = len(command.pads), self._pads_expected
            found = in_command if in_command != expected else len(reference.pads)
            what = "pads of command and reference"
            return stop_reason(Cause.INTERNAL_ERROR, what, found, expected, "pads", t_s)
        return stop_reason(Cause.INTERNAL_ERROR, "sizes of command and state", max(sizes), expected, "joints", t_s)

    def _finite(self, command: Command, corrected: ToolTerms, state: ArmState, t_s: float) -> StopReason | None:
        joints = sum(state.q_rad) + sum(state.dq_rad_s)
        if not math.isfinite(joints):
            return stop_reason(Cause.JOINTS_NOT_FINITE, lost_in_words(state), joints, 0.0, "-", t_s)
        total = sum(command.tau_nm) + sum(command.terms.bias_nm) + sum(state.tau_nm)
        # A skin speed that is no number would switch the press-speed cap off.
        total += sum(command.surface_velocity_w)
        if not math.isfinite(total):
            return stop_reason(Cause.NOT_FINITE, "command and joint torques", total, 0.0, "-", t_s)
        # So would a tool speed: the joint speeds are numbers, so the Jacobian is none.
        total = sum(corrected.v_wt)
        if math.isfinite(total):
            return None
        return stop_reason(Cause.INTERNAL_ERROR, "tool speed by Jacobian and joint speeds", total, 0.0, "m/s", t_s)

    def _time(self, state: ArmState, t_s: float) -> StopReason | None:
        """Stop a loop that stood still, a session that lasts too long, and joints that are not where they must be."""
        limits = self._limits
        if not (t_s <= limits.session_s):
            return stop_reason(Cause.SESSION_TIME, "session time", t_s, limits.session_s, "s", t_s)
        gap_s = t_s - self._last_t_s
        if math.isnan(gap_s):
            return None
        if not (gap_s <= limits.late_s):
            return stop_reason(Cause.LATE_TICK, "time since the last tick", gap_s, limits.late_s, "s", t_s)
        return self._moved(state, self._last_q_rad, gap_s, t_s)

    def _moved(self, state: ArmState, last_q_rad: Vector, gap_s: float, t_s: float) -> StopReason | None:
        """Stop where positions jump, or speeds are not those of the positions."""
        jumped = self._jump(state, last_q_rad, gap_s, t_s)
        if jumped is not None and jumped.cause is Cause.ENCODER_JUMP:
            self.speeds.restart()
            return jumped
        return self.speeds.step(t_s, state.q_rad, state.dq_rad_s) or jumped

    def _jump(self, state: ArmState, last_q_rad: Vector, gap_s: float, t_s: float) -> StopReason | None:
        """Stop where a joint is not where its speed has brought it: its position jumps, unless it is the speed."""
        moved = zip(state.q_rad, last_q_rad, state.dq_rad_s, strict=True)
        ways = [(q - last, dq * gap_s) for q, last, dq in moved]
        jumps = [abs(gone - told) for gone, told in ways]
        allowed = self._limits.jump_rad
        if max(jumps) <= allowed:
            return None
        joint = jumps.index(max(jumps))
        gone, told = ways[joint]
        if abs(told) > max(abs(gone), allowed):
            return self.speeds.refuse(joint, told / gap_s, gone / gap_s, t_s)
        return stop_reason(Cause.ENCODER_JUMP, f"jump of joint {joint + 1}", jumps[joint], allowed, "rad", t_s)

    def _authority(self, state: ArmState, t_s: float) -> StopReason | None:
        limits = self._limits
        if state.authority is Authority.NOBODY:
            return stop_reason(Cause.LINK, "drives without enable, brakes closed", 1.0, 0.0, "times", t_s)
        if state.authority is not Authority.HOST:
            return stop_reason(Cause.SUPERVISOR_ACTED, "drives taken from the session loop", 1.0, 0.0, "times", t_s)
        age_s = state.supervisor_age_s
        if not (age_s <= limits.supervisor_age_s):
            allowed = limits.supervisor_age_s
            return stop_reason(Cause.SUPERVISOR_LOST, "age of the supervisor's heartbeat", age_s, allowed, "s", t_s)
        own_gap_s = t_s - self._last_t_s
        age_s = state.command_age_s - (own_gap_s if own_gap_s > 0.0 else 0.0)
        if not (age_s <= COMMAND_AGE_S):
            allowed = COMMAND_AGE_S
            return stop_reason(Cause.LINK, "age of the drives' last command beyond a tick", age_s, allowed, "s", t_s)
        return None

    def _drives(self, state: ArmState, t_s: float) -> StopReason | None:
        """Stop for a joint whose drive has a fault, gets too hot, has too little or much voltage, or goes silent."""
        limits, fitted, joints = self._limits, self._limits.fitted, self._joints_expected
        bad = first_bad(state.joint_fault, 0.0, 0.0, joints, is_fitted=fitted.has_faults)
        if bad is not None:
            return stop_reason(Cause.DRIVE_FAULT, f"fault flags of joint {bad[0] + 1}", bad[1], 0.0, "-", t_s)
        allowed = limits.temperature_c
        bad = first_bad(state.temperatures_c, -math.inf, allowed, joints, is_fitted=fitted.has_temperatures)
        if bad is not None:
            return stop_reason(Cause.TEMPERATURE, f"drive of joint {bad[0] + 1}", bad[1], allowed, "C", t_s)
        low, high = limits.voltage_v
        bad = first_bad(state.voltages_v, low, high, joints, is_fitted=fitted.has_voltages)
        if bad is not None:
            allowed = high if bad[1] > high else low
            return stop_reason(Cause.DRIVE_FAULT, f"supply of joint {bad[0] + 1}", bad[1], allowed, "V", t_s)
        allowed = limits.joint_age_s
        bad = first_bad(state.joint_age_s, -math.inf, allowed, joints, is_fitted=fitted.has_ages)
        if bad is not None:
            return stop_reason(Cause.LINK, f"age of the values of joint {bad[0] + 1}", bad[1], allowed, "s", t_s)
        return None

    def _sample(self, state: ArmState, t_s: float) -> StopReason | None:
        limits = self._limits
        is_finite = math.isfinite(sum(state.wrench_s))
        frozen = self._frozen(state, t_s)
        if frozen is not None:
            return frozen
        self._is_sampled = is_finite and state.sensor_age_s <= limits.sensor_age_s
        if self._bad_samples.step(is_bad=not self._is_sampled) < limits.stale_ticks:
            return None
        if not is_finite:
            return stop_reason(Cause.NOT_FINITE, "wrist sensor", math.nan, 0.0, "N", t_s)
        age_s, allowed = state.sensor_age_s, limits.sensor_age_s
        return stop_reason(Cause.STALE, "age of the wrist sensor's sample", age_s, allowed, "s", t_s)

    def _frozen(self, state: ArmState, t_s: float) -> StopReason | None:
        """Stop where no new sample comes in time, where new samples repeat, and where their numbers run backward."""
        limits = self._limits
        steps = 1 if self._last_sequence is None else state.wrench_sequence - self._last_sequence
        if steps < 0:
            return stop_reason(
                Cause.SENSOR_FROZEN, "new wrench samples since the last tick", steps, 0.0, "samples", t_s
            )
        if steps > 0:
            self._repeated.step(is_bad=state.wrench_s == self._last_wrench)
            self._last_wrench, self._last_sequence, self._sampled_s = state.wrench_s, state.wrench_sequence, t_s
        repeated, most = self._repeated.level, limits.frozen_ticks
        if not (repeated < most):
            return stop_reason(Cause.SENSOR_FROZEN, "equal wrench samples", repeated, most, "samples", t_s)
        gap_s, allowed = t_s - self._sampled_s, limits.sensor_gap_s
        if gap_s <= allowed:
            return None
        return stop_reason(Cause.SENSOR_FROZEN, "time without a new wrench sample", gap_s, allowed, "s", t_s)

    def _contact(self, command: Command, t_s: float) -> StopReason | None:
        """Stop a stroke in which a pad has lost the skin: found again, it would be hit.

        A touch takes away less of the time without skin than its loss adds, and so does a law that leaves the stroke.
        """
        limits, gap_s = self._limits, t_s - self._last_t_s
        for k, of_pad in self._each:
            if not math.isnan(gap_s):
                self._lost[k].step(gap_s, is_bad=self._was_lost[k])
            is_lost = command.contact is ContactState.WORK and not (command.pads[k].press_n >= limits.contact_lost_n)
            self._was_lost[k] = is_lost
            lost_s, allowed = self._lost[k].level, limits.contact_lost_s
            if is_lost and not (lost_s <= allowed):
                what = f"time without the skin in a stroke{of_pad}"
                return stop_reason(Cause.CONTACT_LOST, what, lost_s, allowed, "s", t_s)
        return None

    def _force(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> StopReason | None:
        limits, stroke = self._limits, self._limits.strokes[reference.segment]
        sensed = observed = 0.0
        for k, of_pad in self._each:
            pad, allowed = command.pads[k], stroke.pads[k].trip_n
            unfelt = self._plausibility.unfelt(command, reference, k, is_sampled=self._is_sampled)
            if not (pad.press_n <= allowed):
                cause, what = unfelt or (Cause.PAD_FORCE, "measured press force")
                return stop_reason(cause, f"{what}{of_pad}", pad.press_n, allowed, "N", t_s)
            allowed += limits.observer_margin_n
            if not (pad.observer_n <= allowed):
                cause, what = unfelt or (Cause.PAD_FORCE, "press force by joint torques")
                return stop_reason(cause, f"{what}{of_pad}", pad.observer_n, allowed, "N", t_s)
            sensed += pad.press_n
            observed += pad.observer_n
        allowed = stroke.sum_trip_n
        if not (sensed <= allowed):
            return stop_reason(Cause.TOOL_FORCE, "measured press force of all pads", sensed, allowed, "N", t_s)
        allowed += limits.observer_margin_n
        if not (observed <= allowed):
            return stop_reason(
                Cause.TOOL_FORCE, "press force of all pads by joint torques", observed, allowed, "N", t_s
            )
        wrench = state.wrench_s
        tool = math.hypot(wrench[0], wrench[1], wrench[2])
        if self._is_sampled and not (tool <= limits.tool_trip_n):
            return stop_reason(Cause.TOOL_FORCE, "force on the wrist sensor", tool, limits.tool_trip_n, "N", t_s)
        for k, of_pad in self._each:
            pad = command.pads[k]
            pressure, allowed = pad.press_n / limits.pads[k].area_m2, limits.pressure_pa
            if not (pressure <= allowed):
                what = f"mean pressure under the pad{of_pad}"
                return stop_reason(Cause.PRESSURE, what, pressure, allowed, "Pa", t_s)
        return self._plausibility.watch(command, reference, t_s, is_sampled=self._is_sampled)

    def _keep_out(self, command: Command, reference: Reference, t_s: float) -> StopReason | None:
        limits = self._limits.keep_out
        return None if limits is None else keep_out.pressed_inside(limits, command, reference, t_s)

    def _joints(self, state: ArmState, t_s: float) -> StopReason | None:
        limits, q_rad = self._limits, state.q_rad
        speeds = tuple(map(abs, state.dq_rad_s))
        # le() is False for NaN, so NaN fails; only then is the joint looked for.
        if not all(map(le, speeds, limits.speed_rad_s)):
            joint = first_false(map(le, speeds, limits.speed_rad_s))
            allowed = limits.speed_rad_s[joint]
            return stop_reason(Cause.JOINT_SPEED, f"speed of joint {joint + 1}", speeds[joint], allowed, "rad/s", t_s)
        outside = first_outside(limits.lower_rad, q_rad, limits.upper_rad)
        if outside is None:
            return None
        joint, allowed = outside
        return stop_reason(Cause.JOINT_POSITION, f"position of joint {joint + 1}", q_rad[joint], allowed, "rad", t_s)
