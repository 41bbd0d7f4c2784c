"""A plan's reference at another pace, raised off the skin, and with less press force."""

from __future__ import annotations

from dataclasses import dataclass, replace

from controller.safety.pads import press_axis
from controller.types import PadReference, Phase, Reference, Vector3, Vector6


@dataclass(frozen=True, slots=True)
class Motion:
    """How plan time passes and how far the tool is raised.

    Attributes:
        pace: plan time per session time, 0 to 1.
        pace_rate: its derivative [1/s].
        height_m: distance along the outward normal from the planned position, >= 0.
        height_m_s: its derivative.
        height_m_s2: its second derivative.
    """

    pace: float
    pace_rate: float
    height_m: float = 0.0
    height_m_s: float = 0.0
    height_m_s2: float = 0.0


def moved(base: Reference, motion: Motion, phase: Phase, pads: tuple[PadReference, ...]) -> Reference:
    """Return a reference whose twist and acceleration fit how it is passed through.

    With plan time s, pace p = ds/dt and height h along the normal n, which turns with the tool (dn/ds = omega x n):
    v = p V + dh n + h p (omega x n), and its derivative; omega scales by p, its derivative by p^2 and dp/dt.

    Args:
        base: the plan's reference.
        motion: pace and height.
        phase: phase to tell the law.
        pads: press forces of the pads.
    """
    p, dp, h = motion.pace, motion.pace_rate, motion.height_m
    v, w, a, alpha = base.twist[:3], base.twist[3:], base.acceleration[:3], base.acceleration[3:]
    normal = press_axis(base.pads)
    turn = _cross(w, normal)
    spin, swing = _cross(alpha, normal), _cross(w, turn)
    dh, ddh = motion.height_m_s, motion.height_m_s2
    linear = [p * v[i] + dh * normal[i] + h * p * turn[i] for i in range(3)]
    push = [
        p * p * a[i] + dp * v[i] + ddh * normal[i] + 2.0 * dh * p * turn[i]
        + h * (p * p * (spin[i] + swing[i]) + dp * turn[i])
        for i in range(3)
    ]  # fmt: skip
    twist: Vector6 = (linear[0], linear[1], linear[2], p * w[0], p * w[1], p * w[2])
    turns = [p * p * alpha[i] + dp * w[i] for i in range(3)]
    x, y, z = (base.position_m[i] + h * normal[i] for i in range(3))
    return replace(
        base,
        phase=phase,
        position_m=(x, y, z),
        twist=twist,
        acceleration=(push[0], push[1], push[2], turns[0], turns[1], turns[2]),
        pads=pads,
    )


def eased(press: tuple[float, float], share: tuple[float, float], least_n: float) -> tuple[float, float]:
    """Return a press force and its rate [N, N/s] as a share of the planned ones, but no less than keeps contact.

    Args:
        press: planned force and rate.
        share: share, 0 to 1, and its rate [1/s].
        least_n: force that is kept, or the planned one where that is less.
    """
    force, rate = press
    lowered = share[0] * force
    if lowered >= min(force, least_n):
        return lowered, share[0] * rate + share[1] * force
    return (force, rate) if force <= least_n else (least_n, 0.0)


def regained(press: tuple[float, float], share: tuple[float, float], landing_n: float) -> tuple[float, float]:
    """Return a press force and its rate on the way from the landing force back to the wanted one.

    Args:
        press: wanted force and rate.
        share: share of the way, 0 to 1, and its rate [1/s].
        landing_n: force of the landing.
    """
    force, rate = press
    if force <= landing_n:
        return press
    above = force - landing_n
    return landing_n + share[0] * above, share[0] * rate + share[1] * above


def _cross(a: tuple[float, ...], b: tuple[float, ...]) -> Vector3:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
