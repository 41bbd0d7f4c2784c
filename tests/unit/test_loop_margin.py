"""The margin from frequency responses against the eigenvalues of the sampled closed loop."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.arm import JointDrive
from controller.elastic_plant import TissueSpring, elastic_plant, link_inertia
from controller.loop_margin import (
    GAIN_MARGIN,
    PHASE_MARGIN_DEG,
    Elasticity,
    Path,
    critical_gain,
    elastic_mobility,
    rigid_mobility,
)
from controller.types import Side
from tests.arms_for_tests import robot_named

DT_S, LAG_S = 1e-3, 0.002
SAME = Elasticity("same", 1.0, 1.0)
DRIVE = JointDrive(14e3, 0.05, 0.05, False, Side.LINK, Side.MOTOR, is_known=True)


def largest_share(links: np.ndarray, drives: tuple[JointDrive, ...], damping: np.ndarray, ticks: int) -> float:
    """Return by which factor a damping may grow until the sampled closed loop swings."""
    plant = elastic_plant(links, drives, LAG_S, ticks, DT_S)
    low, high = 1e-3, 1e3
    while high / low > 1.01:
        share = math.sqrt(low * high)
        roots = np.abs(np.linalg.eigvals(plant.a - share * plant.b @ damping @ plant.sensed_dq))
        low, high = (low, share) if roots.max() > 1.0 + 1e-7 else (share, high)
    return low


def test_rigid_joint_reaches_minus_150_degrees_where_lag_and_delay_say() -> None:
    path = Path(0.0045, LAG_S)
    found = rigid_mobility(np.array([[0.5]]))
    gain = critical_gain(found.eigenvalues(np.array([[10.0]])), found.omega, path)
    omega = np.linspace(50.0, 300.0, 25001)
    phase = -90.0 - np.degrees(omega * path.delay_s + np.arctan(omega * LAG_S))
    first = omega[phase <= -180.0 + PHASE_MARGIN_DEG][0]
    assert gain == pytest.approx(20.0 / first / math.hypot(1.0, first * LAG_S), rel=0.12)


@pytest.mark.parametrize("side", [Side.LINK, Side.MOTOR])
@pytest.mark.parametrize("ticks", [1, 4])
@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_no_loop_within_the_margin_swings_at_twice_the_gain(name: str, side: Side, ticks: int) -> None:
    robot = robot_named(name)
    q = np.array(robot.arm.home_rad)
    robot.update(q, np.zeros(robot.joints))
    drives = tuple(replace(drive, position_side=side) for drive in robot.arm.drives)
    links = link_inertia(robot.mass, robot.jacobian[3:], drives)
    axis = robot.rotation[:, 2]
    damping = np.diag(10.0 / np.diag(np.linalg.inv(robot.mass))) + 50.0 * np.outer(
        axis @ robot.jacobian[:3], axis @ robot.jacobian[:3]
    )
    arm = elastic_mobility(links, drives, SAME)
    gain = critical_gain(arm.eigenvalues(damping), arm.omega, Path((ticks + 0.5) * DT_S, LAG_S))
    share = largest_share(links, drives, damping, ticks)
    assert share * gain >= 0.9
    # The sector of 30 degrees costs less than a factor of five; otherwise nothing would be found sound.
    assert share * gain <= 5.0


def test_soft_joints_measured_at_the_motor_have_less_margin() -> None:
    links = np.array([[0.5]])
    damping = np.array([[3.0]])
    path = Path(0.0045, LAG_S)

    def gain(drive: JointDrive, elasticity: Elasticity = SAME) -> float:
        arm = elastic_mobility(links, (drive,), elasticity)
        return critical_gain(arm.eigenvalues(damping), arm.omega, path)

    at_motor = replace(DRIVE, position_side=Side.MOTOR)
    assert gain(at_motor) > 3.0 * gain(DRIVE)
    assert gain(at_motor, Elasticity("soft", 0.4, 0.4)) > 2.0 * gain(at_motor)
    changed = replace(at_motor, stiffness_nm_per_rad=0.4 * 14e3, damping_ratio=0.02)
    assert gain(changed) == pytest.approx(gain(at_motor, Elasticity("soft", 0.4, 0.4)))


def test_filter_spring_delay_and_lag_turn_the_loop_as_they_do() -> None:
    omega = np.array([100.0])
    plain = Path(0.0, 1e-9).response(omega)[0]
    assert plain == pytest.approx(1.0, abs=1e-5)
    assert np.degrees(np.angle(Path(0.005, 1e-9).response(omega)[0])) == pytest.approx(-math.degrees(0.5), abs=1e-3)
    assert Path(0.0, 0.01).response(omega)[0] == pytest.approx(1.0 / (1.0 + 1.0j))
    assert Path(0.0, 1e-9, 100.0).response(omega)[0] == pytest.approx(1.0 / (1.0 + 1.0j) ** 2, abs=1e-5)
    assert Path(0.0, 1e-9, math.inf, 50.0).response(omega)[0] == pytest.approx(1.0 - 0.5j, abs=1e-5)
    filtered = 1.0 / (1.0 + 1.0j) ** 2
    assert Path(0.0, 1e-9, 100.0, 50.0).response(omega)[0] == pytest.approx(filtered - 0.5j, abs=1e-5)
    integral = Path(0.0, 1e-9, 100.0, 0.0, 20.0).response(omega)[0]
    assert integral == pytest.approx(filtered * (1.0 - 0.2j), abs=1e-5)


def test_a_spring_is_near_minus_180_degrees_on_the_sound_side_and_does_not_count() -> None:
    found = rigid_mobility(np.array([[0.5]]))
    values = found.eigenvalues(np.array([[10.0]]))
    plain = critical_gain(values, found.omega, Path(0.0045, LAG_S))
    for path in (Path(0.0045, LAG_S, integral_per_s=10.0), Path(0.0045, LAG_S, spring_rad_s=10.0)):
        assert path.slowest_rad_s == 8.0
        assert plain < critical_gain(values, found.omega, path) < 1.3 * plain


def test_tissue_bounces_at_its_own_frequency() -> None:
    row = np.array([0.5])
    tissue = TissueSpring(row, 5000.0, 2.0)
    mass, damping = np.array([[0.5]]), np.array([[2.0]])
    bounce = math.sqrt(5000.0 * 0.25 / 0.5)
    found = rigid_mobility(mass, tissue)
    values = np.abs(found.eigenvalues(damping))[:, 0]
    assert found.omega[values.argmax()] == pytest.approx(bounce)
    assert values.max() == pytest.approx(2.0 / (2.0 * 0.25))
    arm = elastic_mobility(mass, (replace(DRIVE, stiffness_nm_per_rad=1e6, motor_inertia_kg_m2=1e-3),), SAME, tissue)
    values = np.abs(arm.eigenvalues(damping))[:, 0]
    assert arm.omega[values[arm.omega < 200.0].argmax()] == pytest.approx(bounce, rel=0.01)


def test_margins_are_those_of_the_docs() -> None:
    assert (GAIN_MARGIN, PHASE_MARGIN_DEG) == (2.0, 30.0)
