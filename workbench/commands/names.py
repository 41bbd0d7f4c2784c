"""What there is to choose from: names of programs, bodies, arms and gain sets, and faults."""

from __future__ import annotations

import argparse
import sys

import orjson

from controller.law.gains import gain_names
from sim.faults.kinds import FAULT_KINDS
from trajectories.anatomy.body import body_names
from trajectories.programs.loader import program_names
from urdf.arms import arm_names


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
