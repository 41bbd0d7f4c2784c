"""Other programs with a real-time priority: they take the core from a loop whose priority is not above theirs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_KERNEL_THREAD = 0x00200000
"""Bit of the flags of a thread of the kernel, PF_KTHREAD of sched.h."""
_FLAGS, _PRIORITY, _POLICY = 6, 37, 38
"""Places in proc_pid_stat(5) behind the name: fields 9, 40 and 41."""
_REALTIME = frozenset({os.SCHED_FIFO, os.SCHED_RR})


def realtime_rivals(root: Path, least: int) -> tuple[str, ...]:
    """Return name and priority of the threads of other programs that hold up a loop, those of the kernel left out.

    Args:
        root: where ``proc`` is.
        least: priority of the loop.
    """
    return tuple(sorted(f"{name} (priority {priority})" for name, priority in _threads(root) if priority >= least))


def _threads(root: Path) -> Iterator[tuple[str, int]]:
    """Yield name and priority of every real-time thread of another program."""
    for process in (root / "proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        for path in process.glob("task/[0-9]*/stat"):
            with suppress(OSError, ValueError, IndexError):
                begin, _, rest = path.read_text(encoding="utf-8", errors="replace").rpartition(")")
                fields = rest.split()
                if int(fields[_POLICY]) in _REALTIME and not int(fields[_FLAGS]) & _KERNEL_THREAD:
                    yield begin.partition("(")[2], int(fields[_PRIORITY])
