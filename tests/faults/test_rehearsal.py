"""A whole session by ``massage-arm drive --rehearse``: real driver, peer, supervisor, record, report, truth."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from controller.processes.shared_memory import FOLDER
from workbench import cli

PROGRAM = """
schema_version: 1
name: short circles
description: circles at 20 N over three vertebrae
strokes:
  - {name: circles, technique: paraspinal_circles, side: right, lower: L5S1, upper: L3, force_n: 20.0,
     creep_m_s: 0.02, force_ramp_s: 0.5}
"""


def test_a_rehearsal_presses_20_n_over_the_bus_and_ends_at_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "short.yaml"
    program.write_text(PROGRAM, encoding="utf-8")
    run = tmp_path / "run"
    words = ["drive", "--rig", "dynamixel_x", "--rehearse", "--body", "median_m", "--program", str(program), "--json"]
    assert cli.main([*words, "--out", str(run)]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["verdict"], summary["stop"], summary["plant"]) == ("completed", None, "typical")
    assert summary["force_rmse_n"] <= 0.8
    assert 19.0 < summary["peak_force_n"] <= min(summary["hard_limit_n"], 23.0)
    assert summary["over_limit_samples"] == 0
    assert summary["peak_other_contact_n"] == 0.0
    assert {path.name for path in run.iterdir()} >= {"record.mcap", "report.html", "summary.json"}
    assert list(FOLDER.glob(f"massage-arm-{os.getpid()}-*")) == []
