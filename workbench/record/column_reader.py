"""Collects the blocks of a record and gives them back as arrays, one row per tick."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.record.block_codec import BlockDecoder, Halves, Storage, StoredColumn, Words
from workbench.record.chunks import Window
from workbench.record.record_schema import RecordSchema
from workbench.record.row_layout import word_count

TIME = "t_s"
_TYPES = {Storage.FLOAT32: np.float32, Storage.FLOAT64: np.float64, Storage.INT64: np.int64}


class ColumnReader:
    """Collects blocks.

    Args:
        names: columns to collect; None for all. What is left out costs next to nothing.
        window: only ticks of this time; None for all.
    """

    def __init__(self, names: Collection[str] | None = None, window: Window | None = None) -> None:
        self._names, self._window = names, window
        self._schema: RecordSchema | None = None
        self._decoder: BlockDecoder | None = None
        self._columns: tuple[StoredColumn, ...] = ()
        self._wide: list[Words] = []
        self._narrow: list[Halves] = []
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

    def add(self, block: bytes) -> None:
        """Take a block. Raises ValueError where it is none."""
        if self._decoder is None:
            raise ValueError("a block before its schema")
        wide, narrow, self.regions = self._decoder.decode(block)
        self._wide.append(wide)
        self._narrow.append(narrow)

    @property
    def is_empty(self) -> bool:
        """True while no block was added."""
        return not self._wide

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the collected columns by name, (n, ...) as they were stored; the reader is empty then.

        Raises:
            ValueError: a column holds something that this version does not know.
        """
        if self._schema is None or self.is_empty:
            return {}
        wide, self._wide = np.concatenate(self._wide, axis=1), []
        narrow, self._narrow = np.concatenate(self._narrow, axis=1), []
        kept = self._kept(wide)
        at = [0, 0]
        found = {}
        for column in self._columns:
            group, count = int(column.is_narrow), word_count(column.shape)
            bits = (wide, narrow)[group][at[group] : at[group] + count, kept]
            at[group] += count
            values = np.ascontiguousarray(bits.T).view(_TYPES[column.storage]).reshape(bits.shape[1], *column.shape)
            found[column.name] = self._schema.translated(column.name, values)
        return found

    def _kept(self, wide: Words) -> Any:
        """Return which rows are inside of the window."""
        if self._window is None:
            return slice(None)
        row = 0
        for column in self._columns:
            if column.name == TIME:
                break
            row += 0 if column.is_narrow else word_count(column.shape)
        times_ns = np.rint(wide[row].view(np.float64) * 1e9)
        return (times_ns >= self._window.begin_ns) & (times_ns <= self._window.end_ns)
