"""Commands that make a session: run and check."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import orjson

from controller.errors import MassageArmError, RecordError, SafetyStop
from controller.types import Cause, StopReason
from sim.bullet.engine import is_installed
from sim.differences.plants import EXACT
from workbench.commands.look_back import summary_json
from workbench.record.block_codec import Precision
from workbench.record.columns import no_steps
from workbench.record.memory import RunMemory
from workbench.record.messages import EventKind, RunConfig
from workbench.record.reader import RECORD_NAME, RunData
from workbench.record.summary import Summary, refused, summarise
from workbench.report.bound_words import assumption_lines, bound_rows
from workbench.report.numbers import number
from workbench.report.padding import padded
from workbench.report.plant_words import plant_lines
from workbench.report.warning_words import verdict_words
from workbench.runs.claim import FolderClaim
from workbench.runs.keyboard import HELP, Keyboard
from workbench.runs.output import (
    REPORT_NAME,
    SUMMARY_NAME,
    claimed_output,
    remove_older_run,
    reserved_space,
    write_text,
)
from workbench.runs.prepare import Inputs, Prepared, Refusal, load_inputs, prepare
from workbench.runs.progress import Progress
from workbench.runs.progress_observer import ProgressUpdate
from workbench.runs.request import DEFAULT_PLANT, SessionRequest
from workbench.runs.simulate import open_world, simulate
from workbench.runs.stages import PATIENCE_S, say, stage
from workbench.runs.warm_up import warm_up


class SessionRunner(Protocol):
    """What runs a prepared session and leaves its record; arguments as of ``workbench.runs.simulate.simulate``."""

    def __call__(
        self,
        prepared: Prepared,
        folder: Path,
        on_progress: ProgressUpdate | None,
        *,
        memory: RunMemory | None = None,
        keyboard: Keyboard | None = None,
        say: Callable[[str], None] | None = None,
        precision: Precision = Precision.SINGLE,
    ) -> None:
        """Run it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where sessions are run.

    Attributes:
        loading: what is said while everything is loaded.
        warm_up: loads what a session needs before time counts.
        run: runs it.
    """

    loading: str
    warm_up: Callable[[Prepared], None]
    run: SessionRunner


SIMULATION = Stand("loading the simulation (compiled at its first use, about a minute)", warm_up, simulate)


def run(arguments: argparse.Namespace) -> int:
    """Run a whole session in simulation; the record, the report and the summary are left in the run's folder."""
    return run_at(SIMULATION, load_inputs(_request(arguments)), arguments)


def run_at(stand: Stand, inputs: Inputs, arguments: argparse.Namespace) -> int:
    """Plan and run a session and leave its folder.

    Args:
        stand: where.
        inputs: what was asked for.
        arguments: out, program, body, overwrite, lossless and json of the command line.
    """
    _say_notes(inputs)
    now = datetime.now().astimezone()
    with claimed_output(arguments.out, arguments.program, arguments.body, now, arguments.overwrite) as claim:
        return _run_into(claim, stand, inputs, arguments)


def _run_into(claim: FolderClaim, stand: Stand, inputs: Inputs, arguments: argparse.Namespace) -> int:
    folder = claim.folder
    try:
        with _planning(inputs):
            prepared = prepare(inputs)
    except Refusal as refusal:
        remove_older_run(folder)
        summary = refused(refusal.config, refusal)
        _write(folder, RunData(folder, refusal.config, no_steps(), (), (), True), summary)
        with contextlib.suppress(OSError):
            _show(summary, folder, arguments.json)
        raise
    with stage(stand.loading):
        stand.warm_up(prepared)
    remove_older_run(folder)
    write_text(folder / SUMMARY_NAME, summary_json(_unfinished(folder, prepared.config)))
    memory = RunMemory(folder / RECORD_NAME, prepared.config)
    try:
        with (
            reserved_space(folder),
            Keyboard(sys.stdin) as keyboard,
            Progress(inputs.program.name, sys.stderr) as progress,
        ):
            if keyboard.is_open:
                say(f"keys: {HELP}")
            keys = keyboard if keyboard.is_open else None
            precision = Precision.DOUBLE if arguments.lossless else Precision.SINGLE
            stand.run(prepared, folder, progress.update, keyboard=keys, say=say, memory=memory, precision=precision)
    except Exception as error:
        with suppress(RecordError):
            claim.check()
            _finish(folder, memory, arguments.json, failure=str(error) or type(error).__name__)
        raise
    claim.check()
    return _finish(folder, memory, arguments.json, failure=None)


def check(arguments: argparse.Namespace) -> int:
    """Print the plan and its worst-case press forces; nothing moves."""
    inputs = load_inputs(_request(arguments))
    _say_notes(inputs)
    with _planning(inputs):
        prepared = prepare(inputs)
    if is_installed():
        with stage("opening the simulation", after_s=PATIENCE_S):
            open_world(prepared)
    else:
        say("PyBullet is not installed: whether it can load the arm was not checked")
    if arguments.json:
        found = {
            "verdict": "accepted",
            "program": prepared.config.program,
            "body": prepared.config.body,
            "plant": prepared.config.differences,
            "duration_s": prepared.plan.duration_s,
            "worst_case_bound_n": prepared.config.worst_case_bound_n,
            "person_bound_n": prepared.config.person_bound_n,
            "strokes": [asdict(bound) for bound in prepared.bounds],
            "notes": inputs.arm.notes,
        }
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(_bound_lines(prepared)))
    return 0


def _say_notes(inputs: Inputs) -> None:
    """Say what of the arm's file was taken otherwise than it stands there."""
    for note in inputs.arm.notes:
        say(f"note on arm {inputs.arm.name}: {note}")


def _planning(inputs: Inputs) -> AbstractContextManager[None]:
    return stage(f"planning {inputs.program.name} on {inputs.body.name} with {inputs.arm.name}")


def _request(arguments: argparse.Namespace) -> SessionRequest:
    return SessionRequest(
        program=arguments.program,
        body=arguments.body,
        tissue=arguments.tissue,
        arm=arguments.arm,
        gains=arguments.gains,
        surface_error_mm=arguments.surface_error,
        seed=arguments.seed,
        faults=tuple(arguments.fault),
        mesh=arguments.mesh,
        events=arguments.events,
        corrections=arguments.corrections,
        base=arguments.base,
        plant=arguments.plant or DEFAULT_PLANT,
    )


def _unfinished(folder: Path, config: RunConfig) -> Summary:
    """Return the summary that stays if the process is killed."""
    nothing = RunData(folder, config, no_steps(), (), (), False)
    return summarise(nothing).model_copy(
        update={"message": "still running, or killed; `massage-arm report RUN` reads what was recorded"}
    )


def _finish(folder: Path, memory: RunMemory, is_json: bool, *, failure: str | None) -> int:
    """Write and show summary and report; return 0, or raise SafetyStop. After a failure do what still can be done."""
    if failure is not None:
        with suppress(MassageArmError):
            recorded = memory.data()
            summary = summarise(recorded).model_copy(update={"message": failure})
            _show(summary, folder, is_json)
            _write(folder, recorded, summary)
        return 1
    with stage("writing the report"):
        recorded = memory.data()
        summary = summarise(recorded)
        _write(folder, recorded, summary)
    with contextlib.suppress(OSError):  # nobody may be reading any more; the exit code still tells
        _show(summary, folder, is_json)
    if summary.stop is not None:
        raise SafetyStop(_reason(recorded, summary))
    return 0


def _reason(recorded: RunData, summary: Summary) -> StopReason:
    for event in reversed(recorded.events):
        if event.kind is EventKind.STOP and isinstance(event.data, StopReason):
            return event.data
    nan = float("nan")
    return StopReason(Cause.INTERNAL_ERROR, summary.message, nan, nan, "", summary.duration_s, "report it")


def _write(folder: Path, recorded: RunData, summary: Summary) -> None:
    write_text(folder / SUMMARY_NAME, summary_json(summary))
    # What draws takes half a second to load; nobody waits for it before the arm moves.
    from workbench.commands.run_files import write_report  # noqa: PLC0415

    write_report(folder, recorded, summary)


def _show(summary: Summary, folder: Path, is_json: bool) -> None:
    if is_json:
        print(summary_json(summary), end="")
        return
    limit = f"smallest hard limit in contact {number(summary.hard_limit_n, 'N', 0)}, "
    limit += f"{summary.over_limit_samples} samples over"
    plant = "" if summary.plant == EXACT else f", plant {summary.plant}"
    what = f"{summary.program} on {summary.body} with {summary.arm}{plant}"
    print(f"{verdict_words(summary)}: {what}, {summary.duration_s:.1f} s")
    if summary.verdict != "refused":
        print(f"peak force      {number(summary.peak_force_n, 'N', 1)} ({limit})")
        if summary.peak_other_transient_n:
            moment = number(summary.peak_other_transient_n, "N", 1)
            print(
                f"other contact   {number(summary.peak_other_contact_n, 'N', 1)} mean over 0.1 s, {moment} at a moment"
            )
        if summary.force_rmse_n is not None:  # None where the session was stopped before any stroke was at work
            print(f"force error     {number(summary.force_rmse_n, 'N')} RMS, 95 % within "
                  f"{number(summary.force_p95_abs_error_n, 'N')}")  # fmt: skip
            print(f"normal angle    {number(summary.normal_angle_mean_deg, 'deg', 1)} mean")
        if summary.air_check is not None:
            print(f"free-air check  {summary.air_check.text}")
        print(f"speed           {number(summary.realtime_factor, '', 1)} times real time")
    for warning in summary.warnings:
        print(f"warning         {warning}")
    print(f"report          {folder / REPORT_NAME}")


def _bound_lines(prepared: Prepared) -> list[str]:
    config = prepared.config
    head = f"{'stroke':<32} {'target N':>9} {'ceiling N':>10} {'worst case N':>13} {'person moves N':>15}"
    head += f" {'and a joint braked N':>21}"
    rows = [
        f"{padded(bound.name, 32)} {bound.target_n:9.1f} {bound.ceiling_n:10.1f} {bound.bound_n:13.1f} "
        f"{bound.person_bound_n:15.1f} {bound.braked_bound_n:21.1f}"
        for bound in prepared.bounds
    ]
    worst = f"worst case {number(config.worst_case_bound_n, 'N', 1)}"
    person = f"with the person moving at 0.2 m/s {number(config.person_bound_n, 'N', 1)}"
    bounds = bound_rows(config.worst_case_bound_n, config.person_bound_n, config.braked_bound_n)
    accepted = f"accepted: a plan of {config.duration_s:.1f} s; {worst}, {person}; nothing moved"
    plant = plant_lines(config.differences)
    return [head, *rows, "what each bound assumes:", *assumption_lines(bounds), *plant, accepted]
