"""Stability margins of the gain sets over loop lag and tissue stiffness."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from controller.law.margins import LAGS_MS, SOUND_SENSITIVITY, STIFFNESSES_N_PER_MM, Margin, NamedMargin
from workbench.figures.style import INK, LIMIT, new_figure

SCALE = (1.0, 4.0)
"""Sensitivity peaks shown in colour; larger ones look like the upper end."""
_COLORS = "viridis_r"


def margin_maps(table: Sequence[NamedMargin]) -> Figure:
    """Return the peak of the sensitivity of every gain set over lag and stiffness, on one colour scale.

    Unstable cells are hatched; a line surrounds what is sound (peak at most SOUND_SENSITIVITY).

    Args:
        table: rows of ``controller.law.margins.margin_table``.
    """
    names = tuple(dict.fromkeys(row.gains for row in table))
    figure, axes = new_figure(3.5, columns=len(names))
    cells = {(row.gains, row.margin.lag_ms, row.margin.stiffness_n_per_mm): row.margin for row in table}
    image = None
    with mpl.rc_context({"hatch.color": LIMIT, "hatch.linewidth": 0.8}):
        for view, gains in zip(axes, names, strict=True):
            grid = [[cells[gains, lag, stiffness] for stiffness in STIFFNESSES_N_PER_MM] for lag in LAGS_MS]
            peaks = [[row.sensitivity_peak if row.is_stable else math.nan for row in line] for line in grid]
            image = view.imshow(peaks, _COLORS, Normalize(*SCALE), origin="lower", aspect="auto")
            _mark_cells(view, grid)
            view.set_title(gains, loc="left", fontsize=10, color=INK)
            view.set_xticks(range(len(STIFFNESSES_N_PER_MM)), [f"{value:g}" for value in STIFFNESSES_N_PER_MM])
            view.set_yticks(range(len(LAGS_MS)), [f"{value:g}" for value in LAGS_MS])
            view.set_xlabel("tissue [N/mm]")
            view.grid(visible=False)
            view.tick_params(length=0)
            view.spines[["left", "bottom"]].set_visible(False)
    axes[0].set_ylabel("loop lag [ms]")
    if image is not None:
        bar = figure.colorbar(image, ax=axes, extend="max", shrink=0.9, pad=0.02)
        bar.set_label("sensitivity peak")
        bar.ax.axhline(SOUND_SENSITIVITY, color="white", linewidth=1.6)
    note = f"framed: sound (peak at most {SOUND_SENSITIVITY:g}); hatched: unstable"
    figure.supxlabel(note, fontsize=9, color=INK)
    return figure


def _mark_cells(axes: Axes, grid: list[list[Margin]]) -> None:
    """Write the peaks, hatch what is unstable and frame what is sound."""
    sound = np.pad(np.array([[row.is_sound for row in line] for line in grid]), 1)
    for lag, line in enumerate(grid):
        for column, row in enumerate(line):
            if not row.is_stable:
                corner = (column - 0.5, lag - 0.5)
                axes.add_patch(Rectangle(corner, 1.0, 1.0, fill=False, hatch="////", linewidth=0, edgecolor=LIMIT))
                continue
            dark = row.sensitivity_peak > 2.2
            text = f"{row.sensitivity_peak:.2f}" if row.sensitivity_peak < 9.995 else ">10"
            axes.text(column, lag, text, ha="center", va="center", fontsize=7.0, color="white" if dark else INK)
    for lag, column in np.argwhere(sound):
        left, low = column - 1.5, lag - 1.5
        for other, ends in (
            (sound[lag, column - 1], ((left, left), (low, low + 1.0))),
            (sound[lag, column + 1], ((left + 1.0, left + 1.0), (low, low + 1.0))),
            (sound[lag - 1, column], ((left, left + 1.0), (low, low))),
            (sound[lag + 1, column], ((left, left + 1.0), (low + 1.0, low + 1.0))),
        ):
            if not other:
                axes.plot(*ends, color="white", linewidth=2.6, solid_capstyle="round")
                axes.plot(*ends, color=INK, linewidth=1.2, solid_capstyle="round")
    axes.set(xlim=(-0.5, len(grid[0]) - 0.5), ylim=(-0.5, len(grid) - 0.5))
