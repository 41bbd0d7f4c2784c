"""Commands that look back at a recorded run: report, replay, explain."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from controller.errors import ConfigError
from workbench.figures.last_second import last_second
from workbench.figures.pressure import load_relief
from workbench.figures.style import save_png
from workbench.film_report import load_film_pictures
from workbench.output import EXPLAIN_NAME, REPORT_NAME, SUMMARY_NAME, write_text
from workbench.reaction_table import DOES, reaction_lines, reaction_rows, rule_of
from workbench.reader import find_record, read_run
from workbench.report import render_report
from workbench.summary import StopSummary, Summary, summarise
from workbench.timeline import timeline, timeline_lines


def report(arguments: argparse.Namespace) -> int:
    """Write ``report.html`` and ``summary.json`` beside the record."""
    run = read_run(arguments.run)
    summary = summarise(run)
    folder = run.path.parent
    write_text(folder / SUMMARY_NAME, summary_json(summary))
    film = load_film_pictures(folder, run.config.body)
    write_text(folder / REPORT_NAME, render_report(run, summary, load_relief(run.config.body), film))
    print(summary_json(summary) if arguments.json else folder / REPORT_NAME)
    return 0


def replay(arguments: argparse.Namespace) -> int:
    """Print the run as a table: what happened when, with how much force."""
    rows = timeline(read_run(arguments.run))
    if arguments.json:
        sys.stdout.write(orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(timeline_lines(rows)))
    return 0


def explain(arguments: argparse.Namespace) -> int:
    """Print why the run stopped and draw its last second; with ``--table`` what every cause would do."""
    if arguments.table:
        rows = reaction_rows()
        text = orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_APPEND_NEWLINE).decode()
        sys.stdout.write(text if arguments.json else "\n".join(reaction_lines(rows)) + "\n")
        return 0
    if arguments.run is None:
        raise ConfigError("RUN", "none", "the folder of a run", "name one, or ask for --table")
    run = read_run(arguments.run)
    stop = summarise(run).stop
    picture: Path | None = None
    if stop is not None and run.steps.count > 1:
        picture = find_record(arguments.run).parent / EXPLAIN_NAME
        save_png(last_second(run, stop.t_s), picture)
    if arguments.json:
        found = {"stop": stop.model_dump() if stop else None, "picture": str(picture) if picture else None}
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(_explanation(stop, picture)))
    return 0


def summary_json(summary: Summary) -> str:
    """Return ``summary.json`` as text."""
    return summary.model_dump_json(indent=2) + "\n"


def _explanation(stop: StopSummary | None, picture: Path | None) -> list[str]:
    if stop is None:
        return ["the run was completed; nothing stopped it"]
    lines = [f"stopped at {stop.t_s:.3f} s: {stop.cause.replace('_', ' ')}", f"limit:     {stop.limit}"]
    if stop.value is not None and stop.allowed is not None:
        over = stop.value - stop.allowed
        lines.append(f"value:     {stop.value:.4g} {stop.unit}, allowed {stop.allowed:.4g} {stop.unit}")
        side = "at" if over == 0.0 else f"{abs(over):.4g} {stop.unit} {'over' if over > 0.0 else 'under'}"
        lines.append(f"margin:    {side} the limit")
    rule = rule_of(stop.cause)
    if rule is not None:
        lines += [f"the arm:   {DOES[rule.action]}", f"cleared by: {rule.clearance}"]
    lines.append(f"do next:   {stop.next_step}")
    return [*lines, f"picture:   {picture}"] if picture else lines
