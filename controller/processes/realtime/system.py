"""What a loop asks of Linux: priority, locked memory, a core, timers without slack; every call may be refused."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

MCL_CURRENT, MCL_FUTURE = 1, 2
"""Flags of mlockall(2)."""
PR_SET_TIMERSLACK = 29
"""Option of prctl(2)."""
CAP_IPC_LOCK = 14
"""Bit of the capability that frees a process from the limit of locked memory, capabilities(7)."""
ISOLATED = Path("/sys/devices/system/cpu/isolated")
STATUS = Path("/proc/self/status")


class System(Protocol):
    """Calls of the system; each raises OSError where it is refused."""

    def set_fifo(self, priority: int) -> None:
        """Give the calling thread SCHED_FIFO; threads that it starts do not inherit it."""

    def is_fifo(self) -> bool:
        """Return True while the calling thread has SCHED_FIFO; others may take it away."""
        ...

    def lock_memory(self) -> None:
        """Keep all memory of this process, now and in future, from being paged out."""

    def pin(self, core: int) -> None:
        """Keep the calling thread on a core."""

    def allowed_cores(self) -> tuple[int, ...]:
        """Return the cores that the calling thread may run on, rising."""
        ...

    def isolated_cores(self) -> tuple[int, ...]:
        """Return the cores that the kernel leaves to who asks for them by name, rising."""
        ...

    def set_timer_slack(self, slack_ns: int) -> None:
        """Set by how much timers of the calling thread may be late so that wake-ups can be put together [ns]."""

    def kept(self) -> AbstractContextManager[None]:
        """Give priority, cores and memory of the calling thread back afterwards."""
        ...


class LinuxSystem:
    """The calls of Linux."""

    def set_fifo(self, priority: int) -> None:
        """Give the calling thread SCHED_FIFO; threads that it starts do not inherit it."""
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(priority))

    def is_fifo(self) -> bool:
        """Return True while the calling thread has SCHED_FIFO; others may take it away."""
        return os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO

    def lock_memory(self) -> None:
        """Keep all memory of this process, now and in future, from being paged out.

        Where there is a limit it is not even tried: a process that reaches it later gets no memory any more.
        """
        limit_bytes = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
        if limit_bytes != resource.RLIM_INFINITY and not may_lock_all():
            raise OSError(errno.EPERM, f"limit of locked memory is {limit_bytes // 1024} kB")
        _checked("mlockall", MCL_CURRENT | MCL_FUTURE)

    def pin(self, core: int) -> None:
        """Keep the calling thread on a core."""
        os.sched_setaffinity(0, (core,))

    def allowed_cores(self) -> tuple[int, ...]:
        """Return the cores that the calling thread may run on, rising."""
        return tuple(sorted(os.sched_getaffinity(0)))

    def isolated_cores(self) -> tuple[int, ...]:
        """Return the cores that the kernel leaves to who asks for them by name, rising."""
        try:
            return cores_of(ISOLATED.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return ()

    def set_timer_slack(self, slack_ns: int) -> None:
        """Set by how much timers of the calling thread may be late so that wake-ups can be put together [ns]."""
        _checked("prctl", PR_SET_TIMERSLACK, slack_ns, 0, 0, 0)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Give priority, cores and memory of the calling thread back afterwards."""
        policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
        cores = os.sched_getaffinity(0)
        try:
            yield
        finally:
            undos: tuple[Callable[[], object], ...] = (
                lambda: os.sched_setscheduler(0, policy, parameters),
                lambda: os.sched_setaffinity(0, cores),
                lambda: _checked("munlockall"),
                lambda: _checked("prctl", PR_SET_TIMERSLACK, 0, 0, 0, 0),
            )
            for undo in undos:
                with suppress(OSError):
                    undo()


def cores_of(text: str) -> tuple[int, ...]:
    """Return the cores of a list as the kernel writes it, such as ``2-3,6``. Raises ValueError for any other text."""
    cores: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        low, _, high = part.partition("-")
        cores.update(range(int(low), int(high or low) + 1))
    return tuple(sorted(cores))


def may_lock_all() -> bool:
    """Return True where this process has the capability to lock as much memory as it likes."""
    try:
        lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        effective = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return False
    return bool(effective >> CAP_IPC_LOCK & 1)


def _checked(name: str, *arguments: int) -> None:
    """Call a function of the C library that returns 0; raises OSError where it does not, or where there is none."""
    try:
        call = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError, TypeError) as error:
        raise OSError(errno.ENOSYS, f"no {name} in the C library") from error
    if call(*(ctypes.c_ulong(argument) for argument in arguments)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
