"""Tissue numbers, options and the errors of the simulation."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controller.errors import ConfigError, PlantError
from controller.types import Region
from sim.bullet.arm import BulletArm
from sim.options import SimulationOptions
from sim.person.body_motion import BREATHING_AMPLITUDES_M, Rise, draw_motion
from sim.person.parameters import (
    FRICTION_RANGE,
    LUMBAR_RIDGE,
    REGION_TISSUE,
    RELAXATION_SHARES,
    SCAPULA,
    SPREAD_LIMIT,
    STIFFNESS_SD,
    THORACIC_RIDGE,
    RegionTissue,
    draw_person,
    equilibrium_share,
    radius_factor,
    ramp_share,
    slow_force_at_reference,
)
from sim.person.uniform_tissue import UniformTissue
from sim.plant import build_simulation
from tests.sim_cases import Rig, approved, posture, setting


@pytest.mark.parametrize("region", list(Region))
def test_every_region_has_plausible_tissue_with_a_source(region: Region) -> None:
    tissue = REGION_TISSUE[region]
    assert 0.1 < tissue.curve_k < 0.5
    assert 1.5 <= tissue.exponent <= 2.2
    assert 0.010 <= tissue.thickness_m <= 0.070
    assert "assumed" in tissue.source or "10." in tissue.source


@pytest.mark.parametrize("tissue", [LUMBAR_RIDGE, THORACIC_RIDGE, SCAPULA])
def test_bones_have_a_source_too(tissue: RegionTissue) -> None:
    assert len(tissue.source) > 20
    assert tissue.thickness_m < 0.020


@pytest.mark.parametrize(
    ("region", "at_10", "at_20", "at_40"),
    [(Region.LUMBAR_PARASPINAL, 2.3, 3.1, 4.2), (Region.GLUTEAL, 1.3, 1.7, 2.3), (Region.SACRUM, 3.9, 5.6, 8.0)],
)
def test_curves_have_the_stiffness_of_the_data_sheet(region: Region, at_10: float, at_20: float, at_40: float) -> None:
    tissue = REGION_TISSUE[region]
    for force, expected in ((10.0, at_10), (20.0, at_20), (40.0, at_40)):
        depth_mm = (force / tissue.curve_k) ** (1.0 / tissue.exponent)
        assert tissue.exponent * force / depth_mm == pytest.approx(expected, rel=0.05)


def test_a_smaller_head_meets_less_force() -> None:
    assert radius_factor(0.020) == 1.0
    assert 0.55 < radius_factor(0.010) < 0.70
    tissue = REGION_TISSUE[Region.DELTOID]
    assert slow_force_at_reference(tissue, 0.018) == pytest.approx(0.218 * 10.0**1.86 * 0.9**0.69)


def test_a_one_second_ramp_shows_three_quarters_of_the_instant_force() -> None:
    assert equilibrium_share() + sum(RELAXATION_SHARES) == pytest.approx(1.0)
    assert 0.70 < float(ramp_share(1.0)) < float(ramp_share(1.8)) < float(ramp_share(2.1)) < 0.80


def test_people_scatter_as_stated_and_by_seed() -> None:
    people = [draw_person(np.random.default_rng([seed, 0])) for seed in range(400)]
    logs = np.log([person.stiffness_factor for person in people])
    assert np.std(logs) == pytest.approx(STIFFNESS_SD, rel=0.15)
    assert np.abs(logs).max() <= SPREAD_LIMIT * STIFFNESS_SD + 1e-12
    frictions = np.array([person.friction for person in people])
    assert frictions.min() >= FRICTION_RANGE[0]
    assert frictions.max() <= FRICTION_RANGE[1]
    assert np.ptp(frictions) > 0.13
    assert all(set(person.region_factors) == set(Region) for person in people)
    assert draw_person(np.random.default_rng([3, 0])) == people[3]


def test_breathing_is_strongest_on_the_thorax_and_never_faster_than_stated() -> None:
    amplitude = dict(BREATHING_AMPLITUDES_M)
    assert amplitude["T9"] == max(amplitude.values()) == 0.005
    assert amplitude["L5S1"] < amplitude["L3"] < amplitude["T12"] < amplitude["T9"]
    motions = [draw_motion(np.random.default_rng(seed), is_breathing=True) for seed in range(50)]
    assert all(0.2 < motion.rate_hz <= 0.25 for motion in motions)
    assert len({motion.phase_rad for motion in motions}) == 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": -1}, "--seed: got -1; allowed: an integer of at least 0"),
        ({"dt_s": 0.01}, "simulation step: got 0.01 s; allowed: 0.0001 to 0.002 s"),
        ({"dt_s": math.nan}, "simulation step: got nan s"),
        ({"skin_friction": -0.1}, "skin friction: got -0.1; allowed: 0 to 2"),
        ({"extra_delay_samples": 1000}, "extra sensor delay: got 1000 samples"),
        ({"tissue": UniformTissue(0.0)}, "tissue force at 10 mm: got 0 N"),
        ({"tissue": UniformTissue(30.0, 0.5)}, "tissue exponent: got 0.5"),
        ({"rises": (Rise(0.0, 0.0, 0.01),)}, "duration of a rise: got 0 s"),
        ({"rises": (Rise(0.0, 1.0, math.inf),)}, "height of a rise: got inf m"),
    ],
)
def test_options_out_of_range_are_refused_in_one_line(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        replace(SimulationOptions(), **changes)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_a_missing_urdf_is_named(tmp_path: Path) -> None:
    arm, placement, body, _ = setting()
    with pytest.raises(PlantError, match=r"no\.urdf: no such file; correct --arm"):
        build_simulation(replace(arm, urdf_path=tmp_path / "no.urdf"), placement, body)


@pytest.mark.parametrize("text", ["<robot><link></robot>", '<robot name="a"/>'])
def test_a_urdf_that_the_engine_cannot_read_is_named(text: str) -> None:
    arm, placement, _, _ = setting()
    with pytest.raises(PlantError, match=r"servo7\.urdf: PyBullet cannot load it"):
        BulletArm(replace(arm, urdf_text=text), placement, 1e-3)


def test_a_urdf_without_the_tool_frame_is_named() -> None:
    arm, placement, _, _ = setting()
    with pytest.raises(PlantError, match=r"no 'thumb'; the file has .*wrist_sensor"):
        BulletArm(replace(arm, tool_frame="thumb"), placement, 1e-3)


def test_use_out_of_order_is_refused() -> None:
    arm, placement, body, _ = setting()
    plant = build_simulation(arm, placement, body)
    with pytest.raises(PlantError, match="is not active; call configure and activate first"):
        plant.read()
    with pytest.raises(PlantError, match="is not open; call configure first"):
        plant.activate((0.0,) * 7)
    plant.configure()
    with pytest.raises(PlantError, match="start posture"):
        plant.activate((0.0, math.nan, 0.0, 0.0, 0.0, 0.0, 0.0))
    with pytest.raises(PlantError, match="start posture"):
        plant.activate((0.0,) * 6)
    plant.deactivate()
    plant.deactivate()


@pytest.mark.parametrize("torque", [[math.nan] + [0.0] * 6, [0.0] * 6, [math.inf] + [0.0] * 6])
def test_drives_refuse_what_is_no_torque(torque: list[float]) -> None:
    rig = Rig(SimulationOptions())
    with pytest.raises(PlantError, match="send 7 finite values"):
        rig.plant.apply(approved(np.array(torque)))
    rig.close()


def test_safe_brakes_and_takes_no_more_commands() -> None:
    rig = Rig(SimulationOptions())
    rig.plant.safe()
    with pytest.raises(PlantError, match="not active"):
        rig.plant.apply(approved(np.zeros(7)))
    before = np.array(rig.plant._opened()[0].state()[:7])
    for _ in range(300):
        rig.plant._opened()[0].step([0.0] * 7)
    after = np.array(rig.plant._opened()[0].state()[:7])
    assert np.abs(after - before).max() < 1e-3
    rig.close()


def test_nothing_is_printed_by_the_physics_engine() -> None:
    code = (
        "from tests.sim_cases import setting; from sim.bullet.arm import BulletArm; arm, placement, _, _ = setting();"
        "BulletArm(arm, placement, 1e-3).close()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr == ""


def test_a_picture_shows_the_arm() -> None:
    arm, placement, _, _ = setting()
    bullet = BulletArm(arm, placement, 1e-3)
    bullet.reset(posture("servo7", 0.1, 0.04, 0.05)[0])
    picture = bullet.picture((1.3, -1.3, 0.8), (0.3, -0.2, 0.2), 80, 60)
    assert picture.rgb.shape == (60, 80, 3)
    assert len(np.unique(picture.rgb.reshape(-1, 3), axis=0)) > 5
    bullet.close()
