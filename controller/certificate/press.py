"""The static loads of a command against its bounds, compiled: ``press_bounds``, limits, audit and energy tanks."""

from __future__ import annotations

import math

from controller.certificate.layout import APPROACH, CONTACT, TAU, TORQUE, WORK, Array, Record
from controller.certificate.place import is_short
from controller.compiled import compiled
from controller.safety.corrected_motion import OWN_SLACK_M_S
from controller.safety.press_bounds import BRAKE_N
from controller.safety.tank import RETURN_SHARE

LIMIT, CAP, SPEED_BY_LAW, SPEED_CORRECTED, TARGET = range(5)
"""What is known of a press force: its limit, its lowest cap [N], speeds toward the body [m/s], target [N]."""
KNOWN = 5
PRESS, FORCE2, ACROSS2, MOMENT2 = range(4)
"""Static loads: press force [N], squares of force, of force across the normal and of moment."""


@compiled
def smaller(a: float, b: float) -> float:
    """Return what ``min(a, b)`` returns."""
    return b if b < a else a


@compiled
def larger(a: float, b: float) -> float:
    """Return what ``max(a, b)`` returns."""
    return b if b > a else a


@compiled
def is_touching(now: Record) -> bool:
    """Return True in contact, by the law's belief."""
    return bool(now[0].contact == WORK or now[0].contact == CONTACT)


@compiled
def toward(twist: Array, skin: Array, normal: Array, share: float) -> float:
    """``press_speed``: the speed toward the body relative to a share, 0 or 1, of the planned motion [m/s]."""
    return float(
        (share * skin[0] - twist[0]) * normal[0]
        + (share * skin[1] - twist[1]) * normal[1]
        + (share * skin[2] - twist[2]) * normal[2]
    )


@compiled
def bound(memory: Record, now: Record, limits: Record, twists: Array, gain_share: float, known: Array) -> None:
    """``press_bounds`` of one pad: write what is known of the press force of the tick (``LIMIT`` and so on)."""
    m, x, lim = memory[0], now[0], limits[0]
    is_on = is_touching(now)
    known[TARGET] = smaller(x.target_n, x.stroke_target_n)
    if is_on:
        limit = smaller(larger(known[TARGET], 0.0) + x.margin_n * gain_share, x.ceiling_n)
        full = lim.press_speed_m_s
    else:
        limit = smaller(lim.free_press_n, x.ceiling_n)
        full = lim.free_press_speed_m_s
    limit = smaller(limit, x.sum_n)
    if not is_on:
        limit = smaller(limit, lim.free_press_n)
    share = 0.0 if x.contact in (APPROACH, CONTACT) else 1.0
    known[SPEED_BY_LAW] = toward(twists[0], x.surface_w, x.normal_w, share)
    known[SPEED_CORRECTED] = toward(twists[1], x.surface_w, x.normal_w, share)
    fastest = larger(known[SPEED_BY_LAW], known[SPEED_CORRECTED])
    fastest = larger(fastest, toward(twists[2], x.surface_w, x.normal_w, share) - OWN_SLACK_M_S)
    by_speed = x.damping_ns_per_m * (full + limit / x.damping_ns_per_m - fastest)
    known[LIMIT] = limit
    known[CAP] = smaller(smaller(limit, larger(by_speed, -BRAKE_N)), larger(m.last_press_n, 0.0) + lim.rise_n)


@compiled
def commanded(given: Array, jbar_t: Array, bias: Array, normal: Array, loads: Array) -> None:
    """``static_force``: write the static loads of the command, one row of the wrench after the other."""
    fx = fy = fz = mx = my = mz = 0.0
    for j in range(bias.shape[0]):
        extra = given[TAU, j] - bias[j]
        fx += jbar_t[0, j] * extra
        fy += jbar_t[1, j] * extra
        fz += jbar_t[2, j] * extra
        mx += jbar_t[3, j] * extra
        my += jbar_t[4, j] * extra
        mz += jbar_t[5, j] * extra
    press = -(fx * normal[0] + fy * normal[1] + fz * normal[2])
    x, y, z = fx + press * normal[0], fy + press * normal[1], fz + press * normal[2]
    loads[PRESS], loads[FORCE2] = press, fx * fx + fy * fy + fz * fz
    loads[ACROSS2], loads[MOMENT2] = x * x + y * y + z * z, mx * mx + my * my + mz * mz


@compiled
def is_within(given: Array, bounds: Array, limits: Record, cap: float, loads: Array) -> bool:
    """Return True where there is nothing to lower: press force, force across, moment and every joint torque."""
    lim = limits[0]
    for j in range(given.shape[1]):
        if not abs(given[TAU, j]) <= bounds[TORQUE, j]:
            return False
    is_tool_within = is_short(loads[ACROSS2], lim.tangential_n) and is_short(loads[MOMENT2], lim.moment_nm)
    return bool(loads[PRESS] <= cap and is_tool_within)


@compiled
def is_soft(given: Array, bounds: Array, bias: Array, limits: Record, loads: Array, sent: Array) -> bool:
    """``soften`` on a driven way: return True where there is nothing to soften; write what goes out, (n,).

    The gate scales there what goes beyond the holding torque, by 1 too, which rounds it.
    """
    for j in range(sent.shape[0]):
        sent[j] = bias[j] + (given[TAU, j] - bias[j])
        if not abs(sent[j]) <= bounds[TORQUE, j]:
            return False
    return is_short(loads[FORCE2], limits[0].park_force_n)


@compiled
def audited(sent: Array, jbar_t: Array, bias: Array, normal: Array, limits: Record, limit: float) -> float:
    """``audit.sent_loads``: return the press force of the torques that go out [N], NaN where a load is too large.

    It shares no line with ``commanded``.
    """
    lim, outward, moment2, force2 = limits[0], 0.0, 0.0, 0.0
    for axis in range(6):
        along = 0.0
        for joint in range(bias.shape[0]):
            along += jbar_t[axis, joint] * (sent[joint] - bias[joint])
        if axis < 3:
            outward += normal[axis] * along
            force2 += along * along
        else:
            moment2 += along * along
    across2 = larger(force2 - outward * outward, 0.0)
    is_allowed = -outward <= larger(limit, 0.0) + lim.audit_n
    # A difference of squares: rounding alone can leave 1e-16 of the force.
    is_allowed = is_allowed and math.sqrt(across2) <= lim.tangential_n + lim.audit_n + 1e-7 * math.sqrt(force2)
    return -outward if is_allowed and math.sqrt(moment2) <= lim.moment_nm + lim.audit_n else math.nan


@compiled
def spend(level: float, active_w: float, limits: Record) -> float:
    """``Tank.advance``: return the level after a period [J]; an empty tank is the gate's to fill."""
    lim = limits[0]
    spent = active_w * lim.dt_s
    if not spent > 0.0:
        spent *= RETURN_SHARE
    return smaller(level - spent + lim.tank_refill_w * lim.dt_s, lim.tank_capacity_j)


@compiled
def tanks(memory: Record, now: Record, limits: Record, known: Array) -> bool:
    """``Tanks.advance`` of a tick in which neither tank is emptied."""
    m = memory[0]
    if is_touching(now):
        beyond = m.last_press_n - known[TARGET]
        m.law_tank_j = spend(m.law_tank_j, beyond * known[SPEED_BY_LAW], limits)
        m.corrected_tank_j = spend(m.corrected_tank_j, beyond * known[SPEED_CORRECTED], limits)
        return bool(m.law_tank_j > 0.0 and m.corrected_tank_j > 0.0)
    return True
