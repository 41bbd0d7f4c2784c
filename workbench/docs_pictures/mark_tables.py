"""Let every table of docs that is older than its inputs say so: ``python -m workbench.docs_pictures.mark_tables``.

For inputs that changed before there was time for the campaign; a test finds a table that is older and does not say so.
"""

from __future__ import annotations

import re
from pathlib import Path

from workbench.docs_pictures.table_sources import Table, marked

DOCS = Path(__file__).parents[2] / "docs"
_COMMAND = re.compile("Made by `(.*?)`")


def main() -> None:
    """Mark or unmark every page."""
    for table in Table:
        path = DOCS / f"{table}.md"
        page = path.read_text(encoding="utf-8")
        command = _COMMAND.search(page)
        if command is not None:
            path.write_text(marked(page, table, command[1]), encoding="utf-8")


if __name__ == "__main__":
    main()
