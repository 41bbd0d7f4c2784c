"""Fixtures of the unit tests."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.synthetic import Synthetic


@pytest.fixture
def synthetic() -> Synthetic:
    # Only who asks for it pays for the arm: the tests of the safety core import no rigid-body library.
    made = importlib.import_module("tests.synthetic")
    recorded: Synthetic = made.Synthetic(made.CONFIG, made.step)
    return recorded
