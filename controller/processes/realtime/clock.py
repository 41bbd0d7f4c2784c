"""The monotonic clock, and sleeping until one of its times: ``clock_nanosleep``, or Python's sleep where that fails.

Python's own ``time.sleep`` takes a span and adds it to a time that it reads later: whoever is held up between the two
wakes up late by as much. An absolute time has no such gap, and a sleep that a signal interrupts is simply begun again.
"""

from __future__ import annotations

import ctypes
import errno
import time
from collections.abc import Callable
from typing import Protocol

_TIMER_ABSTIME = 1
"""Flag of clock_nanosleep(2)."""
NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """What deadlines are kept on."""

    def now_ns(self) -> int:
        """Return the time [ns]."""
        ...

    def sleep_until_ns(self, wake_ns: int) -> None:
        """Return at this time [ns] or later, at once where it has passed."""
        ...


class _Timespec(ctypes.Structure):
    """``struct timespec`` of Linux on 64 bits."""

    _fields_ = (("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_int64))


Nanosleep = Callable[[int], int]
"""Sleeps until a time of the monotonic clock [ns]; returns 0 or an error number, as clock_nanosleep(2)."""


def system_nanosleep() -> Nanosleep | None:
    """Return ``clock_nanosleep`` of this system, None where there is none."""
    try:
        call = ctypes.CDLL(None).clock_nanosleep
    except (OSError, AttributeError, TypeError):
        return None
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        return None  # struct timespec has another layout there
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Timespec), ctypes.c_void_p)
    call.restype = ctypes.c_int
    monotonic, by_reference = time.CLOCK_MONOTONIC, ctypes.byref

    def sleep(wake_ns: int) -> int:
        return int(call(monotonic, _TIMER_ABSTIME, by_reference(_Timespec(*divmod(wake_ns, NS_PER_S))), None))

    return sleep


class MonotonicClock:
    """CLOCK_MONOTONIC, which nobody sets; it stands still while a computer is suspended.

    Args:
        nanosleep: how to sleep until a time; None for Python's sleep.
    """

    def __init__(self, nanosleep: Nanosleep | None) -> None:
        self._nanosleep = nanosleep

    @property
    def is_absolute(self) -> bool:
        """True where it sleeps until absolute times."""
        return self._nanosleep is not None

    def now_ns(self) -> int:
        """Return the time [ns]."""
        return time.monotonic_ns()

    def sleep_until_ns(self, wake_ns: int) -> None:
        """Return at this time [ns] or later; a system that refuses is not asked again."""
        while (left_ns := wake_ns - time.monotonic_ns()) > 0:
            if self._nanosleep is None:
                time.sleep(left_ns / NS_PER_S)
            elif self._nanosleep(wake_ns) not in (0, errno.EINTR):
                self._nanosleep = None


CLOCK = MonotonicClock(system_nanosleep())
"""The clock of this computer."""
