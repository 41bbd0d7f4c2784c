"""From names to a recorded session: the parts put together, nothing decided here."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from controller.air.identify import Corrections, corrected
from controller.arm import ArmDescription, Placement
from controller.bounds import StrokeBound, refuse_too_long
from controller.errors import ConfigError, PlaceError, PlanError
from controller.law.gains import GainSet
from controller.operator import TimedRequest
from controller.rig import Rig
from controller.robot import RobotModel
from controller.safety.limits import GateLimits
from controller.session_parts import SessionParts
from controller.types import SegmentInfo
from sim.differences.file import LEVELS
from sim.differences.values import EXACT_PLANT, PlantDifferences
from sim.faults.injection import check_fault
from sim.faults.kinds import Fault, parse_fault
from sim.fem.mesh_settings import PATCHES
from sim.options import SimulationOptions
from sim.person.tissue_tier import Tier, tier_named
from sim.simulated_rig import simulated_rig
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from trajectories.planner import plan_session, poses_to_reach
from trajectories.programs.loader import PROGRAM_FOLDER, load_program
from trajectories.programs.model import Program
from trajectories.reach.base_placement import default_placement
from trajectories.reach.base_search import Base, base_words, place_for, placement_of
from trajectories.registration_strokes import SHAPES, TECHNIQUE, Shape
from urdf.arms import load_arm
from workbench.record.messages import RunConfig, SourceHash, Version
from workbench.runs.assumed import with_assumptions
from workbench.runs.corrections_file import load_corrections
from workbench.runs.events_file import load_events
from workbench.runs.gains_file import gains_path, load_gains
from workbench.runs.plant_margins import plant_of, refuse_ringing_plant
from workbench.runs.recorded_faults import refuse_impossible
from workbench.runs.request import DEFAULT_MESH, SessionRequest
from workbench.runs.stages import PATIENCE_S, stage

DT_S = 1e-3
"""Loop period of the simulation: 1 kHz."""
VERSIONED = ("massage-arm", "numpy", "scipy", "numba", "pin", "pybullet", "mcap", "orjson", "pydantic", "matplotlib")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the names of a request stand for, loaded and checked.

    Attributes:
        request: what was asked for.
        faults: faults to inject.
        program: what to do.
        body: whom to do it on.
        arm: the arm and its tool.
        gains: gains of the force loop.
        timed: requests of a person; None without an events file.
        plant: what the plant differs by from its model.
        corrections: what the arm was found to differ from its file by; None for nothing.
        rig: the rig that is driven, in a rehearsal too; None for the simulation in one process.
        rig_path: its file.
    """

    request: SessionRequest
    faults: tuple[Fault, ...]
    program: Program
    body: Body
    arm: ArmDescription
    gains: GainSet
    timed: tuple[TimedRequest, ...] | None = None
    plant: PlantDifferences = EXACT_PLANT
    corrections: Corrections | None = None
    rig: Rig | None = None
    rig_path: Path | None = None

    @property
    def session_rig(self) -> Rig:
        """The rig that the session is for."""
        return simulated_rig(self.arm, simulation_options(self)) if self.rig is None else self.rig

    @property
    def believed_arm(self) -> ArmDescription:
        """The arm as the controller has it: its file, corrected by what was measured."""
        return self.arm if self.corrections is None else corrected(self.arm, self.corrections)

    def config(self) -> RunConfig:
        """Return the configuration as far as it is known before planning."""
        request = self.request
        return RunConfig(
            program=self.program.name,
            body=request.body,
            tissue=request.tissue,
            arm=self.arm.name,
            gains=self.gains.name,
            force_gains=self.gains.gains,
            seed=request.seed,
            surface_error_mm=request.surface_error_mm,
            base=() if request.base is None else tuple(request.base),
            dt_s=self.session_rig.dt_s,
            duration_s=0.0,
            pads=self.arm.tool.pads,
            joint_names=self.arm.joint_names,
            torque_limit_nm=self.arm.torque_limit_nm,
            segments=(),
            worst_case_bound_n=None,
            person_bound_n=None,
            sources=_sources(self),
            versions=_versions(),
            faults=tuple(fault.text for fault in self.faults),
            mesh=request.mesh if request.tissue == Tier.FEM else "",
            notes=tuple(f"arm {self.arm.name}: {note}" for note in self.arm.notes),
            identity=self.session_rig.identity,
            differences=self.plant,
        ).hashed()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that may be run.

    Attributes:
        inputs: what it was made from.
        placement: X_WB.
        plan: the plan.
        parts: what its session is made from.
        config: configuration for the record.
    """

    inputs: Inputs
    placement: Placement
    plan: Plan
    parts: SessionParts
    config: RunConfig

    @property
    def robot(self) -> RobotModel:
        """The arm at its place."""
        return self.parts.robot

    @property
    def limits(self) -> GateLimits:
        """Limits of the gate."""
        return self.parts.limits

    @property
    def bounds(self) -> tuple[StrokeBound, ...]:
        """Worst-case press force of every stroke."""
        return self.parts.bounds


class Refusal(PlanError):
    """A plan was refused; carries the configuration, so that the refusal can be kept beside other runs.

    Args:
        error: why.
        config: what was asked for, with the bounds where they are known.
    """

    def __init__(self, error: PlanError, config: RunConfig) -> None:
        super().__init__(error.segment, error.where, error.got, error.allowed, error.todo)
        self.config = config


def load_inputs(request: SessionRequest) -> Inputs:
    """Return everything a request names. Raises ConfigError for whatever is wrong with it."""
    tier = tier_named(request.tissue)
    plant, arm = plant_of(request.plant, load_arm(request.arm), request.seed)
    faults = tuple(parse_fault(text) for text in request.faults)
    if request.mesh not in PATCHES:
        raise ConfigError("--mesh", repr(request.mesh), " or ".join(PATCHES))
    if tier is not Tier.FEM and request.mesh != DEFAULT_MESH:
        raise ConfigError("--mesh", f"{request.mesh!r} with --tissue {request.tissue}", "--tissue fem", "leave it out")
    arm.tool.only_pad("a session")
    for fault in faults:
        check_fault(fault, arm, tier)
    return Inputs(
        request=request,
        faults=faults,
        program=load_program(request.program),
        body=load_body(request.body),
        arm=arm,
        gains=load_gains(request.gains),
        timed=None if request.events is None else load_events(request.events),
        plant=plant,
        corrections=_corrections(request, arm),
    )


def prepare(inputs: Inputs) -> Prepared:
    """Return the checked plan with its limits and bounds; nothing moves.

    Raises:
        Refusal: the plan cannot or must not be run.
    """
    skin = Skin.from_body(inputs.body)
    base = inputs.request.base
    placement = default_placement(inputs.body, skin) if base is None else placement_of(base)
    try:
        return _prepared(inputs, skin, placement)
    except Refusal as refusal:
        if not isinstance(refusal.__cause__, PlaceError):
            raise
        todo = _another_place(inputs, skin, placement)
        error = PlanError(refusal.segment, refusal.where, refusal.got, refusal.allowed, todo or refusal.todo)
        raise Refusal(error, refusal.config) from refusal


def _another_place(inputs: Inputs, skin: Skin, here: Placement) -> str:
    """Return from where the base could do the whole program; empty where the refusal itself says more."""

    def accepts(base: Base) -> bool:
        with suppress(PlanError):
            _prepared(inputs, skin, placement_of(base))
            return True
        return False

    with stage("looking for a place for the base", after_s=PATIENCE_S):
        poses_at = poses_to_reach(inputs.program, inputs.body, _believed(skin, inputs.request), inputs.arm)
        base = place_for(inputs.arm, here, poses_at, accepts)
    if base is None:
        return "no place for the base was found from which the whole program can be done; choose another arm or program"
    return f"move the base, from there the whole program can be done: {base_words(base)}"


def _prepared(inputs: Inputs, skin: Skin, placement: Placement) -> Prepared:
    """Return the checked plan of an arm at a place. Raises Refusal."""
    try:
        return _measured_by(inputs, skin, placement, SHAPES)
    except Refusal as refusal:
        if not refusal.segment.startswith(TECHNIQUE):
            raise
    # A heavy arm is not allowed near the thin tissue over the sacrum: the shorter glides keep off it.
    return _measured_by(inputs, skin, placement, SHAPES[-1:])


def _measured_by(inputs: Inputs, skin: Skin, placement: Placement, shapes: tuple[Shape, ...]) -> Prepared:
    """Return the checked plan with these shapes of the glides that measure where the person lies; raises Refusal."""
    config = inputs.config()
    rig = inputs.session_rig
    robot = RobotModel(inputs.believed_arm, placement)
    try:
        plan = plan_session(
            inputs.program,
            inputs.body,
            _believed(skin, inputs.request),
            robot,
            registration=(rig.registration_m, rig.registration_rad),
            is_measured=True,
            shapes=shapes,
        )
        refuse_too_long(plan)
    except PlanError as error:
        raise Refusal(error, config) from error
    parts = SessionParts.of(plan, robot, inputs.gains.gains, rig)
    refuse_impossible(inputs.faults, parts.limits)
    config = with_assumptions(_with_plan(config, plan.segments, plan.duration_s, parts.bounds), parts)
    try:
        parts.refuse_unsafe()
        refuse_ringing_plant(inputs.plant, parts)
    except PlanError as error:
        raise Refusal(error, config) from error
    return Prepared(inputs, placement, plan, parts, config)


def _corrections(request: SessionRequest, arm: ArmDescription) -> Corrections | None:
    """Return the corrections that were asked for; raises ConfigError where they are for another arm."""
    if request.corrections is None:
        return None
    found = load_corrections(request.corrections, len(arm.joint_names))
    if found.arm != arm.name:
        todo = "identify this arm with `massage-arm rig identify`"
        raise ConfigError("--corrections", f"corrections of {found.arm!r}", f"those of {arm.name!r}", todo)
    return found


def simulation_options(inputs: Inputs) -> SimulationOptions:
    """Return the choices of the simulation that a request stands for."""
    request = inputs.request
    tier, mesh = tier_named(request.tissue), PATCHES[request.mesh]
    dt_s = DT_S if inputs.rig is None else inputs.rig.dt_s
    return SimulationOptions(
        seed=request.seed, dt_s=dt_s, faults=inputs.faults, tier=tier, mesh=mesh, differences=inputs.plant
    )


def _believed(skin: Skin, request: SessionRequest) -> Skin:
    """Return the skin the planner believes in: shifted in every axis and bent by a smooth field of the same size."""
    error_m = request.surface_error_mm * 1e-3
    if not error_m > 0.0:
        return skin
    return skin.displaced((error_m, error_m, error_m), error_m, seed=request.seed)


def _with_plan(
    config: RunConfig, segments: tuple[SegmentInfo, ...], duration_s: float, bounds: tuple[StrokeBound, ...]
) -> RunConfig:
    return replace(
        config,
        segments=segments,
        duration_s=duration_s,
        worst_case_bound_n=max((bound.bound_n for bound in bounds), default=None),
        person_bound_n=max((bound.person_bound_n for bound in bounds), default=None),
        braked_bound_n=max((bound.braked_bound_n for bound in bounds), default=None),
    ).hashed()


def _sources(inputs: Inputs) -> tuple[SourceHash, ...]:
    shipped = PROGRAM_FOLDER / f"{inputs.request.program}.yaml"
    program = shipped if shipped.is_file() else Path(inputs.request.program)
    gains = gains_path(inputs.request.gains)
    paths = [("program", program), ("body", inputs.body.path), ("arm", inputs.arm.urdf_path)]
    if gains is not None:
        paths.append(("gains", gains))
    if inputs.rig_path is not None:
        paths.append(("rig", inputs.rig_path))
    if inputs.request.corrections is not None:
        paths.append(("corrections", inputs.request.corrections))
    if inputs.request.plant not in LEVELS:
        paths.append(("plant", Path(inputs.request.plant)))
    if inputs.request.events is not None:
        paths.append(("events", inputs.request.events))
    return tuple(SourceHash(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in paths)


def _versions() -> tuple[Version, ...]:
    found = []
    for package in VERSIONED:
        try:
            found.append(Version(package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)
