"""The film of README: one short stroke on finite elements, run for it alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from controller.errors import ConfigError
from trajectories.anatomy.body import load_body
from workbench.figures.film import FilmPictures, draw_film
from workbench.runs.film_file import FILM_NAME, Film, read_film
from workbench.runs.prepare import load_inputs, prepare
from workbench.runs.request import SessionRequest
from workbench.runs.simulate import simulate

FILM_PICTURE, STILL_PICTURE = "tissue_film.webp", "tissue_press.png"
BODY = "median_f"
WIDTH, STILL_WIDTH = 640, 1000
"""Pixels of film and still."""
PROGRAM = """
schema_version: 1
name: film
description: Two circles beside the lumbar spine, for the film.
strokes:
  - name: left back up
    technique: paraspinal_circles
    side: left
    lower: 0.36
    upper: 0.56
    direction: up
    turning: counterclockwise
    lateral_offset_m: 0.042
    radius_m: 0.016
    rate_hz: 0.55
    creep_m_s: 0.022
    force_n: 22.0
"""


def film_stroke() -> Film:
    """Run the stroke, about a minute, and return its film.

    Raises:
        ConfigError: the pad never came to the skin.
    """
    with tempfile.TemporaryDirectory(prefix="massage-arm-") as name:
        folder = Path(name)
        program = folder / "film.yaml"
        program.write_text(PROGRAM, encoding="utf-8")
        prepared = prepare(load_inputs(SessionRequest(str(program), BODY, "fem", "servo7", "standard", 0.0, 1)))
        simulate(prepared, folder, None)
        film = read_film(folder / FILM_NAME)
    if film is None:
        raise ConfigError("film", "no contact with the skin", "a stroke on the skin")
    return film


def film_pictures() -> FilmPictures:
    """Return film and still of the stroke."""
    return draw_film(film_stroke(), load_body(BODY), WIDTH, STILL_WIDTH)
