"""Faults as the workbench sees them: their events in the record, and the fault that hits the record itself."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from controller.errors import ConfigError
from controller.safety.limits import GateLimits
from sim.faults.kinds import OPTION, Fault
from sim.supervised_plant import SupervisedPlant
from workbench.record.messages import EventKind, FaultEvent
from workbench.record.recorder import McapRecorder

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Disk:
    """The disk of the record: it opens files, and fails every write once ``is_full`` has been set (``disk_full``)."""

    def __init__(self) -> None:
        self.is_full = False

    def open(self, path: Path) -> BinaryIO:
        """Open a record for writing, replacing an older one."""
        return cast("BinaryIO", io.BufferedWriter(_File(path, self)))


class _File(io.FileIO):
    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path, "wb")
        self._disk = disk

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or fail as a full disk does."""
        if self._disk.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def record_events(plant: SupervisedPlant, recorder: McapRecorder, disk: Disk) -> None:
    """Let the record show what happens beside the steps: faults as they begin, the supervisor's takeover."""

    def on_fault(t_s: float, fault: Fault) -> None:
        recorder.event(t_s, EventKind.FAULT, FaultEvent(fault.name, fault.value, fault.joint))
        if fault.name == "disk_full":
            disk.is_full = True

    plant.on_fault, plant.on_contact = on_fault, recorder.touch
    plant.on_takeover = lambda reason: recorder.event(reason.t_s, EventKind.TAKEOVER, reason)


def refuse_impossible(faults: tuple[Fault, ...], limits: GateLimits) -> None:
    """Refuse a fault that can never happen; raises ConfigError."""
    for fault in faults:
        if not fault.start_s <= limits.session_s:
            allowed = f"up to {limits.session_s:.0f} s, the longest this session may take"
            raise ConfigError(f"{OPTION} {fault.name}", f"time {fault.start_s:g} s", allowed)
