"""Fixtures of the unit tests."""

import pytest

from tests.synthetic import CONFIG, Synthetic, step


@pytest.fixture
def synthetic() -> Synthetic:
    return Synthetic(CONFIG, step)
