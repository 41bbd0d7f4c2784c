"""The files that tell about a run, beside its record: summary and report.

This module loads what draws, for half a second and 30 MB: a command imports it when there is something to draw.
"""

from __future__ import annotations

from pathlib import Path

from workbench.commands.look_back import summary_json
from workbench.figures.pressure import load_relief
from workbench.record.reader import RunData
from workbench.record.summary import Summary, summarise
from workbench.report.film_report import load_film_pictures
from workbench.report.report import render_report
from workbench.runs.output import REPORT_NAME, SUMMARY_NAME, write_text


def write_report(folder: Path, run: RunData, summary: Summary) -> None:
    """Write ``report.html``.

    Args:
        folder: of the run.
        run: what was recorded.
        summary: its figures.

    Raises:
        RecordError: the disk refuses it.
    """
    body = run.config.body
    page = render_report(run, summary, load_relief(body), load_film_pictures(folder, body))
    write_text(folder / REPORT_NAME, page)


def write_again(run: RunData) -> Summary:
    """Write ``summary.json`` and ``report.html`` beside the record of a run; return the summary.

    Raises:
        RecordError: the disk refuses one.
    """
    summary = summarise(run)
    write_text(run.path.parent / SUMMARY_NAME, summary_json(summary))
    write_report(run.path.parent, run, summary)
    return summary


def shown(run: RunData, summary: Summary, *, is_json: bool) -> str:
    """Return what is printed of files that were written again: the summary, or where the report is."""
    return summary_json(summary) if is_json else str(run.path.parent / REPORT_NAME)
