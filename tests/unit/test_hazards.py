"""Every test that the hazard page names exists, and every row names one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
HAZARDS, _, _ = PAGE.partition("\n## Layers\n")
ROWS = [line for line in HAZARDS.splitlines() if line.startswith("| ") and not line.startswith(("| hazard", "| ---"))]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))


def test_every_hazard_names_a_test() -> None:
    assert len(ROWS) >= 20
    for row in ROWS:
        assert row.count("|") == 5, row
        assert "`tests/" in row, row


@pytest.mark.parametrize("name", NAMED)
def test_the_test_exists(name: str) -> None:
    file, _, function = name.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not function or re.search(rf"^def {function}\(", text, re.MULTILINE)


def test_the_page_says_what_the_software_is_not() -> None:
    assert "no certified safety function" in PAGE
    assert "no medical\ndevice" in PAGE
