"""The formats that a run can be exported to."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from controller.errors import ConfigError, RecordError
from workbench.export.csv_file import write_csv
from workbench.export.hdf5_file import write_hdf5
from workbench.export.parquet_file import write_parquet
from workbench.export.rerun_file import write_rerun
from workbench.record.run import Run


class Format(enum.StrEnum):
    """A format; its value is the option of the command."""

    CSV = "csv"
    PARQUET = "parquet"
    HDF5 = "hdf5"
    RERUN = "rerun"


_ENDINGS: Mapping[Format, str] = {
    Format.CSV: ".csv", Format.PARQUET: ".parquet", Format.HDF5: ".h5", Format.RERUN: ".rrd",
}  # fmt: skip
_WRITERS: Mapping[Format, Callable[[Run, Path], None]] = {
    Format.CSV: write_csv, Format.PARQUET: write_parquet, Format.HDF5: write_hdf5, Format.RERUN: write_rerun,
}  # fmt: skip


def default_file(run: Run, form: Format) -> Path:
    """Return the file beside the record that a run is exported to."""
    return run.path.with_suffix(_ENDINGS[form])


def export_run(run: Run, form: Format, path: Path) -> None:
    """Write a run whole or not at all, in the place of what is there.

    Raises:
        ConfigError: a package that writes this format is not installed, or nothing was recorded.
        RecordError: the disk refuses.
    """
    if not run.count:
        raise ConfigError(str(run.path), "no tick", "a run in which something was recorded", "choose another run")
    temporary = path.with_name(path.name + ".part")
    try:
        _WRITERS[form](run, temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise RecordError(str(path), error.strerror or str(error), "free disk space or choose another --out") from error
    finally:
        temporary.unlink(missing_ok=True)
