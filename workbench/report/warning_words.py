"""How many warnings a run has, in the words of its verdict."""

from __future__ import annotations

from workbench.record.summary import Summary


def verdict_words(summary: Summary) -> str:
    """Return the verdict with the number of warnings, such as "completed, with 2 warnings"."""
    return f"{summary.verdict}{counted(summary)}"


def counted(summary: Summary) -> str:
    """Return ", with 2 warnings", and nothing where there is none."""
    count = len(summary.warnings)
    return f", with {count} warning{'s' if count > 1 else ''}" if count else ""
