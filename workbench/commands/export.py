"""The command that writes a recorded run in the format of another program."""

from __future__ import annotations

import argparse

from controller.errors import ConfigError
from workbench.export.formats import Format, default_file, export_run
from workbench.record.run import Run
from workbench.runs.stages import stage


def export(arguments: argparse.Namespace) -> int:
    """Write the run and print the name of the file."""
    form = Format(arguments.format)
    if arguments.out is not None and arguments.out.exists() and not arguments.overwrite:
        raise ConfigError(
            "--out",
            f"{arguments.out}, which is there",
            "a new file",
            "choose another, or add --overwrite to replace it",
        )
    with stage("reading the record"):
        run = Run.load(arguments.run)
    path = arguments.out or default_file(run, form)
    with stage(f"writing {path.name}"):
        export_run(run, form, path)
    print(path)
    return 0
