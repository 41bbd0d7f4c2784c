"""Real processes, real kills: what the truth says of an arm whose session loop or supervisor is gone.

All times are simulated and all forces are the truth. A process that a busy machine does not run answers late even in
simulated time, so the drills that hold the 10 ms are a campaign of their own, `make drills`, for a quiet machine; one
kill is in every test run and holds the forces.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.errors import PlantError
from controller.processes.cells import AUTHORITIES
from controller.processes.loop_memory import RigLoop
from controller.processes.shared_memory import FOLDER
from controller.types import Authority
from workbench import cli
from workbench.commands.drill import UPSETS, run_drill
from workbench.drill.faults import DrillName
from workbench.drill.run import PRESS_N, DrillPlan, drill_plan, running
from workbench.drill.upset_rounds import run_round
from workbench.drill.upsets import DECISIVE, HARMLESS, Upset, Wanted
from workbench.drill.verdict import DrillResult

WALL_S = 300.0
"""Nothing here takes nearly as long; a test that hangs must end all the same."""


PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from workbench.cli import main; sys.exit(main())"
)
"""A shell starts what runs in its background with interrupts ignored; the drill here must hear them all the same."""


@functools.cache
def _plan() -> DrillPlan:
    return drill_plan()


def _left_behind() -> list[str]:
    return [path.name for path in FOLDER.glob(f"massage-arm-{os.getpid()}-*")]


def _drilled(name: DrillName, *, is_quiet: bool = True) -> DrillResult:
    result = run_drill(name, _plan())
    if is_quiet and result.busy:
        pytest.skip(f"the machine was too busy to tell: {result.busy}; {result.misses}")
    assert [miss for miss in result.misses if is_quiet or not miss.startswith("answer after")] == []
    assert result.at_fault_n == pytest.approx(PRESS_N, abs=1.5)
    assert result.peak_n <= min(result.limit_n, PRESS_N + 3.0)
    assert result.reaction_s <= 0.0101 or not is_quiet
    assert result.off_skin_s < 0.8
    assert result.press_n == 0.0
    assert result.fastest_m_s < 0.17
    assert _left_behind() == []
    return result


def test_a_killed_session_loop_leaves_an_arm_that_floats_off_the_skin() -> None:
    assert _drilled(DrillName.HOST_KILLED, is_quiet=False).cause == "host_lost"


@pytest.mark.campaign
def test_a_killed_session_loop_is_answered_within_10_ms() -> None:
    assert _drilled(DrillName.HOST_KILLED).cause == "host_lost"


@pytest.mark.campaign
def test_a_session_loop_that_stands_still_is_not_heard_when_it_goes_on() -> None:
    result = _drilled(DrillName.HOST_STOPPED)
    assert result.cause == "host_lost"
    assert result.authority is Authority.SUPERVISOR


@pytest.mark.campaign
def test_without_its_supervisor_the_session_loop_unloads_and_the_brakes_close_afterwards() -> None:
    result = _drilled(DrillName.SUPERVISOR_KILLED)
    assert result.cause == "supervisor_lost"
    assert result.brakes_s is not None
    assert result.off_skin_s < 0.8 < result.brakes_s <= 1.0101


@pytest.mark.campaign
def test_noise_in_the_shared_memory_is_found_out() -> None:
    assert _drilled(DrillName.MEMORY_CORRUPT).cause == "memory_corrupt"


@pytest.mark.campaign
def test_a_supervisor_that_has_the_drives_cannot_be_talked_out_of_them() -> None:
    with running(_plan()) as processes:
        processes.wait_until_steady()
        os.kill(processes.host_pid, signal.SIGKILL)
        processes.let_pass(0.05)
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            os.kill(processes.supervisor_pid, number)
            processes.let_pass(0.02)
        row = processes.count
        processes.let_pass(1.5)
        rows, supervisor = processes.rows(row), processes.supervisor_pid
        assert set(rows["authority"]) == {AUTHORITIES.index(Authority.SUPERVISOR)}
        assert rows["press_n"][-1] == 0.0
        assert rows["supervisor_age_s"].max() < 0.01
    assert not Path(f"/proc/{supervisor}").exists(), "the owner's word ends it once the brakes are closed"
    assert _left_behind() == []


def test_a_drill_that_fails_on_the_way_leaves_nothing_behind() -> None:
    def broken() -> None:
        with running(_plan()) as processes:
            os.kill(processes.supervisor_pid, signal.SIGKILL)
            processes.wait_until_steady()

    with pytest.raises(PlantError, match=r"the supervisor ended .* before the fault"):
        broken()
    assert _left_behind() == []


def _children(pid: int) -> set[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {int(word) for word in text.split()}


def _until(is_so: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + WALL_S
    while not is_so() and time.monotonic() < until_s:
        time.sleep(0.05)
    return is_so()


BLOCKS = 5 + len(RigLoop)
"""Of senses, session loop, supervisor, owner and truth, and one for the times of each loop."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_drill_that_is_broken_off_takes_its_processes_and_its_memory_along(number: signal.Signals) -> None:
    drill = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "drill", "host-killed"], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    folder = f"massage-arm-{drill.pid}-*"
    try:
        assert _until(lambda: len(list(FOLDER.glob(folder))) == BLOCKS and len(_children(drill.pid)) >= 4)
        children = _children(drill.pid)
        if number is not signal.SIGKILL:
            for _ in range(2):
                os.killpg(drill.pid, number)
        else:
            os.kill(drill.pid, number)
        assert drill.wait(WALL_S) == (-number if number is signal.SIGKILL else cli.EXIT_OPERATOR)
        assert _until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
        assert _until(lambda: not list(FOLDER.glob(folder)))
    finally:
        drill.kill()


def _round(upset: Upset, seed: int, harmless: tuple[Upset, ...] = HARMLESS) -> None:
    results = run_round(upset, seed, harmless)
    busy = [result.busy for result in results if result.busy and (result.misses or result.is_false)]
    if busy:
        pytest.skip(f"the machine was too busy to tell: {busy[0]}")
    assert [(result.text, result.misses) for result in results if result.misses or result.is_false] == []
    assert [result.text for result in results if result.wanted is not Wanted.NOTHING] == [upset.text]


def test_a_closed_terminal_parks_the_arm_and_leaves_supervisor_and_drives_to_the_end() -> None:
    (closed,) = [upset for upset in DECISIVE if "terminal" in upset.text]
    _round(closed, 1, tuple(event for event in HARMLESS if "signal" in event.text))


@pytest.mark.campaign
@pytest.mark.parametrize("index", range(len(DECISIVE)), ids=[upset.text for upset in DECISIVE])
def test_whatever_upsets_the_machine_is_answered_where_it_must_be_and_only_there(index: int) -> None:
    _round(DECISIVE[index], 100 + index)


def test_the_names_of_the_drills_are_those_of_the_command() -> None:
    assert (*DrillName, UPSETS) == cli.DRILLS


def test_an_unknown_drill_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drill", "fire"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "host-killed" in error
