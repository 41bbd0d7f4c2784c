"""What of every tick the numbers of a run are made of: force errors, angles, limits, landings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from controller.types import ContactState, Phase
from workbench.record.columns import StepColumns

Mask = NDArray[np.bool_]
LANDING_WINDOW_S = 0.15
"""The landing peak is the largest press force within this time after the first touch (acceptance text)."""


@dataclass(frozen=True, slots=True)
class TickFacts:
    """Per-tick facts that several numbers are made of.

    Attributes:
        error_n: true minus planned press force (n, p).
        angle_deg: angle between the tool's true axis and the true inward normal (n, p); (n, 0) without a truth.
        path_error_m: true distance from the planned position across the true normal (n, p); without a truth the sensed
            one (n, 1).
        working: ticks on which force is judged (n,).
        touching: ticks with any true contact (n,).
    """

    error_n: NDArray[np.float64]
    angle_deg: NDArray[np.float64]
    path_error_m: NDArray[np.float64]
    working: Mask
    touching: Mask


def tick_facts(steps: StepColumns) -> TickFacts:
    """Return the facts of every tick; ``steps`` hold the truth, or what ``judged_steps`` puts in its place."""
    cosine = -np.einsum("npi,npi->np", steps.normal_true_w, steps.tool_axis_true_w)
    away = steps.position_ref_m[:, None, :] - steps.p_wt_true
    along = np.einsum("npi,npi->np", away, steps.normal_true_w)
    true_path_m = np.linalg.norm(away - along[:, :, None] * steps.normal_true_w, axis=2)
    return TickFacts(
        path_error_m=true_path_m if true_path_m.shape[1] else steps.plan_error_m[:, None],
        error_n=steps.press_true_n - steps.press_ref_n,
        angle_deg=np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))),
        working=steps.is_working(),
        touching=np.asarray(np.any(steps.press_true_n > 0.0, axis=1), dtype=np.bool_),
    )


def over_limit_samples(steps: StepColumns) -> int:
    """Return how many ticks had a pad over the hard limit of its place, every phase; NaN counts as over."""
    return int(np.count_nonzero(np.any(~(steps.press_true_n <= steps.limit_n), axis=1)))


def landing_peak_n(steps: StepColumns) -> float | None:
    """Return the largest true press force within LANDING_WINDOW_S after the first touch of each approach [N]."""
    peaks = [float(np.max(steps.press_true_n[window])) for window in landing_windows(steps)]
    return max(peaks, default=None)


def landing_windows(steps: StepColumns) -> list[Mask]:
    """Return one mask (n,) per landing: from the first touch of an approach, LANDING_WINDOW_S long."""
    if not steps.has_truth:
        return []
    approaching = steps.is_phase(Phase.APPROACH) | steps.is_contact(ContactState.APPROACH)
    touching = np.any(steps.press_true_n > 0.0, axis=1)
    starts = np.flatnonzero(approaching & ~np.concatenate([[False], approaching[:-1]]))
    windows = []
    for start, following in pairwise((*starts, steps.count)):
        touched = np.flatnonzero(touching[start:following])
        if len(touched):
            begin_s = steps.t_s[start + touched[0]]
            windows.append(np.asarray((steps.t_s >= begin_s) & (steps.t_s <= begin_s + LANDING_WINDOW_S)))
    return windows
