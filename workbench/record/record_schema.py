"""The schema of the full-rate columns: JSON that says what stands in the blocks of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from workbench.record.block_codec import Storage, StoredColumn
from workbench.record.columns import AUTHORITIES, CAUSES, CONTACTS, MODES, PHASES

SCHEMA_NAME = "massage_arm.Columns"
SCHEMA_ENCODING = "massage_arm.columns"
MESSAGE_ENCODING = "massage_arm.block"
FORMAT = 1
_LARGEST_SIZE = 1000


class _Column(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    storage: Storage
    shape: tuple[int, ...] = Field(max_length=2)


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1]
    columns: tuple[_Column, ...]
    codes: dict[str, tuple[str, ...]]


_CODES: Mapping[str, tuple[str, ...]] = {
    "phase": PHASES, "contact": CONTACTS, "mode": MODES, "limited": CAUSES, "authority": AUTHORITIES,
}  # fmt: skip
_BIT_SETS = frozenset({"limited"})


@dataclass(frozen=True, slots=True)
class RecordSchema:
    """What the blocks of a record hold.

    Attributes:
        columns: the columns, in order.
        codes: by column, what its numbers stand for.
    """

    columns: tuple[StoredColumn, ...]
    codes: Mapping[str, tuple[str, ...]]

    def translated(self, name: str, array: NDArray[Any]) -> NDArray[Any]:
        """Return a column with the codes of this version, whatever version wrote them.

        Raises:
            ValueError: it holds something that this version does not know.
        """
        known = _CODES.get(name, ())
        written = self.codes.get(name, ())
        if written == tuple(known):
            return array
        if name in _BIT_SETS:
            return _translated_bits(name, array, written, known)
        used = np.unique(array)
        if len(used) and not 0 <= used[0] <= used[-1] < len(written):
            raise ValueError(f"{name} {used[-1]}")
        codes = [_code(name, written[code], known) for code in used.tolist()]
        return np.array(codes, np.int64)[np.searchsorted(used, array)]


def _code(name: str, word: str, known: tuple[str, ...]) -> int:
    if word not in known:
        raise ValueError(f"{name} {word!r}")
    return known.index(word)


def _translated_bits(name: str, array: NDArray[Any], written: tuple[str, ...], known: tuple[str, ...]) -> NDArray[Any]:
    result = np.zeros_like(array)
    for bit, cause in enumerate(written):
        is_set = (array >> bit) & 1
        if np.any(is_set):
            result |= is_set << _code(name, cause, known)
    return result


def schema_text(columns: tuple[StoredColumn, ...]) -> bytes:
    """Return the schema of a record as UTF-8 JSON."""
    return orjson.dumps({"format": FORMAT, "columns": columns, "codes": _CODES})


def schema_of(text: bytes) -> RecordSchema:
    """Return the schema of a record.

    Raises:
        ValueError: it is none.
    """
    found = _Schema.model_validate_json(text)
    if any(not 0 <= size <= _LARGEST_SIZE for column in found.columns for size in column.shape):
        raise ValueError("a column of an impossible shape")
    columns = tuple(StoredColumn(column.name, column.storage, column.shape) for column in found.columns)
    return RecordSchema(columns, found.codes)
