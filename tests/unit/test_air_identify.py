"""Identification of an arm from a made-up tour, and the file of corrections that comes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest

from controller.air.blocks import AirBlock
from controller.air.identify import Corrections, corrected, identify
from controller.errors import ConfigError, ModelError
from controller.robot import RobotModel
from tests.arms_for_tests import PLACEMENT, robot_named
from urdf.arms import load_arm
from workbench.runs.corrections_file import corrections_text, load_corrections

START = np.array([-0.5, 0.7, 0.55, 1.8, 0.1, 0.6, 1.0])
COULOMB, VISCOUS = np.array([0.5, 0.2, 0.4, 0.3, 0.1, 0.2, 0.05]), np.array([0.3, 0.5, 0.2, 0.4, 0.2, 0.1, 0.1])
TOOL_KG = 0.55


def _true(robot: RobotModel) -> RobotModel:
    """Return an arm whose links are heavier by 12 %."""
    other = RobotModel(robot.arm, PLACEMENT)
    for joint in range(1, other.joints + 1):
        link = other.model.inertias[joint]
        other.model.inertias[joint] = pin.Inertia(1.12 * link.mass, link.lever, 1.12 * link.inertia)
    return other


def _tour(robot: RobotModel, legs: int = 6) -> list[AirBlock]:
    true, random, blocks = _true(robot), np.random.default_rng(4), []
    com = robot.arm.tool.com_s_m
    rotation_ts = robot.sensor_in_tool()[1]
    for _ in range(legs):
        step = random.uniform(-0.5, 0.5, 7)
        for u in np.concatenate([np.zeros(15), np.linspace(0.0, 1.0, 50), np.ones(15), np.linspace(1.0, 0.0, 50)]):
            q, speed = START + u * step, step if 0.0 < u < 1.0 else np.zeros(7)
            way = 1.0 if len(blocks) % 130 < 70 else -1.0
            dq = 0.6 * way * speed * 4.0 * u * (1.0 - u)
            slip = COULOMB * np.sign(dq) + VISCOUS * dq
            residual = robot.holding_nm(q) - true.holding_nm(q) - slip + 0.03 * random.normal(size=7)
            fall = (robot.tool_pose(q)[1] @ rotation_ts).T @ [0.0, 0.0, -9.81]
            wrench = np.concatenate([TOOL_KG * fall, np.cross(TOOL_KG * np.array(com), fall)])
            wrench += np.concatenate([0.01 * random.normal(size=3), 5e-4 * random.normal(size=3)])
            blocks.append(
                AirBlock(0.02 * len(blocks), tuple(wrench), tuple(fall), tuple(q), tuple(dq), tuple(residual))
            )
    return blocks


def test_tool_gravity_and_friction_are_found() -> None:
    robot = robot_named("servo7")
    found = identify(_tour(robot), robot)
    assert found.corrections.tool_mass_kg == pytest.approx(TOOL_KG, abs=0.01)
    np.testing.assert_allclose(found.corrections.tool_com_s_m, robot.arm.tool.com_s_m, atol=0.005)
    np.testing.assert_allclose(found.viscous_nms_per_rad, VISCOUS, atol=0.25)
    assert max(found.after_nm) < 0.12
    assert max(found.before_nm) > 0.8
    better = RobotModel(corrected(robot.arm, found.corrections), PLACEMENT)
    elsewhere = START + 0.3
    true, stated = _true(robot).holding_nm(elsewhere), robot.holding_nm(elsewhere)
    assert np.abs(better.holding_nm(elsewhere) - true).max() < 0.2 * np.abs(stated - true).max()
    better.restore()  # what a session takes back is what it has measured, not what the arm was corrected by
    assert np.abs(better.holding_nm(elsewhere) - true).max() < 0.2 * np.abs(stated - true).max()


def test_a_motion_that_says_too_little_is_refused() -> None:
    robot = robot_named("servo7")
    blocks = _tour(robot)
    with pytest.raises(ModelError, match="50 blocks"):
        identify(blocks[:50], robot)
    with pytest.raises(ModelError, match="turns the wrist"):
        identify([replace(block, fall_s=(0.0, 0.0, 9.81)) for block in blocks], robot)


FOUND = Corrections(
    "servo7", 0.31, (0.001, 0.0, 0.07), (0.3,) * 7, tuple((0.01 * k, 0.0, 0.001, 0.0) for k in range(7))
)


def test_a_file_of_corrections_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "corrections.yaml"
    path.write_text(corrections_text(FOUND))
    assert load_corrections(path, 7) == FOUND
    arm = corrected(load_arm("servo7"), FOUND)
    assert (arm.tool.mass_kg, arm.friction_nm, arm.link_additions) == (0.31, FOUND.coulomb_nm, FOUND.links)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("schema_version: 1", "schema_version: 2", "schema_version"),
        ("tool_mass_kg: 0.31", "tool_mass_kg: -0.31", "tool_mass_kg"),
        ("tool_mass_kg: 0.31", "tool_mass_kg: .nan", "tool_mass_kg"),
        ("arm: servo7", "arm: servo7\nextra: 1", "extra"),
    ],
)
def test_a_wrong_file_is_refused_by_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "corrections.yaml"
    text = corrections_text(FOUND)
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=named):
        load_corrections(path, 7)


def test_a_file_for_another_number_of_joints_or_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "corrections.yaml"
    path.write_text(corrections_text(FOUND))
    with pytest.raises(ConfigError, match="6 of each"):
        load_corrections(path, 6)
    with pytest.raises(ConfigError, match="--corrections"):
        load_corrections(tmp_path / "none.yaml", 7)
    path.write_text("x" * 30_000)
    with pytest.raises(ConfigError, match="at most"):
        load_corrections(path, 7)
