"""Force over depth for ever finer meshes and shorter steps, and what the third opinion says."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.campaigns.tissue.convergence import DEPTHS_M, MeshResult
from workbench.figures.style import GRID, INK, legend_above, new_figure

ENGINE_SHARE = (0.75, 1.0)
"""What the engine's contact hands on to the tissue, by its own formula: corners of a face to its middle."""


def convergence_curves(results: Sequence[MeshResult]) -> Figure:
    """Return three plots: force over depth by mesh, by step, and third opinion over the engine's force."""
    figure, axes = new_figure(3.4, columns=3)
    meshes = [one for one in results if one.task.name.endswith("mm")]
    steps = [one for one in results if one.task.name.endswith("ms")]
    _draw_forces(axes[0], meshes, "mesh size")
    _draw_forces(axes[1], steps, "time step")
    _draw_shares(axes[2], meshes)
    return figure


def _colors(count: int) -> list[tuple[float, float, float, float]]:
    return [mpl.colormaps["viridis"](share) for share in np.linspace(0.9, 0.0, max(count, 1))]


def _draw_forces(axes: Axes, results: Sequence[MeshResult], title: str) -> None:
    depths_mm = 1e3 * np.array(DEPTHS_M)
    for one, color in zip(results, _colors(len(results)), strict=True):
        axes.plot(depths_mm, one.forces_n, "o-", color=color, markersize=3.0, label=one.task.name)
    axes.set_xlabel("depth [mm]")
    axes.set_ylabel(f"force [N] by {title}")
    legend_above(axes, 2)


def _draw_shares(axes: Axes, results: Sequence[MeshResult]) -> None:
    axes.axhspan(*ENGINE_SHARE, color=GRID, zorder=0)
    depths_mm = 1e3 * np.array(DEPTHS_M)
    for one, color in zip(results, _colors(len(results)), strict=True):
        axes.plot(depths_mm, one.passed_on, "o-", color=color, markersize=3.0)
    axes.axhline(1.0, color=INK, linewidth=0.8)
    axes.set_ylim(0.0, 1.2)
    axes.set_xlabel("depth [mm]")
    axes.set_ylabel("linear elasticity over engine")
