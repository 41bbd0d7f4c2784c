"""The command that says why a run stopped, or what every cause would do; it loads what a run needs for a run only."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from controller.errors import ConfigError
from workbench.record.reader import find_record
from workbench.report.reaction_table import reaction_lines, reaction_rows
from workbench.runs.output import SUMMARY_NAME


def explain(arguments: argparse.Namespace) -> int:
    """Print why the run stopped and draw its last second; with ``--table`` what every cause would do."""
    run: Path | None = arguments.run
    if arguments.table:
        if run is not None:
            raise ConfigError("RUN", f"{run} with --table", "a run or --table", "leave one of them out")
        rows = reaction_rows()
        text = orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_APPEND_NEWLINE).decode()
        sys.stdout.write(text if arguments.json else "\n".join(reaction_lines(rows)) + "\n")
        return 0
    if run is None:
        raise ConfigError("RUN", "none", "the folder of a run", "name one, or ask for --table")
    if not (run / SUMMARY_NAME).is_file():
        find_record(run)  # refuses what is no record, before a summary can be read
    from workbench.commands.look_back import explain_run  # noqa: PLC0415

    return explain_run(run, as_json=arguments.json)
