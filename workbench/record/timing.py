"""How long the ticks of a loop took, in wall-clock time."""

from __future__ import annotations

import resource
from collections.abc import Sequence

import numpy as np

from workbench.record.messages import LoopStats

BIN_EDGES_US = tuple(float(edge) for edge in np.round(np.geomspace(10.0, 100_000.0, 41), 1))
"""Edges of the duration histogram [us], ten bins a decade; the first and last bin also take what lies outside."""

FINE_STEP = 0.005
"""Width of the bins that the percentiles of a whole session are taken from, as a part of the duration."""
_FINE_BINS = int(np.log(1e7) / FINE_STEP) + 1
"""From 1 us to 10 s; the first and last bin also take what lies outside."""


class TickTimes:
    """Counts the durations of all ticks; bookkeeping is done once a second, never in the tick.

    Durations are counted in bins and not kept, so that a long session takes no more memory than a short one.

    Args:
        dt_s: loop period; longer ticks are overruns.
    """

    def __init__(self, dt_s: float) -> None:
        self._dt_us = dt_s * 1e6
        self._fine = np.zeros(_FINE_BINS, dtype=np.int64)
        self._ticks, self._longest_us = 0, 0.0
        self._histogram = np.zeros(len(BIN_EDGES_US) - 1, dtype=np.int64)
        self._overruns = 0
        self._wall_ns = 0

    def add(self, durations_ns: Sequence[int]) -> None:
        """Count more ticks."""
        microseconds = np.asarray(durations_ns, dtype=np.float64) * 1e-3
        bins = np.clip(np.log(np.maximum(microseconds, 1.0)) / FINE_STEP, 0, _FINE_BINS - 1).astype(np.int64)
        self._fine += np.bincount(bins, minlength=_FINE_BINS)
        self._ticks += len(microseconds)
        self._longest_us = max(self._longest_us, float(np.max(microseconds, initial=0.0)))
        inside = np.clip(microseconds, BIN_EDGES_US[0], BIN_EDGES_US[-1])
        self._histogram += np.histogram(inside, BIN_EDGES_US)[0]
        self._overruns += int(np.count_nonzero(microseconds > self._dt_us))
        self._wall_ns += sum(durations_ns)

    def stats(self, t_s: float, recent_ns: Sequence[int] | None, queue_batches: int, drops: int) -> LoopStats:
        """Return the statistics so far.

        Args:
            t_s: session time of the last tick.
            recent_ns: durations the percentiles are wanted of, None for all ticks, whose percentiles are known to
                ``FINE_STEP``.
            queue_batches: batches waiting.
            drops: steps dropped.
        """
        p50, p99, p999, longest = self._quantiles() if recent_ns is None else _quantiles(recent_ns)
        return LoopStats(
            t_s=t_s,
            wall_s=self._wall_ns * 1e-9,
            ticks=self._ticks,
            p50_us=p50,
            p99_us=p99,
            p999_us=p999,
            max_us=longest,
            overruns=self._overruns,
            queue_batches=queue_batches,
            drops=drops,
            histogram=tuple(int(count) for count in self._histogram),
            is_total=recent_ns is None,
            peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        )

    def _quantiles(self) -> tuple[float, ...]:
        """Return median, percentiles 99 and 99.9 and the longest of all ticks [us]."""
        if not self._ticks:
            return (0.0,) * 4
        counted = np.cumsum(self._fine)
        bins = np.searchsorted(counted, np.array(_SHARES[:-1]) * self._ticks)
        return (*(min(float(np.exp((one + 0.5) * FINE_STEP)), self._longest_us) for one in bins), self._longest_us)


_SHARES = (0.5, 0.99, 0.999, 1.0)


def _quantiles(durations_ns: Sequence[int]) -> tuple[float, ...]:
    """Return the same of these durations."""
    if not durations_ns:
        return (0.0,) * 4
    return tuple(float(ns) * 1e-3 for ns in np.quantile(np.asarray(durations_ns, dtype=np.float64), _SHARES))
