"""The draft of a rig file: what a bus says is in it, the rest is marked, and it is no rig before it is completed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.errors import ConfigError, PlantError
from hardware.rig_draft import draft_text, scan_bus
from hardware.rig_file import TO_BE_FILLED, load_rig
from sim.peers.bench import BenchPeer
from urdf.arms import load_arm
from workbench import cli
from workbench.runs.rehearsal_peer import peer_servos
from workbench.runs.rig_place import peer_place

ARM = load_arm("servo7")
VALUES = {
    "description": "mine", "serial": "'7'", "period_ms": "1.0", "command_delay_ms": "1.0", "drive_lag_ms": "2.0",
    "provenance": "measured", "latency_ms": "4.0", "watchdog_ms": "60.0", "direction": "1", "zero_count": "2048",
    "gear": "6.0", "torque_nm_per_a": "14.46", "current_limit_a": "1.0", "host": "192.168.1.1", "port": "49152",
    "counts_per_n": "100.0", "counts_per_nm": "100.0", "rate_hz": "1000.0", "noise_n": "0.05", "delay_ms": "1.0",
}  # fmt: skip
"""What a person would fill in."""


def _completed(draft: str) -> str:
    joints = iter(ARM.joint_names)
    lines = []
    for line in draft.splitlines():
        key = line.strip().removeprefix("- ").partition(":")[0]
        if not line.strip().startswith("#") and TO_BE_FILLED in line:
            known = next(joints) if key == "joint" else VALUES.get(key, "10.0")
            lines.append(line.replace(f"[{TO_BE_FILLED}, {TO_BE_FILLED}]", "[10.0, 14.8]").replace(TO_BE_FILLED, known))
        else:
            lines.append(line)
    return "\n".join(lines)


def test_a_draft_holds_what_the_bus_says_and_loads_once_it_is_completed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.yaml"
    words = ["rig", "init", "--rehearse", "dynamixel_x", "--arm", "servo7", "--out", str(out)]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{out}: 7 servos found, ids 1 2 3 4 5 6 7; ")
    draft = out.read_text(encoding="utf-8")
    assert draft.count("model: XM540-W270") == 7
    assert "# id 1: XM540-W270, firmware 48, 12.0 V, 31 degrees C, Present Position 2048" in draft
    assert "now 12.0 to 12.0 V" in draft
    with pytest.raises(
        ConfigError, match=r"a draft with \d+ keys that are to be filled, the first: description"
    ) as one:
        load_rig(str(out))
    assert "\n" not in str(one.value)
    assert cli.main(["drive", "--rig", str(out)]) == 2
    assert cli.main(words) == 2, "an existing file stays"
    assert "which exists" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == draft
    assert cli.main([*words, "--overwrite"]) == 0
    done = tmp_path / "done.yaml"
    done.write_text(_completed(draft), encoding="utf-8")
    loaded = load_rig(str(done))
    assert loaded.rig(ARM, is_simulated=True).name == "mine"
    done.write_text(_completed(draft).replace("zero_count: 2048", f"zero_count: {TO_BE_FILLED}", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="1 key that is to be filled, the first: servos: 1: zero_count"):
        load_rig(str(done))


def test_a_model_that_is_not_described_is_left_open_and_an_empty_bus_is_refused() -> None:
    file = load_rig("dynamixel_x")
    with BenchPeer(peer_servos(file), ARM.home_rad, 0.05) as peer:
        port = peer_place(file, peer).port
        peer.bus.servos[2].put(0, 1060, 2)
        found = scan_bus(port)
        draft = draft_text("a 'quoted' name", "servo7", ARM, port, found)
        assert "  # id 3: model number 1060\n" in draft
        assert draft.count(f"model: {TO_BE_FILLED}") == 1
        assert "name: 'a ''quoted'' name'" in draft
        peer.bus.absent |= {1, 2, 3, 4, 5, 6, 7}
        with pytest.raises(PlantError, match="no servo answers at 57600 baud"):
            scan_bus(replace(port, baud=57_600))
    assert all(not servo.is_on for servo in peer.bus.servos)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--port", "/dev/none"], 5, "servo bus /dev/none: no such device"),
        ([], 2, "--port, --rehearse: got none"),
        (["--port", "/dev/none", "--rehearse", "dynamixel_x"], 2, "--port, --rehearse: got both"),
        (["--port", "/dev/none", "--baud", "9600"], 2, "--baud: got 9600; allowed: 57600, "),
        (["--port", "/dev/none", "--family", "feetech"], 2, "--family: got 'feetech'; allowed: dynamixel"),
    ],
)
def test_what_is_wrong_with_the_command_is_said_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, text: str
) -> None:
    out = tmp_path / "draft.yaml"
    assert cli.main(["rig", "init", "--arm", "servo7", "--out", str(out), *words]) == code
    assert capsys.readouterr().err.startswith(f"massage-arm: {text}")
    assert not out.exists()
