"""The truth of a run in real time, tick by tick from the first enable on, unknown to session loop and supervisor."""

from __future__ import annotations

import contextlib
import mmap
import os
from dataclasses import dataclass, field
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from controller.processes.cells import AUTHORITIES, MODES
from controller.processes.shared_memory import FOLDER
from controller.types import Authority, Mode

ROW = np.dtype(
    [
        ("t_s", "f8"),
        ("wall_s", "f8"),
        ("late_s", "f8"),
        ("waited_s", "f8"),
        ("press_n", "f8"),
        ("limit_n", "f8"),
        ("height_m", "f8"),
        ("tool_speed_m_s", "f8"),
        ("joint_speed_rad_s", "f8"),
        ("supervisor_age_s", "f8"),
        ("host_lag_ticks", "i8"),
        ("supervisor_lag_ticks", "i8"),
        ("authority", "i8"),
        ("host_mode", "i8"),
    ]
)
"""Time; wall clock, how late the drives woke up, how long they waited for others; true press force, hard limit at that
place, tool height, tool speed, fastest joint; age of the supervisor's heartbeat, ticks that the newest answers of both
masters lie behind; whose torque acted in the period that begins here, mode the session loop told last."""
COUNT_BYTES = 64

Rows = NDArray[Any]


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """Where a ledger is.

    Attributes:
        name: of the shared memory.
        capacity: rows it can hold.
        row: what a row holds.
    """

    name: str
    capacity: int
    row: np.dtype[np.void] = field(default=ROW)

    @property
    def size_bytes(self) -> int:
        """Size of the memory."""
        return COUNT_BYTES + self.capacity * self.row.itemsize


class Ledger:
    """Rows in shared memory with their count in front; one process appends, another looks on.

    Args:
        memory: the mapped memory.
        place: its size.
    """

    def __init__(self, memory: memoryview | mmap.mmap, place: LedgerPlace) -> None:
        self._count: NDArray[np.int64] = np.ndarray((1,), np.int64, memory)
        self._rows: Rows = np.ndarray((place.capacity,), place.row, memory, COUNT_BYTES)

    @property
    def count(self) -> int:
        """Number of rows so far."""
        return int(self._count[0])

    @property
    def is_full(self) -> bool:
        """True where no row fits any more."""
        return self.count >= len(self._rows)

    def append(self, row: tuple[object, ...]) -> None:
        """Add a row; the count follows, so that nobody reads half a row."""
        count = self.count
        self._rows[count] = row
        self._count[0] = count + 1

    def rows(self, start: int = 0) -> Rows:
        """Return a copy of the rows so far."""
        return self._rows[start : self.count].copy()

    def forget(self) -> None:
        """Let go of the memory, so that it can be closed."""
        self._count, self._rows = np.zeros(1, np.int64), np.zeros(0, ROW)


class OwnedLedger:
    """A ledger as its owner has it: made on entering, removed on leaving.

    Args:
        place: name and size.
    """

    def __init__(self, place: LedgerPlace) -> None:
        self.place = place
        """Name and size."""
        self._shared = SharedMemory(place.name, create=True, size=place.size_bytes)
        self.ledger = Ledger(self._shared.buf or memoryview(b""), place)
        """The rows."""

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the memory."""
        with contextlib.suppress(FileNotFoundError):
            self._shared.unlink()
        self.ledger.forget()
        self._shared.close()


def attach_ledger(place: LedgerPlace) -> Ledger:
    """Return the ledger that another process owns, to append to."""
    descriptor = os.open(FOLDER / place.name, os.O_RDWR)
    try:
        return Ledger(mmap.mmap(descriptor, place.size_bytes), place)
    finally:
        os.close(descriptor)


def authority_of(code: int) -> Authority:
    """Return the authority of a row."""
    return AUTHORITIES[code]


def mode_of(code: int) -> Mode:
    """Return the mode of a row."""
    return MODES[code]
