"""The frames of ``docs/frames.md`` on the real scene: all of them on the arm and the body, and the tool tip in section.

Axes are red x, green y, blue z. The section is drawn to scale in the plane of the tool's x and z axes.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, ConnectionPatch, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from trajectories.anatomy.skin import Skin
from urdf.visuals import Primitive, ShapeKind, visual_primitives
from workbench.figures.body_mesh import SKIN_COLOR
from workbench.figures.raster import Camera
from workbench.figures.scene import DPI, Scene, base_pose, link_pose, scene_mesh, show_render
from workbench.figures.style import INK, LIMIT, QUIET

Array = NDArray[np.float64]

FRAME_LETTERS = ("W", "K", "B", "F", "S", "T", "C")
AXIS_COLORS = ("#c8102e", "#00843d", "#0057b8")
"""Red x, green y, blue z, as robot tools draw them; every axis is also named, for those who cannot tell them apart."""
_SIZE_INCH = (10.91, 7.2)
_LEFT_SHARE = 0.68
_PALE = 0.30
_SECTION_M = (-0.056, 0.056)
_SECTION_BELOW_M = -0.042
_SECTION_TOP_M = 0.182
_TOOL_LINKS = ("link7", "flange", "wrist_sensor", "tool_body", "tool")
_NORMAL_COLOR = "#6aa5de"
_HALO = [withStroke(linewidth=3.0, foreground="white")]


def draw_frames(scene: Scene, dpi: int = DPI) -> Figure:
    """Return the picture of all frames: the scene on the left, the tool tip in section on the right.

    Args:
        scene: what is drawn.
        dpi: pixels an inch of the rendered part; save the figure with the same.
    """
    width, height = round(dpi * _SIZE_INCH[0] * _LEFT_SHARE), round(dpi * _SIZE_INCH[1])
    camera = Camera(np.array([0.62, 2.05, 1.75]), np.array([0.20, -0.13, 0.20]), np.array([0.0, 0.0, 1.0]), width,
                    height, 2.2 * width)  # fmt: skip
    figure = Figure(figsize=_SIZE_INCH, dpi=dpi)
    whole = figure.add_axes((0.0, 0.0, _LEFT_SHARE, 1.0))
    show_render(whole, scene_mesh(scene), camera)
    whole.add_patch(Rectangle((0, 0), width, height, color="white", alpha=_PALE, linewidth=0))
    _draw_all(whole, scene, camera)
    section = figure.add_axes((_LEFT_SHARE + 0.005, 0.075, 0.99 - _LEFT_SHARE, 0.885))
    _draw_section(section, scene)
    tip = camera.project(np.array(scene.plan.at(scene.t_s).position_m)[None])[0]
    lens = 0.31 * dpi
    whole.add_patch(Circle((float(tip[0]), float(tip[1])), lens, fill=False, edgecolor=INK, linewidth=1.0))
    for corner in (_SECTION_BELOW_M, _SECTION_TOP_M):
        side = 1.0 if corner < 0.0 else -1.0
        figure.add_artist(
            ConnectionPatch(
                (float(tip[0]), float(tip[1]) + side * lens), (1e3 * _SECTION_M[0], 1e3 * corner), "data", "data",
                axesA=whole, axesB=section, color=INK, linewidth=0.6, alpha=0.5,
            )
        )  # fmt: skip
    return figure


def _draw_all(axes: Axes, scene: Scene, camera: Camera) -> None:
    """Draw the axes of all frames but C, which is too close to T to be told apart at this size."""
    q = scene.posture_rad
    base, flange, tool = base_pose(scene.robot.placement), *(link_pose(scene.robot, q, k) for k in ("flange", "tool"))
    names = ("x to the head", "y to the person's left", "z up (dorsal)")
    _draw_frame(axes, camera, np.zeros(3), np.eye(3), 0.15, names, ((52.0, 14.0), (0.0, 0.0), (0.0, 0.0)))
    _letter(axes, camera, np.zeros(3), "W = K", (14, 12), "world = patient, at L5S1")
    _draw_frame(axes, camera, np.array(base.translation), np.array(base.rotation), 0.15, ("x", "y", "z"))
    _letter(axes, camera, np.array(base.translation), "B", (-52, 26), "base")
    _draw_frame(axes, camera, np.array(flange.translation), np.array(flange.rotation), 0.085, ("x", "y", ""))
    _letter(axes, camera, np.array(flange.translation), "F = S", (-62, 6), "flange, sensor")
    _draw_frame(axes, camera, np.array(tool.translation), np.array(tool.rotation), 0.07, ("", "", ""))
    _letter(axes, camera, np.array(tool.translation), "T, C", (-44, -8), "pad, contact")


def _draw_frame(
    axes: Axes,
    camera: Camera,
    origin_m: Array,
    rotation: Array,
    length_m: float,
    names: tuple[str, str, str],
    nudges: tuple[tuple[float, float], ...] = ((0.0, 0.0),) * 3,
) -> None:
    """Draw three axes and write what they are called beyond their ends, moved by nudges in pixels."""
    ends = camera.project(
        np.vstack([origin_m, origin_m + length_m * rotation.T, origin_m + 1.18 * length_m * rotation.T])
    )
    for axis, (color, name, nudge) in enumerate(zip(AXIS_COLORS, names, nudges, strict=True)):
        _arrow(axes, ends[0, :2], ends[1 + axis, :2], color)
        if name:
            column, row = (float(v) for v in ends[4 + axis, :2] + nudge)
            axes.text(column, row, name, color=color, fontsize=9.5, ha="center", va="center",
                      path_effects=_HALO, zorder=7)  # fmt: skip


def _arrow(axes: Axes, tail: Array, head: Array, color: str, width: float = 2.2) -> None:
    axes.annotate(
        "", (float(head[0]), float(head[1])), (float(tail[0]), float(tail[1])), zorder=6,
        arrowprops={"arrowstyle": "-|>,head_width=0.28,head_length=0.55", "color": color, "linewidth": width,
                    "shrinkA": 0.0, "shrinkB": 0.0},
    )  # fmt: skip


def _letter(axes: Axes, camera: Camera, point_m: Array, letters: str, shift: tuple[float, float], meaning: str) -> None:
    """Write a frame's letters and, smaller, what it is, some points away from its origin."""
    column, row = (float(v) for v in camera.project(point_m[None])[0, :2])
    align = "left" if shift[0] > 0.0 else "right"
    axes.annotate(letters, (column, row), shift, textcoords="offset points", fontsize=15, fontweight="bold", color=INK,
                  ha=align, va="center", path_effects=_HALO, zorder=8)  # fmt: skip
    axes.annotate(meaning, (column, row), (shift[0], shift[1] - 14.0), textcoords="offset points", fontsize=9,
                  color=INK, ha=align, va="center", path_effects=_HALO, zorder=8)  # fmt: skip


def _draw_section(axes: Axes, scene: Scene) -> None:
    """Draw the tool tip in the plane of the tool's x (right) and z (down) axes, in mm about T."""
    pose = link_pose(scene.robot, scene.posture_rad, "tool")
    rotation, tip = np.array(pose.rotation), np.array(pose.translation)
    radius = scene.robot.arm.tool.only_pad("the drawing of frames").radius_m
    _draw_tissue(axes, scene.skin, tip, rotation, radius)
    for primitive in visual_primitives(scene.robot.arm.urdf_path):
        if primitive.link in _TOOL_LINKS:
            link = link_pose(scene.robot, scene.posture_rad, primitive.link)
            center = np.array(link.rotation) @ np.array(primitive.origin_m) + np.array(link.translation)
            _draw_part(axes, primitive, 1e3 * (center - tip) @ rotation)
    foot = scene.skin.foot(tip[None])[0]
    normal = scene.skin.normal(foot[0], foot[1])[0]
    flange = 1e3 * float(
        (np.array(link_pose(scene.robot, scene.posture_rad, "flange").translation) - tip) @ rotation[:, 2]
    )
    contact, outward = _in_plane(1e3 * (foot - tip), rotation), _in_plane(normal, rotation)
    _arrow(axes, contact, contact + 48.0 * outward, _NORMAL_COLOR, 5.0)
    for height, down in ((-flange, 26.0), (0.0, 17.0)):
        origin = np.array([0.0, height])
        _arrow(axes, origin, origin + np.array([26.0, 0.0]), AXIS_COLORS[0])
        _arrow(axes, origin, origin - np.array([0.0, down]), AXIS_COLORS[2])
        axes.plot(*origin, "o", ms=9, mfc="white", mec=AXIS_COLORS[1], mew=1.8, zorder=7)
        axes.plot(*origin, "o", ms=3, color=AXIS_COLORS[1], zorder=7)
    axes.plot(*contact, "o", ms=5, color=INK, zorder=8)
    _arrow(axes, contact - 8.0 * outward, contact - 27.0 * outward, LIMIT, 5.0)
    _label_section(axes, contact, outward, -flange, 1e3 * radius)
    axes.set(xlim=[1e3 * v for v in _SECTION_M], ylim=(1e3 * _SECTION_BELOW_M, 1e3 * _SECTION_TOP_M), aspect="equal")
    axes.set_xlabel("along x of T [mm]", color=INK, fontsize=9)
    axes.tick_params(colors=INK, labelsize=8, left=False, labelleft=False)
    for spine in axes.spines.values():
        spine.set_color(QUIET)


def _in_plane(vector: Array, rotation: Array) -> Array:
    """Return right and up components (2,) of a vector (3,) in W."""
    local = vector @ rotation
    return np.array([local[0], -local[2]])


def _draw_tissue(axes: Axes, skin: Skin, tip_m: Array, rotation: Array, radius_m: float) -> None:
    """Fill the tissue below the planned skin and outside the pad; where the skin would be untouched, dash it."""
    across = np.linspace(*_SECTION_M, 400)
    up = np.zeros_like(across)
    for _ in range(8):  # the skin is given as a height over x and y: move along the tool's axis until on it
        points = tip_m + across[:, None] * rotation[:, 0] - up[:, None] * rotation[:, 2]
        up += (skin.height(points[:, 0], points[:, 1]) - points[:, 2]) / -rotation[2, 2]
    pad = np.where(np.abs(across) < radius_m, -np.sqrt(np.maximum(radius_m**2 - across**2, 0.0)), np.inf)
    pressed = np.minimum(up, pad)
    color = tuple(float(v) for v in SKIN_COLOR)
    axes.fill_between(1e3 * across, 1e3 * pressed, 1e3 * _SECTION_BELOW_M, color=color, linewidth=0, zorder=1)
    axes.plot(1e3 * across, 1e3 * pressed, color="#8a5a44", linewidth=1.4, zorder=4)
    untouched = np.where(pressed < up, up, np.nan)
    axes.plot(1e3 * across, 1e3 * untouched, color="#8a5a44", linewidth=1.2, dashes=(4, 2), zorder=5)


def _draw_part(axes: Axes, primitive: Primitive, center_mm: Array) -> None:
    """Draw a sphere or a cylinder on the tool's axis in outline."""
    color, edge = primitive.rgba[:3], QUIET
    right, up = float(center_mm[0]), -float(center_mm[2])
    if primitive.kind is ShapeKind.SPHERE:
        axes.add_patch(Circle((right, up), 1e3 * primitive.size_m[0], facecolor=color, edgecolor=edge, zorder=3))
    elif primitive.kind is ShapeKind.CYLINDER:
        radius, length = (1e3 * v for v in primitive.size_m)
        place = (right - radius, up - length / 2.0)
        axes.add_patch(Rectangle(place, 2.0 * radius, length, facecolor=color, edgecolor=edge, zorder=2))


def _label_section(axes: Axes, contact: Array, outward: Array, flange_mm: float, radius_mm: float) -> None:
    """Write letters and meanings of the section."""
    texts: list[tuple[float, float, str, float, str, str]] = [
        (-27.0, flange_mm, "F = S", 14.0, INK, "right"),
        (-21.0, 4.0, "T", 14.0, INK, "right"),
        (30.0, flange_mm, "x", 9.5, AXIS_COLORS[0], "left"),
        (30.0, 0.0, "x", 9.5, AXIS_COLORS[0], "left"),
        (-4.0, flange_mm - 22.0, "z", 9.5, AXIS_COLORS[2], "right"),
        (-5.0, flange_mm + 5.0, "y", 9.5, AXIS_COLORS[1], "right"),
        (-5.0, 5.0, "y", 9.5, AXIS_COLORS[1], "right"),
        (-4.0, -14.0, "z", 9.5, AXIS_COLORS[2], "right"),
    ]
    for x, y, text, size, color, align in texts:
        weight = "bold" if size > 12.0 else "normal"
        axes.text(x, y, text, fontsize=size, color=color, ha=align, va="center", weight=weight, path_effects=_HALO,
                  zorder=8)  # fmt: skip
    top = contact + 46.0 * outward
    axes.text(top[0] + 4.0, top[1], "n = z of C", fontsize=9.5, color=AXIS_COLORS[2], va="center", path_effects=_HALO,
              zorder=8)  # fmt: skip
    for text, point, place in (
        ("C", contact, (24.0, -24.0)),
        (f"radius {radius_mm:g} mm", np.array([radius_mm * 0.77, radius_mm * 0.64]), (13.0, 24.0)),
    ):
        size = 14.0 if text == "C" else 9.0
        axes.annotate(text, (float(point[0]), float(point[1])), place, fontsize=size,
                      weight="bold" if text == "C" else "normal", color=INK, va="center", path_effects=_HALO, zorder=8,
                      arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.7})  # fmt: skip
    axes.text(-53.0, -20.0, "tissue", fontsize=9.0, color="#6b3f2c", va="center", zorder=8)
    axes.set_title("tool tip in section, to scale", color=INK, fontsize=10, loc="left", pad=5)
    axes.text(5.0, -35.0, "press_n\nalong −n", fontsize=9.5, color=LIMIT, va="center", path_effects=_HALO, zorder=8)
