"""The faults of the drills: what is done to which process."""

from __future__ import annotations

import enum
import os
import signal
import time
from collections.abc import Callable

from workbench.drill.run import Running

SCRIBBLE_S = 0.5
"""Longest time of scribbling over the session loop's memory."""
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
    until_s = time.monotonic() + SCRIBBLE_S
    while running.is_hosted() and time.monotonic() < until_s:
        for values in noise:
            memory[:] = values
    return row


FAULTS: dict[DrillName, Callable[[Running], int]] = {
    DrillName.HOST_KILLED: kill_host,
    DrillName.HOST_STOPPED: stop_host,
    DrillName.SUPERVISOR_KILLED: kill_supervisor,
    DrillName.MEMORY_CORRUPT: corrupt_memory,
}
"""What each drill does; each returns the row of the ledger that was next when the fault came."""
