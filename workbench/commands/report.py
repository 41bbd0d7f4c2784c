"""The command that writes the report of a recorded run again."""

from __future__ import annotations

import argparse

from workbench.record.reader import read_run, read_run_id
from workbench.runs.stages import stage


def report(arguments: argparse.Namespace) -> int:
    """Write ``report.html`` and ``summary.json`` beside the record."""
    read_run_id(arguments.run)  # refuses what is no record, before anything that draws is loaded
    from workbench.commands.run_files import shown, write_again  # noqa: PLC0415

    with stage("reading the record"):
        run = read_run(arguments.run)
    with stage("writing the report"):
        summary = write_again(run)
    print(shown(run, summary, is_json=arguments.json))
    return 0
