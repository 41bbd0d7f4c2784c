"""The command that draws a body with its regions and keep-out zones."""

from __future__ import annotations

import argparse
from pathlib import Path

from controller.errors import ConfigError
from trajectories.anatomy.body import load_body
from workbench.figures.anatomy import draw_anatomy

PICTURE_SUFFIXES = (".png", ".svg", ".pdf")


def draw_body(arguments: argparse.Namespace) -> int:
    """Draw a body with its regions and keep-out zones."""
    path: Path = arguments.out
    if path.suffix not in PICTURE_SUFFIXES:
        raise ConfigError("--out", str(path), f"a file name ending in {', '.join(PICTURE_SUFFIXES)}")
    figure = draw_anatomy(load_body(arguments.name))
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise ConfigError("--out", f"{path} ({error.strerror})", "a file that can be written") from error
    print(path)
    return 0
