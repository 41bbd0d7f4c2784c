"""A whole session by ``massage-arm drive --rehearse``: real driver, peer, supervisor, record, report, truth."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from controller.processes.shared_memory import FOLDER
from hardware.rig_file import RIG_FOLDER
from tests.servo_bus import ThreadedBus
from workbench import cli

PROGRAM = """
schema_version: 1
name: short circles
description: circles at 20 N over three vertebrae
strokes:
  - {name: circles, technique: paraspinal_circles, side: right, lower: L5S1, upper: L3, force_n: 20.0,
     creep_m_s: 0.02, force_ramp_s: 0.5}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "short.yaml"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def test_a_bus_with_a_missing_and_a_swapped_servo_is_refused_with_both_joints_and_never_enabled(
    tmp_path: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadedBus(count=7) as peer:
        peer.bus.absent.add(3)
        peer.servo(5).put(0, 1130, 2)
        text = (RIG_FOLDER / "dynamixel_x.yaml").read_text(encoding="utf-8")
        rig = tmp_path / "rig.yaml"
        rig.write_text(
            text.replace("/dev/massage-arm-bus", peer.line.path).replace("latency_ms: 4.0", "latency_ms: 100.0"),
            encoding="utf-8",
        )
        words = ["drive", "--rig", str(rig), "--program", str(program), "--body", "median_m"]
        assert cli.main([*words, "--out", str(tmp_path / "run")]) == 5
        assert not any(servo.is_on for servo in peer.bus.servos)
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("massage-arm: connecting failed: servo 3 of joint 'joint3': got no answer, ping: ")
    assert "; servo 5 of joint 'joint5': got XM540-W150; allowed: XM540-W270; check its id" in error
    assert list(FOLDER.glob(f"massage-arm-{os.getpid()}-*")) == []


@pytest.mark.parametrize(
    ("rig", "plant", "rms_n"),
    [("dynamixel_x", "typical", 0.8), pytest.param("moteus", "exact", 0.3, marks=pytest.mark.campaign)],
)
def test_a_rehearsal_presses_20_n_over_the_bus_and_ends_at_rest(
    rig: str, plant: str, rms_n: float, tmp_path: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    words = ["drive", "--rig", rig, "--rehearse", "--body", "median_m", "--program", str(program), "--json"]
    assert cli.main([*words, "--plant", plant, "--out", str(run)]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["verdict"], summary["stop"], summary["plant"]) == ("completed", None, plant)
    assert summary["force_rmse_n"] <= rms_n
    assert 19.0 < summary["peak_force_n"] <= min(summary["hard_limit_n"], 23.0)
    assert summary["over_limit_samples"] == 0
    assert summary["peak_other_contact_n"] == 0.0
    assert {path.name for path in run.iterdir()} >= {"record.mcap", "report.html", "summary.json"}
    assert list(FOLDER.glob(f"massage-arm-{os.getpid()}-*")) == []
