"""One compiled tick of the control law: senses in, joint torques out; allocation only of a few small work arrays."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.law.contact_states import OFFSET_FADE_S, advance_contact, advance_offset, press_command
from controller.law.impedance import damping_wrench, null_space_torque
from controller.law.joint_friction import FRICTION, planned_direction
from controller.law.memory import CONTACT, FREE, LIFT, PHASE_TRANSFER, WORK, Record
from controller.law.motion_estimate import POSITION, SPEED
from controller.law.sensing import sense
from controller.law.small_algebra import (
    backward_solve,
    forward_solve,
    quaternion_to_rotation,
    rotation_log,
    rotation_to_quaternion,
)

Array = NDArray[np.float64]

INERTIA_PRESS_CAP_N = 10.0
"""Largest share of the press command from inertia feed-forward (assumed; 1-2 N are usual in strokes)."""
SPEED_SOFTENING_M_S = 0.003
"""Below this speed the friction feed-forward fades (prototype value)."""


@compiled
def tilt_to_normal(reference: Record, state: Record) -> None:
    """Write state.rotation_wanted: the planned orientation turned from the planned to the corrected normal."""
    r, s = reference[0], state[0]
    planned = np.zeros((3, 3))
    quaternion_to_rotation(r.quaternion, planned)
    cosine = 0.0
    axis = np.zeros(3)
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        cosine += r.normal[i] * s.normal[i]
        axis[i] = r.normal[j] * s.normal[k] - r.normal[k] * s.normal[j]
    share = 1.0 / (1.0 + cosine)
    for column in range(3):
        along = 0.0
        for i in range(3):
            along += axis[i] * planned[i, column]
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            crossed = axis[j] * planned[k, column] - axis[k] * planned[j, column]
            s.rotation_wanted[i, column] = cosine * planned[i, column] + crossed + share * along * axis[i]


@compiled
def _clip(error: Array, first: int, limit: float) -> None:
    """Shorten error[first:first + 3] to ``limit``."""
    length = math.sqrt(error[first] ** 2 + error[first + 1] ** 2 + error[first + 2] ** 2)
    if length > limit:
        for i in range(3):
            error[first + i] *= limit / length


@compiled
def keep_turn(dt: float, state: Record, turn: Array) -> None:
    """Take the turn (3,) that a law begins with off, fading, so that it begins without a jump wherever the arm is."""
    s = state[0]
    keep = math.exp(-dt / OFFSET_FADE_S)
    for i in range(3):
        s.turn_offset[i] = keep * s.turn_offset[i] if s.is_turned == 1 else turn[i]
        turn[i] -= s.turn_offset[i]
    s.is_turned = 1


@compiled
def impedance_wrench(
    dt: float,
    gains: Record,
    reference: Record,
    state: Record,
    rotation: Array,
    position: Array,
    shift: Array,
    twist: Array,
    factor: Array,
    wrench: Array,
) -> None:
    """Write the spring-damper wrench (6,) on everything but the share of the normal that the force loop owns."""
    g, r, s = gains[0], reference[0], state[0]
    error = np.zeros(6)
    twist_error = np.zeros(6)
    turn = np.zeros(3)
    rotation_log(s.rotation_wanted, rotation, turn)
    keep_turn(dt, state, turn)
    along = 0.0
    tangential = 0.0
    planned_along = 0.0
    for i in range(3):
        error[i] = r.position[i] - position[i] - shift[i]
        along += error[i] * s.normal[i]
        planned_along += r.twist[i] * s.normal[i]
    for i in range(3):
        tangential += (error[i] - along * s.normal[i]) ** 2
        error[3 + i] = turn[i] - shift[3 + i]
    s.plan_error_m = math.sqrt(tangential)
    is_free = s.contact in (FREE, LIFT)
    for i in range(3):
        error[i] += s.offset[i] if is_free else -along * s.normal[i]
    _clip(error, 0, g.error_clip_m)
    _clip(error, 3, g.error_clip_rad)
    for i in range(6):
        twist_error[i] = r.twist[i] - twist[i]
    stiffness = np.zeros((6, 6))
    for i in range(3):
        for j in range(3):
            unit = 1.0 if i == j else 0.0
            owned = (1.0 - s.normal_share) * s.normal[i] * s.normal[j]
            stiffness[i, j] = g.translation_n_per_m * (unit - owned)
            stiffness[3 + i, 3 + j] = g.rotation_nm_per_rad * unit
    for i in range(6):
        wrench[i] = 0.0
    damping_wrench(stiffness, factor, g.damping_ratio, twist_error, s.modes, wrench)
    for i in range(6):
        for j in range(6):
            wrench[i] += stiffness[i, j] * error[j]


@compiled
def feed_forward(reference: Record, state: Record, factor: Array, wrench: Array) -> float:
    """Add inertia and skin friction of the planned motion to ``wrench``; return the press force in it [N].

    Inertia is Lambda times the planned acceleration; its part along the normal (the centripetal term on curved skin,
    1-2 N) is returned, capped, instead of added, because the press axis has its own limits.
    """
    r, s = reference[0], state[0]
    inertial = np.zeros(6)
    for i in range(6):
        inertial[i] = r.acceleration[i]
    forward_solve(factor, inertial)
    backward_solve(factor, inertial)
    outward = 0.0
    speed = 0.0
    along = 0.0
    for i in range(3):
        outward += inertial[i] * s.normal[i]
        along += r.twist[i] * s.normal[i]
    for i in range(3):
        speed += (r.twist[i] - along * s.normal[i]) ** 2
    speed = math.sqrt(speed)
    friction = s.friction * max(s.press_n, 0.0) / (speed + SPEED_SOFTENING_M_S) if s.contact in (CONTACT, WORK) else 0.0
    is_free = s.contact in (FREE, LIFT)
    for i in range(3):
        wrench[i] += inertial[i] - (0.0 if is_free else outward * s.normal[i])
        wrench[i] += friction * (r.twist[i] - along * s.normal[i])
        wrench[3 + i] += inertial[3 + i]
    if is_free:
        return 0.0
    return min(INERTIA_PRESS_CAP_N, max(-INERTIA_PRESS_CAP_N, -outward))


@compiled
def act(
    dt: float,
    gains: Record,
    reference: Record,
    state: Record,
    jacobian: Array,
    mass: Array,
    coriolis: Array,
    gravity: Array,
    rotation: Array,
    position: Array,
    q: Array,
    motion: Array,
    twist: Array,
    posture: Array,
    friction_cap: Array,
    friction: Array,
    unexplained: Array,
    jbar_t: Array,
    inverse_mass_jt: Array,
    factor: Array,
    bias: Array,
    tau: Array,
) -> None:
    """Write the commanded torques ``tau`` (n,) and the holding torque ``bias`` (n,) (see the callee of each)."""
    g, s, r = gains[0], state[0], reference[0]
    joints = q.shape[0]
    press_speed = 0.0
    planned_speed = 0.0
    for i in range(3):
        press_speed -= twist[i] * s.normal[i]
        planned_speed -= r.twist[i] * s.normal[i] if s.contact == WORK else 0.0
    advance_contact(dt, gains, state, reference, press_speed)
    advance_offset(dt, state, reference, position)
    tilt_to_normal(reference, state)
    wrench = np.zeros(6)
    shift = np.zeros(6)
    for i in range(6):
        for j in range(joints):
            shift[i] += jacobian[i, j] * (motion[POSITION, j] - q[j])
    impedance_wrench(dt, gains, reference, state, rotation, position, shift, twist, factor, wrench)
    press = feed_forward(reference, state, factor, wrench)
    press += press_command(dt, gains, state, press_speed, planned_speed)
    for i in range(3):
        wrench[i] -= press * s.normal[i]
    wanted = np.zeros(joints)
    critical = 2.0 * math.sqrt(g.posture_nm_per_rad)
    for j in range(joints):
        wanted[j] = g.posture_nm_per_rad * (posture[j] - motion[POSITION, j]) - critical * motion[SPEED, j]
        tau[j] = 0.0
    null_space_torque(jacobian, inverse_mass_jt, factor, wanted, tau)
    way = np.zeros(joints)
    planned_direction(jbar_t, r.twist, way)
    for j in range(joints):
        total = gravity[j]
        for k in range(joints):
            total += coriolis[j, k] * motion[SPEED, k]
        bias[j] = total
        for i in range(6):
            total += jacobian[i, j] * wrench[i]
        slip = unexplained[j] - friction[FRICTION, j] * way[j]
        slip = min(friction_cap[j], max(-friction_cap[j], slip))
        tau[j] += total - (g.friction_gain * slip if s.is_trusted == 1 else 0.0)


@compiled
def load_reference(flat: Array, reference: Record) -> None:
    """Copy a flat reference (25,) into its record."""
    r = reference[0]
    for i in range(3):
        r.position[i] = flat[i]
        r.normal[i] = flat[19 + i]
    for i in range(4):
        r.quaternion[i] = flat[3 + i]
    for i in range(6):
        r.twist[i] = flat[7 + i]
        r.acceleration[i] = flat[13 + i]
    r.press_n, r.press_rate, r.phase = flat[22], flat[23], flat[24]


@compiled
def tick(
    dt: float,
    gains: Record,
    tool: Record,
    reference: Record,
    state: Record,
    friction_cap: Array,
    terms: Array,
    senses: Array,
    memory: Array,
    out: Array,
) -> None:
    """Run one tick of the law on flat arrays, so that one call crosses the border to compiled code.

    Args:
        dt: tick [s].
        gains: ``law_memory.GAINS`` record.
        tool: ``law_memory.TOOL`` record.
        reference: ``law_memory.REFERENCE`` record, filled from ``senses``.
        state: ``law_memory.STATE`` record, advanced.
        friction_cap: (n,) largest friction compensation [Nm].
        terms: rigid-body terms: J (6 n), M (n n), C (n n), g (n), R_WT (9), p_WT (3), row by row.
        senses: q (n), dq (n), tau (n), posture (n), wrench_s (6), then position (3), quaternion (4), twist (6),
            acceleration (6), normal (3), press, press rate and phase of the reference, then torque of the motors (n).
        memory: (19, n) observer (2), motion estimate (3), work space (6), joint friction (7), unexplained torque.
        out: tau (n), bias (n), twist (6), R_WT as a quaternion (4), p_WT (3), normal (3), press, observed
            press, target, trusted, contact state, plan error; then J and Jbar^T (6 n each), row by row.
    """
    n = friction_cap.shape[0]
    jacobian, at = terms[: 6 * n].reshape(6, n), 6 * n
    mass, at = terms[at : at + n * n].reshape(n, n), at + n * n
    coriolis, at = terms[at : at + n * n].reshape(n, n), at + n * n
    gravity, at = terms[at : at + n], at + n
    rotation, position = terms[at : at + 9].reshape(3, 3), terms[at + 9 : at + 12]
    tau_motor = senses[4 * n + 31 :]
    q, dq, tau_sensed, posture = senses[:n], senses[n : 2 * n], senses[2 * n : 3 * n], senses[3 * n : 4 * n]
    observers, motion, inverse_mass_jt = memory[:2], memory[2:5], memory[5:11]
    friction, unexplained = memory[11:18], memory[18]
    tau, bias, twist, quaternion = out[:n], out[n : 2 * n], out[2 * n : 2 * n + 6], out[2 * n + 6 : 2 * n + 10]
    jbar_t = out[8 * n + 22 :].reshape(6, n)
    wrench_s = senses[4 * n : 4 * n + 6]
    load_reference(senses[4 * n + 6 : 4 * n + 31], reference)
    if state[0].is_started == 0:
        for i in range(3):
            state[0].offset[i] = position[i] - reference[0].position[i]
    factor = np.zeros((6, 6))
    sense(
        dt, gains, tool, reference, state, jacobian, mass, coriolis, gravity, rotation, position, q, dq,
        tau_sensed, tau_motor, wrench_s, is_resting(reference, state), np.zeros((n, n)), inverse_mass_jt, factor,
        jbar_t, observers, motion, friction, friction_cap, unexplained, twist,
    )  # fmt: skip
    act(
        dt, gains, reference, state, jacobian, mass, coriolis, gravity, rotation, position, q, motion, twist,
        posture, friction_cap, friction, unexplained, jbar_t, inverse_mass_jt, factor, bias, tau,
    )  # fmt: skip
    rotation_to_quaternion(rotation, quaternion)
    s, at = state[0], 2 * n + 10
    for i in range(3):
        out[at + i] = position[i]
        out[at + 3 + i] = s.normal[i]
    out[at + 6], out[at + 7], out[at + 8] = s.press_n, s.observer_n, s.target_n
    out[at + 9], out[at + 10], out[at + 11] = float(s.is_trusted), float(s.contact), s.plan_error_m
    out[at + 12 : at + 12 + 6 * n] = terms[: 6 * n]


@compiled
def is_resting(reference: Record, state: Record) -> bool:
    """Return True while the tool rests in the air, so that the sensor may be tared."""
    r, s = reference[0], state[0]
    if int(r.phase) != PHASE_TRANSFER or s.contact != FREE:
        return False
    total = 0.0
    for i in range(6):
        total += abs(r.twist[i]) + abs(r.acceleration[i])
    return total < 1e-9
