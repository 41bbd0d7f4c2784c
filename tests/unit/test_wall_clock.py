"""Lateness of loops on the wall clock, from their counts to the report; a simulation says nothing of it."""

from pathlib import Path

import numpy as np

from controller.processes.loop_memory import RigLoop
from controller.processes.realtime.loop_times import LoopTimes
from tests.synthetic import CONFIG, Synthetic, step
from workbench.record.reader import RunData, read_run
from workbench.record.recorder import McapRecorder
from workbench.record.summary import summarise
from workbench.record.wall_clock import LATE_EDGES_US, WallClock, wall_clock_times
from workbench.report.report import render_report
from workbench.report.report_figures import wall_clock_section


def counted() -> dict[RigLoop, LoopTimes]:
    drives, session = LoopTimes(1_000_000), LoopTimes(1_000_000)
    for late_us in (0, 20, 20, 20, 3000):
        drives.note(late_us * 1000, 500_000)
    session.note(0, 250_000)
    return {RigLoop.DRIVES: drives, RigLoop.SESSION: session}


def recorded(folder: Path, wall_clock: WallClock | None) -> RunData:
    synthetic = Synthetic(CONFIG, step)
    with McapRecorder(folder / "record.mcap", CONFIG, lossless=True, wall_clock=wall_clock) as recorder:
        for one in synthetic.steps():
            recorder.write(one)
    return read_run(folder)


def test_a_run_on_the_wall_clock_keeps_its_lateness_and_shows_it(tmp_path: Path) -> None:
    run = recorded(tmp_path, lambda: wall_clock_times(counted()))
    assert all(stats.wall_clock == () for stats in run.loop[:-1])
    drives, session = run.loop[-1].wall_clock
    assert (drives.loop, session.loop) == (RigLoop.DRIVES, RigLoop.SESSION)
    assert drives.figures == counted()[RigLoop.DRIVES].figures()
    assert (drives.figures.overruns, drives.figures.skipped) == (1, 3)
    assert sum(drives.late_counts) == 5
    edges = np.array(LATE_EDGES_US)
    (place,) = np.flatnonzero(np.array(drives.late_counts) == 3)
    assert edges[place] <= 20.0 <= edges[place + 1] * 1.02
    page = render_report(run, summarise(run), None)
    assert page.count("On the wall clock") == 1
    section = wall_clock_section(run)
    for words in ("drives", "session", "past the next deadline", "3000", "against the ticks"):
        assert words in section


def test_a_simulation_says_nothing_of_lateness(tmp_path: Path) -> None:
    run = recorded(tmp_path, None)
    assert run.loop[-1].wall_clock == ()
    assert wall_clock_section(run) == ""
    assert "On the wall clock" not in render_report(run, summarise(run), None)
