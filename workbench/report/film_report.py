"""The film of a run for its report: drawn where there is one, and one line where it cannot be."""

from __future__ import annotations

import sys
from pathlib import Path

from controller.errors import MassageArmError
from trajectories.anatomy.body import load_body
from workbench.figures.film import FilmPictures, draw_film
from workbench.runs.film_file import FILM_NAME, read_film

WIDTH, STILL_WIDTH = 480, 720
"""Pixels of film and still in a report."""


def load_film_pictures(folder: Path, body: str) -> FilmPictures | None:
    """Return the pictures of a run's film, None where it has none; a film that cannot be drawn is one line on stderr.

    Args:
        folder: of the run.
        body: whose back it is, name or file.
    """
    try:
        film = read_film(folder / FILM_NAME)
        if film is None:
            return None
        sys.stderr.write("drawing the film, about half a minute\n")
        return draw_film(film, load_body(body), WIDTH, STILL_WIDTH)
    except MassageArmError as error:
        sys.stderr.write(f"massage-arm: the report has no film: {error}\n")
        return None
