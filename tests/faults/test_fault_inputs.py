"""What can be asked for with ``--fault``, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from controller.errors import ConfigError
from sim.faults.fault_kind import MOST_JOINTS
from sim.faults.kinds import FAULT_KINDS, Fault, parse_fault
from tests.sim_cases import setting
from workbench import cli

NAMES = (
    "sensor_zero", "sensor_frozen", "sensor_nan", "sensor_biased", "sensor_noisy", "sensor_delayed",
    "sensor_unplugged", "encoder_jump", "encoder_nan", "joint_torque_lost", "joint_torque_saturated",
    "actuator_lag", "loop_stall", "host_killed", "supervisor_killed", "patient_jerk", "patient_jerk_fast",
    "patient_away", "patient_cough", "patient_roll", "patient_gets_up", "tissue_stiff", "tool_mass_wrong",
    "tool_slips", "link_lost", "memory_corrupt", "obstacle", "disk_full", "speed_zero", "speed_frozen", "speed_flipped",
    "speed_scaled", "torque_growing", "torque_constant", "clock_nan", "clock_back", "clock_jump", "clock_still",
    "clock_slow", "terminal_closed", "patient_higher", "patient_rises_after_stop",
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
    if kind.joint is not None:
        for joint in range(MOST_JOINTS + 1):
            other = Fault(name, kind.lowest, 2.0, joint)
            assert parse_fault(other.text) == other
            assert parse_fault(f"{name}={kind.lowest}:{joint}@2") == other
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
        ("speed_zero=-1@3", ["value -1", "whole number from 0 to 16"]),
        ("speed_zero=3:4@3", ["'3:4'", "whole number from 0 to 16"]),
        ("speed_scaled=3.1@3", ["value 3.1", "-3 to 3 of the true speed"]),
        ("speed_scaled=1:17@3", ["joint 17", "0 to 16", "0 for all joints"]),
        ("speed_scaled=1:-1@3", ["joint '-1'", "0 to 16"]),
        ("speed_scaled=1:2.5@3", ["joint '2.5'", "whole number"]),
        ("speed_scaled=1:@3", ["joint ''", "whole number"]),
        ("speed_scaled=:2@3", ["value ''", "-3 to 3"]),
        ("speed_scaled=1:2:3@3", ["joint '2:3'", "whole number"]),
        ("torque_growing=31@3", ["value 31", "-30 to 30 Nm"]),
        ("torque_constant=0.2:1@3", ["value 0.2", "0.3 to 1.5"]),
        ("patient_jerk=20:2@3", ["'20:2'", "0 to 60 mm"]),
        ("clock_nan=1@3", ["value 1", "no value"]),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_fault(text)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("--fault")
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("text", "joint", "joints"),
    [
        ("speed_zero@1", 0, range(7)),
        ("speed_zero=0@1", 0, range(7)),
        ("speed_zero=3@1", 3, range(2, 3)),
        ("encoder_nan@1", 4, range(3, 4)),
        ("speed_scaled@1", 0, range(7)),
        ("speed_scaled=0.33:4@1", 4, range(3, 4)),
        ("torque_growing@1", 2, range(1, 2)),
        ("torque_growing=-5@1", 2, range(1, 2)),
        ("torque_growing=-5:3@1", 3, range(2, 3)),
        ("torque_constant=0.7:0@1", 0, range(7)),
    ],
)
def test_a_fault_of_a_joint_names_it_or_has_one_by_default(text: str, joint: int, joints: range) -> None:
    fault = parse_fault(text)
    assert fault.acts_on == joint
    assert fault.joints(7) == joints


def test_equal_faults_have_equal_texts_and_no_joint_is_taken_that_means_nothing() -> None:
    assert parse_fault("torque_growing=5@3").text == parse_fault("torque_growing=5:2@3").text
    assert Fault("torque_growing", 5.0, 3.0) == Fault("torque_growing", 5.0, 3.0, 2)
    assert replace(Fault("encoder_nan", 4.0, 1.0), value=5.0).acts_on == 5
    for name, words in (("patient_jerk", "no joint"), ("encoder_nan", "a joint as the value")):
        with pytest.raises(ConfigError, match=words):
            Fault(name, 5.0, 1.0, 3)


def test_a_joint_the_arm_has_not_and_a_time_no_session_reaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--fault", "encoder_nan=8@1"]) == 2
    assert "a joint from 1 to 7 of servo7" in capsys.readouterr().err
    assert cli.main(["check", "--fault", "torque_growing=5:8@1"]) == 2
    assert "got joint 8; allowed: a joint from 1 to 7 of servo7, or 0 for all of them" in capsys.readouterr().err
    assert cli.main(["check", "--fault", "speed_frozen=9@1"]) == 2
    assert "got value 9; allowed: a joint from 1 to 7 of servo7, or 0 for all of them" in capsys.readouterr().err
    assert cli.main(["check", "--program", "paraspinal_only", "--fault", "host_killed@1800"]) == 2
    assert "the longest this session may take" in capsys.readouterr().err
    assert len(setting()[0].joint_names) == 7


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(FAULT_KINDS)
    assert all(set(row) == {"name", "default", "unit", "caused_by", "description", "joint"} for row in rows)
    joints = {row["name"]: row["joint"] for row in rows if row["joint"] is not None}
    assert joints == {
        "encoder_nan": 4, "joint_torque_lost": 2, "speed_zero": 0, "speed_frozen": 0, "speed_flipped": 0,
        "speed_scaled": 0, "torque_growing": 2, "torque_constant": 0,
    }  # fmt: skip
    assert {row["caused_by"] for row in rows} == {"machine", "person"}
    assert cli.main(["faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(FAULT_KINDS)
    assert all(line.startswith(name) for line, name in zip(lines, FAULT_KINDS, strict=True))
