"""Parking: smooth legs from wherever the arm is, blocked when held back, arrived only at rest."""

import dataclasses
import math

import numpy as np
import pytest

from controller.joint_path_driver import (
    ARRIVED_RAD,
    BLOCKED_RAD,
    SHORTEST_LEG_S,
    SPEED_RAD_S,
    TOOL_SPEED_M_S,
    JointPathDriver,
)
from controller.path_gains import PathGains
from controller.types import Command, Vector
from tests.gate_cases import command, soft_gains, state
from tests.unit.test_gate import ARM

DT = 1e-3
MASS = np.diag(np.arange(1.0, 8.0))
START = (0.1,) * 7
BIAS = np.array(ARM.bias_nm)
GAINS = PathGains.of(soft_gains(7, drag_joints=4))


def _driver(waypoints: tuple[Vector, ...]) -> JointPathDriver:
    return JointPathDriver(waypoints, GAINS, DT)


def _follow(waypoints: tuple[Vector, ...], seconds: float) -> tuple[JointPathDriver, np.ndarray]:
    """Let ideal joints, moved by nothing but the torques asked for, follow the legs; return q over time."""
    parking, q, dq, track = _driver(waypoints), np.array(START), np.zeros(7), []
    for _ in range(int(seconds / DT)):
        now = state(q_rad=tuple(q), dq_rad_s=tuple(dq))
        tau = parking.step(command(ARM, ARM.bias_nm), now, MASS).tau_nm
        dq = dq + DT * np.linalg.solve(MASS, np.array(tau) - BIAS)
        q = q + DT * dq
        track.append(q.copy())
        if parking.is_arrived:
            break
    return parking, np.array(track)


def test_the_first_torque_is_no_jump() -> None:
    parking = _driver(((0.5,) * 7,))
    tau = parking.step(command(ARM, (99.0,) * 7), state(), MASS).tau_nm
    assert tau == pytest.approx(ARM.bias_nm)


def test_it_goes_through_every_waypoint_slowly_and_arrives_at_the_last() -> None:
    middle, last = (0.5,) * 7, (0.5, -0.2, *(0.1,) * 5)
    parking, track = _follow((middle, last), 20.0)
    assert parking.is_arrived
    assert not parking.is_blocked
    assert np.abs(track - np.array(middle)).max(axis=1).min() < 0.02
    assert np.abs(track[-1] - np.array(last)).max() < ARRIVED_RAD
    assert np.abs(np.diff(track, axis=0)).max() / DT < 1.05 * SPEED_RAD_S
    assert np.abs(np.diff(track, n=2, axis=0)).max() / DT**2 < 1.0


def test_a_short_leg_takes_its_time() -> None:
    _, track = _follow(((0.11,) * 7,), 5.0)
    assert len(track) * DT > 0.9 * SHORTEST_LEG_S


def test_a_joint_that_is_held_back_is_blocked_and_never_arrives() -> None:
    parking = _driver(((1.0,) * 7,))
    for _ in range(8000):
        parking.step(command(ARM, ARM.bias_nm), state(q_rad=START), MASS)
    assert parking.is_blocked
    assert not parking.is_arrived


def test_it_is_not_arrived_while_it_moves() -> None:
    parking = _driver((START,))
    for _ in range(3000):
        parking.step(command(ARM, ARM.bias_nm), state(q_rad=START, dq_rad_s=(0.2,) * 7), MASS)
    assert not parking.is_arrived
    near = tuple(q + 0.9 * BLOCKED_RAD for q in START)
    parking.step(command(ARM, ARM.bias_nm), state(q_rad=near), MASS)
    assert not parking.is_arrived
    assert not parking.is_blocked


def _turned_together(jacobian: float) -> Command:
    """Return a command of an arm whose tool moves by ``jacobian`` m along x for every rad of every joint."""
    rows = ((jacobian,) * 7, *((0.0,) * 7,) * 5)
    return command(dataclasses.replace(ARM, jacobian=rows), ARM.bias_nm)


@pytest.mark.parametrize(("jacobian", "length_s"), [(0.1, 4.3), (1.0, 13.1)])
def test_a_leg_that_turns_joints_the_same_way_takes_longer(jacobian: float, length_s: float) -> None:
    """At 7 x 0.35 rad/s the tool would do 2.45 m/s."""
    driver, q, wish, ticks, fastest = _driver(((0.9,) * 7,)), START, _turned_together(jacobian), 0, 0.0
    while not driver.is_arrived and ticks < 40_000:
        driver.step(wish, state(q_rad=q), MASS)
        q = tuple(a + DT * v for a, v in zip(q, driver.planned_rad_s, strict=True))
        fastest = max(fastest, 7.0 * jacobian * max(driver.planned_rad_s))
        ticks += 1
    assert fastest <= TOOL_SPEED_M_S + 1e-9
    assert q == pytest.approx((0.9,) * 7, abs=2e-3)
    assert not driver.is_blocked
    assert ticks * DT == pytest.approx(length_s, abs=0.2)


def test_no_time_passes_on_a_leg_while_the_tool_speed_is_not_known() -> None:
    driver = _driver(((0.9,) * 7,))
    for _ in range(2000):
        driver.step(_turned_together(math.nan), state(q_rad=START), MASS)
        assert max(driver.planned_rad_s) == 0.0
    assert not driver.is_blocked
    assert not driver.is_arrived
