"""Joint torques against their limits: one panel a joint."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from workbench.figures.style import GRID, INK, LIMIT, QUIET, TRUE, WIDE, Canvas, finished, new_figure
from workbench.record.reader import RunData

Array = NDArray[np.float64]

BINS = 220
"""Intervals of the time axis; in each the band between the smallest and the largest torque is drawn."""
_DIGITS = re.compile(r"(?<=[a-z])(\d+)$")
_PANEL_INCH, _NARROW_PANEL_INCH = 0.52, 0.66


def torque_shares(run: RunData, canvas: Canvas = WIDE) -> Figure:
    """Return the torque sent to every joint as a share of its limit: one panel a joint, all on the same scale.

    Each panel is titled with the joint, its largest share and its limit. A line marks the limit where a joint
    reached the edge of the scale.

    Args:
        run: the run.
        canvas: what it is drawn for.
    """
    steps, limits = run.steps, np.array(run.config.torque_limit_nm)
    shares = 100.0 * steps.tau_nm / limits if steps.count else np.zeros((0, len(limits)))
    panel = _NARROW_PANEL_INCH if canvas.is_narrow else _PANEL_INCH
    figure, axes = new_figure(0.5 + panel * len(limits), rows=len(limits), share_x=True, canvas=canvas)
    half = _half_range(shares)
    for joint, view in enumerate(axes):
        name = _DIGITS.sub(r" \1", run.config.joint_names[joint].replace("_", " "))
        _draw_joint(view, steps.t_s, shares[:, joint], half)
        largest = float(np.nanmax(np.abs(shares[:, joint]), initial=0.0))
        _write_title(view, f"{name}: up to {largest:.0f} % of {limits[joint]:g} Nm", canvas)
    axes[-1].set_xlabel(f"time [s]; every panel: torque sent, -{half:.0f} to {half:.0f} % of the joint's limit")
    if canvas.is_narrow:
        axes[-1].set_xlabel(f"time [s]; panels: -{half:.0f} to {half:.0f} % of limit")
    return finished(figure, canvas)


def _half_range(shares: Array) -> float:
    """Return the half range of all panels [%]: the next of 25, 50 and 100, or what a torque over its limit needs."""
    largest = float(np.nanmax(np.abs(shares), initial=0.0))
    return next((half for half in (25.0, 50.0, 100.0) if largest <= half), 10.0 * float(np.ceil(largest / 10.0)))


def _draw_joint(axes: Axes, t_s: Array, share: Array, half: float) -> None:
    if len(t_s) > 1:
        starts = np.unique(np.linspace(0, len(t_s), BINS, endpoint=False).astype(np.int64))
        low, high = np.fmin.reduceat(share, starts), np.fmax.reduceat(share, starts)
        axes.fill_between(t_s[starts], low, high, color=TRUE, linewidth=0.8)
        axes.set_xlim(float(t_s[0]), float(t_s[-1]))
    axes.axhline(0.0, color=QUIET, linewidth=0.7)
    if half >= 100.0:
        for sign in (-1.0, 1.0):
            axes.axhline(sign * 100.0, color=LIMIT, linewidth=1.0)
    axes.set(ylim=(-half, half), yticks=[])
    axes.spines[["left", "bottom"]].set_color(GRID)
    axes.tick_params(length=0)


def _write_title(axes: Axes, text: str, canvas: Canvas) -> None:
    """Write the title of a panel: above it where it is narrow, else to its right."""
    if canvas.is_narrow:
        axes.set_title(text, pad=2.0, loc="left")
    else:
        axes.text(1.01, 0.5, text, transform=axes.transAxes, va="center", color=INK)
