"""A run as a table over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from controller.types import Mode
from workbench.record.columns import CONTACTS, MODES, PHASES, Array, Codes
from workbench.record.reader import read_columns
from workbench.report.padding import cells, padded


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


@dataclass(frozen=True, slots=True)
class TimelineColumns:
    """The fields of the steps that the table is made of, as in StepColumns; few of many, so that they are read fast."""

    t_s: Array
    phase: Codes
    contact: Codes
    mode: Codes
    segment: Codes
    press_est_n: Array
    press_true_n: Array
    limited: Codes


def read_timeline(run: Path) -> tuple[TimelineRow, ...]:
    """Return the stretches of a recorded run, in order; raises RecordError where it cannot be read."""
    config, arrays = read_columns(run, tuple(field.name for field in fields(TimelineColumns)))
    return timeline(TimelineColumns(**arrays), tuple(segment.name for segment in config.segments))


def timeline(steps: TimelineColumns, names: tuple[str, ...]) -> tuple[TimelineRow, ...]:
    """Return the stretches of a run, in order.

    Args:
        steps: its steps.
        names: names of its strokes.
    """
    if not len(steps.t_s):
        return ()
    keys = np.stack([steps.segment, steps.phase, steps.contact, steps.mode], axis=1)
    changes = np.flatnonzero(np.any(keys[1:] != keys[:-1], axis=1)) + 1
    starts = (0, *(int(change) for change in changes))
    return tuple(
        _row(steps, names, start, end) for start, end in zip(starts, (*starts[1:], len(steps.t_s)), strict=True)
    )


def timeline_lines(rows: Sequence[TimelineRow]) -> list[str]:
    """Return the table as lines of plain text."""
    width = max((cells(row.stroke) for row in rows), default=0)
    head = f"{'from s':>9} {'to s':>9}  {'stroke':<{width}}  {'phase':<9} {'contact':<9} "
    head += f"{'mean N':>7} {'peak N':>7} {'limited':>8}"
    return [head] + [
        f"{row.begin_s:9.3f} {row.end_s:9.3f}  {padded(row.stroke, width)}  {row.phase:<9} {row.what:<9} "
        f"{row.mean_press_n:7.2f} {row.peak_press_n:7.2f} {100.0 * row.limited_fraction:6.1f} %"
        for row in rows
    ]


def _row(steps: TimelineColumns, names: tuple[str, ...], start: int, end: int) -> TimelineRow:
    part = slice(start, end)
    press = steps.press_true_n[part] if steps.press_true_n.shape[1] else steps.press_est_n[part]
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
