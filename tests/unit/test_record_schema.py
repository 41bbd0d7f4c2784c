"""Codes of a record keep their meaning when a later version knows more, or has another order."""

import numpy as np
import orjson
import pytest

from controller.types import Cause, Mode
from workbench.record.block_codec import Storage, StoredColumn
from workbench.record.columns import CAUSES, MODES
from workbench.record.record_schema import RecordSchema, schema_of, schema_text

COLUMNS = (StoredColumn("mode", Storage.INT64, ()), StoredColumn("q_rad", Storage.FLOAT32, (7,)))


def older(**codes: tuple[str, ...]) -> RecordSchema:
    """Return the schema of a version with other codes."""
    text = orjson.loads(schema_text(COLUMNS))
    text["codes"] |= codes
    return schema_of(orjson.dumps(text))


def test_a_schema_comes_back() -> None:
    assert schema_of(schema_text(COLUMNS)).columns == COLUMNS


def test_codes_of_another_order_are_translated_by_their_names() -> None:
    schema = older(mode=(MODES[2], MODES[0]))
    np.testing.assert_array_equal(schema.translated("mode", np.array([1, 0, 1])), [0, 2, 0])
    kept = np.array([5, 7])
    assert schema.translated("wrench_sequence", kept) is kept


def test_bit_sets_of_another_order_are_translated_by_their_names() -> None:
    schema = older(limited=(CAUSES[9], CAUSES[3], "a cause that is gone"))
    np.testing.assert_array_equal(schema.translated("limited", np.array([0, 1, 3])), [0, 1 << 9, 1 << 9 | 1 << 3])


@pytest.mark.parametrize(("name", "code"), [("mode", 1), ("mode", 7), ("limited", 2)])
def test_a_code_that_this_version_does_not_know_is_refused(name: str, code: int) -> None:
    schema = older(mode=(Mode.RUN, "dance"), limited=(Cause.PRESS_LIMIT, "moonlight"))
    with pytest.raises(ValueError, match=r"dance|mode 7|moonlight"):
        schema.translated(name, np.array([0, code]))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"columns": [{"name": "q", "storage": "float16", "shape": []}]},
        {"columns": [{"name": "q", "storage": "float32", "shape": [-1]}]},
        {"columns": [{"name": "q", "storage": "float32", "shape": [10**9]}]},
        {"more": 1},
    ],
)
def test_a_schema_that_no_version_wrote_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"validation error|impossible shape"):
        schema_of(orjson.dumps(orjson.loads(schema_text(COLUMNS)) | change))
