"""Parking: smooth legs from wherever the arm is, blocked when held back, arrived only at rest."""

import numpy as np
import pytest

from controller.parking import ARRIVED_RAD, BLOCKED_RAD, SHORTEST_LEG_S, SPEED_RAD_S, JointPathDriver
from controller.types import Vector
from tests.gate_cases import command, state
from tests.unit.test_gate import ARM

DT = 1e-3
MASS = np.diag(np.arange(1.0, 8.0))
START = (0.1,) * 7
BIAS = np.array(ARM.bias_nm)


def _follow(waypoints: tuple[Vector, ...], seconds: float) -> tuple[JointPathDriver, np.ndarray]:
    """Let ideal joints, moved by nothing but the torques asked for, follow the legs; return q over time."""
    parking, q, dq, track = JointPathDriver(waypoints), np.array(START), np.zeros(7), []
    for _ in range(int(seconds / DT)):
        now = state(q_rad=tuple(q), dq_rad_s=tuple(dq))
        tau = parking.step(command(ARM, ARM.bias_nm), now, MASS, DT).tau_nm
        dq = dq + DT * np.linalg.solve(MASS, np.array(tau) - BIAS)
        q = q + DT * dq
        track.append(q.copy())
        if parking.is_arrived:
            break
    return parking, np.array(track)


def test_the_first_torque_is_no_jump() -> None:
    parking = JointPathDriver(((0.5,) * 7,))
    tau = parking.step(command(ARM, (99.0,) * 7), state(), MASS, DT).tau_nm
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
    parking = JointPathDriver(((1.0,) * 7,))
    for _ in range(8000):
        parking.step(command(ARM, ARM.bias_nm), state(q_rad=START), MASS, DT)
    assert parking.is_blocked
    assert not parking.is_arrived


def test_it_is_not_arrived_while_it_moves() -> None:
    parking = JointPathDriver((START,))
    for _ in range(3000):
        parking.step(command(ARM, ARM.bias_nm), state(q_rad=START, dq_rad_s=(0.2,) * 7), MASS, DT)
    assert not parking.is_arrived
    near = tuple(q + 0.9 * BLOCKED_RAD for q in START)
    parking.step(command(ARM, ARM.bias_nm), state(q_rad=near), MASS, DT)
    assert not parking.is_arrived
    assert not parking.is_blocked
