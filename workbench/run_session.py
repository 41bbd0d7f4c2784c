"""From names to a recorded session: the parts put together, nothing decided here."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from types import FrameType

from controller.arm import ArmDescription, Placement
from controller.configuration import StrokeBound, refuse_too_long
from controller.errors import ConfigError, PlanError
from controller.gains import GainSet
from controller.observers import Observer
from controller.operator import Operator, Operators, TimedRequest, TimedRequests
from controller.robot import RobotModel
from controller.safety.limits import GateLimits
from controller.session_parts import SessionParts
from controller.types import Cause, SegmentInfo
from sim.faults import Fault, parse_fault
from sim.fem.mesh_settings import PATCHES
from sim.injection import check_fault
from sim.options import SimulationOptions, Tier, tier_named
from sim.rig import SupervisedPlant
from sim.simulated_rig import simulated_rig
from sim.world import build_simulation
from trajectories.anatomy.body import Body, load_body
from trajectories.anatomy.skin import Skin
from trajectories.base_search import default_placement
from trajectories.plan import Plan
from trajectories.planner import plan_session
from trajectories.program import PROGRAM_FOLDER, load_program
from trajectories.program_model import Program
from urdf.arms import load_arm
from workbench.events_file import load_events
from workbench.film_camera import FilmCamera
from workbench.film_file import FILM_NAME
from workbench.gains_file import gains_path, load_gains
from workbench.injected import Disk, record_events, refuse_impossible
from workbench.keyboard import Keyboard
from workbench.memory import RunMemory
from workbench.messages import RunConfig, SourceHash, Version
from workbench.progress_observer import EventLines, ProgressUpdate, progress_observers
from workbench.reader import RECORD_NAME
from workbench.recorder import McapRecorder

DEFAULT_MESH = "recommended"
DT_S = 1e-3
"""Loop period of the simulation: 1 kHz."""
STOP_HINT = "c goes on once the arm is at rest, space or Ctrl-C ends the session"
NO_HINT = "the arm leaves the skin and comes to rest"
VERSIONED = ("massage-arm", "numpy", "scipy", "numba", "pin", "pybullet", "mcap", "orjson", "pydantic", "matplotlib")


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What was asked for on the command line.

    Attributes:
        program: name or file.
        body: name or file.
        tissue: tissue model.
        arm: name or file.
        gains: name of a gain set, or file.
        surface_error_mm: error of the planner's skin.
        seed: seed of person, breathing, noise and of the planner's error.
        faults: faults to inject, ``NAME[=VALUE]@TIME_S``.
        mesh: mesh of the finite elements, of ``sim.fem.mesh_settings.PATCHES``.
        events: file with the requests of a person, or None.
    """

    program: str
    body: str
    tissue: str
    arm: str
    gains: str
    surface_error_mm: float
    seed: int
    faults: tuple[str, ...] = ()
    mesh: str = DEFAULT_MESH
    events: Path | None = None


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
    """

    request: SessionRequest
    faults: tuple[Fault, ...]
    program: Program
    body: Body
    arm: ArmDescription
    gains: GainSet
    timed: tuple[TimedRequest, ...] | None = None

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
            dt_s=DT_S,
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
    faults = tuple(parse_fault(text) for text in request.faults)
    if request.mesh not in PATCHES:
        raise ConfigError("--mesh", repr(request.mesh), " or ".join(PATCHES))
    if tier is not Tier.FEM and request.mesh != DEFAULT_MESH:
        raise ConfigError("--mesh", f"{request.mesh!r} with --tissue {request.tissue}", "--tissue fem", "leave it out")
    arm = load_arm(request.arm)
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
    )


def prepare(inputs: Inputs) -> Prepared:
    """Return the checked plan with its limits and bounds; nothing moves.

    Raises:
        Refusal: the plan cannot or must not be run.
    """
    config = inputs.config()
    skin = Skin.from_body(inputs.body)
    placement = default_placement(inputs.body, skin)
    robot = RobotModel(inputs.arm, placement)
    try:
        plan = plan_session(inputs.program, inputs.body, _believed(skin, inputs.request), robot)
        refuse_too_long(plan)
    except PlanError as error:
        raise Refusal(error, config) from error
    rig = simulated_rig(inputs.arm, _options(inputs))
    parts = SessionParts.of(plan, robot, inputs.gains.gains, rig)
    refuse_impossible(inputs.faults, parts.limits)
    config = _with_plan(config, plan.segments, plan.duration_s, parts.bounds)
    try:
        parts.refuse_unsafe()
    except PlanError as error:
        raise Refusal(error, config) from error
    return Prepared(inputs, placement, plan, parts, config)


def open_world(prepared: Prepared) -> None:
    """Open the simulation of a plan for a moment, as ``simulate`` does: what it refuses is known before a run.

    Raises:
        PlantError: the simulation cannot be used, or PyBullet is not installed.
    """
    inputs = prepared.inputs
    plant = build_simulation(inputs.arm, prepared.placement, inputs.body, _options(inputs))
    plant.configure()
    plant.deactivate()


def _options(inputs: Inputs) -> SimulationOptions:
    """Return the choices of the simulation that a request stands for."""
    request = inputs.request
    tier, mesh = tier_named(request.tissue), PATCHES[request.mesh]
    return SimulationOptions(seed=request.seed, dt_s=DT_S, faults=inputs.faults, tier=tier, mesh=mesh)


def simulate(
    prepared: Prepared,
    folder: Path,
    on_progress: ProgressUpdate | None,
    *,
    memory: RunMemory | None = None,
    keyboard: Keyboard | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Run the session in simulation and leave its record in ``folder``, with a film of a tissue of finite elements.

    The stop, if any, is in the record.

    Args:
        prepared: the plan.
        folder: folder of the run.
        on_progress: called with (plan time, planned length).
        memory: keeps the figures of the run, also of one that ends with an error.
        keyboard: an open keyboard, or None.
        say: takes a line about every request and stop, where somebody wants to read them.

    Raises:
        RecordError: the record or the film could not be written; what was written stays readable.
        PlantError: the simulation cannot be used.
    """
    inputs = prepared.inputs
    world = build_simulation(inputs.arm, prepared.placement, inputs.body, _options(inputs))
    own_model = RobotModel(inputs.arm, prepared.placement)
    plant = SupervisedPlant(world, own_model, prepared.parts.supervisor_limits())
    disk = Disk()
    plant.configure()
    try:
        plant.activate(prepared.plan.rest_q_rad)
        path, lossless = folder / RECORD_NAME, plant.rig.is_simulated
        with (
            FilmCamera(world, folder / FILM_NAME, inputs.arm.tool.only_pad("the film").radius_m) as camera,
            McapRecorder(path, prepared.config, lossless=lossless, opener=disk.open) as recorder,
        ):
            record_events(plant, recorder, disk)
            if memory is not None:
                memory.follow(recorder)
            observers: tuple[Observer, ...] = (
                *(() if memory is None else (memory,)),  # before the recorder, which may fail
                recorder,
                *camera.observers(),
                *progress_observers(on_progress, prepared.plan.duration_s),
                *(() if say is None else (EventLines(say, NO_HINT if keyboard is None else STOP_HINT),)),
                *(() if keyboard is None else (keyboard,)),
            )
            operator = _operator(inputs.timed, keyboard)
            session = prepared.parts.session(plant, observers, operator, truth=plant)
            with stop_on_signals(session.request_stop, None if keyboard is None else keyboard.ask_stop):
                result = session.run()
        if on_progress is not None and result.stop is None:
            on_progress(1.0, 1.0)
    finally:
        plant.deactivate()


def _operator(timed: tuple[TimedRequest, ...] | None, keyboard: Keyboard | None) -> Operator | None:
    """Return whose requests are heard; None where nobody can ask for anything."""
    sources: list[Operator] = [] if timed is None else [TimedRequests(timed)]
    if keyboard is not None:
        sources.append(keyboard)
    return Operators(sources) if len(sources) > 1 else sources[0] if sources else None


@contextmanager
def stop_on_signals(
    request_stop: Callable[[Cause], None], on_interrupt: Callable[[], None] | None = None
) -> Iterator[None]:
    """Turn Ctrl-C and a termination signal into a stop by the operator, however often they come.

    The arm first unloads and parks; nothing can cut that short. Outside the main thread signals are left alone.

    Args:
        request_stop: stops the session for good.
        on_interrupt: called instead on Ctrl-C, where a person at the keyboard may go on after a stop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and on_interrupt is not None:
            on_interrupt()
        else:
            request_stop(Cause.OPERATOR)

    earlier = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


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
