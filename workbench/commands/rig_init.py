"""``massage-arm rig init``: the draft of a rig file, from what the servos on a bus say of themselves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from controller.arm import ArmDescription
from controller.errors import ConfigError
from hardware.dynamixel.port import PortSettings
from hardware.rig_content import BAUDS
from hardware.rig_draft import draft_text, scan_bus
from hardware.rig_file import TO_BE_FILLED, load_rig
from urdf.arms import load_arm
from workbench.runs.output import write_text
from workbench.runs.rig_place import rig_place
from workbench.runs.stages import PATIENCE_S, stage

LATENCY_S = 0.020
"""Time that an answer may take beyond the wire: that of an FTDI adapter as it comes, 16 ms, and some (assumed)."""


def main(arguments: argparse.Namespace) -> int:
    """Scan a bus and write the draft; raises what a port refuses."""
    out: Path = arguments.out
    if out.exists() and not arguments.overwrite:
        raise ConfigError("--out", f"{out}, which exists", "a new file", "choose another name, or give --overwrite")
    if arguments.baud not in BAUDS:
        raise ConfigError("--baud", str(arguments.baud), ", ".join(map(str, BAUDS)))
    if (arguments.port is None) == (arguments.rehearse is None):
        got = "none" if arguments.port is None else "both"
        raise ConfigError("--port, --rehearse", got, "one of the two", "give the device of the servo bus")
    arm = load_arm(arguments.arm)
    with _port(arguments, arm) as port, stage(f"looking for servos on {port.path}", after_s=PATIENCE_S):
        found = scan_bus(port)
    text = draft_text(out.stem, arguments.arm, arm, port, found)
    write_text(out, text)
    print(f"{out}: {len(found)} servos found, ids {' '.join(str(servo.servo_id) for servo in found)}; "
          f"{text.count(f': {TO_BE_FILLED}') + text.count('[' + TO_BE_FILLED)} keys are to be filled")  # fmt: skip
    return 0


@contextmanager
def _port(arguments: argparse.Namespace, arm: ArmDescription) -> Iterator[PortSettings]:
    """Give the port to look at, in a rehearsal with a peer behind it."""
    if arguments.rehearse is None:
        yield PortSettings(arguments.port, arguments.baud, LATENCY_S)
        return
    file = load_rig(arguments.rehearse)
    file.rig(arm, is_simulated=True)  # refuses servos that are not those of the arm
    with rig_place(file, arm, is_rehearsal=True) as place:
        yield replace(place.port, baud=arguments.baud)
