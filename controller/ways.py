"""The joint-space ways of a session outside its plan: to where the plan begins or goes on, and to rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from controller.joint_path_driver import JointPathDriver, leg_time_s
from controller.path_gains import PathGains
from controller.robot import RobotModel
from controller.types import ArmState, Command, Phase, PlanLike, Reference, Vector, Vector3

AT_START_RAD = 1e-3
"""A joint farther than this from the plan's start is driven there before the plan begins (assumed: more than an encoder
is off, far less than is felt)."""
LEG_SAMPLES = 20
"""Postures on every leg at which the tool's position is taken for the workspace."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way that is driven, and how it goes on after a stop.

    Attributes:
        phase: what it is driven for: ``TO_PLAN`` or ``TO_REST``.
        path_rad: postures on straight legs in joint space.
        is_kept: a stop is parked on this way, and the way is taken up again after it; after one on any other way the
            arm parks and comes back over the plan's waypoint, which such a way leads to or comes from.
        stands_first: the arm stands at the first posture, so that the wrist sensor may be tared on that leg.
    """

    phase: Phase
    path_rad: tuple[Vector, ...]
    is_kept: bool
    stands_first: bool

    def to_rest(self, leg: int) -> tuple[Vector, ...]:
        """Return where to go from a leg to come to rest on this way: on, or back to where the arm stood.

        Args:
            leg: index of the posture that the leg leads to.
        """
        return self.path_rad[leg:] if self.phase is Phase.TO_REST else self.path_rad[max(leg - 1, 0) :: -1]

    def rest_of(self, leg: int, parked_leg: int) -> tuple[Vector, ...]:
        """Return what is left of this way after a stop on it.

        Args:
            leg: index of the posture that the interrupted leg led to.
            parked_leg: index into ``to_rest(leg)`` of the posture that parking led to when it ended.
        """
        if self.phase is Phase.TO_REST:
            return self.path_rad[leg + parked_leg :]
        return self.path_rad[max(leg - parked_leg, 1) :]


class Ways:
    """Drives an arm on the ways of one plan; off them it changes nothing.

    Args:
        plan: the plan.
        robot: the law's model of the arm, for inertia and Jacobian of the present tick.
        dt_s: period [s].
        gains: how stiffly the joints are led.
    """

    def __init__(self, plan: PlanLike, robot: RobotModel, dt_s: float, gains: PathGains) -> None:
        self._plan, self._robot, self._dt_s, self._gains = plan, robot, dt_s, gains
        self._has_begun = False
        self._route: Route | None = None
        self._driver = self._driver_on(())
        self._parking: JointPathDriver | None = None
        self.is_at_rest = False
        """The arm has arrived at the end of its way to rest."""

    @property
    def is_driving(self) -> bool:
        """True while the arm is on a way, stopped or not: plan time stands still."""
        return self._route is not None

    @property
    def is_ending(self) -> bool:
        """True while the arm is on its way from the plan's end to rest, stopped or not."""
        return self._route is not None and self._route.phase is Phase.TO_REST

    @property
    def is_standing(self) -> bool:
        """True while the arm stands at the beginning of a way, so that the wrist sensor may be tared."""
        return self._route is not None and self._route.stands_first and self._driver.leg == 0

    @property
    def is_blocked(self) -> bool:
        """True once something has held the arm back on the way it is driven on now."""
        return (self._parking or self._driver).is_blocked

    @property
    def is_parked(self) -> bool:
        """True once a stopped arm rests where it parks."""
        return self._parking is not None and self._parking.is_arrived

    def labelled(self, reference: Reference) -> Reference:
        """Return the reference with the phase of the way; the same one off a way."""
        return reference if self._route is None else replace(reference, phase=self._route.phase)

    def begin(self, q_rad: Vector, start_rad: Vector) -> None:
        """Take the way to the plan's start, unless the arm is there; after the first call nothing happens.

        Args:
            q_rad: where the arm is, (n,).
            start_rad: posture that the plan begins at, (n,).
        """
        if self._has_begun:
            return
        self._has_begun, path = True, self._plan.start_path_rad
        is_there = all(abs(q - start) <= AT_START_RAD for q, start in zip(q_rad, start_rad, strict=True))
        if path or not is_there:
            self._take(Route(Phase.TO_PLAN, path or (q_rad, start_rad), is_kept=True, stands_first=True))

    def over_waypoint(self, posture_rad: Vector) -> None:
        """Take the way over the plan's waypoint to where the plan goes on, from anywhere on the plan.

        Args:
            posture_rad: posture of the plan where it goes on, (n,).
        """
        path = (*self._plan.park_path_rad[:1], posture_rad)
        self._take(Route(Phase.TO_PLAN, path, is_kept=False, stands_first=False))

    def is_done(self) -> bool:
        """Return True where the arm rests after the plan; where it does not, it takes the way to rest."""
        if not self.is_at_rest and self._plan.end_path_rad:
            self._take(Route(Phase.TO_REST, self._plan.end_path_rad, is_kept=True, stands_first=False))
            return False
        return True

    def break_off(self) -> None:
        """Note that a stop has interrupted the arm, on a way or off it."""
        self._parking = None
        if self._route is not None and not self._route.is_kept:
            self._route = None

    def resume(self, q_rad: Vector, posture_rad: Vector) -> None:
        """Take up the way that a stop interrupted, or else the way from the park posture to where the plan goes on.

        Args:
            q_rad: where the arm is, (n,).
            posture_rad: posture of the plan where it goes on, (n,).
        """
        route, parked_leg = self._route, 0 if self._parking is None else self._parking.leg
        if route is None:
            path = (q_rad, *self._plan.park_path_rad[-2::-1], posture_rad)
            self._take(Route(Phase.TO_PLAN, path, is_kept=False, stands_first=True))
            return
        left = route.rest_of(self._driver.leg, parked_leg)
        self._take(replace(route, path_rad=(q_rad, *left) if route.stands_first else left))

    def drive(self, command: Command, state: ArmState) -> Command:
        """Return the command of this tick on the way; at its end the arm is off it."""
        driver, robot = self._driver, self._robot
        command = driver.step(command, state, robot.mass)
        # The gate holds the speed toward the body against what was planned, which on a way is not the plan's.
        vx, vy, vz = (robot.jacobian[:3] @ driver.planned_rad_s).tolist()
        if driver.is_arrived:
            self.is_at_rest = self.is_ending
            self._route = None
        return replace(command, plan_error_m=0.0, surface_velocity_w=(vx, vy, vz))

    def park(self, command: Command, state: ArmState) -> Command:
        """Return the command of this tick that drives a stopped arm to rest, on the way it is on or on the plan's."""
        if self._parking is None:
            path = self._plan.park_path_rad if self._route is None else self._route.to_rest(self._driver.leg)
            self._parking = self._driver_on(path)
        return self._parking.step(command, state, self._robot.mass)

    def _take(self, route: Route) -> None:
        self._route, self._driver, self._parking = route, self._driver_on(route.path_rad), None

    def _driver_on(self, path_rad: tuple[Vector, ...]) -> JointPathDriver:
        return JointPathDriver(path_rad, self._gains, self._dt_s, self._robot.arm.friction_nm)


def driven_positions(plan: PlanLike, robot: RobotModel) -> list[Vector3]:
    """Return tool positions where the arm is driven outside the plan: park postures, and along the ways (W) [m]."""
    postures = [np.array(posture) for posture in plan.park_path_rad]
    for path in _driven_paths(plan):
        for here, there in pairwise(path):
            postures += list(np.linspace(here, there, LEG_SAMPLES))
    found = []
    for posture in postures:
        x, y, z = robot.tool_pose(posture)[0].tolist()
        found.append((x, y, z))
    return found


def driven_time_s(plan: PlanLike) -> float:
    """Return how long the ways before and after the plan take [s]."""
    legs = [np.subtract(there, here) for path in _driven_paths(plan) for here, there in pairwise(path)]
    return sum(float(leg_time_s(np.abs(leg).max())) for leg in legs)


def _driven_paths(plan: PlanLike) -> tuple[tuple[Vector, ...], ...]:
    """Return the ways before and after the plan, each from where the arm is then."""
    end = (plan.at(plan.duration_s).posture_rad, *plan.end_path_rad) if plan.end_path_rad else ()
    return plan.start_path_rad, end
