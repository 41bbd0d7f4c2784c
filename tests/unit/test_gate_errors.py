"""Nothing leaves the gate as an exception, and no approved command can be made from another one."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.safety import projection
from controller.safety.gate import ApprovedCommand, Gate, Judgement
from controller.types import Action, Cause, Command, JointSenses, Mode, Vector
from tests.gate_cases import UP, command, limits, reference, state, terms

ARM = terms(np.random.default_rng(5))
ALL_SENSES = JointSenses(True, True, True, True)
WHOLE = {
    "temperatures_c": (30.0,) * 7,
    "voltages_v": (24.0,) * 7,
    "joint_age_s": (0.001,) * 7,
    "joint_fault": (0,) * 7,
}


def _calm(gate: Gate) -> Judgement:
    return gate.judge(command(ARM, ARM.bias_nm), state(**WHOLE), reference(), 0.0)


def _is_held(tau_nm: Vector) -> None:
    """Hold torques against those of a stopped arm: nothing presses, and no more is pulled than a stop may."""
    press_n, across_n, _ = projection.static_force(tau_nm, ARM, UP)
    assert -45.0 <= press_n <= 1e-6
    assert across_n <= 1e-6


BROKEN: list[tuple[str, Any]] = [
    ("temperatures_c", None),
    ("temperatures_c", (30.0, None) + (30.0,) * 5),
    ("voltages_v", None),
    ("joint_age_s", (0.001,) * 6),
    ("joint_fault", None),
    ("q_rad", None),
    ("q_rad", ("a",) * 7),
    ("q_rad", (0.1,) * 9),
    ("dq_rad_s", None),
    ("dq_rad_s", ()),
    ("tau_nm", None),
    ("wrench_s", (0.0,) * 2),
    ("wrench_s", None),
    ("sensor_age_s", None),
    ("wrench_sequence", None),
    ("supervisor_age_s", None),
    ("authority", None),
]


@pytest.mark.parametrize(("field", "value"), BROKEN, ids=[f"{field}-{value}"[:40] for field, value in BROKEN])
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_state_of_any_shape_stops_the_session_and_the_arm_is_held(field: str, value: Any, is_stopped: bool) -> None:
    gate = Gate(limits(fitted=ALL_SENSES), 1e-3)
    assert _calm(gate).stop is None
    if is_stopped:
        gate.judge(command(ARM, (math.nan,) * 7), state(**WHOLE), reference(), 0.001)
        assert gate.stop_reason is not None
    for tick in range(1, 2000):
        broken = state(**{**WHOLE, field: value})
        judgement = gate.judge(command(ARM, ARM.bias_nm), broken, reference(), 0.001 + 0.001 * tick)
        tau = judgement.command.tau_nm
        assert len(tau) == 7
        assert math.isfinite(sum(tau))
        assert judgement.stop is not None, "nothing of that kind may pass unseen"
        _is_held(tau)


WISHES: list[Command | None] = [
    None,
    dataclasses.replace(command(ARM, ARM.bias_nm), tau_nm=None),
    dataclasses.replace(command(ARM, ARM.bias_nm), terms=None),
    dataclasses.replace(command(ARM, ARM.bias_nm), pads=()),
    dataclasses.replace(command(ARM, ARM.bias_nm), pads=None),
    dataclasses.replace(command(ARM, ARM.bias_nm), surface_velocity_w=None),
    command(dataclasses.replace(ARM, jacobian=((0.0,) * 7,) * 5), ARM.bias_nm),
    command(dataclasses.replace(ARM, jbar_t=None), ARM.bias_nm),
    command(dataclasses.replace(ARM, p_wt=None), ARM.bias_nm),
]


@pytest.mark.parametrize("wish", WISHES, ids=range(len(WISHES)))
def test_a_command_of_any_shape_stops_the_session_and_the_arm_is_held(wish: Any) -> None:
    gate = Gate(limits(), 1e-3)
    _calm(gate)
    for tick in range(1, 4000):
        judgement = gate.judge(wish, state(), reference(), 0.001 * tick)
        assert judgement.stop is not None
        _is_held(judgement.command.tau_nm)
    assert gate.is_settled
    assert gate.action is Action.FLOAT


def test_an_error_of_the_gate_is_told_by_its_name_and_a_worse_stop_stays_worse() -> None:
    gate = Gate(limits(), 1e-3)
    _calm(gate)
    nobody: Any = None
    stop = gate.judge(nobody, state(), reference(), 0.001).stop
    assert stop is not None
    assert (stop.cause, stop.t_s) == (Cause.INTERNAL_ERROR, 0.001)
    assert stop.limit.startswith("gate, AttributeError")
    jumped = state(q_rad=(0.3,) + (0.1,) * 6)
    worse = Gate(limits(), 1e-3)
    _calm(worse)
    worse.judge(command(ARM, ARM.bias_nm), jumped, reference(), 0.001)
    assert worse.judge(nobody, state(), reference(), 0.002).stop is worse.stop_reason
    assert worse.action is Action.HOLD_TORQUE


def test_an_error_in_the_first_tick_sends_nothing() -> None:
    nobody: Any = None
    judgement = Gate(limits(), 1e-3).judge(nobody, state(), reference(), 0.0)
    assert judgement.command.tau_nm == (0.0,) * 7
    assert judgement.mode is Mode.FLOAT


def test_what_was_held_stays_within_the_torque_limits() -> None:
    nobody: Any = None
    weak = Gate(limits(torque_nm=(1.0,) * 7), 1e-3)
    _calm(weak)
    assert max(map(abs, weak.judge(nobody, state(), reference(), 0.001).command.tau_nm)) <= 1.0


_anything = st.one_of(
    st.none(), st.floats(), st.integers(), st.text(max_size=3),
    st.lists(st.one_of(st.floats(), st.none()), max_size=9).map(tuple),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from([field.name for field in dataclasses.fields(type(state()))]), _anything),
    st.dictionaries(st.sampled_from(["tau_nm", "terms", "pads", "contact", "surface_velocity_w"]), _anything),
    _anything,
)
def test_no_input_whatever_raises(senses: dict[str, Any], wish: dict[str, Any], t_s: Any) -> None:
    gate = Gate(limits(fitted=ALL_SENSES), 1e-3)
    _calm(gate)
    broken = dataclasses.replace(command(ARM, ARM.bias_nm), **wish)
    for _ in range(3):
        judgement = gate.judge(broken, state(**{**WHOLE, **senses}), reference(), t_s)
        assert len(judgement.command.tau_nm) == 7
        assert all(abs(tau) <= 87.0 for tau in judgement.command.tau_nm)


def test_an_approved_command_cannot_be_made_from_another_one() -> None:
    approved = _calm(Gate(limits(), 1e-3)).command
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(approved, tau_nm=(80.0,) * 7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        approved.tau_nm = (80.0,) * 7  # type: ignore[misc]
    with pytest.raises(PermissionError):
        ApprovedCommand((80.0,) * 7, None)
    assert not hasattr(approved, "key")
    assert copy.copy(approved) == approved
