"""Keeping time in a process that must not be late: priority, quiet memory, absolute waking times."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

POLL_S = 5e-5
"""Shortest sleep between two looks at shared memory: short against a tick of 1 ms, long enough to leave the processor
to others."""
HELD_UP_S = 0.05
"""More time than this between two looks at shared memory is time in which the process did not run (assumed)."""
SUPERVISOR_PRIORITY, PLANT_PRIORITY, HOST_PRIORITY = 30, 20, 10
"""SCHED_FIFO priorities: the watcher over the watched."""


def become_realtime(priority: int) -> bool:
    """Ask for SCHED_FIFO; return False where the system does not permit it."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        return False
    return True


def quiet_memory() -> None:
    """Stop the garbage collector for good: a loop that makes no cycles needs none."""
    gc.collect()
    gc.freeze()
    gc.disable()


def sleep_until(wake_s: float) -> float:
    """Sleep until an absolute time of the monotonic clock; return how late it got [s]."""
    while (left_s := wake_s - time.monotonic()) > 0.0:
        time.sleep(left_s)
    return -left_s


def wait_for(look: Callable[[], Value | None], patience_s: float) -> Value | None:
    """Look until something is seen, or until patience is at its end; look once at least.

    Time in which this process was itself held up is nobody's fault and does not count: a suspended machine, a stopped
    group of processes.

    Args:
        look: returns what is seen, None for nothing.
        patience_s: longest time to look [s].
    """
    before_s, left_s = time.monotonic(), patience_s
    while (seen := look()) is None and left_s > 0.0:
        time.sleep(POLL_S)
        now_s = time.monotonic()
        left_s -= min(now_s - before_s, HELD_UP_S)
        before_s = now_s
    return seen
