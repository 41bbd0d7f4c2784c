"""Ways outside the plan: when one is taken, what a stop makes of it, and how it goes on."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from controller.errors import PlantError
from controller.path_gains import PathGains
from controller.processes.host_plant import refuse_elsewhere
from controller.session_limits import session_limits
from controller.types import ArmState, Command, Phase, Vector
from controller.ways import AT_START_RAD, Route, Ways, driven_time_s
from tests.gate_cases import command, soft_gains, state
from tests.gate_cases import terms as some_terms
from tests.plan_cases import arm_over, short_plan
from trajectories.plan import Plan

DT = 5e-3
GAINS = PathGains.of(soft_gains(7, drag_joints=4))
A, B, C, D = ((float(k),) * 7 for k in range(4))


@pytest.mark.parametrize(
    ("leg", "park", "left"),
    [(0, (A,), (B, C, D)), (1, (A,), (B, C, D)), (2, (B, A), (C, D)), (3, (C, B, A), (D,))],
)
def test_a_stop_on_the_way_to_the_plan_goes_back_to_where_the_arm_stood(
    leg: int, park: tuple[Vector, ...], left: tuple[Vector, ...]
) -> None:
    route = Route(Phase.TO_PLAN, (A, B, C, D), is_kept=True, stands_first=True)
    assert route.to_rest(leg) == park
    assert route.rest_of(leg, 0) == left
    assert route.rest_of(leg, len(park) - 1) == (B, C, D)


def test_a_stop_on_the_way_to_rest_goes_on() -> None:
    route = Route(Phase.TO_REST, (B, C, D), is_kept=True, stands_first=False)
    assert route.to_rest(1) == route.rest_of(1, 0) == (C, D)
    assert route.rest_of(1, 1) == (D,)


class Ideal:
    """An arm whose joints do what the driver plans."""

    def __init__(self, plan: Plan, q_rad: Vector) -> None:
        self.robot = arm_over("panda", "median_f")
        self.ways, self.q_rad = Ways(plan, self.robot, DT, GAINS), q_rad

    def state(self) -> ArmState:
        self.robot.update(np.array(self.q_rad), np.zeros(7))
        return state(q_rad=self.q_rad)

    def wish(self) -> Command:
        return command(some_terms(np.random.default_rng(1)), (0.0,) * 7, plan_error_m=9.0)

    def drive(self, is_over: Callable[[], bool], *, is_stopped: bool = False) -> set[bool]:
        """Drive until something is so; return whether the arm was standing at the beginning of a way in that time."""
        standing = set()
        for _ in range(40_000):
            standing.add(self.ways.is_standing)
            step = self.ways.park if is_stopped else self.ways.drive
            wish = step(self.wish(), self.state())
            driver = self.ways._parking if is_stopped else self.ways._driver
            assert driver is not None
            assert is_stopped or wish.plan_error_m == 0.0
            self.q_rad = tuple(q + DT * v for q, v in zip(self.q_rad, driver.planned_rad_s, strict=True))
            if is_over():
                return standing
        raise AssertionError("it never was")


def declared() -> tuple[Plan, Vector, Vector]:
    """Return a plan with a declared rest posture, the posture, and the plan's start."""
    plan = short_plan("panda")
    start, (waypoint, parked) = plan.start_q_rad, plan.park_path_rad
    rest = tuple(0.5 * (one + other) for one, other in zip(waypoint, parked, strict=True))
    return dataclasses.replace(plan, start_path_rad=(rest, plan.park_path_rad[0], start)), rest, start


def test_an_arm_at_the_plans_start_is_driven_nowhere() -> None:
    plan = short_plan("panda")
    arm = Ideal(plan, plan.start_q_rad)
    near = tuple(q + 0.9 * AT_START_RAD for q in plan.start_q_rad)
    arm.ways.begin(near, plan.start_q_rad)
    assert not arm.ways.is_driving
    reference = plan.at(0.0)
    assert arm.ways.labelled(reference) is reference


@pytest.mark.parametrize("off_rad", [1.1 * AT_START_RAD, -1.1 * AT_START_RAD, float("nan")])
def test_an_arm_near_the_plans_start_is_driven_to_it(off_rad: float) -> None:
    plan = short_plan("panda")
    arm = Ideal(plan, plan.start_q_rad)
    arm.ways.begin((*plan.start_q_rad[:6], plan.start_q_rad[6] + off_rad), plan.start_q_rad)
    assert arm.ways.is_driving
    assert arm.ways.labelled(plan.at(0.0)).phase is Phase.TO_PLAN


def test_the_declared_way_is_driven_to_the_start_and_begins_with_a_rest() -> None:
    plan, rest, start = declared()
    arm = Ideal(plan, rest)
    arm.ways.begin(rest, start)
    assert arm.drive(lambda: not arm.ways.is_driving) == {True, False}
    assert arm.q_rad == pytest.approx(start, abs=0.02)
    assert not arm.ways.is_at_rest


def test_a_stop_on_the_way_to_the_plan_is_parked_back_and_goes_on_from_there() -> None:
    plan, rest, start = declared()
    arm = Ideal(plan, rest)
    arm.ways.begin(rest, start)
    arm.drive(lambda: arm.ways._driver.leg == 2)
    arm.ways.break_off()
    arm.drive(lambda: arm.ways.is_parked, is_stopped=True)
    assert arm.q_rad == pytest.approx(rest, abs=0.02)
    arm.ways.resume(arm.q_rad, start)
    assert arm.ways.is_standing
    arm.drive(lambda: not arm.ways.is_driving)
    assert arm.q_rad == pytest.approx(start, abs=0.02)


def test_a_stop_in_the_plan_parks_beside_the_person_and_comes_back_over_the_waypoint() -> None:
    plan = short_plan("panda")
    middle = plan.at(0.5 * plan.duration_s).posture_rad
    arm = Ideal(plan, middle)
    arm.ways.break_off()
    arm.drive(lambda: arm.ways.is_parked, is_stopped=True)
    assert arm.q_rad == pytest.approx(plan.park_path_rad[-1], abs=0.02)
    arm.ways.resume(arm.q_rad, middle)
    arm.drive(lambda: arm.ways._driver.leg == 2)
    assert arm.q_rad == pytest.approx(plan.park_path_rad[0], abs=0.02)
    arm.drive(lambda: not arm.ways.is_driving)
    assert arm.q_rad == pytest.approx(middle, abs=0.02)


def test_a_stop_on_the_way_back_into_the_plan_parks_over_the_waypoint_again() -> None:
    plan = short_plan("panda")
    middle = plan.at(0.5 * plan.duration_s).posture_rad
    arm = Ideal(plan, middle)
    arm.ways.over_waypoint(plan.at(1.0).posture_rad)
    assert not arm.ways.is_standing
    arm.drive(lambda: arm.ways._driver.leg == 1)
    assert arm.q_rad == pytest.approx(plan.park_path_rad[0], abs=0.02)
    arm.ways.break_off()
    assert not arm.ways.is_driving
    arm.drive(lambda: arm.ways.is_parked, is_stopped=True)
    assert arm.q_rad == pytest.approx(plan.park_path_rad[-1], abs=0.02)
    arm.ways.resume(arm.q_rad, middle)
    arm.drive(lambda: arm.ways._driver.leg == 1)
    arm.ways.break_off()
    assert not arm.ways.is_driving


def test_the_end_is_driven_to_rest_and_a_stop_on_the_way_goes_on_to_it() -> None:
    plan = short_plan("panda")
    arm = Ideal(plan, plan.at(plan.duration_s).posture_rad)
    assert not arm.ways.is_done()
    assert arm.ways.is_ending
    assert not arm.ways.is_standing
    for _ in range(200):
        arm.drive(lambda: True)
    arm.ways.break_off()
    arm.drive(lambda: arm.ways.is_parked, is_stopped=True)
    assert arm.q_rad == pytest.approx(plan.end_path_rad[-1], abs=0.02)
    assert not arm.ways.is_at_rest
    arm.ways.resume(arm.q_rad, arm.q_rad)
    assert arm.ways.is_ending
    arm.drive(lambda: arm.ways.is_at_rest)
    assert arm.ways.is_done()
    assert not arm.ways.is_driving


def test_an_arm_that_rests_at_the_plans_end_is_at_rest_at_once() -> None:
    plan = dataclasses.replace(short_plan("panda"), end_path_rad=())
    ways = Ways(plan, arm_over("panda", "median_f"), DT, GAINS)
    assert ways.is_done()
    assert not ways.is_driving


@pytest.mark.parametrize("is_stopped", [False, True])
def test_an_arm_that_is_held_is_blocked(is_stopped: bool) -> None:
    plan, rest, start = declared()
    held = Ideal(plan, rest)
    held.ways.begin(rest, start)
    step = held.ways.park if is_stopped else held.ways.drive
    there = tuple(q + 0.2 for q in rest)
    step(held.wish(), state(q_rad=there))
    assert not held.ways.is_blocked
    for _ in range(3000):
        step(held.wish(), state(q_rad=tuple(q + 0.2 for q in there)))
    assert held.ways.is_blocked
    assert not held.ways.is_parked


def test_the_ways_are_inside_the_workspace_and_the_session_time() -> None:
    plan, rest, start = declared()
    robot, high = arm_over("panda", "median_f"), plan.at(0.5 * plan.duration_s).posture_rad
    low = dataclasses.replace(plan, start_path_rad=(), end_path_rad=(), park_path_rad=(start,))
    far = dataclasses.replace(low, start_path_rad=(rest, start), end_path_rad=(high,))
    near, wide = session_limits(low, robot), session_limits(far, robot)
    for share in (0.3, 0.5, 0.9):
        position, _ = robot.tool_pose(np.array(rest) + share * np.subtract(start, rest))
        assert (np.array(wide.workspace_low_m) <= position - 0.09).all()
        assert (np.array(wide.workspace_high_m) >= position + 0.09).all()
    assert near.workspace_low_m != wide.workspace_low_m
    assert driven_time_s(low) == 0.0
    assert wide.session_s - near.session_s == pytest.approx(1.5 * driven_time_s(far))


def test_an_arm_that_stands_elsewhere_is_not_enabled() -> None:
    rest = (0.5, -0.3, 1.0)
    refuse_elsewhere((0.519, -0.319, 0.981), rest)
    with pytest.raises(
        PlantError, match=r"joint 2 of the arm stands at -0\.3210 rad; allowed: -0\.3000 rad.*0\.02 rad"
    ):
        refuse_elsewhere((0.5, -0.321, 1.5), rest)
    for q in ((0.5, -0.3, float("nan")), (0.5, -0.3), (0.5, -0.279, 1.0)):
        with pytest.raises(PlantError):
            refuse_elsewhere(q, rest)
