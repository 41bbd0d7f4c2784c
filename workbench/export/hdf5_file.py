"""A run as an HDF5 file, by h5py: a dataset a column, with its shape, and configuration and events as JSON."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson

from workbench.record.columns import AUTHORITIES, CAUSES, CONTACTS, MODES, PHASES
from workbench.record.run import Run, load_package

_LABELS = {"phase": PHASES, "contact": CONTACTS, "mode": MODES, "authority": AUTHORITIES, "limited": CAUSES}
BIT_SET = "bit set"
INDEX = "index"


def write_hdf5(run: Run, path: Path) -> None:
    """Write a run. Raises ConfigError where h5py is not installed."""
    h5py = load_package("h5py", "an HDF5 file")
    with h5py.File(path, "w") as file:
        file.attrs["run_id"], file.attrs["is_complete"] = run.run_id, run.is_complete
        file.create_dataset("config", data=orjson.dumps(run.config).decode())
        file.create_dataset("events", data=[orjson.dumps(event).decode() for event in run.events] or np.array([], "S1"))
        group = file.create_group("columns")
        for name, array in run.columns.items():
            packing = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if array.size else {}
            dataset = group.create_dataset(name, data=array, **packing)
            labels = run.regions if name == "region" else _LABELS.get(name, ())
            if labels:
                dataset.attrs["labels"] = [str(label) for label in labels]
                dataset.attrs["meaning"] = BIT_SET if name == "limited" else INDEX
