"""Rig files: what is shipped, what a session gets of it, and one line for whatever is wrong with one."""

from pathlib import Path

import pytest

from controller.errors import ConfigError
from hardware.moteus.wire import cycle_s, frame_s
from hardware.rig_file import RIG_FOLDER, load_rig, rig_names
from urdf.arms import load_arm

TEXT = (RIG_FOLDER / "dynamixel_x.yaml").read_text(encoding="utf-8")


def _file(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", rig_names())
def test_a_shipped_rig_has_a_servo_for_every_joint_and_tightens_only(name: str) -> None:
    loaded = load_rig(name)
    arm = load_arm(loaded.content.arm)
    rig = loaded.rig(arm, is_simulated=True)
    assert [servo.joint for servo in loaded.content.servos] == list(arm.joint_names)
    assert rig.braked_joints == frozenset()
    assert rig.caps.torque_nm is not None
    for torque, limit in zip(rig.caps.torque_nm, arm.torque_limit_nm, strict=True):
        assert 0.97 * limit <= torque <= limit
    assert rig.identity.calibration_sha256 == loaded.sha256
    assert (rig.dt_s, rig.loop_lag_s, rig.sensor_period_s) == (0.001, 0.002, 0.001)


def test_the_hash_follows_the_text(tmp_path: Path) -> None:
    other = load_rig(_file(tmp_path, TEXT.replace("zero_count: 2048", "zero_count: 2049", 1)))
    assert other.sha256 != load_rig("dynamixel_x").sha256


def test_a_limit_of_the_rig_reaches_the_session(tmp_path: Path) -> None:
    loaded = load_rig(_file(tmp_path, TEXT + "limits: {pad_n: 25.0, tool_speed_m_s: 0.3}\n"))
    caps = loaded.rig(load_arm("servo7"), is_simulated=False).caps
    assert (caps.pad_n, caps.tool_n, caps.tool_speed_m_s) == (25.0, None, 0.3)


def test_a_slow_sensor_counts_in_whole_periods(tmp_path: Path) -> None:
    loaded = load_rig(_file(tmp_path, TEXT.replace("rate_hz: 1000.0", "rate_hz: 400.0")))
    rig = loaded.rig(load_arm("servo7"), is_simulated=True)
    assert rig.sensor_period_s == pytest.approx(0.003)
    assert rig.loop_lag_s == pytest.approx(0.004)


def test_servos_that_are_not_the_joints_of_the_arm_are_refused(tmp_path: Path) -> None:
    swapped = TEXT.replace("joint: joint1,", "joint: joint2,", 1).replace(
        "joint: joint2, id: 2", "joint: joint1, id: 2"
    )
    loaded = load_rig(_file(tmp_path, swapped))
    with pytest.raises(ConfigError, match=r"servos: got joint2, joint1, .*in order"):
        loaded.rig(load_arm("servo7"), is_simulated=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "dynamixel_z",
            "no such rig or file; allowed: a rig of dynamixel_p, dynamixel_x, moteus, or a YAML file; did you mean",
        ),
        ("nowhere.yaml", "no such rig or file"),
    ],
)
def test_a_rig_that_is_not_there_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"--rig: got '{name}', {text}"):
        load_rig(name)


def test_what_is_no_rig_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a YAML mapping"):
        load_rig(_file(tmp_path, "- 1\n"))
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="a binary file"):
        load_rig(str(binary))
    big = tmp_path / "big.yaml"
    big.write_text("#" * 60_000, encoding="utf-8")
    with pytest.raises(ConfigError, match="60000 bytes"):
        load_rig(str(big))


def test_a_bus_that_is_slower_than_the_period_is_refused() -> None:
    load_rig("dynamixel_p").refuse_slow_bus()
    with pytest.raises(
        ConfigError, match=r"period_ms: got 1 ms, while the frames .* take 2.48 ms on the wire; allowed"
    ):
        load_rig("moteus").refuse_slow_bus()


@pytest.mark.parametrize(("size", "bits_us"), [(0, 56 + 6.6), (8, 56 + 21.8), (64, 56 + 130.4)])
def test_the_time_of_a_frame_is_that_of_its_bits(size: int, bits_us: float) -> None:
    assert 1e6 * frame_s(size) == pytest.approx(bits_us, abs=0.01)
    assert cycle_s(2) == pytest.approx(2.0 * cycle_s(1))
