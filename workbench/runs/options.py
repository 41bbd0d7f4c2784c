"""Options that several commands share, and readers of their values; loaded for every command, so it loads nothing."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from controller.errors import ConfigError

LARGEST_SEED = 2**32 - 1
LARGEST_SURFACE_ERROR_MM = 20.0
"""A skin that is wrong by more is another person's (design choice)."""
FARTHEST_BASE_M = 3.0
"""Farthest place of the arm's base from the person's sacrum along each axis: no table is longer (assumed)."""


def add_drive_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``drive``."""
    parser.add_argument("--rig", required=True, metavar="NAME or FILE",
                        help="rig of the arm: dynamixel_p or dynamixel_x, shipped for rehearsals, or a YAML file, see "
                             "docs/hardware.md")  # fmt: skip
    parser.add_argument("--rehearse", action="store_true",
                        help="against a protocol peer that plays the rig's servos and sensor with the simulated arm; "
                             "nothing real is opened")  # fmt: skip
    add_shared_options(parser)


def add_session_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``run`` and ``check``."""
    add_shared_options(parser)
    parser.add_argument(
        "--tissue",
        default="law",
        metavar="law or fem",
        help="tissue model: a contact law (default), or finite elements, slow",
    )
    parser.add_argument("--mesh", default="recommended", metavar="NAME",
                        help="mesh of --tissue fem: coarse (near real time), recommended (default), fine")  # fmt: skip
    parser.add_argument("--arm", default="servo7", metavar="NAME or FILE",
                        help="arm, or a URDF file; default servo7")  # fmt: skip
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE]@TIME_S",
        help="inject a fault, such as sensor_zero@10, speed_zero=4@10 (joint 4) or speed_scaled=0.3:4@10 (amount and "
        "joint), see `massage-arm faults`; may be repeated",
    )


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    """Add what `run`, `check` and `drive` share."""
    parser.add_argument("--program", default="first_session", metavar="NAME or FILE",
                        help="program, or a YAML file; default first_session")  # fmt: skip
    parser.add_argument("--body", default="median_f", metavar="NAME or FILE",
                        help="body, or an .npz file; default median_f")  # fmt: skip
    parser.add_argument("--gains", default="standard", metavar="NAME or FILE",
                        help="robust, standard (default), fast, or a YAML file of kp, ki_per_s, kd_s, "
                             "d0_ns_per_m")  # fmt: skip
    parser.add_argument("--plant", metavar="NAME or FILE",
                        help="what the plant differs by from its model: exact, typical (default) or poor, drawn by the "
                             "seed, or a YAML plant file")  # fmt: skip
    millimetres = number("--surface-error", 0.0, LARGEST_SURFACE_ERROR_MM, "mm")
    parser.add_argument("--surface-error", type=millimetres, default=0.0,
                        metavar="MM", help="how far off the planner's skin is, 0 to 20; default 0")  # fmt: skip
    parser.add_argument(
        "--seed",
        type=whole("--seed", 0, LARGEST_SEED),
        default=1,
        metavar="N",
        help="seed of all random numbers, default 1",
    )
    parser.add_argument("--out", type=Path, default=None, metavar="DIR",
                        help="folder of the run; default a new one in runs/")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace the run that --out holds")
    parser.add_argument("--corrections", type=Path, default=None, metavar="FILE",
                        help="what the arm differs from its file by, of `massage-arm rig identify`")  # fmt: skip
    parser.add_argument("--base", type=base, default=None, metavar="X,Y,Z,YAW",
                        help="where the arm's base stands: metres and degrees, see docs/frames.md; "
                             "default beside the body; write --base=-0.1,... where X is negative")  # fmt: skip
    parser.add_argument("--events", type=Path, default=None, metavar="FILE",
                        help="YAML list of requests, [{t_s: 12.0, request: softer}, ...]: pause, resume, skip, "
                             "softer, firmer, slower, faster, hurts_here, stop, clear")  # fmt: skip
    parser.add_argument("--lossless", action="store_true",
                        help="record every bit of every number, about 2.5 times the size; default: rounded to 32 "
                             "bits")  # fmt: skip
    add_json(parser)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print only JSON on standard output")


def whole(option: str, low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from ``low`` to ``high`` that raises ConfigError."""

    def read(text: str) -> int:
        allowed = f"a whole number from {low} to {high}"
        try:
            value = int(text)
        except ValueError as error:
            raise ConfigError(option, repr(text), allowed) from error
        if not low <= value <= high:
            raise ConfigError(option, repr(text), allowed)
        return value

    return read


def base(text: str) -> tuple[float, float, float, float]:
    """Return the place of the base; raises ConfigError."""
    allowed = f"X,Y,Z,YAW with X, Y, Z from -{FARTHEST_BASE_M:g} to {FARTHEST_BASE_M:g} m, YAW from -360 to 360 deg"
    try:
        x, y, z, yaw = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError("--base", repr(text), allowed) from error
    if not (max(abs(x), abs(y), abs(z)) <= FARTHEST_BASE_M and abs(yaw) <= 360.0):
        raise ConfigError("--base", repr(text), allowed)
    return x, y, z, yaw


def number(option: str, low: float, high: float, unit: str) -> Callable[[str], float]:
    """Return a reader of numbers from ``low`` to ``high`` that raises ConfigError; NaN is refused."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise ConfigError(option, repr(text), f"a number from {low:g} to {high:g} {unit}")
        return value

    return read
