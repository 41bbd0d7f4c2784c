"""``massage-arm rig schema``: the JSON Schema of a rig file; docs/schemas has what it prints."""

from __future__ import annotations

import argparse
import sys

import orjson

from hardware.rig_schema import rig_schema


def main(arguments: argparse.Namespace) -> int:
    """Print the schema; raises ConfigError for an unknown family."""
    sys.stdout.write(schema_text(arguments.family))
    return 0


def schema_text(family: str) -> str:
    """Return the schema of a family as it is printed."""
    return orjson.dumps(rig_schema(family), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
