"""A recorded run for people who compute with it: NumPy arrays by name, and a frame of pandas or polars."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from controller.errors import ConfigError
from workbench.record.column_reader import TIME, ColumnReader
from workbench.record.messages import Event, LoopStats, RunConfig
from workbench.record.other_truth import OtherTruth
from workbench.record.reader import read_contents, stored_arrays
from workbench.record.table import TableColumn, table_columns


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A recorded run, as far as it was written.

    Attributes:
        path: the record.
        config: what the run was made of.
        columns: arrays by name, one row per tick, as they are stored (float32, float64 or int64); docs/records.md
            lists them. Codes are indexes into ``PHASES``, ``CONTACTS``, ``MODES`` and ``AUTHORITIES`` of
            ``workbench.record.columns``, ``limited`` is a bit set over ``CAUSES``, ``region`` one into ``regions``.
        regions: regions that pads came to.
        events: in the order of the record.
        loop: loop statistics, about one a second.
        other: contacts of links and the seconds after the end, as a simulation knows them.
        is_complete: False where the file was cut off.
        run_id: identity of the run.
    """

    path: Path
    config: RunConfig
    columns: Mapping[str, NDArray[Any]]
    regions: tuple[str, ...]
    events: tuple[Event, ...]
    loop: tuple[LoopStats, ...]
    other: OtherTruth
    is_complete: bool
    run_id: str

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Return the run of a folder or of a record.

        Raises:
            RecordError: there is none, or it cannot be read.
        """
        columns = ColumnReader()
        found = read_contents(Path(path), columns)
        return cls(
            path=found.path,
            config=found.config,
            columns=stored_arrays(found.path, columns),
            regions=columns.regions,
            events=found.events,
            loop=found.loop,
            other=found.other,
            is_complete=found.is_complete,
            run_id=found.run_id,
        )

    @property
    def count(self) -> int:
        """Number of ticks."""
        return len(self.columns[TIME]) if TIME in self.columns else 0

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a column. Raises ConfigError where there is none of that name."""
        if name not in self.columns:
            raise ConfigError("column", repr(name), ", ".join(self.columns) or "none: nothing was recorded")
        return self.columns[name]

    def table(self) -> tuple[TableColumn, ...]:
        """Return the columns as a flat table, one number or word a tick each."""
        return table_columns(self.columns, self.regions)

    def polars(self) -> Any:
        """Return the table as a frame of polars. Raises ConfigError where polars is not installed."""
        polars = load_package("polars", "a frame of polars")
        return polars.DataFrame(
            [
                polars.Series(column.name, column.values)
                if column.labels is None
                else polars.Series(column.name, column.words(), dtype=polars.Categorical)
                for column in self.table()
            ]
        )

    def pandas(self) -> Any:
        """Return the table as a frame of pandas. Raises ConfigError where pandas is not installed."""
        pandas = load_package("pandas", "a frame of pandas")
        return pandas.DataFrame(
            {
                column.name: column.values
                if column.labels is None
                else pandas.Categorical.from_codes(column.values, list(column.labels))
                for column in self.table()
            }
        )


def load_package(name: str, wanted_for: str, distribution: str = "") -> Any:
    """Return a package that not every installation has.

    Args:
        name: of the package.
        wanted_for: what it is wanted for, for the error.
        distribution: name that it is installed by; empty for its own.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        needed = distribution or name
        raise ConfigError(
            wanted_for, f"no package {needed}", f"an installation with {needed}", f"call: pip install {needed}"
        ) from error
