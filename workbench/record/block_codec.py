"""Packs rows of ticks into a block of columns that compresses well, and unpacks it again.

A block is its number of rows and the length of a table of names (4 bytes each, little-endian), the table (JSON), the
group of all 8-byte numbers, and that of all 4-byte numbers. A group begins with one byte for each of its columns: how
often its bit patterns, taken as whole numbers, were differenced along time; once where a signal is noise, twice where
it is smooth, whichever makes them smaller. Then the sign is moved into the lowest bit, and the bytes of equal weight
are put together: column after column, in it the lowest byte of every row, then the next one. All of that is undone bit
for bit; what is smooth or constant in time becomes zeros.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from workbench.record.row_layout import WORD_BYTES, Kind, Place, RowLayout, word_count

_HEAD = struct.Struct("<II")
_LARGEST_ROWS = 1 << 20
"""More rows than any block has; a damaged number of rows must not ask for gigabytes."""
_ONCE, _TWICE = 1, 2
Words = NDArray[np.uint64]
Halves = NDArray[np.uint32]


class Precision(enum.StrEnum):
    """How real numbers are recorded; times always have 64 bits."""

    SINGLE = "float32"
    """Rounded to 24 bits: by at most 6e-8 of the number."""
    DOUBLE = "float64"
    """As they were, bit for bit."""


class Storage(enum.StrEnum):
    """What the numbers of a column are in a block."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"
    INT64 = "int64"


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column of a record.

    Attributes:
        name: its name.
        storage: what its numbers are.
        shape: of its value in one tick.
    """

    name: str
    storage: Storage
    shape: tuple[int, ...]

    @property
    def is_narrow(self) -> bool:
        """True for numbers of 4 bytes."""
        return self.storage is Storage.FLOAT32


def stored_column(place: Place, precision: Precision) -> StoredColumn:
    """Return how a column of a row is stored."""
    if place.kind is Kind.CODE:
        return StoredColumn(place.name, Storage.INT64, place.shape)
    is_rounded = place.kind is Kind.REAL and precision is Precision.SINGLE
    return StoredColumn(place.name, Storage.FLOAT32 if is_rounded else Storage.FLOAT64, place.shape)


class BlockEncoder:
    """Packs rows of one layout.

    Args:
        layout: of the rows.
        precision: of real numbers.

    Attributes:
        columns: what the blocks hold, in order.
    """

    def __init__(self, layout: RowLayout, precision: Precision) -> None:
        self.columns = tuple(stored_column(place, precision) for place in layout.places)
        self._width, self._reals = layout.row.size // WORD_BYTES, layout.reals
        pairs = list(zip(layout.places, self.columns, strict=True))
        self._wide = np.array([word for place, column in pairs if not column.is_narrow for word in place.words], int)
        self._narrow = np.array([word for place, column in pairs if column.is_narrow for word in place.words], int)

    def encode(self, rows: bytearray, names: Sequence[str]) -> bytes:
        """Return the block of some rows.

        Args:
            rows: whole rows; numbers that are not finite become NaN in them.
            names: what codes of regions stand for.
        """
        words = np.frombuffer(rows, np.uint64).reshape(-1, self._width)
        reals = words.view(np.float64)[:, : self._reals]
        reals[~np.isfinite(reals)] = np.nan
        with np.errstate(over="ignore"):
            narrow = words.view(np.float64).T[self._narrow].astype(np.float32)
        narrow[np.isinf(narrow)] = np.nan
        table = orjson.dumps(names)
        head = _HEAD.pack(len(words), len(table)) + table
        return b"".join((head, _packed(words.T[self._wide]), _packed(narrow.view(np.uint32))))


class BlockDecoder:
    """Unpacks some columns of blocks.

    Args:
        columns: what the blocks hold, in order.
        names: columns to unpack; the others cost next to nothing.
    """

    def __init__(self, columns: Sequence[StoredColumn], names: Sequence[str]) -> None:
        self._sizes = [sum(word_count(c.shape) for c in columns if c.is_narrow is narrow) for narrow in (False, True)]
        chosen: tuple[list[int], list[int]] = ([], [])
        at = [0, 0]
        for column in columns:
            group, count = int(column.is_narrow), word_count(column.shape)
            if column.name in names:
                chosen[group].extend(range(at[group], at[group] + count))
            at[group] += count
        self._wide = _Unpacker(np.array(chosen[0], int), self._sizes[0], 8)
        self._narrow = _Unpacker(np.array(chosen[1], int), self._sizes[1], 4)

    def decode(self, block: bytes) -> tuple[Words, Halves, tuple[str, ...]]:
        """Return the bits of the chosen columns, 8-byte ones (m, rows) and 4-byte ones (k, rows), and the names.

        Both arrays are overwritten by the next block.

        Raises:
            ValueError: it is no block of these columns.
        """
        if len(block) < _HEAD.size:
            raise ValueError("a block without a head")
        rows, table_bytes = _HEAD.unpack_from(block)
        wide, narrow = self._sizes
        begin = _HEAD.size + table_bytes
        middle = begin + wide * (1 + rows * 8)
        if not 0 < rows <= _LARGEST_ROWS or len(block) != middle + narrow * (1 + rows * 4):
            raise ValueError(f"a block of {len(block)} bytes for {rows} rows")
        names = tuple(str(name) for name in orjson.loads(block[_HEAD.size : begin]))
        data = np.frombuffer(block, np.uint8)
        wide_bits = self._wide.unpack(data[begin:middle], rows)
        narrow_bits = self._narrow.unpack(data[middle:], rows)
        return wide_bits.view(np.uint64), narrow_bits.view(np.uint32), names


def _packed(bits: NDArray[Any]) -> bytes:
    """Return bit patterns (columns, rows) as a group, see the head of this file."""
    once = bits.copy()
    once[:, 1:] -= bits[:, :-1]
    twice = once.copy()
    twice[:, 2:] -= once[:, 1:-1]
    once, twice = _folded(once), _folded(twice)
    is_smooth = _length(twice) < _length(once)
    chosen = np.where(is_smooth[:, None], twice, once)
    planes = chosen.view(np.uint8).reshape(*bits.shape, bits.itemsize).transpose(0, 2, 1)
    return np.where(is_smooth, _TWICE, _ONCE).astype(np.uint8).tobytes() + planes.tobytes()


def _folded(changes: NDArray[Any]) -> NDArray[Any]:
    """Return changes with their sign in the lowest bit, so that small ones are small numbers."""
    signed = changes.view(f"i{changes.itemsize}")
    return ((signed << 1) ^ (signed >> (8 * changes.itemsize - 1))).view(changes.dtype)


def _length(folded: NDArray[Any]) -> NDArray[np.int64]:
    """Return about how many bits each column has (columns,): the exponents of its numbers."""
    exponents = folded.astype(np.float32).view(np.uint32) >> 23
    return np.asarray(np.sum(exponents, axis=1, dtype=np.int64))


class _Unpacker:
    """Undoes ``_packed`` for some columns of one size, always in the same memory.

    Fresh arrays of this size would come from the kernel with every block, which takes longer than the arithmetic.

    Args:
        chosen: columns to unpack.
        count: columns that there are.
        size: bytes of a number.
    """

    def __init__(self, chosen: NDArray[np.int_], count: int, size: int) -> None:
        self._chosen = None if len(chosen) == count else chosen
        self._columns, self._count, self._size = len(chosen), count, size
        self._bits = self._signs = np.zeros((self._columns, 0), f"u{size}")

    def unpack(self, data: NDArray[np.uint8], rows: int) -> NDArray[Any]:
        """Return the bit patterns (columns, rows) of a block, until the next one."""
        if self._bits.shape[1] != rows:
            self._bits = np.zeros((self._columns, rows), f"u{self._size}")
            self._signs = np.zeros_like(self._bits)
        orders, planes = data[: self._count], data[self._count :].reshape(self._count, self._size, rows)
        chosen = planes if self._chosen is None else planes[self._chosen]
        smooth = np.flatnonzero((orders if self._chosen is None else orders[self._chosen]) == _TWICE)
        bits, signs = self._bits, self._signs
        np.copyto(bits.view(np.uint8).reshape(self._columns, rows, self._size), chosen.transpose(0, 2, 1))
        np.bitwise_and(bits, 1, out=signs)
        np.subtract(0, signs, out=signs)
        np.right_shift(bits, 1, out=bits)
        np.bitwise_xor(bits, signs, out=bits)
        bits[smooth, 1:] = np.cumsum(bits[smooth, 1:], axis=1, dtype=bits.dtype)
        np.cumsum(bits, axis=1, dtype=bits.dtype, out=bits)
        return bits
