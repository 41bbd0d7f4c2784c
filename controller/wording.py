"""Numbers in messages: enough digits that what was got and what is allowed read differently."""

from __future__ import annotations

_MOST_DECIMALS = 9
_MOST_DIGITS = 17


def distinct_decimals(got: float, allowed: float, decimals: int) -> tuple[str, str]:
    """Return both numbers with as many decimals as show a difference; ``allowed`` without zeros at its end.

    Args:
        got: what was found.
        allowed: the limit it broke.
        decimals: the fewest decimals of ``got``.
    """
    for count in (*range(decimals, _MOST_DECIMALS + 1), decimals):
        texts = f"{got:.{count}f}", f"{allowed:.{count}f}"
        if texts[0] != texts[1]:
            break
    return texts[0], texts[1].rstrip("0").removesuffix(".") if "." in texts[1] else texts[1]


def distinct_digits(got: float, allowed: float, digits: int) -> tuple[str, str]:
    """Return both numbers with as many significant digits as it takes to tell them apart, at least ``digits``."""
    for count in range(digits, _MOST_DIGITS + 1):
        texts = f"{got:.{count}g}", f"{allowed:.{count}g}"
        if texts[0] != texts[1]:
            return texts
    return f"{got:.{digits}g}", f"{allowed:.{digits}g}"
