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


def wait_for(look: Callable[[], Value | None], until_s: float) -> Value | None:
    """Look until something is seen, or until a time of the monotonic clock; look once at least."""
    while (seen := look()) is None and time.monotonic() < until_s:
        time.sleep(POLL_S)
    return seen
