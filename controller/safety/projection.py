"""Static tool force of joint torques, and how to lower it: pure functions on tuples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add, le, mul, sub

from controller.safety.limits import GateLimits, StopGains
from controller.types import Cause, Limited, Matrix, ToolTerms, Vector, Vector3, Vector6

Cap = tuple[float, Cause]
"""An upper bound of the static press force [N] and what it stands for."""
Static = tuple[float, float, float]
"""What joint torques do to the world at rest: press force [N], force across the normal [N], moment [Nm]."""


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the inner product."""
    return float(sum(map(mul, a, b)))


def is_shaped(terms: ToolTerms, joints: int) -> bool:
    """Return True where holding torque and both matrices have the sizes of an arm with so many joints."""
    rows = (*terms.jacobian, *terms.jbar_t)
    sizes = {joints, len(terms.bias_nm), *map(len, rows)}
    return len(sizes) == 1 and len(terms.jacobian) == len(terms.jbar_t) == 6


def tool_wrench(tau_nm: Vector, terms: ToolTerms) -> Vector:
    """Return the static wrench (6,) of ``tau_nm`` on the world: Jbar^T (tau - bias), linear first."""
    extra = tuple(map(sub, tau_nm, terms.bias_nm))
    return tuple([sum(map(mul, row, extra)) for row in terms.jbar_t])


def static_press(tau_nm: Vector, terms: ToolTerms, normal_w: Vector3) -> float:
    """Return the static press force [N] of joint torques along the inward normal."""
    return static_force(tau_nm, terms, normal_w)[0]


def static_force(tau_nm: Vector, terms: ToolTerms, normal_w: Vector3) -> Static:
    """Return the static press force [N], force across the normal [N] and moment [Nm] of joint torques."""
    fx, fy, fz, mx, my, mz = tool_wrench(tau_nm, terms)
    nx, ny, nz = normal_w
    press = -(fx * nx + fy * ny + fz * nz)
    return press, math.hypot(fx + press * nx, fy + press * ny, fz + press * nz), math.hypot(mx, my, mz)


def is_within(force: Static, allowed: Static) -> bool:
    """Return True where press force, force across the normal and moment are all allowed; NaN is not."""
    return force[0] <= allowed[0] and force[1] <= allowed[1] and force[2] <= allowed[2]


def is_torque_within(tau_nm: Vector, torque_nm: Vector) -> bool:
    """Return True where every joint torque is within its limit; NaN is not."""
    return all(map(le, map(abs, tau_nm), torque_nm))


def press_speed(terms: ToolTerms, normal_w: Vector3, surface_velocity_w: Vector3) -> float:
    """Return the tool's speed toward the body relative to the planned motion [m/s]."""
    tool, skin = terms.v_wt, surface_velocity_w
    return (skin[0] - tool[0]) * normal_w[0] + (skin[1] - tool[1]) * normal_w[1] + (skin[2] - tool[2]) * normal_w[2]


def wrench_to_torque(jacobian: Matrix, wrench: Vector) -> Vector:
    """Return J^T w, (n,)."""
    return tuple([dot(column, wrench) for column in zip(*jacobian, strict=True)])


def project(
    tau_nm: Vector, terms: ToolTerms, normal_w: Vector3, caps: tuple[Cap, ...], limits: GateLimits
) -> tuple[Vector, tuple[Limited, ...]]:
    """Lower the total static tool wrench of ``tau_nm`` to its limits; null-space torque is left alone.

    The press force is cut to the lowest cap, the force across the normal and the moment are shortened. Where nothing
    is too much the torques come back unchanged.

    Args:
        tau_nm: torques, (n,).
        terms: rigid-body terms.
        normal_w: outward normal.
        caps: upper bounds of the press force.
        limits: bounds of tangential force and moment.

    Returns:
        The torques and what was lowered.
    """
    wrench = tool_wrench(tau_nm, terms)
    press, across_n, moment_nm = static_force(tau_nm, terms, normal_w)
    across = tuple([w + press * n for w, n in zip(wrench[:3], normal_w, strict=True)])
    moment = wrench[3:]
    limited: list[Limited] = []
    cap, cause = min(caps)
    new_press = press
    if not (press <= cap):
        new_press = cap
        limited.append(Limited(cause, press, cap, "N"))
    tangential_scale = _shorten(across_n, limits.tangential_n, Cause.TANGENTIAL_LIMIT, "N", limited)
    moment_scale = _shorten(moment_nm, limits.moment_nm, Cause.MOMENT_LIMIT, "Nm", limited)
    if not limited:
        return tau_nm, ()
    change = [(tangential_scale - 1.0) * a - (new_press - press) * n for a, n in zip(across, normal_w, strict=True)]
    change += [(moment_scale - 1.0) * m for m in moment]
    return add_force(tau_nm, terms, tuple(change)), tuple(limited)


def _shorten(length: float, allowed: float, cause: Cause, unit: str, limited: list[Limited]) -> float:
    """Return the factor that brings ``length`` to ``allowed``, and note it."""
    if length <= allowed:
        return 1.0
    limited.append(Limited(cause, length, allowed, unit))
    return allowed / length


def add_force(tau_nm: Vector, terms: ToolTerms, wrench: Vector) -> Vector:
    """Return ``tau_nm`` plus the torque of a tool wrench (6,) on the world."""
    return tuple([t + extra for t, extra in zip(tau_nm, wrench_to_torque(terms.jacobian, wrench), strict=True)])


def shrink(tau_nm: Vector, bias_nm: Vector, loads: Vector, allowed: Vector) -> Vector:
    """Scale tau - bias as one until every load that grows with it is allowed.

    For what ``project`` leaves over where the arm is so near a singular posture that Jbar^T J^T is not one any more.

    Args:
        tau_nm: torques, (n,).
        bias_nm: holding torque, (n,).
        loads: static loads of ``tau_nm``: press forces, force across the normal, moment.
        allowed: largest of each, none of them negative.
    """
    over = [limit / found for found, limit in zip(loads, allowed, strict=True) if not (found <= limit)]
    return _scaled(tau_nm, bias_nm, min(over)) if over else tau_nm


def _scaled(tau_nm: Vector, bias_nm: Vector, share: float) -> Vector:
    """Return the holding torque and a share of what goes beyond it."""
    return tuple([bias + share * (tau - bias) for tau, bias in zip(tau_nm, bias_nm, strict=True)])


def saturate(tau_nm: Vector, bias_nm: Vector, torque_nm: Vector) -> tuple[Vector, Limited | None]:
    """Scale tau - bias as one so that every joint stays within its torque limit.

    Scaling all joints by one factor keeps the direction of the tool force, so a lower force never turns into another
    one; clipping joints one by one would. A joint whose holding torque alone is over its limit gets its limit. What is
    not a number stays none, for the audit to find: a clipped NaN would be the full torque of a joint.
    """
    share, worst, worst_value, worst_limit = 1.0, -1, 0.0, 0.0
    for joint, (tau, bias, limit) in enumerate(zip(tau_nm, bias_nm, torque_nm, strict=True)):
        if not (abs(tau) <= limit):
            room = (limit if tau > 0.0 else -limit) - bias
            ratio = room / (tau - bias) if tau != bias else 0.0
            # A holding torque over its limit can leave a ratio above 1: nothing to scale, but still to be clipped.
            if worst < 0 or not (ratio >= share):
                share, worst, worst_value, worst_limit = min(1.0, max(ratio, 0.0)), joint, tau, limit
    if worst < 0:
        return tau_nm, None
    return clip(_scaled(tau_nm, bias_nm, share), torque_nm), Limited(Cause.TORQUE_LIMIT, worst_value, worst_limit, "Nm")


def clip(tau_nm: Sequence[float], torque_nm: Vector) -> Vector:
    """Return every joint torque within its limit; NaN stays NaN."""
    return tuple([min(max(tau, -limit), limit) for tau, limit in zip(tau_nm, torque_nm, strict=True)])


def moving(terms: ToolTerms, dq_rad_s: Vector) -> ToolTerms:
    """Return the terms with the tool velocity of these joint speeds."""
    vx, vy, vz, wx, wy, wz = [dot(row, dq_rad_s) for row in terms.jacobian]
    return with_twist(terms, (vx, vy, vz, wx, wy, wz))


def with_twist(terms: ToolTerms, v_wt: Vector6) -> ToolTerms:
    """Return the terms with another twist of T; a third of what ``dataclasses.replace`` takes."""
    return ToolTerms(
        terms.p_wt, terms.quaternion_wt, v_wt, terms.jacobian, terms.jbar_t, terms.bias_nm, terms.momentum_nms,
        terms.drift_nm,
    )  # fmt: skip


def with_holding(terms: ToolTerms, bias_nm: Vector) -> ToolTerms:
    """Return the terms with another torque that holds the arm, (n,)."""
    return ToolTerms(
        terms.p_wt, terms.quaternion_wt, terms.v_wt, terms.jacobian, terms.jbar_t, bias_nm, terms.momentum_nms,
        terms.drift_nm,
    )  # fmt: skip


def lifted(terms: ToolTerms, outward_w: Vector3, newtons: float) -> ToolTerms:
    """Return the terms with a pull along the outward normal added to what holds the arm [N]."""
    x, y, z = (newtons * n for n in outward_w)
    lift_nm = wrench_to_torque(terms.jacobian, (x, y, z, 0.0, 0.0, 0.0))
    return with_holding(terms, tuple(map(add, terms.bias_nm, lift_nm)))


def soft_torque(
    terms: ToolTerms, dq_rad_s: Vector, gains: StopGains, outward_w: Vector3, pull_n: float | None
) -> Vector:
    """Return holding torque plus joint damping, (n,), and a pull away from the body with drag across it.

    Whatever the gains are, what comes on top of the holding torque is at most ``most_damping_nm`` at a joint by the
    damping, and at most ``most_force_n`` at the tool in all.

    Args:
        terms: rigid-body terms.
        dq_rad_s: joint speeds, (n,).
        gains: of the stop laws.
        outward_w: direction to leave the skin in.
        pull_n: force along it; None for neither pull nor drag.
    """
    slowing = _damping_torque(dq_rad_s, gains)
    tau = tuple([b + s for b, s in zip(terms.bias_nm, slowing, strict=True)])
    if pull_n is not None:
        px, py, pz = (pull_n * n for n in outward_w)
        tau = add_force(tau, terms, (px, py, pz, 0.0, 0.0, 0.0))
        tau = tuple(map(add, tau, _drag_torque(terms, dq_rad_s, gains, outward_w)))
    return _within_force(tau, terms, gains.most_force_n)


def _drag_torque(terms: ToolTerms, dq_rad_s: Vector, gains: StopGains, outward_w: Vector3) -> Vector:
    """Return the torque of the damping across the normal, (n,); zero beyond ``drag_joints``."""
    last = gains.drag_joints
    rows = [row[:last] for row in terms.jacobian[:3]]
    v = [dot(row, dq_rad_s[:last]) for row in rows]
    outward = dot(v, outward_w)
    force = [-gains.drag_ns_per_m * (u - outward * n) for u, n in zip(v, outward_w, strict=True)]
    return (*[dot(column, force) for column in zip(*rows, strict=True)], *(0.0,) * (len(dq_rad_s) - last))


def _damping_torque(dq_rad_s: Vector, gains: StopGains) -> Vector:
    """Return the torque of the joint damping, (n,), each within its largest; NaN stays NaN."""
    each = zip(gains.float_damping_nms_per_rad, dq_rad_s, strict=True)
    return clip([-damping * speed for damping, speed in each], gains.most_damping_nm)


def damped(holding_nm: Vector, dq_rad_s: Vector, gains: StopGains) -> Vector:
    """Return a holding torque with damping, (n,); a joint whose speed is not known has none."""
    slowing = _damping_torque(dq_rad_s, gains)
    return tuple([h + s if math.isfinite(s) else h for h, s in zip(holding_nm, slowing, strict=True)])


def soften(tau_nm: Vector, terms: ToolTerms, force_n: float, torque_nm: Vector) -> Vector:
    """Scale tau - bias as one so that the static tool force is at most ``force_n`` in any direction."""
    return saturate(_within_force(tau_nm, terms, force_n), terms.bias_nm, torque_nm)[0]


def _within_force(tau_nm: Vector, terms: ToolTerms, force_n: float) -> Vector:
    """Scale tau - bias as one so that the static tool force is at most ``force_n``; every torque may still be any."""
    wrench = tool_wrench(tau_nm, terms)
    force = math.hypot(wrench[0], wrench[1], wrench[2])
    return _scaled(tau_nm, terms.bias_nm, 1.0 if force <= force_n else force_n / force)
