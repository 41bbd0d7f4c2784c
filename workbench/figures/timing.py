"""How long the ticks of the loop took."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from workbench.figures.style import INK, LIMIT, TRUE, new_figure
from workbench.messages import LoopStats
from workbench.timing import BIN_EDGES_US


def tick_histogram(total: LoopStats, dt_s: float) -> Figure:
    """Return the histogram of tick durations, on logarithmic axes, with the loop period."""
    figure, (axes,) = new_figure(2.6)
    axes.stairs(np.array(total.histogram), np.array(BIN_EDGES_US), fill=True, color=TRUE, alpha=0.85)
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1.0)
    axes.axvline(dt_s * 1e6, color=LIMIT, linewidth=1.0)
    axes.text(dt_s * 1e6, axes.get_ylim()[1], " loop period", va="top", color=LIMIT)
    for name, value in (("p50", total.p50_us), ("p99", total.p99_us)):
        axes.axvline(value, color=INK, linewidth=0.8, dashes=(4, 2))
        axes.text(value, axes.get_ylim()[1], f" {name}", va="top", color=INK, fontsize=8)
    axes.set(xlabel="wall time of a tick [us]", ylabel="ticks")
    return figure
