"""The gains of every stop law, from the arm's inertia, its lag and its elasticity; no effort, no friction of a file.

Wanted are rates: how fast a joint alone, or the tool alone, loses its speed. Times the smallest inertia of the plan's
postures they are a damping D, joints and tool together, which is then lowered as a whole until the loop through drives,
delay and elastic joints keeps its margins (``loop_margin``) in every posture, at every delay that a stop law works
with, for joints as the file says and for softer and stiffer ones, in the air and on the tissue. Where joints are
measured at the motor, rotors swing against the links at a frequency that the delay turns against the damping: a filter
of the speeds takes that away, for the price of a lower damping.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from controller.arm import JointDrive
from controller.elastic_plant import TissueSpring, link_inertia
from controller.errors import PlanError
from controller.law.margins import ACTUATOR_LAG_S
from controller.loop_margin import (
    ELASTICITIES,
    GAIN_MARGIN,
    PHASE_MARGIN_DEG,
    Mobility,
    Path,
    critical_gain,
    elastic_mobility,
    rigid_mobility,
)
from controller.path_gains import PathGains
from controller.path_margin import path_loads
from controller.posture_samples import Sample, braced_joints, extremes, posture_samples
from controller.rig import Rig
from controller.robot import RobotModel
from controller.safety.limits import StopGains
from controller.safety.supervision import BEAT_S
from controller.types import PlanLike
from controller.wording import distinct_decimals

Array = NDArray[np.float64]

MOST_FORCE_N, MOST_MOMENT_NM = 30.0, 1.0
"""Largest static tool force that a stopped arm adds (design choice: twice the pull), and what its joints may give
beside that for friction and for joints without a lever."""
WORK_N, WORK_NM = 40.0, 4.0
"""Tool force and joint torque that a joint needs beside what holds the arm, to work (assumed): most ceilings of places,
and friction of the pad on skin."""
STUCK_N_PER_S = 20.0
"""How fast the pull on a tool grows that friction holds on the skin: 10 N after half a second (design choice). Not part
of the loop that the margins are of: it ends once the tool moves, and no stop unloads for longer than a second."""
LEAST_PER_S = 0.8
"""A joint that may lose its speed no faster than this is refused (assumed): pushed on, it would drift for seconds."""
ROUNDING = 1e-6
PATH_STEP = 2
"""Every second extreme posture is looked at for the ways, whose gains go with the inertia of each."""
SPARE_DELAY_S = 0.002
"""Delay beyond what the rig states (assumed): transport through a bus, speeds that are differenced."""
TISSUE_LOSS_FACTOR = 0.1
"""Loss factor of muscle under a pad, rounded down; see ``controller.bounds``."""


@dataclass(frozen=True, slots=True)
class _Rates:
    """What the gains are made from, before the margins lower them.

    Attributes:
        float_per_s: rate at which a joint alone loses its speed.
        unload_per_s: rate of the tool's speed loop along the normal.
        growth_per_s: how fast its pull grows, over its gain.
        drag_per_s: rate of the tool across the normal, by the joints before the wrist.
        corner_rad_s: filter of the speeds.
        learn_per_s: rate at which is learned what the joints lack.
    """

    float_per_s: float
    unload_per_s: float
    growth_per_s: float
    drag_per_s: float
    corner_rad_s: float
    learn_per_s: float


PLAIN = _Rates(8.0, 15.0, 10.0, 25.0, math.inf, 8.0)
"""Rates where the speeds need no filter (design choice): a joint is at rest after some tenths of a second."""
FILTERED = _Rates(4.0, 6.0, 3.0, 8.0, 45.0, 2.0)
"""Rates that a filter leaves room for (design choice); its corner lowers a rotor's swing at 340 rad/s to a sixtieth."""
FILTER_BELOW_SHARE = 0.35
"""Where no more of the plain rates than this is left by the margins, the filter is tried (design choice)."""


@dataclass(frozen=True, slots=True)
class LoopTiming:
    """What delays a stop law.

    Attributes:
        dt_s: period of session loop and drives.
        loop_lag_s: pure lag of the session loop on top of the drives' own: age of joint speeds, transport.
        drive_lag_s: time constant of the drives' torque loops.
    """

    dt_s: float
    loop_lag_s: float
    drive_lag_s: float

    @classmethod
    def of(cls, rig: Rig | None) -> Self:
        """Return the timing of a rig, whose joints are read in every period however slow the wrist sensor is.

        Where no rig is known it is that of the simulated one.
        """
        if rig is None:
            return cls(1e-3, 2e-3, ACTUATOR_LAG_S)
        return cls(rig.dt_s, rig.loop_lag_s - rig.sensor_period_s + rig.dt_s, rig.drive_lag_s)


@dataclass(frozen=True, slots=True)
class StopMargin:
    """Margin of one stop law over all postures, joints and elasticities.

    Attributes:
        law: which one.
        gain_margin: by which factor its gains could grow until it swings, ``PHASE_MARGIN_DEG`` of phase put aside.
        worst: where that is, in words.
    """

    law: str
    gain_margin: float
    worst: str


@dataclass(frozen=True, slots=True)
class _Law:
    """A stop law as its loop sees it.

    Attributes:
        name: of the law.
        delay_s: transport, and half of the time that a command is held.
        is_unloading: it moves the tool as well as damping the joints.
    """

    name: str
    delay_s: float
    is_unloading: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Loop:
    """Eigenvalues of P D in one posture, and which loop it is."""

    place: str
    omega: Array
    eigenvalues: NDArray[np.complex128]
    is_unloading: bool


def stop_gains(plan: PlanLike, robot: RobotModel, timing: LoopTiming) -> StopGains:
    """Return the gains of the stop laws.

    Args:
        plan: what the arm is stopped in.
        robot: the arm; its buffers are used.
        timing: of loop and drives.
    """
    samples = posture_samples(plan, robot)
    plain = _share(PLAIN, samples, plan, robot, timing)
    if plain >= FILTER_BELOW_SHARE:
        return _gains(PLAIN, samples, plain)
    filtered = _share(FILTERED, samples, plan, robot, timing)
    is_better = filtered * FILTERED.float_per_s > plain * PLAIN.float_per_s
    return _gains(FILTERED, samples, filtered) if is_better else _gains(PLAIN, samples, plain)


def stop_margins(plan: PlanLike, robot: RobotModel, gains: StopGains, timing: LoopTiming) -> tuple[StopMargin, ...]:
    """Return the margin of every stop law with these gains.

    Args:
        plan: what the arm is stopped in.
        robot: the arm; its buffers are used.
        gains: of the stop laws.
        timing: of loop and drives.
    """
    samples = posture_samples(plan, robot)
    return (*_margins(samples, plan, robot, gains, timing), _path_margin(samples, robot, gains, timing))


def refuse_swinging(plan: PlanLike, robot: RobotModel, gains: StopGains, timing: LoopTiming) -> None:
    """Refuse an arm that a stop law would make swing, or hardly damp at all.

    Raises:
        PlanError: names the law, the elasticity and the place, what was found and what is allowed.
    """
    todo = "use an arm with stiffer joints or encoders at its links, or a faster loop; check the inertias in its file"
    samples = posture_samples(plan, robot)
    own = np.min([sample.own_kg_m2 for sample in samples], axis=0)
    rates = np.array(gains.float_damping_nms_per_rad) / own
    joint = int(np.argmin(rates))
    if not rates[joint] >= LEAST_PER_S:
        raise PlanError(
            "all strokes",
            f"stop laws, joint {joint + 1}",
            f"a damping that slows this joint at {rates[joint]:.2g} per second; more would not be stable",
            f"at least {LEAST_PER_S:g} per second",
            todo,
        )
    rows = (*_margins(samples, plan, robot, gains, timing), _path_margin(samples, robot, gains, timing))
    for row in rows:
        if not row.gain_margin >= GAIN_MARGIN * (1.0 - ROUNDING):
            got, allowed = distinct_decimals(row.gain_margin, GAIN_MARGIN, 2)
            raise PlanError(
                "all strokes",
                f"stop law {row.law}, {row.worst}",
                f"gain margin {got} (with {PHASE_MARGIN_DEG:.0f} deg of phase left)",
                f"at least {allowed}",
                todo,
            )


def _laws(timing: LoopTiming) -> tuple[_Law, ...]:
    host_s = timing.loop_lag_s + 0.5 * timing.dt_s
    supervisor_s = timing.loop_lag_s + timing.dt_s + 0.5 * BEAT_S
    late = f"{1e3 * SPARE_DELAY_S:g} ms late"
    alone = (_Law("of drives left alone", 1.5 * timing.dt_s, is_unloading=False),)
    return alone + tuple(
        _Law(f"{does} by {who}", delay_s, is_unloading)
        for does, is_unloading in (("floating", False), ("unloading", True))
        for who, delay_s in (
            ("the session loop", host_s),
            (f"the session loop, {late}", host_s + SPARE_DELAY_S),
            ("the supervisor", supervisor_s),
            (f"the supervisor, {late}", supervisor_s + SPARE_DELAY_S),
        )
    )


def _share(rates: _Rates, samples: Sequence[Sample], plan: PlanLike, robot: RobotModel, timing: LoopTiming) -> float:
    """Return what the margins leave of the gains of these rates."""
    margins = _margins(samples, plan, robot, _gains(rates, samples, 1.0), timing)
    return min(1.0, min(row.gain_margin for row in margins) / GAIN_MARGIN)


def _gains(rates: _Rates, samples: Sequence[Sample], share: float) -> StopGains:
    """Return a share of the gains that the rates ask for, on the smallest inertias of all postures."""
    own = np.min([sample.own_kg_m2 for sample in samples], axis=0)
    lever = np.max([np.linalg.norm(sample.jacobian[:3], axis=0) for sample in samples], axis=0)
    held = np.max([np.abs(sample.gravity_nm) for sample in samples], axis=0)
    unload = share * rates.unload_per_s * min(sample.along_kg for sample in samples)
    return StopGains(
        float_damping_nms_per_rad=tuple((share * rates.float_per_s * own).tolist()),
        most_damping_nm=tuple((MOST_FORCE_N * lever + MOST_MOMENT_NM).tolist()),
        unload_damping_ns_per_m=unload,
        unload_spring_n_per_m=rates.growth_per_s * unload,
        unload_stuck_n_per_s=STUCK_N_PER_S,
        drag_ns_per_m=share * rates.drag_per_s * min(sample.braced_kg for sample in samples),
        drag_joints=braced_joints(own.size),
        most_force_n=MOST_FORCE_N,
        speed_filter_rad_s=rates.corner_rad_s,
        work_nm=tuple((held + WORK_N * lever + WORK_NM).tolist()),
        learn_per_s=share * rates.learn_per_s,
    )


def _margins(
    samples: Sequence[Sample], plan: PlanLike, robot: RobotModel, gains: StopGains, timing: LoopTiming
) -> tuple[StopMargin, ...]:
    stiffness = max((segment.stiffness_n_per_m for segment in plan.segments), default=0.0)
    loops = [loop for sample in extremes(samples) for loop in _loops(sample, robot.arm.drives, gains, stiffness)]
    return tuple(_margin(law, loops, gains, timing.drive_lag_s) for law in _laws(timing))


def _margin(law: _Law, loops: Sequence[_Loop], gains: StopGains, drive_lag_s: float) -> StopMargin:
    """Return the margin of one law over all loops of its kind."""
    has_growth = law.is_unloading and gains.unload_damping_ns_per_m > 0.0
    growth_per_s = gains.unload_spring_n_per_m / gains.unload_damping_ns_per_m if has_growth else 0.0
    path = Path(law.delay_s, drive_lag_s, gains.speed_filter_rad_s, 0.0, growth_per_s)
    own = [loop for loop in loops if loop.is_unloading is law.is_unloading]
    found = [critical_gain(loop.eigenvalues, loop.omega, path) for loop in own]
    worst = int(np.argmax(found))
    margin = 1.0 / found[worst] if found[worst] > 0.0 else math.inf
    return StopMargin(law.name, margin if math.isfinite(found[worst]) else 0.0, own[worst].place)


def _path_margin(samples: Sequence[Sample], robot: RobotModel, gains: StopGains, timing: LoopTiming) -> StopMargin:
    """Return the margin of parking and ways, as if they had to have ``GAIN_MARGIN`` of what they need."""
    path, host_s = PathGains.of(gains), timing.loop_lag_s + 0.5 * timing.dt_s
    delays_s = (host_s, host_s + SPARE_DELAY_S)
    worst, place = 0.0, "any posture"
    for sample in extremes(samples)[::PATH_STEP]:
        arms = _arms(sample, robot.arm.drives, None)
        loads = path_loads(arms, sample.mass, path, delays_s, timing.drive_lag_s)
        index = int(np.argmax(loads))
        if not loads[index] <= worst:
            worst, place = float(loads[index]), f"joint elasticity {arms[index].name}, in the air"
    margin = GAIN_MARGIN / worst if 0.0 < worst < math.inf else 0.0
    return StopMargin("of parking and ways", margin, place)


def _loops(sample: Sample, drives: Sequence[JointDrive], gains: StopGains, stiffness: float) -> list[_Loop]:
    """Return the damping loops in one posture: joints alone, and with the tool's; rigid and elastic; air and tissue."""
    joints = np.diag(gains.float_damping_nms_per_rad)
    along = sample.axis_w @ sample.jacobian[:3]
    braced = sample.braced_jacobian
    across = braced - np.outer(sample.axis_w, sample.axis_w @ braced)
    tool = gains.unload_damping_ns_per_m * np.outer(along, along) + gains.drag_ns_per_m * across.T @ across
    loops = []
    for where, tissue in (("in the air", None), ("on the skin", _tissue(sample, along, stiffness))):
        for arm in _arms(sample, drives, tissue):
            place = f"joint elasticity {arm.name}, {where}"
            floating, unloading = arm.eigenvalues(joints), arm.eigenvalues(joints + tool)
            loops.append(_Loop(place, arm.omega, floating, is_unloading=False))
            loops.append(_Loop(place, arm.omega, unloading, is_unloading=True))
    return loops


def _arms(sample: Sample, drives: Sequence[JointDrive], tissue: TissueSpring | None) -> list[Mobility]:
    links = link_inertia(sample.mass, drives)
    elastic = [elastic_mobility(links, drives, elasticity, tissue) for elasticity in ELASTICITIES]
    return [rigid_mobility(sample.mass, tissue), *elastic]


def _tissue(sample: Sample, along: Array, stiffness: float) -> TissueSpring:
    damping = TISSUE_LOSS_FACTOR * math.sqrt(stiffness * sample.along_kg)
    return TissueSpring(along, stiffness, damping)
