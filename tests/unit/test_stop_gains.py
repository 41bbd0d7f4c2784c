"""Gains of the stop laws: they follow from the arm, hold their margins, and are refused where nothing would."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
import pytest

from controller.arm import JointDrive
from controller.elastic_plant import elastic_plant, link_inertia
from controller.errors import PlanError
from controller.loop_margin import GAIN_MARGIN, Path, critical_gain
from controller.posture_samples import Sample, braced_joints, extremes, posture_samples, session_postures
from controller.robot import RobotModel
from controller.safety.limits import StopGains
from controller.safety.missing_torque import SMOOTH_SHARE
from controller.stop_gains import (
    FILTERED,
    LoopTiming,
    _arms,
    _laws,
    _tissue,
    refuse_swinging,
    stop_gains,
    stop_margins,
)
from controller.types import Side
from tests.plan_cases import arm_over, short_plan
from trajectories.plan import Plan

TIMING = LoopTiming(1e-3, 2e-3, 2e-3)


def _case(name: str, side: Side | None = None, **changes: object) -> tuple[Plan, RobotModel]:
    """Return a short plan and its arm, its encoders on one side and its drives changed."""
    robot = arm_over(name, "median_f")
    on = {} if side is None else {"position_side": side}
    drives = tuple(replace(drive, **on, **changes) for drive in robot.arm.drives)  # type: ignore[arg-type]
    robot.arm = replace(robot.arm, drives=drives)
    return short_plan(name), robot


@functools.cache
def _gains(name: str, side: Side | None = None) -> StopGains:
    return stop_gains(*_case(name, side), TIMING)


def _damping(sample: Sample, gains: StopGains, *, is_unloading: bool) -> np.ndarray:
    damping = np.diag(gains.float_damping_nms_per_rad)
    if is_unloading:
        axis, jacobian = sample.axis_w, sample.jacobian[:3]
        damping = damping + gains.unload_damping_ns_per_m * np.outer(axis @ jacobian, axis @ jacobian)
        first = jacobian * (np.arange(jacobian.shape[1]) < gains.drag_joints)
        damping = damping + gains.drag_ns_per_m * first.T @ (np.eye(3) - np.outer(axis, axis)) @ first
    return damping


@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_no_effort_and_no_friction_of_the_file_is_in_them(name: str) -> None:
    plan, robot = _case(name)
    joints = robot.joints
    robot.arm = replace(robot.arm, torque_limit_nm=(2000.0,) * joints, friction_nm=(50.0,) * joints)
    assert stop_gains(plan, robot, TIMING) == _gains(name)


@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_the_shipped_arms_are_damped_about_as_before(name: str) -> None:
    """0.03 s times their torque limits stopped them well; far less would let them drift, far more would clamp."""
    gains, before = _gains(name), 0.03 * np.array(arm_over(name, "median_f").arm.torque_limit_nm)
    shares = np.array(gains.float_damping_nms_per_rad) / before
    assert gains.speed_filter_rad_s == math.inf
    assert np.all(shares[:6] > 0.4)
    assert np.all(shares < 5.0)


@pytest.mark.parametrize("side", [Side.LINK, Side.MOTOR])
@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_every_law_keeps_its_margin_and_one_has_little_more(name: str, side: Side) -> None:
    plan, robot = _case(name, side)
    rows = stop_margins(plan, robot, _gains(name, side), TIMING)
    assert len({row.law for row in rows}) == len(rows) == 10
    assert GAIN_MARGIN * (1.0 - 1e-5) <= min(row.gain_margin for row in rows) < 1.5 * GAIN_MARGIN
    refuse_swinging(plan, robot, _gains(name, side), TIMING)


@pytest.mark.parametrize("name", ["servo7", "panda"])
@pytest.mark.parametrize("is_unloading", [False, True])
def test_no_sampled_closed_loop_swings_up_at_twice_the_gains(name: str, is_unloading: bool) -> None:
    """By the eigenvalues of the sampled elastic arm, in every posture that the gains were found in."""
    plan, robot = _case(name, Side.LINK)
    gains = _gains(name, Side.LINK)
    for sample in extremes(posture_samples(plan, robot)):
        links = link_inertia(sample.mass, robot.arm.drives)
        damping = _damping(sample, gains, is_unloading=is_unloading)
        for share in (0.4, 1.0):
            drives = tuple(_softer(drive, share) for drive in robot.arm.drives)
            for ticks in (2, 4, 6):
                plant = elastic_plant(links, drives, TIMING.drive_lag_s, ticks, TIMING.dt_s)
                roots = np.linalg.eigvals(plant.a - 2.0 * plant.b @ damping @ plant.sensed_dq)
                assert np.abs(roots).max() <= 1.0 + 1e-7


def _softer(drive: JointDrive, share: float) -> JointDrive:
    return replace(
        drive,
        stiffness_nm_per_rad=share * drive.stiffness_nm_per_rad,
        damping_ratio=share * drive.damping_ratio,
    )


def test_encoders_at_the_motors_bring_the_filter() -> None:
    gains = _gains("servo7", Side.MOTOR)
    assert gains.speed_filter_rad_s == FILTERED.corner_rad_s
    assert gains.unload_damping_ns_per_m < 0.5 * _gains("servo7", Side.LINK).unload_damping_ns_per_m


def test_gains_that_are_too_high_are_refused_by_the_law_that_would_swing() -> None:
    plan, robot = _case("servo7")
    gains = _gains("servo7")
    hard = replace(gains, unload_damping_ns_per_m=8.0 * gains.unload_damping_ns_per_m)
    with pytest.raises(PlanError, match=r"stop law unloading by the .*gain margin .*; allowed: at least 2"):
        refuse_swinging(plan, robot, hard, TIMING)
    stiff = replace(gains, float_damping_nms_per_rad=(40.0,) * 7)
    with pytest.raises(PlanError, match="stop law of drives left alone"):
        refuse_swinging(plan, robot, stiff, TIMING)


def test_a_joint_that_may_not_be_damped_is_refused_by_its_number() -> None:
    plan, robot = _case("servo7")
    late = LoopTiming(1e-3, 1.0, 2e-3)
    with pytest.raises(
        PlanError, match=r"stop laws, joint \d: got a damping that slows .*; allowed: at least 0.8 per second"
    ):
        refuse_swinging(plan, robot, stop_gains(plan, robot, late), late)
    weak = replace(_gains("servo7"), float_damping_nms_per_rad=(*_gains("servo7").float_damping_nms_per_rad[:6], 0.0))
    with pytest.raises(PlanError, match="stop laws, joint 7"):
        refuse_swinging(plan, robot, weak, TIMING)


def test_a_slow_loop_gets_lower_gains() -> None:
    plan, robot = _case("panda")
    slow = stop_gains(plan, robot, LoopTiming(1e-3, 0.015, 0.004))
    fast = _gains("panda")
    assert slow.float_damping_nms_per_rad[0] < 0.7 * fast.float_damping_nms_per_rad[0]
    assert slow.most_damping_nm == fast.most_damping_nm


def test_what_a_joint_needs_for_its_work_is_what_holds_it_and_the_tool_force_on_its_lever() -> None:
    plan, robot = _case("servo7")
    samples = posture_samples(plan, robot)
    held = np.max([np.abs(sample.gravity_nm) for sample in samples], axis=0)
    lever = np.max([np.linalg.norm(sample.jacobian[:3], axis=0) for sample in samples], axis=0)
    gains = _gains("servo7")
    assert gains.work_nm == pytest.approx(held + 40.0 * lever + 4.0)
    assert gains.most_damping_nm == pytest.approx(30.0 * lever + 1.0)
    assert gains.drag_joints == braced_joints(7) == 4


def test_samples_are_along_plan_ways_and_park_path() -> None:
    plan, robot = _case("servo7")
    postures = {tuple(np.round(q, 12)) for q in session_postures(plan)}
    for posture in (plan.rest_q_rad, *plan.park_path_rad, *plan.start_path_rad, plan.at(0.25).posture_rad):
        assert tuple(np.round(posture, 12)) in postures
    samples = posture_samples(plan, robot)
    few = extremes(samples)
    assert 1 < len(few) <= 2 * robot.joints + 2
    for joint in range(robot.joints):
        lightest = min(sample.own_kg_m2[joint] for sample in samples)
        assert min(sample.own_kg_m2[joint] for sample in few) == lightest
    sample = samples[0]
    speed = np.linalg.solve(sample.mass, sample.jacobian[:3].T @ sample.axis_w)
    assert 1.0 / (sample.axis_w @ sample.jacobian[:3] @ speed) == pytest.approx(sample.along_kg)


@pytest.mark.parametrize("side", [Side.LINK, Side.MOTOR])
@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_learning_what_the_joints_lack_leaves_every_law_its_margin(name: str, side: Side) -> None:
    """A torque that balances the change of momentum is a damping of the whole inertia with a spring of the damping.

    It is smoothed: nothing is left of it beyond the rates that a stop works at; below them the loop is a spring.
    """
    plan, robot = _case(name, side)
    gains = _gains(name, side)
    learn_per_s, lowest_rad_s = gains.learn_per_s, max(3.0 * gains.learn_per_s, 8.0)
    stiffness = max(segment.stiffness_n_per_m for segment in plan.segments)
    found = []
    for sample in extremes(posture_samples(plan, robot)):
        tissue = _tissue(sample, sample.axis_w @ sample.jacobian[:3], stiffness)
        for arm in (*_arms(sample, robot.arm.drives, None), *_arms(sample, robot.arm.drives, tissue)):
            s = (1j * arm.omega)[:, None, None]
            smooth = 1.0 / (1.0 + s / (SMOOTH_SHARE * learn_per_s))
            for is_unloading in (False, True):
                damping = _damping(sample, gains, is_unloading=is_unloading)
                whole = damping + smooth * learn_per_s * (sample.mass + damping / s)
                loop = np.linalg.eigvals(arm.values @ whole)
                growth = gains.unload_spring_n_per_m / gains.unload_damping_ns_per_m if is_unloading else 0.0
                for law in _laws(TIMING):
                    if law.is_unloading is is_unloading and "alone" not in law.name:
                        path = Path(law.delay_s, TIMING.drive_lag_s, gains.speed_filter_rad_s, 0.0, growth)
                        high = arm.omega >= lowest_rad_s
                        found.append(critical_gain(loop[high], arm.omega[high], path))
    assert learn_per_s > 0.0
    assert max(found) <= (1.0 + 1e-4) / GAIN_MARGIN, max(found)
