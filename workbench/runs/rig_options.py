"""Options of ``massage-arm rig``, action by action."""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.runs.options import LARGEST_SEED, add_json, number, whole

LONGEST_S = 86_400.0
"""Longest time that a monitor may be asked for: a day."""
FASTEST_BAUD = 10_500_000
"""Fastest rate of a Dynamixel bus (e-manual); which ones are taken is said by the command."""
RIG_HELP = (
    "rig of the arm: dynamixel_p, dynamixel_x or moteus, shipped for rehearsals, or a YAML file, see docs/hardware.md"
)


def add_rig_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions with their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, allow_abbrev=False)

    schema = action("schema", "print the JSON Schema of a rig file, for editors")
    schema.add_argument("--family", default="dynamixel", metavar="NAME",
                        help="family of the servos: dynamixel, the default, or moteus")  # fmt: skip
    check = action("check", "read everything that a rig's servos and wrist sensor say of themselves; nothing is "
                            "written, nothing gets torque; exit code 5 where the rig may not be enabled")  # fmt: skip
    _add_rig(check)
    add_json(check)
    monitor = action("monitor", "print position, speed, current, supply, temperature and wrench a few times a second; "
                                "nothing is written, nothing gets torque; ends with Ctrl-C")  # fmt: skip
    _add_rig(monitor)
    monitor.add_argument("--seconds", type=number("--seconds", 0.1, LONGEST_S, "s"), metavar="N",
                         help="end after so long; default with Ctrl-C only")  # fmt: skip
    monitor.add_argument("--json", action="store_true", help="print a line of JSON for every look")
    _add_init_options(action("init", "look for servos on a bus and write the draft of a rig file; what cannot be read "
                                     "is marked as to be filled"))  # fmt: skip
    _add_identify_options(action("identify", "move slowly through free air, find tool, wrist sensor, gravity and "
                                             "friction, in simulation for now, and write what is to be "
                                             "corrected"))  # fmt: skip


def _add_rig(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rig", required=True, metavar="NAME or FILE", help=RIG_HELP)
    parser.add_argument("--rehearse", action="store_true",
                        help="against a protocol peer that plays the rig's servos and sensor, at rest")  # fmt: skip


def _add_init_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", metavar="DEV", help="device of the servo bus")
    parser.add_argument("--rehearse", metavar="NAME or FILE", help="look at a peer that plays this rig instead")
    parser.add_argument("--baud", type=whole("--baud", 1, FASTEST_BAUD), default=4_000_000, metavar="N",
                        help="bits per second that the servos are set to, default 4000000")  # fmt: skip
    parser.add_argument("--family", choices=("dynamixel",), default="dynamixel", metavar="dynamixel",
                        help="family of the servos")  # fmt: skip
    parser.add_argument("--arm", required=True, metavar="NAME or FILE", help="arm that they drive, or a URDF file")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="draft to write")
    parser.add_argument("--overwrite", action="store_true", help="replace the file that is there")


def _add_identify_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--arm", default="servo7", metavar="NAME or FILE", help="arm, or a URDF file; default servo7")
    parser.add_argument("--body", default="median_f", metavar="NAME or FILE", help="who lies there; default median_f")
    parser.add_argument("--plant", metavar="NAME or FILE", help="as of run")
    parser.add_argument("--seed", type=whole("--seed", 0, LARGEST_SEED), default=1, metavar="N", help="as of run")
    parser.add_argument("--out", type=Path, default=Path("corrections.yaml"), metavar="FILE",
                        help="file of corrections to write, for run and check; default corrections.yaml")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace the file that is there")
    add_json(parser)
