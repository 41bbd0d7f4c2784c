"""How late a loop begins its periods, how long their work takes, and which deadlines it misses."""

from __future__ import annotations

from dataclasses import dataclass

from controller.processes.realtime.histogram import CELLS, TimeFigures, TimeHistogram, new_cells

_OVERRUNS, _SKIPPED = 2 * CELLS, 2 * CELLS + 1
LOOP_CELLS = 2 * CELLS + 2
"""Cells of 8 bytes that the times of a loop need: lateness, body, overruns, skipped periods."""


@dataclass(frozen=True, slots=True)
class LoopFigures:
    """What a loop kept of its time on the wall clock.

    Attributes:
        period_us: period of the loop [us].
        lateness: how late periods began.
        body: how long their work took.
        overruns: periods whose work, or whose late beginning, went past the next deadline.
        skipped: deadlines that were left out for it.
    """

    period_us: float
    lateness: TimeFigures
    body: TimeFigures
    overruns: int
    skipped: int


class LoopTimes:
    """Counts the times of one loop; memory does not grow.

    Args:
        period_ns: period of the loop [ns].
        cells: ``LOOP_CELLS`` cells that other processes may read; None for memory of this process.
    """

    def __init__(self, period_ns: int, cells: memoryview[int] | None = None) -> None:
        self.period_ns = period_ns
        """Period of the loop [ns]."""
        self._cells = new_cells(LOOP_CELLS) if cells is None else cells
        self.lateness, self.body = TimeHistogram(self._cells[:CELLS]), TimeHistogram(self._cells[CELLS : 2 * CELLS])

    def note(self, late_ns: int, body_ns: int, skipped: int) -> None:
        """Count a period.

        Args:
            late_ns: how late it began [ns].
            body_ns: how long its work took [ns].
            skipped: deadlines that had passed at its end.
        """
        self.lateness.add(late_ns)
        self.body.add(body_ns)
        if skipped > 0:
            self._cells[_OVERRUNS] += 1
            self._cells[_SKIPPED] += skipped

    def merge(self, other: LoopTimes) -> None:
        """Count what another loop of the same period has counted, too."""
        self.lateness.merge(other.lateness)
        self.body.merge(other.body)
        for cell in (_OVERRUNS, _SKIPPED):
            self._cells[cell] += other._cells[cell]

    def figures(self) -> LoopFigures:
        """Return the figures so far."""
        return LoopFigures(
            1e-3 * self.period_ns, self.lateness.figures(), self.body.figures(), self._cells[_OVERRUNS],
            self._cells[_SKIPPED],
        )  # fmt: skip
