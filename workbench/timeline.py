"""A run as a table over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.types import Mode
from workbench.columns import CONTACTS, MODES, PHASES, StepColumns
from workbench.reader import RunData


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A stretch of a run in which stroke, phase, contact and mode stayed the same.

    Attributes:
        begin_s: session time at which it begins.
        end_s: session time of its last tick.
        stroke: name of the stroke.
        what: contact state, or the gate's mode where it is not ``run``.
        phase: phase of the plan.
        mean_press_n: mean press force, true where it is known, else sensed [N].
        peak_press_n: the largest.
        limited_fraction: share of limited commands.
    """

    begin_s: float
    end_s: float
    stroke: str
    what: str
    phase: str
    mean_press_n: float
    peak_press_n: float
    limited_fraction: float


def timeline(run: RunData) -> tuple[TimelineRow, ...]:
    """Return the stretches of a run, in order."""
    steps = run.steps
    if not steps.count:
        return ()
    keys = np.stack([steps.segment, steps.phase, steps.contact, steps.mode], axis=1)
    changes = np.flatnonzero(np.any(keys[1:] != keys[:-1], axis=1)) + 1
    names = tuple(segment.name for segment in run.config.segments)
    starts = (0, *(int(change) for change in changes))
    return tuple(_row(steps, names, start, end) for start, end in zip(starts, (*starts[1:], steps.count), strict=True))


def timeline_lines(rows: Sequence[TimelineRow]) -> list[str]:
    """Return the table as lines of plain text."""
    width = max((len(row.stroke) for row in rows), default=0)
    head = f"{'from s':>9} {'to s':>9}  {'stroke':<{width}}  {'phase':<9} {'contact':<9} "
    head += f"{'mean N':>7} {'peak N':>7} {'limited':>8}"
    return [head] + [
        f"{row.begin_s:9.3f} {row.end_s:9.3f}  {row.stroke:<{width}}  {row.phase:<9} {row.what:<9} "
        f"{row.mean_press_n:7.2f} {row.peak_press_n:7.2f} {100.0 * row.limited_fraction:6.1f} %"
        for row in rows
    ]


def _row(steps: StepColumns, names: tuple[str, ...], start: int, end: int) -> TimelineRow:
    part = slice(start, end)
    press = steps.press_true_n[part] if steps.has_truth else steps.press_est_n[part]
    segment, mode = int(steps.segment[start]), MODES[int(steps.mode[start])]
    return TimelineRow(
        begin_s=float(steps.t_s[start]),
        end_s=float(steps.t_s[end - 1]),
        stroke=names[segment] if 0 <= segment < len(names) else f"stroke {segment}",
        what=CONTACTS[int(steps.contact[start])].value if mode is Mode.RUN else mode.value,
        phase=PHASES[int(steps.phase[start])].value,
        mean_press_n=float(np.mean(press)),
        peak_press_n=float(np.max(press)),
        limited_fraction=float(np.mean(steps.limited[part] != 0)),
    )
