"""Lateness and work of the loops of a run that was driven on the wall clock, as the record keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from controller.processes.loop_memory import RigLoop
from controller.processes.realtime.loop_times import LoopFigures, LoopTimes

LATE_EDGES_US = tuple(float(edge) for edge in np.round(np.geomspace(0.1, 1_000_000.0, 71), 3))
"""Edges of the histogram of lateness [us], ten bins a decade; the first and last bin also take what lies outside."""


@dataclass(frozen=True, slots=True)
class WallClockTimes:
    """One loop.

    Attributes:
        loop: which loop of the rig.
        figures: lateness and work of its periods.
        late_counts: periods by lateness, bins of ``workbench.record.wall_clock.LATE_EDGES_US``.
    """

    loop: RigLoop
    figures: LoopFigures
    late_counts: tuple[int, ...]


WallClock = Callable[[], tuple[WallClockTimes, ...]]
"""Tells the times of all loops so far; a simulated run, whose clock waits, has none."""


def wall_clock_times(times: Mapping[RigLoop, LoopTimes]) -> tuple[WallClockTimes, ...]:
    """Return what the record keeps of the times of loops.

    Args:
        times: of each loop, as ``controller.processes.loop_memory.OwnedTimes`` has them.
    """
    return tuple(
        WallClockTimes(loop, one.figures(), one.lateness.rebinned(LATE_EDGES_US)) for loop, one in times.items()
    )
