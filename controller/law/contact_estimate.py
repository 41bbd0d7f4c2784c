"""What the wrist sensor says about the contact: pad wrench, local slope of the skin, press force, plausibility."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.law.memory import APPROACH, CONTACT, FREE, WORK, Record
from controller.law.tissue_stiffness import forget_tissue, learn_tissue

Array = NDArray[np.float64]

GRAVITY_M_S2 = 9.81
SLOPE_MIN_PRESS_N = 3.0
"""Below this press force the direction of the force says little about the slope (assumed, 60 x sensor noise)."""
SLOPE_MIN_SPEED_M_S = 0.01
"""Below this speed the bristles may stick and friction has no known direction (assumed)."""
SLOPE_FADE_S = 0.3
"""Time constant with which a learned tilt is given up off the skin (assumed)."""
BIAS_CAP_N, BIAS_CAP_NM = 3.0, 0.3
"""Largest zero error that taring takes away (assumed); a larger one is a fault and stays visible as such."""
DRIFT_TRUSTED_S = 120.0
"""A zero is carried on with its drift for so long after it was taken, then it stays (assumed: twice a long stroke)."""
IMPLAUSIBLE_TICKS = 3
"""Ticks in a row that sensor and observer must disagree before the sensor is rejected (one is too few)."""


@compiled
def contact_wrench(
    rotation: Array, tool: Record, bias: Array, wrench_s: Array, acceleration: Array, out: Array
) -> None:
    """Write the wrench of the body on the pad at T, in W (6,): sensor minus bias, tool weight and tool inertia.

    Args:
        rotation: R_WT.
        tool: one ``law_memory.TOOL`` record.
        bias: (6,) sensor bias in S.
        wrench_s: (6,) sensor reading in S.
        acceleration: (>=3,) planned linear acceleration of the tool in W [m/s2].
        out: (6,) force [N] and moment about T [Nm].
    """
    t = tool[0]
    rotation_ws = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            total = 0.0
            for k in range(3):
                total += rotation[i, k] * t.r_ts[k, j]
            rotation_ws[i, j] = total
    force = np.zeros(3)
    moment = np.zeros(3)
    arm = np.zeros(3)
    centre = np.zeros(3)
    for i in range(3):
        for j in range(3):
            force[i] += rotation_ws[i, j] * (wrench_s[j] - bias[j])
            moment[i] += rotation_ws[i, j] * (wrench_s[3 + j] - bias[3 + j])
            arm[i] += rotation[i, j] * t.p_ts[j]
            centre[i] += rotation_ws[i, j] * t.com_s[j]
    weight = np.zeros(3)
    for i in range(3):
        weight[i] = -t.mass_kg * acceleration[i]
    weight[2] -= t.mass_kg * GRAVITY_M_S2
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        moment[i] -= centre[j] * weight[k] - centre[k] * weight[j]
    for i in range(3):
        force[i] -= weight[i]
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        out[i] = force[i]
        out[3 + i] = moment[i] + arm[j] * force[k] - arm[k] * force[j]


@compiled
def learn_slope(dt: float, gains: Record, state: Record, wrench: Array, velocity: Array, planned: Array) -> None:
    """Fit the slope error of the planned skin and the friction of the stroke to the measured force direction.

    In the planned tangent plane the measured force is t = F (slope - friction v/|v|). Over a circle the friction term
    turns with the motion and the slope does not, so a least-squares fit with fading memory tells them apart. The
    friction has a weak prior so that straight strokes, where the two cannot be told apart, stay well posed.

    Args:
        dt: tick [s].
        gains: ``law_memory.GAINS`` record.
        state: ``law_memory.STATE`` record; slope, friction and the sums are advanced.
        wrench: contact wrench on the pad in W.
        velocity: tool velocity in W.
        planned: planned outward normal.
    """
    g, s = gains[0], state[0]
    normal_force = wrench[0] * planned[0] + wrench[1] * planned[1] + wrench[2] * planned[2]
    along = velocity[0] * planned[0] + velocity[1] * planned[1] + velocity[2] * planned[2]
    speed = 0.0
    for i in range(3):
        speed += (velocity[i] - along * planned[i]) ** 2
    speed = math.sqrt(speed)
    if normal_force < SLOPE_MIN_PRESS_N or speed < SLOPE_MIN_SPEED_M_S:
        return
    fade = 1.0 - dt / g.slope_memory_s
    s.sum_weight = fade * s.sum_weight + dt
    s.sum_product *= fade
    for i in range(3):
        direction = (velocity[i] - along * planned[i]) / speed
        slope = (wrench[i] - normal_force * planned[i]) / normal_force
        s.sum_velocity[i] = fade * s.sum_velocity[i] + dt * direction
        s.sum_slope[i] = fade * s.sum_slope[i] + dt * slope
        s.sum_product += dt * direction * slope
    spread, product = s.sum_weight, s.sum_product
    for i in range(3):
        spread -= s.sum_velocity[i] ** 2 / s.sum_weight
        product -= s.sum_velocity[i] * s.sum_slope[i] / s.sum_weight
    weight = g.friction_prior_weight
    friction = (weight * g.friction_prior - product) / (weight + max(spread, 0.0))
    s.friction = min(0.6, max(0.0, friction))
    confidence = min(1.0, s.sum_weight / (0.5 * g.slope_memory_s))
    length = 0.0
    for i in range(3):
        s.slope[i] = confidence * (s.sum_slope[i] + s.friction * s.sum_velocity[i]) / s.sum_weight
        length += s.slope[i] ** 2
    length = math.sqrt(length)
    if length > g.slope_cap:
        for i in range(3):
            s.slope[i] *= g.slope_cap / length


@compiled
def corrected_normal(state: Record, planned: Array) -> None:
    """Write state.normal: the planned outward normal tilted by the learned slope."""
    s = state[0]
    length = 0.0
    for i in range(3):
        s.normal[i] = planned[i] + s.slope[i]
        length += s.normal[i] ** 2
    length = math.sqrt(length)
    for i in range(3):
        s.normal[i] /= length


@compiled
def forget_slope(dt: float, state: Record) -> None:
    """Let go of what was learned about the skin, smoothly, because the tool's tilt follows it.

    Another place has another error; the friction belongs to the oiled person and stays.
    """
    s = state[0]
    s.sum_weight = 0.0
    s.sum_product = 0.0
    keep = math.exp(-dt / SLOPE_FADE_S)
    for i in range(3):
        s.slope[i] *= keep
        s.sum_velocity[i] = 0.0
        s.sum_slope[i] = 0.0


@compiled
def plausible_window(gains: Record, state: Record, jbar_t: Array, friction_cap: Array) -> float:
    """Return how far sensor and observer may differ [N].

    On the skin that is what the postures of the strokes give. Off the skin the arm also comes where its joint friction
    amounts to more tool force, and the observer is off by it.

    Args:
        gains: ``law_memory.GAINS`` record.
        state: ``law_memory.STATE`` record.
        jbar_t: (6, n) dynamically consistent map from joint torque to tool wrench.
        friction_cap: (n,) cap of the friction compensation [Nm].
    """
    g, s = gains[0], state[0]
    if s.contact != FREE:
        return float(g.plausible_n)
    friction = 0.0
    for j in range(friction_cap.shape[0]):
        along = 0.0
        for i in range(3):
            along += s.normal[i] * jbar_t[i, j]
        friction += abs(along) * friction_cap[j] / g.friction_cap_share
    return float(max(g.plausible_n, g.plausible_base_n + g.plausible_frictions * friction))


@compiled
def press_estimate(
    dt: float, gains: Record, state: Record, sensed_n: float, observer_n: float, window_n: float
) -> None:
    """Advance the press estimate: the wrist sensor where it is plausible, else the momentum observer.

    Args:
        dt: tick [s].
        gains: ``law_memory.GAINS`` record.
        state: ``law_memory.STATE`` record.
        sensed_n: press force by the wrist sensor; NaN where there is none.
        observer_n: press force by the momentum observer.
        window_n: how far the two may differ.
    """
    g, s = gains[0], state[0]
    s.observer_n = observer_n
    if abs(sensed_n - observer_n) <= window_n:
        s.implausible_ticks = 0
    else:
        s.implausible_ticks += 1
    is_finite = math.isfinite(sensed_n)
    s.is_trusted = 1 if is_finite and s.implausible_ticks < IMPLAUSIBLE_TICKS else 0
    press = sensed_n if s.is_trusted == 1 else max(observer_n, 0.0)
    s.press_n += (1.0 - math.exp(-2.0 * math.pi * g.force_filter_hz * dt)) * (press - s.press_n)
    s.press_sample_n = press


@compiled
def press_motion(dt: float, gains: Record, state: Record, beyond_m: float, closing_m_s: float, tool_kg: float) -> None:
    """Advance press force and its rate as the force loop takes them: without the oscillation of elastic joints.

    The force follows the tool's motion through a tissue of the learned stiffness and is held to the measured press
    force by two slow poles; the rate that the motion does not explain (the skin's own motion, another stiffness) is a
    state. Off the skin both follow the measurement.

    Args:
        dt: tick [s].
        gains: ``law_memory.GAINS`` record.
        state: ``law_memory.STATE`` record; force_n, force_rate and force_drift are advanced.
        beyond_m: way of the tool beyond its planned place along the inward normal [m].
        closing_m_s: tool speed along the inward normal relative to the plan [m/s].
        tool_kg: mass beyond the wrist sensor.
    """
    g, s = gains[0], state[0]
    if s.contact not in (CONTACT, WORK):
        s.force_n, s.force_rate, s.force_drift = s.press_n, 0.0, 0.0
        forget_tissue(gains, state, beyond_m)
        return
    learn_tissue(dt, gains, state, beyond_m, closing_m_s, tool_kg)
    pole = math.exp(-g.press_per_s * dt)
    known = s.tissue_n_per_m * closing_m_s
    s.force_n += (known + s.force_drift) * dt
    error = s.press_sample_n - s.force_n
    s.force_n += (1.0 - pole**2) * error
    s.force_drift += (1.0 - pole) ** 2 / dt * error
    s.force_rate = known + s.force_drift


@compiled
def is_learning(state: Record) -> bool:
    """Return True while the tool strokes and the sensor is trusted."""
    return bool(state[0].contact == WORK and state[0].is_trusted == 1)


@compiled
def follow_drift(dt: float, state: Record) -> None:
    """Carry the zero of a tared sensor on with its measured drift."""
    s = state[0]
    if s.is_tared == 0 or s.bias_age_s > DRIFT_TRUSTED_S:
        return
    s.bias_age_s += dt
    for i in range(6):
        s.bias[i] += s.bias_rate[i] * dt


@compiled
def tare(state: Record, wrench: Array, rotation: Array, tool: Record) -> None:
    """Average the bias while the tool rests in the air: ``wrench`` is the residual contact wrench at T in W.

    The bias lives in S; only force and moment that no contact explains may enter, so this is called in the air only.
    """
    s, t = state[0], tool[0]
    if s.contact not in (FREE, APPROACH):
        return
    s.bias_samples += 1.0
    share = 1.0 / s.bias_samples
    rotation_ws = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            total = 0.0
            for k in range(3):
                total += rotation[i, k] * t.r_ts[k, j]
            rotation_ws[i, j] = total
    arm = np.zeros(3)
    for i in range(3):
        for j in range(3):
            arm[i] += rotation[i, j] * t.p_ts[j]
    for i in range(3):
        force = 0.0
        moment = 0.0
        for j in range(3):
            k, m = (j + 1) % 3, (j + 2) % 3
            force += rotation_ws[j, i] * wrench[j]
            moment += rotation_ws[j, i] * (wrench[3 + j] - (arm[k] * wrench[m] - arm[m] * wrench[k]))
        s.bias[i] = min(BIAS_CAP_N, max(-BIAS_CAP_N, s.bias[i] + share * force))
        s.bias[3 + i] = min(BIAS_CAP_NM, max(-BIAS_CAP_NM, s.bias[3 + i] + share * moment))
