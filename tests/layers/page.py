"""The table of layers in docs/hazards.md: what each does, and the tests that fail without it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "hazards.md"
HEAD = "| layer | what it does | tests that fail without it |"
_ROW = re.compile(r"^\| `(?P<name>[\w-]+)` \| (?P<what>[^|]+) \| (?P<tests>[^|]+) \|$")
_TEST = re.compile(r"`(tests/[\w/]+\.py(?:::\w+)?)`")


@dataclass(frozen=True)
class LayerRow:
    """A row of the table.

    Attributes:
        what: what the layer does.
        tests: names of the tests.
    """

    what: str
    tests: tuple[str, ...]


def read_layers(text: str) -> dict[str, LayerRow]:
    """Return the rows of the table by the names of the layers, in order.

    Args:
        text: of the page.

    Raises:
        ValueError: there is no such table, or a row of it cannot be read, names no test, or stands twice.
    """
    _, head, rest = text.partition(HEAD)
    if not head:
        raise ValueError(f"docs/hazards.md: got no table of layers; allowed: one that begins with {HEAD!r}")
    found: dict[str, LayerRow] = {}
    for line in rest.splitlines()[2:]:
        if not line.startswith("|"):
            break
        row = _ROW.match(line)
        tests = tuple(_TEST.findall(row["tests"])) if row is not None else ()
        if row is None or not tests or row["name"] in found:
            raise ValueError(f"docs/hazards.md: got {line!r}; allowed: | `layer` | what it does | `tests/...` |, once")
        found[row["name"]] = LayerRow(row["what"], tests)
    return found
