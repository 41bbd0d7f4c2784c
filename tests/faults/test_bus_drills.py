"""The whole product over an emulated servo bus, in lock step: press, then lose a process; forces are the truth."""

from __future__ import annotations

import functools
import os
import signal

import pytest

from controller.processes.shared_memory import FOLDER
from sim.options import SimulationOptions
from workbench.drill.bus import BusVerdict, judge_bus, running_on_bus
from workbench.drill.run import DrillPlan, drill_plan

PRESS_S, LOOK_S = 1.5, 2.0
"""Time of pressing that the force error is taken of, and time after the fault."""


@functools.cache
def _plan() -> DrillPlan:
    return drill_plan()


def _killed(rig: str, *, is_supervisor_too: bool) -> tuple[BusVerdict, str]:
    """Press, kill the session loop, and return what the truth says and whom the supervisor blames."""
    with running_on_bus(rig, _plan(), SimulationOptions(seed=1)) as drill:
        steady = drill.wait_until_steady()
        drill.let_pass_until(steady, PRESS_S)
        with drill.standing_still() as row:
            os.kill(drill.host.pid or 0, signal.SIGKILL)
            if is_supervisor_too:
                os.kill(drill.rig.supervisor.pid or 0, signal.SIGKILL)
        drill.let_pass_until(row, LOOK_S)
        verdict = judge_bus(drill.rows(), steady, row, drill.dt_s)
        said = drill.rig.supervisor_says()
    assert list(FOLDER.glob(f"massage-arm-{os.getpid()}-*")) == []
    return verdict, "" if said is None or said.cause is None else said.cause.value


def _check(verdict: BusVerdict) -> None:
    assert verdict.before_rms_n <= 0.3
    assert verdict.before_peak_n <= 22.0
    assert verdict.at_fault_n == pytest.approx(20.0, abs=1.0)
    assert verdict.peak_n <= min(verdict.limit_n, 22.0)
    assert verdict.off_skin_s <= 0.2
    assert verdict.left_n == 0.0
    assert verdict.sank_m < 0.003
    assert verdict.fastest_m_s < 0.25


@pytest.mark.parametrize("rig", ["dynamixel_p", pytest.param("dynamixel_x", marks=pytest.mark.campaign)])
def test_20_n_over_a_servo_bus_and_a_killed_session_loop_leaves_the_skin(rig: str) -> None:
    verdict, cause = _killed(rig, is_supervisor_too=False)
    _check(verdict)
    assert cause == "host_lost"
    assert verdict.rise_m > 0.005


@pytest.mark.campaign
def test_with_both_masters_killed_the_owner_of_the_bus_floats_the_arm_off_the_skin() -> None:
    verdict, cause = _killed("dynamixel_p", is_supervisor_too=True)
    _check(verdict)
    assert cause == ""
