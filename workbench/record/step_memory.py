"""The steps of a session as packed rows in memory, and as the same columns that a record is read into."""

from __future__ import annotations

from controller.types import StepRecord
from workbench.record.block_codec import BlockEncoder, Precision
from workbench.record.column_reader import ColumnReader
from workbench.record.columns import StepColumns, no_steps
from workbench.record.record_schema import schema_of, schema_text
from workbench.record.row_layout import RowLayout, Sizes
from workbench.record.row_values import RegionTable, row_values

BLOCK_ROWS = 1024


class StepMemory:
    """Keeps steps in memory, in blocks as a record has them; for a bounded number of them.

    Args:
        precision: of the columns.
    """

    def __init__(self, precision: Precision = Precision.DOUBLE) -> None:
        self._precision = precision
        self._layout: RowLayout | None = None
        self._encoder: BlockEncoder | None = None
        self._reader = ColumnReader(StepColumns.__slots__)
        self._regions = RegionTable()
        self._rows: list[bytes] = []

    def add(self, step: StepRecord) -> None:
        """Keep a tick. Raises struct.error where it has another number of joints or pads than the first one."""
        if self._layout is None:
            self._layout = RowLayout(Sizes.of(step))
            self._encoder = BlockEncoder(self._layout, self._precision)
            self._reader.begin(schema_of(schema_text(self._encoder.columns)))
        self._rows.append(self._layout.row.pack(*row_values(step, self._regions)))
        if len(self._rows) >= BLOCK_ROWS:
            self._flush()

    def columns(self) -> StepColumns:
        """Return all ticks as the reader of records does; the memory is empty then."""
        self._flush()
        return no_steps() if self._reader.is_empty else StepColumns.of(self._reader.arrays())

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows and self._encoder is not None:
            self._reader.add(self._encoder.encode(bytearray().join(rows), self._regions.names()))
