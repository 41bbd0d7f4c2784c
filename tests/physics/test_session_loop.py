"""The loop in its caller's hands: leaving it early, errors on the way out, displays that fail."""

from __future__ import annotations

import gc

import pytest

from controller.errors import PlantError
from controller.law.gains import STANDARD
from controller.observers import ObserverDropped, SessionEvent
from controller.operator import Operator, Requests
from controller.robot import RobotModel
from controller.session import Session
from controller.session_parts import SessionParts
from controller.types import Cause, Mode, StepRecord
from sim.options import SimulationOptions
from sim.plant import SimPlant, build_simulation
from tests.fault_cases import prepared


class Kept:
    """A critical observer that keeps everything."""

    is_critical = True

    def __init__(self) -> None:
        self.steps: list[StepRecord] = []
        self.events: list[tuple[float, SessionEvent]] = []

    def on_step(self, step: StepRecord) -> None:
        self.steps.append(step)

    def on_event(self, t_s: float, event: SessionEvent) -> None:
        self.events.append((t_s, event))


class Browser(Kept):
    """A display whose connection breaks."""

    is_critical = False

    def on_step(self, step: StepRecord) -> None:
        super().on_step(step)
        if step.t_s >= 0.005:
            raise ConnectionResetError("browser closed")


def opened(*observers: Kept, operator: Operator | None = None) -> tuple[SimPlant, Session]:
    body, robot, plan = prepared()
    plant = build_simulation(robot.arm, robot.placement, body, SimulationOptions(seed=1))
    plant.configure()
    plant.activate(plan.start_q_rad)
    parts = SessionParts.of(plan, RobotModel(robot.arm, robot.placement), STANDARD, plant.rig)
    return plant, parts.session(plant, observers, operator, truth=plant)


def is_safe(plant: SimPlant) -> bool:
    try:
        plant.read()
    except PlantError:
        return True
    return False


def test_the_caller_may_leave_the_loop_and_the_plant_is_safe() -> None:
    kept = Kept()
    plant, session = opened(kept)
    with session:
        assert not gc.isenabled()
        while step := session.tick():
            if step.t_s >= 0.010:
                break
        assert not is_safe(plant)
    assert is_safe(plant)
    assert gc.isenabled()
    assert [round(1e3 * one.t_s) for one in kept.steps] == list(range(11))
    assert session.tick() is None, "a session that was left is over"
    assert session.result.duration_s == kept.steps[-1].t_s
    assert session.result.timing.ticks == 11
    assert session.result.timing.longest_us > 0.0
    plant.deactivate()


def test_an_error_of_the_callers_passes_and_the_one_of_closing_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: SimPlant) -> None:
        raise PlantError("brakes do not answer", "pull the plug")

    def left_by_an_error() -> None:
        with opened()[1] as session:
            session.tick()
            raise KeyError("mine")

    monkeypatch.setattr(SimPlant, "safe", broken)
    with pytest.raises(KeyError, match="mine") as caught:
        left_by_an_error()
    assert "plant could not be made safe: PlantError: brakes do not answer" in caught.value.__notes__[0]
    assert gc.isenabled()
    with pytest.raises(PlantError, match="brakes"), opened()[1] as session:
        session.tick()


def test_a_plant_that_fails_makes_the_loop_raise_once_it_is_safe() -> None:
    plant, session = opened()
    session.tick()
    plant.deactivate()
    with pytest.raises(PlantError):
        session.tick()
    assert session.tick() is None


def test_an_operator_that_fails_stops_the_session_but_never_the_loop_at_once() -> None:
    class Broken:
        def poll(self, t_s: float) -> Requests:
            if t_s >= 0.005:
                raise ConnectionResetError("console gone")
            return Requests()

    plant, session = opened(operator=Broken())
    steps: list[StepRecord | None] = []
    with pytest.raises(ConnectionResetError, match="console gone"), session:
        steps += [session.tick() for _ in range(20)]
    assert len(steps) == 20
    assert None not in steps
    assert is_safe(plant)
    assert session.result.stop is not None
    assert (session.result.stop.cause, session.result.stop.t_s) == (Cause.INTERNAL_ERROR, 0.005)
    assert "console gone" in session.result.stop.limit
    assert session.tick() is None, "raised once"
    plant.deactivate()


def test_a_display_that_fails_is_left_out_and_the_session_goes_on() -> None:
    browser, kept = Browser(), Kept()
    plant, session = opened(browser, kept)
    with session:
        for _ in range(20):
            session.tick()
    assert len(browser.steps) == 6
    assert len(kept.steps) == 20
    assert kept.events == [(0.005, ObserverDropped("Browser", "ConnectionResetError: browser closed"))]
    assert session.result.stop is None
    plant.deactivate()


class FullDisk(Kept):
    """A recorder whose disk is full from some time on."""

    def on_step(self, step: StepRecord) -> None:
        if step.t_s >= 0.005:
            raise OSError("no space left on device")
        super().on_step(step)


def test_what_follows_a_failed_recorder_is_seen_by_the_other_observers_until_the_arm_rests() -> None:
    recorder, memory = FullDisk(), Kept()
    plant, session = opened(recorder, memory)
    with pytest.raises(OSError, match="no space left"):
        session.run()
    plant.deactivate()
    assert recorder.steps[-1].t_s < 0.005
    assert {step.applied.mode for step in memory.steps if step.t_s > 0.01} >= {Mode.UNLOAD, Mode.FLOAT}
    assert memory.steps[-1].t_s > 1.0
