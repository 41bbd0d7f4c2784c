"""A run as a Parquet file, by polars."""

from __future__ import annotations

from pathlib import Path

from workbench.record.run import Run


def write_parquet(run: Run, path: Path) -> None:
    """Write a run. Raises ConfigError where polars is not installed."""
    run.polars().write_parquet(path)
