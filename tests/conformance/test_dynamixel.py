"""Dynamixel X and P against the claims of every driver."""

import pytest

from tests.conformance.bench import Bench
from tests.conformance.dynamixel_bench import DynamixelBench
from tests.conformance.suite import DriverConformance


class TestDynamixelX(DriverConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        return DynamixelBench("XM540-W270", other=1130)


class TestDynamixelP(DriverConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        return DynamixelBench("PH54-200-S500", other=2010)
