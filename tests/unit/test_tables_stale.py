"""A table of docs that is older than the inputs its campaign depends on is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import workbench
from workbench.docs_pictures.table_sources import Table, admitted, changed_inputs, marked, stamped, table_inputs

DOCS = Path(workbench.__file__).parents[1] / "docs"


@pytest.mark.parametrize("table", Table)
def test_no_table_is_older_than_its_inputs(table: Table) -> None:
    page = (DOCS / f"{table}.md").read_text(encoding="utf-8")
    changed = changed_inputs(page, table)
    command = re.search("Made by `(.*?)`", page)
    assert command is not None
    assert changed is not None, f"docs/{table}.md does not name its inputs; make it anew: {command[1]}"
    told = f"docs/{table}.md is older than {', '.join(changed)}; make it anew: {command[1]}"
    assert changed == admitted(page), f"{told}, or let it say so: python -m workbench.docs_pictures.mark_tables"
    assert page.startswith(f"<!-- made by: {command[1]}; inputs: ")


def test_a_changed_input_is_named() -> None:
    page = stamped("# Faults\n", Table.FAULTS, "massage-arm campaign faults")
    assert page.endswith("-->\n# Faults\n")
    assert changed_inputs(page, Table.FAULTS) == []
    gains = table_inputs(Table.FAULTS)["gains"]
    other = gains[::-1] if gains != gains[::-1] else "0" * len(gains)
    assert changed_inputs(page.replace(gains, other), Table.FAULTS) == ["gains"]
    assert changed_inputs(page, Table.FAULTS_FEM) == ["calibration", "meshes"]
    assert changed_inputs("# Faults\n", Table.FAULTS) is None


def test_a_page_tells_its_reader_what_it_is_older_than() -> None:
    page = stamped("# Faults\n", Table.FAULTS, "massage-arm campaign faults")
    assert marked(page, Table.FAULTS, "x") == page
    gains = table_inputs(Table.FAULTS)["gains"]
    old = page.replace(gains, "0" * len(gains))
    noticed = marked(old, Table.FAULTS, "massage-arm campaign faults")
    assert "\n> Older than: gains. `massage-arm campaign faults` makes it anew.\n\n# Faults" in noticed
    assert admitted(noticed) == changed_inputs(noticed, Table.FAULTS) == ["gains"]
    assert marked(noticed, Table.FAULTS, "massage-arm campaign faults") == noticed
    assert admitted(page) == []
