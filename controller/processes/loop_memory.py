"""Where the loops of a rig count their times: memory that outlives a loop that is killed.

It decides nothing and nobody waits for it, so it has neither checksum nor slots: who reads in the middle of a period
sees a count that is one too low. A loop that finds no such memory counts for itself alone.
"""

from __future__ import annotations

import contextlib
import enum
import mmap
import os
from multiprocessing.shared_memory import SharedMemory
from typing import Self

from controller.processes.realtime.histogram import new_cells
from controller.processes.realtime.loop_times import LOOP_CELLS, LoopTimes
from controller.processes.shared_memory import FOLDER, allocated

_BYTES = 8 * LOOP_CELLS


class RigLoop(enum.StrEnum):
    """Loops of a rig that keep time on the wall clock."""

    DRIVES = "drives"
    """Lateness: against its own deadlines. Work: with the waiting for the answers of the others."""
    SUPERVISOR = "supervisor"
    """Lateness: against its last look at the senses, whose ticks it goes by. Work: one look with all that follows."""
    SESSION = "session"
    """Lateness: against the last tick of the senses. Work: from the senses to the command."""


class OwnedTimes:
    """Memory for the times of all loops, as its owner has it: made on entering, removed on leaving.

    Args:
        prefix: of the names, different for every run.

    Raises:
        PlantError: there is no shared memory left for it, or none that can be written.
    """

    def __init__(self, prefix: str) -> None:
        self._blocks: dict[RigLoop, SharedMemory] = {}
        try:
            for loop in RigLoop:
                self._blocks[loop] = allocated(_name(prefix, loop), _BYTES)
        except BaseException:
            self._remove()
            raise

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the memory; loops that have it mapped keep their mapping."""
        self._remove()

    def times(self) -> dict[RigLoop, LoopTimes]:
        """Return a copy of the times so far of the loops that have begun."""
        times = {loop: LoopTimes(None, self._copy(loop)) for loop in self._blocks}
        return {loop: one for loop, one in times.items() if one.period_ns > 0}

    def _copy(self, loop: RigLoop) -> memoryview[int]:
        cells = new_cells(LOOP_CELLS)
        cells.cast("B")[:] = memoryview(self._blocks[loop].buf or b"")[:_BYTES]
        return cells

    def _remove(self) -> None:
        for block in self._blocks.values():
            with contextlib.suppress(FileNotFoundError):
                block.unlink()
            block.close()


def loop_times(prefix: str, loop: RigLoop, period_s: float) -> LoopTimes:
    """Return where a loop counts its times.

    Args:
        prefix: of the names of the shared memory.
        loop: which.
        period_s: its period [s].
    """
    return LoopTimes(round(period_s * 1e9), _attached(prefix, loop))


def _attached(prefix: str, loop: RigLoop) -> memoryview[int] | None:
    """Return the memory that the owner has made for a loop, None where there is none."""
    try:
        descriptor = os.open(FOLDER / _name(prefix, loop), os.O_RDWR)
    except OSError:
        return None
    try:
        return memoryview(mmap.mmap(descriptor, _BYTES)).cast("q")
    except (OSError, ValueError):
        return None
    finally:
        os.close(descriptor)


def _name(prefix: str, loop: RigLoop) -> str:
    return f"{prefix}-times-{loop.value}"
