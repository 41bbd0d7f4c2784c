"""How late the periods of the loops began that were driven on the wall clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.figures.style import INK, LIMIT, TRUE, WIDE, Canvas, finished, new_figure
from workbench.record.wall_clock import LATE_EDGES_US, WallClockTimes


def lateness_histograms(loops: Sequence[WallClockTimes], canvas: Canvas = WIDE) -> Figure:
    """Return the histograms of lateness, a panel a loop on one logarithmic axis, with the period of each.

    Args:
        loops: the loops, one at least.
        canvas: what it is drawn for.
    """
    figure, panels = new_figure(0.9 + 1.5 * len(loops), rows=len(loops), share_x=True, canvas=canvas)
    for axes, times in zip(panels, loops, strict=True):
        _panel(axes, times)
    panels[-1].set_xlabel("lateness [µs]")
    return finished(figure, canvas)


def _panel(axes: Axes, times: WallClockTimes) -> None:
    counts = np.array(times.late_counts)
    axes.stairs(counts, np.array(LATE_EDGES_US), fill=True, color=TRUE, alpha=0.85)
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1.0)
    axes.set_ylim(0.0, 10.0 * max(int(counts.max(initial=0)), 1))
    late = times.figures.lateness
    lines = (("period", times.figures.period_us, LIMIT), ("p50", late.p50_us, INK), ("p99.9", late.p999_us, INK))
    for place, (name, value, colour) in enumerate(sorted(lines, key=lambda line: line[1])):
        shown = max(value, LATE_EDGES_US[0])
        axes.axvline(shown, color=colour, linewidth=1.0, dashes=(4, 2) if colour is INK else (None, None))
        axes.text(shown, 0.97 - 0.2 * place, f" {name}", transform=axes.get_xaxis_transform(), va="top", color=colour)
    axes.set(title=times.loop.value, ylabel="periods")
