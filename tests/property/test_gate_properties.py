"""What the gate promises for any input: bounded static force, tighter is never looser, no way around it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.safety.gate import ApprovedCommand, Gate
from controller.safety.projection import static_press, tool_wrench
from controller.types import ContactState, Mode
from tests.gate_cases import UP, command, limits, reference, state, terms, torque

NASTY = st.floats(allow_nan=True, allow_infinity=True, width=64)
LARGE = st.floats(-1e4, 1e4)


def _directions() -> st.SearchStrategy[tuple[float, float, float]]:
    def unit(angles: tuple[float, float]) -> tuple[float, float, float]:
        a, b = angles
        return math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a)

    return st.tuples(st.floats(0, math.pi), st.floats(0, 2 * math.pi)).map(unit)


@given(
    seed=st.integers(0, 10**6),
    joints=st.integers(6, 8),
    tau=st.lists(LARGE, min_size=8, max_size=8),
    velocity=st.lists(st.floats(-0.2, 0.2), min_size=6, max_size=6),
    normal=_directions(),
    target=st.floats(-5.0, 60.0),
    contact=st.sampled_from(list(ContactState)),
)
def test_no_approved_command_presses_harder_than_its_limit(
    seed: int, joints: int, tau: list[float], velocity: list[float], normal: tuple[float, float, float],
    target: float, contact: ContactState,
) -> None:  # fmt: skip
    arm = terms(np.random.default_rng(seed), joints, tuple(velocity))
    gate = Gate(limits(joints), 1e-3)
    wish = command(arm, tuple(tau[:joints]), target_n=target, contact=contact, normal=normal)
    judgement = gate.judge(wish, state(joints), reference(joints=joints, normal=normal), 0.0)
    assert judgement.stop is None
    allowed = min(max(min(target, 20.0), 0.0) + 3.0, 40.0) if contact.value in ("contact", "work") else 15.0
    assert static_press(judgement.command.tau_nm, arm, normal) <= allowed + 1e-6
    assert all(abs(t) <= 87.0 + 1e-9 for t in judgement.command.tau_nm)
    wrench = tool_wrench(judgement.command.tau_nm, arm)
    outward = sum(w * n for w, n in zip(wrench[:3], normal, strict=True))
    assert math.hypot(*(w - outward * n for w, n in zip(wrench[:3], normal, strict=True))) <= 60.0 + 1e-6
    assert math.hypot(*wrench[3:]) <= 10.0 + 1e-6


@given(tau=st.lists(NASTY, min_size=7, max_size=7), q=st.lists(NASTY, min_size=7, max_size=7))
def test_whatever_comes_in_finite_bounded_torques_go_out(tau: list[float], q: list[float]) -> None:
    arm = terms(np.random.default_rng(1))
    gate = Gate(limits(), 1e-3)
    judgement = gate.judge(command(arm, tuple(tau)), state(q_rad=tuple(q)), reference(), 0.0)
    assert all(math.isfinite(t) and abs(t) <= 87.0 for t in judgement.command.tau_nm)
    assert static_press(judgement.command.tau_nm, arm, UP) <= 23.0 + 1e-6
    if not all(map(math.isfinite, (*tau, *q))):
        assert judgement.stop is not None
        assert judgement.mode is Mode.UNLOAD


@given(seed=st.integers(0, 10**6), press=st.floats(-50, 200), tight=st.floats(1.0, 40.0), loose=st.floats(0.0, 20.0))
def test_a_tighter_limit_never_allows_more(seed: int, press: float, tight: float, loose: float) -> None:
    arm = terms(np.random.default_rng(seed))
    tau = torque(arm, (0.0, 0.0, -press, 0.0, 0.0, 0.0))
    sent = []
    for free in (tight, tight + loose):
        gate = Gate(limits(free_press_n=free, loading_rate_n_per_s=1e9, torque_nm=(1e6,) * 7), 1e-3)
        wish = command(arm, tau, contact=ContactState.FREE)
        sent.append(static_press(gate.judge(wish, state(), reference(), 0.0).command.tau_nm, arm, UP))
    assert sent[0] <= sent[1] + 1e-9


@given(seed=st.integers(0, 10**6), press=st.floats(0.0, 10.0))
def test_a_calm_command_passes_unchanged(seed: int, press: float) -> None:
    arm = terms(np.random.default_rng(seed))
    tau = torque(arm, (0.0, 0.0, -press, 0.0, 0.0, 0.0))
    gate = Gate(limits(loading_rate_n_per_s=1e9, torque_nm=(1e6,) * 7), 1e-3)
    judgement = gate.judge(command(arm, tau), state(), reference(), 0.0)
    assert judgement.command.tau_nm == tau
    assert judgement.limited == ()


def test_nobody_else_makes_an_approved_command() -> None:
    with pytest.raises(PermissionError, match=r"^an ApprovedCommand is made by the gate only$"):
        ApprovedCommand((0.0,), object())
