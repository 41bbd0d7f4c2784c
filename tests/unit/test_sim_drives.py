"""The drive policy alone: whose commands count, when the enable goes, and what is sent meanwhile."""

import dataclasses
import math

import pytest

from controller.processes.cells import HostCell, SupervisorCell
from controller.processes.drives import (
    BRAKE_S,
    DRIVE_WATCHDOG_S,
    SHORT_SHARE,
    DriveFeedback,
    DriveOrder,
    DrivePolicy,
    DriveSettings,
)
from controller.safety.supervision import ENABLE_DELAY_S, RETREAT_DELAY_S
from controller.types import Authority, Cause, JointFault, Mode, Vector
from tests.gate_cases import soft_gains

HOLD, HOSTS, HOLDING, SUPERVISORS = (1.0, 2.0), (3.0, 4.0), (1.5, 2.5), (5.0, 6.0)
TORQUE, SPEEDS = (20.0, 40.0), (0.1, -0.2)
DT_S, LAG_S = 1e-3, 0.002
BOTH: frozenset[int] = frozenset({0, 1})
STOP = soft_gains(2, float_damping_nms_per_rad=(0.6, 1.2), work_nm=(12.0, 30.0))
SETTINGS = DriveSettings(TORQUE, DT_S, LAG_S, BOTH, STOP)
DELAY, WATCHDOG = round(ENABLE_DELAY_S / DT_S), round(DRIVE_WATCHDOG_S / DT_S)


def _host(beat: int, **changes: object) -> HostCell:
    return dataclasses.replace(HostCell(beat, beat, True, Mode.RUN, 0.0, HOSTS, HOLDING), **changes)  # type: ignore[arg-type]


def _supervisor(beat: int, has_drives: bool = False) -> SupervisorCell:
    cause = Cause.HOST_LOST if has_drives else None
    return SupervisorCell(beat, beat, has_drives, cause, Mode.RUN, False, 0.0, SUPERVISORS)


class _Script:
    """Drives with both masters beating, until told otherwise; what they give follows their commands with their lag."""

    def __init__(self, ticks: int = 20, braked_joints: frozenset[int] = BOTH) -> None:
        self.policy = DrivePolicy(dataclasses.replace(SETTINGS, braked_joints=braked_joints), HOLD)
        self.tick, self.resumes, self.agreed = 0, 0, 0
        self._torque = self._given = HOLD
        self.lost_nm: Vector = (0.0, 0.0)
        self.holding_nm: Vector = ()
        for _ in range(ticks):
            self.pass_()

    def pass_(
        self, host: bool = True, supervisor: bool = True, has_drives: bool = False, ticks: int = 1, **changes: object
    ) -> DriveOrder:
        for _ in range(ticks):
            self.tick += 1
            given = tuple([torque - lost for torque, lost in zip(self._given, self.lost_nm, strict=True)])
            word = dataclasses.replace(_supervisor(self.tick // 2 + 1, has_drives), resumes=self.agreed)
            order = self.policy.decide(
                self.tick * DT_S,
                _host(self.tick, resumes=self.resumes, **changes) if host else None,
                word if supervisor else None,
                DriveFeedback((0.0, 0.0), SPEEDS, given, self.holding_nm),
            )
            share = -math.expm1(-DT_S / LAG_S)
            self._given, self._torque = self._torque, tuple(
                [torque + share * (tau - torque) for torque, tau in zip(self._torque, order.tau_nm, strict=True)]
            )  # fmt: skip
            if order.authority is Authority.NOBODY:
                self._given = self._torque = HOLD
        return order

    @property
    def now_s(self) -> float:
        """Time of the next senses."""
        return (self.tick + 1) * DT_S


def _decide(policy: DrivePolicy, tick: int, host: HostCell, supervisor: SupervisorCell) -> DriveOrder:
    return policy.decide(tick * DT_S, host, supervisor, DriveFeedback((0.0, 0.0), SPEEDS, HOLD))


def test_no_enable_before_both_masters_are_there() -> None:
    policy = DrivePolicy(SETTINGS, HOLD)
    assert _decide(policy, 0, _host(0, wants_enable=False), _supervisor(1)).authority is Authority.NOBODY
    alone = DrivePolicy(SETTINGS, HOLD)
    assert _decide(alone, 0, _host(0), _supervisor(0)) == DriveOrder(Authority.NOBODY, (0.0, 0.0), BOTH, Mode.RUN)
    assert alone.status(0.0).supervisor_age_s == math.inf


def test_the_drives_hold_the_arm_until_the_first_command() -> None:
    policy = DrivePolicy(SETTINGS, HOLD)
    for tick in range(1500):
        order = _decide(policy, tick, _host(0), _supervisor(tick + 1))
        assert (order.authority, order.tau_nm) == (Authority.HOST, HOLD)
    assert _decide(policy, 1500, _host(1), _supervisor(1501)).tau_nm == HOSTS


def test_a_broken_command_leaves_the_last_one_standing() -> None:
    script = _Script()
    order = script.pass_(host=False, supervisor=True)
    assert (order.authority, order.tau_nm) == (Authority.HOST, HOSTS)


def test_the_supervisor_takes_the_drives_and_a_host_that_comes_back_is_not_heard() -> None:
    script = _Script()
    script.pass_(host=False, ticks=8)
    order = script.pass_(host=False, has_drives=True)
    assert (order.authority, order.tau_nm) == (Authority.SUPERVISOR, SUPERVISORS)
    order = script.pass_(has_drives=True, ticks=500, wants_enable=False)
    assert (order.authority, order.tau_nm) == (Authority.SUPERVISOR, SUPERVISORS)


def test_without_the_supervisor_the_host_has_its_time_to_unload_and_then_the_brakes_close_for_good() -> None:
    script = _Script(21)
    order = script.pass_(supervisor=False, ticks=DELAY - 1)
    assert (order.authority, order.tau_nm) == (Authority.HOST, HOSTS)
    assert script.policy.status(script.now_s).supervisor_age_s == pytest.approx(ENABLE_DELAY_S, abs=2 * DT_S)
    order = script.pass_(supervisor=False, ticks=3)
    assert (order.authority, order.tau_nm) == (Authority.NOBODY, (0.0, 0.0))
    order = script.pass_(ticks=100)
    assert (order.authority, order.tau_nm) == (Authority.NOBODY, (0.0, 0.0)), "nobody gets the enable back"


@pytest.mark.parametrize("mode", [Mode.UNLOAD, Mode.FLOAT])
def test_without_the_supervisor_a_stopped_host_may_retreat_and_then_the_brakes_close(mode: Mode) -> None:
    script, retreat = _Script(21), round(RETREAT_DELAY_S / DT_S)
    order = script.pass_(supervisor=False, ticks=retreat - 1, mode=mode)
    assert (order.authority, order.tau_nm) == (Authority.HOST, HOSTS)
    order = script.pass_(supervisor=False, ticks=3, mode=mode)
    assert (order.authority, order.tau_nm) == (Authority.NOBODY, (0.0, 0.0))


@pytest.mark.parametrize("mode", [Mode.RUN, Mode.PARK, Mode.RELEASED])
def test_a_host_that_does_not_retreat_has_no_more_than_a_second_without_the_supervisor(mode: Mode) -> None:
    script = _Script(21)
    script.pass_(supervisor=False, ticks=500, mode=Mode.FLOAT)
    order = script.pass_(supervisor=False, ticks=DELAY - 500 + 2, mode=mode)
    assert order.authority is Authority.NOBODY


def test_a_host_that_falls_silent_while_it_retreats_has_no_more_than_a_second() -> None:
    script = _Script(21)
    script.pass_(supervisor=False, ticks=500, mode=Mode.FLOAT)
    order = script.pass_(host=False, supervisor=False, ticks=DELAY + 2)
    assert order.authority is Authority.NOBODY


def test_with_both_masters_gone_the_drives_hold_without_pressing_and_then_the_brakes_close() -> None:
    """Damping of 0.6 and 1.2 Nms/rad against 0.1 and -0.2 rad/s."""
    script = _Script()
    order = script.pass_(host=False, supervisor=False, ticks=WATCHDOG)
    assert (order.authority, order.tau_nm) == (Authority.HOST, HOSTS)
    assert script.policy.status(script.now_s).command_age_s == pytest.approx(DRIVE_WATCHDOG_S + DT_S)
    for ticks in (1, DELAY - WATCHDOG - 2):
        order = script.pass_(host=False, supervisor=False, ticks=ticks)
        assert (order.authority, order.tau_nm) == (Authority.HOST, pytest.approx((1.44, 2.74)))
    assert script.pass_(host=False, supervisor=False, ticks=3).authority is Authority.NOBODY


def test_the_age_of_the_last_command_begins_with_the_first_one() -> None:
    policy = DrivePolicy(SETTINGS, HOLD)
    ages = []
    for tick in range(54):
        _decide(policy, tick, _host(0 if tick < 50 else 1), _supervisor(tick + 1))
        ages.append(policy.status((tick + 1) * DT_S).command_age_s)
    assert ages[:50] == [0.0] * 50
    assert ages[50:] == pytest.approx([0.001, 0.002, 0.003, 0.004])


def test_a_supervisor_that_dies_after_it_took_the_drives_leaves_closed_brakes() -> None:
    script = _Script()
    script.pass_(host=False, has_drives=True, ticks=10)
    order = script.pass_(supervisor=False, ticks=WATCHDOG - 2)
    assert (order.authority, order.tau_nm) == (Authority.SUPERVISOR, SUPERVISORS)
    order = script.pass_(supervisor=False, ticks=5)
    assert (order.authority, order.tau_nm) == (Authority.SUPERVISOR, pytest.approx((4.94, 6.24)))
    assert script.pass_(supervisor=False, ticks=DELAY).authority is Authority.NOBODY


def test_the_host_that_has_the_drives_may_give_the_enable_back() -> None:
    script = _Script()
    order = script.pass_(wants_enable=False, mode=Mode.RELEASED)
    assert order.authority is Authority.NOBODY
    assert order.host_mode is Mode.RELEASED


def test_closing_is_for_good() -> None:
    script = _Script()
    script.policy.close()
    assert script.pass_(ticks=10).authority is Authority.NOBODY


@pytest.mark.parametrize(("lost_nm", "broken"), [(0.95, False), (1.25, True), (math.nan, True)])
def test_a_drive_that_stays_off_its_model_is_broken_and_its_brake_closes(lost_nm: float, broken: bool) -> None:
    """The limit of the first joint is 10 % of the 12 Nm that it needs for its work, whatever its torque limit is."""
    assert pytest.approx(1.2) == SHORT_SHARE * STOP.work_nm[0]
    script = _Script()
    script.lost_nm = (lost_nm, 0.0)
    order = script.pass_(ticks=80)
    status = script.policy.status(script.now_s)
    assert status.joint_fault == ((JointFault.TORQUE, 0) if broken else (0, 0))
    assert order.closed == ({0} if broken else set())
    assert order.tau_nm == HOSTS, "the others go on"


def test_the_brake_of_a_broken_drive_takes_its_time_and_stays_closed() -> None:
    script = _Script()
    script.lost_nm = (0.0, 8.0)
    began = script.tick
    while not any(script.policy.status(script.now_s).joint_fault):
        script.pass_()
    found = script.tick
    assert found - began <= 6
    while not script.pass_().closed:
        pass
    assert script.tick - found == pytest.approx(BRAKE_S / DT_S, abs=1)
    script.lost_nm = (0.0, 0.0)
    assert script.pass_(ticks=100).closed == {1}


def test_a_jump_of_the_command_is_no_broken_drive() -> None:
    script = _Script()
    script.pass_(tau_nm=(15.0, -30.0), ticks=50)
    script.pass_(tau_nm=(-15.0, 30.0), ticks=50)
    assert script.policy.status(script.now_s).joint_fault == (0, 0)


def test_a_joint_without_a_brake_is_held_by_its_drive() -> None:
    """Damping of 1.2 Nms/rad against -0.2 rad/s, on top of the holding torque."""
    script = _Script(braked_joints=frozenset({0}))
    order = script.pass_(wants_enable=False)
    assert (order.authority, order.closed) == (Authority.NOBODY, {0})
    assert order.tau_nm == pytest.approx((0.0, HOLDING[1] + 0.24))
    script = _Script(braked_joints=frozenset({0}))
    script.lost_nm = (0.0, 8.0)
    assert script.pass_(ticks=80).closed == frozenset(), "there is no brake to close"
    assert script.policy.status(script.now_s).joint_fault == (0, JointFault.TORQUE)


def test_a_drive_side_with_a_model_of_its_own_holds_by_that() -> None:
    script = _Script()
    script.holding_nm = (7.0, 8.0)
    order = script.pass_(host=False, supervisor=False, ticks=WATCHDOG + 2)
    assert order.tau_nm == pytest.approx((6.94, 8.24))


def test_a_resume_needs_the_supervisor_to_agree() -> None:
    script = _Script()
    script.pass_(has_drives=True, ticks=10)
    script.resumes = 1
    assert script.pass_(has_drives=True, ticks=10).authority is Authority.SUPERVISOR
    assert script.pass_(ticks=10).authority is Authority.SUPERVISOR, "it has not agreed to this request"
    script.agreed = 1
    order = script.pass_()
    assert (order.authority, order.tau_nm) == (Authority.HOST, SUPERVISORS), "they hold until the next command"
    assert script.pass_().tau_nm == HOSTS
    script.pass_(has_drives=True, ticks=10)
    assert script.pass_(ticks=10).authority is Authority.SUPERVISOR, "one request gives the drives back once"


def test_a_resume_behind_closed_brakes_needs_a_model_of_the_drive_side() -> None:
    script = _Script()
    script.pass_(supervisor=False, ticks=DELAY + 5)
    script.resumes = script.agreed = 1
    order = script.pass_(ticks=5)
    assert (order.authority, order.closed) == (Authority.NOBODY, BOTH)
    script.holding_nm = (7.0, 8.0)
    order = script.pass_()
    assert (order.authority, order.tau_nm, order.closed) == (Authority.HOST, (7.0, 8.0), frozenset())


def test_a_loop_that_resumes_and_stays_silent_loses_the_enable() -> None:
    script = _Script()
    script.pass_(host=False, has_drives=True, ticks=10)
    script.resumes = script.agreed = 1
    script.pass_()
    assert script.policy.status(script.now_s).command_age_s == 0.0, "no command is missed before the first"
    assert script.pass_(host=False, ticks=DELAY - 1).authority is Authority.HOST
    assert script.pass_(host=False, ticks=3).authority is Authority.NOBODY


def test_a_resume_counts_before_the_supervisor_has_said_anything_new() -> None:
    script = _Script()
    script.pass_(has_drives=True, ticks=10)
    script.policy.resume(script.now_s, HOLD)
    order = script.pass_(host=False, supervisor=False)
    assert (order.authority, order.tau_nm) == (Authority.HOST, HOLD)


def test_a_supervisor_that_has_the_drives_gives_none_back_whatever_it_agreed_to() -> None:
    script = _Script()
    script.agreed = 1
    script.pass_(has_drives=True, ticks=10)
    script.resumes = 1
    assert all(script.pass_(has_drives=True).authority is Authority.SUPERVISOR for _ in range(5))


def test_a_resume_without_a_living_supervisor_gives_nothing() -> None:
    script = _Script()
    script.agreed = 1
    script.pass_()
    script.holding_nm = (7.0, 8.0)
    script.pass_(supervisor=False, ticks=DELAY + 5)
    script.resumes = 1
    assert script.pass_(supervisor=False, ticks=5).authority is Authority.NOBODY


def test_a_supervisor_that_can_hold_the_arm_no_longer_gives_the_enable_up() -> None:
    policy = DrivePolicy(SETTINGS, HOLD)
    _decide(policy, 0, _host(1), _supervisor(1))
    taken = dataclasses.replace(_supervisor(2), has_drives=True, mode=Mode.FLOAT)
    assert _decide(policy, 1, _host(2), taken).authority is Authority.SUPERVISOR
    told = dataclasses.replace(_supervisor(3), has_drives=False, mode=Mode.RELEASED)
    other = DrivePolicy(SETTINGS, HOLD)
    assert _decide(other, 0, _host(1), told).authority is Authority.HOST, "only of drives that it has"
    given_up = dataclasses.replace(taken, beat=4, mode=Mode.RELEASED)
    order = _decide(policy, 2, _host(3), given_up)
    assert (order.authority, order.closed) == (Authority.NOBODY, BOTH)
