"""Options of ``massage-arm doctor --realtime``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

LONGEST_S = 3600.0
"""Longest time that is measured."""
SLOWEST_HZ, FASTEST_HZ = 10.0, 2000.0
"""Rates that may be asked for: the fastest is twice that of the loop in simulation (design choice)."""

Number = Callable[[str, float, float, str], Callable[[str], float]]
"""Returns a reader of numbers in a range: option, lowest, highest, unit."""


def add_realtime_options(parser: argparse.ArgumentParser, number: Number) -> None:
    """Add the options.

    Args:
        parser: of the command.
        number: makes the readers of numbers.
    """
    parser.add_argument("--realtime", action="store_true", help="measure which rate the controller's tick holds")
    parser.add_argument("--seconds", type=number("--seconds", 1.0, LONGEST_S, "s"), metavar="N",
                        help="how long --realtime measures, over all rates; default 60")  # fmt: skip
    parser.add_argument("--rate", type=number("--rate", SLOWEST_HZ, FASTEST_HZ, "Hz"), metavar="HZ",
                        help="measure this rate only; default 1000, 500, 250 and 125 Hz")  # fmt: skip
    parser.add_argument("--ordinary", action="store_true",
                        help="measure with ordinary priority, also where a real-time one is permitted")  # fmt: skip
