"""How long the ticks of the loop took."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from workbench.figures.style import INK, LIMIT, TRUE, WIDE, Canvas, finished, new_figure
from workbench.record.messages import LoopStats
from workbench.record.timing import BIN_EDGES_US


def tick_histogram(total: LoopStats, dt_s: float, canvas: Canvas = WIDE) -> Figure:
    """Return the histogram of tick durations, on logarithmic axes, with the loop period.

    Args:
        total: the closing statistics.
        dt_s: period of the loop.
        canvas: what it is drawn for.
    """
    figure, (axes,) = new_figure(2.7, canvas=canvas)
    counts, edges = np.array(total.histogram), np.array(BIN_EDGES_US)
    axes.stairs(counts, edges, fill=True, color=TRUE, alpha=0.85)
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1.0)
    used = np.flatnonzero(counts)
    if used.size:
        axes.set_xlim(edges[max(used[0] - 1, 0)], max(edges[min(used[-1] + 2, len(edges) - 1)], 2e6 * dt_s))
    axes.set_ylim(0.0, 10.0 * max(int(counts.max(initial=0)), 1))
    lines = (("loop\nperiod", dt_s * 1e6, LIMIT), ("p50", total.p50_us, INK), ("p99", total.p99_us, INK))
    for place, (name, value, colour) in enumerate(sorted(lines, key=lambda line: line[1])):
        axes.axvline(value, color=colour, linewidth=1.0, dashes=(4, 2) if colour is INK else (None, None))
        axes.text(value, 0.98 - 0.17 * place, f" {name}", transform=axes.get_xaxis_transform(), va="top", color=colour)
    axes.set(xlabel="wall time of a tick [µs]", ylabel="ticks")
    return finished(figure, canvas)
