"""The slope of the press-speed cap follows from the joints: steep where they are stiff, never one that rings."""

from dataclasses import replace

import pytest

from controller.errors import PlanError
from controller.law.gains import STANDARD, LawSettings
from controller.law_fit import fit_law
from controller.loop_check import LoopVerdict, check_press_cap
from controller.press_cap import RATES_PER_S, CapFit, fit_press_cap, refuse_swinging_cap
from controller.robot import RobotModel
from controller.safety.bound import stall_speed_m_s
from controller.session_limits import PRESS_DAMPING_PER_S, session_limits, with_cap_slope
from controller.session_parts import SessionParts
from controller.types import Side
from sim.options import SimulationOptions
from sim.simulated_rig import simulated_rig
from tests.plan_cases import arm_over, short_plan
from workbench.campaigns.elasticity import with_joints

RIG = simulated_rig(arm_over("servo7", "median_f").arm, SimulationOptions())


def elastic(name: str, stiffness_nm_per_rad: float, side: Side) -> RobotModel:
    robot = arm_over(name, "median_f")
    return RobotModel(with_joints(robot.arm, stiffness_nm_per_rad, side), robot.placement)


@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_shipped_arms_have_the_slope_that_the_cap_is_designed_with(name: str) -> None:
    robot = arm_over(name, "median_f")
    rig = simulated_rig(robot.arm, SimulationOptions())
    parts = SessionParts.of(short_plan(name), robot, STANDARD, rig)
    assert parts.cap is not None
    assert (parts.cap.rate_per_s, parts.cap.verdict.is_sound) == (PRESS_DAMPING_PER_S, True)
    assert parts.limits == session_limits(short_plan(name), robot, rig)


def test_a_cap_that_would_drive_the_rotors_is_flatter() -> None:
    plan, robot = short_plan("panda"), elastic("panda", 14e3, Side.MOTOR)
    settings = fit_law(plan, robot, STANDARD, LawSettings(), RIG).settings
    assert settings != LawSettings()
    steep = check_press_cap(plan, robot, STANDARD, settings, RIG, PRESS_DAMPING_PER_S)
    assert steep.growth_per_s > 10.0
    assert 40.0 < steep.frequency_hz < 150.0
    fit = fit_press_cap(plan, robot, STANDARD, settings, RIG)
    assert fit.verdict.is_sound
    assert fit.rate_per_s < PRESS_DAMPING_PER_S
    steeper = RATES_PER_S[RATES_PER_S.index(fit.rate_per_s) - 1]
    assert not check_press_cap(plan, robot, STANDARD, settings, RIG, steeper).is_sound
    parts = SessionParts.of(plan, robot, STANDARD, RIG)
    assert parts.limits == with_cap_slope(session_limits(plan, robot, RIG), plan, fit.rate_per_s)
    parts.refuse_unsafe()  # as soft as geared arms are: it must pass


@pytest.mark.parametrize("rate_per_s", RATES_PER_S)
def test_a_landing_is_faster_only_where_a_flatter_cap_begins_at_rest_already(rate_per_s: float) -> None:
    plan, robot = short_plan(), arm_over("servo7", "median_f")
    designed = session_limits(plan, robot, RIG)
    flatter = with_cap_slope(designed, plan, rate_per_s)
    for before, after, segment in zip(designed.strokes, flatter.strokes, plan.segments, strict=True):
        assert after.press_damping_ns_per_m == pytest.approx(rate_per_s * segment.lambda_n_kg)
        landing_m_s = stall_speed_m_s(flatter, after, flatter.free_press_n, is_touching=False)
        steeper_m_s = stall_speed_m_s(designed, before, designed.free_press_n, is_touching=False)
        assert landing_m_s <= steeper_m_s + 1e-12 or flatter.free_press_speed_m_s == 0.0
        assert replace(after, press_damping_ns_per_m=before.press_damping_ns_per_m) == before


def test_an_arm_on_which_every_slope_rings_is_refused_by_name() -> None:
    ringing = LoopVerdict(3.0, 90.0, 2, "left, press-speed cap", "joints softer by a third")
    with pytest.raises(PlanError, match=r"joint 2.*oscillation at 90 Hz.*slope of 35"):
        refuse_swinging_cap(CapFit(35.0, ringing))
    refuse_swinging_cap(CapFit(35.0, replace(ringing, growth_per_s=-1.0)))
    with pytest.raises(PlanError):
        refuse_swinging_cap(CapFit(35.0, replace(ringing, growth_per_s=float("nan"))))
