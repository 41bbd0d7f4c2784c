"""Bodies, arms and short programs that the tests of the planner share."""

from __future__ import annotations

import functools
from dataclasses import replace

from controller.arm import Placement
from controller.robot import RobotModel
from tests.arms_for_tests import SIX_JOINT_URDF
from trajectories.anatomy.back import Back
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from trajectories.planner import default_placement, plan_session
from trajectories.programs.model import Program
from trajectories.techniques.paraspinal_circles import ParaspinalCircles
from trajectories.techniques.shoulder_kneading import ShoulderKneading
from urdf.arms import load_arm

CIRCLES = ParaspinalCircles(name="circles", technique="paraspinal_circles", side="left", lower="T12", upper="T9")
KNEADING = ShoulderKneading(name="kneading", technique="shoulder_kneading", side="right", passes=1)
SHORT = Program(schema_version=1, name="short", strokes=(CIRCLES, KNEADING))


@functools.cache
def body_named(name: str) -> tuple[Body, Skin]:
    """Return a shipped body and its skin."""
    body = load_body(name)
    return body, Skin.from_body(body)


@functools.cache
def back_of(name: str) -> Back:
    """Return the back of a shipped body."""
    return Back.of(*body_named(name))


def arm_over(name: str, body: str, shift_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> RobotModel:
    """Return an arm at its default place beside a body, shifted; ``six`` is the six-joint arm."""
    place = default_placement(*body_named(body))
    x, y, z = (a + b for a, b in zip(place.position_m, shift_m, strict=True))
    return RobotModel(
        load_arm(str(SIX_JOINT_URDF) if name == "six" else name), Placement((x, y, z), place.quaternion_xyzw)
    )


@functools.cache
def short_plan(arm: str = "servo7", body: str = "median_f") -> Plan:
    """Return the plan of the short program."""
    return plan_session(SHORT, *body_named(body), arm_over(arm, body))


@functools.cache
def exact_plan(arm: str = "servo7", body: str = "median_f") -> Plan:
    """Return the plan of the short program for a base that stands exactly where the plan thinks."""
    return plan_session(SHORT, *body_named(body), arm_over(arm, body), registration=(0.0, 0.0))


def program_of(**changes: object) -> Program:
    """Return a program of one stroke of circles with some values changed."""
    return Program(schema_version=1, name="one", strokes=(replace_in(CIRCLES, **changes),))


def replace_in(stroke: ParaspinalCircles, **changes: object) -> ParaspinalCircles:
    """Return checked circles with some values changed."""
    return ParaspinalCircles.model_validate({**stroke.model_dump(), **changes})


def slow_arm(robot: RobotModel, speed_rad_s: float) -> RobotModel:
    """Return the arm with another joint speed limit."""
    arm = replace(robot.arm, speed_limit_rad_s=(speed_rad_s,) * robot.joints)
    return RobotModel(arm, robot.placement)


def stiff_necked_arm(robot: RobotModel, joint: int, lower_rad: float, upper_rad: float) -> RobotModel:
    """Return the arm with one joint's range narrowed."""
    lower, upper = list(robot.arm.lower_rad), list(robot.arm.upper_rad)
    lower[joint], upper[joint] = lower_rad, upper_rad
    return RobotModel(replace(robot.arm, lower_rad=tuple(lower), upper_rad=tuple(upper)), robot.placement)
