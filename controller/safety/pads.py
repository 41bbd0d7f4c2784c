"""Pads of a tool: their levers and press axes, and how a static tool wrench is shared out between them.

One pad takes the whole force along its normal. Two pads share it: their sum follows from the force along the mean
normal, their difference from the roll moment, that is the moment about the axis across the line between them and the
mean normal. A third pad has no third equation, so ``MOST_PADS`` is two. The shares are those of a tool at rest that
touches with both pads; a pad in the air shows as a share of the other one's.

Pure functions on tuples. What cannot be told, such as two pads on one line with their normal, is NaN, which fails
every comparison of gate and monitor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.safety.limits import PadGeometry
from controller.safety.projection import Cap, add_force, tool_wrench
from controller.types import Command, Limited, PadEstimate, PadReference, ToolTerms, Vector, Vector3, Vector4

PadAxis = tuple[Vector3, Vector3]
"""Outward unit normal of a pad, and its lever: from T to the centre of the pad, both in W."""

ORIGIN: Vector3 = (0.0, 0.0, 0.0)
SMALLEST_SINE = 0.1
"""Sine below which a direction made from two vectors is not used: of the angle between mean normal and line of the
pads, and of the half angle that two opposed normals leave to their mean (design choice)."""


def named(geometry: Sequence[PadGeometry]) -> tuple[tuple[int, str], ...]:
    """Return index of every pad and how a reason names it; a tool's only pad needs no name."""
    several = len(geometry) > 1
    return tuple((k, f", pad {pad.name}" if several else "") for k, pad in enumerate(geometry))


def rotated(quaternion_xyzw: Vector4, vector: Vector3) -> Vector3:
    """Return a vector (3,) turned by a unit quaternion; one of another length also scales it."""
    x, y, z, w = quaternion_xyzw
    a, b, c = vector
    i, j, k = y * c - z * b + w * a, z * a - x * c + w * b, x * b - y * a + w * c
    along = x * a + y * b + z * c
    return (
        w * i + y * k - z * j + along * x,
        w * j + z * i - x * k + along * y,
        w * k + x * j - y * i + along * z,
    )


def cross(a: Vector3, b: Vector3) -> Vector3:
    """Return the cross product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def dot3(a: Vector3, b: Vector3) -> float:
    """Return the inner product of two vectors (3,)."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def pad_axes(command: Command, geometry: tuple[PadGeometry, ...]) -> tuple[PadAxis, ...]:
    """Return normal and lever of every pad."""
    turn = command.terms.quaternion_wt
    pairs = zip(command.pads, geometry, strict=True)
    return tuple([(pad.normal_w, rotated(turn, place.position_t_m)) for pad, place in pairs])


def press_axis(pads: Sequence[PadEstimate] | Sequence[PadReference]) -> Vector3:
    """Return the outward unit normal of the tool as a whole: the mean of the normals of its one or two pads.

    NaN where two normals are so nearly opposed that they have no mean.
    """
    if len(pads) == 1:
        return pads[0].normal_w
    (ax, ay, az), (bx, by, bz) = pads[0].normal_w, pads[1].normal_w
    x, y, z = ax + bx, ay + by, az + bz
    length = math.hypot(x, y, z)
    if not (length >= 2.0 * SMALLEST_SINE):
        return (math.nan, math.nan, math.nan)
    return (x / length, y / length, z / length)


def pad_velocity(terms: ToolTerms, lever_w: Vector3) -> Vector3:
    """Return the velocity of the centre of a pad in W [m/s]."""
    vx, vy, vz, wx, wy, wz = terms.v_wt
    sx, sy, sz = cross((wx, wy, wz), lever_w)
    return (vx + sx, vy + sy, vz + sz)


def pad_press_speed(terms: ToolTerms, pad: PadAxis, surface_velocity_w: Vector3) -> float:
    """Return the speed of a pad toward the body [m/s], relative to the planned motion of the tool.

    The turning that the plan wants is not taken off: of pads on a line across the stroke it moves none along its normal
    by more than a few millimetres a second, and counting it only lowers the press force sooner.
    """
    normal_w, lever_w = pad
    (vx, vy, vz), (sx, sy, sz) = pad_velocity(terms, lever_w), surface_velocity_w
    return (sx - vx) * normal_w[0] + (sy - vy) * normal_w[1] + (sz - vz) * normal_w[2]


def pad_presses(wrench: Vector, axes: tuple[PadAxis, ...]) -> Vector:
    """Return the static press force of every pad along its inward normal [N]; negative pulls.

    Args:
        wrench: static tool wrench (6,) on the world at T, linear first [N, Nm].
        axes: one or two pads; of more, and of two whose shares cannot be told apart, every press force is NaN.
    """
    force = (wrench[0], wrench[1], wrench[2])
    if len(axes) == 1:
        return (-dot3(force, axes[0][0]),)
    if len(axes) != 2:
        return (math.nan,) * len(axes)
    (first_n, first_m), (second_n, second_m) = axes
    # Half the way from the second pad to the first, and the moment about the middle: force there has no lever.
    half = (0.5 * (first_m[0] - second_m[0]), 0.5 * (first_m[1] - second_m[1]), 0.5 * (first_m[2] - second_m[2]))
    middle = (first_m[0] - half[0], first_m[1] - half[1], first_m[2] - half[2])
    shift = cross(middle, force)
    moment = (wrench[3] - shift[0], wrench[4] - shift[1], wrench[5] - shift[2])
    mean = (first_n[0] + second_n[0], first_n[1] + second_n[1], first_n[2] + second_n[2])
    roll = cross(half, mean)
    if not (math.hypot(*roll) >= SMALLEST_SINE * math.hypot(*half) * math.hypot(*mean)):
        return (math.nan, math.nan)
    # Two equations: -F . mean = sum p_k n_k . mean; -M . roll = p_1 (half x n_1) . roll - p_2 (half x n_2) . roll.
    along, turning = -dot3(force, mean), -dot3(moment, roll)
    a, b = dot3(first_n, mean), dot3(second_n, mean)
    c, d = dot3(cross(half, first_n), roll), dot3(cross(half, second_n), roll)
    if not (c > 0.0 and d > 0.0):
        return (math.nan, math.nan)
    whole = a * d + b * c
    return ((d * along + b * turning) / whole, (c * along - a * turning) / whole)


def relieve(
    tau_nm: Vector, terms: ToolTerms, axes: tuple[PadAxis, ...], pad_caps: Sequence[tuple[Cap, ...]],
    caps: tuple[Cap, ...],
) -> tuple[Vector, tuple[Limited, ...]]:  # fmt: skip
    """Lower the press force of every pad to its own lowest cap, then all pads alike until their sum is allowed.

    Args:
        tau_nm: torques, (n,).
        terms: rigid-body terms.
        axes: the pads.
        pad_caps: upper bounds of every pad.
        caps: upper bounds of the sum.

    Returns:
        The torques and what was lowered; the torques unchanged where nothing was too much.
    """
    presses = pad_presses(tool_wrench(tau_nm, terms), axes)
    limited: list[Limited] = []
    kept: list[float] = []
    for press, own in zip(presses, pad_caps, strict=True):
        cap, cause = min(own)
        if not (press <= cap):
            limited.append(Limited(cause, press, cap, "N"))
        kept.append(press if press <= cap else cap)
    cap, cause = min(caps)
    total = sum(kept)
    if not (total <= cap):
        limited.append(Limited(cause, total, cap, "N"))
        kept = [press - (total - cap) / len(kept) for press in kept]
    if not limited:
        return tau_nm, ()
    change = [0.0] * 6
    for press, less, (normal_w, lever_w) in zip(presses, kept, axes, strict=True):
        x, y, z = [(press - less) * n for n in normal_w]
        parts = (x, y, z, *cross(lever_w, (x, y, z)))
        change = [old + part for old, part in zip(change, parts, strict=True)]
    return add_force(tau_nm, terms, tuple(change)), tuple(limited)
