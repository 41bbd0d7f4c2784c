"""Press force: over time against its limits, and how far it was from what was planned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from controller.types import Mode
from workbench.figures.marks import draw_marks, draw_strokes, event_marks
from workbench.figures.style import (
    INK,
    LIMIT,
    PALE,
    QUIET,
    SENSED,
    TRUE,
    WIDE,
    Canvas,
    envelope,
    finished,
    legend_above,
    new_figure,
)
from workbench.record.columns import StepColumns
from workbench.record.reader import RunData
from workbench.record.tick_facts import TickFacts

Array = NDArray[np.float64]

STRIP_S = 45.0
"""A narrow figure cuts the session into strips of about this length, below each other."""
MOST_STRIPS = 4
SMALLEST_RANGE_N = 0.5
"""Smallest half range of an axis of force error; a good session is not magnified beyond it."""
_USUAL_SHARE = 99.8
"""Percentile of the differences that the error axis shows in full; single ticks beyond it are cut."""
_BINS = 60


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """What is drawn, of all pads together, all (n,) [N].

    Attributes:
        t_s: session time.
        planned: planned press force, NaN where the gate does not let the plan run.
        sensed: press force from the senses.
        true: true press force; None without truth.
        limit: hard limit of the place; None without truth.
        differences: label, colour and values of the lines of the error axis, NaN where there is nothing to judge.
    """

    t_s: Array
    planned: Array
    sensed: Array
    true: Array | None
    limit: Array | None
    differences: tuple[tuple[str, str, Array], ...]


def force_over_time(run: RunData, canvas: Canvas = WIDE) -> Figure:
    """Return the press force of all pads together over time, and below it the differences on an axis of their own.

    Planned force is a wide pale line and true force a thin one on it, so both are seen where they agree. The sensed
    force lies between them and is seen where it differs. A narrow figure is cut into strips.

    Args:
        run: the run.
        canvas: what it is drawn for.
    """
    lines, marks = _lines(run.steps), event_marks(run)
    count = _strip_count(lines.t_s) if canvas.is_narrow else 1
    height = max(3.6, 2.6 * count) if canvas.is_narrow else 4.6
    figure, axes = new_figure(height, rows=2 * count, canvas=canvas, height_ratios=(1.7, 1.0) * count)
    edges = np.linspace(*_span(lines.t_s), count + 1)
    top, half = _force_top(lines), _error_range(lines)
    for strip in range(count):
        force, error = axes[2 * strip], axes[2 * strip + 1]
        shown = (lines.t_s >= edges[strip]) & (lines.t_s <= edges[strip + 1])
        points = canvas.points // count
        _draw_force(force, lines, shown, points, top)
        _draw_differences(error, lines, shown, points // 6, half)
        force.set_ylabel("[N]" if canvas.is_narrow else "press force [N]")
        error.set_ylabel("[N]" if canvas.is_narrow else "difference\n[N]")
        for view in (force, error):
            view.set_xlim(float(edges[strip]), float(edges[strip + 1]))
        force.tick_params(labelbottom=False)
        draw_strokes(force, run)
        draw_marks(force, marks)
    legend_above(axes[0], 2 if canvas.is_narrow else 4)
    legend_above(axes[1], 2)
    axes[-1].set_xlabel("time [s]")
    return finished(figure, canvas)


def force_error(steps: StepColumns, facts: TickFacts, canvas: Canvas = WIDE) -> Figure:
    """Return the histogram of true minus planned press force over all working samples.

    Args:
        steps: the steps, with truth.
        facts: their facts.
        canvas: what it is drawn for.
    """
    figure, (axes,) = new_figure(2.7, canvas=canvas)
    errors = facts.error_n[facts.working].ravel()
    half = SMALLEST_RANGE_N
    if errors.size:
        p95 = float(np.percentile(np.abs(errors), 95.0))
        half = max(SMALLEST_RANGE_N, _rounded_up(4.0 * p95))
        counts, edges = np.histogram(np.clip(errors, -half, half), np.linspace(-half, half, _BINS + 1))
        axes.stairs(100.0 * counts / errors.size, edges, fill=True, color=TRUE, alpha=0.85)
        for sign in (-1.0, 1.0):
            axes.axvline(sign * p95, color=INK, linewidth=1.0, dashes=(4, 2))
        axes.text(p95, 0.98, f" 95 % within\n ±{p95:.2f} N", transform=axes.get_xaxis_transform(), va="top")
    axes.axvline(0.0, color=QUIET, linewidth=0.8)
    axes.set(xlabel="true minus planned press force [N]", ylabel="working samples [%]", xlim=(-half, half))
    return finished(figure, canvas)


def _lines(steps: StepColumns) -> _Lines:
    reference, sensed, working = _together(steps.press_ref_n), _together(steps.press_est_n), steps.is_working()
    planned = np.where(steps.is_mode(Mode.RUN), reference, np.nan)
    if not steps.has_truth:
        difference = np.where(working, sensed - reference, np.nan)
        return _Lines(steps.t_s, planned, sensed, None, None, (("sensed minus planned", SENSED, difference),))
    true, limit = _together(steps.press_true_n), _together(steps.limit_n)
    sense_error = np.where((true > 0.0) | working, sensed - true, np.nan)
    differences = (
        ("sensed minus true", SENSED, sense_error),
        ("true minus planned", TRUE, np.where(working, true - reference, np.nan)),
    )
    return _Lines(steps.t_s, planned, sensed, true, limit, differences)


def _together(pads: Array) -> Array:
    """Return the sum of a force over the pads (n,)."""
    return np.asarray(pads.sum(axis=1))


def _draw_force(axes: Axes, lines: _Lines, shown: NDArray[np.bool_], points: int, top: float) -> None:
    t = lines.t_s[shown]
    if lines.limit is not None:
        limit = envelope(t, lines.limit[shown], points)
        axes.fill_between(*limit, top, color=LIMIT, alpha=0.16, linewidth=0, label="over the hard limit")
        axes.plot(*limit, color=LIMIT, linewidth=0.9)
    planned = envelope(t, lines.planned[shown], points)
    axes.plot(*planned, color=PALE, linewidth=4.5, solid_capstyle="butt", label="planned")
    axes.plot(*envelope(t, lines.sensed[shown], points), color=SENSED, linewidth=1.2, label="sensed")
    if lines.true is not None:
        axes.plot(*envelope(t, lines.true[shown], points), color=TRUE, linewidth=1.1, label="true")
    axes.set_ylim(-1.0, top)


def _draw_differences(axes: Axes, lines: _Lines, shown: NDArray[np.bool_], bins: int, half: float) -> None:
    """Draw each difference as its mean over ``bins`` intervals, and a pale band from its smallest to its largest."""
    t = lines.t_s[shown]
    edges = np.unique(np.linspace(0, len(t), bins + 1).astype(np.int64))
    for label, colour, values in lines.differences if len(t) > 1 else ():
        parts = [values[shown][first:last] for first, last in pairwise(edges)]
        judged = [part if np.isfinite(part).any() else np.zeros(0) for part in parts]
        low, mean, high = (
            np.array([float(measure(part)) if part.size else np.nan for part in judged])
            for measure in (np.nanmin, np.nanmean, np.nanmax)
        )
        middle = t[(edges[:-1] + edges[1:]) // 2]
        axes.fill_between(middle, np.clip(low, -half, half), np.clip(high, -half, half), color=colour, alpha=0.3,
                          linewidth=0)  # fmt: skip
        axes.plot(middle, np.clip(mean, -half, half), color=colour, linewidth=1.2, label=label)
    axes.axhline(0.0, color=QUIET, linewidth=0.8)
    axes.set_ylim(-1.08 * half, 1.08 * half)


def _force_top(lines: _Lines) -> float:
    """Return the upper end of the force axis: some room over the largest limit, or force where there is none."""
    largest = lines.limit if lines.limit is not None else np.maximum(lines.sensed, lines.planned)
    return 1.18 * float(np.nanmax(largest, initial=10.0))


def _error_range(lines: _Lines) -> float:
    """Return the half range of the error axis [N]."""
    usual = [
        float(np.percentile(np.abs(found), _USUAL_SHARE))
        for _, _, values in lines.differences
        if (found := values[np.isfinite(values)]).size
    ]
    return max(SMALLEST_RANGE_N, _rounded_up(1.1 * max(usual, default=0.0)))


def _rounded_up(value: float) -> float:
    """Return the next number of 1, 2 or 5 times a power of ten."""
    if not value > 0.0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * (1.0 - 1e-12))


def _span(t_s: Array) -> tuple[float, float]:
    return (float(t_s[0]), float(t_s[-1])) if len(t_s) > 1 else (0.0, 1.0)


def _strip_count(t_s: Array) -> int:
    begin, end = _span(t_s)
    return min(MOST_STRIPS, max(1, math.ceil((end - begin) / STRIP_S)))
