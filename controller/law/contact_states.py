"""The contact state machine and the press force it asks for along the inward normal."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.law.memory import (
    APPROACH,
    CONTACT,
    FREE,
    LIFT,
    PHASE_APPROACH,
    PHASE_LIFT,
    PHASE_TRANSFER,
    PHASE_WORK,
    WORK,
    Record,
)
from controller.law.tissue_stiffness import stiffness_share

Array = NDArray[np.float64]

LIFT_FADE_S = 0.2
"""Time in which the force command fades out and the position spring along the normal fades in (assumed)."""
OFFSET_FADE_S = 0.25
"""Time constant in which the distance to the planned pose is taken up after contact (assumed)."""
APPROACH_RAMP_S = 0.3
"""Time in which the approach speed is reached (assumed)."""
TARGET_RATE_CAP_N_PER_S = 200.0
"""A faster change of the target is a switch of references, not a wave: no derivative action on it (assumed)."""


@compiled
def enter(state: Record, contact: int) -> None:
    """Switch to a contact state and reset what belongs to its beginning."""
    s = state[0]
    s.contact = contact
    s.time_in_state_s = 0.0
    if contact == APPROACH:
        s.descent_m = 0.0
        s.integral_n = 0.0
    if contact == CONTACT:
        s.target_n = max(s.press_n, 0.0)
        s.target_rate = 0.0
        s.integral_n = 0.0
    if contact in (LIFT, FREE):
        s.lift_press_n = s.press_command_n
        s.integral_n = 0.0
        s.target_n = 0.0
        s.target_rate = 0.0


@compiled
def advance_contact(dt: float, gains: Record, state: Record, reference: Record, press_speed: float) -> None:
    """Move between free, approach, contact, work and lift, and set the target of the force loop.

    Args:
        dt: tick [s].
        gains: ``law_memory.GAINS`` record.
        state: ``law_memory.STATE`` record.
        reference: ``law_memory.REFERENCE`` record.
        press_speed: tool speed along the inward normal [m/s].
    """
    g, s, r = gains[0], state[0], reference[0]
    s.time_in_state_s += dt
    phase = int(r.phase)
    _follow_phase(gains, state, phase)
    if s.contact == APPROACH:
        s.descent_m += press_speed * dt
        if s.press_n > g.touch_n:
            enter(state, CONTACT)
    elif s.contact == CONTACT:
        before = s.target_n
        step = g.ramp_n_per_s * dt
        s.target_n = min(before + step, max(before - step, r.press_n))
        s.target_rate = (s.target_n - before) / dt
        if s.target_n == r.press_n and s.time_in_state_s > g.settle_s:
            enter(state, WORK)
    if s.contact == WORK:
        s.target_rate = r.press_rate if phase == PHASE_WORK and abs(r.press_rate) < TARGET_RATE_CAP_N_PER_S else 0.0
        s.target_n = r.press_n


@compiled
def _follow_phase(gains: Record, state: Record, phase: int) -> None:
    """Leave or seek the skin as the plan's phase says."""
    s = state[0]
    is_free = s.contact in (FREE, LIFT)
    if phase == PHASE_APPROACH:
        if is_free:
            enter(state, APPROACH)
    elif phase in (PHASE_TRANSFER, PHASE_LIFT):
        if not is_free:
            enter(state, LIFT)
        elif phase == PHASE_TRANSFER and s.contact == LIFT and _is_off(gains, state):
            enter(state, FREE)


@compiled
def _is_off(gains: Record, state: Record) -> bool:
    """Return True once a lift has faded over and nothing touches any more."""
    return bool(state[0].time_in_state_s > LIFT_FADE_S and state[0].press_n < gains[0].touch_n)


@compiled
def press_command(dt: float, gains: Record, state: Record, press_speed: float, planned_press_speed: float) -> float:
    """Return the press force [N] to command along the inward normal, before inertia feed-forward and every limit.

    In contact: feed-forward + PI on the force error + damping on its derivative + damping on the speed relative to
    the plan (docs/design.md section 3). In approach: a speed loop. In the air: what is left of the last force, fading.

    Args:
        dt: tick [s].
        gains: ``law_memory.GAINS`` record.
        state: ``law_memory.STATE`` record; the integral is advanced.
        press_speed: tool speed along the inward normal [m/s].
        planned_press_speed: the reference's speed along the inward normal [m/s].
    """
    g, s = gains[0], state[0]
    if s.contact == APPROACH:
        speed = g.approach_speed_m_s * min(1.0, s.time_in_state_s / APPROACH_RAMP_S)
        damping = max(g.approach_damping_least_ns_per_m, g.approach_damping_per_s * s.mass_kg)
        s.press_command_n = min(g.approach_damping_ns_per_m, damping) * (speed - press_speed)
    elif s.contact in (CONTACT, WORK):
        error = s.target_n - s.force_n
        share = s.gain_share * stiffness_share(gains, state)
        if s.is_trusted == 1:
            if s.is_limited == 0 or error < 0.0:
                s.integral_n += share * g.ki_per_s * error * dt
            s.integral_n = min(g.integral_cap_n, max(-g.integral_cap_n, s.integral_n))
            damping = max(g.rate_damping_ns_per_m, g.rate_damping_per_s * s.mass_kg)
            rate_gain_s = s.gain_share * min(g.kd_s * (1.0 + g.kp), damping / s.tissue_n_per_m)
            feedback = share * g.kp * error + rate_gain_s * (s.target_rate - s.force_rate)
        else:
            s.integral_n *= math.exp(-dt / 0.2)
            feedback = 0.0
        damping = g.d0_ns_per_m * (press_speed - planned_press_speed)
        s.press_command_n = s.target_n + feedback + s.integral_n - damping
    else:
        s.press_command_n = s.lift_press_n * max(0.0, 1.0 - s.time_in_state_s / LIFT_FADE_S)
    return float(s.press_command_n)


@compiled
def advance_offset(dt: float, state: Record, reference: Record, position: Array) -> None:
    """Keep the hand-over between force and position along the normal free of jumps.

    In contact the position along the normal is free: the offset follows the tool. In the air it decays, so that the
    tool returns smoothly to the planned path, while the spring along the normal fades in.
    """
    s, r = state[0], reference[0]
    if s.contact in (FREE, LIFT):
        share = min(1.0, s.time_in_state_s / LIFT_FADE_S)
        s.normal_share = max(s.normal_share, share)
        keep = math.exp(-dt / OFFSET_FADE_S)
        for i in range(3):
            s.offset[i] *= keep
    else:
        s.normal_share = 0.0
        along = 0.0
        for i in range(3):
            along += (position[i] - r.position[i]) * s.normal[i]
        for i in range(3):
            s.offset[i] = along * s.normal[i]
