"""Memory shared between processes: one block for every writer, and no way to take torn or foreign bytes for a value.

Layout of a block, little endian, all offsets multiples of 8:

    0   header     8s magic, u32 version, u32 kind, u32 joints, u32 size of the payload, u64 zero
    32  slot A     u64 sequence number, u32 CRC-32 of sequence number and payload, u32 zero, payload
    ..  slot B     the same

The writer fills the two slots in turn with rising sequence numbers; a reader takes the valid slot with the higher one.
A writer that dies or is held up in the middle of a slot therefore costs nothing: the other slot still holds the last
whole value. Bytes that come from anywhere else fail the CRC, and a reader gets None.

Only the owner creates and removes blocks, and only its process is known to Python's resource tracker, which removes
them too should the owner be killed. Who attaches maps the file by itself: ``SharedMemory`` would register it a second
time and, on Python 3.11, remove it when the first process ends. All but the writer map it read-only, so that a process
that runs wild cannot reach the values of another.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import zlib
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Self

from controller.errors import PlantError

MAGIC, VERSION = b"MASSARM\0", 1
FOLDER = Path("/dev") / "shm"
"""Where Linux keeps POSIX shared memory."""
_HEADER = struct.Struct("<8sIIIIQ")
_SLOT = struct.Struct("<QII")
_SEQUENCE = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class BlockKind:
    """What a block must be for two processes to understand each other.

    Attributes:
        name: ending of its name.
        code: number in the header.
        joints: number of joints n.
        payload_bytes: size of one value.
    """

    name: str
    code: int
    joints: int
    payload_bytes: int

    @property
    def slot_bytes(self) -> int:
        """Size of a slot."""
        return _SLOT.size + (self.payload_bytes + 7) // 8 * 8

    @property
    def block_bytes(self) -> int:
        """Size of the block."""
        return _HEADER.size + 2 * self.slot_bytes

    def header(self) -> bytes:
        """Return the header."""
        return _HEADER.pack(MAGIC, VERSION, self.code, self.joints, self.payload_bytes, 0)


class BlockWriter:
    """Writes values into a block; there must be one writer only.

    Args:
        memory: the mapped block.
        kind: what it holds.
    """

    def __init__(self, memory: memoryview | mmap.mmap, kind: BlockKind) -> None:
        self._memory, self._kind = memory, kind
        self._sequence = max((sequence for sequence, _ in _slots(memory, kind)), default=0)

    def write(self, payload: bytes) -> None:
        """Write one value; readers see it as a whole or not at all."""
        self._sequence += 1
        sequence = _SEQUENCE.pack(self._sequence)
        start = _HEADER.size + (self._sequence & 1) * self._kind.slot_bytes
        begin = start + _SLOT.size
        self._memory[begin : begin + len(payload)] = payload
        self._memory[start : start + _SLOT.size] = _SLOT.pack(
            self._sequence, zlib.crc32(payload, zlib.crc32(sequence)), 0
        )


class BlockReader:
    """Reads values from a block.

    Args:
        memory: the mapped block.
        kind: what it holds.
    """

    def __init__(self, memory: memoryview | mmap.mmap, kind: BlockKind) -> None:
        self._memory, self._kind = memory, kind

    def read(self) -> bytes | None:
        """Return the newest whole value, None where neither slot holds one."""
        slots = _slots(self._memory, self._kind)
        return max(slots)[1] if slots else None


def _slots(memory: memoryview | mmap.mmap, kind: BlockKind) -> list[tuple[int, bytes]]:
    """Return sequence number and payload of every valid slot; each is copied before it is checked."""
    found = []
    for slot in (0, 1):
        start = _HEADER.size + slot * kind.slot_bytes
        copy = bytes(memory[start : start + _SLOT.size + kind.payload_bytes])
        sequence, checksum, _ = _SLOT.unpack_from(copy)
        payload = copy[_SLOT.size :]
        if sequence and zlib.crc32(payload, zlib.crc32(_SEQUENCE.pack(sequence))) == checksum:
            found.append((sequence, payload))
    return found


class OwnedBlock:
    """A block as its owner has it: made on entering, removed on leaving.

    Args:
        prefix: of the name, different for every run.
        kind: what it holds.
        first: value that stands in it from the start.

    Raises:
        PlantError: there is no shared memory left for it, or none that can be written.
    """

    def __init__(self, prefix: str, kind: BlockKind, first: bytes) -> None:
        self._shared = allocated(f"{prefix}-{kind.name}", kind.block_bytes)
        self.kind = kind
        self.memory = memoryview(self._shared.buf or b"")
        """The whole block, for the owner and for drills that spoil it."""
        self.memory[: _HEADER.size] = kind.header()
        self.writer = BlockWriter(self.memory, kind)
        """For blocks that the owner itself writes."""
        self.reader = BlockReader(self.memory, kind)
        """Reads it back."""
        self.writer.write(first)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the block; those who have it mapped keep their mapping."""
        with contextlib.suppress(FileNotFoundError):
            self._shared.unlink()
        self.memory.release()
        self._shared.close()


def allocated(name: str, size: int) -> SharedMemory:
    """Return a new block whose memory is there; raises PlantError where it cannot be had."""
    asked = f"{FOLDER}: {size} bytes asked for"
    try:
        shared = SharedMemory(name, create=True, size=size)
    except OSError as error:
        todo = f"make {FOLDER} a file system in memory that this user may write"
        raise PlantError(f"{asked} ({error.strerror or error})", todo) from error
    try:
        _allocate(FOLDER / shared.name, size)
    except OSError as error:
        shared.unlink()
        shared.close()
        raise PlantError(f"{asked} ({error.strerror or error})", f"free {FOLDER}") from error
    return shared


def _allocate(path: Path, size: int) -> None:
    """Take the memory of a block now: where there is none left, its first use would kill the process (SIGBUS)."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def attach(prefix: str, kind: BlockKind, *, may_write: bool) -> mmap.mmap:
    """Return the mapping of a block that another process owns.

    Args:
        prefix: of the name.
        kind: what it must hold.
        may_write: True for the block's only writer.

    Raises:
        PlantError: there is no such block, or it is not what this process expects.
    """
    path = FOLDER / f"{prefix}-{kind.name}"
    try:
        descriptor = os.open(path, os.O_RDWR if may_write else os.O_RDONLY)
    except OSError as error:
        raise PlantError(f"shared memory {path.name}: {error.strerror}", "start the process that owns it") from error
    try:
        size = os.fstat(descriptor).st_size
        header = os.pread(descriptor, _HEADER.size, 0)
        if header != kind.header() or size < kind.block_bytes:
            raise PlantError(
                f"shared memory {path.name}: got {_described(header)}; allowed: {_described(kind.header())}",
                "start all processes from the same installation and for the same arm",
            )
        access = mmap.PROT_READ | mmap.PROT_WRITE if may_write else mmap.PROT_READ
        return mmap.mmap(descriptor, kind.block_bytes, mmap.MAP_SHARED, access)
    finally:
        os.close(descriptor)


def _described(header: bytes) -> str:
    if len(header) != _HEADER.size or not header.startswith(MAGIC):
        return "something else"
    _, version, code, joints, payload, _ = _HEADER.unpack(header)
    return f"version {version}, kind {code}, {joints} joints, {payload} bytes"
