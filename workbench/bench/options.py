"""Options of ``massage-arm bench``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path


def add_bench_options(parser: argparse.ArgumentParser, repeats: Callable[[str], int]) -> None:
    """Add them.

    Args:
        parser: of the command.
        repeats: reads a number of repetitions.
    """
    parser.add_argument("--repeat", type=repeats, default=1, metavar="N", help="runs to take the median of, default 1")
    parser.add_argument("--no-peers", action="store_true", help="without other people's controllers beside it")
    parser.add_argument("--growth", action="store_true", help="also meshes of finite elements and workers (minutes)")
    parser.add_argument("--plant", choices=("exact", "typical"), default="exact", help="default: exact")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the result as a page")
