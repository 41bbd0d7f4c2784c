"""A drill with real processes: something is killed, stopped or spoilt while the arm presses, and the truth is read."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

import orjson

from controller.types import Cause, StopReason
from workbench.drill.faults import FAULTS, DrillName
from workbench.drill.run import DrillPlan, drill_plan, running
from workbench.drill.upset_rounds import figures, run_rounds, table
from workbench.drill.verdict import DrillResult, Evidence, judge, line, loop_lines, mode_at_end
from workbench.runs.signals import interrupt_on_signals

UPSETS = "upsets"
AFTER_S = 2.5
"""Simulated time that is let pass after a fault."""
CAUSES: dict[DrillName, tuple[Cause, ...]] = {
    DrillName.HOST_KILLED: (Cause.HOST_LOST,),
    DrillName.HOST_STOPPED: (Cause.HOST_LOST,),
    DrillName.SUPERVISOR_KILLED: (Cause.SUPERVISOR_LOST,),
    DrillName.MEMORY_CORRUPT: (Cause.MEMORY_CORRUPT,),
}
"""What the answering side has to give as cause."""


def main(arguments: argparse.Namespace) -> int:
    """Run one drill, or all upsets; return 0 where everything held, 4 where not or where the machine was too busy."""
    if arguments.name == UPSETS:
        with interrupt_on_signals():
            return _upsets(arguments)
    name = DrillName(arguments.name)
    print(f"drill {name}: starting three processes, pressing 20 N", file=sys.stderr, flush=True)
    with interrupt_on_signals():
        result = run_drill(name, drill_plan())
    if not result.is_realtime:
        print("warning: no real-time priority for the supervisor; allow SCHED_FIFO (ulimit -r)", file=sys.stderr)
    if arguments.json:
        sys.stdout.write(orjson.dumps(asdict(result), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join([line(result), *loop_lines(result)]))
    return 4 if result.misses else 0


def _upsets(arguments: argparse.Namespace) -> int:
    """Run the rounds of upsets and print their figures."""
    rows = figures(run_rounds(arguments.repeat, lambda text: print(text, file=sys.stderr, flush=True)))
    if arguments.json:
        text = orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        sys.stdout.write(text.decode())
    else:
        print("\n".join([*table(rows), *(f"{row.text}: {words}" for row in rows for words in row.words)]))
    return 4 if any(row.missed or row.false or row.too_busy for row in rows) else 0


def run_drill(name: DrillName, plan: DrillPlan, seed: int = 1) -> DrillResult:
    """Run one drill and return what it has shown.

    Args:
        name: which.
        plan: from ``drill_plan``.
        seed: of person and noise.

    Raises:
        PlantError: the session did not get as far as the fault.
    """
    is_hosts = name is DrillName.SUPERVISOR_KILLED
    with running(plan, seed) as processes:
        processes.wait_until_steady()
        is_realtime = (said := processes.supervisor_says()) is not None and said.is_realtime
        fault_row = FAULTS[name](processes)
        processes.let_pass_until(fault_row, AFTER_S)
        rows, said, end = processes.rows(), processes.supervisor_says(), processes.host_end()
        loops = processes.loop_times()
    host_cause = end.cause if isinstance(end, StopReason) else None
    cause = host_cause if is_hosts or said is None else said.cause
    mode = mode_at_end(rows) if is_hosts or said is None else said.mode
    return judge(
        Evidence(
            name.value, rows, fault_row, is_hosts, cause.value if cause is not None else "nobody",
            tuple(fitting.value for fitting in CAUSES[name]), mode, is_realtime, processes.pause_s, loops,
        )
    )  # fmt: skip
