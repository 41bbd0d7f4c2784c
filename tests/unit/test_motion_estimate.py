"""Joint motion and friction in the law: without lag, deaf to the oscillation of joints, taught by the plan."""

import math

import numpy as np
import pytest

from controller.arm import JointDrive
from controller.law.contact_estimate import press_motion
from controller.law.gains import STANDARD, LawSettings
from controller.law.joint_friction import FRICTION, ROWS, learn_friction, planned_direction
from controller.law.memory import STATE, WORK
from controller.law.modelled_drives import ModelledDrives
from controller.law.motion_estimate import POSITION, SPEED, UNEXPLAINED, estimate_motion, unexplained_torque
from controller.types import Side

DT_S = 1e-3
INERTIA = 0.5
FACTOR, NOTHING = np.array([[math.sqrt(INERTIA)]]), np.zeros(1)


class OneJoint:
    """A joint of a known inertia, estimated while a torque moves it."""

    def __init__(self, rate_per_s: float = 40.0, slow_per_s: float = 20.0) -> None:
        self.rates = rate_per_s, slow_per_s
        self.motion = np.zeros((3, 1))
        self.is_first = True

    def tick(self, q: float, tau: float, drag: float = 0.0) -> float:
        estimate_motion(
            DT_S, *self.rates, FACTOR, np.zeros((1, 1)), NOTHING, np.array([q]), np.array([tau]), NOTHING,
            np.array([drag]), self.is_first, self.motion,
        )  # fmt: skip
        self.is_first = False
        return float(self.motion[SPEED, 0])


def test_a_torque_that_is_known_moves_the_estimate_without_lag() -> None:
    joint, q, v = OneJoint(), 0.0, 0.0
    worst = 0.0
    joint.tick(q, 0.0)
    for tick in range(400):
        tau = math.sin(2.0 * math.pi * 8.0 * tick * DT_S)
        v += DT_S * tau / INERTIA
        q += DT_S * v
        worst = max(worst, abs(joint.tick(q, tau) - v))
    assert worst < 1e-9


def test_a_torque_that_is_not_known_is_found() -> None:
    joint, q, v = OneJoint(), 0.0, 0.0
    for _ in range(1500):
        v += DT_S * (0.3 - 0.5 * v) / INERTIA
        q += DT_S * v
        joint.tick(q, -0.5 * v)
    out = np.zeros(1)
    unexplained_torque(np.array([[INERTIA]]), joint.motion, out)
    assert out[0] == pytest.approx(0.3, abs=1e-3)
    assert joint.motion[SPEED, 0] == pytest.approx(v, abs=1e-4)
    assert joint.motion[UNEXPLAINED, 0] == pytest.approx(0.6, abs=2e-3)


@pytest.mark.parametrize(("hz", "share"), [(40.0, 0.08), (80.0, 0.02)])
def test_an_oscillation_of_the_joint_hardly_passes(hz: float, share: float) -> None:
    joint, amplitude = OneJoint(), 1e-3
    omega = 2.0 * math.pi * hz
    speeds = [joint.tick(amplitude * math.sin(omega * tick * DT_S), 0.0) for tick in range(1000)]
    assert max(map(abs, speeds[500:])) < share * amplitude * omega


def test_it_begins_at_rest_where_the_arm_is() -> None:
    joint = OneJoint()
    assert joint.tick(0.7, 5.0) == 0.0
    assert joint.motion[POSITION, 0] == 0.7


def test_friction_is_learned_from_the_planned_direction_and_a_constant_is_not_taken_for_it() -> None:
    memory, cap = np.zeros((ROWS, 1)), np.array([2.0])
    late = 0.0
    for tick in range(6000):
        way = math.copysign(1.0, math.sin(2.0 * math.pi * 0.5 * tick * DT_S))
        late += (1.0 - math.exp(-10.0 * DT_S)) * (way - late)
        beside = -0.4 * late + 0.7 + memory[FRICTION, 0] * late  # what is left beside the friction known so far
        learn_friction(DT_S, 10.0, cap, np.array([way]), np.array([beside]), memory)
    assert memory[FRICTION, 0] == pytest.approx(0.4, abs=0.06)
    learn_friction(DT_S, 10.0, np.array([0.1]), np.array([1.0]), np.array([0.0]), memory)
    assert memory[FRICTION, 0] == 0.1


def test_friction_that_pushes_is_none() -> None:
    memory = np.zeros((ROWS, 1))
    for tick in range(2000):
        way = math.copysign(1.0, math.sin(2.0 * math.pi * 0.5 * tick * DT_S))
        learn_friction(DT_S, 1e3, np.array([2.0]), np.array([way]), np.array([0.5 * way]), memory)
        assert memory[FRICTION, 0] < 1e-9


def test_the_planned_direction_is_that_of_the_joints() -> None:
    jbar_t = np.zeros((6, 2))
    jbar_t[0], jbar_t[4] = (1.0, -1.0), (0.0, 2.0)
    way = np.empty(2)
    planned_direction(jbar_t, np.array([0.5, 0.0, 0.0, 0.0, 0.1, 0.0]), way)
    assert way == pytest.approx([1.0, -1.0])
    planned_direction(jbar_t, np.zeros(6), way)
    assert list(way) == [0.0, 0.0]


def test_press_force_follows_the_motion_at_once_and_the_sensor_in_the_end() -> None:
    settings = LawSettings()
    record, state = settings.record(STANDARD), np.zeros(1, dtype=STATE)
    state["contact"] = WORK
    state["force_n"] = state["press_sample_n"] = state["sample_n"] = 10.0
    press_motion(DT_S, record, state, 1e-5, 0.01, 0.0)
    assert state["force_rate"][0] == pytest.approx(settings.tissue_n_per_m * 0.01, rel=0.02)
    state["press_sample_n"] = 12.0
    for _ in range(1000):
        press_motion(DT_S, record, state, 1e-5, 0.0, 0.0)
    assert state["force_n"][0] == pytest.approx(12.0, abs=1e-6)
    assert state["force_rate"][0] == pytest.approx(0.0, abs=1e-6)
    state["contact"], state["press_n"] = 0, 3.0
    press_motion(DT_S, record, state, 0.0, 0.5, 0.0)
    assert (state["force_n"][0], state["force_rate"][0]) == (3.0, 0.0)


def _drive(side: Side) -> JointDrive:
    return JointDrive(1e4, 0.05, 0.05, False, Side.LINK, side, is_known=True)


def test_motors_whose_torque_is_not_reported_are_modelled_with_their_lag() -> None:
    drives = ModelledDrives((_drive(Side.LINK), _drive(Side.MOTOR)), 0.002, DT_S)
    assert drives.motor_nm((7.0, 8.0)) == (7.0, 8.0)
    drives.send((1.0, 5.0))
    assert drives.motor_nm((7.0, 8.0)) == (7.0, 8.0), "nothing has acted yet"
    drives.send((2.0, 5.0))
    assert drives.motor_nm((7.0, 8.0)) == (1.0, 8.0)
    drives.send((2.0, 5.0))
    assert drives.motor_nm((7.0, 8.0)) == pytest.approx((1.0 - math.expm1(-0.5), 8.0))
    drives.send((math.nan, 5.0))
    drives.send((0.0, 5.0))
    assert drives.motor_nm((7.0, 8.0)) == (7.0, 8.0)
    drives.forget()
    assert drives.motor_nm((7.0, 8.0)) == (7.0, 8.0)
