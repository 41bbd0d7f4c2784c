"""What the law senses in one tick: contact, press force, joint motion and friction; compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.law.contact_estimate import (
    contact_wrench,
    corrected_normal,
    follow_drift,
    forget_slope,
    is_learning,
    learn_slope,
    plausible_window,
    press_estimate,
    press_motion,
    tare,
)
from controller.law.impedance import consistent_inverse, operational_space
from controller.law.joint_friction import FRICTION, learn_friction, planned_direction
from controller.law.memory import APPROACH, FREE, LIFT, Record
from controller.law.motion_estimate import SPEED, estimate_motion, unexplained_torque
from controller.law.observer import observe

Array = NDArray[np.float64]


@compiled
def sense(
    dt: float,
    gains: Record,
    tool: Record,
    reference: Record,
    state: Record,
    jacobian: Array,
    mass: Array,
    coriolis: Array,
    gravity: Array,
    rotation: Array,
    position: Array,
    q: Array,
    dq: Array,
    tau: Array,
    tau_motor: Array,
    wrench_s: Array,
    may_tare: bool,
    mass_factor: Array,
    inverse_mass_jt: Array,
    factor: Array,
    jbar_t: Array,
    observers: Array,
    motion: Array,
    friction: Array,
    friction_cap: Array,
    unexplained: Array,
    twist: Array,
) -> None:
    """Fill rigid-body terms, contact wrench, observers, local normal and press estimate (see the callee of each)."""
    s, r = state[0], reference[0]
    joints = dq.shape[0]
    operational_space(jacobian, mass, mass_factor, inverse_mass_jt, factor)
    consistent_inverse(inverse_mass_jt, factor, jbar_t)
    wrench = np.zeros(6)
    follow_drift(dt, state)
    contact_wrench(rotation, tool, s.bias, wrench_s, r.acceleration, wrench)
    known = np.zeros(joints)
    if is_finite(wrench):
        if may_tare and s.is_tared == 0:
            tare(state, wrench, rotation, tool)
        if s.is_trusted == 1:
            joint_torque(jacobian, wrench, known)
    nothing = np.zeros(joints)
    rate = gains[0].observer_per_s
    is_first = s.is_started == 0
    observe(dt, rate, mass, coriolis, gravity, dq, tau, nothing, observers[0], observers[1], is_first)
    way, drag = np.zeros(joints), np.zeros(joints)
    planned_direction(jbar_t, r.twist, way)
    for i in range(joints):
        drag[i] = friction[FRICTION, i] * way[i]
    estimate_motion(
        dt, gains[0].motion_per_s, gains[0].unexplained_per_s, mass_factor, coriolis, gravity, q, tau_motor, known,
        drag, is_first, motion,
    )  # fmt: skip
    unexplained_torque(mass, motion, unexplained)
    if s.is_trusted == 1:
        delay = 1.0 / (2.0 / gains[0].motion_per_s + 1.0 / gains[0].unexplained_per_s)
        learn_friction(dt, delay, friction_cap, way, unexplained, friction)
    for i in range(6):
        total = 0.0
        for j in range(joints):
            total += jacobian[i, j] * motion[SPEED, j]
        twist[i] = total
    s.is_started = 1
    if s.contact in (FREE, LIFT, APPROACH):
        forget_slope(dt, state)
    elif is_learning(state) and is_finite(wrench):
        learn_slope(dt, gains, state, wrench, twist, r.normal)
    corrected_normal(state, r.normal)
    sensed = wrench[0] * s.normal[0] + wrench[1] * s.normal[1] + wrench[2] * s.normal[2]
    window = plausible_window(gains, state, jbar_t, friction_cap)
    press_estimate(dt, gains, state, sensed, force_along(s.normal, jbar_t, observers[1]), window)
    closing, beyond = 0.0, 0.0
    for i in range(3):
        closing -= (twist[i] - r.twist[i]) * s.normal[i]
        beyond -= (position[i] - r.position[i]) * s.normal[i]
    s.mass_kg = mass_along(s.normal, factor)
    press_motion(dt, gains, state, beyond, closing, tool[0].mass_kg)


@compiled
def is_finite(vector: Array) -> bool:
    """Return True where every entry is finite (a sum is, unless it overflows, which counts as not finite)."""
    total = 0.0
    for i in range(vector.shape[0]):
        total += vector[i]
    return math.isfinite(total)


@compiled
def joint_torque(jacobian: Array, wrench: Array, tau: Array) -> None:
    """Write J^T w, (n,)."""
    for j in range(tau.shape[0]):
        total = 0.0
        for i in range(6):
            total += jacobian[i, j] * wrench[i]
        tau[j] = total


@compiled
def force_along(direction: Array, jbar_t: Array, tau: Array) -> float:
    """Return the tool force along ``direction`` (3,) that the joint torques ``tau`` (n,) amount to [N]."""
    total = 0.0
    for i in range(3):
        for j in range(tau.shape[0]):
            total += direction[i] * jbar_t[i, j] * tau[j]
    return total


@compiled
def mass_along(direction: Array, factor: Array) -> float:
    """Return the effective mass [kg] along ``direction`` (3,), free to turn; L (6, 6) is the mobility's factor."""
    mobility = 0.0
    for j in range(6):
        total = 0.0
        for i in range(3):
            total += direction[i] * factor[i, j]
        mobility += total * total
    return 1.0 / mobility
