"""What grows with what: length of a session, nodes of finite elements, workers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from massage_arm import Run
from sim.fem.mesh_settings import PATCHES
from workbench.bench.loop import PLANT, LiveSession
from workbench.bench.timing import timed
from workbench.record.memory import RunMemory
from workbench.record.reader import RECORD_NAME
from workbench.record.summary import summarise
from workbench.runs.prepare import Prepared, load_inputs, prepare
from workbench.runs.request import SessionRequest
from workbench.runs.simulate import simulate

Say = Callable[[str], None]
WORKERS = (1, 2)
WORKER_TASKS = 4
"""Equal sessions that go to the workers."""
FEM_TICKS = 200


@dataclass(frozen=True, slots=True)
class SessionCost:
    """A whole session, as ``run`` does it.

    Attributes:
        program: its program.
        session_s: its length [s].
        realtime_factor: simulated seconds per wall second of the loop.
        bytes_a_tick: size of its record over its ticks.
        bytes_per_s: size of its record per second of session.
        load_s: time to load all columns of its record [s].
    """

    program: str
    session_s: float
    realtime_factor: float
    bytes_a_tick: float
    bytes_per_s: float
    load_s: float


@dataclass(frozen=True, slots=True)
class MeshCost:
    """A period of the plant on finite elements.

    Attributes:
        mesh: name of the mesh.
        nodes: its nodes.
        p50_us: median [us].
    """

    mesh: str
    nodes: int
    p50_us: float


@dataclass(frozen=True, slots=True)
class WorkerCost:
    """Equal sessions on a number of workers.

    Attributes:
        workers: how many.
        wall_s: time until all were done [s].
        speedup: time with one worker over this one.
    """

    workers: int
    wall_s: float
    speedup: float


@dataclass(frozen=True, slots=True)
class Growth:
    """What grows with what; empty where it was not measured.

    Attributes:
        sessions: over the length of a session.
        meshes: over the nodes of the finite elements.
        workers: over the number of workers.
    """

    sessions: tuple[SessionCost, ...] = ()
    meshes: tuple[MeshCost, ...] = ()
    workers: tuple[WorkerCost, ...] = ()


@contextmanager
def recorded(prepared: Prepared, on_progress: Callable[[float, float], None]) -> Iterator[tuple[Path, RunMemory]]:
    """Run a session into a folder that is gone afterwards; give the folder and the figures of the run."""
    with tempfile.TemporaryDirectory() as name:
        memory = RunMemory(Path(name) / RECORD_NAME, prepared.config)
        simulate(prepared, Path(name), on_progress, memory=memory)
        yield Path(name), memory


def session_cost(prepared: Prepared, folder: Path, memory: RunMemory) -> SessionCost:
    """Return what a recorded session has cost, loading it once more."""
    summary = summarise(memory.data())
    began = time.perf_counter()
    run = Run.load(folder)
    load_s = time.perf_counter() - began
    size = (folder / RECORD_NAME).stat().st_size
    return SessionCost(
        prepared.inputs.request.program,
        summary.duration_s,
        summary.realtime_factor or 0.0,
        size / max(run.count, 1),
        size / max(summary.duration_s, 1e-9),
        load_s,
    )


def mesh_costs(request: SessionRequest, say: Say) -> tuple[MeshCost, ...]:
    """Return the cost of a period of the plant on every mesh of the finite-element tier."""
    found = []
    for mesh in PATCHES:
        say(f"finite elements, {mesh} mesh ...")
        live = LiveSession(prepare(load_inputs(replace(request, tissue="fem", mesh=mesh))))
        try:
            live.lead_to_work()
            found.append(MeshCost(mesh, live.nodes, timed(PLANT, live.block(FEM_TICKS)[PLANT]).p50_us))
        finally:
            live.close()
    return tuple(found)


def worker_costs(request: SessionRequest, say: Say) -> tuple[WorkerCost, ...]:
    """Return how long the same sessions take on one worker and on two; the workers are started and warm before."""
    found: list[WorkerCost] = []
    for workers in WORKERS:
        say(f"{WORKER_TASKS} sessions on {workers} of {WORKERS[-1]} workers ...")
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            list(pool.map(_whole_session, [request] * workers))
            began = time.perf_counter()
            list(pool.map(_whole_session, [request] * WORKER_TASKS))
            wall_s = time.perf_counter() - began
        found.append(WorkerCost(workers, wall_s, (found[0].wall_s if found else wall_s) / wall_s))
    return tuple(found)


def _whole_session(request: SessionRequest) -> float:
    """Run a session; return its length [s]."""
    with recorded(prepare(load_inputs(request)), lambda _done, _all: None) as (_, memory):
        return summarise(memory.data()).duration_s
