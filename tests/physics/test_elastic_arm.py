"""The whole elastic arm in the engine, held to the exact solution of its linearised equations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm

from controller.arm import ArmDescription
from controller.robot import GRAVITY_M_S2, RobotModel
from controller.types import Side
from sim.differences.values import PlantDifferences, damping_nms_per_rad
from sim.options import SimulationOptions
from sim.period.differing_period import TRIM_PER_S
from sim.period.packed_state import RESULT
from sim.person.contact_law import PRESS
from sim.plant import SimPlant, build_simulation
from tests.sim_cases import posture, setting

Array = NDArray[np.float64]
ELASTIC = PlantDifferences(
    name="elastic", joint_stiffness_nm_per_rad=(14e3,) * 4 + (9e3,) * 3, joint_damping_ratio=(0.05,)
)
PRESS_PLACE = RESULT + PRESS
PUSH_NM = 0.3 * np.array([3.0, -2.0, 1.5, 2.0, -1.0, 0.5, 0.1])
"""What is added to the torque that holds the arm."""


def plant_in_the_air(name: str, dt_s: float, **changes: object) -> tuple[SimPlant, ArmDescription]:
    """Return an elastic arm at rest 10 cm over the back, without noise and friction."""
    arm, placement, body, _ = setting(name)
    options = SimulationOptions(dt_s=dt_s, has_noise=False, has_friction=False, differences=ELASTIC, **changes)  # type: ignore[arg-type]
    plant = build_simulation(arm, placement, body, options)
    plant.configure()
    q, _, _ = posture(name, 0.1, 0.04, 0.1)
    plant.activate(q)
    return plant, arm


def exact_links(plant: SimPlant, arm: ArmDescription, seconds: float, count: int) -> Array:
    """Return how far the links move (count, n) in equal times when ``PUSH_NM`` is added at once to what is asked for.

    A drive that measures the torque of its link adds to its motor what that torque lacked in the last period, at a slow
    rate; in between its motor's torque stays as it is.
    """
    n = len(arm.joint_names)
    bullet, arena = plant._opened()
    assert plant._differing is not None
    dynamics = plant._differing._links(bullet, plant._placement)
    dynamics.look(arena.arrived[:n].copy(), np.zeros(n))
    mass = np.triu(dynamics.mass) + np.triu(dynamics.mass, 1).T
    inertia = np.array([drive.motor_inertia_kg_m2 for drive in arm.drives])
    stiffness = np.array(ELASTIC.joint_stiffness_nm_per_rad)
    damping = np.array([damping_nms_per_rad(0.05, k, b) for k, b in zip(stiffness, inertia, strict=True)])
    added, impulse = slice(4 * n, 5 * n), slice(5 * n, 6 * n)
    trim_per_s = np.array([TRIM_PER_S if drive.torque_side is Side.LINK else 0.0 for drive in arm.drives])
    system = np.zeros((6 * n + 1, 6 * n + 1))  # q, p, dq, dp, added [Nm], impulse [Nms], 1
    inverse = np.linalg.inv(mass)
    system[: 2 * n, 2 * n : 4 * n] = np.eye(2 * n)
    for column, term in ((0, stiffness), (2 * n, damping)):
        links, rotors = slice(column, column + n), slice(column + n, column + 2 * n)
        system[2 * n : 3 * n, links], system[2 * n : 3 * n, rotors] = -inverse * term, inverse * term
        system[3 * n : 4 * n, links] = np.diag(term / inertia)
        system[3 * n : 4 * n, rotors] = -np.diag(term / inertia)
        system[impulse, links], system[impulse, rotors] = -np.diag(term), np.diag(term)
    system[3 * n : 4 * n, -1] = PUSH_NM / inertia
    system[3 * n : 4 * n, added] = np.diag(1.0 / inertia)
    start = np.zeros(6 * n + 1)
    start[-1] = 1.0
    step = expm(system * seconds / count)
    rows = []
    for _ in range(count):
        start[added] += trim_per_s * (PUSH_NM * seconds / count - start[impulse])
        start[impulse] = 0.0
        start = step @ start
        rows.append(start[:n].copy())
    return np.array(rows)


@pytest.mark.parametrize("name", ["servo7", "panda"])
@pytest.mark.parametrize("dt_s", [2.5e-4, 1e-3])
def test_links_of_an_arm_move_as_their_linear_equations_say(name: str, dt_s: float) -> None:
    plant, arm = plant_in_the_air(name, dt_s)
    try:
        seconds = 0.03
        count = round(seconds / dt_s)
        expected = exact_links(plant, arm, seconds, count)
        q0 = np.array(plant.true_motion()[0])
        _, arena = plant._opened()
        hold = np.array(plant.given_nm())
        arena.torque[:] += PUSH_NM
        arena.load[:] += PUSH_NM
        moved = []
        for _ in range(count):
            plant.advance(tuple((hold + PUSH_NM).tolist()))
            moved.append(np.array(plant.true_motion()[0]) - q0)
    finally:
        plant.deactivate()
    error, size = np.abs(np.array(moved) - expected).max(axis=0), np.abs(expected).max(axis=0)
    assert np.all(error < 0.01 * size + 0.003 * size.max()), (error, size)


def test_encoders_read_the_side_they_sit_on_and_motors_report_their_current() -> None:
    plant, arm = plant_in_the_air("servo7", 1e-3)
    try:
        state, stretch = plant.read(), np.array(plant.given_nm()) / np.array(ELASTIC.joint_stiffness_nm_per_rad)
        assert plant.drive_motion() == plant.true_motion()
        assert state.q_rad == pytest.approx(plant.true_motion()[0], abs=1e-12)
        assert all(drive.torque_side is Side.MOTOR for drive in arm.drives)
        assert state.tau_nm == plant.given_nm()
        assert float(np.abs(stretch).max()) > 1e-3
    finally:
        plant.deactivate()


def press_trace(dt_s: float) -> Array:
    """Return the press force every millisecond of an elastic arm that presses by a given course of torques."""
    arm, placement, body, _ = setting("servo7")
    differences = replace(ELASTIC, transport_delay_ms=1.0, backlash_rad=(2e-4,), stribeck_ratio=(1.2,))
    options = SimulationOptions(
        dt_s=dt_s, has_noise=False, is_breathing=False, has_scatter=False, differences=differences
    )
    plant = build_simulation(arm, placement, body, options)
    plant.configure()
    try:
        q, _, normal = posture("servo7", 0.1, 0.04, 0.019)
        plant.activate(q)
        model = RobotModel(arm, placement)
        pull = model.tool_jacobian(np.array(q))[:3].T @ np.array(normal)
        hold, forces = np.array(plant.given_nm()), []
        for tick in range(round(0.12 / dt_s)):
            now_s = math.floor(tick * dt_s * 1e3 + 1e-9) * 1e-3  # commands change every millisecond at any step
            press_n = 25.0 * min(1.0, now_s / 0.05)
            plant.advance(tuple((hold - press_n * pull).tolist()))
            forces.append(plant._now[PRESS_PLACE])
        return np.array(forces[round(1e-3 / dt_s) - 1 :: round(1e-3 / dt_s)])
    finally:
        plant.deactivate()


def test_press_forces_converge_in_the_time_step() -> None:
    fine, half, whole = (press_trace(dt_s) for dt_s in (2.5e-4, 5e-4, 1e-3))
    size = float(fine.max())
    assert size > 10.0
    coarse_error, error = np.abs(whole - fine).max() / size, np.abs(half - fine).max() / size
    assert error < 0.5 * coarse_error
    assert coarse_error < 0.1


@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_the_wrist_sensor_feels_the_true_acceleration_of_a_ringing_arm(name: str) -> None:
    """Newton's law for what is behind it, with the second difference of where its centre of mass truly is."""
    plant, arm = plant_in_the_air(name, 1e-3)
    try:
        robot = RobotModel(arm, plant._planned)
        p_ts, r_ts = robot.sensor_in_tool()
        com_t = p_ts + r_ts @ np.array(arm.tool.com_s_m)
        hold = np.array(plant.given_nm())
        places, wrenches, turns = [], [], []
        for tick in range(60):
            plant.advance(tuple((hold + PUSH_NM * (1.0 if tick % 20 < 10 else -1.0) * 3.0).tolist()))
            tool, rotation = plant.true_tool()
            places.append(tool[:3] + rotation @ com_t)
            turns.append(rotation @ r_ts)
            wrenches.append(np.array(plant.read().wrench_s[:3]))
    finally:
        plant.deactivate()
    accelerations = (np.array(places[2:]) - 2.0 * np.array(places[1:-1]) + np.array(places[:-2])) / 1e-6
    weight = np.array([0.0, 0.0, -GRAVITY_M_S2])
    felt = np.array([turn @ wrench for turn, wrench in zip(turns[1:], wrenches[2:], strict=False)])
    expected = arm.tool.mass_kg * (weight - accelerations)
    assert np.abs(accelerations).max() > 1.0
    assert np.abs(felt - expected[: len(felt)]).max() < 0.02 * np.abs(expected).max()
