"""Quantiles of times from counts, against NumPy, and memory that does not grow."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.processes.realtime.histogram import BINS, CELLS, TimeHistogram, bin_begin_ns, bin_of, new_cells
from controller.processes.realtime.loop_times import LoopTimes

TIMES = st.lists(st.integers(0, 10**11), min_size=1, max_size=300)
WIDTH = 1.0 / 64.0
"""A bin is at most this part of its time wide."""


def counted(times: list[int]) -> TimeHistogram:
    histogram = TimeHistogram()
    for time_ns in times:
        histogram.add(time_ns)
    return histogram


@given(TIMES)
def test_quantiles_are_those_of_numpy_within_the_width_of_a_bin(times: list[int]) -> None:
    figures = counted(times).figures()
    assert figures.count == len(times)
    assert figures.max_us == pytest.approx(max(times) * 1e-3)
    for share, got_us in ((0.5, figures.p50_us), (0.99, figures.p99_us), (0.999, figures.p999_us)):
        # A share of the count that is whole may be rounded to either side of it by NumPy.
        low, high = np.quantile(np.array(times), (share - 1e-9, share + 1e-9), method="inverted_cdf") * 1e-3
        assert low * (1.0 - WIDTH) - 1e-9 <= got_us <= high * (1.0 + WIDTH) + 1e-9


@given(TIMES, TIMES)
def test_merged_counts_are_those_of_all_times(first: list[int], second: list[int]) -> None:
    merged = counted(first)
    merged.merge(counted(second))
    assert merged.counts() == counted(first + second).counts()
    assert merged.figures() == counted(second + first).figures()


@given(st.integers(0, 2**40 - 1))
def test_every_time_lies_in_its_bin(time_ns: int) -> None:
    number = bin_of(time_ns)
    assert 0 <= number < BINS
    assert bin_begin_ns(number) <= time_ns < bin_begin_ns(number + 1)
    assert bin_begin_ns(number + 1) - bin_begin_ns(number) <= max(1, bin_begin_ns(number) * WIDTH)


def test_bins_follow_each_other_without_a_gap() -> None:
    begins = [bin_begin_ns(number) for number in range(BINS + 1)]
    assert begins[0] == 0
    assert all(low < high for low, high in pairwise(begins))
    assert [bin_of(begin) for begin in begins[:-1]] == list(range(BINS))


def test_what_no_bin_holds_is_counted_in_the_outer_ones() -> None:
    histogram = counted([-5, 2**45])
    assert (histogram.counts()[0], histogram.counts()[-1], histogram.max_ns) == (1, 1, 2**45)


def test_no_time_has_no_quantile() -> None:
    figures = TimeHistogram().figures()
    assert (figures.count, figures.p50_us, figures.p999_us, figures.max_us) == (0, 0.0, 0.0, 0.0)


def test_others_read_the_counts_in_the_same_memory() -> None:
    cells = new_cells(CELLS)
    TimeHistogram(cells).add(1000)
    assert TimeHistogram(cells).figures().count == 1


def test_coarser_bins_hold_every_time() -> None:
    histogram = counted([1, 15_000, 25_000, 10**9])
    assert histogram.rebinned((10.0, 20.0, 30.0, 40.0)) == (2, 1, 1)


def test_times_of_two_loops_are_put_together() -> None:
    first, second = LoopTimes(1_000_000), LoopTimes(1_000_000)
    first.note(10, 500_000, 0)
    second.note(20, 3_500_000, 3)
    second.note(30, 1_500_000, 1)
    first.merge(second)
    figures = first.figures()
    assert (figures.period_us, figures.overruns, figures.skipped) == (1000.0, 2, 4)
    assert (figures.lateness.count, figures.body.max_us) == (3, 3500.0)
