"""Why a recorded run stopped, from its summary, and a picture of its last second."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import orjson
from pydantic import ValidationError

from controller.types import Cause
from controller.wording import distinct_digits
from workbench.record.ending import StopSummary
from workbench.record.reader import RECORD_NAME, find_record, read_run, read_run_id
from workbench.record.summary import Summary, summarise
from workbench.report.reaction_table import DOES, rule_of
from workbench.report.warning_words import counted
from workbench.runs.output import EXPLAIN_NAME, SUMMARY_NAME


def explain_run(run: Path, *, as_json: bool) -> int:
    """Print why a run stopped and draw its last second.

    Args:
        run: folder of a run, or its record.
        as_json: as JSON instead of text.
    """
    summary = _summary_of(run)
    stop = summary.stop
    picture = None if stop is None or summary.verdict == "refused" else _draw_last_second(run, stop)
    if as_json:
        found = {
            "stop": stop.model_dump() if stop else None,
            "stops": [one.model_dump() for one in summary.stops],
            "picture": str(picture) if picture else None,
            "warnings": list(summary.warnings),
        }
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join([*_explanation(summary, picture), *(f"warning:   {line}" for line in summary.warnings)]))
    return 0


def _summary_of(run: Path) -> Summary:
    """Return the summary beside a record where it is of the same run, else one made from the record.

    A refused plan has no record: its summary is returned.
    """
    with suppress(OSError, ValidationError):
        refused = Summary.model_validate_json((run / SUMMARY_NAME).read_bytes())
        if refused.verdict == "refused" and not (run / RECORD_NAME).exists():
            return refused
    path, run_id = find_record(run).parent / SUMMARY_NAME, read_run_id(run)
    if run_id:
        with suppress(OSError, ValidationError):
            summary = Summary.model_validate_json(path.read_bytes())
            if summary.run_id == run_id:
                return summary
    return summarise(read_run(run))


def _draw_last_second(run: Path, stop: StopSummary) -> Path | None:
    """Draw what happened around the stop; return the picture, None where nothing was recorded then."""
    # Figures take seconds to load, and most runs were not stopped.
    from workbench.figures.last_second import AFTER_S, BEFORE_S, last_second  # noqa: PLC0415
    from workbench.figures.style import save_png  # noqa: PLC0415

    found = read_run(run, (stop.t_s - BEFORE_S, stop.t_s + AFTER_S))
    if found.steps.count < 2:
        return None
    picture = find_record(run).parent / EXPLAIN_NAME
    save_png(last_second(found, stop.t_s), picture)
    return picture


def summary_json(summary: Summary) -> str:
    """Return ``summary.json`` as text."""
    return summary.model_dump_json(indent=2) + "\n"


def _explanation(summary: Summary, picture: Path | None) -> list[str]:
    stop = summary.stop
    if stop is not None and summary.verdict == "refused":
        return ["the plan was refused, nothing moved", f"reason:    {stop.limit}", f"do next:   {stop.next_step}"]
    if stop is None and summary.stops:
        lines = [f"{one.t_s:.3f} s: {one.cause.replace('_', ' ')}, {one.limit}" for one in summary.stops]
        return [f"the run was completed{counted(summary)}; these stops were cleared:", *lines]
    if stop is None:
        return [f"the run was completed{counted(summary)}; nothing stopped it"]
    lines = [f"stopped at {stop.t_s:.3f} s: {stop.cause.replace('_', ' ')}", f"limit:     {stop.limit}"]
    if stop.cause != Cause.OPERATOR and stop.value is not None and stop.allowed is not None:
        over = stop.value - stop.allowed
        value, allowed = distinct_digits(stop.value, stop.allowed, 4)
        lines.append(f"value:     {value} {stop.unit}, allowed {allowed} {stop.unit}")
        side = "at" if over == 0.0 else f"{abs(over):.4g} {stop.unit} {'over' if over > 0.0 else 'under'}"
        lines.append(f"margin:    {side} the limit")
    rule = rule_of(stop.cause)
    if rule is not None:
        lines += [f"the arm:   {DOES[rule.action]}", f"cleared by: {rule.clearance}"]
    lines.append(f"do next:   {stop.next_step}")
    return [*lines, f"picture:   {picture}"] if picture else lines
