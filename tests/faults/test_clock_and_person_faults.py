"""Clocks that are wrong for the session loop alone, a closed terminal, and a person who lies or rises higher."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from controller.errors import PlantError
from controller.processes.gravity import RobotGravity
from controller.robot import RobotModel
from controller.safety import gate
from controller.safety.supervision import SupervisorLimits
from controller.types import Mode
from sim.faults.kinds import Fault, parse_fault
from sim.options import SimulationOptions
from sim.plant import build_simulation
from sim.supervised_plant import SupervisedPlant
from tests.gate_cases import soft_gains
from tests.sim_cases import posture, setting
from tests.surroundings_cases import QUIET, opened

FAULT_TICK = 20
GAP_M = 0.2


class _Held:
    """A supervised arm that is held where it stands, over the back."""

    def __init__(self, *texts: str) -> None:
        arm, placement, body, _ = setting()
        q = posture("servo7", 0.1, 0.04, GAP_M)[0]
        limits = SupervisorLimits(0.0055, 90.0, (9.0,) * len(q), arm.torque_limit_nm, 3, 25, soft_gains(len(q)))
        options = SimulationOptions(**QUIET, faults=tuple(map(parse_fault, texts)))
        self.world = build_simulation(arm, placement, body, options)
        self.begun: list[tuple[float, Fault]] = []
        self.plant = SupervisedPlant(
            self.world, RobotModel(arm, placement), limits, lambda t_s, fault: self.begun.append((t_s, fault))
        )
        self._hold = RobotGravity(RobotModel(arm, placement))(q)
        self.plant.configure()
        self.plant.activate(q)

    def go(self, ticks: int, mode: Mode = Mode.RUN) -> list[float]:
        """Hold the arm for so long; return the times that the session loop reads."""
        times = []
        for _ in range(ticks):
            times.append(self.plant.read().t_s)
            self.plant.apply(gate.ApprovedCommand(self._hold, gate._KEY, self._hold, mode))
        return times

    @property
    def lift_m(self) -> float:
        """How far the whole body is moved up."""
        assert self.world._arena is not None
        return float(self.world._arena.patient[2])


@contextlib.contextmanager
def held(*texts: str) -> Iterator[_Held]:
    arm = _Held(*texts)
    try:
        yield arm
    finally:
        arm.plant.deactivate()


def at_fault(text: str) -> str:
    return f"{text}@{1e-3 * FAULT_TICK!r}"


def once(shown: Callable[[float], float]) -> Callable[[int], float]:
    return lambda tick: shown(1e-3 * tick) if tick == FAULT_TICK + 1 else 1e-3 * tick


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("clock_nan", once(lambda _: math.nan)),
        ("clock_back", once(lambda t_s: t_s - 5.0)),
        ("clock_back=0.003", once(lambda t_s: t_s - 0.003)),
        ("clock_jump", lambda tick: 1e-3 * tick + 40.0),
        ("clock_jump=-2", lambda tick: 1e-3 * tick - 2.0),
        ("clock_still", lambda _: 1e-3 * FAULT_TICK),
        ("clock_slow", lambda tick: 1e-3 * (FAULT_TICK + 0.5 * (tick - FAULT_TICK))),
        ("clock_slow=3", lambda tick: 1e-3 * (FAULT_TICK + 3.0 * (tick - FAULT_TICK))),
    ],
)
def test_only_the_session_loop_reads_a_wrong_clock(text: str, shown: Callable[[int], float]) -> None:
    with held(at_fault(text)) as wrong, held() as right:
        times, true_s = wrong.go(100), right.go(100)
        assert times[: FAULT_TICK + 1] == true_s[: FAULT_TICK + 1]
        expected = [shown(tick) for tick in range(FAULT_TICK + 1, 100)]
        assert times[FAULT_TICK + 1 :] == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert wrong.world.t_s == right.world.t_s == pytest.approx(0.1)
        assert wrong.world.read().t_s == wrong.world.t_s, "what the supervisor reads"
        assert wrong.world.true_motion() == right.world.true_motion()
        assert wrong.plant.taken is None
        assert [fault.name for _, fault in wrong.begun] == [text.partition("=")[0]]


def test_the_clock_shows_the_same_however_often_it_is_read_and_is_right_in_a_new_run() -> None:
    with held(at_fault("clock_back"), "clock_jump=7@0.05") as arm:
        arm.go(FAULT_TICK + 1)
        (shown_s,) = {arm.plant.read().t_s for _ in range(3)}
        assert shown_s == pytest.approx(1e-3 * FAULT_TICK + 1e-3 - 5.0)
        assert arm.go(60)[-1] == pytest.approx(0.08 + 7.0)
        arm.plant.activate(arm.world.true_motion()[0])
        assert arm.go(3) == pytest.approx([0.0, 0.001, 0.002])


def test_a_cleared_stop_does_not_mend_the_clock() -> None:
    with held(at_fault("clock_still")) as arm:
        arm.go(30)
        arm.plant.resume()
        assert set(arm.go(10)) == {1e-3 * FAULT_TICK}


def test_a_closed_terminal_stops_the_session_that_still_runs() -> None:
    stops: list[str] = []
    with held(at_fault("terminal_closed")) as arm:
        arm.plant.on_terminal_closed = lambda: stops.append("stop")
        arm.go(40)
        assert stops == ["stop"]
        assert arm.plant.taken is None
        assert [(round(t_s, 9), fault.name) for t_s, fault in arm.begun] == [(0.02, "terminal_closed")]
    with held("host_killed@0.01", at_fault("terminal_closed")) as arm:
        arm.plant.on_terminal_closed = lambda: stops.append("again")
        arm.go(40)
    assert stops == ["stop"]


def test_a_rig_without_a_session_has_no_terminal() -> None:
    with held(at_fault("terminal_closed")) as arm, pytest.raises(PlantError, match="terminal_closed"):
        arm.go(40)


def test_the_person_lies_higher_from_the_beginning_on() -> None:
    with held("patient_higher@0") as arm:
        arm.go(1)
        assert arm.lift_m == pytest.approx(0.060)
        assert arm.world._arena is not None
        assert arm.world._arena.patient[3] == 0.0, "at rest"
        arm.go(50)
        assert arm.lift_m == pytest.approx(0.060)
    with held(at_fault("patient_higher=120")) as arm:
        arm.go(FAULT_TICK)
        assert arm.lift_m == 0.0
        arm.go(1)
        assert arm.lift_m == pytest.approx(0.120)


def test_the_pad_meets_the_person_who_lies_higher() -> None:
    q = posture("servo7", 0.1, 0.04, 0.05)[0]
    plant = opened(SimulationOptions(**QUIET, faults=(parse_fault("patient_higher=60@0"),)), q)
    hold, press = plant.given_nm(), []
    for _ in range(5):
        plant.advance(hold)
        press.append(plant.truth()[0].press_n)
    plant.deactivate()
    assert max(press) > 1.0


def lifts(arm: _Held, seconds: float, mode: Mode) -> np.ndarray:
    found = []
    for _ in range(round(seconds * 100)):
        arm.go(10, mode)
        found.append(arm.lift_m)
    return np.array(found)


@pytest.mark.parametrize("by", ["gate", "supervisor"])
def test_the_person_rises_two_seconds_after_a_stop_and_not_without_one(by: str) -> None:
    with held(at_fault("patient_rises_after_stop")) as arm:
        assert lifts(arm, 2.5, Mode.RUN).max() == 0.0
        if by == "supervisor":
            arm.plant.inject(Fault("host_killed", 0.0, 0.0))
        after = lifts(arm, 3.5, Mode.FLOAT if by == "gate" else Mode.RUN)
        assert after[:199].max() == 0.0
        assert 0.0 < after[250] < 0.060
        assert after[303:] == pytest.approx(0.060)
        assert len(arm.begun) == (1 if by == "gate" else 2)


def test_a_stop_before_the_time_of_the_rise_counts_once_its_time_has_come() -> None:
    with held("patient_rises_after_stop=120@1") as arm:
        found = lifts(arm, 4.2, Mode.FLOAT)
        assert found[:299].max() == 0.0
        assert found[-15:] == pytest.approx(0.120)


def test_brakes_that_close_at_the_end_count_as_a_stop() -> None:
    with held(at_fault("patient_rises_after_stop")) as arm:
        arm.go(100)
        arm.plant.safe()
        found = []
        for _ in range(3200):
            arm.plant.outlive()
            found.append(arm.lift_m)
        assert max(found[:1990]) == 0.0
        assert found[-1] == pytest.approx(0.060)
        arm.plant.activate(posture("servo7", 0.1, 0.04, GAP_M)[0])
        arm.go(30)
        assert arm.lift_m == 0.0


def test_an_arm_without_a_rig_is_stopped_by_its_brakes() -> None:
    plant = opened(SimulationOptions(**QUIET, faults=(parse_fault("patient_rises_after_stop@0"),)))
    hold = plant.given_nm()
    plant.advance(hold)
    plant.safe()
    plant.outlive()
    for _ in range(3100):
        plant.advance(hold)
    assert plant._arena is not None
    assert plant._arena.patient[2] == pytest.approx(0.060)
    plant.deactivate()
