"""The campaigns of the tissue: both tissue models compared, convergence, and calibration of the finite elements."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
from matplotlib.figure import Figure

from sim.fem.back import PATCH
from sim.fem.calibration import STORE, calibrate
from sim.fem.soft_back import PadShape
from trajectories.anatomy.body import load_body
from urdf.arms import load_arm
from workbench.campaigns.runner import run_isolated
from workbench.campaigns.tissue.campaign import Comparison, mesh_lines, pair_lines, run_comparison, tolerance_text
from workbench.campaigns.tissue.convergence import MeshResult, measure, mesh_tasks
from workbench.campaigns.tissue.convergence_report import convergence_lines
from workbench.campaigns.tissue.presses import FRICTION, press_lines
from workbench.campaigns.tissue.strokes import PLACES
from workbench.commands.fault_campaigns import FAULT_BODIES, on_processes
from workbench.docs_pictures.table_sources import Table, stamped
from workbench.figures.convergence import convergence_curves
from workbench.figures.style import save_png
from workbench.figures.tissue import tier_depths
from workbench.runs.output import write_text
from workbench.runs.prepare import DT_S
from workbench.runs.progress import Progress

PICTURE_FOLDER = "campaigns"
"""Folder beside a campaign's page: these pictures take minutes of simulation, unlike those of ``make pictures``."""


def tissue(arguments: argparse.Namespace) -> int:
    """Press and slide on both tiers and print the tables; return 0 where they agree, else 4."""
    radius_m = load_arm("servo7").tool.only_pad("a slow press").radius_m
    bodies = tuple(arguments.bodies or FAULT_BODIES)
    for body in bodies:
        load_body(body)
    label = f"tissue campaign, {len(bodies) * len(PLACES)} places"
    done = on_processes(
        arguments.jobs, label, lambda executor, told: run_comparison(bodies, PLACES, radius_m, executor, told)
    )
    lines = _comparison_lines(done)
    if arguments.json:
        _print_json(asdict(done) | {"is_passed": done.is_passed})
    else:
        print("\n".join(lines))
    if arguments.markdown is not None:
        text = (
            "The same places pressed and slid over by the same arm, law and gate on both models of the tissue, a law "
            "of contact and finite elements. Forces and depths are of the truth, `law / finite elements`. "
            f"Held to each other within {tolerance_text()}."
        )
        figure = tier_depths(done.presses, done.pairs)
        write_page(arguments.markdown, Table.TISSUE, text, lines, "tissue_tiers.png", figure)
    return 0 if done.is_passed else 4


def convergence(arguments: argparse.Namespace) -> int:
    """Press and slide on every mesh and with every step and print the tables; return 0, 4 where a trial died."""
    tasks = mesh_tasks(load_arm("servo7").tool.only_pad("a slow press").radius_m)
    label = f"convergence, {len(tasks)} meshes and steps"
    done = on_processes(
        arguments.jobs, label, lambda executor, told: run_isolated(tasks, measure, MeshResult, executor, told)
    )
    results = [one.result for one in done if one.result is not None]
    died = [f"{one.task.name}: {one.failure}" for one in done if one.result is None]
    lines = [*convergence_lines(results), *died]
    if arguments.json:
        _print_json({"results": [asdict(one) for one in results], "died": died})
    else:
        print("\n".join(lines))
    if arguments.markdown is not None:
        text = (
            "A slab of 30 mm and 20 kPa, the same modulus on every mesh, pressed by the pad to growing depths, and "
            "slid over at 8 mm. `handed on` is the third opinion: linear elasticity by another program (scikit-fem) "
            "on the same mesh with the skin as low as the engine's, over the engine's force. The engine's contact "
            "hands 75 to 98 % on to the tissue. Coarse cells are far too stiff, so a modulus is a number of its mesh: "
            "below, a patch of each mesh fitted to the law on a real body."
        )
        write_page(arguments.markdown, Table.CONVERGENCE, text, lines, "convergence.png", convergence_curves(results))
    return 4 if died else 0


def calibration(arguments: argparse.Namespace) -> int:
    """Press slabs of every thickness and store what they gave beside the code that reads it; return 0."""
    pad = PadShape(load_arm("servo7").tool.only_pad("a slow press").radius_m, FRICTION)
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


RUN: dict[str, Callable[[argparse.Namespace], int]] = {
    "tissue": tissue,
    "convergence": convergence,
    "calibration": calibration,
}


def _comparison_lines(done: Comparison) -> list[str]:
    slow = ["Slow press", *press_lines(done.presses), ""] if done.presses else []
    loop = ["Closed loop, law / finite elements", *pair_lines(done.pairs)] if done.pairs else []
    meshes = ["", "One stroke with every mesh; speed is simulated over processor time while near the skin"]
    return [*slow, *loop, *((*meshes, *mesh_lines(done)) if done.meshes else ()), *done.failures]


def _print_json(data: object) -> None:
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(data, option=options).decode())


def write_page(path: Path, table: Table, text: str, lines: Sequence[str], picture: str, figure: Figure) -> None:
    """Write the page, and its picture into the folder ``campaigns`` beside it."""
    command, title = f"massage-arm {' '.join(sys.argv[1:])}", table.value.capitalize()
    made = f"Made by `{command}`."
    page = [f"# {title}", "", made, text, "", f"![{title}]({PICTURE_FOLDER}/{picture})", "", "```", *lines, "```", ""]
    write_text(path, stamped("\n".join(page), table, command))
    (path.parent / PICTURE_FOLDER).mkdir(exist_ok=True)
    save_png(figure, path.parent / PICTURE_FOLDER / picture)
