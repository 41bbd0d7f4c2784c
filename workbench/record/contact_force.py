"""The force of the skin on the pad as the wrist sensor has it, for looking back: tool weight and zero taken off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from controller.types import ContactState, Phase
from workbench.record.columns import StepColumns
from workbench.record.messages import WristFacts
from workbench.record.tick_facts import Mask

Floats = NDArray[np.float64]
GRAVITY_M_S2 = 9.81
NOT_TURNED = (0.0, 0.0, 0.0, 1.0)
SHORTEST_AIR_TICKS = 50
"""Fewer ticks off the skin say nothing about the sensor's zero (assumed)."""


@dataclass(frozen=True, slots=True)
class ContactForce:
    """Contact force of a run by its wrist sensor.

    Attributes:
        force_w: (n, 3) force of the skin on the pad in W [N]; the inertia of the tool, under 1 N in strokes, is in it.
        zero_n: per stroke of the plan, how large the force was that nothing explains in the transfer to it; NaN where
            the tool was not off the skin for long enough.
    """

    force_w: Floats
    zero_n: tuple[float, ...]


def contact_force(steps: StepColumns, wrist: WristFacts, strokes: int) -> ContactForce:
    """Return the contact force, with the zero of the sensor found in the transfer before each stroke.

    Args:
        steps: of the run.
        wrist: what the sensor carries.
        strokes: number of strokes of the plan.
    """
    quaternion = np.where(_is_known(steps)[:, None], steps.quaternion_wt, NOT_TURNED)
    sensor = Rotation.from_quat(quaternion) * Rotation.from_matrix(np.array(wrist.rotation_ts))
    weight_w = np.array([0.0, 0.0, -wrist.tool_mass_kg * GRAVITY_M_S2])
    residual_s = steps.wrench_s[:, :3] - sensor.inv().apply(weight_w)
    in_air = steps.is_contact(ContactState.FREE) & steps.is_phase(Phase.TRANSFER)
    residual_s[~_is_known(steps)] = np.nan
    in_air &= np.isfinite(residual_s).all(axis=1)
    overall = residual_s[in_air].mean(axis=0) if in_air.any() else np.zeros(3)
    zeros = [overall] * strokes
    found = [float("nan")] * strokes
    for stroke in range(strokes):
        before = residual_s[in_air & (steps.segment == stroke)]
        if len(before) >= SHORTEST_AIR_TICKS:
            zeros[stroke] = before.mean(axis=0)
            found[stroke] = float(np.linalg.norm(zeros[stroke]))
    zero_s = np.array(zeros or [overall])[np.clip(steps.segment, 0, max(strokes - 1, 0))]
    return ContactForce(sensor.apply(residual_s - zero_s), tuple(found))


def _is_known(steps: StepColumns) -> Mask:
    """Return where the orientation of the tool is a rotation."""
    square = np.sum(np.square(steps.quaternion_wt), axis=1)
    return np.asarray(np.abs(square - 1.0) < 0.01)
