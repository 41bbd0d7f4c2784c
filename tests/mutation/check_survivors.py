"""Hold the mutants that survived against the reviewed list: `make mutants` runs this after mutmut.

Fails where a mutant survived that docs/mutants.md does not name, where the list names one that no longer survives, and
where a mutant was not judged at all: a worker that crashed, ran out of time or was never started has killed nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MUTANTS = Path("mutants/controller/safety")
REVIEWED = Path("docs/mutants.md")
ROW = re.compile(r"^\| `(?P<name>[^`]+__mutmut_\d+)` \| (?P<kind>[a-z ]+) \| (?P<change>.*) \| (?P<reason>[^|]+) \|$")
KINDS = frozenset({"equivalent", "wording", "timeout"})
KILLED, SURVIVED = 1, 0
TIMEOUTS = frozenset({-24, 24, 36, 152, 255})


@dataclass(frozen=True)
class Verdicts:
    """Names of the mutants by what became of them."""

    killed: frozenset[str]
    survived: frozenset[str]
    timed_out: frozenset[str]
    not_judged: frozenset[str]


def read_verdicts(folder: Path) -> Verdicts:
    """Return what mutmut wrote down; only a test that failed counts as a kill."""
    codes: dict[str, int | None] = {}
    for path in sorted(folder.glob("*.py.meta")):
        codes.update(json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"])
    return sort_verdicts(codes)


def sort_verdicts(codes: Mapping[str, int | None]) -> Verdicts:
    """Return the exit codes of the workers by what they mean."""
    judged = {KILLED, SURVIVED, *TIMEOUTS}
    return Verdicts(
        frozenset(name for name, code in codes.items() if code == KILLED),
        frozenset(name for name, code in codes.items() if code == SURVIVED),
        frozenset(name for name, code in codes.items() if code in TIMEOUTS),
        frozenset(name for name, code in codes.items() if code not in judged),
    )


def read_reviewed(text: str) -> dict[str, str]:
    """Return the kind of every reviewed mutant.

    Raises:
        ValueError: a row that names a mutant has no known kind or no reason.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        if "__mutmut_" not in line:
            continue
        row = ROW.match(line)
        if row is None or row["kind"] not in KINDS or not row["reason"].strip() or row["name"] in found:
            raise ValueError(
                f"got {line!r}; allowed: | `name` | {' or '.join(sorted(KINDS))} | change | reason |, once"
            )
        found[row["name"]] = row["kind"]
    return found


def complaints(verdicts: Verdicts, reviewed: Mapping[str, str]) -> list[str]:
    """Return one line for everything that is not as reviewed."""
    survivors = {name for name, kind in reviewed.items() if kind != "timeout"}
    timeouts = set(reviewed) - survivors
    groups = (
        ("was not judged", verdicts.not_judged),
        ("survived and is not reviewed", verdicts.survived - survivors),
        ("ran out of time and is not reviewed", verdicts.timed_out - timeouts),
        ("is reviewed as a survivor but does not survive", survivors - verdicts.survived),
        ("is reviewed as a timeout but has none", timeouts - verdicts.timed_out),
    )
    lines = [f"{name} {told}" for told, names in groups for name in sorted(names)]
    return lines if verdicts.killed else [*lines, "no mutant was killed: nothing was run"]


def main() -> int:
    """Print the counts and every complaint; return 1 where there is one."""
    verdicts = read_verdicts(MUTANTS)
    found = complaints(verdicts, read_reviewed(REVIEWED.read_text(encoding="utf-8")))
    print(
        f"mutants: {len(verdicts.killed)} killed, {len(verdicts.survived)} survived, "
        f"{len(verdicts.timed_out)} out of time, {len(verdicts.not_judged)} not judged"
    )
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
