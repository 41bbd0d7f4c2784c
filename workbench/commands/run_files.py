"""The files that tell about a run, beside its record: summary and report.

This module loads what draws, for half a second and 30 MB: a command imports it when there is something to draw.
"""

from __future__ import annotations

from pathlib import Path

from workbench.figures.pressure import load_relief
from workbench.record.reader import RunData
from workbench.record.summary import Summary
from workbench.report.film_report import load_film_pictures
from workbench.report.report import render_report
from workbench.runs.output import REPORT_NAME, write_text


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
