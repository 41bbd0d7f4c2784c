"""Shared settings: one thread per BLAS call, reproducible property tests, shorter ones per mutant."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
from hypothesis import HealthCheck, Phase, settings

from controller.safety import outward_pull

settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("mutants", settings.get_profile("project"), max_examples=30, phases=[Phase.generate])
settings.load_profile(os.environ.get("MASSAGE_ARM_HYPOTHESIS", "project"))


@pytest.fixture
def short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let unloading end where the tool has left the skin, so that tests of what comes next need no longer way."""
    monkeypatch.setattr(outward_pull, "CLEAR_M", outward_pull.LIFTED_M)
