"""The running law on elastic arms: what is sound, what rings and where, and how an arm's settings follow."""

from dataclasses import replace

import numpy as np
import pytest

from controller.arm import JointDrive
from controller.errors import PlanError
from controller.law.gains import GAIN_SETS, STANDARD, LawSettings
from controller.law_fit import LEAST_LEARNING, TEMPOS, LawFit, at_tempo, fit_law, refuse_ringing
from controller.loop_check import DOUBTS, UNSTATED, Doubt, LoopVerdict, check_loops, doubts_of
from controller.rig import Rig
from controller.robot import RobotModel
from controller.session_parts import SessionParts
from controller.types import Side
from sim.differences.values import EXACT_PLANT
from sim.options import SimulationOptions
from sim.simulated_rig import simulated_rig
from tests.plan_cases import arm_over, short_plan
from trajectories.plan import Plan
from workbench.commands.arm_margins import print_arm_margins
from workbench.runs.plant_margins import refuse_ringing_plant

AS_STATED = (Doubt("as the files say"),)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return short_plan()


@pytest.fixture(scope="module")
def robot() -> RobotModel:
    return arm_over("servo7", "median_f")


@pytest.fixture(scope="module")
def rig(robot: RobotModel) -> Rig:
    return simulated_rig(robot.arm, SimulationOptions())


def drives(robot: RobotModel, stiffness: float, side: Side) -> tuple[JointDrive, ...]:
    return tuple(replace(d, stiffness_nm_per_rad=stiffness, position_side=side) for d in robot.arm.drives)


def verdict(plan: Plan, robot: RobotModel, rig: Rig, stiffness: float, side: Side) -> LoopVerdict:
    return check_loops(plan, robot, STANDARD, LawSettings(), rig, drives(robot, stiffness, side), AS_STATED)


def test_the_shipped_arm_is_sound_under_every_doubt(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    fit = fit_law(plan, robot, STANDARD, LawSettings(), rig)
    assert fit.verdict.is_sound
    assert check_loops(plan, robot, STANDARD, fit.settings, rig, doubts=AS_STATED).growth_per_s < -1.0


def test_a_search_that_stops_at_growth_judges_as_the_whole_one(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    for settings in (LawSettings(), fit_law(plan, robot, STANDARD, LawSettings(), rig).settings):
        whole = check_loops(plan, robot, STANDARD, settings, rig)
        first = check_loops(plan, robot, STANDARD, settings, rig, stop_at_growth=True)
        assert first.is_sound == whole.is_sound
        assert first.growth_per_s <= whole.growth_per_s


def test_the_verdict_is_of_the_worst_loop(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    alone = [check_loops(plan, robot, STANDARD, LawSettings(), rig, doubts=(doubt,)) for doubt in DOUBTS[:4]]
    assert len({found.doubt for found in alone}) == 4
    whole = check_loops(plan, robot, STANDARD, LawSettings(), rig, doubts=DOUBTS[:4])
    assert whole == max(alone, key=lambda found: found.growth_per_s)


@pytest.mark.parametrize("joint", [2, 3, 4])
def test_the_verdict_names_the_joint_that_rings(plan: Plan, robot: RobotModel, rig: Rig, joint: int) -> None:
    soft = list(drives(robot, 1e5, Side.LINK))
    soft[joint - 1] = replace(soft[joint - 1], stiffness_nm_per_rad=2e3, position_side=Side.MOTOR)
    found = check_loops(plan, robot, STANDARD, LawSettings(), rig, soft, AS_STATED)
    assert found.joint == joint


def test_the_wrist_decays_also_three_ticks_late(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    late = next(doubt for doubt in DOUBTS if doubt.ticks == 3)
    assert not check_loops(plan, robot, STANDARD, LawSettings(), rig, doubts=(late,)).is_sound
    settings = fit_law(plan, robot, STANDARD, LawSettings(), rig).settings
    assert check_loops(plan, robot, STANDARD, settings, rig, doubts=(late,)).is_sound


@pytest.mark.parametrize("stiffness", [6e3, 14e3, 1e5])
def test_joints_measured_at_the_link_are_sound_from_half_the_files_stiffness_on(
    plan: Plan, robot: RobotModel, rig: Rig, stiffness: float
) -> None:
    assert verdict(plan, robot, rig, stiffness, Side.LINK).is_sound


def test_soft_joints_measured_at_the_motor_ring_near_their_own_frequency(
    plan: Plan, robot: RobotModel, rig: Rig
) -> None:
    found = verdict(plan, robot, rig, 5e3, Side.MOTOR)
    assert not found.is_sound
    own = [np.sqrt(5e3 / d.motor_inertia_kg_m2) / (2.0 * np.pi) for d in robot.arm.drives]
    assert 0.8 * min(own) < found.frequency_hz < 1.4 * max(own)
    assert 1 <= found.joint <= robot.joints
    assert verdict(plan, robot, rig, 1e5, Side.MOTOR).is_sound


def test_delay_and_gain_that_are_too_much_are_found(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    for doubt in (Doubt("late", ticks=12), Doubt("strong", torque=8.0)):
        assert not check_loops(plan, robot, STANDARD, LawSettings(), rig, None, (doubt,)).is_sound


def test_every_doubt_changes_what_is_found(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    def growth(doubt: Doubt) -> float:
        return check_loops(plan, robot, STANDARD, LawSettings(), rig, None, (doubt,)).growth_per_s

    stated = growth(AS_STATED[0])
    for doubt in (Doubt("soft", stiffness=0.3), Doubt("strong", torque=2.0), Doubt("late", ticks=4)):
        assert abs(growth(doubt) - stated) > 0.01
    stiff = 35e3 / min(segment.working_stiffness_n_per_m for segment in plan.segments)
    assert growth(Doubt("stiff, learned", learned_n_per_m=35e3)) < growth(Doubt("stiff", tissue=stiff)) - 1.0


def test_a_law_made_ten_times_as_fast_is_not_sound(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    fast = replace(LawSettings(), motion_per_s=400.0, unexplained_per_s=200.0, press_per_s=600.0)
    assert not check_loops(plan, robot, STANDARD, fast, rig, None, AS_STATED).is_sound


def test_nan_is_not_sound() -> None:
    assert not LoopVerdict(float("nan"), 1.0, 1, "", "").is_sound
    assert len({doubt.name for doubt in DOUBTS}) == len(DOUBTS)


def test_an_arm_with_soft_joints_measured_at_the_motor_gets_a_slower_law(
    plan: Plan, robot: RobotModel, rig: Rig
) -> None:
    soft = arm_over("servo7", "median_f")
    soft.arm = replace(soft.arm, drives=drives(robot, 8e3, Side.MOTOR))
    found = fit_law(plan, soft, STANDARD, LawSettings(), rig)
    assert found.verdict.is_sound
    assert found.tempo < 1.0
    assert found.settings == at_tempo(LawSettings(), found.tempo)
    assert found.settings.motion_per_s == pytest.approx(found.tempo * LawSettings().motion_per_s)
    refuse_ringing(found, plan, soft, STANDARD, LawSettings(), rig)


def test_drives_that_a_file_does_not_state_raise_one_more_doubt(robot: RobotModel) -> None:
    stated = drives(robot, 14e3, Side.MOTOR)
    assert doubts_of(stated) == DOUBTS
    assert doubts_of((*stated[:-1], replace(stated[-1], is_known=False))) == (*DOUBTS, UNSTATED)


def test_a_joint_in_the_play_of_an_unstated_gear_slows_the_law_down(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    fits = []
    for is_known in (True, False):
        other = arm_over("servo7", "median_f")
        unstated = tuple(replace(drive, is_known=is_known) for drive in drives(robot, 14e3, Side.MOTOR))
        other.arm = replace(other.arm, drives=unstated)
        fits.append(fit_law(plan, other, STANDARD, LawSettings(), rig))
    assert all(fit.verdict.is_sound for fit in fits)
    assert fits[1].tempo < fits[0].tempo


def test_a_slow_law_observes_slowly_but_still_contradicts_a_dead_sensor() -> None:
    designed = LawSettings()
    rates = [at_tempo(designed, tempo).observer_per_s for tempo in TEMPOS]
    assert rates[0] == designed.observer_per_s
    assert rates == sorted(rates, reverse=True)
    assert 0.0 < 1.0 / rates[-1] < 0.1


def test_an_arm_that_rings_at_every_tempo_is_refused_by_name(plan: Plan, robot: RobotModel, rig: Rig) -> None:
    softest = arm_over("servo7", "median_f")
    softest.arm = replace(softest.arm, drives=drives(robot, 400.0, Side.MOTOR))
    found = fit_law(plan, softest, STANDARD, LawSettings(), rig)
    assert isinstance(found, LawFit)
    with pytest.raises(PlanError) as caught:
        refuse_ringing(found, plan, softest, STANDARD, LawSettings(), rig)
    assert f"joint {found.verdict.joint}" in str(caught.value)
    assert "Hz" in str(caught.value)
    assert "N/m" in str(caught.value)


@pytest.mark.parametrize(("stiffness", "side", "is_refused"), [(8e3, Side.LINK, False), (4e3, Side.MOTOR, True)])
def test_a_plant_file_on_which_the_law_would_swing_is_refused(
    plan: Plan, robot: RobotModel, rig: Rig, stiffness: float, side: Side, *, is_refused: bool
) -> None:
    parts = SessionParts.of(plan, robot, STANDARD, rig)
    own = replace(EXACT_PLANT, name="own.yaml", joint_stiffness_nm_per_rad=(stiffness,), encoder_side=(side,))
    if is_refused:
        with pytest.raises(PlanError, match=r"Hz that grows by .* on own.yaml"):
            refuse_ringing_plant(own, parts)
        refuse_ringing_plant(replace(own, name="typical"), parts)
    else:
        refuse_ringing_plant(own, parts)


def test_margins_of_an_arm_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    (standard,) = (known for known in GAIN_SETS if known.name == "standard")
    assert print_arm_margins("servo7", (standard,), as_json=False) == 0
    text = capsys.readouterr().out
    assert "law at a tempo of 0.6" in text
    assert all(doubt.name in text for doubt in DOUBTS)
    assert "of parking and ways" in text
    assert "GROWS" not in text


@pytest.mark.parametrize("tempo", TEMPOS)
def test_friction_is_learned_at_a_fifth_of_the_rate_at_least_or_with_the_tempo(tempo: float) -> None:
    designed, slowed = LawSettings(), at_tempo(LawSettings(), tempo)
    share = slowed.unexplained_per_s / designed.unexplained_per_s
    assert min(tempo, LEAST_LEARNING) - 1e-12 <= share <= tempo + 1e-12
    assert slowed.motion_per_s / designed.motion_per_s == pytest.approx(tempo)
