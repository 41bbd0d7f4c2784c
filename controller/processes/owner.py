"""Whether a run is over: by the word of the process that started the others, or because that process is gone."""

from __future__ import annotations

import os

from controller.processes.cells import OwnerCodec
from controller.processes.shared_memory import BlockReader, attach


class OwnerWatch:
    """Looks at the owner from one of the processes that it has started.

    Args:
        prefix: of the shared memory's names.
        joints: number of joints.
        owner_pid: process of the owner.

    Raises:
        PlantError: the shared memory is missing or foreign.
    """

    def __init__(self, prefix: str, joints: int, owner_pid: int) -> None:
        self._codec, self._owner_pid = OwnerCodec(joints), owner_pid
        self._reader = BlockReader(attach(prefix, self._codec.kind, may_write=False), self._codec.kind)

    def is_over(self) -> bool:
        """Return True where the owner has said so or is gone; a word that cannot be read is none."""
        cell = self._codec.unpack(self._reader.read())
        return (cell is not None and cell.is_over) or os.getppid() != self._owner_pid
