"""Three processes whose owner is a process of its own, so that all four can be signalled and killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from controller.errors import PlantError
from controller.processes.launch import END_WALL_S
from sim.truth_log import Ledger, LedgerPlace, Rows, attach_ledger
from workbench.drill.run import DT_S, LEDGER_ROWS, PASS_WALL_S_PER_S, drill_plan, running, wait
from workbench.runs.signals import interrupt_on_signals

OWNER = "import sys; from workbench.drill.remote import own; sys.exit(own(int(sys.argv[1])))"
STOPPED_WALL_S = 5.0
"""Longest wall time until a stopped process stands still."""


def own(seed: int) -> int:
    """Be the owner: start the others, say who they are once the press force is steady, and wait to be ended.

    Args:
        seed: of person and noise.
    """
    with contextlib.suppress(KeyboardInterrupt), interrupt_on_signals(), running(drill_plan(), seed) as processes:
        processes.wait_until_steady()
        pids = (processes.host_pid, processes.supervisor_pid, processes.stage_pid)
        sys.stdout.write(orjson.dumps({"pids": pids, "ledger": processes.place.name}).decode() + "\n")
        sys.stdout.flush()
        while True:
            signal.pause()
    return 0


class Remote:
    """Owner, session loop, supervisor and drives at work.

    Args:
        owner: process of the owner, the leader of its own group; the session loop is in the group, too.
        pids: session loop, supervisor, drives.
        ledger: the truth.
    """

    def __init__(self, owner: subprocess.Popen[bytes], pids: tuple[int, int, int], ledger: Ledger) -> None:
        self.owner, self._ledger = owner, ledger
        self.host_pid, self.supervisor_pid, self.drives_pid = pids

    @property
    def pids(self) -> tuple[int, int, int]:
        """Session loop, supervisor and drives."""
        return self.host_pid, self.supervisor_pid, self.drives_pid

    @property
    def count(self) -> int:
        """Number of ticks that the ledger has."""
        return self._ledger.count

    def rows(self, start: int = 0) -> Rows:
        """Return the truth from a row on."""
        return self._ledger.rows(start)

    def send(self, number: int, *pids: int) -> None:
        """Send a signal to processes that may be gone."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def send_all(self, number: int) -> None:
        """Send a signal as a terminal and a logout do: to the group, then to those that stand apart from it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.owner.pid, number)
        self.send(number, self.supervisor_pid, self.drives_pid)

    @contextmanager
    def standing_still(self) -> Iterator[int]:
        """Hold the world still while something is done, so that its tick is known; give the row that is next."""
        self.send(signal.SIGSTOP, self.drives_pid)
        wait(lambda: _state(self.drives_pid) in ("T", ""), STOPPED_WALL_S, "stop of the drives")
        try:
            yield self.count
        finally:
            self.send(signal.SIGCONT, self.drives_pid)

    def let_pass(self, span_s: float) -> None:
        """Let simulated time pass from now on."""
        self.let_pass_until(self.count, span_s)

    def let_pass_until(self, row: int, span_s: float, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Let simulated time pass until ``span_s`` after a row, until it is enough, or until the drives have ended."""
        until = row + round(span_s / DT_S)
        wait(
            lambda: self.count >= until or is_enough() or not _state(self.drives_pid),
            PASS_WALL_S_PER_S * span_s,
            f"{span_s:g} s of simulated time",
        )

    def have_ended(self) -> bool:
        """Return True where session loop, supervisor and drives are gone."""
        return not any(_state(pid) for pid in self.pids)


def _state(pid: int) -> str:
    """Return the letter of a process's state, empty where it is gone or only waits to be collected."""
    try:
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
    return "" if letter in "ZX" else letter


@contextmanager
def remote(seed: int) -> Iterator[Remote]:
    """Start owner, session loop, supervisor and drives; all of them are gone afterwards.

    Args:
        seed: of person and noise.

    Raises:
        PlantError: the session did not get as far as a steady press force.
    """
    owner = subprocess.Popen(  # noqa: S603  this interpreter and a number
        [sys.executable, "-c", OWNER, str(seed)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        start_new_session=True, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    pids: tuple[int, ...] = ()
    try:
        told = owner.stdout.readline() if owner.stdout is not None else b""
        if not told:
            raise PlantError("the owner of the drill ended before the press force was steady", "run it again")
        values = orjson.loads(told)
        pids = host, supervisor, drives = values["pids"]
        place = LedgerPlace(values["ledger"], LEDGER_ROWS)
        yield Remote(owner, (host, supervisor, drives), attach_ledger(place))
    finally:
        _clear_up(owner, pids)


def _clear_up(owner: subprocess.Popen[bytes], pids: tuple[int, ...]) -> None:
    """Ask the owner to end the others; kill what is left after the time that they may take."""
    everybody = (owner.pid, *pids)
    for number in (signal.SIGCONT, signal.SIGTERM):
        for pid in everybody:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
    until_s = time.monotonic() + END_WALL_S
    while any(map(_state, everybody)) and time.monotonic() < until_s:
        time.sleep(0.05)
        owner.poll()
    for pid in everybody:
        if _state(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    owner.wait()
    if owner.stdout is not None:
        owner.stdout.close()
