"""pytest with a layer taken out: `python -m pytest -p tests.layers.plugin --without LAYER tests/...`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.layers.layers import LAYERS

CALM = (
    "tests/property/test_gate_properties.py::test_a_calm_command_passes_unchanged",
    "tests/unit/test_supervision.py::test_a_host_that_beats_and_commands_is_left_the_drives",
    "tests/unit/test_sim_drives.py::test_the_drives_hold_the_arm_until_the_first_command",
)
"""Tests of a machine without a fault. Without any layer they must pass: a layer is taken out, nothing is broken."""
SHOWN = ("AssertionError", "Failed", "AssertionFailed")
"""Exceptions of a test that saw something wrong; any other is code that no longer works."""


ROOT = Path(__file__).parents[2]
INNER = Path(__file__).parent / "inner"


class Verdicts:
    """Counts what became of the tests.

    Args:
        path: file to write the counts to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts = {"passed": 0, "failed": 0, "raised": 0, "broken": 0, "upset": 0}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> object:
        """Count one step of a test."""
        report = yield
        if item.nodeid in CALM:
            self._counts["upset"] += report.failed
        elif report.when == "call" and report.passed:
            self._counts["passed"] += 1
        elif report.failed and report.when != "call":
            self._counts["broken"] += 1
        elif report.failed:
            names = {kind.__name__ for kind in call.excinfo.type.__mro__} if call.excinfo else set()
            self._counts["failed" if names & set(SHOWN) else "raised"] += 1
        return report

    def pytest_sessionfinish(self) -> None:
        """Write the counts."""
        self._path.write_text(json.dumps(self._counts), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what names the layer and the file."""
    parser.addoption("--without", choices=sorted(LAYERS), default=None, help="layer of safety to take out")
    parser.addoption("--verdicts", type=Path, default=None, help="file for the counts of passed and failed tests")


def pytest_configure(config: pytest.Config) -> None:
    """Take the layer out before any test is imported."""
    name, path = config.getoption("without"), config.getoption("verdicts")
    if name is not None:
        paths = (str(INNER), str(ROOT), os.environ.get("PYTHONPATH", ""))
        os.environ.update(MASSAGE_ARM_WITHOUT=name, PYTHONPATH=os.pathsep.join(filter(None, paths)))
        LAYERS[name].out()
    if path is not None:
        config.pluginmanager.register(Verdicts(path))
