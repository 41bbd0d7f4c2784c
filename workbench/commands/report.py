"""The command that writes the report of a recorded run again."""

from __future__ import annotations

import argparse

from workbench.commands.look_back import summary_json
from workbench.commands.run_files import write_report
from workbench.record.reader import read_run, read_run_id
from workbench.record.summary import summarise
from workbench.runs.output import REPORT_NAME, SUMMARY_NAME, write_text
from workbench.runs.stages import stage


def report(arguments: argparse.Namespace) -> int:
    """Write ``report.html`` and ``summary.json`` beside the record."""
    read_run_id(arguments.run)  # refuses what is no record
    with stage("reading the record"):
        run = read_run(arguments.run)
    with stage("writing the report"):
        summary = summarise(run)
        folder = run.path.parent
        write_text(folder / SUMMARY_NAME, summary_json(summary))
        write_report(folder, run, summary)
    print(summary_json(summary) if arguments.json else folder / REPORT_NAME)
    return 0
