"""The checker of the mutation tests: nothing counts as killed but a test that failed."""

import pytest

from tests.mutation.check_survivors import complaints, read_reviewed, sort_verdicts

LIST = """
| mutant | kind | change | reason |
| --- | --- | --- | --- |
| `a.x_f__mutmut_1` | equivalent | `<` to `<=` | the sides are never equal |
| `a.x_g__mutmut_2` | timeout | `+` to `-` | the loop never ends |
"""


def test_all_as_reviewed_has_no_complaint() -> None:
    codes = {"a.x_f__mutmut_1": 0, "a.x_g__mutmut_2": -24, "a.x_h__mutmut_3": 1}
    assert complaints(sort_verdicts(codes), read_reviewed(LIST)) == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (0, "survived and is not reviewed"),
        (-24, "ran out of time and is not reviewed"),
        (36, "ran out of time and is not reviewed"),
        (None, "was not judged"),
        (-11, "was not judged"),
        (-9, "was not judged"),
        (2, "was not judged"),
        (3, "was not judged"),
        (5, "was not judged"),
        (33, "was not judged"),
    ],
)
def test_what_is_not_as_reviewed_is_told(code: int | None, told: str) -> None:
    codes = {"a.x_f__mutmut_1": 0, "a.x_g__mutmut_2": -24, "a.x_h__mutmut_3": 1, "a.x_h__mutmut_4": code}
    assert complaints(sort_verdicts(codes), read_reviewed(LIST)) == [f"a.x_h__mutmut_4 {told}"]


def test_a_list_that_names_what_is_killed_now_is_out_of_date() -> None:
    found = complaints(sort_verdicts({"a.x_f__mutmut_1": 1, "a.x_g__mutmut_2": 1}), read_reviewed(LIST))
    assert found == [
        "a.x_f__mutmut_1 is reviewed as a survivor but does not survive",
        "a.x_g__mutmut_2 is reviewed as a timeout but has none",
    ]


def test_a_run_that_killed_nothing_is_none() -> None:
    assert complaints(sort_verdicts({}), {}) == ["no mutant was killed: nothing was run"]


@pytest.mark.parametrize("row", ["| `a__mutmut_1` | equivalent | x | |", "| `a__mutmut_1` | lazy | x | y |"])
def test_a_row_without_kind_or_reason_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match="got"):
        read_reviewed(row)
    with pytest.raises(ValueError, match="once"):
        read_reviewed(LIST + "| `a.x_f__mutmut_1` | wording | x | y |")
