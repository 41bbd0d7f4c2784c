"""What happened on a computer meanwhile: time that a hypervisor stole, that others used, that this thread waited."""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from controller.processes.realtime.host_facts import ROOT
from controller.processes.realtime.priority import HOST_PRIORITY
from controller.processes.realtime.rivals import realtime_rivals

STAT, SCHEDSTAT = Path("/proc/stat"), Path("/proc/thread-self/schedstat")
_STOLEN = 7
"""Place of the stolen time among the times of a core, proc(5)."""
_IDLE = (3, 4)
"""Places of idle time and of waiting for disks."""


@dataclass(frozen=True, slots=True)
class LoadFacts:
    """What happened in a span of time.

    Attributes:
        stolen_share: part of the cores' time that the hypervisor says that it took.
        others_share: part of the cores' time that other programs and the kernel used.
        waited_s: how long this thread could have run but had no core [s].
        switches: how often it was taken off its core.
        page_faults: how often the kernel had to find a page of its memory first.
        rivals: threads of other programs with the priority of a session loop or a higher one, at beginning or end.
        nice: nice value of this process at the end; above 0 other ordinary programs come first.
    """

    stolen_share: float
    others_share: float
    waited_s: float
    switches: int
    page_faults: int
    rivals: tuple[str, ...]
    nice: int


class QueueTime:
    """Reads how long this thread has waited for a core; for every period of a loop, so that it must be quick."""

    def __init__(self, path: Path = SCHEDSTAT) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError:
            self._file = -1

    def waited_ns(self) -> int:
        """Return the time so far [ns]; 0 where the system does not show it."""
        if self._file < 0:
            return 0
        try:
            return int(os.pread(self._file, 128, 0).split()[1])
        except (OSError, ValueError, IndexError):
            return 0

    def close(self) -> None:
        """Close the file; it shows nothing from then on."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Counters at one moment: times of all cores, of this process, of this thread."""

    total: float
    idle: float
    stolen: float
    own_s: float
    waited_ns: int
    switches: int
    page_faults: int

    @classmethod
    def now(cls) -> Self:
        """Return the counters now."""
        times, queue = core_times(), QueueTime()
        waited_ns = queue.waited_ns()
        queue.close()
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        return cls(
            sum(times), sum(times[place] for place in _IDLE), times[_STOLEN], time.process_time(), waited_ns,
            usage.ru_nivcsw, usage.ru_minflt + usage.ru_majflt,
        )  # fmt: skip


class LoadWatch:
    """Tells what happened since it was made."""

    def __init__(self) -> None:
        self._rivals = realtime_rivals(ROOT, HOST_PRIORITY)
        self._before = _Snapshot.now()

    def facts(self) -> LoadFacts:
        """Return what has happened."""
        before, now = self._before, _Snapshot.now()
        total = now.total - before.total
        busy = total - (now.idle - before.idle) - (now.stolen - before.stolen)
        others = busy - (now.own_s - before.own_s)
        share = 1.0 / total if total > 0.0 else 0.0
        return LoadFacts(
            stolen_share=(now.stolen - before.stolen) * share,
            others_share=max(others, 0.0) * share,
            waited_s=1e-9 * (now.waited_ns - before.waited_ns),
            switches=now.switches - before.switches,
            page_faults=now.page_faults - before.page_faults,
            rivals=tuple(sorted({*self._rivals, *realtime_rivals(ROOT, HOST_PRIORITY)})),
            nice=os.getpriority(os.PRIO_PROCESS, 0),
        )


def core_times(path: Path = STAT) -> tuple[float, ...]:
    """Return user, nice, system, idle, disk, interrupt, soft interrupt, stolen time of all cores [s]; 0 if hidden."""
    with suppress(OSError, ValueError, IndexError):
        words = path.read_text(encoding="ascii").splitlines()[0].split()
        hertz = os.sysconf("SC_CLK_TCK")
        if words[0] == "cpu" and len(words) > _STOLEN + 1:
            return tuple(int(word) / hertz for word in words[1 : _STOLEN + 2])
    return (0.0,) * (_STOLEN + 1)
