"""One look for all pictures: colours that the colour-blind can tell apart, quiet axes, small inline SVG."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

Array = NDArray[np.float64]

INK = "#22303c"
QUIET = "#8a97a3"
GRID = "#e3e8ec"
TRUE = "#0072b2"
SENSED = "#e69f00"
TARGET = "#22303c"
LIMIT = "#d55e00"
GOOD = "#009e73"
JOINTS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7a6a00", "#444444")
"""Okabe and Ito's palette, which the common forms of colour blindness tell apart."""
SEQUENTIAL = "cividis"
WIDTH_INCH = 7.4
LINE_POINTS = 1600
"""Points kept of a long line; more than a screen can show."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "massage-arm",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "lines.linewidth": 1.1,
}
_REMOVED = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->| xmlns(?::xlink)?=\"[^\"]*\"", re.DOTALL
)


def new_figure(height_inch: float, rows: int = 1, columns: int = 1, share_x: bool = False) -> tuple[Figure, list[Axes]]:
    """Return a figure of the common width and its axes, row by row; no display is needed."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_INCH, height_inch), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=share_x)
    return figure, list(axes.ravel())


def legend_above(axes: Axes, columns: int) -> None:
    """Put the legend above the plot, clear of lines and labels in it."""
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, frameon=False, fontsize=9.0, borderaxespad=0.2
    )


def inline_svg(figure: Figure) -> str:
    """Return the figure as an ``<svg>`` element for an HTML page, without names of other places in it."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=130)
    return _REMOVED.sub("", buffer.getvalue()).strip()


def save_png(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG file."""
    with mpl.rc_context(_STYLE):
        figure.savefig(path, format="png", dpi=150)


def envelope(t: Array, values: Array, points: int = LINE_POINTS) -> tuple[Array, Array]:
    """Return a line thinned to at most about ``points`` points that still shows every peak.

    Args:
        t: abscissa (n,).
        values: ordinate (n,).
        points: points wanted; each interval keeps its smallest and its largest value, in order.
    """
    bins = points // 2
    if len(t) <= 2 * bins:
        return t, values
    edges = np.linspace(0, len(t), bins + 1).astype(np.int64)
    kept: list[int] = []
    for first, last in pairwise(edges):
        part = values[first:last]
        if np.all(np.isnan(part)):
            kept.append(int(first))
            continue
        kept.extend(sorted({int(first + np.nanargmin(part)), int(first + np.nanargmax(part))}))
    chosen = np.array(kept)
    return t[chosen], values[chosen]
