"""Waiting for a time and for what other processes write."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from controller.processes.realtime.clock import CLOCK, NS_PER_S

Value = TypeVar("Value")

POLL_S = 5e-5
"""Shortest sleep between two looks at shared memory: short against a tick of 1 ms, long enough to leave the processor
to others."""
HELD_UP_S = 0.05
"""More time than this between two looks at shared memory is time in which the process did not run (assumed)."""


def sleep_until(wake_s: float) -> float:
    """Sleep until an absolute time of the monotonic clock; return how late it got [s]."""
    CLOCK.sleep_until_ns(round(wake_s * NS_PER_S))
    return max(time.monotonic() - wake_s, 0.0)


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
