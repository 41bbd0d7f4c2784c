"""The sampled elastic arm against the two-mass case that can be written down."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.arm import JointDrive
from controller.elastic_plant import TissueSpring, elastic_plant, link_inertia
from controller.types import Side

DT_S = 1e-3
DRIVE = JointDrive(14e3, 0.05, 0.05, False, Side.LINK, Side.MOTOR, is_known=True)


def modes_of(a: np.ndarray) -> list[complex]:
    """Return the continuous eigenvalues of a sampled system, delay line left out."""
    roots = np.linalg.eigvals(a)
    return [complex(np.log(z) / DT_S) for z in roots.astype(complex) if abs(z) > 1e-6]


def test_link_and_rotor_swing_against_each_other_as_two_masses_on_a_spring() -> None:
    mass, k, rotor, ratio = 0.4, 14e3, 0.05, 0.05
    plant = elastic_plant(np.array([[mass]]), (DRIVE,), 0.002, 0, DT_S)
    (swing,) = [s for s in modes_of(plant.a) if s.imag > 1.0]
    both = 1.0 / mass + 1.0 / rotor
    d = 2.0 * ratio * math.sqrt(k * rotor)
    assert abs(swing) == pytest.approx(math.sqrt(k * both), rel=1e-6)
    assert -2.0 * swing.real == pytest.approx(d * both, rel=1e-6)


def test_a_held_link_leaves_the_damping_ratio_of_the_drive() -> None:
    plant = elastic_plant(np.array([[1e7]]), (DRIVE,), 0.002, 0, DT_S)
    (swing,) = [s for s in modes_of(plant.a) if s.imag > 1.0]
    assert -swing.real / abs(swing) == pytest.approx(0.05, rel=1e-3)


def test_torque_moves_links_and_rotors_together_after_delay_and_lag() -> None:
    links = np.array([[0.5, 0.1], [0.1, 0.2]])
    drives = (DRIVE, replace(DRIVE, motor_inertia_kg_m2=0.02))
    plant = elastic_plant(links, drives, 0.002, 2, DT_S)
    state, u = np.zeros(plant.a.shape[0]), np.array([1.0, -0.5])
    torques = []
    for _ in range(400):
        state = plant.a @ state + plant.b @ u
        torques.append(plant.drive @ state)
    assert torques[1] == pytest.approx([0.0, 0.0])
    assert torques[2] == pytest.approx((1.0 - math.exp(-0.5)) * u)
    total = links + np.diag([0.05, 0.02])
    momentum = links @ (plant.dq @ state) + np.array([0.05, 0.02]) * (plant.dtheta @ state)
    # 2 ticks of delay and a lag of 2 ticks cost 4 ticks of torque.
    assert momentum == pytest.approx(396 * DT_S * u, rel=1e-6)
    assert plant.dq @ state == pytest.approx(np.linalg.solve(total, momentum), rel=0.05)


def test_spring_torque_is_what_turns_the_link() -> None:
    plant = elastic_plant(np.array([[0.5]]), (DRIVE,), 0.002, 0, DT_S)
    state = np.zeros(plant.a.shape[0])
    speeds, springs = [0.0], [0.0]
    for _ in range(50):
        state = plant.a @ state + plant.b @ np.array([1.0])
        speeds.append(float((plant.dq @ state)[0]))
        springs.append(float((plant.spring @ state)[0]))
    mean = 0.5 * (np.array(springs[1:]) + np.array(springs[:-1]))
    assert 0.5 * np.diff(speeds) / DT_S == pytest.approx(mean, abs=0.02)
    assert 0.5 * speeds[-1] == pytest.approx(float(np.sum(mean)) * DT_S, rel=1e-2)


def test_tissue_pulls_the_links_back_along_its_row_only() -> None:
    row = np.array([0.3, 0.0])
    links = np.diag([0.5, 0.5])
    stiff = tuple(replace(DRIVE, stiffness_nm_per_rad=1e6) for _ in range(2))
    plant = elastic_plant(links, stiff, 0.002, 0, DT_S, TissueSpring(row, 4000.0))
    slow = sorted(abs(s) for s in modes_of(plant.a) if 1.0 < s.imag < 200.0)
    assert slow == pytest.approx([math.sqrt(4000.0 * 0.09 / 0.55)], rel=1e-3)


def test_sensed_speed_is_on_the_side_of_the_encoder() -> None:
    drives = (DRIVE, replace(DRIVE, position_side=Side.MOTOR))
    plant = elastic_plant(np.eye(2), drives, 0.002, 1, DT_S)
    assert np.array_equal(plant.sensed_dq, np.vstack([plant.dq[0], plant.dtheta[1]]))
    assert np.array_equal(plant.sensed_q, np.vstack([plant.q[0], plant.theta[1]]))


def test_rotors_in_the_links_are_taken_out_with_all_that_turns_them() -> None:
    axes = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    drives = tuple(replace(DRIVE, motor_inertia_kg_m2=b, is_motor_in_link=b != 0.02) for b in (0.01, 0.03, 0.02))
    rings = 0.01 * np.outer([1, 0, 0], [1, 0, 0]) + 0.03 * np.outer([1, 1, 0], [1, 1, 0])
    bare = np.diag([0.2, 0.1, 0.05])
    mass = bare + rings
    assert link_inertia(mass, axes, drives) == pytest.approx(bare)
    assert mass == pytest.approx(bare + rings)
