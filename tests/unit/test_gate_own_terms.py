"""The gate goes by rigid-body terms of its own: what a law says of the arm, right or wrong, changes nothing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest

from controller.safety.gate import Gate, Judgement
from controller.safety.limits import GateLimits
from controller.safety.own_terms import MOST_CORRECTION
from controller.safety.reaction import stop_reason
from controller.types import (
    Action,
    Cause,
    Command,
    ContactState,
    Matrix,
    Mode,
    Phase,
    ToolTerms,
    Vector,
)
from tests.gate_cases import (
    REST_S,
    command,
    leave,
    lifted,
    limits,
    reference,
    rising,
    state,
    stroke,
    terms,
    torque,
    wait,
)

ARM = terms(np.random.default_rng(5))
OPEN = limits(loading_rate_n_per_s=1e9, strokes=(stroke(40.0, 20.0, 3.0, 30.0, 500.0),), speed_rad_s=(50.0,) * 7)
OPERATOR = stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0)
TURN = np.linalg.qr(np.random.default_rng(6).normal(size=(6, 6)))[0]
ADDED = ((0.5, 0.0, 0.0, 0.1),) * 7


class Model:
    """An arm that stands still: the same terms at any joint state.

    Args:
        found: its terms.
    """

    def __init__(self, found: ToolTerms = ARM) -> None:
        self.found, self.additions = found, ()
        self.error: Exception | None = None
        self.asked: list[Vector] = []
        self.added_nm = 0.0

    def __call__(self, q_rad: Vector, dq_rad_s: Vector) -> ToolTerms:
        self.asked.append(q_rad)
        if self.error is not None:
            raise self.error
        if not self.additions:
            return self.found
        return dataclasses.replace(self.found, bias_nm=tuple(nm + self.added_nm for nm in self.found.bias_nm))

    def correct(self, additions: Matrix) -> None:
        self.additions = tuple(map(tuple, additions))


def _scaled(rows: Matrix, factor: float) -> Matrix:
    return tuple(tuple(factor * value for value in row) for row in rows)


def _turned(rows: Matrix) -> Matrix:
    return tuple(map(tuple, (TURN @ np.array(rows)).tolist()))


LIES: dict[str, dict[str, object]] = {
    **{f"jbar x {k}": {"jbar_t": _scaled(ARM.jbar_t, k)} for k in (0.0, 1.0 / 3.0, -1.0, 10.0, math.nan)},
    **{f"jacobian x {k}": {"jacobian": _scaled(ARM.jacobian, k)} for k in (0.0, 1.0 / 3.0, -1.0, 10.0, math.inf)},
    **{f"bias x {k}": {"bias_nm": tuple(k * nm for nm in ARM.bias_nm)} for k in (0.0, -1.0, 3.0)},
    "jbar turned": {"jbar_t": _turned(ARM.jbar_t)},
    "jacobian turned": {"jacobian": _turned(ARM.jacobian)},
    "matrices cut": {"jacobian": ARM.jacobian[:3], "jbar_t": ()},
    "place": {"p_wt": (0.5, 0.5, 0.5)},
    "far place": {"p_wt": (9.0, 0.0, 0.0)},
    "turn": {"quaternion_wt": (0.0, 0.0, 0.0, 1.0)},
}


def _after(gate: Gate, asked: Command, ticks: int = 1, start: int = 0) -> Judgement:
    for tick in range(start, start + ticks):
        asked = dataclasses.replace(asked)
        judgement = gate.judge(asked, state(t_s=1e-3 * tick), reference(), 1e-3 * tick)
    return judgement


@pytest.mark.parametrize("press_n", [10.0, 50.0])
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_the_arm_changes_no_torque(lie: str, press_n: float) -> None:
    asked = command(ARM, torque(ARM, (30.0, 0.0, -press_n, 0.0, 12.0, 0.0)))
    lying = dataclasses.replace(asked, terms=dataclasses.replace(ARM, **LIES[lie]))  # type: ignore[arg-type]
    assert _after(Gate(OPEN, 1e-3, Model()), lying) == _after(Gate(OPEN, 1e-3, Model()), asked)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_the_arm_changes_no_reaction(lie: str) -> None:
    found = []
    for told in ({}, LIES[lie]):
        gate = Gate(limits(), 1e-3, Model())
        asked = command(dataclasses.replace(ARM, **told), ARM.bias_nm)  # type: ignore[arg-type]
        gate.stop(OPERATOR)
        found.append(_after(gate, asked, 300, 1))
    assert found[0].mode is Mode.UNLOAD
    assert found[0] == found[1]


@pytest.mark.usefixtures("short_way")
def test_parking_is_put_on_the_own_holding_torque() -> None:
    parked = []
    for told in (ARM.bias_nm, tuple(nm + 5.0 for nm in ARM.bias_nm)):
        gate = Gate(limits(), 1e-3, Model())
        gate.stop(OPERATOR)
        at_s = leave(gate, ARM)
        arm = dataclasses.replace(ARM, bias_nm=told)
        pull = tuple(a - b for a, b in zip(lifted(ARM, 3.0), ARM.bias_nm, strict=True))
        asked = command(arm, tuple(a + b for a, b in zip(told, pull, strict=True)))
        judged = gate.judge(asked, state(t_s=at_s + 1e-3), reference(), at_s + 1e-3)
        assert judged.mode is Mode.PARK
        parked.append(judged.command.tau_nm)
    assert at_s == pytest.approx(REST_S - 1e-3)
    assert parked[0] == pytest.approx(lifted(ARM, 3.0))
    assert parked[1] == pytest.approx(parked[0])


@pytest.mark.parametrize("told_m_s", [0.0, 0.4, -0.4])
def test_a_law_cannot_talk_away_a_fast_push(told_m_s: float) -> None:
    """In the first tick, before any filter knows: the tool goes in with 0.09 m/s, whatever the law says of it."""
    arm = dataclasses.replace(ARM, v_wt=(0.0, 0.0, told_m_s, 0.0, 0.0, 0.0))
    gate = Gate(dataclasses.replace(OPEN, jump_rad=1.0), 1e-3, Model())
    steady = command(dataclasses.replace(ARM, v_wt=(0.0,) * 6), torque(ARM, (0.0, 0.0, -22.0, 0.0, 0.0, 0.0)))
    assert gate.judge(steady, state(), reference(), 0.0).limited == ()
    asked = command(arm, torque(ARM, (0.0, 0.0, -22.0, 0.0, 0.0, 0.0)))
    judged = gate.judge(asked, state(t_s=1e-3, dq_rad_s=rising(ARM, -0.09)), reference(), 1e-3)
    assert judged.press_n <= 500.0 * (0.02 + 23.0 / 500.0 - (0.09 - 0.02)) + 1e-6
    assert {note.cause for note in judged.limited} == {Cause.PRESS_SPEED}


def test_a_slow_stop_filter_makes_the_own_speed_slow_too() -> None:
    bounds = dataclasses.replace(OPEN, jump_rad=1.0, stop=dataclasses.replace(OPEN.stop, speed_filter_rad_s=40.0))
    gate, asked = Gate(bounds, 1e-3, Model()), command(ARM, torque(ARM, (0.0, 0.0, -22.0, 0.0, 0.0, 0.0)))
    assert gate.judge(asked, state(), reference(), 0.0).limited == ()
    moving = state(t_s=1e-3, dq_rad_s=rising(ARM, -0.09))
    assert gate.judge(dataclasses.replace(asked), moving, reference(), 1e-3).limited == ()
    gate.clear(gate.clearance)
    later = gate.judge(dataclasses.replace(asked), state(t_s=2e-3, dq_rad_s=rising(ARM, -0.09)), reference(), 2e-3)
    assert {note.cause for note in later.limited} == {Cause.PRESS_SPEED}, "the filter begins at its first speed"


@pytest.mark.parametrize(
    ("phase", "is_believed"), [(Phase.WORK, False), (Phase.TRANSFER, False), (Phase.TO_REST, True)]
)
def test_the_planned_speed_of_the_surface_is_the_references(phase: Phase, is_believed: bool) -> None:
    down = (0.0, 0.0, -0.2)
    bounds = dataclasses.replace(OPEN, jump_rad=1.0, park_force_n=1e3)
    arm = dataclasses.replace(ARM, v_wt=(*down, 0.0, 0.0, 0.0))
    asked = command(
        arm, torque(ARM, (0.0, 0.0, -10.0, 0.0, 0.0, 0.0)), surface=down, contact=ContactState.FREE, press_n=0.0
    )
    wanted = dataclasses.replace(reference(), phase=phase)
    for twist, is_planned in (((0.0,) * 6, False), ((*down, 0.0, 0.0, 0.0), True)):
        plan = dataclasses.replace(wanted, twist=twist)
        judged = Gate(bounds, 1e-3, Model()).judge(asked, state(dq_rad_s=rising(ARM, -0.2)), plan, 0.0)
        assert judged.stop is None
        is_free = is_believed or is_planned
        assert any(note.cause is Cause.PRESS_SPEED for note in judged.limited) is not is_free


def test_without_a_model_the_laws_terms_stand() -> None:
    asked = command(
        dataclasses.replace(ARM, jbar_t=_scaled(ARM.jbar_t, 0.1)), torque(ARM, (0.0, 0.0, -50.0, 0.0, 0.0, 0.0))
    )
    gate = Gate(OPEN, 1e-3)
    gate.correct(ADDED)
    assert _after(gate, asked).limited == ()
    assert _after(Gate(OPEN, 1e-3, Model()), asked).limited != ()


def test_a_correction_of_the_masses_reaches_what_is_judged() -> None:
    model = Model()
    model.added_nm = 0.5
    gate = Gate(OPEN, 1e-3, model)
    asked = command(ARM, torque(ARM, (0.0, 0.0, -10.0, 0.0, 0.0, 0.0)))
    before = _after(gate, asked)
    gate.correct(ADDED)
    assert model.additions == ADDED
    after = _after(gate, asked, start=1)
    assert after.command.holding_nm == pytest.approx([nm + 0.5 for nm in before.command.holding_nm])
    assert abs(after.press_n - before.press_n) > 0.01
    gate.correct(())
    assert model.additions == ()
    assert _after(gate, asked, start=2).press_n == pytest.approx(before.press_n)


def _bounded(share: float) -> tuple[Gate, Model]:
    """Return a gate whose model is corrected by so much of the last joint's torque limit."""
    model = Model()
    model.added_nm = share * 10.0
    gate = Gate(limits(torque_nm=(87.0,) * 6 + (10.0,)), 1e-3, model)
    assert gate.judge(command(ARM, ARM.bias_nm), state(), reference(), 0.0).stop is None
    return gate, model


def test_a_correction_beyond_its_bound_is_refused_and_nothing_is_left_of_it() -> None:
    for share in (MOST_CORRECTION - 1e-6, -MOST_CORRECTION + 1e-6):
        gate, model = _bounded(share)
        gate.correct(ADDED)
        assert model.additions == ADDED
        assert model.asked[-1] == (0.1,) * 7, "where the arm is"
    for share in (MOST_CORRECTION + 1e-6, -MOST_CORRECTION - 1e-6, math.nan):
        gate, model = _bounded(share)
        with pytest.raises(ValueError, match=r"torque that holds joint \d: .* Nm; allowed: (5|43.5) Nm"):
            gate.correct(ADDED)
        assert model.additions == ()


def test_a_correction_waits_for_the_first_posture() -> None:
    model = Model()
    gate = Gate(limits(), 1e-3, model)
    with pytest.raises(ValueError, match="before a posture is known; allowed: after the first tick"):
        gate.correct(ADDED)
    assert model.additions == ()
    gate.correct(())


def _nan_terms() -> list[ToolTerms]:
    """Return terms with one number that is none, in every field, and of a wrong shape."""
    found = []
    for name in ("p_wt", "quaternion_wt", "v_wt", "bias_nm"):
        values = getattr(ARM, name)
        found += [dataclasses.replace(ARM, **{name: (*values[:-1], bad)}) for bad in (math.nan, math.inf)]
    for name in ("jacobian", "jbar_t"):
        rows = getattr(ARM, name)
        found.append(dataclasses.replace(ARM, **{name: (*rows[:-1], (*rows[-1][:-1], math.nan))}))
        found.append(dataclasses.replace(ARM, **{name: rows[:-1]}))
    return found


def _broken(model: Model) -> list[tuple[Callable[[], None], str]]:
    """Return ways in which the model fails, and what is said of it."""

    def raises() -> None:
        model.error = ZeroDivisionError("no arm")

    def gives(bad: ToolTerms) -> Callable[[], None]:
        def give() -> None:
            model.found = bad

        return give

    nothing = "own kinematics: terms that are no numbers"
    return [(raises, "own kinematics, ZeroDivisionError: no arm"), *[(gives(bad), nothing) for bad in _nan_terms()]]


@pytest.mark.parametrize("kind", range(1 + len(_nan_terms())))
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_model_that_fails_is_a_named_stop_and_the_last_good_terms_hold(kind: int, is_stopped: bool) -> None:
    model = Model()
    gate = Gate(limits(), 1e-3, model)
    lying = command(dataclasses.replace(ARM, bias_nm=(9.0,) * 7), ARM.bias_nm)
    assert _after(gate, lying).stop is None
    if is_stopped:
        gate.judge(command(ARM, (math.nan,) * 7), state(t_s=1e-3), reference(), 1e-3)
    breaks, words = _broken(model)[kind]
    breaks()
    judged = _after(gate, lying, 5, 2)
    assert judged.stop is not None
    assert judged.stop.cause is (Cause.INTERNAL_ERROR)
    told = f"{words}, after a stop by not_finite" if is_stopped else words
    assert (judged.stop.limit, judged.stop.t_s) == (told, pytest.approx(2e-3))
    assert gate.action is Action.FLOAT
    assert judged.mode is Mode.FLOAT
    assert judged.command.tau_nm == pytest.approx(ARM.bias_nm)


def test_a_model_that_fails_at_once_leaves_the_torque_that_the_drives_measure() -> None:
    model, hanging = Model(), (1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0)
    model.error = ValueError("unknown arm")
    gate = Gate(limits(), 1e-3, model)
    judged = gate.judge(command(ARM, ARM.bias_nm), state(tau_nm=hanging), reference(), 0.0)
    assert judged.stop is not None
    assert (judged.stop.cause, judged.stop.value, judged.stop.allowed, judged.stop.unit) == (
        Cause.INTERNAL_ERROR, 1.0, 0.0, "errors",
    )  # fmt: skip
    assert judged.command.tau_nm == hanging


def test_a_model_that_works_again_leads_on() -> None:
    model = Model()
    gate = Gate(limits(), 1e-3, model)
    assert _after(gate, command(ARM, ARM.bias_nm)).stop is None
    model.error = ValueError("once")
    _after(gate, command(ARM, ARM.bias_nm), 1, 1)
    model.error = None
    assert wait(gate, ARM, 0.1, start_s=1e-3).stop is not None
    assert gate._own.failure == ""


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("senses", [{"q_rad": (math.nan,) * 7}, {"dq_rad_s": (math.inf,) * 7}])
def test_a_state_that_is_no_number_is_kept_from_the_model(first: bool, senses: dict[str, Vector]) -> None:
    model = Model()
    gate = Gate(limits(), 1e-3, model)
    if not first:
        assert _after(gate, command(ARM, ARM.bias_nm)).stop is None
    judged = gate.judge(command(ARM, ARM.bias_nm), state(t_s=1e-3, **senses), reference(), 1e-3)
    assert judged.stop is not None
    assert judged.stop.cause is Cause.JOINTS_NOT_FINITE
    assert len(model.asked) == (0 if first else 1)
    assert math.isfinite(sum(judged.command.tau_nm))


@pytest.mark.parametrize("senses", [{"q_rad": (0.1,) * 6}, {"dq_rad_s": (0.0,) * 8}])
def test_a_state_of_another_size_is_kept_from_the_model(senses: dict[str, Vector]) -> None:
    model = Model()
    judged = Gate(limits(), 1e-3, model).judge(command(ARM, ARM.bias_nm), state(**senses), reference(), 0.0)
    assert judged.stop is not None
    assert judged.stop.limit == "sizes of command and state"
    assert model.asked == []


def test_limits_are_those_of_the_gate() -> None:
    bounds: GateLimits = limits()
    assert Gate(bounds, 1e-3, Model()).limits is bounds


def test_a_stopped_arm_is_led_by_the_own_model_without_a_new_command() -> None:
    model = Model()
    gate = Gate(limits(), 1e-3, model)
    same = command(ARM, ARM.bias_nm)
    gate.judge(same, state(), reference(), 0.0)
    gate.stop(stop_reason(Cause.INTERNAL_ERROR, "-", 1.0, 0.0, "-", 0.0))
    for tick in range(1, 300):
        led = gate.judge(same, state(), reference(), 1e-3 * tick)
        assert led.mode is Mode.UNLOAD
    assert led.press_n < -10.0
