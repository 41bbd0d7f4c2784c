"""Names of any script stand under each other."""

import pytest

from workbench.report.padding import cells, padded


@pytest.mark.parametrize(
    ("text", "expected"), [("back", 4), ("背中", 4), ("R\u00fccken", 6), ("\u092a\u0940\u0920", 3), ("e\u0301", 1)]
)
def test_cells_of_a_terminal(text: str, expected: int) -> None:
    assert cells(text) == expected
    assert padded(text, 8) == text + " " * (8 - expected)


def test_a_text_that_is_too_long_stays() -> None:
    assert padded("a long name", 4) == "a long name"
