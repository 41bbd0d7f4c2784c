"""What there is to choose from: names of programs, bodies, arms and gain sets, and pictures of bodies."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import orjson

from controller.errors import ConfigError
from controller.law.gains import gain_names
from sim.faults.kinds import FAULT_KINDS
from trajectories.anatomy.body import body_names, load_body
from trajectories.programs.loader import program_names
from urdf.arms import arm_names
from workbench.figures.anatomy import draw_anatomy

PICTURE_SUFFIXES = (".png", ".svg", ".pdf")


def main(arguments: argparse.Namespace) -> int:
    """Print the names."""
    names = {
        "programs": program_names(),
        "bodies": body_names(),
        "arms": arm_names(),
        "gains": gain_names(),
    }
    if arguments.json:
        sys.stdout.write(orjson.dumps(names, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(f"{kind:<9} {', '.join(known)}" for kind, known in names.items()))
    return 0


def faults(arguments: argparse.Namespace) -> int:
    """Print what can be injected into a session."""
    kinds = FAULT_KINDS.values()
    if arguments.json:
        keys = ("name", "default", "unit", "caused_by", "description")
        rows = [{**{key: getattr(kind, key) for key in keys}, "joint": kind.default_joint} for kind in kinds]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
        return 0
    for kind in kinds:
        value = f"{kind.default:g} {kind.unit} ({kind.lowest:g} to {kind.highest:g})" if kind.unit else "-"
        value += "" if kind.joint is None else " :JOINT"
        print(f"{kind.name:<23} {kind.caused_by:<8} {value:<40} {kind.description}")
    return 0


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
