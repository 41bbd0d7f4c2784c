"""How fast the loop runs on this machine."""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from workbench.record.memory import RunMemory
from workbench.record.reader import RECORD_NAME
from workbench.record.summary import Summary, summarise
from workbench.runs.prepare import Prepared, load_inputs, prepare
from workbench.runs.progress import Progress
from workbench.runs.request import SessionRequest
from workbench.runs.simulate import simulate
from workbench.runs.warm_up import warm_up

_REQUEST = SessionRequest("first_session", "median_f", "law", "servo7", "standard", 0.0, 1)


@dataclass(frozen=True, slots=True)
class BenchResult:
    """Medians over the repetitions; ticks are those of a whole session with recording.

    Attributes:
        realtime_factor: simulated seconds per wall second.
        p50_us: median tick.
        p99_us: 99th percentile.
        p999_us: 99.9th percentile.
        max_us: longest tick of all repetitions.
        record_bytes_per_s: size of the record per second of session.
        repeats: how often it was run.
        machine: processor and Python.
    """

    realtime_factor: float
    p50_us: float
    p99_us: float
    p999_us: float
    max_us: float
    record_bytes_per_s: float
    repeats: int
    machine: str


def main(arguments: argparse.Namespace) -> int:
    """Run the default session a number of times and print its speed."""
    prepared = prepare(load_inputs(_REQUEST))
    warm_up(prepared)
    runs = [_one(prepared, f"run {number} of {arguments.repeat}") for number in range(1, arguments.repeat + 1)]
    result = _medians(runs)
    if arguments.json:
        sys.stdout.write(orjson.dumps(asdict(result), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print(f"{result.realtime_factor:.1f} times real time at 1 kHz, recording on ({result.machine})")
        print(f"tick p50 {result.p50_us:.0f} us, p99 {result.p99_us:.0f} us, p99.9 {result.p999_us:.0f} us, "
              f"longest {result.max_us:.0f} us")  # fmt: skip
        print(f"record {result.record_bytes_per_s / 1e3:.0f} kB per second of session")
    return 0


def _one(prepared: Prepared, label: str) -> tuple[Summary, float]:
    with tempfile.TemporaryDirectory() as name, Progress(label, sys.stderr) as progress:
        memory = RunMemory(Path(name) / RECORD_NAME, prepared.config)
        simulate(prepared, Path(name), progress.update, memory=memory)
        run = memory.data()
        summary = summarise(run)
        return summary, run.path.stat().st_size / max(summary.duration_s, 1e-9)


def _medians(runs: list[tuple[Summary, float]]) -> BenchResult:
    ticks = [summary.tick_us for summary, _ in runs if summary.tick_us is not None]
    return BenchResult(
        realtime_factor=statistics.median(summary.realtime_factor or 0.0 for summary, _ in runs),
        p50_us=statistics.median(tick.p50 for tick in ticks),
        p99_us=statistics.median(tick.p99 for tick in ticks),
        p999_us=statistics.median(tick.p999 for tick in ticks),
        max_us=max(tick.max for tick in ticks),
        record_bytes_per_s=statistics.median(size for _, size in runs),
        repeats=len(runs),
        machine=f"{platform.machine()}, Python {platform.python_version()}",
    )
