"""Drives: a joint whose encoder gives no number is held by its own brake, and only by that."""

import math
from itertools import combinations

import pytest

from controller.processes.drive_loop import DriveSenses
from controller.processes.drives import BRAKE_S, DriveFeedback, DrivePolicy, DriveSettings
from controller.processes.encoder_watch import MOST_LOST, EncoderWatch
from controller.processes.gravity import GravityCompensated
from controller.types import Authority, JointFault, Mode, Vector
from tests.gate_cases import soft_gains, state
from tests.unit.test_sim_drives import _host, _supervisor

DT_S = 1e-3
TICKS = round(BRAKE_S / DT_S)
JOINTS = 7
ALL = frozenset(range(JOINTS))
NONE: frozenset[int] = frozenset()


def _flags(*joints: int) -> tuple[int, ...]:
    return tuple(JointFault.ENCODER.value * (joint in joints) for joint in range(JOINTS))


def _look(watch: EncoderWatch, ticks: range, *lost: int) -> None:
    for tick in ticks:
        watch.look(tick * DT_S, frozenset(lost))


@pytest.mark.parametrize("joint", range(JOINTS))
def test_one_period_without_a_number_is_told_at_once_and_braked_for_good(joint: int) -> None:
    watch = EncoderWatch(JOINTS, ALL, BRAKE_S)
    _look(watch, range(100))
    assert (watch.faults, watch.braked) == (_flags(), NONE)
    _look(watch, range(100, 101), joint)
    assert (watch.faults, watch.braked) == (_flags(joint), NONE)
    _look(watch, range(101, 99 + TICKS))
    assert watch.braked == NONE
    _look(watch, range(100 + TICKS, 102 + TICKS))
    assert (watch.faults, watch.braked) == (_flags(joint), {joint})
    watch.forget()
    assert (watch.faults, watch.braked) == (_flags(), NONE)
    _look(watch, range(200, 300))
    assert watch.braked == NONE


def test_a_joint_that_comes_and_goes_counts_from_its_first_loss() -> None:
    watch = EncoderWatch(JOINTS, ALL, BRAKE_S)
    for tick in range(TICKS + 2):
        watch.look(tick * DT_S, frozenset({3}) if tick % 2 == 0 else NONE)
    assert watch.braked == {3}


def test_more_joints_than_can_be_spared_are_no_encoders() -> None:
    for lost in combinations(range(JOINTS), MOST_LOST + 1):
        watch = EncoderWatch(JOINTS, ALL, BRAKE_S)
        _look(watch, range(50), *lost)
        assert (watch.faults, watch.braked) == (_flags(), NONE)
    later = EncoderWatch(JOINTS, ALL, BRAKE_S)
    _look(later, range(30), 1)
    _look(later, range(30, 60), 1, 4)
    assert (later.faults, later.braked) == (_flags(1, 4), {1, 4})
    _look(later, range(60, 99), 5)
    assert (later.faults, later.braked) == (_flags(1, 4), {1, 4})


def test_a_joint_without_a_brake_is_not_said_to_stand() -> None:
    watch = EncoderWatch(JOINTS, ALL - {2}, BRAKE_S)
    _look(watch, range(50), 2)
    assert (watch.faults, watch.braked) == (_flags(), NONE)


def test_the_policy_closes_the_brake_of_that_joint_and_tells_of_it_beside_broken_drives() -> None:
    stop = soft_gains(2, work_nm=(12.0, 30.0))
    policy = DrivePolicy(DriveSettings((20.0, 40.0), DT_S, 0.002, frozenset({0, 1}), stop), (1.0, 2.0))

    def pass_ticks(ticks: range, lost: frozenset[int], given_nm: tuple[float, float] = (3.0, 4.0)) -> frozenset[int]:
        for tick in ticks:
            feedback = DriveFeedback((0.0, 0.0), (0.0, 0.0), given_nm)
            order = policy.decide(tick * DT_S, _host(tick), _supervisor(tick + 1), feedback, lost)
            assert (order.authority, order.host_mode) == (Authority.HOST, Mode.RUN)
            assert math.isfinite(sum(order.tau_nm))
        return order.closed

    assert pass_ticks(range(1, 50), NONE) == NONE
    assert pass_ticks(range(50, 49 + TICKS), frozenset({1})) == NONE
    assert policy.status(0.1).joint_fault == (0, JointFault.ENCODER)
    assert pass_ticks(range(50 + TICKS, 60 + TICKS), NONE) == {1}
    pass_ticks(range(100, 200), NONE, (3.0, math.nan))
    assert policy.status(0.2).joint_fault == (0, JointFault.ENCODER | JointFault.TORQUE)
    policy.resume(0.2, (1.0, 2.0))
    assert policy.status(0.2).joint_fault == (0, 0)
    assert pass_ticks(range(200, 300), NONE) == NONE


class _Side:
    """Drives that note what they are sent."""

    def __init__(self) -> None:
        self.q_rad: Vector = (0.1, 0.2)
        self.sent_nm: Vector = ()

    def read(self) -> DriveSenses:
        return DriveSenses(state(2), DriveFeedback(self.q_rad, (0.0, 0.0), (0.0, 0.0)))

    def advance(self, tau_nm: Vector) -> None:
        self.sent_nm = tau_nm

    def set_brakes(self, joints: frozenset[int]) -> None:
        """Nothing depends on them here."""


def test_the_gravity_of_an_arm_that_adds_it_follows_the_joints_that_are_seen() -> None:
    side = _Side()
    compensated = GravityCompensated(side, lambda q_rad: (10.0 * q_rad[0], 10.0 * q_rad[1]))
    compensated.read()
    side.q_rad = (math.nan, 0.5)
    compensated.read()
    compensated.advance((0.0, 0.0))
    assert side.sent_nm == pytest.approx((-1.0, -5.0)), "the lost joint is where it was"
