"""What a computer is, as far as it bears on keeping time: kernel, limits, cores, clocks, hypervisor."""

from __future__ import annotations

import os
import platform
import resource
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from controller.processes.realtime.system import cores_of, may_lock_all

ROOT = Path("/")
NOT_SHOWN = "not shown"
"""What the system does not tell."""
_CONFIG_MODES = ("RT", "LAZY", "VOLUNTARY", "NONE")


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Facts about a computer and this process on it.

    Attributes:
        kernel: its release.
        preemption: how the kernel lets a thread be interrupted inside it: full real time, full, lazy, voluntary, none.
        is_virtual: it runs under a hypervisor, which may take a core away without this system's knowledge.
        governors: who chooses the speed of the cores, empty where that is not shown.
        allowed_cores: cores that this process may run on.
        isolated_cores: cores that the kernel leaves to who asks for them by name.
        clocksource: what the clock reads.
        realtime_share: part of a second that real-time threads may take of a core, 1 for all.
        memory_lock_kb: memory that this process may lock [kB], None for all.
        timer_slack_ns: by how much timers may be late so that wake-ups can be put together [ns], None if not shown.
    """

    kernel: str
    preemption: str
    is_virtual: bool
    governors: tuple[str, ...]
    allowed_cores: tuple[int, ...]
    isolated_cores: tuple[int, ...]
    clocksource: str
    realtime_share: float
    memory_lock_kb: int | None
    timer_slack_ns: int | None


def host_facts(root: Path = ROOT) -> HostFacts:
    """Return the facts of this computer.

    Args:
        root: where ``proc`` and ``sys`` are.
    """
    system = root / "sys"
    cpus = system / "devices" / "system" / "cpu"
    limit_bytes = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    may_lock = limit_bytes == resource.RLIM_INFINITY or may_lock_all()
    slack = _text(root / "proc" / "self" / "timerslack_ns")
    return HostFacts(
        kernel=platform.release(),
        preemption=preemption(root, platform.version()),
        is_virtual=" hypervisor" in _text(root / "proc" / "cpuinfo"),
        governors=tuple(sorted({_text(path) for path in cpus.glob("cpu*/cpufreq/scaling_governor")} - {""})),
        allowed_cores=tuple(sorted(os.sched_getaffinity(0))),
        isolated_cores=_cores(cpus / "isolated"),
        clocksource=_text(system / "devices/system/clocksource/clocksource0/current_clocksource") or NOT_SHOWN,
        realtime_share=_realtime_share(root / "proc" / "sys" / "kernel"),
        memory_lock_kb=None if may_lock else limit_bytes // 1024,
        timer_slack_ns=int(slack) if slack.isdigit() else None,
    )


def preemption(root: Path, version: str) -> str:
    """Return how the kernel lets a thread be interrupted inside it.

    Args:
        root: where ``proc`` and ``sys`` are.
        version: of the kernel, as ``uname -v``.
    """
    if _text(root / "sys" / "kernel" / "realtime") == "1" or "PREEMPT_RT" in version:
        return "full real time (PREEMPT_RT)"
    if "PREEMPT_DYNAMIC" in version:
        return f"{_dynamic(root)} (PREEMPT_DYNAMIC)"
    return "full" if "PREEMPT" in version.split() else "voluntary or none"


def _dynamic(root: Path) -> str:
    """Return the mode of a kernel that chooses it when it starts: as it shows it, was asked for it, or was built."""
    shown = _text(root / "sys" / "kernel" / "debug" / "sched" / "preempt")
    if "(" in shown:
        return shown.partition("(")[2].partition(")")[0]
    for word in _text(root / "proc" / "cmdline").split():
        if word.startswith("preempt="):
            return word.partition("=")[2]
    lines = _config_lines(root / "proc" / "config.gz")
    for mode in _CONFIG_MODES:
        if f"CONFIG_PREEMPT_{mode}=y" in lines:
            return mode.lower()
    return "full" if "CONFIG_PREEMPT=y" in lines else NOT_SHOWN


def _config_lines(path: Path) -> Iterable[str]:
    with suppress(OSError, zlib.error):
        text = zlib.decompress(path.read_bytes(), wbits=zlib.MAX_WBITS | 16)
        return frozenset(text.decode(errors="replace").splitlines())
    return frozenset()


def _realtime_share(folder: Path) -> float:
    try:
        runtime_us, period_us = (int(_text(folder / f"sched_rt_{name}_us")) for name in ("runtime", "period"))
    except ValueError:
        return 1.0
    return 1.0 if runtime_us < 0 or not period_us > 0 else runtime_us / period_us


def _cores(path: Path) -> tuple[int, ...]:
    with suppress(ValueError):
        return cores_of(_text(path))
    return ()


def _text(path: Path) -> str:
    """Return what a file holds without its last line end; empty where it cannot be read."""
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace").strip("\n\0")
    return ""
