"""The false-alarm campaign: fault-free sessions with the supervisor watching; none may be stopped."""

from __future__ import annotations

import enum
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter, ValidationError

from controller.errors import MassageArmError, PlanError
from controller.robot import RobotModel
from controller.session_parts import SessionParts
from sim.differences.file import LEVELS
from sim.differences.plants import EXACT, load_plant
from sim.options import SimulationOptions
from sim.plant import build_simulation
from sim.simulated_rig import simulated_rig
from sim.supervised_plant import SupervisedPlant
from workbench.campaigns.fork import in_child
from workbench.campaigns.runner import run_all
from workbench.runs.gains_file import load_gains
from workbench.runs.prepare import DT_S, Prepared, load_inputs, prepare
from workbench.runs.request import SessionRequest

PATIENCE_S = 3600.0
"""Wall time after which a session counts as hanging."""


class Ending(enum.StrEnum):
    """How a session ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    REFUSED = "refused"
    """The plan was refused before anything moved: no alarm, but no session either."""
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Watched:
    """One fault-free session.

    Attributes:
        request: what was run.
        ending: how it ended.
        cause: cause of the stop, of the session's or the supervisor's; empty without one.
        words: the stop, the refusal or the death in words.
    """

    request: SessionRequest
    ending: Ending
    cause: str = ""
    words: str = ""

    @property
    def is_passed(self) -> bool:
        """No false alarm, and no death either."""
        return self.ending in (Ending.COMPLETED, Ending.REFUSED)


_WATCHED = TypeAdapter(Watched)


def alarm_requests(
    count: int,
    programs: Sequence[str],
    bodies: Sequence[str],
    arms: Sequence[str],
    gains: Sequence[str],
    seeds: Sequence[int] = (),
    plants: Sequence[str] = (EXACT,),
) -> tuple[SessionRequest, ...]:
    """Return ``count`` sessions that go through all choices alike, each with a seed of its own where none are given.

    Args:
        count: how many.
        programs: programs.
        bodies: bodies.
        arms: arms.
        gains: gain sets.
        seeds: seeds to go round; none for 1, 2, 3, ...
        plants: what the plant differs by.
    """
    combinations = list(itertools.product(programs, bodies, arms, gains, plants))
    # In a fixed random order, so that a short campaign mixes all of them too.
    order = np.random.default_rng(0).permutation(len(combinations)).tolist()
    found = []
    for index in range(count):
        program, body, arm, gain, plant = combinations[order[index % len(order)]]
        seed = seeds[index % len(seeds)] if seeds else index + 1
        found.append(SessionRequest(program, body, "law", arm, gain, 0.0, seed, plant=plant))
    return tuple(found)


def run_alarms(
    requests: tuple[SessionRequest, ...],
    executor: Executor,
    on_done: Callable[[int, int], None],
    say: Callable[[str], None],
) -> tuple[Watched, ...]:
    """Run all sessions on any ``concurrent.futures`` executor; the result has every one of them, in their order.

    Args:
        requests: what to run.
        executor: where to run it.
        on_done: called with (done, all) after every session.
        say: called at once with a line about every session that does not complete: the whole campaign takes hours.
    """

    def tell(one: Watched) -> None:
        if one.ending is not Ending.COMPLETED:
            say(_line(one))

    return run_all(requests, watch, _died, executor, on_done, on_result=tell)


def _died(request: SessionRequest, why: str) -> Watched:
    return Watched(request, Ending.DIED, words=why)


def watch(request: SessionRequest) -> Watched:
    """Run one session in a process of its own and say how it ended."""
    try:
        known = EXACT if request.plant in LEVELS else request.plant
        prepared = _prepared(request.program, request.body, request.arm, known)
        options = _options(prepared, request)
        rig = simulated_rig(prepared.inputs.arm, options)
        parts = SessionParts.of(prepared.plan, prepared.robot, load_gains(request.gains).gains, rig)
        parts.refuse_unsafe()
    except PlanError as error:
        return Watched(request, Ending.REFUSED, words=str(error))
    except MassageArmError as error:
        return Watched(request, Ending.DIED, words=str(error))
    answer = in_child(lambda: _WATCHED.dump_json(_session(prepared, parts, request, options)), PATIENCE_S)
    if answer.death:
        words = f"the session {answer.death}: {answer.data[:300].decode(errors='replace')}"
        return Watched(request, Ending.DIED, words=words.rstrip(": "))
    try:
        return _WATCHED.validate_json(answer.data)
    except ValidationError:
        return Watched(request, Ending.DIED, words="the session left no result")


def alarm_lines(watched: Sequence[Watched]) -> list[str]:
    """Return the stops by cause, whatever else did not complete, and the count."""
    causes = Counter(one.cause for one in watched if one.ending is Ending.STOPPED)
    endings = Counter(one.ending for one in watched)
    lines = [f"{cause:<24} {number:4d} sessions" for cause, number in causes.most_common()]
    lines += [_line(one) for one in watched if one.ending is not Ending.COMPLETED]
    counted = ", ".join(f"{endings[ending]} {ending}" for ending in Ending)
    return [*lines, f"{len(watched)} fault-free sessions: {counted}"]


def _line(one: Watched) -> str:
    """Return what became of a session in one line."""
    r = one.request
    return f"{one.ending}: {r.program} {r.body} {r.arm} {r.gains} {r.plant} seed {r.seed}: {one.words}"


@functools.lru_cache(maxsize=8)
def _prepared(program: str, body: str, arm: str, plant: str) -> Prepared:
    """Return a plan with what is known of the plant: nothing of a drawn one, how the arm is built of a file."""
    return prepare(load_inputs(SessionRequest(program, body, "law", arm, "standard", 0.0, 1, plant=plant)))


def _options(prepared: Prepared, request: SessionRequest) -> SimulationOptions:
    """Return the choices of the simulation; raises ConfigError where the arm cannot have that plant."""
    differences = load_plant(request.plant, prepared.inputs.arm, request.seed)
    return SimulationOptions(seed=request.seed, dt_s=DT_S, differences=differences)


def _session(prepared: Prepared, parts: SessionParts, request: SessionRequest, options: SimulationOptions) -> Watched:
    robot = parts.robot
    world = build_simulation(robot.arm, prepared.placement, prepared.inputs.body, options)
    own_model = RobotModel(robot.arm, prepared.placement)
    plant = SupervisedPlant(world, own_model, parts.supervisor_limits())
    session = parts.session(plant)
    plant.configure()
    try:
        plant.activate(prepared.plan.rest_q_rad)
        result = session.run()
    finally:
        plant.deactivate()
    stop = plant.taken or result.stop
    if stop is None:
        return Watched(request, Ending.COMPLETED)
    words = f"{stop.limit} got {stop.value:.4g} {stop.unit}, allowed {stop.allowed:.4g} {stop.unit} at {stop.t_s:.3f} s"
    return Watched(request, Ending.STOPPED, str(stop.cause), words)
