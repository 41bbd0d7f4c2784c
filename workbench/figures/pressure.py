"""The strokes and the pressure, drawn on the body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LightSource
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from controller.arm import PadDescription
from controller.errors import MassageArmError
from trajectories.anatomy.body import load_body
from workbench.figures.style import SEQUENTIAL, WIDE, Canvas, finished, new_figure
from workbench.record.columns import StepColumns
from workbench.record.reader import RunData

Array = NDArray[np.float64]

SMALLEST_DEPTH_M = 0.001
"""Below this depth the cap's area is too small for a mean pressure to mean anything (assumed)."""
PATH_POINTS = 6000
CELL_M = 0.005
MARGIN_M = 0.12
_ON_SKIN = "#1d2933"
"""Text on the relief, which is light on dark pages too."""
ROUGHNESS = 2.5
"""How much the relief is exaggerated."""


@dataclass(frozen=True, slots=True)
class Relief:
    """Height map of the body: ``z_m`` (n, m) over ``x_m`` (n,) and ``y_m`` (m,), NaN outside."""

    x_m: Array
    y_m: Array
    z_m: Array


def mean_pressure_pa(steps: StepColumns, pads: tuple[PadDescription, ...]) -> Array:
    """Return the mean pressure under each pad (n, p) [Pa], 0 where the pad is less than SMALLEST_DEPTH_M deep.

    Args:
        steps: the steps of a run.
        pads: pads of its tool, p.

    The contact area is taken as the plan of the spherical cap below the skin, pi (2 r d - d^2): an approximation, since
    tissue is drawn in around the pad and bulges beside it.
    """
    if not steps.has_truth:
        return np.zeros((steps.count, 0))
    radius = np.array([pad.radius_m for pad in pads])
    depth = np.clip(steps.depth_m, 0.0, radius)
    area = np.pi * (2.0 * radius * depth - depth**2)
    deep = depth >= SMALLEST_DEPTH_M
    return np.asarray(np.where(deep, steps.press_true_n / np.where(deep, area, 1.0), 0.0), dtype=np.float64)


def load_relief(body: str) -> Relief | None:
    """Return the height map of a body, None where the body cannot be found any more."""
    try:
        loaded = load_body(body)
    except MassageArmError:
        return None
    return Relief(np.asarray(loaded.x_m), np.asarray(loaded.y_m), np.asarray(loaded.z_m))


def body_map(run: RunData, relief: Relief | None, canvas: Canvas = WIDE) -> Figure:
    """Return two views from above, head up: the strokes coloured by true force, and the peak pressure of each place.

    Args:
        run: the run, with truth.
        relief: height map of the body, None where it is not known.
        canvas: what it is drawn for.
    """
    steps = run.steps
    pressed = np.flatnonzero(np.any(steps.press_true_n > 0.5, axis=1))
    figure, axes = new_figure(5.4 if canvas.is_narrow else 6.6, columns=2, canvas=canvas)
    for view in axes:
        _draw_relief(view, relief)
    if len(pressed):
        _draw_path(figure, axes[0], steps, pressed)
        _draw_pressure(figure, axes[1], steps, run.config.pads)
        _frame(axes, steps.p_wc[pressed].reshape(-1, 3))
    titles = ("true press\nforce", "largest mean\npressure") if canvas.is_narrow else (
        "true press force along the strokes", "largest mean pressure of each place"
    )  # fmt: skip
    for view, title in zip(axes, titles, strict=True):
        view.set_title(title, loc="left")
    axes[1].set_ylabel("")
    if canvas.is_narrow:
        axes[1].set_yticklabels([])
        for view in axes:
            view.set_xlabel("left     right")
            view.set_xticks([])
    return finished(figure, canvas)


def _draw_relief(axes: Axes, relief: Relief | None) -> None:
    axes.grid(visible=False)
    axes.set(aspect="equal", xlabel="left  -  y [m]  -  right", ylabel="x [m] toward the head")
    if relief is None:
        return
    height = np.where(np.isnan(relief.z_m), np.nanmin(relief.z_m), relief.z_m)
    step = float(relief.x_m[1] - relief.x_m[0])
    shade = LightSource(azdeg=315, altdeg=50).hillshade(height, vert_exag=ROUGHNESS, dx=step, dy=step)
    image = np.repeat((0.55 + 0.45 * shade)[:, :, None], 3, axis=2) * np.array([0.97, 0.95, 0.93])
    image = np.dstack([image, (~np.isnan(relief.z_m)).astype(np.float64)])
    extent = (float(relief.y_m[0]), float(relief.y_m[-1]), float(relief.x_m[0]), float(relief.x_m[-1]))
    axes.imshow(image, origin="lower", extent=extent, interpolation="bilinear")


def _draw_path(figure: Figure, axes: Axes, steps: StepColumns, pressed: NDArray[np.int64]) -> None:
    chosen = pressed[:: max(1, len(pressed) // PATH_POINTS)]
    feet = steps.p_wc[chosen]
    force = steps.press_true_n[chosen]
    points = axes.scatter(
        feet[..., 1].ravel(), feet[..., 0].ravel(), c=force.ravel(), s=2.0, cmap=SEQUENTIAL, linewidths=0,
        rasterized=True,
    )  # fmt: skip
    figure.colorbar(points, ax=axes, orientation="horizontal", shrink=0.9, label="N", ticks=MaxNLocator(4))


def _draw_pressure(figure: Figure, axes: Axes, steps: StepColumns, pads: tuple[PadDescription, ...]) -> None:
    pressure = mean_pressure_pa(steps, pads)
    valid = pressure > 0.0
    if not np.any(valid):
        return
    feet, values = steps.p_wc[valid], pressure[valid] * 1e-3
    row = np.floor(feet[:, 0] / CELL_M).astype(np.int64)
    column = np.floor(feet[:, 1] / CELL_M).astype(np.int64)
    peak = np.full((np.ptp(row) + 1, np.ptp(column) + 1), np.nan)
    np.fmax.at(peak, (row - row.min(), column - column.min()), values)
    extent = (
        column.min() * CELL_M, (column.max() + 1) * CELL_M, row.min() * CELL_M, (row.max() + 1) * CELL_M,
    )  # fmt: skip
    image = axes.imshow(peak, origin="lower", extent=extent, cmap=SEQUENTIAL, interpolation="nearest")
    figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.9, label="kPa", ticks=MaxNLocator(4))
    worst = int(np.argmax(values))
    axes.annotate(
        f"{values[worst]:.0f} kPa", (feet[worst, 1], feet[worst, 0]), xytext=(12, 12), textcoords="offset points",
        color=_ON_SKIN, arrowprops={"arrowstyle": "-", "color": _ON_SKIN, "linewidth": 0.7},
        path_effects=[withStroke(linewidth=2.0, foreground="#f4f2f0")],
    )  # fmt: skip


def _frame(axes: list[Axes], feet: Array) -> None:
    """Show the worked part of the body with some of it around, the person's left on the left."""
    low, high = feet.min(axis=0) - MARGIN_M, feet.max(axis=0) + MARGIN_M
    half = max(0.2, float(np.abs([low[1], high[1]]).max()))
    for view in axes:
        view.set_xlim(half, -half)
        view.set_ylim(float(low[0]), float(high[0]))
