"""Percentiles of all ticks of a session from counts, in memory that does not grow."""

import sys

import numpy as np
import pytest

from workbench.record.timing import FINE_STEP, TickTimes


def test_percentiles_of_the_session_are_those_of_its_ticks_within_the_width_of_a_bin() -> None:
    chance = np.random.default_rng(1)
    durations = [round(ns) for ns in chance.lognormal(12.0, 0.7, 40_000)]
    times = TickTimes(0.001)
    for begin in range(0, len(durations), 1000):
        times.add(durations[begin : begin + 1000])
    total, exact = times.stats(40.0, None, 0, 0), times.stats(40.0, durations, 0, 0)
    assert (total.is_total, exact.is_total) == (True, False)
    for name in ("p50_us", "p99_us", "p999_us"):
        assert getattr(total, name) == pytest.approx(getattr(exact, name), rel=FINE_STEP), name
    assert total.max_us == exact.max_us == max(durations) * 1e-3
    assert total.ticks == sum(total.histogram) == 40_000
    assert total.overruns == sum(duration > 1_000_000 for duration in durations)


def test_durations_outside_of_all_bins_are_counted() -> None:
    times = TickTimes(0.001)
    times.add([0, 10, 60_000_000_000])
    total = times.stats(1.0, None, 0, 0)
    assert (total.ticks, total.max_us) == (3, 6e7)
    assert total.p50_us == pytest.approx(1.0, rel=FINE_STEP)


def test_no_tick_has_no_percentile() -> None:
    total = TickTimes(0.001).stats(0.0, None, 0, 0)
    assert (total.p50_us, total.max_us, total.ticks) == (0.0, 0.0, 0)


def test_more_ticks_take_no_more_memory() -> None:
    times = TickTimes(0.001)
    sizes = []
    for _ in range(2):
        for _ in range(50):
            times.add([500_000] * 1000)
        sizes.append(sum(sys.getsizeof(value) for value in vars(times).values()))
    assert sizes[1] == sizes[0]
