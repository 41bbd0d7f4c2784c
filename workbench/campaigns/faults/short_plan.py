"""What every session of a fault campaign needs before it can begin: a short one-stroke plan with limits and bounds."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from controller.bounds import refuse_unbounded
from controller.law.gains import STANDARD
from controller.robot import RobotModel
from controller.safety.limits import SESSION_CEILING_S
from controller.session_parts import SessionParts
from controller.types import ClearanceGrid, Reference, SegmentInfo, Vector
from sim.differences.plants import EXACT
from sim.differences.values import EXACT_PLANT, PlantDifferences
from sim.options import SimulationOptions
from sim.simulated_rig import simulated_rig
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from trajectories.planner import plan_session
from trajectories.programs.model import Program
from trajectories.reach.base_placement import default_placement
from trajectories.techniques.registry import technique_named
from urdf.arms import load_arm
from workbench.runs.gains_file import load_gains
from workbench.runs.plant_margins import plant_of, refuse_ringing_plant
from workbench.runs.prepare import DT_S

LEAD_S = 0.05
"""End of the transfer that a session still goes through: the arm begins at rest, free, above the skin."""


@dataclass(frozen=True, slots=True, eq=False)
class LatePlan:
    """A plan of one stroke that begins just above the skin; implements ``controller.types.PlanLike``.

    Attributes:
        whole: the plan.
        begin_s: its time at which this one begins.
    """

    whole: Plan
    begin_s: float

    @property
    def segments(self) -> tuple[SegmentInfo, ...]:
        """The stroke."""
        begin = self.begin_s
        return tuple(replace(s, start_s=s.start_s - begin, end_s=s.end_s - begin) for s in self.whole.segments)

    @property
    def duration_s(self) -> float:
        """Length [s]."""
        return self.whole.duration_s - self.begin_s

    @property
    def hold_times_s(self) -> tuple[float, ...]:
        """Where the clock waits for the press force."""
        return tuple(time_s - self.begin_s for time_s in self.whole.hold_times_s)

    @property
    def resume_times_s(self) -> tuple[float, ...]:
        """A cell that is resumed, which only one with the whole transfer is, goes back to its beginning."""
        return (0.0,)

    @property
    def park_path_rad(self) -> tuple[Vector, ...]:
        """As in the whole plan."""
        return self.whole.park_path_rad

    @property
    def start_path_rad(self) -> tuple[Vector, ...]:
        """A cell begins at its start posture."""
        return ()

    @property
    def end_path_rad(self) -> tuple[Vector, ...]:
        """A cell is over with its plan; the way to rest after a completed plan is tested by sessions."""
        return ()

    @property
    def rest_q_rad(self) -> Vector:
        """Posture that the arm stands in at the beginning."""
        return self.start_q_rad

    @property
    def start_q_rad(self) -> Vector:
        """Posture to begin at."""
        return self.whole.at(self.begin_s).posture_rad

    @property
    def registration(self) -> None:
        """A cell goes without: it begins just above its only stroke."""
        return None

    @property
    def keep_out(self) -> ClearanceGrid | None:
        """As in the whole plan."""
        return self.whole.keep_out

    def at(self, t_s: float) -> Reference:
        """Return the reference at a time of this plan."""
        return replace(self.whole.at(t_s + self.begin_s), t_s=t_s)


@dataclass(frozen=True, slots=True, eq=False)
class ShortPlan:
    """A plan that may be run, as often as wanted.

    Attributes:
        body: the body.
        plan: one short stroke, from just above the skin.
        parts: what its sessions are made from, with the standard gains.
        differences: what the plant differs by from its model.
    """

    body: Body
    plan: LatePlan
    parts: SessionParts
    differences: PlantDifferences = EXACT_PLANT

    def parts_with(self, gains: str) -> SessionParts:
        """Return the parts with gains by name or from a file; raises ConfigError."""
        return replace(self.parts, gains=load_gains(gains).gains)

    def from_the_transfer(self) -> ShortPlan:
        """Return the same with the whole way to the stroke: a session can come back to its beginning."""
        late = LatePlan(self.plan.whole, 0.0)
        return replace(self, plan=late, parts=replace(self.parts, plan=late))


def unhurried(parts: SessionParts) -> SessionParts:
    """Return the parts of a session that is stopped and goes on: it has all the time there is."""
    return replace(parts, limits=replace(parts.limits, session_s=SESSION_CEILING_S))


@functools.lru_cache(maxsize=16)
def _short_plan(technique: str, body_name: str, arm_name: str, force_n: float, plant: str, seed: int) -> ShortPlan:
    """Return the short plan of a technique, see ``short_plan``."""
    body = load_body(body_name)
    skin = Skin.from_body(body)
    differences, arm = plant_of(plant, load_arm(arm_name), seed)
    robot = RobotModel(arm, default_placement(body, skin))
    stroke = technique_named(technique, "--techniques").short_stroke(force_n)
    program = Program(schema_version=1, name="fault", strokes=(stroke,))
    plan = plan_session(program, body, skin, robot)
    # The limits hold the whole way from rest, of which a cell goes through the end only.
    rig = simulated_rig(robot.arm, SimulationOptions(dt_s=DT_S, differences=differences))
    whole = SessionParts.of(plan, robot, STANDARD, rig)
    refuse_unbounded(whole.bounds)
    refuse_ringing_plant(differences, whole)
    late = LatePlan(plan, float(plan.starts_s[1]) - LEAD_S)
    return ShortPlan(body, late, replace(whole, plan=late), differences)


def short_plan(
    technique: str, body_name: str, arm_name: str, force_n: float, plant: str = EXACT, seed: int = 1
) -> ShortPlan:
    """Return the short plan of a technique, made once per process for all seeds of an exact plant.

    Args:
        technique: technique.
        body_name: body, name or file.
        arm_name: arm.
        force_n: set-point; of kneading the crest of its wave.
        plant: what the plant differs by, name or file.
        seed: that draws it.

    Raises:
        PlanError: this body or arm cannot have it at this force.
        ConfigError: a name is wrong.
    """
    return _short_plan(technique, body_name, arm_name, force_n, plant, 1 if plant == EXACT else seed)
