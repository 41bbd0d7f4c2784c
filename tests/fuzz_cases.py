"""Random commands for the fuzz of the gate: arms in batches, limits at the ends of their ranges, broken numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from controller.safety.limits import GateLimits
from controller.safety.tank import TankLimits
from controller.types import (
    ArmState,
    Authority,
    Command,
    ContactState,
    PadEstimate,
    PadReference,
    Phase,
    Reference,
    ToolTerms,
)
from tests.gate_cases import limits, stroke

Array = NDArray[np.float64]
T = TypeVar("T")

BROKEN = (float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, -5e-324, 1e-308, 1e16, 1e308, -1e308)
BROKEN_SHARE = 0.2
SHAPE_SHARE = 0.01
NEAR_SINGULAR_SHARE = 0.2
REST_SHARE = 0.3
REGULARISATION = 1e-9
"""As in the robot model: it bounds Jbar near a singular posture, and makes it wrong there."""
LARGEST_SOUND_ENTRY = 20.0
"""Of Jbar [N/Nm]; above it an arm counts as near-singular."""


class Pick:
    """Quick random choices from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed).random

    def below(self, count: int) -> int:
        return int(self.random() * count)

    def choice(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]


@dataclass(frozen=True)
class Arms:
    """A batch of arms with what is asked of them; first axis: command.

    Attributes:
        well: True where neither the posture is near-singular nor a number broken.
        broken: index of the field that holds a broken number, -1 for none.
    """

    jacobian: Array
    jbar_t: Array
    bias: Array
    tau: Array
    v: Array
    dq: Array
    normal: Array
    surface: Array
    senses: Array
    well: NDArray[np.bool_]
    at_rest: NDArray[np.bool_]
    broken: NDArray[np.int64]


NORMAL_FIELD = 6
"""Index of the press axis among the fields that may hold a broken number."""
CALM = (5.0, 5.0, 20.0, 0.0, 0.001, 30.0, 0.001, 0.001)
"""Press force, observer, target, plan error, ages and temperature of a calm command, in the order of ``case``."""


def arms(rng: np.random.Generator, count: int, joints: int) -> Arms:
    """Return a batch of random arms, a part of them near-singular, a part with one broken number somewhere."""
    jacobian = rng.normal(size=(count, 6, joints))
    near = rng.random(count) < NEAR_SINGULAR_SHARE
    row = rng.integers(0, 6, count)
    other, third = (row + rng.integers(1, 3, count)) % 6, (row + rng.integers(3, 6, count)) % 6
    every = np.arange(count)
    squeezed = (
        jacobian[every, other] + jacobian[every, third] + 10.0 ** rng.uniform(-8, 0, (count, 1)) * jacobian[every, row]
    )
    jacobian[every, row] = np.where(near[:, None], squeezed, jacobian[every, row])
    root = rng.normal(size=(count, joints, joints))
    inverse = np.linalg.solve(root @ root.transpose(0, 2, 1) + 0.5 * np.eye(joints), jacobian.transpose(0, 2, 1))
    jbar_t = np.linalg.solve(jacobian @ inverse + REGULARISATION * np.eye(6), inverse.transpose(0, 2, 1))
    bias = rng.normal(scale=5.0, size=(count, joints))
    normal = rng.normal(size=(count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    wrench = rng.normal(size=(count, 6)) * 10.0 ** rng.uniform(-3, 3, (count, 1))
    press = rng.choice((0.0, 5.0, 15.0, 23.0, 60.0, 300.0), count)
    wrench[:, :3] -= press[:, None] * normal
    noise = rng.normal(size=(count, joints)) * rng.choice((0.0, 0.0, 1.0, 100.0, 1e4), (count, 1))
    tau = bias + np.einsum("kij,ki->kj", jacobian, wrench) + noise
    at_rest = rng.random(count) < REST_SHARE
    moving = np.where(at_rest, 0.0, 1.0)[:, None]
    v = moving * rng.normal(scale=0.05, size=(count, 6))
    dq = moving * rng.normal(scale=0.2, size=(count, joints))
    surface = rng.normal(scale=0.02, size=(count, 3))
    senses = np.tile(CALM, (count, 1))
    senses[:, 0] = rng.uniform(-5, 30, count)
    senses[:, 1] = senses[:, 0] + rng.uniform(-5, 5, count)
    senses[:, 2] = rng.choice((-5.0, -0.0, 0.0, 5e-324, 10.0, 20.0, 60.0, 1e9), count)
    fields = [tau, bias, v, dq, jacobian, jbar_t, normal, surface, senses]
    broken = np.full(count, -1)
    for k in np.flatnonzero(rng.random(count) < BROKEN_SHARE):
        broken[k] = rng.integers(len(fields))
        one = fields[broken[k]][k]
        one.flat[rng.integers(one.size)] = BROKEN[rng.integers(len(BROKEN))]
    with np.errstate(invalid="ignore"):
        well = (np.abs(jbar_t).max(axis=(1, 2)) < LARGEST_SOUND_ENTRY) & ~near & (broken < 0)
    return Arms(jacobian, jbar_t, bias, tau, v, dq, normal, surface, senses, well, at_rest, broken)


def random_limits(pick: Pick, joints: int) -> GateLimits:
    """Return limits at the ends of their ranges; senses are rarely what stops a command."""
    target = pick.choice((0.0, 1e-3, 20.0, 60.0))
    bounds = stroke(
        pick.choice((1e-3, 15.0, 45.0, 60.0)), target, pick.choice((0.0, 3.0, 10.0)), 1e3,
        pick.choice((1.0, 200.0, 2000.0, 1e5)),
    )  # fmt: skip
    return limits(
        joints,
        strokes=(bounds,),
        speed_rad_s=(pick.choice((2.0, 1e9)),) * joints,
        torque_nm=tuple(pick.choice((1.0, 12.0, 87.0, 500.0)) for _ in range(joints))
        if pick.random() < 0.2
        else (pick.choice((30.0, 87.0, 1e6)),) * joints,
        free_press_n=pick.choice((0.0, 8.0, 15.0, 30.0)),
        press_speed_m_s=pick.choice((0.0, 0.02, 0.5)),
        free_press_speed_m_s=pick.choice((0.0, 0.02, 0.5)),
        loading_rate_n_per_s=pick.choice((1.0, 1500.0, 1e9)),
        tangential_n=pick.choice((0.0, 1.0, 60.0)),
        moment_nm=pick.choice((0.0, 0.1, 10.0)),
        tank=TankLimits(pick.choice((1e-4, 0.01, 0.3)), pick.choice((0.0, 0.05)), pick.choice((0, 3))),
        park_force_n=pick.choice((0.0, 5.0, 30.0)),
        observer_margin_n=100.0,
        pressure_pa=1e9,
        tool_speed_m_s=pick.choice((0.5, 1e9)),
        descent_m=1e9,
        jump_rad=1e9,
        late_s=1e9,
        frozen_ticks=10**9,
        implausible_ticks=pick.choice((1, 50)),
    )


def case(batch: Arms, k: int, contact: ContactState, t_s: float) -> tuple[Command, ArmState, Reference]:
    """Return one command of a batch with its state and reference."""
    joints = batch.tau.shape[1]
    senses = batch.senses[k].tolist()
    press, observer, target, plan_error, sensor_age, temperature, supervisor_age, command_age = senses
    normal = tuple(batch.normal[k].tolist())
    terms = ToolTerms(
        (0.1, 0.0, 0.05), (1.0, 0.0, 0.0, 0.0), tuple(batch.v[k].tolist()), batch.jacobian[k].tolist(),
        batch.jbar_t[k].tolist(), tuple(batch.bias[k].tolist()),
    )  # fmt: skip
    pad = PadEstimate(normal, press, observer, target, True)
    command = Command(
        tuple(batch.tau[k].tolist()), terms, (pad,), contact, tuple(batch.surface[k].tolist()), plan_error
    )
    dq = tuple(batch.dq[k].tolist())
    state = ArmState(
        t_s, (0.1,) * joints, dq, dq, (0.0,) * 6, sensor_age, 0,
        Authority.HOST, supervisor_age, command_age, temperatures_c=(temperature,) * joints,
    )  # fmt: skip
    planned = normal if batch.broken[k] != NORMAL_FIELD else (0.0, 0.0, 1.0)
    reference = Reference(
        1.0, Phase.WORK, 0, (0.1, 0.0, 0.05), (1.0, 0.0, 0.0, 0.0), (0.0,) * 6, (0.0,) * 6, (0.1,) * joints,
        (PadReference(planned, 20.0, 0.0),),
    )  # fmt: skip
    return command, state, reference


def misshapen(
    pick: Pick, command: Command, state: ArmState, reference: Reference
) -> tuple[Command, ArmState, Reference]:
    """Return the same with one vector or matrix of a wrong size."""
    terms = command.terms
    cut = [list(row) for row in terms.jacobian]
    cut_bar = [list(row) for row in terms.jbar_t]
    row = pick.below(6)
    cut[row] = cut[row][: pick.below(len(cut[row]))]
    cut_bar[row] = cut_bar[row][1:]
    wrong = [
        (replace(command, tau_nm=command.tau_nm[1:]), state, reference),
        (replace(command, tau_nm=(*command.tau_nm, 0.0)), state, reference),
        (replace(command, pads=()), state, reference),
        (replace(command, terms=replace(terms, bias_nm=())), state, reference),
        (replace(command, terms=replace(terms, jacobian=cut)), state, reference),
        (replace(command, terms=replace(terms, jacobian=terms.jacobian[1:])), state, reference),
        (replace(command, terms=replace(terms, jbar_t=cut_bar)), state, reference),
        (replace(command, terms=replace(terms, jbar_t=terms.jbar_t[1:])), state, reference),
        (command, replace(state, q_rad=()), reference),
        (command, replace(state, dq_rad_s=state.dq_rad_s[1:]), reference),
        (command, state, replace(reference, segment=pick.choice((-1, 1, 10**9)))),
        (command, state, replace(reference, pads=())),
    ]
    return pick.choice(wrong)
