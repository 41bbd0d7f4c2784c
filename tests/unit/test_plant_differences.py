"""Plants by name, by seed and by file."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import orjson
import pytest
from pydantic import TypeAdapter

from controller.errors import ConfigError
from controller.types import Side
from sim.differences.draw import draw_plant
from sim.differences.file import PlantFile, load_plant_file
from sim.differences.plants import DRAWN, load_plant
from sim.differences.ranges import Ranges
from sim.differences.values import EXACT_PLANT, NOWHERE, PlantDifferences, damping_nms_per_rad
from urdf.arms import load_arm
from workbench import cli
from workbench.record.messages import RunConfig
from workbench.report.plant_words import plant_lines
from workbench.runs.prepare import load_inputs, simulation_options
from workbench.runs.request import SessionRequest

ARM = load_arm("servo7")
SEEDS = range(40)
DESIGN_KEYS = (
    "joint_stiffness_nm_per_rad", "joint_damping_ratio", "motor_inertia_kg_m2", "encoder_side", "torque_constant_scale",
    "friction_scale", "arm_mass_scale", "tool_mass_error_kg", "torque_ripple_nm", "backlash_rad", "speed_filter_hz",
    "transport_delay_ms", "jitter_ms", "sensor_gain", "sensor_crosstalk", "sensor_drift_n_per_s", "sensor_rate_hz",
    "base_error_m", "base_error_deg",
)  # fmt: skip
"""Keys that a plant file is promised to have."""


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_a_file_has_the_keys_of_the_design_and_no_key_beside_the_fields() -> None:
    assert set(DESIGN_KEYS) <= set(PlantFile.model_fields)
    assert set(PlantFile.model_fields) == {field.name for field in fields(PlantDifferences)} - {"name"}


def test_one_value_or_one_per_joint_and_the_rest_is_exact(tmp_path: Path) -> None:
    plant = load_plant_file(written(tmp_path, "joint_stiffness_nm_per_rad: 14000\nencoder_side: motor\n"))
    assert plant == replace(EXACT_PLANT, name="mine", joint_stiffness_nm_per_rad=(14000.0,), encoder_side=(Side.MOTOR,))
    plant = load_plant_file(written(tmp_path, "friction_scale: [1, 2, 3, 1, 1, 1, 1]\nsensor_drift_n_per_s: 0.05\n"))
    assert plant.friction_scale == (1.0, 2.0, 3.0, 1.0, 1.0, 1.0, 1.0)
    assert plant.sensor_drift_n_per_s == (0.0, 0.0, 0.05)
    assert not plant.is_elastic
    assert not plant.is_exact
    plant = load_plant_file(written(tmp_path, "arm_com_error_m: [0.01, 0, 0]\nbase_error_deg: [0, 0, 3]\n"))
    assert plant.arm_com_error_m == ((0.01, 0.0, 0.0),)
    assert plant.base_error_deg == (0.0, 0.0, 3.0)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty file"),
        ("- 3\n", "a list"),
        ("joint_stifness_nm_per_rad: 3\n", "did you mean joint_stiffness_nm_per_rad?"),
        ("friction_scale: -1\n", "0 to 20"),
        ("friction_scale: [1, two]\n", "two"),
        ("friction_scale: [1, 1]\n", "one value, or 7"),
        ("friction_scale: []\n", "0 values"),
        ("friction_scale:\n", "empty value"),
        ("friction_scale: .nan\n", "nan"),
        ("friction_scale: true\n", "True"),
        ("tool_mass_error_kg: [1, 2]\n", "[1, 2]"),
        ("tool_mass_error_kg: -0.3\n", "at least"),
        ("encoder_side: both\n", "'link' or 'motor'"),
        ("joint_damping_ratio: 0.05\n", "joint_stiffness_nm_per_rad"),
        ("motor_inertia_kg_m2: 0.05\n", "joint_stiffness_nm_per_rad"),
        ("base_error_m: 0.01\n", "list"),
        ("base_error_m: [0.01, 0]\n", "3"),
        ("sensor_crosstalk: [0.01, 0.01]\n", "1 or 36"),
        ("sensor_gain: [1, 1, 1]\n", "1 or 6"),
        ("arm_com_error_m: [[0, 0]]\n", "x, y, z"),
        ("sensor_rate_hz: 50\n", "100 to 1000"),
        ("transport_delay_ms: 020\n", "YAML 1.1"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_plant(written(tmp_path, text), ARM, 1)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["typicl", "", "nowhere.yaml", "."])
def test_a_plant_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="exact, typical, poor, or a YAML file"):
        load_plant(name, ARM, 1)


def test_exact_differs_by_nothing() -> None:
    assert load_plant("exact", ARM, 7) is PlantDifferences.exact()
    assert EXACT_PLANT.is_exact
    assert plant_lines(EXACT_PLANT) == []


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_drawn_plant_follows_from_its_seed_alone(name: str) -> None:
    first = load_plant(name, ARM, 3)
    assert first == load_plant(name, ARM, 3) != load_plant(name, ARM, 4)
    assert len(plant_lines(first)) > 20


def extremes(ranges: Ranges, key: str) -> np.ndarray:
    plants = [draw_plant("p", ranges, ARM, seed) for seed in SEEDS]
    return np.array([getattr(plant, key) for plant in plants])


def ranges_of(r: Ranges) -> dict[str, tuple[float, float]]:
    """Return what every key is drawn within; the same for all joints."""
    return {
        "arm_mass_scale": (1.0 - r.mass_share, 1.0 + r.mass_share),
        "arm_com_error_m": (-r.com_m, r.com_m),
        "torque_constant_scale": (1.0 - r.torque_constant_share, 1.0 + r.torque_constant_share),
        "friction_scale": r.friction,
        "stribeck_ratio": r.stribeck,
        "stribeck_speed_rad_s": r.stribeck_speed_rad_s,
        "friction_load_share": r.friction_load,
        "joint_damping_ratio": r.damping_ratio,
        "backlash_rad": r.backlash_rad,
        "encoder_eccentricity_rad": r.eccentricity_rad,
        "torque_ripple_per_turn": r.ripple_per_turn,
        "speed_filter_hz": r.speed_filter_hz,
        "transport_delay_ms": r.delay_ms,
        "sensor_gain": (1.0 - r.gain_share, 1.0 + r.gain_share),
        "sensor_drift_n_per_s": (-r.drift_n_per_s, r.drift_n_per_s),
        "base_error_m": (-r.base_m, r.base_m),
        "base_error_deg": (-r.base_deg, r.base_deg),
    }


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_drawn_plants_fill_their_ranges_and_never_leave_them(name: str) -> None:
    ranges = DRAWN[name]
    for key, (low, high) in ranges_of(ranges).items():
        values = extremes(ranges, key)
        edge = 0.15 * (high - low)
        assert low <= values.min() < low + edge, key
        assert high >= values.max() > high - edge, key
    stiffness = extremes(ranges, "joint_stiffness_nm_per_rad")
    for joints, (low, high) in (
        (slice(0, 4), ranges.stiffness_nm_per_rad),
        (slice(4, 7), ranges.wrist_stiffness_nm_per_rad),
    ):
        assert low <= stiffness[:, joints].min() < stiffness[:, joints].max() <= high
    ripple = extremes(ranges, "torque_ripple_nm") / np.array(ARM.torque_limit_nm)
    assert 0.0 <= ripple.min() < ripple.max() <= ranges.ripple_share[1]
    tool = extremes(ranges, "tool_mass_error_kg")
    assert tool.max() <= ranges.tool_kg
    assert ARM.tool.mass_kg + tool.min() > 0.05
    crosstalk = extremes(ranges, "sensor_crosstalk").reshape(-1, 6, 6)
    assert np.all(np.diagonal(crosstalk, axis1=1, axis2=2) == 0.0)
    assert 0.9 * ranges.crosstalk < np.abs(crosstalk[:, :3, :3]).max() <= ranges.crosstalk


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("typical", (0.05, 0.005, 0.05, 0.05, (0.7, 1.5), (10e3, 20e3), (6e3, 12e3), (0.03, 0.08), 0.5e-3, 0.01, 0.003,
                     0.5, 0.01, 0.01, 0.01, (500.0, 1000.0), (1.0, 2.0), 0.2)),
        ("poor", (0.15, 0.015, 0.3, 0.15, (0.5, 4.0), (5e3, 10e3), (3e3, 6e3), (0.02, 0.05), 4.4e-3, 0.03, 0.010, 2.0,
                  0.05, 0.03, 0.05, (100.0, 500.0), (2.0, 4.0), 0.75)),
    ],
)  # fmt: skip
def test_ranges_are_no_narrower_than_they_were_asked_for(name: str, wanted: tuple[object, ...]) -> None:
    r = DRAWN[name]
    found = (
        r.mass_share, r.com_m, r.tool_kg, r.torque_constant_share, r.friction, r.stiffness_nm_per_rad,
        r.wrist_stiffness_nm_per_rad, r.damping_ratio, r.backlash_rad[1], r.ripple_share[1], r.base_m, r.base_deg,
        r.gain_share, r.crosstalk, r.drift_n_per_s, (min(r.rates_hz), max(r.rates_hz)), r.delay_ms, r.jitter_ms,
    )  # fmt: skip
    assert found == wanted


def test_damping_follows_from_the_ratio_of_the_motor_against_a_held_link() -> None:
    assert damping_nms_per_rad(0.05, 14e3, 0.05) == pytest.approx(0.1 * (14e3 * 0.05) ** 0.5)


def test_drawn_plants_stand_elsewhere() -> None:
    assert load_plant("typical", ARM, 1).base_error_m != NOWHERE


def test_the_configuration_of_a_run_holds_what_was_drawn_and_reads_it_back() -> None:
    inputs = load_inputs(SessionRequest("first_session", "median_f", "law", "servo7", "standard", 0.0, 3, plant="poor"))
    config = inputs.config()
    assert config.differences == load_plant("poor", ARM, 3)
    assert TypeAdapter(RunConfig).validate_json(orjson.dumps(config)) == config
    assert simulation_options(inputs).differences is inputs.plant
    other = replace(inputs, plant=load_plant("poor", ARM, 4)).config()
    assert other.config_sha256 != config.config_sha256


def test_a_plant_file_is_among_the_sources_of_a_run(tmp_path: Path) -> None:
    path = written(tmp_path, "friction_scale: 2\n")
    inputs = load_inputs(SessionRequest("first_session", "median_f", "law", "servo7", "standard", 0.0, 1, plant=path))
    assert "plant" in [source.name for source in inputs.config().sources]


@pytest.mark.parametrize("command", ["check", "run"])
def test_commands_refuse_a_wrong_plant_file_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path = written(tmp_path, "friction_scale: -1\n")
    assert cli.main([command, "--plant", path]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "friction_scale: got -1; allowed: 0 to 20" in last
