"""The fault campaign: the whole fault table over techniques, bodies, gain sets and seeds, on any executor."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from sim.differences.plants import EXACT
from sim.person.tissue_tier import Tier
from trajectories.techniques.registry import technique_named
from workbench.campaigns.faults.cells import Case, Cell, Family, Group, dead
from workbench.campaigns.faults.forked_session import GroupTask, run_group
from workbench.campaigns.runner import run_all

SET_POINT_N = 20.0
"""The hardest press the shipped programs ask for."""
SWEEP_N = (8.0, 12.0, 14.0, 16.0, 18.0)
"""Set-points below it, for motions that the limit cannot survive at the full one."""
PARKING_SEED, PARKING_GAINS = 1, "standard"
"""The sessions that are waited for until they have parked, and that the sweep is made with."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a campaign goes through.

    Attributes:
        techniques: techniques.
        bodies: bodies.
        arms: arms.
        gains: gain sets.
        seeds: seeds.
        cases: what is broken.
        tissue: what stands for the tissue.
        plants: what the plant differs by, names or files.
    """

    techniques: tuple[str, ...]
    bodies: tuple[str, ...]
    arms: tuple[str, ...]
    gains: tuple[str, ...]
    seeds: tuple[int, ...]
    cases: tuple[Case, ...]
    tissue: Tier = Tier.LAW
    plants: tuple[str, ...] = (EXACT,)


def grid(choice: Choice) -> tuple[GroupTask, ...]:
    """Return all groups, the long ones that are waited for first, then the sweep of set-points.

    A fault that is there from the start costs a session of its own, so it has the first seed only. On finite elements,
    which are slow, there is no sweep.
    """
    begun = tuple(case for case in choice.cases if not case.at_start)
    tasks = [
        GroupTask(
            Group(*parts, SET_POINT_N, choice.tissue, plant),
            choice.cases if parts[4] == choice.seeds[0] else begun,
            waits=parts[3:] == (PARKING_GAINS, PARKING_SEED),
        )
        for plant in choice.plants
        for parts in itertools.product(choice.techniques, choice.bodies, choice.arms, choice.gains, choice.seeds)
    ]
    sweep = _sweep(choice) if choice.tissue is Tier.LAW else ()
    return (*sorted(tasks, key=lambda task: not task.waits), *sweep)


def run_faults(
    tasks: tuple[GroupTask, ...], executor: Executor, on_done: Callable[[int, int], None]
) -> tuple[Cell, ...]:
    """Run all groups on any ``concurrent.futures`` executor.

    Args:
        tasks: what to run.
        executor: where to run it.
        on_done: called with (cells done, all cells) after every group.

    Returns:
        One cell for every case of every group, in their order; a group whose worker died has failed cells.
    """
    results = run_all(tasks, run_group, _dead_group, executor, on_done, size=lambda task: len(task.cases))
    cells: list[Cell] = []
    for task, result in zip(tasks, results, strict=True):
        found = {cell.case: cell for cell in result}
        cells += (found.get(case) or dead(task.group, case, "the worker left it out") for case in task.cases)
    return tuple(cells)


def _dead_group(task: GroupTask, why: str) -> tuple[Cell, ...]:
    return tuple(dead(task.group, case, why) for case in task.cases)


def _sweep(choice: Choice) -> list[GroupTask]:
    """Return the groups below the full set-point, with what is faster than the bound reckons with."""
    cases = tuple(case for case in choice.cases if case.family is Family.BEYOND)
    gains = PARKING_GAINS if PARKING_GAINS in choice.gains else choice.gains[0]
    seed = PARKING_SEED if PARKING_SEED in choice.seeds else choice.seeds[0]
    return [
        GroupTask(Group(technique, body, arm, gains, seed, force_n, plant=plant), cases)
        for plant, technique, body, arm in itertools.product(
            choice.plants, choice.techniques, choice.bodies, choice.arms
        )
        for force_n in SWEEP_N
        if cases and force_n >= technique_named(technique, "--techniques").least_force_n
    ]
