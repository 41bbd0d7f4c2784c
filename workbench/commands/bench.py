"""How fast the loop runs on this machine, beside its floor and other people's controllers, and what grows with what."""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import asdict, dataclass, replace

import orjson

from workbench.bench.growth import Growth, SessionCost, mesh_costs, recorded, session_cost, worker_costs
from workbench.bench.page import Machine, lines, page, this_machine
from workbench.bench.report import Ratio, ratios
from workbench.bench.run import ROUNDS, measure
from workbench.bench.timing import Timed
from workbench.docs_pictures.table_sources import Table, stamped
from workbench.record.summary import Summary, summarise
from workbench.runs.output import write_text
from workbench.runs.prepare import load_inputs, prepare
from workbench.runs.progress import Progress
from workbench.runs.request import SessionRequest
from workbench.runs.warm_up import warm_up

PROGRAMS = ("shoulders_only", "paraspinal_only", "first_session")
"""Programs of growing length; the last one is the default."""
_REQUEST = SessionRequest(PROGRAMS[-1], "median_f", "law", "servo7", "standard", 0.0, 1)


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What was measured; ticks are those of whole sessions with recording.

    Attributes:
        realtime_factor: simulated seconds per wall second of the default session.
        p50_us: median tick of the default session.
        p99_us: 99th percentile.
        p999_us: 99.9th percentile.
        max_us: longest tick of all repetitions.
        record_bytes_per_s: size of the record per second of session.
        repeats: how often it was run.
        machine: where.
        parts: times of the parts of a tick, of the floors and of the peers.
        ratios: of their medians.
        growth: what grows with what.
    """

    realtime_factor: float
    p50_us: float
    p99_us: float
    p999_us: float
    max_us: float
    record_bytes_per_s: float
    repeats: int
    machine: Machine
    parts: tuple[Timed, ...]
    ratios: tuple[Ratio, ...]
    growth: Growth


def main(arguments: argparse.Namespace) -> int:
    """Measure and print; with ``--markdown`` also write the page of the docs."""
    machine, plant = this_machine(), arguments.plant
    request = replace(_REQUEST, plant=plant)
    prepared = prepare(load_inputs(request))
    warm_up(prepared)
    with Progress("parts in turns", sys.stderr) as progress:
        parts = measure(prepared, rounds=ROUNDS, has_peers=not arguments.no_peers, on_round=progress.update)
    sessions, summaries = _sessions(request, arguments.repeat)
    growth = Growth(sessions)
    if arguments.growth:
        growth = Growth(sessions, mesh_costs(request, _say), worker_costs(replace(request, program=PROGRAMS[0]), _say))
    result = _result(machine, parts, summaries, growth)
    printed = lines(machine, parts, result.ratios, growth)
    if arguments.json:
        text = orjson.dumps(asdict(result), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
        sys.stdout.write(text)
    else:
        print("\n".join(printed))
    if arguments.markdown is not None:
        command = "massage-arm bench --growth" if arguments.growth else "massage-arm bench"
        write_text(arguments.markdown, stamped(page(printed, command), Table.SPEED, command))
    return 0


def _sessions(request: SessionRequest, repeat: int) -> tuple[tuple[SessionCost, ...], list[Summary]]:
    """Run every program, the default one ``repeat`` times; return what they cost, and the summaries of the default."""
    costs, summaries = [], []
    for program in PROGRAMS:
        prepared = prepare(load_inputs(replace(request, program=program)))
        for number in range(1, (repeat if program == PROGRAMS[-1] else 1) + 1):
            with (
                Progress(f"{program}, run {number}", sys.stderr) as progress,
                recorded(prepared, progress.update) as (folder, memory),
            ):
                costs.append(session_cost(prepared, folder, memory))
                if program == PROGRAMS[-1]:
                    summaries.append(summarise(memory.data()))
    return tuple(costs), summaries


def _result(machine: Machine, parts: dict[str, Timed], summaries: list[Summary], growth: Growth) -> BenchResult:
    ticks = [summary.tick_us for summary in summaries if summary.tick_us is not None]
    whole = [cost for cost in growth.sessions if cost.program == PROGRAMS[-1]]
    return BenchResult(
        realtime_factor=statistics.median(cost.realtime_factor for cost in whole),
        p50_us=statistics.median(tick.p50 for tick in ticks),
        p99_us=statistics.median(tick.p99 for tick in ticks),
        p999_us=statistics.median(tick.p999 for tick in ticks),
        max_us=max(tick.max for tick in ticks),
        record_bytes_per_s=statistics.median(cost.bytes_per_s for cost in whole),
        repeats=len(summaries),
        machine=machine,
        parts=tuple(parts.values()),
        ratios=ratios(parts),
        growth=growth,
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)
