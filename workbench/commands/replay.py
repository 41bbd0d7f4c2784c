"""The command that prints a run as a table; it needs the record only, and nothing that plans or draws."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

import orjson

from workbench.report.timeline import read_timeline, timeline_lines


def replay(arguments: argparse.Namespace) -> int:
    """Print the run as a table: what happened when, with how much force."""
    rows = read_timeline(arguments.run)
    if arguments.json:
        sys.stdout.write(orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(timeline_lines(rows)))
    return 0
