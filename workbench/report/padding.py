"""Columns of text in which names of any script stand under each other."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes: East Asian letters take two, marks on letters none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in text)
    return len(text) + wide - marks


def padded(text: str, width: int) -> str:
    """Return a text with spaces behind it up to ``width`` cells."""
    return text + " " * (width - cells(text))
