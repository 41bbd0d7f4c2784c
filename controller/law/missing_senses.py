"""Joint senses that are no numbers, replaced by what the law knows: one gap must not stay in its memory."""

from __future__ import annotations

import math
from dataclasses import replace

from controller.types import ArmState, Vector


def is_whole(state: ArmState) -> bool:
    """Return True where every joint position, speed and torque is a number."""
    return math.isfinite(sum(state.q_rad) + sum(state.dq_rad_s) + sum(state.tau_nm))


def filled(state: ArmState, q_rad: Vector, dq_rad_s: Vector, tau_nm: Vector) -> ArmState:
    """Return the state with its gaps filled; the gate still sees, and stops for, the state as it was read.

    Args:
        state: what the senses say.
        q_rad: positions that the motion estimate predicts for this tick, (n,).
        dq_rad_s: speeds that it predicts, (n,).
        tau_nm: torque commanded last, (n,).
    """
    return replace(
        state,
        q_rad=_filled(state.q_rad, q_rad),
        dq_rad_s=_filled(state.dq_rad_s, dq_rad_s),
        tau_nm=_filled(state.tau_nm, tau_nm),
    )


def _filled(read: Vector, known: Vector) -> Vector:
    return tuple([value if math.isfinite(value) else own for value, own in zip(read, known, strict=True)])
