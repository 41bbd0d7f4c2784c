"""What can be asked for with ``--fault``, and what is refused."""

from __future__ import annotations

import json
import math

import pytest

from controller.errors import ConfigError
from sim.faults.kinds import FAULT_KINDS, Fault, parse_fault
from tests.sim_cases import setting
from workbench import cli

NAMES = (
    "sensor_zero", "sensor_frozen", "sensor_nan", "sensor_biased", "sensor_noisy", "sensor_delayed",
    "sensor_unplugged", "encoder_jump", "encoder_nan", "joint_torque_lost", "joint_torque_saturated",
    "actuator_lag", "loop_stall", "host_killed", "supervisor_killed", "patient_jerk", "patient_jerk_fast",
    "patient_away", "patient_cough", "patient_roll", "patient_gets_up", "tissue_stiff", "tool_mass_wrong",
    "tool_slips", "link_lost", "memory_corrupt", "obstacle", "disk_full",
)  # fmt: skip


def test_the_table_holds_every_kind_and_its_default_is_allowed() -> None:
    assert sorted(FAULT_KINDS) == sorted(NAMES)
    for name, kind in FAULT_KINDS.items():
        assert kind.name == name
        assert parse_fault(f"{name}@2.5") == Fault(name, kind.default, 2.5)
        assert kind.lowest <= kind.default <= kind.highest
        assert bool(kind.unit) == (kind.lowest < kind.highest)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_a_fault_is_read_back(name: str) -> None:
    kind = FAULT_KINDS[name]
    fault = Fault(name, kind.highest, 1.0 / 3.0)
    assert parse_fault(fault.text) == fault
    for value in (kind.lowest - 1.0, kind.highest + 1.0, math.nan, math.inf):
        with pytest.raises(ConfigError):
            Fault(name, value, 1.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gremlin@2", ["'gremlin'", "sensor_zero, sensor_frozen", "disk_full"]),
        ("", ["''", "sensor_zero"]),
        ("@3", ["'@3'", "sensor_zero"]),
        ("sensor_zero", ["'sensor_zero'", "NAME[=VALUE]@TIME_S"]),
        ("sensor_zero@", ["NAME[=VALUE]@TIME_S"]),
        ("sensor_zero@nan", ["NAME[=VALUE]@TIME_S"]),
        ("sensor_zero@inf", ["time inf", "0 to 3600 s"]),
        ("sensor_zero@-1", ["time -1 s", "0 to 3600 s"]),
        ("sensor_zero=1@1", ["value 1", "no value"]),
        ("patient_jerk=nan@3", ["'nan'", "0 to 60 mm"]),
        ("patient_jerk=@3", ["''", "0 to 60 mm"]),
        ("patient_jerk=500@3", ["500", "0 to 60 mm"]),
        ("encoder_nan=2.5@3", ["2.5", "whole number"]),
        ("encoder_nan=0@3", ["value 0", "1 to 16"]),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_fault(text)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("--fault")
    assert all(word in message for word in words), message


def test_a_joint_the_arm_has_not_and_a_time_no_session_reaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--fault", "encoder_nan=8@1"]) == 2
    assert "a joint from 1 to 7 of servo7" in capsys.readouterr().err
    assert cli.main(["check", "--program", "paraspinal_only", "--fault", "host_killed@1800"]) == 2
    assert "the longest this session may take" in capsys.readouterr().err
    assert len(setting()[0].joint_names) == 7


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(FAULT_KINDS)
    assert all(set(row) == {"name", "default", "unit", "caused_by", "description"} for row in rows)
    assert {row["caused_by"] for row in rows} == {"machine", "person"}
    assert cli.main(["faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(FAULT_KINDS)
    assert all(line.startswith(name) for line, name in zip(lines, FAULT_KINDS, strict=True))
