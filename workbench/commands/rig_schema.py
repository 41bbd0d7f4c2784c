"""``massage-arm rig schema``: the JSON Schema of a rig file; docs/schemas/rig.schema.json is what it prints."""

from __future__ import annotations

import argparse
import sys

import orjson

from hardware.rig_schema import rig_schema


def main(_: argparse.Namespace) -> int:
    """Print the schema."""
    sys.stdout.write(schema_text())
    return 0


def schema_text() -> str:
    """Return the schema as it is printed."""
    return orjson.dumps(rig_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
