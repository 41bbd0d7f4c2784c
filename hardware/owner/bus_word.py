"""What the owner of a servo bus and its heir tell each other: a block of shared memory for each.

The owner's block counts the packets of goals that it sends, which is what the servos' own watchdogs go by, and says
whether servos may have torque. Times are CLOCK_MONOTONIC, which all processes share.
"""

from __future__ import annotations

import enum
import math
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from controller.processes.shared_memory import BlockKind, BlockReader, BlockWriter, OwnedBlock, attach


class Power(enum.Enum):
    """Whether servos have torque."""

    OFF = 0
    CHANGING = 1
    """Torque is being given or taken, servo by servo; no goals are sent meanwhile."""
    ON = 2


@dataclass(frozen=True, slots=True)
class BusCell:
    """What the master of the bus says.

    Attributes:
        beat: packets of goals so far.
        power: whether servos have torque.
        sent_s: time of the last packet [s].
    """

    beat: int
    power: Power
    sent_s: float


class HeirState(enum.Enum):
    """What the heir does."""

    STARTING = 0
    WATCHING = 1
    FENCING = 2
    """The owner is silent or gone; the heir waits until it is proven to be gone."""
    ACTING = 3
    """The bus is the heir's."""


@dataclass(frozen=True, slots=True)
class HeirCell:
    """What the heir says.

    Attributes:
        beat: looks so far.
        state: what it does.
        pid: its process, 0 before it has started.
        noticed_s: time at which it found the owner gone or silent [s], NaN before.
        sent_s: time of its first packet of goals [s], NaN before.
        silent_s: time without a packet before that one [s], NaN before.
    """

    beat: int
    state: HeirState
    pid: int
    noticed_s: float = math.nan
    sent_s: float = math.nan
    silent_s: float = math.nan


NO_MASTER = BusCell(0, Power.OFF, 0.0)
NO_HEIR = HeirCell(0, HeirState.STARTING, 0)
_BUS, _HEIR = struct.Struct("<qB7xd"), struct.Struct("<qqB7x3d")


class BusCodec:
    """Cells of the bus's master and their bytes.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self.kind = BlockKind("bus", 5, joints, _BUS.size)

    def pack(self, cell: BusCell) -> bytes:
        """Return the bytes of a cell."""
        return _BUS.pack(cell.beat, cell.power.value, cell.sent_s)

    def unpack(self, payload: bytes | None) -> BusCell | None:
        """Return the cell; None where it is broken."""
        if payload is None:
            return None
        beat, power, sent_s = _BUS.unpack(payload)
        return BusCell(beat, Power(power), sent_s) if power < len(Power) else None


class HeirCodec:
    """Cells of the heir and their bytes.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self.kind = BlockKind("heir", 6, joints, _HEIR.size)

    def pack(self, cell: HeirCell) -> bytes:
        """Return the bytes of a cell."""
        return _HEIR.pack(cell.beat, cell.pid, cell.state.value, cell.noticed_s, cell.sent_s, cell.silent_s)

    def unpack(self, payload: bytes | None) -> HeirCell | None:
        """Return the cell; None where it is broken."""
        if payload is None:
            return None
        beat, pid, state, noticed_s, sent_s, silent_s = _HEIR.unpack(payload)
        if state >= len(HeirState):
            return None
        return HeirCell(beat, HeirState(state), pid, noticed_s, sent_s, silent_s)


class BusWord:
    """The word of whoever is the master of the bus; there is one at a time.

    Args:
        prefix: of the shared memory's names.
        joints: number of joints.

    Raises:
        PlantError: the shared memory is missing or foreign.
    """

    def __init__(self, prefix: str, joints: int) -> None:
        self._codec = BusCodec(joints)
        memory = attach(prefix, self._codec.kind, may_write=True)
        self._writer = BlockWriter(memory, self._codec.kind)
        self._cell = self._codec.unpack(BlockReader(memory, self._codec.kind).read()) or NO_MASTER

    def say(self, power: Power) -> None:
        """Say whether servos have torque: before the first one may get it, and after none has it any more."""
        self._write(replace(self._cell, power=power))

    def beat(self) -> None:
        """Say that a packet of goals has been sent, or that time stands still with the peers of a rehearsal."""
        self._write(replace(self._cell, beat=self._cell.beat + 1, sent_s=time.monotonic()))

    def _write(self, cell: BusCell) -> None:
        self._cell = cell
        self._writer.write(self._codec.pack(cell))


def succession_blocks(prefix: str, joints: int) -> Iterator[OwnedBlock]:
    """Make the blocks of the master of the bus and of its heir.

    Args:
        prefix: of the names of the shared memory.
        joints: number of joints.
    """
    bus, heir = BusCodec(joints), HeirCodec(joints)
    yield OwnedBlock(prefix, bus.kind, bus.pack(NO_MASTER))
    yield OwnedBlock(prefix, heir.kind, heir.pack(NO_HEIR))


class HeirReader:
    """Reads what the heir says.

    Args:
        prefix: of the shared memory's names.
        joints: number of joints.

    Raises:
        PlantError: the shared memory is missing or foreign.
    """

    def __init__(self, prefix: str, joints: int) -> None:
        self._codec = HeirCodec(joints)
        self._reader = BlockReader(attach(prefix, self._codec.kind, may_write=False), self._codec.kind)

    def read(self) -> HeirCell | None:
        """Return its newest word; None where that is broken."""
        return self._codec.unpack(self._reader.read())
