"""The same session on both tissue tiers: press and slide with the arm, its law and its gate, true forces and depths."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from controller.law.gains import STANDARD
from controller.observers import StepObserver
from controller.robot import RobotModel
from controller.safety.limits import PAD_CEILING_N
from controller.session_parts import SessionParts
from controller.types import ContactState, SegmentInfo, StepRecord, Truth
from sim.fem.mesh_settings import PATCHES
from sim.fem.patched_back import TAKE_AWAY_M
from sim.options import SimulationOptions
from sim.person.tissue_tier import Tier
from sim.plant import build_simulation
from sim.simulated_rig import simulated_rig
from sim.supervised_plant import SupervisedPlant
from trajectories.anatomy.back import Back
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from trajectories.planner import plan_paths
from trajectories.reach.base_placement import default_placement
from urdf.arms import load_arm
from workbench.campaigns.faults.short_plan import LEAD_S, LatePlan
from workbench.campaigns.tissue.strokes import SPEED_M_S, press_and_slide
from workbench.runs.prepare import DT_S
from workbench.runs.request import DEFAULT_MESH

Array = NDArray[np.float64]

FULL_SHARE = 0.999
"""Share of the set-point from which on the reference counts as full."""
REST_M_S = 1e-4
"""Speed of the reference up to which the pad counts as resting."""
_PRESS, _FORCE, _DEPTH, _ACROSS, _SPEED = range(5)


@dataclass(frozen=True, slots=True)
class SessionTask:
    """One place on one body, pressed and slid over with several forces.

    Attributes:
        body: body.
        place: one of ``workbench.campaigns.tissue.strokes.PLACES``.
        forces_n: set-points.
        arm: arm.
        seed: seed of breathing and noise; the person is the typical one.
        mesh: of the finite elements, of ``sim.fem.mesh_settings.PATCHES``.
    """

    body: str
    place: str
    forces_n: tuple[float, ...]
    arm: str = "servo7"
    seed: int = 1
    mesh: str = DEFAULT_MESH


@dataclass(frozen=True, slots=True)
class StrokePart:
    """What the truth says of a pad that rests or slides under full force.

    Attributes:
        depth_mm: mean depth.
        mean_n: mean press force.
        peak_n: largest press force.
        rms_n: root mean square of press force less set-point.
        friction: mean force across the normal over mean press force.
    """

    depth_mm: float
    mean_n: float
    peak_n: float
    rms_n: float
    friction: float


@dataclass(frozen=True, slots=True)
class TierRun:
    """One stroke on one tier.

    Attributes:
        tier: the tier.
        force_n: set-point.
        pressed: at rest.
        slid: in motion.
        speed: simulated over processor time, from just above the skin to lifting off; the patches' trials count.
        failure: why there is nothing to compare; empty where there is.
    """

    tier: str
    force_n: float
    pressed: StrokePart | None
    slid: StrokePart | None
    speed: float
    failure: str = ""


def run_session(task: SessionTask) -> tuple[TierRun, ...]:
    """Run the strokes of a place on both tiers; one result for every tier and force, law first."""
    body = load_body(task.body)
    skin = Skin.from_body(body)
    back = Back.of(body, skin)
    robot = RobotModel(load_arm(task.arm), default_placement(body, skin))
    whole = plan_paths([press_and_slide(task.place, force_n, back) for force_n in task.forces_n], back, robot)
    plan = LatePlan(_unbounded(whole), float(whole.starts_s[1]) - LEAD_S)
    return tuple(run for tier in (Tier.LAW, Tier.FEM) for run in _on_tier(task, tier, body, robot, plan))


def _unbounded(plan: Plan) -> Plan:
    """Let the limits be those of the pad, not of the region: nobody lies under this, and 40 N is at some ceilings."""

    def raised(segment: SegmentInfo) -> SegmentInfo:
        return replace(segment, ceiling_n=PAD_CEILING_N)

    return replace(plan, segments=tuple(raised(segment) for segment in plan.segments))


def _on_tier(task: SessionTask, tier: Tier, body: Body, robot: RobotModel, plan: LatePlan) -> list[TierRun]:
    options = SimulationOptions(seed=task.seed, dt_s=DT_S, has_scatter=False, tier=tier, mesh=PATCHES[task.mesh])
    parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, options))
    world = build_simulation(robot.arm, robot.placement, body, options)
    plant = SupervisedPlant(world, RobotModel(robot.arm, robot.placement), parts.supervisor_limits())
    seen = _Watch(task.forces_n)
    session = parts.session(plant, (StepObserver(seen.step, is_critical=True),), truth=plant)
    plant.configure()
    try:
        plant.activate(plan.rest_q_rad)
        stop = session.run().stop
    finally:
        plant.deactivate()
    return [
        seen.result(tier, index, str(stop.cause) if stop is not None else "") for index in range(len(task.forces_n))
    ]


class _Watch:
    """Keeps what the truth says of every stroke under full force."""

    def __init__(self, forces_n: Sequence[float]) -> None:
        self._forces_n = forces_n
        self._rows: list[list[tuple[float, ...]]] = [[] for _ in forces_n]
        self._near: list[list[tuple[float, float]]] = [[] for _ in forces_n]

    def step(self, record: StepRecord) -> None:
        """Take one tick."""
        reference = record.reference
        if record.truth and record.truth[0].depth_m > -TAKE_AWAY_M:
            near = self._near[reference.segment]
            near[1:] = [(record.t_s, time.process_time())]
        if record.contact is not ContactState.WORK or not record.truth:
            return
        target_n = self._forces_n[reference.segment]
        (pad,) = reference.pads
        if pad.press_n >= FULL_SHARE * target_n:
            vx, vy, vz = reference.twist[:3]
            row = _row(record.truth[0], (vx * vx + vy * vy + vz * vz) ** 0.5)
            self._rows[reference.segment].append(row)

    def result(self, tier: Tier, index: int, stop: str) -> TierRun:
        """Return one stroke."""
        force_n, rows = self._forces_n[index], np.array(self._rows[index]).reshape(-1, 5)
        rests, slides = rows[:, _SPEED] < REST_M_S, rows[:, _SPEED] > 0.5 * SPEED_M_S
        pressed = _phase(rows[rests & (np.cumsum(slides) == 0)], force_n)
        slid = _phase(rows[slides], force_n)
        failure = f"stopped: {stop}" if stop else "" if pressed and slid else "the force was never reached"
        return TierRun(tier.value, force_n, pressed, slid, _speed(self._near[index]), failure)


def _speed(near: Sequence[tuple[float, float]]) -> float:
    """Return simulated over processor time between first and last; 0 where nothing was near the skin."""
    if len(near) < 2:
        return 0.0
    (t0_s, p0_s), (t1_s, p1_s) = near
    return (t1_s - t0_s) / max(p1_s - p0_s, 1e-9)


def _row(truth: Truth, speed_m_s: float) -> tuple[float, ...]:
    force, normal = np.array(truth.force_w), np.array(truth.normal_w)
    along = float(force @ normal)
    across = float(np.linalg.norm(force - along * normal))
    return truth.press_n, along, truth.depth_m, across, speed_m_s


def _phase(rows: Array, force_n: float) -> StrokePart | None:
    if len(rows) == 0:
        return None
    press = rows[:, _PRESS]
    return StrokePart(
        depth_mm=1e3 * float(rows[:, _DEPTH].mean()),
        mean_n=float(press.mean()),
        peak_n=float(press.max()),
        rms_n=float(np.sqrt(np.mean((press - force_n) ** 2))),
        friction=float(rows[:, _ACROSS].mean() / press.mean()),
    )
