"""A prepared session, run in simulation and recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from controller.errors import MassageArmError
from controller.observers import Observer
from controller.operator import Operator, Operators, TimedRequest, TimedRequests
from controller.robot import RobotModel
from controller.session import Session
from controller.session_result import SessionResult
from sim.aftermath import periods_after
from sim.plant import build_simulation
from sim.supervised_plant import SupervisedPlant
from workbench.record.block_codec import Precision
from workbench.record.memory import RunMemory
from workbench.record.reader import RECORD_NAME
from workbench.record.recorder import McapRecorder
from workbench.runs.film_camera import FilmCamera
from workbench.runs.film_file import FILM_NAME
from workbench.runs.keyboard import Keyboard
from workbench.runs.prepare import Prepared, simulation_options
from workbench.runs.progress_observer import EventLines, ProgressUpdate, progress_observers
from workbench.runs.recorded_faults import Disk, record_events
from workbench.runs.signals import NO_HINT, STOP_HINT, stop_on_signals


def open_world(prepared: Prepared) -> None:
    """Open the simulation of a plan for a moment, as ``simulate`` does: what it refuses is known before a run.

    Raises:
        PlantError: the simulation cannot be used, or PyBullet is not installed.
    """
    inputs = prepared.inputs
    plant = build_simulation(inputs.arm, prepared.placement, inputs.body, simulation_options(inputs))
    plant.configure()
    plant.deactivate()


def simulate(
    prepared: Prepared,
    folder: Path,
    on_progress: ProgressUpdate | None,
    *,
    memory: RunMemory | None = None,
    keyboard: Keyboard | None = None,
    say: Callable[[str], None] | None = None,
    precision: Precision = Precision.SINGLE,
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
        precision: of the record's columns.

    Raises:
        RecordError: the record or the film could not be written; what was written stays readable.
        PlantError: the simulation cannot be used.
    """
    inputs = prepared.inputs
    world = build_simulation(inputs.arm, prepared.placement, inputs.body, simulation_options(inputs))
    own_model = RobotModel(inputs.believed_arm, prepared.placement)
    plant = SupervisedPlant(world, own_model, prepared.parts.supervisor_limits())
    disk = Disk()
    plant.configure()
    try:
        plant.activate(prepared.plan.rest_q_rad)
        path, lossless = folder / RECORD_NAME, plant.rig.is_simulated
        with (
            FilmCamera(world, folder / FILM_NAME, inputs.arm.tool.only_pad("the film").radius_m) as camera,
            McapRecorder(path, prepared.config, lossless=lossless, opener=disk.open, precision=precision) as recorder,
        ):
            record_events(plant, recorder, disk)
            if memory is not None:
                memory.follow(recorder)
            watching = watchers(on_progress, prepared.plan.duration_s, say, keyboard)
            observers: tuple[Observer, ...] = (
                *(() if memory is None else (memory,)),  # before the recorder, which may fail
                recorder,
                *camera.observers(),
                *watching,
            )
            operator = operator_of(inputs.timed, keyboard)
            session = prepared.parts.session(plant, observers, operator, truth=plant)
            plant.on_terminal_closed = session.request_stop
            with stop_on_signals(session.request_stop, None if keyboard is None else keyboard.ask_stop):
                result = _run(session, plant, recorder)
        if on_progress is not None and result.stop is None:
            on_progress(1.0, 1.0)
    finally:
        plant.deactivate()


def watchers(
    on_progress: ProgressUpdate | None,
    duration_s: float,
    say: Callable[[str], None] | None,
    keyboard: Keyboard | None,
) -> tuple[Observer, ...]:
    """Return who looks on for the person at the terminal; arguments as of ``simulate``."""
    return (
        *progress_observers(on_progress, duration_s),
        *(() if say is None else (EventLines(say, NO_HINT if keyboard is None else STOP_HINT),)),
        *(() if keyboard is None else (keyboard,)),
    )


def _run(session: Session, plant: SupervisedPlant, recorder: McapRecorder) -> SessionResult:
    """Run a session and record what happens in the seconds after it, also after one that fails."""
    try:
        result = session.run()
    except Exception:
        with contextlib.suppress(MassageArmError):
            _record_aftermath(plant, recorder)
        raise
    _record_aftermath(plant, recorder)
    return result


def _record_aftermath(plant: SupervisedPlant, recorder: McapRecorder) -> None:
    for t_s, truth in periods_after(plant):
        recorder.after(t_s, truth)


def operator_of(timed: tuple[TimedRequest, ...] | None, keyboard: Keyboard | None) -> Operator | None:
    """Return whose requests are heard; None where nobody can ask for anything."""
    sources: list[Operator] = [] if timed is None else [TimedRequests(timed)]
    if keyboard is not None:
        sources.append(keyboard)
    return Operators(sources) if len(sources) > 1 else sources[0] if sources else None
