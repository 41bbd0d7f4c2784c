"""The process that owns the servo bus is lost at 20 N: its heir takes the bus. Real processes, in lock step.

Time stands still in lock step while a bus has no master. What would pass is let pass by the peer: ``SILENCE_S``, more
than the heir may take on a wall clock by its bounds.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Callable

import pytest

from controller.processes.cells import HostCodec
from controller.processes.shared_memory import FOLDER
from controller.types import Cause, Mode, StopReason
from hardware.heir.vigil import SILENT_SHARE
from hardware.owner.bus_word import HeirState
from sim.options import SimulationOptions
from workbench.drill.bus import BusVerdict, RunningOnBus, judge_bus, running_on_bus
from workbench.drill.run import DrillPlan, drill_plan, wait

PRESS_S, LOOK_S = 0.5, 2.0
"""Time of pressing before the fault, and time after it."""
WATCHDOG_S = 0.060
"""Of the servos of both rigs."""
DEATH_S = 0.020
"""Time without a packet that is let pass where the owner dies: the kernel wakes the heir at once; more than was ever
measured on a machine of two busy cores (16 ms)."""
SILENCE_S = SILENT_SHARE * WATCHDOG_S + DEATH_S
"""The same where it hangs."""
END_WALL_S = 300.0
"""Longest wall time until a session that has stopped has parked."""


@functools.cache
def _plan() -> DrillPlan:
    return drill_plan()


def _lost(lose: Callable[[RunningOnBus], int], silence_s: float, rig: str = "dynamixel_p") -> BusVerdict:
    """Press, lose the owner, and return what the truth says."""
    with running_on_bus(rig, _plan(), SimulationOptions(seed=1), silence_s) as drill:
        steady = drill.wait_until_steady()
        drill.let_pass_until(steady, PRESS_S)
        row = lose(drill)
        drill.let_pass_until(row, LOOK_S)
        verdict = judge_bus(drill.rows(), steady, row, drill.dt_s)
        says, supervisor = drill.rig.heir_says(), drill.rig.supervisor_says()
        assert drill.rig.owner.exitcode == -signal.SIGKILL
        assert says is not None
        assert says.state is HeirState.ACTING
        assert supervisor is not None
        assert supervisor.cause in {None, Cause.LINK}
        print(f"{verdict}; first packet {1e3 * (says.sent_s - says.noticed_s):.1f} ms after the heir had noticed")
    assert list(FOLDER.glob(f"massage-arm-{os.getpid()}-*")) == []
    return verdict


def _check(verdict: BusVerdict) -> None:
    assert verdict.at_fault_n == pytest.approx(20.0, abs=1.0)
    assert verdict.peak_n <= min(verdict.limit_n, 22.0)
    assert verdict.off_skin_s <= 0.2
    assert verdict.left_n == 0.0
    assert verdict.sank_m < 0.003
    assert verdict.rise_m > 0.005
    assert verdict.fastest_m_s < 0.25


def _kill(drill: RunningOnBus) -> int:
    with drill.standing_still() as row:
        drill.pass_silence(DEATH_S)
        os.kill(drill.rig.owner.pid or 0, signal.SIGKILL)
    return row


@pytest.mark.parametrize(
    "rig", ["dynamixel_p", *(pytest.param(rig, marks=pytest.mark.campaign) for rig in ("dynamixel_x", "moteus"))]
)
def test_with_the_owner_of_the_bus_killed_at_20_n_the_arm_leaves_the_skin_and_is_not_dropped(rig: str) -> None:
    _check(_lost(_kill, DEATH_S, rig))


@pytest.mark.campaign
def test_an_owner_of_the_bus_that_hangs_is_killed_first_and_does_not_come_back() -> None:
    def hang(drill: RunningOnBus) -> int:
        pid = drill.rig.owner.pid or 0
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED)
        row = drill.count
        drill.pass_silence(SILENCE_S)
        drill.let_pass_until(row + round(SILENCE_S / drill.dt_s), 0.01)
        os.kill(pid, signal.SIGCONT)
        return row

    _check(_lost(hang, SILENCE_S))


@pytest.mark.campaign
def test_an_owner_of_the_bus_and_a_supervisor_that_are_killed_leave_an_heir_that_floats_the_arm_off_the_skin() -> None:
    def kill_both(drill: RunningOnBus) -> int:
        with drill.standing_still() as row:
            drill.pass_silence(DEATH_S)
            os.kill(drill.rig.supervisor.pid or 0, signal.SIGKILL)
            os.kill(drill.rig.owner.pid or 0, signal.SIGKILL)
        return row

    _check(_lost(kill_both, DEATH_S))


def test_with_the_heir_killed_the_session_parks_under_a_name_of_its_own() -> None:
    with running_on_bus("dynamixel_p", _plan(), SimulationOptions(seed=1)) as drill:
        steady = drill.wait_until_steady()
        host = HostCodec(len(_plan().plan.rest_q_rad))

        def mode() -> Mode:
            cell = host.unpack(drill.rig.blocks[0].reader.read())
            assert cell is not None
            return cell.mode

        drill.let_pass_until(steady, PRESS_S)
        assert mode() is Mode.RUN
        with drill.standing_still() as row:
            os.kill(drill.rig.heir.pid or 0, signal.SIGKILL)
        drill.let_pass_until(row, 0.02)
        assert mode() is Mode.UNLOAD
        drill.let_pass_until(row, LOOK_S)
        _check(judge_bus(drill.rows(), steady, row, drill.dt_s))
        assert drill.rig.owner.exitcode is None, "the owner goes on"


@pytest.mark.campaign
def test_a_session_that_has_lost_its_heir_ends_at_rest_without_torque_and_says_so() -> None:
    with running_on_bus("dynamixel_p", _plan(), SimulationOptions(seed=1)) as drill:
        drill.wait_until_steady()
        os.kill(drill.rig.heir.pid or 0, signal.SIGKILL)
        wait(lambda: drill.host.exitcode is not None, END_WALL_S, "end of the session")
        end = drill.host_end()
        assert isinstance(end, StopReason)
        assert end.cause is Cause.HEIR_LOST
        owner = drill.rig.owner
    assert owner.exitcode == 0, "the arm lies at its rest and has no torque"


@pytest.mark.campaign
def test_with_owner_and_heir_killed_together_the_servos_watchdog_lets_the_arm_fall() -> None:
    with running_on_bus("dynamixel_p", _plan(), SimulationOptions(seed=1)) as drill:
        steady = drill.wait_until_steady()
        drill.let_pass_until(steady, PRESS_S)
        with drill.standing_still() as row:
            began_s = time.monotonic()
            os.kill(drill.rig.heir.pid or 0, signal.SIGKILL)
            os.kill(drill.rig.owner.pid or 0, signal.SIGKILL)
            assert time.monotonic() - began_s < 0.005
            drill.pass_silence(LOOK_S)
        verdict = judge_bus(drill.rows(), steady, row, drill.dt_s)
    print(verdict)
    assert verdict.sank_m > 0.01, "nobody is left to hold it: this is a number, not a safe end"
