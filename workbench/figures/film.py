"""The film of a run on finite elements: a thumb that dents a back, coloured by pressure, as a small animated file."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, features

from trajectories.anatomy.body import Body
from workbench.figures.film_scene import PRESSURE_COLORS, FilmScene
from workbench.figures.raster import Camera, render
from workbench.figures.style import INK
from workbench.runs.film_file import Film

Array = NDArray[np.float64]

LARGEST_FILM_BYTES, LARGEST_STILL_BYTES = 1_500_000, 300_000
_QUALITIES = (85, 70, 50, 30)
"""Of WebP, tried until the film is small enough."""
_GIF_COLORS = 128
_SHAPE = 0.62
"""Height over width."""
_EYE_M = np.array([0.40, 0.42, 0.28])
"""From the middle to the camera: along the body toward the feet, toward the side that is worked on, up."""
_HEADWARD = 0.2
"""Skin whose normal leans farther toward the head is seen from there."""
_ABOVE_M = 0.030
"""Height over the skin that the camera looks at: leaves room for the tool above the dent."""
_FOCUS = 2.05
"""Focal length over the width of the picture."""
_LAMP = np.array([0.20, 0.66, 0.74])
"""Direction to the lamp where the left side is worked on; mirrored for the right."""
_WHITE = np.ones(3)
_PAST_S = 0.8
"""The last picture of the film stays so long."""


@dataclass(frozen=True, slots=True)
class FilmPictures:
    """A film as files.

    Attributes:
        animation: animated picture.
        kind: its type, ``image/webp`` or ``image/gif``.
        still: PNG of the moment of the highest force.
        peak_n: that force.
        peak_s: and its time.
    """

    animation: bytes
    kind: str
    still: bytes
    peak_n: float
    peak_s: float


def draw_film(film: Film, body: Body, width: int, still_width: int) -> FilmPictures:
    """Return the film and its still; takes a third of a second a picture.

    Args:
        film: what was filmed.
        body: whose back it is.
        width: of the film in pixels.
        still_width: of the still in pixels.
    """
    top_pa = _round_top(float(film.pressure_pa.max()))
    peak = len(film.t_s) - 1
    moving = np.arange(film.moving) if film.moving else np.array([peak])
    kind, animation = _animated(film, _pictures(film, body, moving, top_pa, width))
    still = io.BytesIO()
    _pictures(film, body, np.array([peak]), top_pa, still_width)[0].save(still, format="PNG", optimize=True)
    return FilmPictures(animation, kind, still.getvalue(), float(film.press_n[peak]), float(film.t_s[peak]))


def _pictures(film: Film, body: Body, frames: NDArray[np.int64], top_pa: float, width: int) -> list[Image.Image]:
    scene = FilmScene(body, film, frames)
    camera = _camera(scene.middle_m, -float(film.axis_w[frames, 0].mean()), width)
    side = math.copysign(1.0, scene.middle_m[1])
    to_lamp = _LAMP * np.array([1.0, side, 1.0]) / np.linalg.norm(_LAMP)
    legend = _legend(top_pa, width, camera.height)
    drawn = []
    for frame in frames.tolist():
        pixels = render(scene.mesh(frame, top_pa), camera, to_lamp, _WHITE)
        picture = Image.fromarray(np.round(255.0 * pixels).astype(np.uint8)).convert("RGBA")
        picture.alpha_composite(legend)
        _write_numbers(picture, float(film.press_n[frame]), float(film.t_s[frame]))
        drawn.append(picture.convert("RGB"))
    return drawn


def _camera(middle_m: Array, headward: float, width: int) -> Camera:
    """Return the camera: on the side of the person that is worked on, looking up along the back, or down.

    Args:
        middle_m: (3,) what it looks at.
        headward: x of the skin's normal there.
        width: of the picture in pixels.
    """
    target = middle_m + np.array([0.0, 0.0, _ABOVE_M])
    side = np.array([1.0 if headward > _HEADWARD else -1.0, math.copysign(1.0, middle_m[1]), 1.0])
    height = 2 * round(_SHAPE * width / 2)
    return Camera(target + side * _EYE_M, target, np.array([0.0, 0.0, 1.0]), width, height, _FOCUS * width)


def _round_top(largest_pa: float) -> float:
    """Return the top of the scale: the next of 1, 2, 3, 5 and so on above the largest pressure."""
    largest_kpa = max(1.0, 1e-3 * largest_pa)
    ten = 10.0 ** math.floor(math.log10(largest_kpa))
    return (
        1e3 * ten * next(step for step in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0) if step * ten >= largest_kpa)
    )


def _legend(top_pa: float, width: int, height: int) -> Image.Image:
    """Return the scale of the colours, and grounds for it and for the numbers, on a clear picture."""
    dpi = 100.0 * width / 640.0
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi)
    for corner, size in (((0.615, 0.80), (0.37, 0.175)), ((0.015, 0.80), (0.25, 0.175))):
        figure.add_artist(
            FancyBboxPatch(
                corner, *size, "round,pad=0,rounding_size=0.015", fc="white", ec="none", alpha=0.72, zorder=-1
            )
        )
    axes = figure.add_axes((0.64, 0.90, 0.32, 0.035))
    figure.colorbar(ScalarMappable(Normalize(0.0, 1e-3 * top_pa), PRESSURE_COLORS), cax=axes, orientation="horizontal")
    axes.set_xlabel("pressure in the tissue [kPa]", color=INK, fontsize=9, labelpad=2)
    axes.tick_params(colors=INK, labelsize=8, length=2, pad=2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, transparent=True)
    with Image.open(buffer) as image:
        return image.convert("RGBA").resize((width, height))


def _write_numbers(picture: Image.Image, press_n: float, t_s: float) -> None:
    size = picture.width / 640.0
    pen = ImageDraw.Draw(picture)
    pen.text((22 * size, 16 * size), f"{max(0.0, press_n):.0f} N", fill=INK, font=_font(30 * size, "DejaVuSans-Bold"))
    pen.text((22 * size, 54 * size), f"press force, {t_s:.1f} s", fill=INK, font=_font(13 * size, "DejaVuSans"))


def _font(size: float, name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"), size)


def _animated(film: Film, pictures: list[Image.Image]) -> tuple[str, bytes]:
    times = film.t_s[: len(pictures)]
    durations = [*np.round(1e3 * np.diff(times)).astype(int).tolist(), round(1e3 * _PAST_S)]
    if not features.check("webp"):
        return "image/gif", _gif(pictures, durations)
    data = b""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        pictures[0].save(
            buffer, format="WEBP", save_all=True, append_images=pictures[1:], duration=durations, loop=0,
            quality=quality, method=4,
        )  # fmt: skip
        data = buffer.getvalue()
        if len(data) <= LARGEST_FILM_BYTES:
            break
    return "image/webp", data


def _gif(pictures: list[Image.Image], durations: list[int]) -> bytes:
    few = [picture.quantize(_GIF_COLORS, dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    few[0].save(buffer, format="GIF", save_all=True, append_images=few[1:], duration=durations, loop=0)
    return buffer.getvalue()
