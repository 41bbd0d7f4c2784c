"""A false wrench sensor makes a false estimate of the tool's motion: cap, tank and trips go by joint speeds too."""

import dataclasses
import math

import numpy as np
import pytest

from controller.safety.corrected_motion import CORNER_RAD_S, CorrectedMotion
from controller.safety.gate import Gate, Judgement
from controller.safety.limits import GateLimits
from controller.safety.tank import TankLimits
from controller.types import Cause, ContactState, ToolTerms, Vector
from tests.gate_cases import command, limits, reference, state, stroke, torque
from tests.unit.test_gate import ARM

DT_S = 1e-3
SETTLED_S = 0.6
"""Nineteen time constants of the filter."""
OPEN = limits(loading_rate_n_per_s=1e9, strokes=(stroke(40.0, 20.0, 3.0, 30.0, 500.0),), speed_rad_s=(50.0,) * 7)
OUTWARD = 0.2
"""Speed along the outward normal that the law believes in [m/s]."""


def _joint_speeds(twist: Vector, arm: ToolTerms = ARM) -> Vector:
    """Return joint speeds (n,) that move the tool so."""
    found = np.linalg.lstsq(np.array(arm.jacobian), np.array(twist), rcond=None)[0]
    return tuple(found.tolist())


def _inward(speed_m_s: float) -> Vector:
    return (0.0, 0.0, -speed_m_s, 0.0, 0.0, 0.0)


def _judge(
    bounds: GateLimits, believed: float, true: float, press_n: float = 23.0, contact: ContactState = ContactState.WORK
) -> Judgement:
    """Return the judgement of the last tick, with the arm at one speed for ``SETTLED_S`` and the law at another."""
    gate, dq = Gate(bounds, DT_S), _joint_speeds(_inward(true))
    arm = dataclasses.replace(ARM, v_wt=_inward(believed))
    asked = command(arm, torque(arm, (0.0, 0.0, -press_n, 0.0, 0.0, 0.0)), contact=contact)
    for tick in range(round(SETTLED_S / DT_S)):
        # The joints stand where they are, as for a false speed signal: only the speeds are asked about.
        last = gate.judge(asked, state(dq_rad_s=dq, t_s=tick * DT_S), reference(), tick * DT_S)
    return last


@pytest.mark.parametrize("believed", [-OUTWARD, 0.0])
@pytest.mark.parametrize("contact", [ContactState.WORK, ContactState.CONTACT])
def test_a_law_that_believes_itself_slow_does_not_push_faster(believed: float, contact: ContactState) -> None:
    bounds = dataclasses.replace(OPEN, jump_rad=1.0, tank=TankLimits(1e9, 0.0, 3))
    true = _judge(bounds, 0.05, 0.05, contact=contact)
    found = _judge(bounds, believed, 0.05, contact=contact)
    assert {note.cause for note in true.limited} == {Cause.PRESS_SPEED}
    assert found.press_n == pytest.approx(true.press_n, abs=1e-6)
    assert found.press_n == pytest.approx(500.0 * (0.02 + 23.0 / 500.0 - 0.05), abs=1e-6)


def test_a_joint_speed_that_reads_too_low_does_not_push_faster() -> None:
    bounds = dataclasses.replace(OPEN, jump_rad=1.0, tank=TankLimits(1e9, 0.0, 3))
    assert _judge(bounds, 0.05, -OUTWARD).press_n == pytest.approx(500.0 * (0.02 + 23.0 / 500.0 - 0.05), abs=1e-6)


@pytest.mark.parametrize(("believed", "true"), [(0.018, -OUTWARD), (-OUTWARD, 0.018)])
def test_energy_that_one_motion_shows_as_taken_out_does_not_pay_for_the_other(believed: float, true: float) -> None:
    """23 N with a target of 20 at 18 mm/s: 54 mW go in, and 0.6 W come out by the motion that is wrong."""
    bounds = dataclasses.replace(OPEN, jump_rad=1.0, tank=TankLimits(0.003, 0.0, 3))
    assert _judge(bounds, believed, true).gain_share < 1.0
    assert _judge(bounds, -0.018, -0.018).gain_share == 1.0


def test_a_tool_that_is_too_fast_by_joint_speeds_alone_stops() -> None:
    bounds = dataclasses.replace(OPEN, jump_rad=1.0)
    stop = _judge(bounds, 0.0, -0.51).stop
    assert stop is not None
    assert (stop.cause, stop.limit) == (Cause.TOOL_SPEED, "tool speed")
    assert stop.value == pytest.approx(0.5, abs=0.02)
    assert _judge(bounds, 0.0, -0.49).stop is None


def test_an_approach_counts_its_way_by_joint_speeds_too() -> None:
    bounds = dataclasses.replace(OPEN, jump_rad=1.0, descent_m=0.18)
    for true, is_stopped in ((0.4, True), (0.2, False)):
        stop = _judge(bounds, -OUTWARD, true, press_n=0.0, contact=ContactState.APPROACH).stop
        assert (stop is not None and stop.cause is Cause.NO_CONTACT) is is_stopped


class TestCorrectedMotion:
    """The law's twist, held to Jacobian and joint speeds."""

    def test_a_law_that_is_right_is_not_changed_and_not_delayed(self) -> None:
        motion = CorrectedMotion(7, DT_S)
        for tick in range(500):
            wanted = tuple(0.3 * math.sin(0.02 * tick + k) for k in range(6))
            arm = dataclasses.replace(ARM, v_wt=wanted)
            law, corrected, measured = motion.step(arm, _joint_speeds(wanted))
            assert law is arm
            assert corrected.v_wt == pytest.approx(wanted)
            assert measured.v_wt == pytest.approx(wanted)
            assert dataclasses.replace(corrected, v_wt=wanted) == arm

    def test_four_fifths_of_a_false_estimate_are_corrected_within_a_tenth_of_a_second(self) -> None:
        motion, still = CorrectedMotion(7, DT_S), (0.0,) * 7
        motion.step(ARM, still)
        wrong = (0.1, -0.2, 0.3, 0.4, -0.5, 0.6)
        arm = dataclasses.replace(ARM, v_wt=wrong)
        shares = []
        for _ in range(round(0.1 / DT_S)):
            twist = motion.step(arm, still)[1].v_wt
            shares.append(max(found / was for found, was in zip(twist, wrong, strict=True)))
        # Two poles at w: (1 + w t) exp(-w t) of a step is left.
        left = (1.0 + CORNER_RAD_S * 0.1) * math.exp(-CORNER_RAD_S * 0.1)
        assert shares[-1] == pytest.approx(left, abs=0.02)
        assert shares == sorted(shares, reverse=True)
        motion.clear()
        assert motion.step(arm, still)[1].v_wt == pytest.approx((0.0,) * 6)

    def test_one_percent_is_left_of_an_oscillation_of_elastic_joints(self) -> None:
        for hertz, allowed in ((50.0, 0.0125), (115.0, 0.003)):
            motion, largest = CorrectedMotion(7, DT_S), 0.0
            for tick in range(1000):
                swing = math.sin(2.0 * math.pi * hertz * tick * DT_S)
                speed = motion.step(ARM, tuple(swing * v for v in _joint_speeds(_inward(1.0))))[1].v_wt[2]
                largest = max(largest, abs(speed)) if tick > 500 else 0.0
            assert 0.0 < largest < allowed

    @pytest.mark.parametrize("dq", [(0.0,) * 6, (math.nan,) * 7, (math.inf, *(0.0,) * 6)])
    def test_what_it_cannot_know_is_no_number(self, dq: Vector) -> None:
        motion = CorrectedMotion(7, DT_S)
        assert not math.isfinite(sum(motion.step(ARM, dq)[1].v_wt))
        cut = dataclasses.replace(ARM, jacobian=ARM.jacobian[:5])
        assert all(map(math.isnan, motion.step(cut, (0.0,) * 7)[1].v_wt))
