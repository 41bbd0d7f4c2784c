"""What a run without a truth is judged by, as on hardware: the senses take its place, and the summary says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from controller.types import SegmentInfo
from workbench.record.columns import StepColumns

TOUCH_N = 1.0
"""Sensed press force from which the pad is taken to touch: off the skin the estimate is noise below it (assumed)."""


def judged_steps(steps: StepColumns, segments: Sequence[SegmentInfo]) -> StepColumns:
    """Return steps whose true press force and hard limit can be judged.

    With a truth these are the steps as they are. Without one the controller's estimate of the press force stands for
    the true force, and the ceiling of each stroke for the hard limit of the place. An estimate that is no number stays
    none, so that it counts as over its limit.

    Args:
        steps: of the run.
        segments: strokes of its plan.
    """
    if steps.has_truth or not steps.count:
        return steps
    estimate = steps.press_est_n
    ceilings = np.array([segment.ceiling_n for segment in segments] or [np.nan])
    limits = ceilings[np.clip(steps.segment, 0, len(ceilings) - 1)]
    return replace(
        steps,
        press_true_n=np.where(estimate < TOUCH_N, 0.0, estimate),
        limit_n=np.repeat(limits[:, None], estimate.shape[1], axis=1),
    )
