"""Whether the running law is stable on the arm: in all six directions and all joints at once, elasticity included.

The law's own code, linearised (``law.linearised``), is closed around the sampled elastic arm (``elastic_plant``) in
postures of every stroke: in the air, in the approach and pressed on the tissue. A loop is sound where every eigenvalue
decays also with other joints, drives and tissue than the files say (``DOUBTS``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from controller.arm import JointDrive
from controller.elastic_plant import ElasticPlant, TissueSpring, elastic_plant, link_inertia
from controller.law.gains import ForceGains, LawSettings
from controller.law.linearised import LinearLaw, linear_law
from controller.law.tissue_stiffness import SAFE_SIDE
from controller.rig import Rig
from controller.robot import RobotModel
from controller.types import ContactState, PlanLike, Reference, SegmentInfo

Array = NDArray[np.float64]

BASE_LAG_TICKS = 2
"""Lag that the model has by itself: a command acts in the next tick, a wrench sample is one tick old."""
GROWTH_PER_S = 0.1
"""Growth that counts: slower ones are what differentiating numerically leaves of constants that never change."""
SLOWEST_HZ = 0.5
"""Below this the operator and the plan are faster than any growth; states that are held in a posture stand there."""
TISSUE_LOSS_FACTOR = 0.1
"""Loss factor of muscle under a pad, rounded down; see ``controller.bounds``."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A way in which the arm or the tissue may differ from what is known of them.

    Attributes:
        name: in words.
        stiffness: of the joints, over the file's.
        torque: of the drives, over what is commanded.
        ticks: further delay.
        tissue: stiffness of the tissue, over the plan's.
        learned_n_per_m: stiffness of another tissue, which the law has learned; 0 for the plan's.
    """

    name: str
    stiffness: float = 1.0
    torque: float = 1.0
    ticks: int = 0
    tissue: float = 1.0
    learned_n_per_m: float = 0.0


DOUBTS = (
    Doubt("as the files say"),
    Doubt("joints softer by a third", stiffness=0.67),
    Doubt("joints stiffer by a half", stiffness=1.5),
    Doubt("torque larger by a third", torque=1.33),
    Doubt("one tick later", ticks=1),
    Doubt("three ticks later", ticks=3),
    Doubt("tissue twice as stiff", tissue=2.0),
    Doubt("tissue of 35 N/mm, learned", learned_n_per_m=35e3),
)
"""What the margins are for: a gain margin of a third, one tick, and the spread of gears and people (design choice)."""
CAP_DOUBTS = DOUBTS[:5]
"""Those for the press-speed cap: it acts for some tenths of a second at a time, in which what grows only three ticks
later does not get far (design choice)."""
UNSTATED = Doubt("unstated drives in their play", stiffness=0.4)
"""One more where the file does not state every drive: what a joint without a load keeps of its stiffness while it
swings from flank to flank of a gear whose play nobody knows (design choice)."""


@dataclass(frozen=True, slots=True)
class LoopVerdict:
    """The worst loop that was found.

    Attributes:
        growth_per_s: of its fastest growing mode; below zero it decays.
        frequency_hz: of that mode.
        joint: number (from 1) of the joint that moves most in it.
        place: stroke and contact state.
        doubt: under which doubt.
    """

    growth_per_s: float
    frequency_hz: float
    joint: int
    place: str
    doubt: str

    @property
    def is_sound(self) -> bool:
        """True where every mode decays; NaN is not sound."""
        return self.growth_per_s <= GROWTH_PER_S


@dataclass(frozen=True, slots=True, eq=False)
class _Posture:
    """What a loop needs of one posture.

    Attributes:
        links: M_l (n, n).
        row: n^T J, (n,).
        load_gradient: (n, n), change of the torque that holds arm and press force.
        contact_s: wrench in S of one newton along the normal at T, (6,).
        inertia_s: wrench in S of joint accelerations, (6, n): the tool's inertia.
        own_kg_m2: diagonal of M, (n,).
        mass_kg: effective mass along the normal.
    """

    links: Array
    row: Array
    load_gradient: Array
    contact_s: Array
    inertia_s: Array
    own_kg_m2: Array
    mass_kg: float


@dataclass(frozen=True, slots=True, eq=False)
class _Loop:
    """A closed loop, one tick a step.

    Attributes:
        step: the loop, (m, m).
        joint_speed: speeds of the joints over its first states, (n, k).
        own_kg_m2: diagonal of M, (n,).
        place: stroke and contact state.
        doubt: under which doubt.
    """

    step: Array
    joint_speed: Array
    own_kg_m2: Array
    place: str
    doubt: str


def doubts_of(drives: Sequence[JointDrive]) -> tuple[Doubt, ...]:
    """Return the doubts that these drives call for."""
    return DOUBTS if all(drive.is_known for drive in drives) else (*DOUBTS, UNSTATED)


def check_loops(
    plan: PlanLike,
    robot: RobotModel,
    gains: ForceGains,
    settings: LawSettings,
    rig: Rig,
    drives: Sequence[JointDrive] | None = None,
    doubts: Sequence[Doubt] | None = None,
    *,
    stop_at_growth: bool = False,
) -> LoopVerdict:
    """Return the worst loop of a plan.

    Args:
        plan: the plan.
        robot: the arm; its buffers are used.
        gains: of the force loop.
        settings: of the law.
        rig: lag of loop and drives.
        drives: other drives than the arm's file says, None for those.
        doubts: which doubts; None for all that the drives call for.
        stop_at_growth: return the first loop that grows, which need not be the worst: much faster where one does.
    """
    known = tuple(drives or robot.arm.drives)
    chosen = doubts_of(known) if doubts is None else doubts
    return _worst(_loops(plan, robot, gains, settings, rig, known, chosen), rig.dt_s, stop_at_growth=stop_at_growth)


def check_press_cap(
    plan: PlanLike, robot: RobotModel, gains: ForceGains, settings: LawSettings, rig: Rig, rate_per_s: float
) -> LoopVerdict:
    """Return the first loop that grows while the gate's press-speed cap acts, or the worst where none does.

    The cap takes press force away in proportion to the law's estimate of the speed toward the body, as the law's own
    speed loop in an approach does: it is that loop with the cap's slope for a damping, in the air and on the skin.

    Args:
        plan: the plan.
        robot: the arm; its buffers are used.
        gains: of the force loop.
        settings: of the law, whose estimate of the speed counts.
        rig: lag of loop and drives.
        rate_per_s: slope of the cap over the effective mass of a stroke.
    """
    return _worst(_cap_loops(plan, robot, gains, settings, rig, rate_per_s), rig.dt_s, stop_at_growth=True)


def _worst(loops: Iterator[_Loop], dt_s: float, *, stop_at_growth: bool) -> LoopVerdict:
    worst, growth_per_s = None, -math.inf
    for loop in loops:
        found_per_s = _growth_per_s(loop, dt_s)
        if not found_per_s <= growth_per_s:
            worst, growth_per_s = loop, found_per_s
        if stop_at_growth and not found_per_s <= GROWTH_PER_S:
            break
    if worst is None:
        return LoopVerdict(-math.inf, 0.0, 0, "no stroke", "")
    frequency_hz, joint = _main_motion(worst, dt_s)
    return LoopVerdict(growth_per_s, frequency_hz, joint, worst.place, worst.doubt)


def _cap_loops(
    plan: PlanLike, robot: RobotModel, gains: ForceGains, settings: LawSettings, rig: Rig, rate_per_s: float
) -> Iterator[_Loop]:
    """Yield the loops of the press-speed cap at the beginning of every stroke."""
    for segment in plan.segments:
        slope, reference = rate_per_s * segment.lambda_n_kg, plan.at(segment.start_s)
        capped = replace(settings, approach_damping_ns_per_m=slope, approach_damping_least_ns_per_m=slope)
        law = linear_law(robot, gains, capped, rig.dt_s, reference, ContactState.APPROACH, 0.0)
        posture = _posture(robot, reference, 0.0)
        for doubt, touched in itertools.product(CAP_DOUBTS, (0.0, segment.working_stiffness_n_per_m)):
            step, plant = _closed(law, posture, robot.arm.drives, rig, doubt, touched)
            yield _Loop(step, plant.dq, posture.own_kg_m2, f"{segment.name}, press-speed cap", doubt.name)


def _loops(
    plan: PlanLike,
    robot: RobotModel,
    gains: ForceGains,
    settings: LawSettings,
    rig: Rig,
    drives: Sequence[JointDrive],
    doubts: Sequence[Doubt],
) -> Iterator[_Loop]:
    """Yield every loop of a plan; those in the air first, where a light wrist swings most easily."""
    for segment in plan.segments:
        for contact, reference in _places(plan, segment):
            press_n = segment.force_target_n if contact is ContactState.WORK else 0.0
            expected = linear_law(robot, gains, settings, rig.dt_s, reference, contact, press_n)
            posture = _posture(robot, reference, press_n)
            for doubt in doubts:
                if (doubt.tissue != 1.0 or doubt.learned_n_per_m > 0.0) and contact is not ContactState.WORK:
                    continue
                law, tissue = expected, segment.working_stiffness_n_per_m * doubt.tissue
                if doubt.learned_n_per_m > 0.0:
                    tissue = doubt.learned_n_per_m
                    learned = replace(settings, tissue_n_per_m=SAFE_SIDE * tissue)
                    law = linear_law(robot, gains, learned, rig.dt_s, reference, contact, press_n)
                touched = tissue if contact is ContactState.WORK else 0.0
                step, plant = _closed(law, posture, drives, rig, doubt, touched)
                yield _Loop(step, plant.dq, posture.own_kg_m2, f"{segment.name}, {contact}", doubt.name)


def _places(plan: PlanLike, segment: SegmentInfo) -> list[tuple[ContactState, Reference]]:
    """Return contact states and postures of a stroke: both its ends at work, its beginning also in the air."""
    first, last = plan.at(segment.start_s), plan.at(segment.end_s)
    return [
        (ContactState.FREE, first),
        (ContactState.APPROACH, first),
        (ContactState.WORK, first),
        (ContactState.WORK, last),
    ]


def _posture(robot: RobotModel, reference: Reference, press_n: float) -> _Posture:
    q, n = np.array(reference.posture_rad), robot.joints
    normal = np.array(reference.pads[0].normal_w)
    gradient = _load_gradient(robot, q, press_n * normal)
    robot.update(q, np.zeros(n))
    tool = robot.arm.tool
    position_ts, rotation_ts = robot.sensor_in_tool()
    into_s = (robot.rotation @ rotation_ts).T
    to_sensor = robot.rotation @ position_ts
    to_centre = into_s.T @ np.array(tool.com_s_m)
    centre = robot.jacobian[:3] - _cross(to_sensor + to_centre) @ robot.jacobian[3:]
    pull = -tool.mass_kg * into_s
    inverse = np.linalg.solve(robot.mass, robot.jacobian[:3].T @ normal)
    row = normal @ robot.jacobian[:3]
    return _Posture(
        links=link_inertia(robot.mass.copy(), robot.arm.drives),
        row=row,
        load_gradient=gradient,
        contact_s=np.concatenate([into_s @ normal, into_s @ np.cross(-to_sensor, normal)]),
        inertia_s=np.vstack([pull @ centre, pull @ _cross(to_centre) @ centre]),
        own_kg_m2=np.diag(robot.mass).copy(),
        mass_kg=1.0 / float(row @ inverse),
    )


def _load_gradient(robot: RobotModel, q: Array, force_w: Array, step: float = 1e-5) -> Array:
    """Return d(g - J^T f)/dq, (n, n), by central differences."""
    n = q.size
    gradient = np.zeros((n, n))
    for joint in range(n):
        for sign in (1.0, -1.0):
            moved = q.copy()
            moved[joint] += sign * step
            robot.update(moved, np.zeros(n))
            held = robot.gravity - robot.jacobian[:3].T @ force_w
            gradient[:, joint] += sign * held / (2.0 * step)
    return gradient


def _closed(
    law: LinearLaw, posture: _Posture, drives: Sequence[JointDrive], rig: Rig, doubt: Doubt, tissue_n_per_m: float
) -> tuple[Array, ElasticPlant]:
    """Return the closed loop of plant, wrist sensor and law, one tick a step, and the plant, whose states come first.

    States behind the plant's: joint speeds and contact force one tick ago, wrenches on their way from the sensor, the
    law's. Of the loop's lag, what the wrist sensor's period explains delays the wrench alone.
    """
    n, dt_s = posture.row.size, rig.dt_s
    damping = TISSUE_LOSS_FACTOR * math.sqrt(tissue_n_per_m * posture.mass_kg)
    spring = TissueSpring(posture.row, tissue_n_per_m, damping)
    scaled = [replace(drive, stiffness_nm_per_rad=doubt.stiffness * drive.stiffness_nm_per_rad) for drive in drives]
    late = max(0, rig.loop_lag_ticks - BASE_LAG_TICKS)
    waits = min(late, round(rig.sensor_period_s / dt_s) - 1)
    delay = 1 + late - waits + doubt.ticks
    plant = elastic_plant(
        posture.links, scaled, rig.drive_lag_s, delay, dt_s, spring if tissue_n_per_m > 0.0 else None,
        posture.load_gradient,
    )  # fmt: skip
    size, own = plant.a.shape[0], law.a.shape[0]
    force = -(tissue_n_per_m * (posture.row @ plant.q) + damping * (posture.row @ plant.dq))
    total = size + n + 1 + 6 * waits + own
    before, last, mine = slice(size, size + n), size + n, slice(total - own, total)
    line = size + n + 1
    senses = np.zeros((3 * n + 6, total))
    senses[:n, :size], senses[n : 2 * n, :size], senses[2 * n : 3 * n, :size] = (
        plant.sensed_q, plant.sensed_dq, plant.drive,
    )  # fmt: skip
    wrench = np.zeros((6, total))
    wrench[:, :size] = 0.5 * np.outer(posture.contact_s, force) + posture.inertia_s @ plant.dq / dt_s
    wrench[:, before] = -posture.inertia_s / dt_s
    wrench[:, last] = 0.5 * posture.contact_s
    loop = np.zeros((total, total))
    for k in range(waits):
        loop[line + 6 * k : line + 6 * k + 6] = wrench
        wrench = np.eye(total)[line + 6 * k : line + 6 * k + 6]
    senses[3 * n :] = wrench
    loop[:size, :size] = plant.a
    into = doubt.torque * plant.b
    loop[:size] += into @ law.d @ senses
    loop[:size, mine] += into @ law.c
    loop[before, :size], loop[last, :size] = plant.dq, force
    loop[mine] += law.b @ senses
    loop[mine, mine] += law.a
    return loop, plant


def _growth_per_s(loop: _Loop, dt_s: float) -> float:
    """Return the growth [1/s] of the fastest growing mode; infinite where the loop is not finite."""
    if not np.all(np.isfinite(loop.step)):
        return math.inf
    values = np.asarray(np.linalg.eigvals(loop.step), dtype=np.complex128)
    size = float(np.max(_sizes(values, dt_s)))
    return math.log(size) / dt_s if size > 0.0 else -math.inf


def _main_motion(loop: _Loop, dt_s: float) -> tuple[float, int]:
    """Return frequency [Hz] and main joint (from 1) of the fastest growing mode; NaN and 0 where there is none.

    The vectors of the modes take as long again as all of their growth, and only the worst loop is asked for them.
    """
    if not np.all(np.isfinite(loop.step)):
        return math.nan, 0
    found, vectors = np.linalg.eig(loop.step)
    values = np.asarray(found, dtype=np.complex128)
    worst = int(np.argmax(_sizes(values, dt_s)))
    moving = np.abs(loop.joint_speed @ vectors[: loop.joint_speed.shape[1], worst]) ** 2 * loop.own_kg_m2
    return float(_frequency_hz(values, dt_s)[worst]), int(np.argmax(moving)) + 1


def _sizes(values: NDArray[np.complex128], dt_s: float) -> Array:
    """Return by how much a tick multiplies every mode, 0 for those that are too slow to count."""
    return np.where(_frequency_hz(values, dt_s) >= SLOWEST_HZ, np.abs(values), 0.0)


def _frequency_hz(values: NDArray[np.complex128], dt_s: float) -> Array:
    return np.asarray(np.abs(np.angle(values)) / (2.0 * math.pi * dt_s), dtype=np.float64)


def _cross(vector: Array) -> Array:
    """Return the (3, 3) matrix of the cross product with a vector from the left."""
    x, y, z = vector
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
