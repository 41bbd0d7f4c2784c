"""Names that people give to programs and strokes, in any script."""

from __future__ import annotations

import unicodedata

MAX_NAME_LENGTH = 60
NAME_RULE = (
    f"a name of 1 to {MAX_NAME_LENGTH} letters or digits of any script, with single spaces, '_', '.', '-' or an "
    "apostrophe between them"
)
_BETWEEN = frozenset(" _.-'\u2019\u200c\u200d")
"""Punctuation inside a name; U+200C and U+200D join letters in Persian and Indic scripts."""


def normal_name(text: str) -> str | None:
    """Return a name in Unicode's composed form (NFC), or None where it breaks ``NAME_RULE``.

    Control, format and unassigned characters are refused: a name is printed on terminals and in reports.
    """
    name = unicodedata.normalize("NFC", text)
    if not 0 < len(name) <= MAX_NAME_LENGTH or "  " in name:
        return None
    is_letter = [unicodedata.category(character)[0] in "LMN" for character in name]
    inside = (known or character in _BETWEEN for known, character in zip(is_letter, name, strict=True))
    begins = unicodedata.category(name[0])[0] in "LN"
    return name if begins and name[-1] != " " and all(inside) else None
