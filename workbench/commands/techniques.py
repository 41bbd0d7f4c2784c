"""What a stroke of a program may be: the techniques, their fields and ranges, as text, JSON or a page."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

import orjson

from trajectories.techniques.documentation import technique_docs, techniques_page
from workbench.runs.output import write_text


def main(arguments: argparse.Namespace) -> int:
    """Print the techniques; with ``--markdown`` also write the page ``docs/techniques.md``."""
    docs = technique_docs()
    if arguments.markdown is not None:
        write_text(arguments.markdown, techniques_page())
    if arguments.json:
        rows = [asdict(doc) for doc in docs]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
        return 0
    for doc in docs:
        print(f"{doc.name}: {doc.summary}")
        for field in doc.fields:
            print(f"  {field.name:<17} {field.shown_default:<17} {field.allowed}")
    return 0
