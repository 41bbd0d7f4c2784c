"""The audit's own arithmetic against NumPy, and that it finds a wrong line of the limits before it."""

import math
from collections.abc import Callable
from operator import add

import numpy as np
import pytest

from controller.safety import audit, pads, projection
from controller.safety.gate import Gate
from controller.types import Cause, ToolTerms, Vector
from tests.gate_cases import TWO_PADS, UP, command, levers, limits, reference, state, terms, torque

ARM = terms(np.random.default_rng(31))
TILTED = (0.48, -0.6, 0.64)
WRENCH = (3.0, -4.0, -12.0, 0.5, -0.6, 0.7)


def test_loads_are_those_of_the_matrices() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        arm = terms(rng)
        tau = tuple((np.array(arm.bias_nm) + rng.normal(0.0, 10.0, 7)).tolist())
        wrench = np.array(arm.jbar_t) @ (np.array(tau) - np.array(arm.bias_nm))
        press = -float(wrench[:3] @ np.array(TILTED))
        across = np.linalg.norm(wrench[:3] + press * np.array(TILTED))
        force, presses = audit.sent_loads(tau, arm, TILTED, ())
        assert force == pytest.approx((press, across, np.linalg.norm(wrench[3:])))
        assert presses == pytest.approx((press,))


def test_of_two_pads_the_press_force_is_their_sum() -> None:
    axes = tuple((UP, (float(x), float(y), float(z))) for x, y, z in levers(TWO_PADS))
    tau = torque(ARM, WRENCH)
    force, presses = audit.sent_loads(tau, ARM, UP, axes)
    assert presses == pytest.approx(pads.pad_presses(WRENCH, axes))
    assert force[0] == pytest.approx(sum(presses))
    assert force[1:] == pytest.approx((5.0, math.sqrt(0.5**2 + 0.6**2 + 0.7**2)))


@pytest.mark.parametrize("place", range(7))
def test_a_value_that_is_no_number_is_within_nothing(place: int) -> None:
    tau = list(torque(ARM, WRENCH))
    tau[place] = math.nan
    force, _ = audit.sent_loads(tuple(tau), ARM, TILTED, ())
    assert not projection.is_within(force, (math.inf, math.inf, math.inf))


def _halved(tau_nm: Vector, arm: ToolTerms) -> Vector:
    return tuple(
        [0.5 * sum(r * (t - b) for r, t, b in zip(row, tau_nm, arm.bias_nm, strict=True)) for row in arm.jbar_t]
    )


def _added(tau_nm: Vector, arm: ToolTerms) -> Vector:
    extra = tuple(map(add, tau_nm, arm.bias_nm))
    return tuple([sum(r * e for r, e in zip(row, extra, strict=True)) for row in arm.jbar_t])


def _pulling(tau_nm: Vector, arm: ToolTerms) -> Vector:
    return tuple([-2.0 * value for value in _halved(tau_nm, arm)])


@pytest.mark.parametrize("wrong", [_halved, _added, _pulling])
@pytest.mark.parametrize("press_n", [30.0, 60.0, 200.0])
def test_limits_that_map_torques_wrongly_let_no_force_through(
    wrong: Callable[[Vector, ToolTerms], Vector], press_n: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What limits and audit had in common: one line that forgets a share of the force."""
    monkeypatch.setattr(projection, "tool_wrench", wrong)
    arm, gate = ARM, Gate(limits(), 1e-3)
    asked = command(arm, torque(arm, (0.0, 0.0, -press_n, 0.0, 0.0, 0.0)))
    for tick in range(200):
        judged = gate.judge(asked, state(t_s=1e-3 * tick), reference(), 1e-3 * tick)
        sent = np.array(arm.jbar_t) @ (np.array(judged.command.tau_nm) - np.array(arm.bias_nm))
        assert -sent[2] <= judged.press_limit_n + 1e-6, "static press force that went out"
    stop = gate.stop_reason
    if wrong is not _added:  # which lowers far too much instead
        assert stop is not None
        assert stop.cause is Cause.INTERNAL_ERROR


@pytest.mark.parametrize("scale", [1.0, 1e8, 1e16])
def test_next_to_a_singular_posture_the_smallest_torque_is_seen(scale: float) -> None:
    """One unit in the last place of a torque is some newtons there: two forces mapped each leave rounding alone."""
    row = tuple(scale * (joint + 1.0) for joint in range(7))
    nothing = (0.0,) * 7
    bias = (20.3, -4.1, 7.7, 0.9, -2.2, 1.1, 3.3)
    arm = ToolTerms((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.0,) * 6, (nothing,) * 6,
                    (row, nothing, nothing, nothing, nothing, nothing), bias)  # fmt: skip
    tau = (math.nextafter(bias[0], 99.0), *bias[1:])
    (press, across, moment), _ = audit.sent_loads(tau, arm, UP, ())
    assert across == pytest.approx(scale * (tau[0] - bias[0]))
    assert (press, moment) == (0.0, 0.0)
