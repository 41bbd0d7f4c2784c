"""What was limited, and when."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from workbench.columns import CAUSES, StepColumns
from workbench.figures.style import LIMIT, SENSED, new_figure

BINS = 400


def limited_timeline(steps: StepColumns) -> Figure | None:
    """Return one bar a cause over time, darker where more of the ticks were limited; None where nothing was."""
    active = [cause for cause in CAUSES if bool(np.any(steps.is_limited_by(cause)))]
    if not active or steps.count < 2:
        return None
    figure, (axes,) = new_figure(0.9 + 0.32 * len(active))
    edges = np.linspace(float(steps.t_s[0]), float(steps.t_s[-1]), BINS + 1)
    ticks = np.histogram(steps.t_s, edges)[0]
    labels = []
    for row, cause in enumerate(active):
        limited = steps.is_limited_by(cause)
        share = np.histogram(steps.t_s[limited], edges)[0] / np.maximum(ticks, 1)
        for index in np.flatnonzero(share > 0.0):
            axes.barh(
                row, edges[index + 1] - edges[index], left=edges[index], height=0.7,
                color=LIMIT if share[index] > 0.5 else SENSED, alpha=0.35 + 0.65 * float(share[index]), linewidth=0,
            )  # fmt: skip
        labels.append(f"{cause.value.replace('_', ' ')} ({100.0 * np.mean(limited):.1f} %)")
    axes.set_yticks(range(len(active)), labels)
    axes.set(xlabel="time [s]", xlim=(edges[0], edges[-1]), ylim=(-0.6, len(active) - 0.4))
    axes.grid(visible=False, axis="y")
    return figure
