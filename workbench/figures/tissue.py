"""Both tissue tiers side by side: depths against each other, forces against the set-point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.campaigns.tissue.campaign import Pair
from workbench.campaigns.tissue.presses import BASE_MM, SHARE, PressResult
from workbench.figures.style import GRID, INK, JOINTS, SENSED, TRUE, legend_above, new_figure

_MARKS = {"pressed": "o", "slid": "^"}


def tier_depths(presses: Sequence[PressResult], pairs: Sequence[Pair]) -> Figure:
    """Return two plots: depth of the finite elements over that of the law, and forces over the set-point."""
    figure, (depths, forces) = new_figure(3.6, columns=2)
    _draw_depths(depths, presses, pairs)
    _draw_forces(forces, pairs)
    return figure


def _draw_depths(axes: Axes, presses: Sequence[PressResult], pairs: Sequence[Pair]) -> None:
    places = list(dict.fromkeys([*(one.task.place for one in presses), *(pair.place for pair in pairs)]))
    colors = dict(zip(places, JOINTS, strict=False))
    for one in presses:
        axes.plot(one.law_mm, one.fem_mm, "s", color=colors[one.task.place], markersize=3.5, alpha=0.5)
    for pair in pairs:
        for name, mark in _MARKS.items():
            law, fem = getattr(pair.law, name), getattr(pair.fem, name)
            if law is not None and fem is not None:
                axes.plot(law.depth_mm, fem.depth_mm, mark, color=colors[pair.place], markersize=4.5, alpha=0.8)
    top = 1.05 * max(axes.get_xlim()[1], axes.get_ylim()[1])
    line = np.array([0.0, top])
    axes.fill_between(line, (1.0 - SHARE) * line - BASE_MM, (1.0 + SHARE) * line + BASE_MM, color=GRID, zorder=0)
    axes.plot(line, line, color=INK, linewidth=0.8)
    axes.set_xlim(0.0, top)
    axes.set_ylim(0.0, top)
    for place, color in colors.items():
        axes.plot([], [], "o", color=color, label=place)
    axes.set_xlabel("depth on the law [mm]")
    axes.set_ylabel("depth on finite elements [mm]")
    axes.text(0.97, 0.05, "□ slow press  ○ resting  △ sliding", transform=axes.transAxes, ha="right", fontsize=8)
    legend_above(axes, 3)


def _draw_forces(axes: Axes, pairs: Sequence[Pair]) -> None:
    for tier, color, offset in (("law", TRUE, -0.6), ("fem", SENSED, 0.6)):
        for pair in pairs:
            run = getattr(pair, tier)
            for name, mark in _MARKS.items():
                phase = getattr(run, name)
                if phase is not None:
                    x = run.force_n + offset
                    axes.plot(x, 100.0 * (phase.mean_n / run.force_n - 1.0), mark, color=color, markersize=4.0)
                    axes.plot(x, 100.0 * (phase.peak_n / run.force_n - 1.0), "_", color=color, markersize=8.0)
        axes.plot([], [], "o", color=color, label="law" if tier == "law" else "finite elements")
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.set_xlabel("set-point [N]")
    axes.set_ylabel("force over set-point [%]")
    axes.text(0.97, 0.95, "○ △ mean   — peak", transform=axes.transAxes, ha="right", va="top", fontsize=8)
    legend_above(axes, 2)
