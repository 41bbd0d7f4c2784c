"""Collects the blocks of a record and gives them back as arrays, one row per tick."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.record.block_codec import BlockDecoder, Storage, StoredColumn, Words
from workbench.record.chunks import Window
from workbench.record.record_schema import RecordSchema
from workbench.record.row_layout import word_count

TIME = "t_s"
_SMALLEST_ROOM = 4096
_USUAL_ROW_BYTES = 150
"""A little less than a tick takes in the file of a session."""
_TYPES = {Storage.FLOAT32: np.float32, Storage.FLOAT64: np.float64, Storage.INT64: np.int64}


class ColumnReader:
    """Collects blocks.

    Args:
        names: columns to collect; None for all. What is left out costs next to nothing.
        window: only ticks of this time; None for all.
    """

    def __init__(self, names: Collection[str] | None = None, window: Window | None = None) -> None:
        self._names, self._window = names, window
        self._count, self._room = 0, _SMALLEST_ROOM
        self._schema: RecordSchema | None = None
        self._decoder: BlockDecoder | None = None
        self._columns: tuple[StoredColumn, ...] = ()
        self._arrays: dict[str, NDArray[Any]] = {}
        self.regions: tuple[str, ...] = ()
        """What the codes of ``region`` stand for, as far as blocks were added."""

    def begin(self, schema: RecordSchema) -> None:
        """Take what the blocks hold. Raises ValueError where earlier ones held something else."""
        if self._schema is not None:
            if self._schema != schema:
                raise ValueError("columns that change in the middle")
            return
        wanted = {column.name for column in schema.columns} if self._names is None else {*self._names, TIME}
        self._schema, self._columns = schema, tuple(column for column in schema.columns if column.name in wanted)
        self._decoder = BlockDecoder(schema.columns, tuple(wanted))
        self._arrays = {column.name: _empty(column, self._room) for column in self._columns}

    def add(self, block: bytes) -> None:
        """Take a block. Raises ValueError where it is none."""
        if self._decoder is None:
            raise ValueError("a block before its schema")
        wide, narrow, self.regions = self._decoder.decode(block)
        kept = self._kept(wide)
        begin, end = self._count, self._count + (wide.shape[1] if kept is None else int(np.count_nonzero(kept)))
        if end > self._room:
            self._grow(max(2 * self._room, end))
        at = [0, 0]
        for column in self._columns:
            group, count = int(column.is_narrow), word_count(column.shape)
            bits = (wide, narrow)[group][at[group] : at[group] + count]
            at[group] += count
            self._arrays[column.name][begin:end] = (bits if kept is None else bits[:, kept]).T
        self._count = end

    @property
    def is_empty(self) -> bool:
        """True while no tick was added."""
        return not self._count

    def expect(self, file_bytes: int) -> None:
        """Make room at once for all that a file of this size usually holds; memory that is not used costs nothing."""
        self._room = max(file_bytes // _USUAL_ROW_BYTES, _SMALLEST_ROOM)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the collected columns by name, (n, ...) as they were stored; the reader is empty then.

        Raises:
            ValueError: a column holds something that this version does not know.
        """
        if self._schema is None or self.is_empty:
            return {}
        self._grow(self._count)
        found = {}
        for column in self._columns:
            bits = self._arrays.pop(column.name)
            values = bits.view(_TYPES[column.storage]).reshape(self._count, *column.shape)
            found[column.name] = self._schema.translated(column.name, values)
        self._schema, self._count = None, 0
        return found

    def _grow(self, room: int) -> None:
        """Move the arrays to a room of so many ticks; to a smaller one in place."""
        for column in self._columns:
            old = self._arrays[column.name]
            if room > len(old):
                self._arrays[column.name] = new = _empty(column, room)
                new[: self._count] = old[: self._count]
            else:
                old.resize((room, old.shape[1]), refcheck=False)
        self._room = room

    def _kept(self, wide: Words) -> NDArray[np.bool_] | None:
        """Return which rows are inside of the window; None for all."""
        if self._window is None:
            return None
        row = 0
        for column in self._columns:
            if column.name == TIME:
                break
            row += 0 if column.is_narrow else word_count(column.shape)
        times_ns = np.rint(wide[row].view(np.float64) * 1e9)
        return np.asarray((times_ns >= self._window.begin_ns) & (times_ns <= self._window.end_ns))


def _empty(column: StoredColumn, room: int) -> NDArray[Any]:
    """Return room for the bits of a column (room, numbers of a tick)."""
    return np.empty((room, word_count(column.shape)), np.uint32 if column.is_narrow else np.uint64)
