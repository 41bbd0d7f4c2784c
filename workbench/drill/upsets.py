"""What upsets a machine with three processes: signals, starvation, suspension, a dead owner; and what must follow."""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from controller.processes.signals import CUTTING
from workbench.drill.remote import Remote

BUSY = "while True: pass"
BUSY_LOOPS_PER_CORE = 2
BUSY_S, SIGNAL_S, HELD_S = 1.0, 0.005, 0.05
"""Simulated time of starvation and between two signals; wall time for which the supervisor alone is held up [s]."""
SUSPENDED_WALL_S = 7.0
"""Wall time of a suspension: longer than anybody waits for senses."""
BACK_S, LATE_S = 0.3, 1.5
"""Simulated time after which a supervisor and a session loop that were stopped go on [s]."""


class Wanted(enum.StrEnum):
    """What has to follow."""

    NOTHING = "nothing"
    TAKEN = "supervisor takes the drives"
    LOOP_STOPS = "session loop unloads"
    PARKED = "session loop parks"


@dataclass(frozen=True, slots=True)
class Upset:
    """One event.

    Attributes:
        text: what happens.
        wanted: what has to follow.
        do: does it; returns the row of the ledger that was next.
        leaves_owner: the processes are not asked to end: they have to find out by themselves.
    """

    text: str
    wanted: Wanted
    do: Callable[[Remote, Random], int]
    leaves_owner: bool = False


@contextmanager
def starved(machine: Remote) -> Iterator[None]:
    """Let busy loops of normal priority fill every core, and take the supervisor's real-time priority away."""
    count = BUSY_LOOPS_PER_CORE * len(os.sched_getaffinity(0))
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]  # noqa: S603
    policy, priority = os.sched_getscheduler(machine.supervisor_pid), os.sched_getparam(machine.supervisor_pid)
    os.sched_setscheduler(machine.supervisor_pid, os.SCHED_OTHER, os.sched_param(0))
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.sched_setscheduler(machine.supervisor_pid, policy, priority)


def _signalled(pid_of: Callable[[Remote], int]) -> Callable[[Remote, Random], int]:
    """Return an event that sends every signal that can be ignored, SIGCONT too, in any order."""

    def do(machine: Remote, random: Random) -> int:
        row, numbers = machine.count, [*sorted(CUTTING), signal.SIGCONT]
        random.shuffle(numbers)
        for number in numbers:
            machine.send(number, pid_of(machine))
            machine.let_pass(SIGNAL_S)
        return row

    return do


def _starve(machine: Remote, _: Random) -> int:
    row = machine.count
    with starved(machine):
        machine.let_pass(BUSY_S)
    return row


def _hold_supervisor(machine: Remote, _: Random) -> int:
    row = machine.count
    machine.send(signal.SIGSTOP, machine.supervisor_pid)
    time.sleep(HELD_S)
    machine.send(signal.SIGCONT, machine.supervisor_pid)
    return row


def _suspend(machine: Remote, random: Random) -> int:
    """Stop all three, as a suspended machine does, and let them go on in any order."""
    row, pids = machine.count, list(machine.pids)
    for number, wall_s in ((signal.SIGSTOP, SUSPENDED_WALL_S), (signal.SIGCONT, 0.0)):
        random.shuffle(pids)
        machine.send(number, *pids)
        time.sleep(wall_s)
    return row


def _at_once(*kills: tuple[int, Callable[[Remote], int]]) -> Callable[[Remote, Random], int]:
    """Return an event that sends signals while the world stands still."""

    def do(machine: Remote, _: Random) -> int:
        with machine.standing_still() as row:
            for number, pid_of in kills:
                machine.send(number, pid_of(machine))
        return row

    return do


def _for_a_while(pid_of: Callable[[Remote], int], span_s: float) -> Callable[[Remote, Random], int]:
    """Return an event that stops a process and lets it go on after a simulated time."""

    def do(machine: Remote, _: Random) -> int:
        with machine.standing_still() as row:
            machine.send(signal.SIGSTOP, pid_of(machine))
        machine.let_pass_until(row, span_s)
        machine.send(signal.SIGCONT, pid_of(machine))
        return row

    return do


def _kill_while_starved(machine: Remote, random: Random) -> int:
    with starved(machine):
        row = _at_once((signal.SIGKILL, _host))(machine, random)
        machine.let_pass_until(row, BACK_S)
    return row


def _to_all(*numbers: int) -> Callable[[Remote, Random], int]:
    """Return an event that sends signals to everybody, in any order."""

    def do(machine: Remote, random: Random) -> int:
        row, order = machine.count, list(numbers)
        random.shuffle(order)
        for number in order:
            machine.send_all(number)
        return row

    return do


def _kill_owner(machine: Remote, _: Random) -> int:
    with machine.standing_still() as row:
        machine.owner.kill()
        machine.owner.wait()
    return row


def _host(machine: Remote) -> int:
    return machine.host_pid


def _supervisor(machine: Remote) -> int:
    return machine.supervisor_pid


def _drives(machine: Remote) -> int:
    return machine.drives_pid


HARMLESS: tuple[Upset, ...] = (
    Upset("every signal to the supervisor, any order", Wanted.NOTHING, _signalled(_supervisor)),
    Upset("every signal to the drives, any order", Wanted.NOTHING, _signalled(_drives)),
    Upset(f"supervisor held up for {HELD_S * 1e3:.0f} ms of wall time", Wanted.NOTHING, _hold_supervisor),
    Upset(f"all three suspended for {SUSPENDED_WALL_S:g} s", Wanted.NOTHING, _suspend),
    Upset(f"supervisor starved for {BUSY_S:g} s", Wanted.NOTHING, _starve),
)
"""Events after which the session goes on; all of them happen in every round."""
DECISIVE: tuple[Upset, ...] = (
    Upset("session loop killed", Wanted.TAKEN, _at_once((signal.SIGKILL, _host))),
    Upset("session loop killed, supervisor starved", Wanted.TAKEN, _kill_while_starved),
    Upset("session loop stopped, goes on late", Wanted.TAKEN, _for_a_while(_host, LATE_S)),
    Upset(
        "SIGTERM to the supervisor, session loop killed",
        Wanted.TAKEN,
        _at_once((signal.SIGTERM, _supervisor), (signal.SIGKILL, _host)),
    ),
    Upset("supervisor killed", Wanted.LOOP_STOPS, _at_once((signal.SIGKILL, _supervisor))),
    Upset("supervisor stopped, goes on late", Wanted.LOOP_STOPS, _for_a_while(_supervisor, BACK_S)),
    Upset("terminal closed: SIGHUP to all", Wanted.PARKED, _to_all(signal.SIGHUP)),
    Upset("SIGQUIT to all", Wanted.PARKED, _to_all(signal.SIGQUIT)),
    Upset("SIGTSTP to all", Wanted.PARKED, _to_all(signal.SIGTSTP)),
    Upset(
        "logout: SIGTERM, SIGHUP, SIGQUIT, SIGINT to all",
        Wanted.PARKED,
        _to_all(signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT),
    ),
    Upset("owner killed", Wanted.PARKED, _kill_owner, leaves_owner=True),
)
"""Events that have to be answered; each ends the session, one in every round in turn."""
