"""The campaigns of the tissue: both tiers pressed at the same places, and the calibration of the finite elements."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from sim.fem.back import PATCH
from sim.fem.calibration import STORE, calibrate
from sim.fem.soft_back import PadShape
from trajectories.anatomy.body import load_body
from urdf.arms import load_arm
from workbench.commands.fault_campaigns import FAULT_BODIES, on_processes
from workbench.output import write_text
from workbench.progress import Progress
from workbench.run_session import DT_S
from workbench.tissue_campaign import FRICTION, PLACES, PressTask, press_lines, run_presses


def tissue(arguments: argparse.Namespace) -> int:
    """Press all places on both tiers and print the table; return 0 where they agree, else 4."""
    radius_m = load_arm("servo7").tool.pad_radius_m
    bodies = tuple(arguments.bodies or FAULT_BODIES)
    for body in bodies:
        load_body(body)
    tasks = [PressTask(body, place, radius_m) for body in bodies for place in PLACES]
    label = f"tissue campaign, {len(tasks)} places"
    done = on_processes(arguments.jobs, label, lambda executor, told: run_presses(tasks, executor, told))
    lines = press_lines(done)
    if arguments.json:
        rows = [{**asdict(one), "is_passed": one.is_passed} for one in done]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        print("\n".join(lines))
    if arguments.markdown is not None:
        page = ["# Tissue", "", f"Made by `massage-arm {' '.join(sys.argv[1:])}`.", "", "```", *lines, "```", ""]
        write_text(arguments.markdown, "\n".join(page))
    return 0 if all(one.is_passed for one in done) else 4


def calibration(arguments: argparse.Namespace) -> int:
    """Press slabs of every thickness and store what they gave beside the code that reads it; return 0."""
    pad = PadShape(load_arm("servo7").tool.pad_radius_m, FRICTION)
    with Progress("calibration of the finite elements", sys.stderr) as progress:
        found = calibrate(PATCH, pad, DT_S, progress.update)
    text = found.model_dump_json(indent=1) + "\n"
    write_text(Path(STORE), text)
    if arguments.json:
        sys.stdout.write(text)
    else:
        thickest = max(press.thickness_m for press in found.presses)
        print(f"{len(found.presses)} slabs up to {1e3 * thickest:g} mm pressed; written to {STORE}")
    return 0
