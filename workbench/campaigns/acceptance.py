"""Populations of sessions: the same program over bodies, arms, gain sets and seeds, each trial a process of its own."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from controller.errors import MassageArmError
from sim.differences.plants import EXACT as EXACT_PLANT
from sim.person.tissue_tier import Tier
from workbench.campaigns.runner import run_isolated
from workbench.record.memory import RunMemory
from workbench.record.reader import RECORD_NAME
from workbench.record.summary import Summary, summarise
from workbench.runs.prepare import load_inputs, prepare
from workbench.runs.request import SessionRequest
from workbench.runs.simulate import simulate
from workbench.runs.warm_up import warm_up

TYPICAL_PLANT = "typical"


@dataclass(frozen=True, slots=True)
class Targets:
    """What a fault-free session must reach; all figures are of the truth, None where there is no target.

    Attributes:
        force_rmse_n: root mean square of the force error over all working samples.
        force_p95_abs_error_n: 95th percentile of its magnitude.
        normal_angle_mean_deg: mean angle between tool and skin normal.
        path_rmse_mm: distance from the planned path, None where the planner's skin is wrong on purpose.
        landing_peak_n: largest press force within 150 ms of a touch at 20 mm/s.
        may_stop: a stop with a name is as good as a completed session.
    """

    force_rmse_n: float | None
    force_p95_abs_error_n: float | None
    normal_angle_mean_deg: float | None
    path_rmse_mm: float | None
    landing_peak_n: float | None
    may_stop: bool = False


EXACT = Targets(0.5, 1.0, 5.0, 1.5, 6.0)
"""The planner's skin is the simulated one."""
EXACT_FAST = Targets(0.35, 1.0, 5.0, 1.5, 6.0)
"""The same with the fast gains."""
DISPLACED = Targets(0.8, 1.5, 7.5, None, 6.0)
"""The planner's skin is shifted by 3 mm in every axis and bent by a smooth error of 3 mm rms."""

TYPICAL = Targets(0.8, None, 7.5, None, 6.0)
"""The arm and its senses differ from their model as arms do: base, tool, joints, sensor."""
ANY = Targets(None, None, None, None, None, may_stop=True)
"""They differ more than that, or as a plant file says: no sample over a limit, whatever ends the session."""
ELEMENTS = Targets(1.5, 3.0, 7.5, 1.5, 6.0)
"""On finite elements: the pad feels the facets of the mesh, and the pull of the dent for a slope of the skin."""
TYPICAL_ELEMENTS = replace(ELEMENTS, path_rmse_mm=None)
"""The same where the base stands off by some millimetres: the path is measured in the world, so it holds that error."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One session of a campaign and what came of it.

    Attributes:
        request: what was run.
        summary: its summary, None where it did not get that far.
        error: why not.
        misses: targets that were missed, in words.
    """

    request: SessionRequest
    summary: Summary | None
    error: str
    misses: tuple[str, ...]


def targets_for(request: SessionRequest) -> Targets:
    """Return the targets of a request."""
    if request.plant not in (EXACT_PLANT, TYPICAL_PLANT):
        return ANY
    is_fem, is_exact = request.tissue == Tier.FEM, request.plant == EXACT_PLANT
    if not is_exact:
        return TYPICAL_ELEMENTS if is_fem else TYPICAL
    if is_fem:
        return ELEMENTS
    if request.surface_error_mm > 0.0:
        return DISPLACED
    return EXACT_FAST if request.gains == "fast" else EXACT


def requests(
    program: str,
    bodies: Iterable[str],
    arms: Iterable[str],
    gains: Iterable[str],
    seeds: Iterable[int],
    surface_errors_mm: Iterable[float],
    tissue: str = Tier.LAW,
    plants: Iterable[str] = (EXACT_PLANT,),
) -> tuple[SessionRequest, ...]:
    """Return the product of all choices, in a fixed order."""
    return tuple(
        SessionRequest(program, body, str(tissue), arm, gain, error, seed, plant=plant)
        for arm, gain, plant, error, body, seed in itertools.product(
            arms, gains, plants, surface_errors_mm, bodies, seeds
        )
    )


def without_repeats(trials: Iterable[SessionRequest]) -> tuple[SessionRequest, ...]:
    """Return the requests with one seed of every exact plant: further ones differ by the noise of their senses only."""
    return tuple(one for one in trials if one.plant != EXACT_PLANT or one.seed == 1)


def run_trial(request: SessionRequest) -> Trial:
    """Run one session and hold it against its targets; errors of the product become part of the result."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            prepared = prepare(load_inputs(request))
            warm_up(prepared)
            memory = RunMemory(Path(folder) / RECORD_NAME, prepared.config)
            simulate(prepared, Path(folder), None, memory=memory)
            summary = summarise(memory.data())
        except MassageArmError as error:
            return Trial(request, None, str(error), ("no result",))
    return Trial(request, summary, summary.message, misses(summary, targets_for(request)))


def misses(summary: Summary, targets: Targets) -> tuple[str, ...]:
    """Return what a summary misses, in words; a figure that is not there is a miss."""
    is_over = summary.verdict == "completed" or (targets.may_stop and summary.verdict == "stopped")
    found: list[str] = [] if is_over else [summary.verdict]
    if summary.over_limit_samples != 0:
        found.append(f"{summary.over_limit_samples} samples over the limit")
    peak, bound = summary.peak_force_n, summary.worst_case_bound_n
    if peak is None or bound is None or not (peak <= bound):
        found.append(f"peak {peak} over the bound {bound}")
    for name in ("force_rmse_n", "force_p95_abs_error_n", "normal_angle_mean_deg", "path_rmse_mm", "landing_peak_n"):
        allowed, value = getattr(targets, name), getattr(summary, name)
        if allowed is not None and (value is None or not (value <= allowed)):
            found.append(f"{name} {value} over {allowed}")
    return tuple(found)


def run_campaign(
    trials: tuple[SessionRequest, ...], executor: Executor, on_done: Callable[[int, int], None]
) -> tuple[Trial, ...]:
    """Run all trials on any ``concurrent.futures`` executor; what a trial raises, or dies of, costs only that trial.

    Args:
        trials: what to run.
        executor: where to run it.
        on_done: called with (done, all) after every trial.

    Returns:
        The trials in the order of the requests.
    """
    outcomes = run_isolated(trials, run_trial, Trial, executor, on_done)
    return tuple(one.result or Trial(one.task, None, one.failure, ("the trial crashed",)) for one in outcomes)


def table(trials: tuple[Trial, ...]) -> list[str]:
    """Return the campaign as lines of text."""
    lines = [
        f"{'arm':<8} {'gains':<9} {'plant':<8} {'off mm':>6} {'body':<12} {'seed':>4} {'rmse N':>7} "
        f"{'p95 N':>6} {'angle':>6} {'path mm':>8} {'land N':>7} {'peak N':>7} {'bound N':>8} {'over':>5} "
        f"{'x real':>7}  verdict"
    ]
    for trial in trials:
        r, s = trial.request, trial.summary
        head = f"{r.arm:<8} {r.gains:<9} {r.plant:<8} {r.surface_error_mm:6.1f} {r.body:<12} {r.seed:4d} "
        if s is None:
            lines.append(f"{head} {trial.error}")
            continue
        cells = (
            (s.force_rmse_n, "7.2f"), (s.force_p95_abs_error_n, "6.2f"), (s.normal_angle_mean_deg, "6.1f"),
            (s.path_rmse_mm, "8.2f"), (s.landing_peak_n, "7.1f"), (s.peak_force_n, "7.1f"),
            (s.worst_case_bound_n, "8.1f"),
        )  # fmt: skip
        text = " ".join("-".rjust(int(form[0])) if value is None else format(value, form) for value, form in cells)
        verdict = s.verdict if not trial.misses else f"MISSED: {'; '.join(trial.misses)}"
        lines.append(f"{head}{text} {s.over_limit_samples:5d} {s.realtime_factor or 0.0:7.1f}  {verdict}")
    return lines
