"""From what a loop would like to what the system permits, with a plain word about everything it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from controller.processes.realtime.memory import HeapReserve
from controller.processes.realtime.priority import HOST_PRIORITY
from controller.processes.realtime.system import LinuxSystem, System

SPIN_S, SPIN_SHARE = 1e-4, 0.1
"""How long before a deadline a real-time loop wakes up to look at the clock, and the largest share of its period that
it may take: more than most wake-ups are late (assumed), far below the 95 % that Linux leaves to real-time threads."""
SLACK_NS = 1
"""Timer slack of the loop; Linux gives an ordinary thread 50 us."""

TAKEN_AWAY = "SCHED_FIFO was taken away by another program while the loop ran: find out which, and measure again"
"""What is said of a loop that has lost its priority."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a loop would like to have.

    Attributes:
        priority: SCHED_FIFO priority, None for ordinary scheduling, without a core of its own and without spinning.
        is_memory_locked: its memory is to stay where it is.
    """

    priority: int | None = HOST_PRIORITY
    is_memory_locked: bool = True


@dataclass(frozen=True, slots=True)
class Permitted:
    """What it got.

    Attributes:
        is_fifo: it has SCHED_FIFO.
        core: the core that it stays on, None for any.
        is_memory_locked: its memory stays where it is.
        may_spin: it may look at the clock for the last moment before a deadline.
        is_timer_exact: its timers have no slack.
        warnings: a sentence about everything that was refused.
    """

    is_fifo: bool
    core: int | None
    is_memory_locked: bool
    may_spin: bool
    is_timer_exact: bool
    warnings: tuple[str, ...]

    def spin_ns(self, period_ns: int) -> int:
        """Return how long before a deadline a loop of this period wakes up [ns]."""
        return min(round(SPIN_S * 1e9), round(SPIN_SHARE * period_ns)) if self.may_spin else 0


def still_permitted(permitted: Permitted, system: System | None = None) -> Permitted:
    """Return what the calling thread still has of what it got: another program may take its priority away.

    Args:
        permitted: what it got.
        system: whom to ask, None for Linux.
    """
    asked = LinuxSystem() if system is None else system
    if not permitted.is_fifo or asked.is_fifo():
        return permitted
    return replace(permitted, is_fifo=False, warnings=(*permitted.warnings, TAKEN_AWAY))


@contextmanager
def realtime_thread(wishes: Wishes, system: System | None = None) -> Iterator[Permitted]:
    """Give the calling thread what is wished for and permitted, and take it back afterwards.

    Args:
        wishes: what the loop would like.
        system: whom to ask, None for Linux.
    """
    asked = LinuxSystem() if system is None else system
    with asked.kept():
        reserve = HeapReserve()
        yield _permitted(wishes, asked)
        del reserve


def _permitted(wishes: Wishes, system: System) -> Permitted:
    """Ask for everything, memory first: locking takes long, and is no work for a real-time priority."""
    warnings: list[str] = []

    def ask(call: Callable[[], None], otherwise: str) -> bool:
        try:
            call()
        except OSError as error:
            warnings.append(otherwise.format(error.strerror or error))
            return False
        return True

    is_locked = wishes.is_memory_locked and ask(
        system.lock_memory,
        "memory is not locked ({}): a page that was given away costs milliseconds; allow it with `ulimit -l unlimited`",
    )
    is_exact = ask(
        lambda: system.set_timer_slack(SLACK_NS),
        "timer slack stays ({}): wake-ups may be 50 us later than they need be",
    )
    priority = wishes.priority
    is_fifo = priority is not None and ask(
        lambda: system.set_fifo(priority),
        "no SCHED_FIFO ({}): every other program may hold the loop up for milliseconds; allow it with `ulimit -r 50`",
    )
    core = _own_core(system, ask) if is_fifo else None
    # Where there is one core only, nobody else gets on while the loop looks at the clock.
    may_spin = is_fifo and (core is not None or len(system.allowed_cores()) > 1)
    return Permitted(is_fifo, core, is_locked, may_spin, is_exact, tuple(warnings))


def _own_core(system: System, ask: Callable[[Callable[[], None], str], bool]) -> int | None:
    """Pin the thread to a core that suits a loop; return it, None where there is none or it is refused."""
    allowed = system.allowed_cores()
    if len(allowed) < 2:
        return None
    isolated = [core for core in system.isolated_cores() if core in allowed]
    # Most interrupts go to the first core (assumed).
    core = (isolated or allowed)[-1]
    text = "not pinned to a core ({}): moving to another one costs some 10 us of cold caches"
    return core if ask(lambda: system.pin(core), text) else None
