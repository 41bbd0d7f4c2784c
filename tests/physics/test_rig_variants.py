"""Rigs that differ: a wrist sensor slower than the loop, an arm that adds gravity itself; real short sessions."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from controller.errors import PlantError
from controller.law.gains import STANDARD
from controller.robot import RobotModel
from controller.session_limits import session_limits, supervisor_limits
from controller.session_parts import SessionParts
from controller.types import Authority, Cause, ContactState, StepRecord, StopReason
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.plant import SimPlant
from sim.supervised_plant import SupervisedPlant
from tests.fault_cases import prepared
from tests.sim_cases import approved

END_S, FREEZE_S = 7.0, 6.95
"""Some tenths of a second into the stroke, and when the wrist sensor freezes."""
IN_THE_AIR = (ContactState.FREE, ContactState.APPROACH)


class _Run:
    """A short session on a rig, up to ``END_S``."""

    def __init__(self, options: SimulationOptions) -> None:
        body, robot, plan = prepared()
        self.world = SimPlant(robot.arm, robot.placement, body, options)
        rig = self.world.rig
        parts = SessionParts.of(plan, robot, STANDARD, rig)
        parts.refuse_unsafe()
        self.plant = SupervisedPlant(self.world, RobotModel(robot.arm, robot.placement), parts.supervisor_limits())
        self.session = parts.session(self.plant, truth=self.plant)
        self.steps: list[StepRecord] = []
        self._start = plan.start_q_rad

    def finish(self) -> None:
        self.plant.configure()
        self.plant.activate(self._start)
        try:
            with self.session:
                while (step := self.session.tick()) is not None and step.t_s < END_S:
                    self.steps.append(step)
        finally:
            self.plant.deactivate()

    @property
    def stop(self) -> StopReason | None:
        return next((step.applied.stop for step in self.steps if step.applied.stop is not None), None)


@functools.cache
def _frozen(sensor_ticks: int, *, adds_gravity: bool = False) -> _Run:
    """Return a session whose wrist sensor freezes at ``FREEZE_S``."""
    freeze = Fault("sensor_frozen", 0.0, FREEZE_S)
    run = _Run(SimulationOptions(seed=1, sensor_ticks=sensor_ticks, adds_gravity=adds_gravity, faults=(freeze,)))
    run.finish()
    return run


@pytest.mark.parametrize("sensor_ticks", [2, 4])
def test_a_sensor_slower_than_the_loop_runs_without_a_trip_and_is_found_when_it_freezes(sensor_ticks: int) -> None:
    run = _frozen(sensor_ticks)
    before = [step for step in run.steps if step.t_s <= FREEZE_S]
    ages = {round(step.state.sensor_age_s * 1e3) for step in before[10:]}
    assert ages == set(range(1, sensor_ticks + 1))
    assert all(step.applied.stop is None for step in before)
    working = [step for step in before if step.contact is ContactState.WORK]
    assert len(working) > 100
    for step in working[50:]:
        assert step.truth[0].press_n == pytest.approx(step.reference.pads[0].press_n, abs=0.6)
    assert run.stop is not None
    assert run.stop.cause is Cause.SENSOR_FROZEN
    assert run.stop.t_s - FREEZE_S <= (3 * sensor_ticks + 1) * 1e-3


def test_an_arm_that_adds_gravity_itself_moves_as_one_that_does_not() -> None:
    """Their torques differ by rounding alone, which flips a step of an encoder now and then.

    On the skin friction lets the elbow come to rest elsewhere for that: torques changed by 1e-15 to 1e-9 of themselves
    moved joints by up to 1.2 mrad there.
    """
    plain, run = _frozen(2), _frozen(2, adds_gravity=True)
    assert len(run.steps) == len(plain.steps)
    for mine, other in zip(run.steps[::50], plain.steps[::50], strict=True):
        near_rad = 2e-5 if mine.contact in IN_THE_AIR else 2e-3
        assert mine.state.q_rad == pytest.approx(other.state.q_rad, abs=near_rad)
        assert mine.state.tau_nm == pytest.approx(other.state.tau_nm, abs=0.05)
        assert mine.truth[0].press_n == pytest.approx(other.truth[0].press_n, abs=0.05)
    assert run.stop == plain.stop


class _Sent(SimPlant):
    """Keeps the torque that was sent to the drives last."""

    sent: tuple[float, ...] = ()

    def advance(self, tau_nm: tuple[float, ...]) -> None:
        self.sent = tau_nm
        super().advance(tau_nm)


def _holding(adds_gravity: bool, ticks: int, faults: tuple[str, ...] = ()) -> tuple[_Sent, np.ndarray, Authority]:
    """Hold an arm still by the session loop, and then by whoever is left; return it, gravity, and who commands."""
    body, robot, plan = prepared()
    options = replace(SimulationOptions(seed=1), adds_gravity=adds_gravity)
    world = _Sent(robot.arm, robot.placement, body, options)
    limits = supervisor_limits(session_limits(plan, robot))
    plant = SupervisedPlant(world, RobotModel(robot.arm, robot.placement), limits)
    plant.configure()
    plant.activate(plan.start_q_rad)
    robot.update(np.array(plan.start_q_rad), np.zeros(robot.joints))
    gravity = robot.gravity.copy()
    for tick in range(20 + ticks):
        if tick == 20:
            for name in faults:
                plant.inject(Fault(name, 0.0, world.t_s))
        plant.apply(approved(gravity))
    return world, gravity, plant.read().authority


@pytest.mark.parametrize(
    ("faults", "ticks", "authority"),
    [
        ((), 10, Authority.HOST),
        (("host_killed", "supervisor_killed"), 30, Authority.HOST),
        (("host_killed",), 12, Authority.SUPERVISOR),
    ],
)
def test_what_is_sent_to_an_arm_that_adds_gravity_has_none_in_it_whoever_commands(
    faults: tuple[str, ...], ticks: int, authority: Authority
) -> None:
    """The supervisor pulls with some newtons; the holding torque of the second joint alone is many times that."""
    world, gravity, found = _holding(True, ticks, faults)
    plain, _, _ = _holding(False, ticks, faults)
    assert found is authority
    assert np.abs(gravity).max() > 10.0
    assert np.array(world.sent) == pytest.approx(np.array(plain.sent) - gravity, abs=0.05)
    assert world.given_nm() == pytest.approx(plain.given_nm(), abs=0.05), "the torque at the joints is the same"
    assert world.true_motion()[0] == pytest.approx(plain.true_motion()[0], abs=1e-5)


def test_brakes_on_an_arm_that_adds_gravity_leave_nothing_to_send() -> None:
    world, _, authority = _holding(True, 1030, ("host_killed", "supervisor_killed"))
    assert authority is Authority.NOBODY
    assert world.sent == (0.0,) * len(world.sent)
    assert max(map(abs, world.true_motion()[1])) < 1e-3


def test_an_arm_that_adds_gravity_takes_no_command_without_its_drive_side() -> None:
    world, gravity, _ = _holding(True, 0)
    with pytest.raises(PlantError, match="adds gravity itself"):
        world.apply(approved(gravity))
