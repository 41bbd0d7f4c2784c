"""Gains of parking and ways: springs on the inertia of the arm, soft before the wrist, stable on elastic joints."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.elastic_plant import elastic_plant, link_inertia
from controller.errors import PlanError
from controller.joint_path_driver import MOST_MISSING_RAD, JointPathDriver
from controller.loop_margin import GAIN_MARGIN
from controller.path_gains import GROWTH_SHARE, PathGains
from controller.stop_gains import LoopTiming, refuse_swinging, stop_margins
from controller.types import Side
from tests.gate_cases import command, soft_gains, state
from tests.unit.test_gate import ARM
from tests.unit.test_stop_gains import TIMING, _case, _gains

DT = 1e-3
BIAS = np.array(ARM.bias_nm)
MASS = np.array([[2.0, 0.5], [0.5, 1.0]])
TWO = PathGains((9.0, 20.0), (math.inf, math.inf))


def test_one_bandwidth_is_a_critically_damped_spring_on_the_inertia() -> None:
    gains = PathGains((7.0, 7.0), (math.inf, math.inf))
    assert gains.spring(MASS) == pytest.approx(49.0 * MASS)
    assert gains.damping(MASS) == pytest.approx(14.0 * MASS)


def test_different_bandwidths_are_symmetric_and_each_joint_has_its_own() -> None:
    spring, damping = TWO.spring(MASS), TWO.damping(MASS)
    assert spring == pytest.approx(np.array([[81.0 * 2.0, 180.0 * 0.5], [180.0 * 0.5, 400.0]]))
    assert damping == pytest.approx(np.array([[36.0, math.sqrt(180.0)], [math.sqrt(180.0), 40.0]]))


def test_the_response_is_that_of_spring_damper_growth_and_filter() -> None:
    gains = PathGains((9.0, 20.0), (45.0, math.inf))
    (found,) = gains.torque_response(MASS, np.array([45.0]))
    s = 45.0j
    filters = np.diag([1.0 / (1.0 + 1.0j) ** 2, 1.0])
    growing = np.diag([1.0 + GROWTH_SHARE * 9.0 / s, 1.0 + GROWTH_SHARE * 20.0 / s])
    assert found == pytest.approx(gains.damping(MASS) @ filters + gains.spring(MASS) @ growing / s)


def test_a_filter_in_the_stop_laws_brings_softer_springs_and_one_in_the_ways() -> None:
    plain, filtered = (PathGains.of(soft_gains(7, drag_joints=4, speed_filter_rad_s=c)) for c in (math.inf, 45.0))
    assert plain == PathGains((8.0,) * 4 + (18.0,) * 3, (math.inf,) * 7)
    assert filtered == PathGains((5.0,) * 4 + (10.0,) * 3, (45.0,) * 4 + (150.0,) * 3)


def _pull(gains: PathGains, ticks: int, **senses: object) -> np.ndarray:
    """Return the torque beyond the bias after so many ticks toward where the arm stands already."""
    driver = JointPathDriver(((0.1,) * 7,), gains, DT)
    driver.step(command(ARM, ARM.bias_nm), state(q_rad=(0.1,) * 7), np.eye(7))
    tau = BIAS
    for _ in range(ticks):
        tau = np.array(driver.step(command(ARM, ARM.bias_nm), state(**senses), np.eye(7)).tau_nm)
    return tau - BIAS


def test_a_joint_that_is_held_back_is_pulled_harder_up_to_a_bound() -> None:
    gains = PathGains((8.0,) * 7, (math.inf,) * 7)
    behind = {"q_rad": (0.02, 0.18, *(0.1,) * 5)}
    assert _pull(gains, 1, **behind)[:3] == pytest.approx(64.0 * 0.08 * (1.0 + DT) * np.array([1.0, -1.0, 0.0]))
    assert _pull(gains, 501, **behind)[0] == pytest.approx(64.0 * 0.08 * 1.501)
    assert _pull(gains, 9000, **behind)[:2] == pytest.approx(64.0 * (0.08 + MOST_MISSING_RAD) * np.array([1.0, -1.0]))


def test_speeds_go_through_the_filters_of_their_joints() -> None:
    gains = PathGains((8.0,) * 7, (50.0, *(math.inf,) * 6))
    share = 1.0 - math.exp(-0.05)
    first, second = share * 0.3, share * share * 0.3
    moving = {"q_rad": (0.1,) * 7, "dq_rad_s": (0.3,) * 7}
    assert _pull(gains, 1, **moving) == pytest.approx(-16.0 * np.array([second, *(0.3,) * 6]))
    first += share * (0.3 - first)
    assert _pull(gains, 2, **moving)[0] == pytest.approx(-16.0 * (second + share * (first - second)))


@pytest.mark.parametrize("side", [Side.LINK, Side.MOTOR])
@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_ways_have_their_margin_on_the_shipped_arms(name: str, side: Side) -> None:
    row = stop_margins(*_case(name, side), _gains(name, side), TIMING)[-1]
    assert row.law == "of parking and ways"
    assert row.gain_margin >= GAIN_MARGIN


def test_the_sampled_loop_of_a_way_is_stable_at_twice_the_gains() -> None:
    """By the eigenvalues of the sampled elastic arm with encoders at the links, the growth left out."""
    _, robot = _case("servo7", Side.LINK)
    robot.update(np.array(robot.arm.home_rad), np.zeros(robot.joints))
    links = link_inertia(robot.mass, robot.arm.drives)
    gains = PathGains.of(_gains("servo7"))
    for ticks in (2, 4):
        plant = elastic_plant(links, robot.arm.drives, TIMING.drive_lag_s, ticks, DT)
        law = gains.spring(robot.mass) @ plant.sensed_q + gains.damping(robot.mass) @ plant.sensed_dq
        for share in (1.0, 2.0):
            assert np.abs(np.linalg.eigvals(plant.a - share * plant.b @ law)).max() < 1.0


def test_joints_too_soft_to_be_led_are_refused_by_name() -> None:
    plan, robot = _case("servo7", Side.MOTOR)
    gains = _gains("servo7", Side.MOTOR)
    drives = tuple(replace(d, stiffness_nm_per_rad=0.15 * d.stiffness_nm_per_rad) for d in robot.arm.drives)
    robot.arm = replace(robot.arm, drives=drives)
    weak = replace(
        gains,
        float_damping_nms_per_rad=tuple(0.3 * d for d in gains.float_damping_nms_per_rad),
        unload_damping_ns_per_m=0.0,
        drag_ns_per_m=0.0,
    )
    with pytest.raises(PlanError, match="stop law of parking and ways, joint elasticity soft"):
        refuse_swinging(plan, robot, weak, LoopTiming(1e-3, 2e-3, 2e-3))
