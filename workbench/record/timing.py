"""How long the ticks of a loop took, in wall-clock time."""

from __future__ import annotations

import resource
from array import array
from collections.abc import Sequence

import numpy as np

from workbench.record.messages import LoopStats

BIN_EDGES_US = tuple(float(edge) for edge in np.round(np.geomspace(10.0, 100_000.0, 41), 1))
"""Edges of the duration histogram [us], ten bins a decade; the first and last bin also take what lies outside."""


class TickTimes:
    """Collects the durations of all ticks; bookkeeping is done once a second, never in the tick.

    Args:
        dt_s: loop period; longer ticks are overruns.
    """

    def __init__(self, dt_s: float) -> None:
        self._dt_us = dt_s * 1e6
        self._all_ns = array("q")
        self._histogram = np.zeros(len(BIN_EDGES_US) - 1, dtype=np.int64)
        self._overruns = 0
        self._wall_ns = 0

    def add(self, durations_ns: Sequence[int]) -> None:
        """Count more ticks."""
        self._all_ns.extend(durations_ns)
        microseconds = np.asarray(durations_ns, dtype=np.float64) * 1e-3
        inside = np.clip(microseconds, BIN_EDGES_US[0], BIN_EDGES_US[-1])
        self._histogram += np.histogram(inside, BIN_EDGES_US)[0]
        self._overruns += int(np.count_nonzero(microseconds > self._dt_us))
        self._wall_ns += sum(durations_ns)

    def stats(self, t_s: float, recent_ns: Sequence[int] | None, queue_batches: int, drops: int) -> LoopStats:
        """Return the statistics so far.

        Args:
            t_s: session time of the last tick.
            recent_ns: durations the percentiles are wanted of, None for all ticks.
            queue_batches: batches waiting.
            drops: steps dropped.
        """
        chosen = self._all_ns if recent_ns is None else recent_ns
        quantiles = np.quantile(np.asarray(chosen, dtype=np.float64), (0.5, 0.99, 0.999, 1.0)) if len(chosen) else None
        p50, p99, p999, longest = (0.0,) * 4 if quantiles is None else (float(ns) * 1e-3 for ns in quantiles)
        return LoopStats(
            t_s=t_s,
            wall_s=self._wall_ns * 1e-9,
            ticks=len(self._all_ns),
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
