"""moteus against the claims of every driver, and what only it can do wrong."""

import pytest

from tests.conformance.moteus_bench import MoteusBench
from tests.conformance.suite import DriverConformance


class TestMoteus(DriverConformance):
    @pytest.fixture
    def bench(self) -> MoteusBench:
        return MoteusBench()
