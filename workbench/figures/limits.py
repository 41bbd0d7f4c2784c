"""What was limited, and when."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from workbench.figures.style import LIMIT, SENSED, WIDE, Canvas, finished, new_figure
from workbench.record.columns import CAUSES, StepColumns

BINS = 400


def limited_timeline(steps: StepColumns, canvas: Canvas = WIDE) -> Figure | None:
    """Return one bar a cause over time, darker where more of the ticks were limited; None where nothing was.

    Args:
        steps: the steps.
        canvas: what it is drawn for.
    """
    active = [cause for cause in CAUSES if bool(np.any(steps.is_limited_by(cause)))]
    if not active or steps.count < 2:
        return None
    row_inch = 0.5 if canvas.is_narrow else 0.34
    figure, (axes,) = new_figure(0.9 + row_inch * len(active), canvas=canvas)
    edges = np.linspace(float(steps.t_s[0]), float(steps.t_s[-1]), BINS + 1)
    ticks = np.histogram(steps.t_s, edges)[0]
    labels = []
    for row, cause in enumerate(active):
        limited = steps.is_limited_by(cause)
        _draw_cause(axes, row, edges, np.histogram(steps.t_s[limited], edges)[0] / np.maximum(ticks, 1), canvas)
        labels.append(f"{cause.value.replace('_', ' ')} ({100.0 * np.mean(limited):.1f} %)")
    if canvas.is_narrow:
        axes.set_yticks([])
        for row, label in enumerate(labels):
            axes.text(edges[0], row + 0.16, label, va="bottom")
    else:
        axes.set_yticks(range(len(active)), labels)
    axes.set(
        xlabel="time [s]", xlim=(edges[0], edges[-1]), ylim=(-0.6, len(active) - (0.2 if canvas.is_narrow else 0.4))
    )
    axes.grid(visible=False, axis="y")
    return finished(figure, canvas)


def _draw_cause(axes: Axes, row: int, edges: NDArray[np.float64], share: NDArray[np.float64], canvas: Canvas) -> None:
    """Draw the bar of one cause; a narrow one is low, with its label above it."""
    place, height = (row - 0.15, 0.5) if canvas.is_narrow else (row, 0.7)
    shown = np.flatnonzero(share > 0.0)
    spans = [(float(edges[index]), float(edges[index + 1] - edges[index])) for index in shown]
    colours = [to_rgba(LIMIT if share[index] > 0.5 else SENSED, 0.5 + 0.5 * float(share[index])) for index in shown]
    axes.broken_barh(spans, (place - 0.5 * height, height), facecolors=colours, linewidth=0)
