"""Where two gates, or anything that they hold, differ; for tests of what must be the same to the last bit."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Any

NO_MEMORY = {"_handover", "_kinematics", "limits", "_limits"}
"""What gates have that says nothing of what they remember."""


def values_of(owner: object) -> dict[str, Any]:
    """Return everything that an object holds, by name."""
    slots = [name for one in type(owner).__mro__ for name in getattr(one, "__slots__", ())]
    return {**{name: getattr(owner, name) for name in slots}, **getattr(owner, "__dict__", {})}


def differences(a: Any, b: Any, where: str = "gate") -> list[str]:
    """Return where two objects differ, down to the last bit of every number in them; no number equals no number."""
    if isinstance(a, bool | int | str | bytes | Enum) or a is None or callable(a):
        return [] if a == b or (callable(a) and type(a) is type(b)) else [f"{where}: {a} {b}"]
    if isinstance(a, float):
        return [] if isinstance(b, float | int) and repr(a) == repr(float(b)) else [f"{where}: {a!r} {b!r}"]
    if isinstance(a, list | tuple | deque):
        if len(a) != len(b):
            return [f"{where}: {len(a)} {len(b)} values"]
        return [one for k, (x, y) in enumerate(zip(a, b, strict=True)) for one in differences(x, y, f"{where}[{k}]")]
    if isinstance(a, dict | set | frozenset):
        return [] if a == b else [f"{where}: {a} {b}"]
    mine, other = values_of(a), values_of(b)
    names = [name for name in mine if name not in NO_MEMORY]
    return [one for name in names for one in differences(mine[name], other.get(name), f"{where}.{name}")]
