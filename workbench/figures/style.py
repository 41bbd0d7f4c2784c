"""One look for all pictures: colours that the colour-blind can tell apart, quiet axes, small inline SVG."""

from __future__ import annotations

import io
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image, features

Array = NDArray[np.float64]

INK = "#22303c"
QUIET = "#8a97a3"
GRID = "#e3e8ec"
TRUE = "#0072b2"
SENSED = "#e69f00"
TARGET = "#22303c"
PALE = "#b9c4cd"
"""Wide lines that lie behind others."""
LIMIT = "#d55e00"
GOOD = "#009e73"
JOINTS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7a6a00", "#444444")
"""Okabe and Ito's palette, which the common forms of colour blindness tell apart."""
SEQUENTIAL = "cividis"
LINE_POINTS = 1600
"""Points kept of a long line; more than a screen can show."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a figure is drawn for. An SVG unit is 1/72 inch; text keeps its size in these units.

    Attributes:
        width_inch: width of the figure.
        text_pt: size of all text; nothing in a figure is written smaller.
        is_narrow: True where panels stand below each other and labels stand above what they name.
        points: points kept of a long line.
    """

    width_inch: float
    text_pt: float
    is_narrow: bool
    points: int


PAGE = Canvas(7.4, 10.0, is_narrow=False, points=LINE_POINTS)
"""Figures of docs and single pictures."""
WIDE = Canvas(9.5, 11.0, is_narrow=False, points=LINE_POINTS)
"""Report on a screen: 684 units, shown 720 px wide or more, so text is at least 11.5 px."""
NARROW = Canvas(4.75, 12.0, is_narrow=True, points=700)
"""Report on a phone: 342 units, shown 358 px wide on a phone of 390 px, so text is about 12.5 px."""

THEME: Mapping[str, str] = MappingProxyType(
    {
        INK: "--ink",
        QUIET: "--axis",
        GRID: "--grid",
        PALE: "--pale",
        TRUE: "--true",
        SENSED: "--sensed",
        LIMIT: "--limit",
        "#ffffff": "--paper",
    }
)
"""Colours that a page gives its own values to, light and dark, by the name of its CSS variable."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
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
_TEXT_SIZES = (
    "font.size", "axes.titlesize", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize",
    "legend.title_fontsize", "figure.titlesize",
)  # fmt: skip
_REMOVED = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->| xmlns(?::xlink)?=\"[^\"]*\"", re.DOTALL
)
_RASTER_DPI = 130
"""Pixels an inch of what is drawn as a picture inside an SVG, such as the relief of the body."""
_WEBP_QUALITY = 88
_PATH = re.compile(r' d="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d+")
_IMAGE = re.compile(r'"data:image/png;base64,\s*([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r"[#](\w+)[\")]")
_COLOUR = re.compile("|".join(THEME), re.IGNORECASE)


def new_figure(
    height_inch: float,
    rows: int = 1,
    columns: int = 1,
    share_x: bool = False,
    canvas: Canvas = PAGE,
    height_ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its axes, row by row; no display is needed."""
    with mpl.rc_context(_style(canvas)):
        figure = Figure(figsize=(canvas.width_inch, height_inch), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=share_x, height_ratios=height_ratios)
    return figure, list(axes.ravel())


def finished(figure: Figure, canvas: Canvas) -> Figure:
    """Give all text of a figure the one size of its canvas and black text the common colour, ticks included."""
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_fontsize(canvas.text_pt)
            if text.get_color() == "black":
                text.set_color(INK)
    for axes in figure.axes:
        axes.tick_params(labelsize=canvas.text_pt, labelcolor=INK, color=QUIET)
    return figure


def legend_above(axes: Axes, columns: int) -> None:
    """Put the legend above the plot, clear of lines and labels in it."""
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, frameon=False, borderaxespad=0.2,
        handlelength=1.4, columnspacing=1.2, handletextpad=0.5,
    )  # fmt: skip


def inline_svg(figure: Figure, name: str) -> str:
    """Return the figure as an ``<svg>`` element for an HTML page, without names of other places in it.

    Args:
        figure: the figure.
        name: name of the figure on its page. Ids inside the element are derived from it, so that two figures of one
            page never share one: a browser would take the definition of a hidden figure for that of a shown one.
    """
    buffer = io.StringIO()
    with mpl.rc_context({**_style(PAGE), "svg.hashsalt": f"massage-arm {name}"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=_RASTER_DPI)
    svg = _REMOVED.sub("", buffer.getvalue()).strip()
    svg = _PATH.sub(lambda path: _NUMBER.sub(lambda found: f"{float(found[0]):.1f}", path[0]), svg)
    svg = _IMAGE.sub(lambda found: f'"{_smaller(found[1])}"', svg)
    used = set(_REFERENCE.findall(svg))
    svg = _ID.sub(lambda found: found[0] if found[1] in used else "", svg)
    return _COLOUR.sub(lambda found: f"var({THEME[found[0].lower()]})", svg)


def _smaller(data: str) -> str:
    """Return a base64 PNG as a data address: as WebP, a tenth of the size, where this Pillow can write it."""
    if not features.check("webp"):
        return f"data:image/png;base64,{''.join(data.split())}"
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(b64decode(data))) as image:
        image.convert("RGBA").save(buffer, format="WEBP", quality=_WEBP_QUALITY, method=2)
    return f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"


def save_png(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG file."""
    with mpl.rc_context(_style(PAGE)):
        figure.savefig(path, format="png", dpi=150)


def _style(canvas: Canvas) -> dict[Any, Any]:
    """Return matplotlib's settings with every text of one size."""
    sizes = dict.fromkeys(_TEXT_SIZES, canvas.text_pt)
    return {**_STYLE, **sizes}


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
