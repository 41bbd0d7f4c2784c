"""The static force of the torques that go out (layer L4), computed by another way than the limits before it.

The limits (L2) and the audit share the rigid-body terms, and for two pads how a wrench is shared out, but no line of
arithmetic: a wrong line of ``projection`` is found here before anything goes out. The difference to the holding torque
is taken joint by joint: of two forces mapped each, a posture next to singular would leave rounding alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.safety import pads
from controller.safety.projection import Static
from controller.types import ToolTerms, Vector, Vector3


def sent_loads(
    tau_nm: Vector, terms: ToolTerms, axis_w: Vector3, each: tuple[pads.PadAxis, ...]
) -> tuple[Static, Vector]:
    """Return what joint torques do to the world at rest, and the press force of every pad [N].

    Args:
        tau_nm: torques that go out, (n,).
        terms: rigid-body terms; sizes have been checked.
        axis_w: outward unit normal of the tool as a whole.
        each: normal and lever of every pad of several; empty for one pad.

    Returns:
        Press force [N], force across the normal [N] and moment [Nm] of the tool; of several pads the press force is
        the sum over the pads.
    """
    fx, fy, fz, mx, my, mz = [_along(row, tau_nm, terms.bias_nm) for row in terms.jbar_t]
    nx, ny, nz = axis_w
    outward = nx * fx + ny * fy + nz * fz
    across = math.sqrt((fx - outward * nx) ** 2 + (fy - outward * ny) ** 2 + (fz - outward * nz) ** 2)
    moment = math.sqrt(mx * mx + my * my + mz * mz)
    if not each:
        return (-outward, across, moment), (-outward,)
    presses = pads.pad_presses((fx, fy, fz, mx, my, mz), each)
    return (presses[0] + presses[1], across, moment), presses


def _along(row: Sequence[float], torque_nm: Vector, holding_nm: Vector) -> float:
    """Return what joint torques beside the holding ones do along one row of Jbar^T, which is as long as they are."""
    total = 0.0
    for joint, share in enumerate(row):
        total += share * (torque_nm[joint] - holding_nm[joint])
    return total
