"""The drive policy as both of its users apply it: the rig in one process, and the drive loop over shared memory."""

import dataclasses
import os
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from controller.errors import PlantError
from controller.processes.drive_loop import END_S, LED_OFF_S, DriveLoop
from controller.processes.drives import BRAKE_S, DRIVE_WATCHDOG_S
from controller.processes.host_plant import LinkedPlant, LinkSetup
from controller.rig import Identity
from controller.safety import gate
from controller.safety.gate import ApprovedCommand
from controller.safety.supervision import ENABLE_DELAY_S
from controller.types import ArmState, Authority, Cause, JointFault, Vector
from sim.drive_side import SimDriveSide, drive_settings
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from tests.drive_users import DT_S, DriveUser, LoopUser, RigUser, torques
from tests.gate_cases import soft_gains
from tests.sim_cases import setting

START, HOLDING, PUSHING = torques()
ALL = frozenset(range(len(START)))
BROKEN = 1
"""Joint (from 0) that carries most of the arm."""
DELAY, WATCHDOG = round(ENABLE_DELAY_S / DT_S), round(DRIVE_WATCHDOG_S / DT_S)


@pytest.fixture(params=[RigUser, LoopUser])
def user(request: pytest.FixtureRequest) -> Iterator[DriveUser]:
    made: DriveUser = request.param()
    made.pass_ticks(HOLDING, HOLDING, 20)
    yield made
    made.close()


def _nearer(user: DriveUser, asked: Vector, other: Vector) -> bool:
    given = np.array(user.world.given_nm())
    return bool(np.abs(given - asked).max() < 0.2 * np.abs(given - other).max())


def _until_braked(user: DriveUser) -> tuple[ArmState, int]:
    """Return the last state and how many ticks it took until a brake has closed, 60 at most."""
    ticks = 0
    while not user.closed and ticks < 60:
        state, ticks = user.pass_ticks(HOLDING, HOLDING, 1), ticks + 1
    return state, ticks


def test_the_session_loop_has_the_drives_and_its_torque_acts(user: DriveUser) -> None:
    state = user.pass_ticks(PUSHING, HOLDING, 15)
    assert (state.authority, user.closed) == (Authority.HOST, frozenset())
    assert _nearer(user, PUSHING, HOLDING)
    assert state.supervisor_age_s <= 2.5 * DT_S
    assert state.command_age_s <= 1.5 * DT_S


def test_the_supervisor_takes_the_drives_of_a_silent_loop_for_good(user: DriveUser) -> None:
    user.lose_loop()
    state = user.pass_ticks(PUSHING, HOLDING, 10)
    assert state.authority is Authority.SUPERVISOR
    user.find_loop()
    state = user.pass_ticks(PUSHING, HOLDING, 30)
    assert state.authority is Authority.SUPERVISOR
    assert not _nearer(user, PUSHING, HOLDING)
    assert user.closed == frozenset()


def test_drives_that_nobody_commands_hold_without_pushing_and_then_the_brakes_close(user: DriveUser) -> None:
    user.pass_ticks(PUSHING, HOLDING, 15)
    user.lose_supervisor()
    user.lose_loop()
    user.pass_ticks(PUSHING, HOLDING, WATCHDOG)
    assert _nearer(user, PUSHING, HOLDING), "the last command stands until the watchdog"
    state = user.pass_ticks(PUSHING, HOLDING, 15)
    assert state.authority is Authority.HOST
    assert _nearer(user, HOLDING, PUSHING)
    state = user.pass_ticks(PUSHING, HOLDING, DELAY)
    assert (state.authority, user.closed) == (Authority.NOBODY, ALL)
    left = user.world.true_motion()[0]
    user.pass_ticks(PUSHING, HOLDING, 50)
    assert user.world.true_motion()[0] == pytest.approx(left, abs=2e-3)


def test_without_its_supervisor_the_loop_keeps_the_drives_for_a_second(user: DriveUser) -> None:
    user.lose_supervisor()
    state = user.pass_ticks(HOLDING, HOLDING, DELAY - 5)
    assert (state.authority, user.closed) == (Authority.HOST, frozenset())
    assert state.supervisor_age_s == pytest.approx(ENABLE_DELAY_S, abs=8 * DT_S)
    state = user.pass_ticks(HOLDING, HOLDING, 10)
    assert (state.authority, user.closed) == (Authority.NOBODY, ALL)
    state = user.pass_ticks(HOLDING, HOLDING, 50)
    assert (state.authority, user.closed) == (Authority.NOBODY, ALL), "the enable is given once"


def test_a_broken_drive_has_its_own_brake_and_the_arm_does_not_fall(user: DriveUser) -> None:
    before = user.world.true_motion()[0]
    user.world.inject(Fault("joint_torque_lost", BROKEN + 1.0, user.world.t_s))
    state, ticks = _until_braked(user)
    assert user.closed == {BROKEN}
    assert BRAKE_S <= ticks * DT_S <= BRAKE_S + 0.015
    assert state.joint_fault == tuple(JointFault.TORQUE * (joint == BROKEN) for joint in range(len(START)))
    user.pass_ticks(HOLDING, HOLDING, 200)
    assert user.closed == {BROKEN}
    fallen = np.abs(np.array(user.world.true_motion()[0]) - before)
    assert fallen[BROKEN] < 0.02
    assert np.abs(user.world.true_motion()[1][BROKEN]) < 0.01


@pytest.mark.parametrize("joint", range(len(START)))
def test_a_joint_without_an_encoder_has_its_own_brake_and_the_arm_does_not_fall(user: DriveUser, joint: int) -> None:
    before = user.world.true_motion()[0]
    user.world.inject(Fault("encoder_nan", joint + 1.0, user.world.t_s))
    state, ticks = _until_braked(user)
    assert user.closed == {joint}
    assert BRAKE_S <= ticks * DT_S <= BRAKE_S + 0.005
    assert state.joint_fault == tuple(JointFault.ENCODER * (other == joint) for other in range(len(START)))
    user.pass_ticks(HOLDING, HOLDING, 100)
    assert user.closed == {joint}
    assert np.abs(user.world.true_motion()[1][joint]) < 0.01
    assert user.world.true_motion()[0] == pytest.approx(before, abs=0.02)
    user.resume()
    state = user.pass_ticks(HOLDING, HOLDING, 40)
    assert (state.authority, user.closed) == (Authority.HOST, {joint}), "it is lost again, and braked again"


def test_after_a_cleared_stop_the_loop_has_the_drives_again(user: DriveUser) -> None:
    user.lose_loop()
    user.pass_ticks(PUSHING, HOLDING, 30)
    left = user.world.true_motion()[0]
    user.resume()
    assert user.world.true_motion()[0] == pytest.approx(left, abs=2e-3)
    state = user.pass_ticks(PUSHING, HOLDING, 20)
    assert state.authority is Authority.HOST
    assert _nearer(user, PUSHING, HOLDING)
    user.lose_loop()
    assert user.pass_ticks(PUSHING, HOLDING, 10).authority is Authority.SUPERVISOR, "and is watched as before"


def test_brakes_that_closed_open_again_only_by_a_resume(user: DriveUser) -> None:
    user.lose_supervisor()
    user.pass_ticks(HOLDING, HOLDING, DELAY + 10)
    assert user.closed == ALL
    left = user.world.true_motion()[0]
    user.resume()
    state = user.pass_ticks(HOLDING, HOLDING, 30)
    assert (state.authority, user.closed) == (Authority.HOST, frozenset())
    assert user.world.true_motion()[0] == pytest.approx(left, abs=5e-3)


def test_a_resume_without_need_leaves_the_arm_alone(user: DriveUser) -> None:
    user.pass_ticks(PUSHING, HOLDING, 15)
    user.resume()
    state = user.pass_ticks(PUSHING, HOLDING, 1)
    assert state.authority is Authority.HOST
    assert _nearer(user, PUSHING, HOLDING), "no step of torque"


def test_a_session_that_ends_leaves_a_joint_without_a_brake_to_its_drive() -> None:
    user = LoopUser(SimulationOptions(seed=1, brakeless_joints=frozenset({BROKEN})))
    user.pass_ticks(HOLDING, HOLDING, 20)
    left = user.world.true_motion()[0]
    user.wants_enable = False
    state = user.pass_ticks(HOLDING, HOLDING, 400)
    assert (state.authority, user.closed) == (Authority.NOBODY, ALL - {BROKEN})
    assert user.world.true_motion()[0] == pytest.approx(left, abs=5e-3)
    user.close()


def test_supervisor_and_session_loop_refuse_the_drives_of_another_plant() -> None:
    user, other = LoopUser(), Identity("somebody else's", "simulation", "0")
    rig = user.world.rig
    link = LinkedPlant(LinkSetup(dataclasses.replace(rig, identity=other), user.prefix, os.getppid()))
    link.configure()
    with pytest.raises(PlantError, match="drives of another plant"):
        link.activate(START)
    user.supervisor._identity = other
    with pytest.raises(PlantError, match="drives of another plant"):
        user.supervisor.run()
    assert user.pass_ticks(HOLDING, HOLDING, 1).authority is Authority.HOST, "the right ones are taken"
    user.close()


def _judged(user: LoopUser, ticks: int) -> Cause | None:
    """Pass ticks in which noise falls on the session loop's block between the looks of supervisor and drives."""
    for _ in range(ticks):
        user.supervisor._period(user.write(HOLDING, HOLDING))
        user._writer._memory[:] = os.urandom(len(user._writer._memory))
        user.loop.step()
        if (stop := user.supervisor._supervisor.stop) is not None:
            return stop.cause
    return None


def _inherit(user: LoopUser) -> int:
    """Put a new loop in the place of the one that is lost; return the tick of its last senses."""
    last = user._newest()
    user.loop = DriveLoop(
        SimDriveSide(user.world),
        drive_settings(setting()[0], user.world.rig, soft_gains(len(START))),
        user.prefix,
        user.world.rig.identity,
        inherited=last,
    )
    return last.tick


def test_who_inherits_the_drives_acts_at_once_and_gives_them_to_the_supervisor_and_never_to_the_loop() -> None:
    user = LoopUser()
    user.pass_ticks(HOLDING, HOLDING, 20)
    tick = _inherit(user)
    assert user._newest().tick == tick + 1
    user._is_unwatched = True
    state = user.pass_ticks(PUSHING, PUSHING, 1)
    assert state.authority is Authority.HOST
    assert state.command_age_s > DRIVE_WATCHDOG_S, "the loop is told that it is not heard"
    user.pass_ticks(PUSHING, PUSHING, 14)
    assert _nearer(user, HOLDING, PUSHING), "the loop is not heard, though it lives"
    user._is_unwatched = False
    state = user.pass_ticks(PUSHING, PUSHING, 4)
    assert state.authority is Authority.SUPERVISOR
    assert user.supervisor._supervisor.stop is not None
    assert user.supervisor._supervisor.stop.cause is Cause.LINK
    with pytest.raises(AssertionError, match="not given back"):
        user.resume()
    user.close()


def test_who_inherits_drives_without_enable_gives_them_to_nobody() -> None:
    user = LoopUser()
    user.wants_enable = False
    user.pass_ticks(HOLDING, HOLDING, 5)
    user.wants_enable = True
    _inherit(user)
    state = user.pass_ticks(PUSHING, PUSHING, 5)
    assert (state.authority, user.closed) == (Authority.NOBODY, ALL)
    user.close()


def test_noise_that_only_the_drives_read_is_named_by_the_supervisor_that_reads_whole_values() -> None:
    user = LoopUser()
    user.pass_ticks(HOLDING, HOLDING, 20)
    assert _judged(user, 10) is Cause.MEMORY_CORRUPT
    user.close()


def _passed_until_over(user: LoopUser, hold: Callable[[], None], most: int) -> int:
    """Tell the drive loop that the run is over; return the periods that it still lets pass."""
    for period in range(most):
        if user.loop._may_end():
            return period
        hold()
    return most


def test_a_run_that_is_over_goes_on_until_the_session_loop_has_parked() -> None:
    user = LoopUser()
    user.pass_ticks(HOLDING, HOLDING, 20)
    assert _passed_until_over(user, lambda: user.pass_ticks(HOLDING, HOLDING, 1), 50) == 50
    user.wants_enable = False
    assert _passed_until_over(user, lambda: user.pass_ticks(HOLDING, HOLDING, 1), 50) == 1
    user.close()


def test_a_run_that_is_over_goes_on_until_the_supervisor_has_led_the_arm_off() -> None:
    user = LoopUser()
    user.pass_ticks(HOLDING, HOLDING, 20)
    user.lose_loop()
    led, taken = round(LED_OFF_S / DT_S), 10
    passed = _passed_until_over(user, lambda: user.pass_ticks(HOLDING, HOLDING, 1), led + 50)
    assert led <= passed <= led + taken
    user.close()


def test_a_run_that_is_over_does_not_wait_for_ever() -> None:
    user = LoopUser()
    user.pass_ticks(HOLDING, HOLDING, 20)
    assert _passed_until_over(user, lambda: None, 100_000) == round(END_S / DT_S) - 1
    user.close()


def test_a_session_loop_that_has_lost_its_senses_does_not_close_the_brakes(monkeypatch: pytest.MonkeyPatch) -> None:
    user = LoopUser()
    user.pass_ticks(HOLDING, HOLDING, 20)
    link = LinkedPlant(LinkSetup(user.world.rig, user.prefix, os.getppid()))
    link.configure()
    link._beat = user._beat
    link.read()
    link.apply(ApprovedCommand(HOLDING, gate._KEY, HOLDING))
    monkeypatch.setattr("controller.processes.host_plant.SENSES_LOST_S", 0.01)
    with pytest.raises(PlantError, match="no new senses"):
        link.read()
    link.safe()
    user.lose_loop()
    state = user.pass_ticks(HOLDING, HOLDING, 12)
    assert state.authority is Authority.SUPERVISOR
    user.close()
