"""How late a loop begins its periods, how long their work takes, and which deadlines it misses."""

from __future__ import annotations

from dataclasses import dataclass

from controller.processes.realtime.histogram import CELLS, TimeFigures, TimeHistogram, new_cells

_OVERRUNS, _SKIPPED, _PERIOD = range(2 * CELLS, 2 * CELLS + 3)
LOOP_CELLS = 2 * CELLS + 3
"""Cells of 8 bytes that the times of a loop need: lateness, body, overruns, skipped deadlines, period [ns]."""


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

    @property
    def words(self) -> str:
        """The figures in one line."""
        return (
            f"{self.body.count} periods of {self.period_us:g} us, {self.overruns} past the next deadline; "
            f"late {self.lateness.words}; work {self.body.words}"
        )


class LoopTimes:
    """Counts the times of one loop; memory does not grow.

    Args:
        period_ns: period of the loop [ns]; None for times that another loop has counted in ``cells``.
        cells: ``LOOP_CELLS`` cells that other processes may read; None for memory of this process.
    """

    def __init__(self, period_ns: int | None, cells: memoryview[int] | None = None) -> None:
        self._cells = new_cells(LOOP_CELLS) if cells is None else cells
        if period_ns is not None:
            self._cells[_PERIOD] = period_ns
        self.period_ns = self._cells[_PERIOD]
        """Period of the loop [ns]; 0 where no loop has begun."""
        self.lateness, self.body = TimeHistogram(self._cells[:CELLS]), TimeHistogram(self._cells[CELLS : 2 * CELLS])

    def note(self, late_ns: int, body_ns: int, skipped: int | None = None) -> None:
        """Count a period.

        Args:
            late_ns: how late it began [ns].
            body_ns: how long its work took [ns].
            skipped: deadlines that had passed at its end; None for those that both together go past.
        """
        if skipped is None:
            skipped = -(-(late_ns + body_ns) // self.period_ns) - 1
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
