"""Take each layer of safety out in turn, and fail where no test that docs/hazards.md names for it fails.

`python -m tests.layers.take_out [layer ...]`; without names all of them. First every named test must pass with all
layers in. A layer is shown where a test of its row fails by what it asserts. A test that fails by another error has met
code that no longer works, which shows nothing, unless errors are what the layer is there for. Beside them run tests of
a machine without a fault, which must pass: otherwise something was broken, not taken out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.layers.layers import LAYERS
from tests.layers.page import PAGE, read_layers
from tests.layers.plugin import CALM

ROOT = Path(__file__).parents[2]
PROCESSES = 2
"""How many layers are out at a time, each in a process of its own."""
LIMIT_S = 200.0
"""Longest time for the tests of one layer; without a layer a loop may never end."""


@dataclass(frozen=True)
class Outcome:
    """What became of the tests of a run.

    Attributes:
        passed: tests that passed.
        failed: tests that failed by what they assert.
        raised: tests that failed by another error.
        broken: tests that could not be set up.
        upset: tests of a machine without a fault that failed.
        note: why nothing can be said, empty where the tests were run.
    """

    passed: int = 0
    failed: int = 0
    raised: int = 0
    broken: int = 0
    upset: int = 0
    note: str = ""

    @property
    def run(self) -> int:
        """How many tests there were."""
        return self.passed + self.failed + self.raised + self.broken

    def verdict(self, *, may_raise: bool) -> str:
        """Return `shown`, or why the layer is not.

        Args:
            may_raise: an error shows the layer too.
        """
        if self.note:
            return f"NOT JUDGED: {self.note}"
        if self.broken:
            return f"NOT JUDGED: {self.broken} tests could not be set up"
        if self.upset:
            return "NOT JUDGED: without it a machine without a fault is stopped"
        if self.failed or (may_raise and self.raised):
            return "shown"
        return "NOT SHOWN: no test fails without it" + (", only errors" if self.raised else "")


def run_tests(tests: Sequence[str], without: str | None) -> Outcome:
    """Run tests in a process of their own and return what became of them.

    Args:
        tests: names of the tests.
        without: layer to take out, None for none.
    """
    with tempfile.TemporaryDirectory() as folder:
        verdicts = Path(folder) / "verdicts.json"
        options = ["-q", "-p", "no:cacheprovider", "-p", "tests.layers.plugin", f"--verdicts={verdicts}"]
        options += [] if without is None else [f"--without={without}"]
        environment = {**os.environ, "MASSAGE_ARM_HYPOTHESIS": "mutants"}
        command = [sys.executable, "-m", "pytest", *options, *CALM, *tests]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return Outcome(note=f"not done within {LIMIT_S:.0f} s")
        if done.returncode not in {0, 1} or not verdicts.exists():
            last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["no output"]
            return Outcome(note=f"pytest ended with {done.returncode}: {last[0]}")
        return Outcome(**json.loads(verdicts.read_text(encoding="utf-8")))


def main(names: Sequence[str]) -> int:
    """Print one line a layer; return 1 where one is not shown, 2 where a name is unknown.

    Args:
        names: layers to take out, all where there are none.
    """
    rows = read_layers(PAGE.read_text(encoding="utf-8"))
    chosen = tuple(names) or tuple(rows)
    if unknown := [name for name in chosen if name not in rows or name not in LAYERS]:
        print(f"layers: got {', '.join(unknown)}; allowed: {', '.join(rows)}", file=sys.stderr)
        return 2
    whole = run_tests(sorted({test for name in chosen for test in rows[name].tests}), None)
    print(f"{'all layers in':<26}{whole.run:>4} tests, {whole.passed:>3} passed  {whole.note}", flush=True)
    if whole.note or whole.passed != whole.run or whole.upset or not whole.run:
        print("layers: the tests must pass before a layer is taken out", file=sys.stderr)
        return 1
    wrong = 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        for name, outcome in zip(chosen, pool.map(lambda name: run_tests(rows[name].tests, name), chosen), strict=True):
            verdict = outcome.verdict(may_raise=LAYERS[name].may_raise)
            wrong += verdict != "shown"
            print(
                f"{name:<26}{outcome.run:>4} tests, {outcome.failed + outcome.raised:>3} failed  {verdict}", flush=True
            )
    print(f"layers: {len(chosen) - wrong} of {len(chosen)} shown")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
