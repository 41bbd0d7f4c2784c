"""The compiled law against plain NumPy, on both arms and on an arm with six joints."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
from scipy.linalg import sqrtm

from controller.law import contact_estimate, contact_states, impedance, kernel, sensing
from controller.law.gains import STANDARD, LawSettings
from controller.law.impedance import MOBILITY_FLOOR
from controller.law.impedance_force import tool_record
from controller.law.memory import APPROACH, CONTACT, FREE, LIFT, REFERENCE, STATE, WORK
from controller.law.observer import observe
from controller.robot import RobotModel
from tests.arms_for_tests import robot_named

ARMS = ["servo7", "panda", "six"]
SETTINGS = LawSettings()


def _posture(robot: RobotModel, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    home = np.array(robot.arm.home_rad)
    q = np.clip(home + rng.normal(scale=0.2, size=robot.joints), robot.lower + 0.05, robot.upper - 0.05)
    return q, rng.normal(scale=0.2, size=robot.joints)


def _space(robot: RobotModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = robot.joints
    mass_factor, inverse, factor = np.zeros((n, n)), np.zeros((6, n)), np.zeros((6, 6))
    impedance.operational_space(robot.jacobian, robot.mass, mass_factor, inverse, factor)
    return mass_factor, inverse, factor


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("seed", range(3))
def test_operational_space_and_consistent_inverse(name: str, seed: int) -> None:
    robot = robot_named(name)
    robot.update(*_posture(robot, seed))
    _, inverse, factor = _space(robot)
    mobility = robot.jacobian @ np.linalg.solve(robot.mass, robot.jacobian.T) + MOBILITY_FLOOR * np.eye(6)
    np.testing.assert_allclose(factor @ factor.T, mobility, rtol=1e-9, atol=1e-12)
    jbar_t = np.zeros((6, robot.joints))
    impedance.consistent_inverse(inverse, factor, jbar_t)
    expected = np.linalg.solve(mobility, np.linalg.solve(robot.mass, robot.jacobian.T).T)
    np.testing.assert_allclose(jbar_t, expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ARMS)
def test_effective_mass_along_a_direction_does_not_rest_on_what_memory_held(name: str) -> None:
    robot = robot_named(name)
    robot.update(*_posture(robot, 2))
    n = robot.joints
    factor = np.full((6, 6), 1e3)
    impedance.operational_space(robot.jacobian, robot.mass, np.zeros((n, n)), np.zeros((6, n)), factor)
    mobility = robot.jacobian @ np.linalg.solve(robot.mass, robot.jacobian.T) + MOBILITY_FLOOR * np.eye(6)
    for direction in (np.array([0.0, 0.0, 1.0]), np.array([0.6, 0.0, 0.8])):
        expected = 1.0 / (direction @ mobility[:3, :3] @ direction)
        assert sensing.mass_along(direction, factor) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ARMS)
def test_damping_gives_every_mode_the_ratio_asked_for(name: str) -> None:
    robot = robot_named(name)
    robot.update(*_posture(robot, 4))
    _, _, factor = _space(robot)
    normal = np.array([0.6, 0.0, 0.8])
    stiffness = np.zeros((6, 6))
    stiffness[:3, :3] = 4000.0 * (np.eye(3) - np.outer(normal, normal))
    stiffness[3:, 3:] = 60.0 * np.eye(3)
    damping, modes = np.zeros((6, 6)), np.eye(6)
    for axis in range(6):
        wrench = np.zeros(6)
        impedance.damping_wrench(stiffness, factor, 0.9, np.eye(6)[axis], modes, wrench)
        damping[:, axis] = wrench
    mobility = factor @ factor.T
    np.testing.assert_allclose(damping @ mobility @ damping, 4.0 * 0.9**2 * stiffness, atol=1e-5 * 4000.0)
    lower = np.linalg.cholesky(mobility)
    root = np.real(sqrtm(lower.T @ stiffness @ lower + 1e-12 * np.eye(6)))
    expected = 1.8 * np.linalg.solve(lower.T, root) @ np.linalg.inv(lower)
    np.testing.assert_allclose(damping, expected, atol=2e-3 * np.abs(expected).max())
    assert np.linalg.norm(damping @ np.r_[normal, 0, 0, 0]) < 1e-3 * np.abs(damping).max()


@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_null_space_torque_gives_no_tool_wrench(name: str) -> None:
    robot = robot_named(name)
    robot.update(*_posture(robot, 6))
    _, inverse, factor = _space(robot)
    tau, wanted = np.zeros(robot.joints), np.linspace(-3, 3, robot.joints)
    impedance.null_space_torque(robot.jacobian, inverse, factor, wanted, tau)
    jbar_t = np.zeros((6, robot.joints))
    impedance.consistent_inverse(inverse, factor, jbar_t)
    assert np.abs(jbar_t @ tau).max() < 1e-2
    assert np.abs(tau).max() > 0.1


def test_observer_finds_a_constant_external_torque() -> None:
    robot = robot_named("servo7")
    q, dq = _posture(robot, 8)
    external = np.linspace(-0.5, 0.5, robot.joints)
    integral, residual = np.zeros(robot.joints), np.zeros(robot.joints)
    tau, dt = np.zeros(robot.joints), 2e-4
    for tick in range(800):
        robot.update(q, dq)
        observe(dt, 60.0, robot.mass, robot.coriolis, robot.gravity, dq, tau, 0.0 * tau, integral, residual, tick == 0)
        tau = robot.gravity - 2.0 * dq
        acceleration = pin.aba(robot.model, robot.data, q, dq, tau + external)
        dq = dq + dt * acceleration
        q = q + dt * dq
    np.testing.assert_allclose(residual, external, atol=0.05)


def test_contact_wrench_takes_bias_weight_and_inertia_off() -> None:
    robot = robot_named("servo7")
    robot.update(*_posture(robot, 2))
    tool = kernel_tool(robot)
    rng = np.random.default_rng(0)
    contact, bias, acceleration = rng.normal(scale=10.0, size=6), rng.normal(size=6), rng.normal(size=6)
    rotation_ws = robot.rotation @ tool["r_ts"][0]
    force = contact[:3] + tool["mass_kg"] * (np.array([0, 0, -9.81]) - acceleration[:3])
    lever = robot.rotation @ tool["p_ts"][0]
    centre = rotation_ws @ tool["com_s"][0]
    weight = force - contact[:3]
    moment = contact[3:] + np.cross(-lever, contact[:3]) + np.cross(centre, weight)
    reading = np.r_[rotation_ws.T @ force, rotation_ws.T @ moment] + bias
    out = np.zeros(6)
    contact_estimate.contact_wrench(robot.rotation, tool, bias, reading, acceleration, out)
    np.testing.assert_allclose(out, contact, atol=1e-9)


def kernel_tool(robot: RobotModel) -> np.ndarray:

    return tool_record(robot)


def test_taring_in_the_air_finds_the_bias() -> None:
    robot = robot_named("panda")
    robot.update(*_posture(robot, 2))
    tool, state = kernel_tool(robot), np.zeros(1, dtype=STATE)
    state["contact"] = FREE
    rng = np.random.default_rng(1)
    bias = np.array([0.3, -0.2, 0.5, 0.01, 0.02, -0.03])
    still, wrench = np.zeros(6), np.zeros(6)
    base = np.zeros(6)
    contact_estimate.contact_wrench(robot.rotation, tool, still, still, still, base)
    rotation_ws = robot.rotation @ tool["r_ts"][0]
    lever = robot.rotation @ tool["p_ts"][0]
    own = np.r_[rotation_ws.T @ base[:3], rotation_ws.T @ (base[3:] - np.cross(lever, base[:3]))]
    for _ in range(500):
        reading = bias - own + rng.normal(scale=1e-3, size=6)
        contact_estimate.contact_wrench(robot.rotation, tool, state[0]["bias"], reading, still, wrench)
        contact_estimate.tare(state, wrench, robot.rotation, tool)
    np.testing.assert_allclose(state[0]["bias"], bias, atol=3e-4)


@pytest.mark.parametrize("friction", [0.15, 0.3])
def test_slope_and_friction_are_told_apart_on_a_circle(friction: float) -> None:
    state, gains = np.zeros(1, dtype=STATE), SETTINGS.record(STANDARD)
    planned, tilt = np.array([0.0, 0.0, 1.0]), np.array([0.08, -0.05, 0.0])
    true = (planned + tilt) / np.linalg.norm(planned + tilt)
    for tick in range(3000):
        angle = 2 * math.pi * 0.5 * tick * 1e-3
        velocity = 0.05 * np.array([-math.sin(angle), math.cos(angle), 0.0])
        velocity -= (velocity @ true) * true
        wrench = np.r_[20.0 * (true - friction * velocity / np.linalg.norm(velocity)), 0, 0, 0]
        contact_estimate.learn_slope(1e-3, gains, state, wrench, np.r_[velocity, 0, 0, 0], planned)
    contact_estimate.corrected_normal(state, planned)
    assert math.degrees(math.acos(min(1.0, state[0]["normal"] @ true))) < 1.0
    assert state[0]["friction"] == pytest.approx(friction, abs=0.04)
    for _ in range(3000):
        contact_estimate.forget_slope(1e-3, state)
    assert np.abs(state[0]["slope"]).max() < 1e-3


def test_the_sensor_is_rejected_after_three_implausible_ticks_and_when_not_finite() -> None:
    gains = SETTINGS.record(STANDARD)
    state = np.zeros(1, dtype=STATE)
    trusted = []
    for _ in range(4):
        contact_estimate.press_estimate(1e-3, gains, state, 40.0, 20.0, SETTINGS.plausible_n)
        trusted.append(int(state[0]["is_trusted"]))
    assert trusted == [1, 1, 0, 0]
    contact_estimate.press_estimate(1e-3, gains, state, 21.0, 20.0, SETTINGS.plausible_n)
    assert state[0]["is_trusted"] == 1
    before = float(state[0]["press_n"])
    contact_estimate.press_estimate(1e-3, gains, state, math.nan, 20.0, SETTINGS.plausible_n)
    assert state[0]["is_trusted"] == 0
    assert abs(state[0]["press_n"] - 20.0) < abs(before - 20.0)


def test_only_off_the_skin_the_window_follows_the_friction_of_the_posture() -> None:
    settings = replace(SETTINGS, plausible_n=6.0, plausible_base_n=3.0, plausible_frictions=2.0)
    gains, state, jbar_t = settings.record(STANDARD), np.zeros(1, dtype=STATE), np.zeros((6, 2))
    state["normal"], jbar_t[2] = (0.0, 0.0, 1.0), (-10.0, 20.0)
    for contact in (FREE, APPROACH, LIFT, CONTACT, WORK):
        state["contact"] = contact
        for friction_nm, free_n in ((np.array([0.3, 0.1]), 13.0), (np.array([0.01, 0.0]), 6.0)):
            cap = settings.friction_cap_share * friction_nm
            window_n = contact_estimate.plausible_window(gains, state, jbar_t, cap)
            assert window_n == pytest.approx(free_n if contact == FREE else 6.0)


def test_contact_states_follow_the_touch_and_the_ramp() -> None:
    gains = SETTINGS.record(STANDARD)
    state, reference = np.zeros(1, dtype=STATE), np.zeros(1, dtype=REFERENCE)
    state["contact"], state["is_trusted"] = FREE, 1
    reference["phase"], reference["press_n"] = 1.0, 8.0
    contact_states.advance_contact(1e-3, gains, state, reference, 0.0)
    assert state[0]["contact"] == APPROACH
    state["press_n"] = 2.5
    contact_states.advance_contact(1e-3, gains, state, reference, 0.02)
    assert state[0]["contact"] == CONTACT
    targets = []
    while state[0]["contact"] == CONTACT:
        contact_states.advance_contact(1e-3, gains, state, reference, 0.0)
        targets.append(float(state[0]["target_n"]))
    assert state[0]["contact"] == WORK
    assert targets[0] == pytest.approx(2.5 + 0.02)
    assert np.diff(targets).max() == pytest.approx(0.02)
    assert targets[-1] == 8.0
    assert len(targets) == 500
    reference["phase"] = 3.0
    contact_states.advance_contact(1e-3, gains, state, reference, 0.0)
    assert state[0]["contact"] == kernel.LIFT


@pytest.mark.parametrize("name", ARMS)
def test_gathered_terms_equal_fresh_pinocchio_results(name: str) -> None:
    robot = robot_named(name)
    for seed in range(3):
        q, dq = _posture(robot, seed)
        robot.update(q, dq)
        kept = robot.terms.copy()
        fresh = robot.model.createData()
        pin.computeAllTerms(robot.model, fresh, q, dq)
        pin.computeCoriolisMatrix(robot.model, fresh, q, dq)
        frame = pin.updateFramePlacement(robot.model, fresh, robot.tool_id)
        jacobian = pin.getFrameJacobian(robot.model, fresh, robot.tool_id, pin.LOCAL_WORLD_ALIGNED)
        np.testing.assert_allclose(robot.jacobian, jacobian, atol=1e-12)
        np.testing.assert_allclose(robot.mass, fresh.M, atol=1e-12)
        np.testing.assert_allclose(robot.coriolis, fresh.C, atol=1e-12)
        np.testing.assert_allclose(robot.gravity, fresh.g, atol=1e-12)
        np.testing.assert_allclose(robot.rotation, frame.rotation, atol=1e-12)
        np.testing.assert_allclose(robot.position, frame.translation, atol=1e-12)
        robot.tool_pose(q + 0.1)
        np.testing.assert_array_equal(robot.terms, kept)


@pytest.mark.parametrize("name", ARMS)
def test_coriolis_torque_equals_nonlinear_effects_without_gravity(name: str) -> None:
    """C dq = nle - g by the recursive Newton-Euler algorithm, which needs no Coriolis matrix; and it is not zero."""
    robot = robot_named(name)
    for seed in range(3):
        q, _ = _posture(robot, seed)
        dq = np.random.default_rng(seed).uniform(-1.0, 1.0, robot.joints)
        robot.update(q, dq)
        fresh = robot.model.createData()
        wanted = pin.nonLinearEffects(robot.model, fresh, q, dq) - pin.computeGeneralizedGravity(robot.model, fresh, q)
        np.testing.assert_allclose(robot.coriolis @ dq, wanted, atol=1e-10)
        assert np.abs(wanted).max() > 1e-3
