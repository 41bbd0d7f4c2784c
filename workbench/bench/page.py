"""The page of the bench in the docs, and what is printed of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.bench.growth import Growth
from workbench.bench.report import Ratio, ratio_lines, table_lines
from workbench.bench.timing import Timed

LOADED = 0.5
"""Processes a core beside the bench from which a machine counts as loaded (assumed)."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured.

    Attributes:
        processor: kind of processor.
        cores: that the program may use.
        python: version of Python.
        load: processes that wanted a core when it began.
    """

    processor: str
    cores: int
    python: str
    load: float

    @property
    def words(self) -> str:
        """The machine in words."""
        loaded = "; others were running" if self.load > LOADED * self.cores else ""
        return (
            f"{self.cores} cores {self.processor}, Python {self.python}, load {self.load:.1f} at the beginning{loaded}"
        )


def this_machine() -> Machine:
    """Return what the program runs on now."""
    cores = len(os.sched_getaffinity(0))
    return Machine(platform.machine(), cores, platform.python_version(), os.getloadavg()[0])


def lines(machine: Machine, found: Mapping[str, Timed], all_ratios: tuple[Ratio, ...], growth: Growth) -> list[str]:
    """Return everything that was measured, as Markdown; what was not measured is left out."""
    parts = [f"Measured on {machine.words}. Times are of one run, in turns; only ratios can be compared.", ""]
    parts += [*table_lines(found), "", *ratio_lines(all_ratios), ""]
    if growth.sessions:
        parts += ["| session | length s | times real time | record, bytes a tick | loads in, s |",
                  "| --- | --- | --- | --- | --- |"]  # fmt: skip
        parts += [
            f"| {one.program} | {one.session_s:.0f} | {one.realtime_factor:.1f} | {one.bytes_a_tick:.0f} | "
            f"{one.load_s:.2f} |"
            for one in growth.sessions
        ] + [""]
    if growth.meshes:
        parts += ["| mesh | nodes | period of the plant, median us |", "| --- | --- | --- |"]
        parts += [f"| {one.mesh} | {one.nodes} | {one.p50_us:.0f} |" for one in growth.meshes] + [""]
    if growth.workers:
        parts += ["| workers | wall time s | times one worker |", "| --- | --- | --- |"]
        parts += [f"| {one.workers} | {one.wall_s:.0f} | {one.speedup:.2f} |" for one in growth.workers] + [""]
    return parts


def page(printed: Sequence[str], command: str) -> str:
    """Return the page of the docs.

    Args:
        printed: what was measured, as ``lines`` returns it.
        command: the command that has made it.
    """
    head = [
        "# Speed",
        "",
        f"Made by `{command}`. A *tick* is one period of 1 ms. The **controller tick** is what runs on hardware:",
        "reference, law and gate, from a state to torques. The **simulated tick** is that with arm, tissue and sensors",
        "in simulation. Floors are what cannot be spared: the evaluations of the arm's rigid-body terms in Pinocchio,",
        "and one step of PyBullet with the bare arm, torques in and joint states out.",
        "Peers run on the same machine in the same minutes: operational-space control of robosuite on its own Panda,",
        "inverse kinematics of mink, and a bare step of MuJoCo, both with the project's arm. None of them has a gate.",
        "",
    ]
    return "\n".join([*head, *printed])
