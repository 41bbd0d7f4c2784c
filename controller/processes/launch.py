"""The shared memory of a rig and the end of its processes: what everyone who starts them needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess

from controller.processes.cells import (
    HostCell,
    HostCodec,
    OwnerCell,
    OwnerCodec,
    SensesCell,
    SensesCodec,
    SupervisorCell,
    SupervisorCodec,
)
from controller.processes.shared_memory import OwnedBlock
from controller.processes.signals import ignored
from controller.types import ArmState, Authority, Mode

END_WALL_S = 90.0
"""Longest wall time that drives and supervisor may take to end by themselves (assumed): the arm parks first."""


def first_blocks(prefix: str, joints: int) -> Iterator[OwnedBlock]:
    """Make the four blocks, each with a first value that commands nothing.

    Args:
        prefix: of the names of the shared memory.
        joints: number of joints.
    """
    nothing = (0.0,) * joints
    host, supervisor, senses, owner = (
        HostCodec(joints), SupervisorCodec(joints), SensesCodec(joints), OwnerCodec(joints),
    )  # fmt: skip
    yield OwnedBlock(prefix, host.kind, host.pack(HostCell(0, -1, False, Mode.RUN, 0.0, nothing, nothing)))
    first = SupervisorCell(0, -1, False, None, Mode.RUN, False, 0.0, nothing)
    yield OwnedBlock(prefix, supervisor.kind, supervisor.pack(first))
    state = ArmState(0.0, nothing, nothing, nothing, (0.0,) * 6, 0.0, 0, Authority.NOBODY, math.inf, math.inf)
    yield OwnedBlock(prefix, senses.kind, senses.pack(SensesCell(-1, state)))
    yield OwnedBlock(prefix, owner.kind, owner.pack(OwnerCell(False)))


def end_processes(processes: tuple[BaseProcess, ...], tell: Callable[[], None]) -> None:
    """End drives, supervisor and session loop in this order: behind closed brakes nothing is left to guard.

    The session loop hears the same word and parks the arm, after which the drives end by themselves.

    Args:
        processes: drives, supervisor and session loop.
        tell: writes the owner's word that it is over.
    """
    with ignored():
        tell()
        stage, supervisor, host = processes
        for process, wall_s in ((stage, END_WALL_S), (supervisor, END_WALL_S), (host, 0.0)):
            if process.pid is None:
                continue
            process.join(wall_s)
            if process.exitcode is None:
                process.kill()
                process.join()
