"""Counts of times in fixed logarithmic bins: quantiles in memory that does not grow, a few integer steps a value."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SUB_BITS = 6
"""Every factor of two is split into 2**6 bins: a bin is at most 1/64 of its time wide (design choice)."""
TOP_BITS = 40
"""Times from 2**40 ns on, 18 minutes, share the last bin (assumed: nothing that keeps time is that late)."""
_SUBS = 1 << SUB_BITS
_LARGEST_NS = (1 << TOP_BITS) - 1
BINS = (TOP_BITS - SUB_BITS + 1) << SUB_BITS
"""Number of bins; those below 64 ns hold one nanosecond each."""
CELLS = BINS + 1
"""Cells of 8 bytes that a histogram needs: its bins, then the largest time [ns]."""
_PER_MILLE = (500, 990, 999)


@dataclass(frozen=True, slots=True)
class TimeFigures:
    """Quantiles of times, each at most 1/64 off; the largest is exact. All are 0 where nothing was counted.

    Attributes:
        count: number of times.
        p50_us: median [us].
        p99_us: percentile 99 [us].
        p999_us: percentile 99.9 [us].
        max_us: largest [us].
    """

    count: int
    p50_us: float
    p99_us: float
    p999_us: float
    max_us: float

    @property
    def words(self) -> str:
        """Quantiles and the largest in words."""
        return f"p50 {self.p50_us:.0f}, p99 {self.p99_us:.0f}, p99.9 {self.p999_us:.0f}, longest {self.max_us:.0f} us"


def bin_of(time_ns: int) -> int:
    """Return the bin of a time from 0 to the largest one that has a bin."""
    if time_ns < _SUBS:
        return time_ns
    shift = time_ns.bit_length() - SUB_BITS - 1
    return ((shift + 1) << SUB_BITS) + (time_ns >> shift) - _SUBS


def bin_begin_ns(number: int) -> int:
    """Return the smallest time of a bin [ns]; that of ``BINS`` is the end of the last bin."""
    if number < _SUBS:
        return number
    shift = (number >> SUB_BITS) - 1
    return ((number & (_SUBS - 1)) + _SUBS) << shift


def new_cells(count: int) -> memoryview[int]:
    """Return memory of this process for so many cells, all 0."""
    return memoryview(array("q", bytes(8 * count)))


class TimeHistogram:
    """Counts times; one writer, whose counts any process may read that shares the memory.

    Args:
        cells: ``CELLS`` cells of 8 bytes, all 0 or an earlier histogram; None for memory of this process.
    """

    def __init__(self, cells: memoryview[int] | None = None) -> None:
        self._cells = new_cells(CELLS) if cells is None else cells

    def add(self, time_ns: int) -> None:
        """Count a time [ns]; one below 0 counts as 0."""
        cells = self._cells
        time_ns = max(time_ns, 0)
        cells[bin_of(min(time_ns, _LARGEST_NS))] += 1
        cells[BINS] = max(cells[BINS], time_ns)

    def merge(self, other: TimeHistogram) -> None:
        """Count what another histogram has counted, too."""
        cells = self._cells
        for number, count in enumerate(other.counts()):
            if count:
                cells[number] += count
        cells[BINS] = max(cells[BINS], other.max_ns)

    @property
    def max_ns(self) -> int:
        """Largest time [ns]."""
        return self._cells[BINS]

    def counts(self) -> list[int]:
        """Return the count of every bin."""
        return self._cells[:BINS].tolist()

    def figures(self) -> TimeFigures:
        """Return count, quantiles and the largest time."""
        counts, largest = self.counts(), self.max_ns
        p50, p99, p999 = (1e-3 * time_ns for time_ns in _quantiles_ns(counts, largest, _PER_MILLE))
        return TimeFigures(sum(counts), p50, p99, p999, 1e-3 * largest)

    def rebinned(self, edges_us: Sequence[float]) -> tuple[int, ...]:
        """Return counts between coarser edges, for pictures.

        Args:
            edges_us: edges [us], rising; the first and the last bin also take what lies outside.
        """
        counts, place, last = [0] * (len(edges_us) - 1), 0, len(edges_us) - 2
        for number, count in enumerate(self.counts()):
            middle_us = 5e-4 * (bin_begin_ns(number) + bin_begin_ns(number + 1))
            while place < last and middle_us >= edges_us[place + 1]:
                place += 1
            counts[place] += count
        return tuple(counts)


def _quantiles_ns(counts: Sequence[int], largest_ns: int, per_mille: Iterable[int]) -> list[float]:
    """Return for each share the time that so many of the times reach at most: the middle of its bin [ns]."""
    total, seen, number, found = sum(counts), 0, -1, []
    for share in per_mille:
        rank = -(-total * share // 1000)
        while seen < rank:
            number += 1
            seen += counts[number]
        middle_ns = 0.5 * (bin_begin_ns(number) + bin_begin_ns(number + 1) - 1) if total else 0.0
        found.append(min(middle_ns, float(largest_ns)))
    return found
