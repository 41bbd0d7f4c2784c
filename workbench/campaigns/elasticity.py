"""Sweep of the joints' stiffness: the same program on arms from soft to stiff, encoders on either side of the gears.

The arm's description says the joints, as an arm file would, so that law and stop laws are fitted to them, and the
simulated joints are the ones it says. A session is completed, or refused before anything moves; a stop is a miss.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from controller.arm import ArmDescription
from controller.errors import PlanError
from controller.types import Side
from sim.differences.values import EXACT_PLANT
from workbench.campaigns.runner import run_isolated
from workbench.record.memory import RunMemory
from workbench.record.reader import RECORD_NAME
from workbench.record.summary import summarise
from workbench.runs.prepare import Inputs, load_inputs, prepare
from workbench.runs.request import SessionRequest
from workbench.runs.simulate import simulate
from workbench.runs.warm_up import warm_up

SWEEP_PROGRAM = "paraspinal_only"
STIFFNESSES_NM_PER_RAD = (3e3, 5e3, 7e3, 10e3, 14e3, 20e3, 30e3, 50e3, 100e3)
"""Of the large joints: from strain-wave gears of small arms to joints that are nearly rigid."""
WRIST_SHARE = 9.0 / 14.0
"""Stiffness of the last three joints over that of the others, as of the arms that come with the project."""
WRIST_JOINTS = 3
DAMPING_RATIO = 0.05
TARGET_RMSE_N = 0.5
"""Largest error of the press force, root mean square."""


@dataclass(frozen=True, slots=True)
class ElasticTask:
    """One arm of the sweep.

    Attributes:
        request: what is run on it.
        stiffness_nm_per_rad: of the large joints.
        side: where the joint encoders are.
    """

    request: SessionRequest
    stiffness_nm_per_rad: float
    side: Side


@dataclass(frozen=True, slots=True)
class ElasticResult:
    """What came of it.

    Attributes:
        verdict: of the session's summary, or "refused".
        words: why, in words; empty where it was completed.
        tempo: of the law on this arm; None where it was refused before that was known.
        force_rmse_n: error of the press force; None without a session.
        peak_force_n: largest press force; None without a session.
        over_limit_samples: samples over a limit.
    """

    verdict: str
    words: str = ""
    tempo: float | None = None
    force_rmse_n: float | None = None
    peak_force_n: float | None = None
    over_limit_samples: int = 0

    @property
    def is_passed(self) -> bool:
        """True where it was refused before anything moved, or completed under every limit and accurately."""
        if self.verdict == "refused":
            return True
        error = self.force_rmse_n
        is_sound = self.verdict == "completed" and self.over_limit_samples == 0
        return is_sound and error is not None and error <= TARGET_RMSE_N


@dataclass(frozen=True, slots=True)
class ElasticTrial:
    """A task and its result; ``failure`` says why there is none."""

    task: ElasticTask
    result: ElasticResult | None
    failure: str

    @property
    def is_passed(self) -> bool:
        """True where there is a result that passed."""
        return self.result is not None and self.result.is_passed


def elastic_tasks(program: str, bodies: Iterable[str], arms: Iterable[str]) -> tuple[ElasticTask, ...]:
    """Return the sweep, in a fixed order."""
    return tuple(
        ElasticTask(SessionRequest(program, body, "law", arm, "standard", 0.0, 1), stiffness, side)
        for arm, body, side, stiffness in itertools.product(arms, bodies, Side, STIFFNESSES_NM_PER_RAD)
    )


def with_joints(arm: ArmDescription, stiffness_nm_per_rad: float, side: Side) -> ArmDescription:
    """Return the arm with other joints, as its file would say them."""
    large = len(arm.drives) - WRIST_JOINTS
    drives = tuple(
        replace(
            drive,
            stiffness_nm_per_rad=stiffness_nm_per_rad * (1.0 if number < large else WRIST_SHARE),
            damping_ratio=DAMPING_RATIO,
            position_side=side,
        )
        for number, drive in enumerate(arm.drives)
    )
    return replace(arm, drives=drives)


def elastic_inputs(task: ElasticTask) -> Inputs:
    """Return the inputs of a session whose simulated joints are those that the arm's description says."""
    inputs = load_inputs(task.request)
    arm = with_joints(inputs.arm, task.stiffness_nm_per_rad, task.side)
    stiffness = tuple(drive.stiffness_nm_per_rad for drive in arm.drives)
    plant = replace(EXACT_PLANT, name="elastic joints", joint_stiffness_nm_per_rad=stiffness)
    return replace(inputs, arm=arm, plant=plant)


def run_elastic(task: ElasticTask) -> ElasticResult:
    """Run one session of the sweep."""
    try:
        prepared = prepare(elastic_inputs(task))
    except PlanError as error:
        return ElasticResult("refused", str(error))
    with tempfile.TemporaryDirectory() as folder:
        warm_up(prepared)
        memory = RunMemory(Path(folder) / RECORD_NAME, prepared.config)
        simulate(prepared, Path(folder), None, memory=memory)
        summary = summarise(memory.data())
    return ElasticResult(
        summary.verdict,
        "" if summary.verdict == "completed" else summary.message,
        prepared.parts.fit.tempo,
        summary.force_rmse_n,
        summary.peak_force_n,
        summary.over_limit_samples,
    )


def run_sweep(
    tasks: tuple[ElasticTask, ...], executor: Executor, on_done: Callable[[int, int], None]
) -> tuple[ElasticTrial, ...]:
    """Run the sweep on any executor.

    Args:
        tasks: what to run.
        executor: where to run it.
        on_done: called with (done, all) after every session.
    """
    outcomes = run_isolated(tasks, run_elastic, ElasticResult, executor, on_done)
    return tuple(ElasticTrial(one.task, one.result, one.failure) for one in outcomes)


def elastic_lines(trials: tuple[ElasticTrial, ...]) -> list[str]:
    """Return the sweep as a Markdown table."""
    lines = [
        "| arm | body | encoders | large / wrist joints kNm/rad | tempo of the law | force rmse N | peak N "
        "| over limit | verdict |",
        "| --- " * 9 + "|",
    ]
    for trial in trials:
        task, found = trial.task, trial.result
        large, wrist = (1e-3 * share * task.stiffness_nm_per_rad for share in (1.0, WRIST_SHARE))
        head = f"| {task.request.arm} | {task.request.body} | {task.side} | {large:.0f} / {wrist:.1f} "
        if found is None:
            lines.append(f"{head}| - | - | - | - | MISSED: {trial.failure} |")
            continue
        cells = (_cell(found.tempo, "g"), _cell(found.force_rmse_n, ".2f"), _cell(found.peak_force_n, ".1f"))
        said = found.verdict if not found.words else f"{found.verdict}: {found.words}"
        verdict = said if trial.is_passed else f"MISSED: {said}"
        lines.append(f"{head}| {' | '.join(cells)} | {found.over_limit_samples} | {verdict} |")
    return lines


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
