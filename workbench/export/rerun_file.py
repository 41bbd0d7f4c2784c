"""A run as a recording of the viewer rerun, by rerun-sdk: columns as curves, the tool's pose, and events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson

from workbench.record.column_reader import TIME
from workbench.record.run import Run, load_package
from workbench.record.table import TableColumn

TIMELINE = "session"


def write_rerun(run: Run, path: Path) -> None:
    """Write a run. Raises ConfigError where rerun-sdk is not installed."""
    rerun = load_package("rerun", "a recording of rerun", "rerun-sdk")
    stream = rerun.RecordingStream("massage-arm", recording_id=run.run_id or None)
    stream.save(path)
    time = [rerun.TimeColumn(TIMELINE, duration=run[TIME])]
    for column in run.table():
        if column.labels is None:
            stream.send_columns(f"columns/{column.name}", time, rerun.Scalars.columns(scalars=column.values))
        else:
            starts, words = _changes(column)
            changed = [rerun.TimeColumn(TIMELINE, duration=run[TIME][starts])]
            stream.send_columns(f"columns/{column.name}", changed, rerun.TextLog.columns(text=words))
    pose = rerun.Transform3D.columns(translation=run["p_wt"], quaternion=run["quaternion_wt"])
    stream.send_columns("tool", time, pose)
    if run.events:
        times = [rerun.TimeColumn(TIMELINE, duration=np.array([event.t_s for event in run.events]))]
        texts = [f"{event.kind} {orjson.dumps(event.data).decode()}" for event in run.events]
        stream.send_columns("events", times, rerun.TextLog.columns(text=texts))
    stream.flush()
    stream.disconnect()


def _changes(column: TableColumn) -> tuple[list[int], list[str]]:
    """Return the ticks at which a column of words changes, and its words from then on."""
    starts = np.flatnonzero(np.diff(column.values, prepend=-1)).tolist()
    labels = column.labels or ()
    return starts, [labels[int(column.values[start])] for start in starts]
