"""Press force: over time against its limits, and how far it was from what was wanted."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.columns import StepColumns
from workbench.figures.style import INK, LIMIT, QUIET, SENSED, TARGET, TRUE, envelope, legend_above, new_figure
from workbench.messages import EventKind, SegmentEvent
from workbench.reader import RunData
from workbench.summary import TickFacts

ERROR_RANGE_N = 3.0


def force_over_time(run: RunData, begin_s: float | None = None) -> Figure:
    """Return the press force of the first pad over time: true, sensed, wanted, and the band above the hard limit.

    Args:
        run: the run.
        begin_s: session time to begin at, None for the whole run.
    """
    steps = run.steps
    figure, (axes,) = new_figure(3.2)
    shown = steps.t_s >= (begin_s if begin_s is not None else -np.inf)
    t = steps.t_s[shown]
    top = 10.0
    if steps.has_truth:
        limit = steps.limit_n[shown, 0]
        top = float(np.nanmax(limit, initial=10.0)) * 1.18
        axes.fill_between(*envelope(t, limit), top, color=LIMIT, alpha=0.16, linewidth=0, label="over the hard limit")
        axes.plot(*envelope(t, limit), color=LIMIT, linewidth=0.9)
    axes.plot(*envelope(t, steps.press_est_n[shown, 0]), color=SENSED, linewidth=0.9, label="sensed")
    if steps.has_truth:
        axes.plot(*envelope(t, steps.press_true_n[shown, 0]), color=TRUE, label="true")
    axes.plot(*envelope(t, steps.press_target_n[shown, 0]), color=TARGET, linewidth=0.9, dashes=(4, 2), label="wanted")
    axes.set(xlabel="time [s]", ylabel="press force [N]", ylim=(-1.0, top))
    if begin_s is None:
        _name_strokes(run, axes)
    if len(t) > 1:
        axes.set_xlim(float(t[0]), float(t[-1]))
    legend_above(axes, 4)
    return figure


def force_error(steps: StepColumns, facts: TickFacts) -> Figure:
    """Return the histogram of true minus planned press force over all working samples."""
    figure, (axes,) = new_figure(2.6)
    errors = facts.error_n[facts.working].ravel()
    if errors.size:
        inside = np.clip(errors, -ERROR_RANGE_N, ERROR_RANGE_N)
        counts, edges = np.histogram(inside, np.linspace(-ERROR_RANGE_N, ERROR_RANGE_N, 61))
        axes.stairs(100.0 * counts / errors.size, edges, fill=True, color=TRUE, alpha=0.85)
        p95 = float(np.percentile(np.abs(errors), 95.0))
        for sign in (-1.0, 1.0):
            axes.axvline(sign * p95, color=INK, linewidth=0.9, dashes=(4, 2))
        axes.text(p95, axes.get_ylim()[1], f" 95 % within ±{p95:.2f} N", va="top", color=INK)
    axes.axvline(0.0, color=QUIET, linewidth=0.8)
    axes.set(xlabel="true minus planned press force [N] (ends hold all beyond)", ylabel="working samples [%]")
    return figure


def _name_strokes(run: RunData, axes: Axes) -> None:
    """Write the number of every stroke at its beginning; the table of the report holds the names."""
    for event in run.events:
        if event.kind is EventKind.SEGMENT_BEGIN and isinstance(event.data, SegmentEvent):
            axes.axvline(event.t_s, color=QUIET, linewidth=0.6, dashes=(1, 2))
            axes.text(event.t_s, axes.get_ylim()[1], f" {event.data.index + 1}", va="top", color=QUIET, fontsize=8)
