"""Times of many short calls, taken in turns so that whatever else the machine does meets all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Block = Callable[[int], Mapping[str, Times]]
"""Runs a number of calls; returns the times [ns] of each by the name of what was timed."""

US_PER_NS = 1e-3


@dataclass(frozen=True, slots=True)
class Timed:
    """What was measured of one kind of call.

    Attributes:
        name: what was called.
        count: how often.
        p10_us: a tenth of the calls took less: near what the call costs when nothing else runs [us].
        p50_us: median [us].
        p99_us: 99th percentile [us].
        p999_us: 99.9th percentile [us].
    """

    name: str
    count: int
    p10_us: float
    p50_us: float
    p99_us: float
    p999_us: float


def timed(name: str, times_ns: Times) -> Timed:
    """Return the quantiles of times [ns]; there must be one at least."""
    p10, p50, p99, p999 = np.percentile(times_ns, [10.0, 50.0, 99.0, 99.9]) * US_PER_NS
    return Timed(name, len(times_ns), float(p10), float(p50), float(p99), float(p999))


def calls(name: str, call: Callable[[], object]) -> Block:
    """Return a block that times one call."""

    def block(count: int) -> dict[str, Times]:
        clock, times = time.perf_counter_ns, np.zeros(count, dtype=np.int64)
        for index in range(count):
            began = clock()
            call()
            times[index] = clock() - began
        return {name: times}

    return block


def in_turns(
    blocks: Mapping[str, Block], rounds: int, count: int, on_round: Callable[[int, int], None]
) -> dict[str, Timed]:
    """Run all blocks in turns.

    Args:
        blocks: what to time.
        rounds: how often each has its turn; the first one is thrown away, it warms up.
        count: calls a turn.
        on_round: called with (done, all) after each round.

    Returns:
        What was measured, by its name, in the order of the blocks.
    """
    found: dict[str, list[Times]] = {}
    for number in range(rounds + 1):
        for block in blocks.values():
            for name, times in block(count).items():
                if number:
                    found.setdefault(name, []).append(times)
        on_round(number + 1, rounds + 1)
    return {name: timed(name, np.concatenate(parts)) for name, parts in found.items()}
