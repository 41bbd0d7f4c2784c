"""What the session loop has to know of owner and heir: a loss of either ends the session, under its own name."""

from __future__ import annotations

import time

from controller.processes.drive_loop import Patience
from controller.types import Cause
from hardware.heir.process_handle import ProcessHandle
from hardware.heir.vigil import Silence
from hardware.owner.bus_word import HeirReader, HeirState

SILENT = Patience(1.0, 5)
"""How long the heir may be silent: it is there for a second fault, which does not come within a second of the first
(assumed)."""
LOCK_STEP_SILENT = Patience(3.0, 200)
"""The same in a rehearsal: a busy machine is no fault."""


class SuccessionWatch:
    """Looks at the heir once a tick.

    Args:
        prefix: of the shared memory's names.
        joints: number of joints.
        is_lock_step: time stands still while a process is waited for.

    Raises:
        PlantError: the shared memory is missing or foreign.
    """

    def __init__(self, prefix: str, joints: int, *, is_lock_step: bool) -> None:
        self._reader, self._silence = HeirReader(prefix, joints), Silence()
        self._patience = LOCK_STEP_SILENT if is_lock_step else SILENT
        self._handle: ProcessHandle | None = None
        self._found: Cause | None = None

    def loss(self) -> Cause | None:
        """Return who is lost, None where owner and heir are there; what was found once stays."""
        if self._found is None:
            self._found = self._look()
        return self._found

    def _look(self) -> Cause | None:
        cell = self._reader.read()
        if cell is None or cell.pid == 0:
            return None
        if cell.state in {HeirState.FENCING, HeirState.ACTING}:
            return Cause.BUS_OWNER_LOST
        if self._handle is None:
            self._handle = ProcessHandle(cell.pid)
        is_silent = self._silence.is_over(cell.beat, time.monotonic(), self._patience)
        return Cause.HEIR_LOST if is_silent or self._handle.is_gone() else None
