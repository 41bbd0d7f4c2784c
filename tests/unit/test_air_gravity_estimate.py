"""Gravity and friction of an arm, from made-up residuals of a slow motion there and back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest

from controller.air.blocks import AirBlock
from controller.air.gravity_estimate import estimate_gravity
from controller.errors import ModelError
from controller.robot import RobotModel
from tests.arms_for_tests import PLACEMENT, robot_named
from urdf.arms import load_arm

START = np.array([-0.5, 0.7, 0.55, 1.8, 0.1, 0.6, 1.0])
STEP = np.array([0.1, -0.12, 0.1, -0.2, 0.2, 0.1, 0.05])
FRICTION = (0.4, 0.2, 0.5, 0.3, 0.1, 0.15, 0.05)


def _heavier(robot: RobotModel, scale: float) -> RobotModel:
    """Return the arm with all link masses scaled."""
    other = RobotModel(robot.arm, PLACEMENT)
    for joint in range(1, other.joints + 1):
        link = other.model.inertias[joint]
        other.model.inertias[joint] = pin.Inertia(scale * link.mass, link.lever, scale * link.inertia)
    return other


def _motion(robot: RobotModel, scale: float, noise: float = 0.02) -> list[AirBlock]:
    """Return blocks of a dwell, a way there, a dwell and the way back, of an arm that is heavier than its model."""
    true, random = _heavier(robot, scale), np.random.default_rng(2)
    share = np.concatenate([np.zeros(10), np.linspace(0.0, 1.0, 40), np.ones(10), np.linspace(1.0, 0.0, 40)])
    blocks = []
    for k in range(1, len(share)):
        rate = (share[k] - share[k - 1]) / 0.02
        q, dq = START + share[k] * STEP, rate * 0.02 * STEP
        extra = true.holding_nm(q) - robot.holding_nm(q)
        residual = -extra - np.array(FRICTION) * np.sign(dq) + noise * random.normal(size=7)
        down = (0.0, 0.0, 9.81)
        blocks.append(AirBlock(0.02 * k, (0.0,) * 6, down, tuple(q), tuple(dq / 0.02), tuple(residual)))
    return blocks


@pytest.mark.parametrize("name", ["servo7", "panda"])
@pytest.mark.parametrize("scale", [0.8, 0.95, 1.0, 1.2])
def test_gravity_and_friction_are_told_apart(name: str, scale: float) -> None:
    robot = robot_named(name)
    blocks = _motion(robot, scale)
    found = estimate_gravity(blocks, robot)
    assert all(found.has_slid)
    extra = (scale - 1.0) * robot.holding_nm(START)
    np.testing.assert_allclose(found.friction_nm, FRICTION, atol=0.08)
    np.testing.assert_allclose(found.error_nm, extra, atol=0.15 + 0.15 * np.abs(extra).max())


def test_the_corrected_model_holds_the_true_arm_also_beside_the_motion() -> None:
    robot = RobotModel(load_arm("servo7"), PLACEMENT)
    true = _heavier(robot, 1.1)
    found = estimate_gravity(_motion(robot, 1.1), robot)
    before = true.holding_nm(START) - robot.holding_nm(START)
    elsewhere = START + np.array([0.2, 0.15, -0.1, -0.2, 0.1, 0.2, 0.0])
    before_there = true.holding_nm(elsewhere) - robot.holding_nm(elsewhere)
    stated = robot.holding_nm(START)
    robot.correct(found.correction)
    assert np.abs(true.holding_nm(START) - robot.holding_nm(START)).max() < 0.15 * np.abs(before).max()
    assert np.abs(true.holding_nm(elsewhere) - robot.holding_nm(elsewhere)).max() < 0.3 * np.abs(before_there).max()
    robot.update(START, np.zeros(7))
    np.testing.assert_allclose(robot.gravity, robot.holding_nm(START), atol=1e-9)
    robot.restore()
    np.testing.assert_allclose(robot.holding_nm(START), stated, atol=1e-12)


def test_an_arm_that_only_rests_hides_its_friction() -> None:
    robot = robot_named("servo7")
    found = estimate_gravity(_motion(robot, 1.0)[:8], robot)
    assert not any(found.has_slid)
    assert all(math.isnan(value) for value in found.friction_nm)


def test_the_regressor_is_the_derivative_of_the_holding_torque() -> None:
    robot = robot_named("panda")
    found = robot.gravity_regressor(START) @ np.concatenate(
        [[link.mass, *(link.mass * link.lever)] for link in list(robot.model.inertias)[1:]]
    )
    np.testing.assert_allclose(found, robot.holding_nm(START), atol=1e-9)
    heavier = robot.tool_load_nm(START, 1.0)
    wrench = np.array([0.0, 0.0, 9.81, 0.0, 0.0, 0.0])
    at_pad = robot.tool_jacobian(START).T @ wrench
    assert np.abs(heavier - at_pad).max() < 9.81 * 0.09  # the centre of mass is 88 mm behind the pad


@pytest.mark.parametrize("field", ["residual_nm", "dq_rad_s"])
def test_numbers_that_are_none_are_refused(field: str) -> None:
    robot = robot_named("servo7")
    blocks = _motion(robot, 1.0)
    bad = replace(blocks[0], **{field: (math.nan,) * 7})
    with pytest.raises(ModelError, match="no number"):
        estimate_gravity([*blocks, bad], robot)
    with pytest.raises(ModelError, match="no samples"):
        estimate_gravity([], robot)


@pytest.mark.parametrize("mass_kg", [-5.0, math.nan])
def test_a_correction_that_no_link_can_have_is_refused_whole(mass_kg: float) -> None:
    robot = RobotModel(load_arm("servo7"), PLACEMENT)
    before = robot.holding_nm(START)
    additions = np.full((7, 4), 0.01)
    additions[6, 0] = mass_kg
    with pytest.raises(ModelError, match="measured mass of link 7"):
        robot.correct(additions)
    np.testing.assert_array_equal(robot.holding_nm(START), before)
