"""The linearised law is that of the law's own steps, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from controller.law import linearised
from controller.law.gains import STANDARD, LawSettings
from controller.law.linearised import LinearLaw, linear_law
from controller.robot import RobotModel
from controller.types import ContactState, Reference
from tests.plan_cases import arm_over, short_plan
from trajectories.plan import Plan

PRESS_N = 15.0
Floats = linearised.Array


class PlainProbe(linearised._Probe):
    """A probe whose every tick is a whole step of the law."""

    def rest(self, contact: ContactState, press_n: float, senses: Floats, reference: Reference) -> None:
        self.given, self.wanted = senses, reference
        super().rest(contact, press_n, senses, reference)

    def _sense(self, senses: Floats) -> None:
        self.given = senses

    def _tick(self) -> None:
        self.step(linearised._state_of(self.given, self.robot.joints), self.wanted)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return short_plan()


@pytest.fixture(scope="module", params=["servo7", "panda"])
def robot(request: pytest.FixtureRequest) -> RobotModel:
    return arm_over(request.param, "median_f")


def law(plan: Plan, robot: RobotModel, contact: ContactState) -> LinearLaw:
    press_n = PRESS_N if contact is ContactState.WORK else 0.0
    reference = plan.at(plan.segments[0].start_s)
    return linear_law(robot, STANDARD, LawSettings(), 1e-3, reference, contact, press_n)


@pytest.mark.parametrize("contact", [ContactState.FREE, ContactState.APPROACH, ContactState.WORK])
def test_nudging_the_kernel_is_nudging_the_law(
    plan: Plan, robot: RobotModel, contact: ContactState, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = law(plan, robot, contact)
    monkeypatch.setattr(linearised, "_Probe", PlainProbe)
    plain = law(plan, robot, contact)
    for name in ("a", "b", "c", "d"):
        assert np.array_equal(getattr(short, name), getattr(plain, name)), name
        assert np.any(getattr(plain, name)), name
