"""The drives' two masters: who is heard, when the enable goes, and what is sent meanwhile."""

import dataclasses
import math

import pytest

from controller.safety.supervision import ENABLE_DELAY_S
from controller.supervisor.cells import HostCell, SupervisorCell
from controller.types import Authority, Cause, Mode
from sim.drives import DRIVE_WATCHDOG_S, DriveOrder, Drives

HOLD, HOSTS, HOLDING, SUPERVISORS = (1.0, 2.0), (3.0, 4.0), (1.5, 2.5), (5.0, 6.0)
TORQUE, SPEEDS = (20.0, 40.0), (0.1, -0.2)
DT_S = 1e-3
DELAY, WATCHDOG = round(ENABLE_DELAY_S / DT_S), round(DRIVE_WATCHDOG_S / DT_S)


def _host(beat: int, **changes: object) -> HostCell:
    return dataclasses.replace(HostCell(beat, beat, True, Mode.RUN, 0.0, HOSTS, HOLDING), **changes)  # type: ignore[arg-type]


def _supervisor(beat: int, has_drives: bool = False) -> SupervisorCell:
    cause = Cause.HOST_LOST if has_drives else None
    return SupervisorCell(beat, beat, has_drives, cause, Mode.RUN, False, 0.0, SUPERVISORS)


class _Script:
    """Drives with both masters beating, until told otherwise."""

    def __init__(self, ticks: int = 20) -> None:
        self.drives, self.tick = Drives(HOLD, TORQUE, DT_S), 0
        for _ in range(ticks):
            self.pass_()

    def pass_(
        self, host: bool = True, supervisor: bool = True, has_drives: bool = False, ticks: int = 1, **changes: object
    ) -> DriveOrder:
        for _ in range(ticks):
            self.tick += 1
            order = self.drives.decide(
                self.tick,
                _host(self.tick, **changes) if host else None,
                _supervisor(self.tick // 2 + 1, has_drives) if supervisor else None,
                SPEEDS,
            )
        return order


def test_no_enable_before_both_masters_are_there() -> None:
    drives = Drives(HOLD, TORQUE, DT_S)
    assert drives.decide(0, _host(0, wants_enable=False), _supervisor(1), SPEEDS).authority is Authority.NOBODY
    alone = Drives(HOLD, TORQUE, DT_S).decide(0, _host(0), _supervisor(0), SPEEDS)
    assert alone.authority is Authority.NOBODY
    assert alone.supervisor_age_s == math.inf
    assert alone.tau_nm == (0.0, 0.0)


def test_the_drives_hold_the_arm_until_the_first_command() -> None:
    drives = Drives(HOLD, TORQUE, DT_S)
    for tick in range(1000):
        order = drives.decide(tick, _host(0), _supervisor(tick + 1), SPEEDS)
        assert (order.authority, order.tau_nm) == (Authority.HOST, HOLD)
    assert drives.decide(1000, _host(1), _supervisor(1001), SPEEDS).tau_nm == HOSTS


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
    assert order.supervisor_age_s == pytest.approx(ENABLE_DELAY_S, abs=2 * DT_S)
    order = script.pass_(supervisor=False, ticks=3)
    assert (order.authority, order.tau_nm) == (Authority.NOBODY, (0.0, 0.0))
    order = script.pass_(ticks=100)
    assert (order.authority, order.tau_nm) == (Authority.NOBODY, (0.0, 0.0)), "nobody gets the enable back"


def test_with_both_masters_gone_the_drives_hold_without_pressing_and_then_the_brakes_close() -> None:
    """Damping of 0.03 s/rad times the torque limits of 20 and 40 Nm against 0.1 and -0.2 rad/s."""
    script = _Script()
    order = script.pass_(host=False, supervisor=False, ticks=WATCHDOG)
    assert (order.authority, order.tau_nm) == (Authority.HOST, HOSTS)
    assert order.command_age_s == pytest.approx(DRIVE_WATCHDOG_S)
    for ticks in (1, DELAY - WATCHDOG - 2):
        order = script.pass_(host=False, supervisor=False, ticks=ticks)
        assert (order.authority, order.tau_nm) == (Authority.HOST, pytest.approx((1.44, 2.74)))
    assert script.pass_(host=False, supervisor=False, ticks=3).authority is Authority.NOBODY


def test_the_age_of_the_last_command_is_told_and_begins_with_the_first_one() -> None:
    drives = Drives(HOLD, TORQUE, DT_S)
    ages = [drives.decide(tick, _host(0), _supervisor(tick + 1), SPEEDS).command_age_s for tick in range(50)]
    assert ages == [0.0] * 50
    ages = [drives.decide(50 + k, _host(1), _supervisor(51 + k), SPEEDS).command_age_s for k in range(4)]
    assert ages == pytest.approx([0.0, 0.001, 0.002, 0.003])


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
    script.drives.close()
    assert script.pass_(ticks=10).authority is Authority.NOBODY
