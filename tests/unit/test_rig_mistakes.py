"""Mistakes in a rig file: one line each, with the key, what was got, what is allowed and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.errors import ConfigError
from hardware.rig_file import RIG_FOLDER, load_rig

TEXT = (RIG_FOLDER / "dynamixel_x.yaml").read_text(encoding="utf-8")
LAST = "provenance: >-"
MISTAKES = [
    ("schema_version: 1", "schema_version: 2", "schema_version: got 2; allowed: 1; write the version of this format"),
    ("schema_version: 1", "schema_version: true", "schema_version: got True; allowed: 1"),
    ("serial: rehearsal\n", "", "serial: got nothing; allowed: a value: this key is required (text of 1 to 200 "),
    ("serial: rehearsal", "serail: rehearsal", "serail: got an unknown key; ; did you mean serial?"),
    ("serial: rehearsal", "colour: red\nserial: x", "colour: got an unknown key; remove it, or correct its name"),
    (
        "serial: rehearsal",
        "serial: 12",
        "serial: got 12; allowed: text of 1 to 200 characters; write the serial number",
    ),
    ("serial: rehearsal", "serial:", "serial: got no value; allowed: text"),
    ("arm: servo7", "arm: [servo7]", "arm: got ['servo7']; allowed: text"),
    ("period_ms: 1.0", "period_ms: 5.0", "period_ms: got 5.0; allowed: a number from 1 to 2 ms; write the period of"),
    ("period_ms: 1.0", "period_ms: .nan", "period_ms: got nan; allowed: a number from 1 to 2 ms"),
    ("period_ms: 1.0", "period_ms: fast", "period_ms: got the text 'fast'; allowed: a number from 1 to 2 ms"),
    ("period_ms: 1.0", "period_ms: yes", "got yes (YAML 1.1 reads true, YAML 1.2 reads text) at line 6, column 12"),
    ("drive_lag_ms: 2.0", "drive_lag_ms: .inf", "drive_lag_ms: got inf; allowed: a number above 0, at most 50 ms"),
    ("baud: 4000000", "baud: 9600", "bus: baud: got 9600; allowed: 57600, 115200, "),
    ("baud: 4000000", "baud: 4_000_000", "got 4_000_000 (YAML 1.1 reads 4000000, ; write 4000000"),
    ("watchdog_ms: 60.0", "watchdog_s: 60.0", "bus: watchdog_s: got an unknown key; ; did you mean watchdog_ms?"),
    (
        "family: dynamixel",
        "family: feetech",
        "bus: family: got feetech, which takes positions and speeds only; allowed: dynamixel, moteus",
    ),
    ("bus:", "bus: /dev/x\nx:", "x: got an unknown key"),
    ("servos:", "servos: 3\nx:", "x: got an unknown key"),
    ("id: 3,", "id: 2,", "servos: got ids [1, 2, 2, 4, 5, 6, 7]; allowed: every id once"),
    ("id: 3,", "id: 254,", "servos: 3: id: got 254; allowed: a whole number from 0 to 252"),
    ("id: 3,", "id: true,", "servos: 3: id: got True; allowed: a whole number"),
    ("id: 3,", "id: 010,", "got 010 (YAML 1.1 reads 8, YAML 1.2 reads 10) at line 20, column 25"),
    ("joint: joint2", "joint: joint1", "servos: got joints joint1, joint1, joint3, ; allowed: every joint once"),
    ("direction: -1", "direction: 0", "servos: 2: direction: got 0; allowed: -1 or 1; write the sense of the joint"),
    ("direction: -1", "direction: true", "servos: 2: direction: got True; allowed: -1 or 1"),
    ("XM540-W270", "XM540-W207", "servos: joint1: model: got 'XM540-W207'; ; did you mean XM540-W270?"),
    ("XM540-W270", "PH54-200-S500", "servos: got families ['P', 'X']; allowed: one family on a bus"),
    ("zero_count: 2048", "zero_count: 1.5", "servos: 1: zero_count: got 1.5; from -2147483648 to 2147483647 counts"),
    ("gear: 6.0", "gear: -6.0", "servos: 1: gear: got -6.0; allowed: a number from 0.1 to 200; write the turns of"),
    ("torque_nm_per_a: 14.46", "torque_nm_per_a: 0.0", "servos: 1: torque_nm_per_a: got 0.0; a number above 0 Nm/A"),
    ("[10.0, 14.8]", "[14.8, 10.0]", "voltage_v: got 14.8 to 10; allowed: the lower one first"),
    ("[10.0, 14.8]", "14.8", "voltage_v: got 14.8; allowed: a list of 2 values; write the lowest and highest supply"),
    ("[10.0, 14.8]", "[10.0]", "voltage_v: 2: got nothing; allowed: a value: this key is required (a number above 0"),
    ("port: 49152", "port: 70000", "sensor: port: got 70000; allowed: a whole number from 1 to 65535"),
    (LAST, f"limits: {{pad_n: 61.0}}\n{LAST}", "limits: pad_n: got 61.0; at most 60 N; , which only tightens"),
    (LAST, f"limits: {{tool_n: 90.5}}\n{LAST}", "limits: tool_n: got 90.5; at most 90 N; , which only tightens"),
    (LAST, f"limits: {{pad: 1.0}}\n{LAST}", "limits: pad: got an unknown key; ; did you mean pad_n?"),
    (LAST, f"{LAST}\n  x\n{LAST}", "got key 'provenance' twice at line 36, column 1; allowed: each key once"),
]
"""Old text, new text, parts of the message in their order, with ``; `` between them where something else may stand."""


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[f"{new.strip()[:40]!r}" for _, new, _ in MISTAKES])
def test_what_is_wrong_with_a_rig_file_is_said_in_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in TEXT
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as found:
        load_rig(str(path))
    said = str(found.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    rest = said
    for part in expected.split("; "):
        assert part in rest, said
        rest = rest[rest.index(part) + len(part) :]
