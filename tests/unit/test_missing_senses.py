"""A joint sense that is no number for one tick leaves nothing behind in the law."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest

from controller.law.gains import STANDARD, LawSettings
from controller.law.impedance_force import ImpedanceForceLaw
from controller.robot import RobotModel
from controller.types import ArmState, Command
from tests.gate_cases import reference, state
from tests.sim_cases import posture, setting

NAN = math.nan


def _state(t_s: float) -> ArmState:
    """Return what the senses of a resting arm say."""
    return state(t_s=t_s, q_rad=posture("servo7", 0.1, 0.04, 0.02)[0])


def _after_gap(gap: Callable[[ArmState], ArmState]) -> list[Command]:
    """Return the commands of 20 ticks; in the 10th the senses have a gap."""
    arm, placement, _, _ = setting()
    law = ImpedanceForceLaw(RobotModel(arm, placement), STANDARD, LawSettings(), 1e-3)
    commands = []
    for tick in range(20):
        read = _state(1e-3 * tick)
        commands.append(law.step(gap(read) if tick == 10 else read, reference()))
    return commands


GAPS: dict[str, Callable[[ArmState], ArmState]] = {
    "position": lambda read: dataclasses.replace(read, q_rad=(NAN, *read.q_rad[1:])),
    "speed": lambda read: dataclasses.replace(read, dq_rad_s=(NAN, *read.dq_rad_s[1:])),
    "torque": lambda read: dataclasses.replace(read, tau_nm=(NAN, *read.tau_nm[1:])),
}


@pytest.mark.parametrize("name", GAPS)
def test_one_gap_in_the_joint_senses_does_not_stay_in_the_law(name: str) -> None:
    whole, gap = _after_gap(lambda read: read), _after_gap(GAPS[name])
    for with_gap, without in zip(gap, whole, strict=True):
        assert all(map(math.isfinite, with_gap.tau_nm))
        assert math.isfinite(with_gap.pads[0].press_n)
        assert math.dist(with_gap.terms.p_wt, without.terms.p_wt) < 1e-3


def test_a_law_that_begins_blind_gives_no_torque_that_could_pass() -> None:
    arm, placement, _, _ = setting()
    law = ImpedanceForceLaw(RobotModel(arm, placement), STANDARD, LawSettings(), 1e-3)
    blind = dataclasses.replace(_state(0.0), q_rad=(NAN,) * 7)
    assert not math.isfinite(sum(law.step(blind, reference()).tau_nm))
