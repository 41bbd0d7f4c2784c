"""What a command loads before it answers: a person waits for every module of it, and every worker keeps them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("numpy", "scipy", "pydantic", "numba", "pinocchio", "pybullet", "matplotlib", "orjson", "yaml", "rich", "mcap")
DRAWING = ("matplotlib", "PIL")
PLANNING = ("numba", "pinocchio", "scipy")


def loaded(code: str, *modules: str) -> set[str]:
    """Return which of the modules a fresh process has loaded after some code."""
    tail = f"\nimport json, sys\nprint('\\n' + json.dumps([name for name in {modules!r} if name in sys.modules]))"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code + tail], env=env, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["run", "--help"], ["dance"], [], ["run", "--seed", "x"], ["check", "--base", "1,2"], ["run", "--ut"]],
    ids=" ".join,
)
def test_help_and_wrong_arguments_load_the_parser_only(arguments: list[str]) -> None:
    code = f"import contextlib, workbench.cli as cli\nwith contextlib.suppress(SystemExit): cli.main({arguments!r})"
    assert loaded(code, *HEAVY) == set()


def test_the_names_of_heavy_modules_are_right() -> None:
    assert loaded("import numpy, matplotlib, numba, pinocchio", *HEAVY) >= {"numpy", "matplotlib", "numba", "pinocchio"}


@pytest.mark.parametrize("command", ["run", "check", "explain", "list", "faults", "gains", "rig"])
def test_what_draws_is_not_loaded_before_something_is_drawn(command: str) -> None:
    assert loaded(f"from workbench import cli\ncli._command({command!r})", *DRAWING) == set()


def test_a_replay_loads_neither_what_draws_nor_what_plans() -> None:
    assert loaded("from workbench import cli\ncli._command('replay')", *DRAWING, *PLANNING) == set()


@pytest.mark.parametrize("command", ["report", "replay", "explain"])
def test_a_run_that_is_not_there_loads_neither_what_draws_nor_what_plans(command: str) -> None:
    code = f"import workbench.cli as cli\nassert cli.main([{command!r}, 'nowhere']) == 2"
    assert loaded(code, *DRAWING, *PLANNING) == set()


@pytest.mark.parametrize("name", ["acceptance", "alarms", "faults.campaign", "elasticity"])
def test_a_worker_of_a_campaign_never_loads_what_draws(name: str) -> None:
    assert loaded(f"import workbench.campaigns.{name}", *DRAWING) == set()
