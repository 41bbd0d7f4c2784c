"""The columns of a record as a flat table: one number or word a tick in each, with names for the parts of vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.record.columns import AUTHORITIES, CAUSES, CONTACTS, MODES, PHASES

_XYZ = ("x", "y", "z")
_PARTS: Mapping[str, tuple[str, ...]] = {
    "p_wt": _XYZ,
    "position_ref_m": _XYZ,
    "quaternion_wt": (*_XYZ, "w"),
    "quaternion_ref": (*_XYZ, "w"),
    "v_wt": (*_XYZ, "rx", "ry", "rz"),
    "wrench_s": ("fx", "fy", "fz", "mx", "my", "mz"),
}
"""Parts of the vectors whose parts are no joints and no pads; those are numbered from 1."""
_LABELS: Mapping[str, tuple[str, ...]] = {
    "phase": PHASES, "contact": CONTACTS, "mode": MODES, "authority": AUTHORITIES,
}  # fmt: skip
SEVERAL = "+"
"""Stands between several causes of one tick."""


@dataclass(frozen=True, slots=True, eq=False)
class TableColumn:
    """A column of the table.

    Attributes:
        name: unique name.
        values: numbers, or indexes into ``labels`` (n,).
        labels: words of a column of words, None for numbers.
    """

    name: str
    values: NDArray[Any]
    labels: tuple[str, ...] | None = None

    def words(self) -> list[str]:
        """Return the word of every tick of a column of words."""
        labels = self.labels or ()
        return [labels[code] for code in self.values.tolist()]


def table_columns(columns: Mapping[str, NDArray[Any]], regions: Sequence[str]) -> tuple[TableColumn, ...]:
    """Return the table of the columns of a record.

    Args:
        columns: arrays by name (n, ...), as a record holds them.
        regions: what codes of regions stand for.
    """
    return tuple(part for name, array in columns.items() for part in _flat(name, array, regions))


def _flat(name: str, array: NDArray[Any], regions: Sequence[str]) -> Iterator[TableColumn]:
    if name == "limited":
        yield _causes(array)
        return
    labels = tuple(regions) if name == "region" else _LABELS.get(name)
    if array.ndim == 1:
        yield TableColumn(name, array, labels)
        return
    parts = _PARTS.get(name) or tuple(str(number + 1) for number in range(array.shape[1]))
    for index, part in enumerate(parts):
        if array.ndim == 2:
            yield TableColumn(f"{name}_{part}", np.ascontiguousarray(array[:, index]), labels)
        else:
            for axis, letter in enumerate(_XYZ):
                yield TableColumn(f"{name}_{part}_{letter}", np.ascontiguousarray(array[:, index, axis]))


def _causes(bits: NDArray[Any]) -> TableColumn:
    """Return the limits that acted, as words; an empty one where none did."""
    sets, codes = np.unique(bits, return_inverse=True)
    labels = tuple(
        SEVERAL.join(cause.value for bit, cause in enumerate(CAUSES) if one >> bit & 1) for one in sets.tolist()
    )
    return TableColumn("limited", codes.astype(np.int64), labels)
