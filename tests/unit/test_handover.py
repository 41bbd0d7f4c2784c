"""Who judges a tick, and that nothing is forgotten between a certificate and the gate; the kernel has its own tests."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from controller.safety.certificate import Memory, Passed, Seen
from controller.safety.gate import Gate, Judgement
from controller.safety.handover import ALONE_TICKS
from controller.safety.limits import GateLimits
from controller.safety.memory import FIELDS, JOINTS, recall, remembered
from controller.safety.reaction import stop_reason
from controller.types import ArmState, Cause, Clearance, Command, ContactState, Mode, Reference
from tests.gate_cases import TWO_PADS, command, limits, reference, soft_gains, state, terms
from tests.gate_differences import differences
from tests.unit.test_gate_own_terms import Model

DT_S = 1e-3
RAMP = tuple(0.1 * k for k in range(7))
MOVING = replace(terms(np.random.default_rng(5)), momentum_nms=RAMP, drift_nm=RAMP)
LIMITS = limits(tangential_n=1e3, moment_nm=1e3)
OPERATOR = stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0)


class Shadow:
    """A certificate that asks a gate of its own, and is never wrong about what that one says."""

    def __init__(self, bounds: GateLimits = LIMITS) -> None:
        self.gate, self.joints = Gate(bounds, DT_S, Model(MOVING)), len(bounds.torque_nm)
        self.asked, self.taken, self.may_take = 0, 0, True

    def take(self, memory: Memory) -> bool:
        self.taken, self._memory = self.taken + 1, memory
        return self.may_take

    def passes(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Passed | None:
        self.asked += 1
        recall(self.gate, self.joints, self._memory)
        found = self.gate.judge(command, state, reference, t_s)
        if found.stop is not None or found.limited:
            return None
        own, sent = self.gate._own, found.command
        self._memory = cast("Memory", remembered(self.gate, self.joints))
        self._seen = Seen(own.last, *self.gate._stopped.good, own._q_rad)
        return Passed(sent.tau_nm, sent.holding_nm, found.press_n, found.press_limit_n, found.gain_share)

    def memory(self) -> Memory:
        return self._memory

    def seen(self) -> Seen:
        return self._seen


class Forgetful(Shadow):
    """A certificate that forgets one thing."""

    def memory(self) -> Memory:
        found = super().memory()
        return Memory((found.numbers[0] + 1e-9, *found.numbers[1:]), found.samples)


class Blind(Shadow):
    """A certificate that has seen another normal."""

    def seen(self) -> Seen:
        return super().seen()._replace(outward_w=(0.0, 1.0, 0.0))


class Wrong(Shadow):
    """A certificate that tells another press force."""

    def passes(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Passed | None:
        found = super().passes(command, state, reference, t_s)
        return found and found._replace(press_n=found.press_n + 1e-6)


def _tick(k: int, *, press_n: float = 20.0, joints: int = 7) -> tuple[Command, ArmState, Reference, float]:
    """Return a calm tick of an arm that moves a little."""
    t_s, speed = DT_S * k, 1e-3 * math.sin(0.1 * k)
    wave = tuple(1e-2 * math.sin(0.3 * k + axis) for axis in range(6))
    sensed = state(
        joints, t_s, q_rad=tuple(0.1 - 1e-2 * math.cos(0.1 * k) * DT_S for _ in range(joints)), tau_nm=MOVING.bias_nm,
        dq_rad_s=(speed,) * joints, wrench_s=wave, wrench_sequence=k,
    )  # fmt: skip
    asked = command(MOVING, MOVING.bias_nm, press_n=press_n, contact=ContactState.WORK if k % 3 else ContactState.FREE)
    return asked, sensed, reference(), t_s


def _gates(shadow: Shadow | None = None, recheck_ticks: int = 0) -> tuple[Gate, Gate, Shadow]:
    shadow = shadow or Shadow()
    return Gate(LIMITS, DT_S, Model(MOVING), shadow, recheck_ticks), Gate(LIMITS, DT_S, Model(MOVING)), shadow


def _judge(gates: tuple[Gate, Gate, Shadow], first: int, last: int, **wish: float) -> Judgement:
    for k in range(first, last):
        mine, other = (gate.judge(*_tick(k, **wish)) for gate in gates[:2])
        assert differences(other, mine, "judgement") == []
    return mine


def _remember(gate: Gate) -> None:
    if gate._handover is not None:
        gate._handover.take_back()


def test_the_gate_judges_the_first_ticks_by_itself_and_then_none() -> None:
    gates = _gates()
    _judge(gates, 0, ALONE_TICKS)
    assert gates[2].asked == 0
    _judge(gates, ALONE_TICKS, 100)
    assert (gates[2].asked, gates[2].taken) == (100 - ALONE_TICKS, 1)


@pytest.mark.parametrize("ticks", [ALONE_TICKS, ALONE_TICKS + 1, 60])
def test_whatever_a_certificate_has_seen_the_gate_remembers(ticks: int) -> None:
    gates = _gates()
    _judge(gates, 0, ticks)
    _remember(gates[0])
    assert differences(gates[1], gates[0]) == []


def test_where_something_is_lowered_the_gate_judges_and_some_ticks_more() -> None:
    gates = _gates()
    _judge(gates, 0, 30)
    hard, sensed, planned, t_s = _tick(30)
    hard = replace(
        hard, tau_nm=tuple(tau + 20.0 * row for tau, row in zip(hard.tau_nm, MOVING.jacobian[2], strict=True))
    )
    hard = replace(hard, tau_nm=tuple(2.0 * b - t for b, t in zip(MOVING.bias_nm, hard.tau_nm, strict=True)))
    mine, other = (gate.judge(hard, sensed, planned, t_s) for gate in gates[:2])
    assert mine.limited
    assert differences(other, mine, "judgement") == []
    asked = gates[2].asked
    _judge(gates, 31, 31 + ALONE_TICKS)
    assert gates[2].asked == asked
    _judge(gates, 31 + ALONE_TICKS, 80)
    assert gates[2].asked == asked + 49 - ALONE_TICKS
    _remember(gates[0])
    assert differences(gates[1], gates[0]) == []


def test_what_stops_is_found_by_the_gate_in_the_same_tick() -> None:
    gates = _gates()
    _judge(gates, 0, 40)
    last = _judge(gates, 40, 60, press_n=31.0)
    assert last.stop is not None
    assert last.stop.cause is Cause.PAD_FORCE
    assert differences(gates[1], gates[0]) == []


def test_after_a_stop_from_outside_the_gate_has_everything_back() -> None:
    gates = _gates()
    _judge(gates, 0, 40)
    for gate in gates[:2]:
        gate.stop(OPERATOR)
    asked = gates[2].asked
    assert _judge(gates, 40, 50).mode is Mode.UNLOAD
    assert gates[2].asked == asked
    assert differences(gates[1], gates[0]) == []


def test_a_cleared_gate_has_forgotten_what_the_certificate_remembered() -> None:
    gates = _gates()
    _judge(gates, 0, 40)
    for gate in gates[:2]:
        gate.stop(OPERATOR)
        gate.clear(Clearance.OPERATOR)
    assert differences(gates[1], gates[0]) == []
    _judge(gates, 41, 41 + ALONE_TICKS)
    taken = gates[2].taken
    _judge(gates, 41 + ALONE_TICKS, 80)
    assert gates[2].taken == taken + 1
    _remember(gates[0])
    assert differences(gates[1], gates[0]) == []


def test_corrected_masses_are_those_of_where_the_arm_is_now() -> None:
    gates = _gates()
    _judge(gates, 0, 40)
    for gate in gates[:2]:
        gate.correct(((0.0, 0.0, 0.0, 0.0),) * 7)
    assert differences(gates[1], gates[0]) == []
    assert cast("Model", gates[0]._own._kinematics).asked[-1] == _tick(39)[1].q_rad


def test_a_certificate_that_cannot_hold_the_memory_is_not_asked() -> None:
    shadow = Shadow()
    shadow.may_take = False
    gates = _gates(shadow)
    _judge(gates, 0, 40)
    assert shadow.asked == 0
    assert shadow.taken == math.ceil((40 - ALONE_TICKS) / (ALONE_TICKS + 1))


@pytest.mark.parametrize("recheck_ticks", [1, 2, 7])
def test_some_ticks_are_judged_by_both(recheck_ticks: int) -> None:
    gates = _gates(recheck_ticks=recheck_ticks)
    asked = len(cast("Model", gates[0]._own._kinematics).asked)
    _judge(gates, 0, 100)
    both = len(cast("Model", gates[0]._own._kinematics).asked) - asked - ALONE_TICKS
    assert both == (100 - ALONE_TICKS) // recheck_ticks
    assert gates[2].taken == 1
    _remember(gates[0])
    assert differences(gates[1], gates[0]) == []


@pytest.mark.parametrize("wrong", [Forgetful, Blind, Wrong])
def test_a_certificate_that_is_not_confirmed_stops_the_session(wrong: type[Shadow]) -> None:
    gate = _gates(wrong(), recheck_ticks=10)[0]
    for k in range(ALONE_TICKS + 10):
        judged = gate.judge(*_tick(k))
    assert judged.stop is None, "the gate itself has let this one through"
    stop = gate.stop_reason
    assert stop is not None
    assert stop.cause is Cause.INTERNAL_ERROR
    assert stop.limit == "ticks that the certificate judges otherwise than the gate"
    assert (stop.value, stop.allowed, stop.unit, stop.t_s) == (1.0, 0.0, "ticks", DT_S * (ALONE_TICKS + 9))
    assert gate.judge(*_tick(ALONE_TICKS + 10)).mode is Mode.UNLOAD


def test_a_gate_that_finds_a_stop_where_the_certificate_finds_none_stops_by_its_own_reason() -> None:
    shadow = Shadow(replace(LIMITS, strokes=tuple(replace(one, sum_trip_n=1e3, pads=tuple(
        replace(pad, trip_n=1e3) for pad in one.pads)) for one in LIMITS.strokes)))  # fmt: skip
    gate = _gates(shadow, recheck_ticks=1)[0]
    for k in range(30):
        gate.judge(*_tick(k))
    judged = gate.judge(*_tick(30, press_n=31.0))
    assert judged.stop is not None
    assert judged.stop.cause is Cause.PAD_FORCE


def test_the_memory_of_a_gate_is_its_named_numbers() -> None:
    gate = _gates()[1]
    for k in range(30):
        gate.judge(*_tick(k))
    memory = remembered(gate, 7)
    assert memory is not None
    sizes = [1 if field.size is None else field.size or 7 for field in FIELDS]
    assert len(memory.numbers) == sum(sizes)
    starts = dict(zip([field.name for field in FIELDS], np.cumsum([0, *sizes]).tolist(), strict=False))
    assert memory.numbers[starts["now_s"]] == pytest.approx(0.029)
    assert memory.numbers[starts["last_sequence"]] == 29.0
    assert memory.numbers[starts["last_q_rad"] : starts["last_q_rad"] + 7] == _tick(29)[1].q_rad
    assert [field.size for field in FIELDS[-7:]] == [JOINTS] * 7
    assert len(memory.samples) == 21
    assert all(len(sample) == 3 + 14 for sample in memory.samples)


def test_a_filter_that_lets_everything_through_keeps_nothing() -> None:
    slow = replace(LIMITS, stop=soft_gains(speed_filter_rad_s=50.0))
    for bounds, is_kept in ((LIMITS, False), (slow, True)):
        gate, other = (Gate(bounds, DT_S, Model(MOVING)) for _ in range(2))
        for k in range(30):
            gate.judge(*_tick(k))
            if k < 20:
                other.judge(*_tick(k))
        memory = remembered(gate, 7)
        assert memory is not None
        recall(other, 7, memory)
        assert len(other._motion._own._first) == 7 * is_kept
        assert differences(gate._monitor, other._monitor) == []
        assert differences(gate._motion, other._motion) == []


def _unlike() -> dict[str, tuple[Gate, int]]:
    """Return gates that are not to be handed over, with the number of ticks that they have judged."""
    fresh = Gate(LIMITS, DT_S, Model(MOVING))
    lost, wrong, stepped = (Gate(LIMITS, DT_S, Model(MOVING)) for _ in range(3))
    for gate in (lost, wrong, stepped):
        for k in range(5):
            gate.judge(*_tick(k))
    lost._lost._lost = frozenset({1})
    wrong._monitor.speeds.is_wrong = True
    stepped._time._offset_s = None
    still = Gate(LIMITS, DT_S, Model(replace(MOVING, momentum_nms=())))
    for k in range(5):
        still.judge(*_tick(k))
    restarted = Gate(LIMITS, DT_S, Model(MOVING))
    for k in range(5):
        restarted.judge(*_tick(k))
    restarted._monitor.speeds._samples.clear()
    return {"fresh": (fresh, 0), "lost": (lost, 5), "wrong": (wrong, 5), "stepped": (stepped, 5), "still": (still, 5),
            "restarted": (restarted, 5)}  # fmt: skip


@pytest.mark.parametrize("which", ["fresh", "lost", "wrong", "stepped", "still", "restarted"])
def test_a_gate_that_is_not_like_any_other_keeps_its_memory(which: str) -> None:
    assert remembered(_unlike()[which][0], 7) is None


def test_a_certificate_of_two_pads_is_never_asked_for_one() -> None:
    two = limits(pads=TWO_PADS, strokes=(replace(LIMITS.strokes[0], pads=LIMITS.strokes[0].pads * 2),))
    gate = Gate(two, DT_S, Model(MOVING))
    assert remembered(gate, 7) is None
