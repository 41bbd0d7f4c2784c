"""What the senses found in every stroke, as a real rig has it too: no figure here is made of the simulation's truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.types import Contact, Phase, SegmentInfo
from workbench.record.columns import StepColumns
from workbench.record.contact_force import ContactForce, contact_force
from workbench.record.messages import RunConfig
from workbench.record.sensed import TOUCH_N
from workbench.record.tick_facts import Mask

Floats = NDArray[np.float64]
NONE = math.nan
SLIDING_M_S = 0.01
"""Slower, the skin may stick, and friction shows less than it is (assumed; the law learns above the same speed)."""
PRESSED_N = 3.0
"""Pressed less, the direction of the force says little (assumed; the law learns above the same force)."""
SHORTEST_TICKS = 200
"""A stroke with fewer ticks at work says nothing (assumed)."""


@dataclass(frozen=True, slots=True)
class SensedStroke:
    """Figures of one stroke from the senses; NaN where there is nothing to say.

    Attributes:
        friction: force across the planned normal over the force along it, while the pad slides, mean.
        tilt_deg: angle between the normal in use and the planned one, mean.
        force_rmse_n: measured press force against the planned one, root mean square.
        limited: share of the planned work in which the command was lowered.
        residual_n: difference between wrist sensor and joint torques that 95 % of the ticks stay within.
        rejected_s: time at work in which the wrist sensor was rejected.
        lost: share of the planned work without the skin; none where the stroke wants to leave it.
        beyond_m: largest depth beyond the planned place, along the planned normal.
        zero_n: force that nothing explained in the transfer before.
    """

    friction: float = NONE
    tilt_deg: float = NONE
    force_rmse_n: float = NONE
    limited: float = NONE
    residual_n: float = NONE
    rejected_s: float = NONE
    lost: float = NONE
    beyond_m: float = NONE
    zero_n: float = NONE


def sensed_strokes(steps: StepColumns, config: RunConfig) -> tuple[SensedStroke, ...]:
    """Return the figures of every stroke of the plan."""
    count = len(config.segments)
    if not steps.count:
        return (SensedStroke(),) * count
    force = None if config.wrist is None else contact_force(steps, config.wrist, count)
    working = steps.is_working()
    return tuple(
        _stroke(steps, force, index, info, working & (steps.segment == index), config.dt_s)
        for index, info in enumerate(config.segments)
    )


def _stroke(
    steps: StepColumns, force: ContactForce | None, index: int, info: SegmentInfo, at_work: Mask, dt_s: float
) -> SensedStroke:
    zero_n = NONE if force is None else force.zero_n[index]
    planned = steps.is_phase(Phase.WORK) & (steps.segment == index)
    if np.count_nonzero(at_work) < SHORTEST_TICKS or not planned.any():
        return SensedStroke(zero_n=zero_n)
    cosine = np.einsum("npi,npi->np", steps.normal_est_w[at_work], steps.normal_ref_w[at_work])
    away = steps.position_ref_m[at_work] - steps.p_wt[at_work]
    beyond = np.einsum("ni,npi->np", away, steps.normal_ref_w[at_work])
    residual = steps.press_est_n[at_work] - steps.press_observer_n[at_work]
    is_off = np.any(steps.press_est_n[planned] < TOUCH_N, axis=1)
    return SensedStroke(
        friction=NONE if force is None else _friction(steps, force.force_w, at_work),
        tilt_deg=float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).mean()),
        force_rmse_n=float(np.sqrt(np.mean(np.square((steps.press_est_n - steps.press_ref_n)[at_work])))),
        limited=float(np.mean(steps.limited[planned] != 0)),
        residual_n=float(np.percentile(np.abs(residual), 95.0)),
        rejected_s=dt_s * float(np.count_nonzero(np.any(steps.sensor_trusted[at_work] == 0.0, axis=1))),
        lost=float(np.mean(is_off)) if info.contact is Contact.CONTINUOUS else NONE,
        beyond_m=float(beyond.max()),
        zero_n=zero_n,
    )


def _friction(steps: StepColumns, force_w: Floats, at_work: Mask) -> float:
    """Return the mean ratio of the force across the first pad's planned normal to the force along it."""
    normal = steps.normal_ref_w[:, 0]
    velocity = np.gradient(steps.p_wt, axis=0) / np.gradient(steps.t_s)[:, None] if steps.count > 1 else 0.0 * force_w
    speed = np.linalg.norm(velocity - _along(velocity, normal)[:, None] * normal, axis=1)
    along = _along(force_w, normal)
    sliding = at_work & (speed > SLIDING_M_S) & (along > PRESSED_N)
    if np.count_nonzero(sliding) < SHORTEST_TICKS:
        return NONE
    across = np.linalg.norm((force_w - along[:, None] * normal)[sliding], axis=1)
    return float(np.mean(across / along[sliding]))


def _along(vectors: Floats, normal: Floats) -> Floats:
    return np.asarray(np.einsum("ni,ni->n", vectors, normal))
