"""The campaigns of safety: every fault in many sessions, and many sessions without any."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import TypeAdapter

from controller.errors import ConfigError
from controller.law.gains import gain_names
from sim.differences.plants import EXACT, TYPICAL, load_plant
from sim.person.tissue_tier import Tier, tier_named
from trajectories.anatomy.body import body_names, load_body
from trajectories.programs.loader import load_program, program_names
from trajectories.techniques.registry import TECHNIQUES, technique_named
from urdf.arms import arm_names, load_arm
from workbench.campaigns.alarms import alarm_lines, alarm_requests, run_alarms
from workbench.campaigns.faults.campaign import Choice, grid, run_faults
from workbench.campaigns.faults.cases import chosen_cases
from workbench.campaigns.faults.cells import Cell, judged
from workbench.campaigns.faults.draw import draw, in_order, tasks_of
from workbench.campaigns.faults.report import Spent, markdown, text, verdict_line
from workbench.campaigns.faults.set_points import highest_set_points
from workbench.campaigns.freed_memory import return_freed_memory
from workbench.docs_pictures.table_sources import Table, stamped
from workbench.runs.gains_file import load_gains
from workbench.runs.output import write_text
from workbench.runs.progress import Progress
from workbench.runs.request import DEFAULT_PLANT

FAULT_BODIES = ("median_f", "elderly_f", "muscular_m", "stocky_f")
"""Ordinary, thin and bent, stiff, soft and deep."""
FAULT_SEEDS = (1, 2, 3)
ON_ELEMENTS_BODIES, ON_ELEMENTS_GAINS, ON_ELEMENTS_SEEDS = ("median_f",), ("standard",), (1,)
"""What a table on finite elements has instead, which takes a hundred times as long."""
ALARM_COUNT = 200

Result = TypeVar("Result")


def faults(arguments: argparse.Namespace) -> int:
    """Run the fault campaign and print its table; return 0 where every cell passed, else 4."""
    began = time.perf_counter()
    cells = _earlier(arguments.earlier) if arguments.earlier else _run_faults(arguments)
    spent = None if arguments.earlier else _spent(time.perf_counter() - began, arguments.jobs)
    if arguments.json:
        rows = [{**asdict(cell), "is_passed": cell.is_passed} for cell in cells]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        print("\n".join([*text(cells), verdict_line(cells)]))
    if arguments.markdown is not None:
        command = "massage-arm " + " ".join(sys.argv[1:])
        is_fem = bool(cells) and all(cell.group.tissue is Tier.FEM for cell in cells)
        write_text(
            arguments.markdown,
            stamped(markdown(cells, command, spent), Table.FAULTS_FEM if is_fem else Table.FAULTS, command),
        )
    return 0 if all(cell.is_passed for cell in cells) else 4


def _spent(wall_s: float, jobs: int) -> Spent:
    """Return what a campaign took whose processes have all ended by now."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall_s, used.ru_utime + used.ru_stime, jobs)


def _earlier(paths: list[Path]) -> tuple[Cell, ...]:
    """Return the cells of earlier campaigns, as ``--json`` printed them, held against the criteria anew."""
    cells: list[Cell] = []
    for path in paths:
        try:
            rows = orjson.loads(path.read_bytes())
            bare = [{key: value for key, value in row.items() if key != "is_passed"} for row in rows]
            cells += TypeAdapter(list[Cell]).validate_json(orjson.dumps(bare))
        except (OSError, ValueError, AttributeError) as error:
            got = f"{path} ({type(error).__name__})"
            raise ConfigError("--from", got, "what campaign faults --json printed") from error
    return tuple(cell if cell.measured is None else judged(cell.group, cell.case, cell.measured) for cell in cells)


def _run_faults(arguments: argparse.Namespace) -> tuple[Cell, ...]:
    _check_names(arguments)
    if arguments.cells is not None:
        return _run_drawn(arguments, arguments.cells)
    tasks = grid(_choice(arguments, tier_named(arguments.tissue or Tier.LAW)))
    label = f"fault campaign, {sum(len(task.cases) for task in tasks)} cells"
    return on_processes(arguments.jobs, label, lambda executor, told: run_faults(tasks, executor, told))


def _run_drawn(arguments: argparse.Namespace, count: int) -> tuple[Cell, ...]:
    """Run so many drawn cells: first the set-points are found, then the sessions are run."""
    choice = _drawn_from(arguments)
    drawn = draw(choice, count)
    strokes = tuple(dict.fromkeys(one.stroke for one in drawn))
    highest_n = on_processes(
        arguments.jobs, f"set-points of {len(strokes)} strokes", lambda ex, told: highest_set_points(strokes, ex, told)
    )
    tasks = tasks_of(drawn, highest_n)
    label = f"fault campaign, {count} cells in {len(tasks)} sessions"
    cells = on_processes(arguments.jobs, label, lambda executor, told: run_faults(tasks, executor, told))
    return in_order(cells, choice.cases)


def _drawn_from(arguments: argparse.Namespace) -> Choice:
    """Return what a drawn campaign draws from: everything that has not been narrowed down."""
    if tier_named(arguments.tissue or Tier.LAW) is not Tier.LAW:
        raise ConfigError("--cells", f"--tissue {arguments.tissue}", "the contact law", "leave one of both out")
    return Choice(
        techniques=tuple(arguments.techniques or TECHNIQUES),
        bodies=tuple(arguments.bodies or body_names()),
        arms=tuple(arguments.arms or arm_names()),
        gains=tuple(arguments.gains or gain_names()),
        seeds=tuple(arguments.seeds or ()),
        cases=chosen_cases(arguments.faults or ()),
        plants=tuple(arguments.plants or (TYPICAL,)),
    )


def _choice(arguments: argparse.Namespace, tier: Tier) -> Choice:
    """Return what was asked for, and the rest as it belongs to the tissue."""
    is_law = tier is Tier.LAW
    bodies = FAULT_BODIES if is_law else ON_ELEMENTS_BODIES
    gains = gain_names() if is_law else ON_ELEMENTS_GAINS
    seeds = FAULT_SEEDS if is_law else ON_ELEMENTS_SEEDS
    return Choice(
        techniques=tuple(arguments.techniques or TECHNIQUES),
        bodies=tuple(arguments.bodies or bodies),
        arms=tuple(arguments.arms or ("servo7",)),
        gains=tuple(arguments.gains or gains),
        seeds=tuple(arguments.seeds or seeds),
        cases=chosen_cases(arguments.faults or (), tier),
        tissue=tier,
        plants=tuple(arguments.plants or (EXACT,)),
    )


def alarms(arguments: argparse.Namespace) -> int:
    """Run fault-free sessions and print what stopped any; return 0 where nothing did, else 4."""
    _check_names(arguments)
    requests = alarm_requests(
        arguments.count or ALARM_COUNT,
        (arguments.program,) if arguments.program else program_names(),
        tuple(arguments.bodies or body_names()),
        tuple(arguments.arms or arm_names()),
        tuple(arguments.gains or gain_names()),
        tuple(arguments.seeds or ()),
        tuple(arguments.plants or (DEFAULT_PLANT,)),
    )
    label = f"{len(requests)} fault-free sessions"
    done = on_processes(arguments.jobs, label, lambda executor, told: run_alarms(requests, executor, told, _say))
    lines = alarm_lines(done)
    if arguments.json:
        rows = [{**asdict(one), "is_passed": one.is_passed} for one in done]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        print("\n".join(lines))
    if arguments.markdown is not None:
        page = ["# False alarms", "", f"Made by `massage-arm {' '.join(sys.argv[1:])}`.", "", "```", *lines, "```", ""]
        write_text(arguments.markdown, "\n".join(page))
    return 0 if all(one.is_passed for one in done) else 4


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _check_names(arguments: argparse.Namespace) -> None:
    """Refuse a name that nothing has before anything is run; raises ConfigError."""
    for name in arguments.techniques or ():
        technique_named(name, "--techniques")
    for body in arguments.bodies or ():
        load_body(body)
    for arm in arguments.arms or ():
        load_arm(arm)
    for gains in arguments.gains or ():
        load_gains(gains)
    if arguments.program:
        load_program(arguments.program)
    check_plants(arguments)


def check_plants(arguments: argparse.Namespace) -> None:
    """Refuse a plant that an arm of the campaign cannot have before anything is run; raises ConfigError."""
    for plant in arguments.plants or ():
        for arm in arguments.arms or arm_names():
            load_plant(plant, load_arm(arm), 0)


def on_processes(jobs: int, label: str, run: Callable[[Executor, Callable[[int, int], None]], Result]) -> Result:
    """Run a campaign on processes of this machine, with progress and time left."""
    with (
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=return_freed_memory) as executor,
        Progress(label, sys.stderr) as progress,
    ):
        try:
            progress.update(0.0, 1.0)
            return run(executor, progress.update)
        except KeyboardInterrupt:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
