"""A body with its massage regions, keep-out zones and landmarks, seen from above."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LightSource, to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from controller.types import KeepOut, Region
from trajectories.anatomy.body import Body
from trajectories.anatomy.keepout import KEEP_OUTS, KeepOutMap
from trajectories.anatomy.landmarks import SPINE
from trajectories.anatomy.measures import T3_FRACTION, Measures
from trajectories.anatomy.regions import REGIONS, RegionMap
from trajectories.anatomy.skin import Skin
from workbench.figures.style import INK, LIMIT, QUIET

Array = NDArray[np.float64]

_COLOURS = {
    Region.SACRUM: "#e69f00",
    Region.GLUTEAL: "#f0e442",
    Region.LUMBAR_PARASPINAL: "#0072b2",
    Region.THORACIC_PARASPINAL: "#56b4e9",
    Region.RHOMBOID: "#cc79a7",
    Region.UPPER_TRAPEZIUS: "#009e73",
    Region.NECK_BASE: "#f0e442",
    Region.DELTOID: "#e69f00",
    Region.THIGH: "#56b4e9",
    Region.CALF: "#009e73",
}
"""Okabe and Ito's palette; neighbours differ in lightness too, and every region is named beside it."""
_TINT = 0.55
_RELIEF_M = 0.004
"""Smoothing of the drawn relief: less than the planner's, so that the shape is seen."""
_EXAGGERATION = 1.6
_SOFT_EDGE_M = 0.004
_BELOW_M = 0.20
"""The large picture begins this far below L5S1."""
_MARGIN_CM = 26.0
"""Room for labels on each side of the large picture."""
_HALO = [withStroke(linewidth=2.5, foreground="white")]


def draw_anatomy(body: Body) -> Figure:
    """Draw the skin of a body in relief with regions, keep-out zones and landmarks; axes in cm of the patient frame.

    The person lies prone with the head up, so the person's left is on the left. Regions are named on the left of the
    large picture, keep-out zones on its right; the small picture shows the whole body with the legs.

    Args:
        body: the body.

    Returns:
        the figure; nothing is shown and no display is needed.
    """
    regions, keep_outs = RegionMap.from_body(body), KeepOutMap.from_body(body)
    picture = _picture(body, regions)
    with mpl.rc_context(
        {"hatch.linewidth": 0.7, "hatch.color": LIMIT, "font.size": 9.0, "svg.hashsalt": "massage-arm"}
    ):
        figure = Figure(figsize=(11.0, 7.2), layout="constrained")
        back, whole = figure.subplots(1, 2, width_ratios=(3.1, 1.0))
        for axes in (back, whole):
            _draw_body(axes, body, picture, keep_outs)
        _label_back(back, body, regions, keep_outs)
        _label_whole(whole, body, regions, keep_outs)
        title = f"{body.name}: {body.stature_m:.2f} m, {body.mass_kg:.0f} kg, prone, seen from above"
        figure.suptitle(title, x=0.02, ha="left", color=INK, fontsize=12)
        figure.supxlabel(model_t3_note(body), x=0.02, ha="left", color=INK, fontsize=10)
    return figure


def model_t3_note(body: Body) -> str:
    """Return the sentence that tells how far the landmark T3 lies below the third thoracic vertebra."""
    below_m = Measures.of(body).thoracic_x(T3_FRACTION) - body.landmarks["T3"][0]
    return (
        f"* The landmark T3 is a joint of the body model and lies {1e2 * below_m:.0f} cm below the third thoracic "
        "vertebra, whose place is estimated from C7 and T12."
    )


def _picture(body: Body, regions: RegionMap) -> Array:
    """Return the relief tinted by region (n, m, 4) on the grid of the region table, transparent off the body."""
    skin = Skin.from_body(body, _RELIEF_M)
    n, m = regions.table.shape
    x = regions.x0_m + np.arange(n) / regions.inverse_spacing_per_m
    y = regions.y0_m + np.arange(m) / regions.inverse_spacing_per_m
    grid_x, grid_y = np.meshgrid(x, y, indexing="ij")
    heights = skin.height(grid_x, grid_y).reshape(n, m)
    step = 1.0 / regions.inverse_spacing_per_m
    # the light comes from the head's left; columns are turned so that the picture, drawn with y to the left, is lit so
    light = LightSource(azdeg=315, altdeg=50).hillshade(heights[::-1, ::-1], _EXAGGERATION, step, step)[::-1, ::-1]
    shade = 0.35 + 0.65 * light
    picture = np.ones((n, m, 4))
    picture[..., :3] = shade[..., None] * np.array([0.93, 0.92, 0.90])
    for code, region in enumerate(REGIONS):
        if region in _COLOURS:
            cells = regions.table == code
            tint = (1.0 - _TINT) + _TINT * np.array(to_rgb(_COLOURS[region]))
            picture[cells, :3] = shade[cells][:, None] * tint
    picture[..., 3] = np.clip(0.5 + skin.outline_distance(grid_x, grid_y) / _SOFT_EDGE_M, 0.0, 1.0).reshape(n, m)
    return picture


def _draw_body(axes: Axes, body: Body, picture: Array, keep_outs: KeepOutMap) -> None:
    """Draw relief and hatched keep-out zones, in cm."""
    n, m = keep_outs.table.shape
    x = 1e2 * (keep_outs.x0_m + np.arange(n) / keep_outs.inverse_spacing_per_m)
    y = 1e2 * (keep_outs.y0_m + np.arange(m) / keep_outs.inverse_spacing_per_m)
    half = 50.0 / keep_outs.inverse_spacing_per_m
    extent = (y[0] - half, y[-1] + half, x[0] - half, x[-1] + half)
    axes.imshow(picture, origin="lower", extent=extent, interpolation="bilinear", zorder=1)
    closed = (keep_outs.table >= 0) & (keep_outs.table != KEEP_OUTS.index(KeepOut.OFF_BODY))
    axes.contourf(y, x, closed.astype(float), levels=[0.5, 1.5], colors="none", hatches=["/////"], zorder=2)
    axes.contour(y, x, closed.astype(float), levels=[0.5], colors=LIMIT, linewidths=0.9, zorder=3)
    axes.set_aspect("equal")
    axes.invert_xaxis()
    axes.set_xlabel("y, to the person's left [cm]")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=INK, length=3)


def _label_back(axes: Axes, body: Body, regions: RegionMap, keep_outs: KeepOutMap) -> None:
    """Name regions on the left, keep-out zones on the right, and the landmarks where they are."""
    low = 1e2 * (body.landmarks["L5S1"][0] - _BELOW_M)
    edge = 1e2 * max(abs(body.y_m[0]), abs(body.y_m[-1]))
    axes.set_xlim(edge + _MARGIN_CM, -edge - _MARGIN_CM)
    axes.set_ylim(low, 1e2 * body.x_m[-1] + 1.0)
    axes.set_ylabel("x, toward the head [cm]")
    axes.set_xticks(np.arange(-20.0, 21.0, 10.0))
    names = [(r, regions.table == code) for code, r in enumerate(REGIONS) if r in _COLOURS]
    spots = [(r.replace("_", " "), s) for r, cells in names if (s := _spot(cells, regions, True)) and s[1] > low]
    _label_column(axes, spots, edge + 1.0, INK, "massage regions")
    zones = [(z, keep_outs.table == code) for code, z in enumerate(KEEP_OUTS) if z != KeepOut.OFF_BODY]
    spots = [(z.replace("_", " "), s) for z, cells in zones if (s := _spot(cells, keep_outs, False)) and s[1] > low]
    _label_column(axes, spots, -edge - 1.0, "#a34700", "keep-out zones: no press")
    for name in (*SPINE, "acromion_L", "acromion_R", "shoulder_L", "shoulder_R"):
        x, y, _ = body.landmarks[name]
        axes.plot(1e2 * y, 1e2 * x, "o", ms=3.5, mfc="white", mec=INK, mew=1.0, zorder=5)
        text = {"T3": "T3*"}.get(name, name if name in SPINE else name.partition("_")[0])
        axes.annotate(
            text, (1e2 * y, 1e2 * x), (5, -3), textcoords="offset points", fontsize=8, path_effects=_HALO, zorder=6
        )


def _label_whole(axes: Axes, body: Body, regions: RegionMap, keep_outs: KeepOutMap) -> None:
    """Name what only the picture of the whole body shows."""
    edge = 1e2 * max(abs(body.y_m[0]), abs(body.y_m[-1]))
    axes.set_xlim(edge, -edge)
    axes.set_xticks([-20.0, 0.0, 20.0])
    axes.set_xlabel("y [cm]")
    for region in (Region.THIGH, Region.CALF):
        if spot := _spot(regions.table == REGIONS.index(region), regions, True):
            axes.text(*spot, region, ha="center", fontsize=8, path_effects=_HALO, zorder=6)
    popliteal = keep_outs.table == KEEP_OUTS.index(KeepOut.POPLITEAL)
    if spot := _spot(popliteal, keep_outs, False):
        axes.text(*spot, KeepOut.POPLITEAL, ha="center", fontsize=8, color="#a34700", path_effects=_HALO, zorder=6)


def _spot(cells: NDArray[np.bool_], grid: RegionMap | KeepOutMap, is_left: bool) -> tuple[float, float] | None:
    """Return (y, x) in cm of the cell nearest to the middle of those on one side of the body, None without any."""
    rows, columns = np.nonzero(cells)
    y = 1e2 * (grid.y0_m + columns / grid.inverse_spacing_per_m)
    x = 1e2 * (grid.x0_m + rows / grid.inverse_spacing_per_m)
    side = y > 0.0 if is_left else y <= 0.0
    if not side.any():
        return None
    y, x = y[side], x[side]
    nearest = np.argmin(np.hypot(y - y.mean(), x - x.mean()))
    return float(y[nearest]), float(x[nearest])


def _label_column(axes: Axes, spots: list[tuple[str, tuple[float, float]]], y: float, colour: str, title: str) -> None:
    """Write labels in a column at y [cm], in the order of their places, each with a line to its place."""
    gap = 3.0
    top = axes.get_ylim()[1]
    heights = [top - 1.2]  # of the title, then of the labels
    ordered = sorted(spots, key=lambda item: -item[1][1])
    for _, (_, x) in ordered:
        heights.append(min(x, heights[-1] - gap))
    align = "right" if y > 0.0 else "left"
    outward = 1.0 if y > 0.0 else -1.0
    axes.text(y + 2.0 * outward, top, title, ha=align, va="top", color=colour, fontsize=9, fontweight="bold")
    for (name, spot), x in zip(ordered, heights[1:], strict=True):
        axes.plot([y + outward, spot[0]], [x, spot[1]], color=QUIET, lw=0.7, zorder=4)
        axes.plot(*spot, ".", color=colour, ms=4, zorder=5)
        axes.text(y + 1.5 * outward, x, name, ha=align, va="center", color=colour)
