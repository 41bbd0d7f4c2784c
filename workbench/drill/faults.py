"""The faults of the drills: what is done to which process."""

from __future__ import annotations

import enum
import os
import signal
import time
from collections.abc import Callable

from controller.processes.realtime.priority import become_realtime
from workbench.drill.run import DT_S, Running

SCRIBBLE_S, SCRIBBLE_WALL_S = 0.03, 10.0
"""Longest time of scribbling over the session loop's memory, simulated and on the wall clock."""
NOISE_PRIORITY = 1
"""SCHED_FIFO priority of the noise: below those that it disturbs, above all others. Noise with pauses is none."""
WAKE_AFTER_S = 1.5
"""Simulated time after which a stopped session loop is let go on: too late, and nobody may listen to it."""


class DrillName(enum.StrEnum):
    """What can be drilled."""

    HOST_KILLED = "host-killed"
    HOST_STOPPED = "host-stopped"
    SUPERVISOR_KILLED = "supervisor-killed"
    MEMORY_CORRUPT = "memory-corrupt"


def kill_host(running: Running) -> int:
    """Kill the session loop where it stands."""
    with running.standing_still() as row:
        os.kill(running.host_pid, signal.SIGKILL)
    return row


def stop_host(running: Running) -> int:
    """Hold the session loop, as a debugger or a swapping machine would, and let it go on much too late."""
    with running.standing_still() as row:
        os.kill(running.host_pid, signal.SIGSTOP)
    running.let_pass(WAKE_AFTER_S)
    os.kill(running.host_pid, signal.SIGCONT)
    return row


def kill_supervisor(running: Running) -> int:
    """Kill the supervisor."""
    with running.standing_still() as row:
        os.kill(running.supervisor_pid, signal.SIGKILL)
    return row


def corrupt_memory(running: Running) -> int:
    """Write noise over every block once, and over the session loop's as long as anybody listens to it."""
    memory = running.blocks[0].memory
    noise = [os.urandom(len(memory)) for _ in range(64)]
    with running.standing_still() as row:
        for block in running.blocks:
            block.memory[:] = os.urandom(len(block.memory))
    until_s, until_row = time.monotonic() + SCRIBBLE_WALL_S, row + round(SCRIBBLE_S / DT_S)
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    become_realtime(NOISE_PRIORITY)
    now_s = time.monotonic()
    try:
        while running.is_hosted() and running.count < until_row and time.monotonic() < until_s:
            for values in noise:
                memory[:] = values
                before_s, now_s = now_s, time.monotonic()
                running.pause_s = max(running.pause_s, now_s - before_s)
    finally:
        os.sched_setscheduler(0, policy, priority)
    return row


FAULTS: dict[DrillName, Callable[[Running], int]] = {
    DrillName.HOST_KILLED: kill_host,
    DrillName.HOST_STOPPED: stop_host,
    DrillName.SUPERVISOR_KILLED: kill_supervisor,
    DrillName.MEMORY_CORRUPT: corrupt_memory,
}
"""What each drill does; each returns the row of the ledger that was next when the fault came."""
