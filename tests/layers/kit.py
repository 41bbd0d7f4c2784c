"""Ways to take something out of a program that is about to be tested; nothing is ever put back.

Targets are written `package.module:name` or `package.module:Class.name`. They are imported when they are taken out,
which is before any test is imported.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable
from typing import Any

Out = Callable[[], None]
"""Takes something out of this process."""


def owner_of(target: str) -> tuple[Any, str]:
    """Return the module or class that holds a target, and the target's name in it.

    Args:
        target: where it is.

    Raises:
        AttributeError: there is nothing of that name.
    """
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    getattr(owner, name)
    return owner, name


def instead(target: str, replacement: Any) -> Out:
    """Put something in the place of a target, everywhere it has been imported to by name.

    Args:
        target: what to take out.
        replacement: what comes in its place.
    """

    def act() -> None:
        owner, name = owner_of(target)
        original = getattr(owner, name)
        setattr(owner, name, replacement)
        if callable(original):
            for module in list(sys.modules.values()):
                if vars(module).get(name) is original:
                    setattr(module, name, replacement)

    return act


def constant(value: float, name: str, *modules: str) -> Out:
    """Put another value in the place of a constant, in every module that is named.

    Args:
        value: the new value.
        name: of the constant.
        modules: that use it.
    """
    return together(*[instead(f"{module}:{name}", value) for module in modules])


def answers(target: str, value: Any = None) -> Out:
    """Make a function or method return one value and do nothing else.

    Args:
        target: function or method.
        value: what it returns.
    """
    return instead(target, lambda *_args, **_keywords: value)


def around(target: str, wrapper: Callable[..., Any]) -> Out:
    """Make a function or method be called by a wrapper.

    Args:
        target: function or method.
        wrapper: takes the original, then its arguments.
    """

    def act() -> None:
        owner, name = owner_of(target)
        original = getattr(owner, name)
        instead(target, lambda *args, **keywords: wrapper(original, *args, **keywords))()

    return act


def seeing(target: str, kind: str, **changes: Any) -> Out:
    """Show a method other values than there are.

    Args:
        target: the method.
        kind: type of the argument that is changed, by its name.
        changes: fields of the argument; a callable makes the value from the argument.
    """

    def wrapper(original: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        return original(*[changed(arg, **changes) if type(arg).__name__ == kind else arg for arg in args], **keywords)

    return around(target, wrapper)


def dropping(target: str, words: str) -> Out:
    """Drop the reasons of a method that hold these words.

    Args:
        target: method that returns a reason to stop or None.
        words: part of what the reason names.
    """

    def wrapper(original: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        found = original(*args, **keywords)
        return None if found is not None and words in found.limit else found

    return around(target, wrapper)


def afterwards(target: str, act: Callable[[Any], None]) -> Out:
    """Change an object after a method of it has been called.

    Args:
        target: the method.
        act: takes the object.
    """

    def wrapper(original: Callable[..., Any], owner: Any, *args: Any, **keywords: Any) -> Any:
        found = original(owner, *args, **keywords)
        act(owner)
        return found

    return around(target, wrapper)


def changed(value: Any, **changes: Any) -> Any:
    """Return a dataclass or named tuple with other fields; a callable makes the field from the value.

    Args:
        value: what to change.
        changes: the fields.
    """
    made = {name: change(value) if callable(change) else change for name, change in changes.items()}
    return value._replace(**made) if hasattr(value, "_replace") else dataclasses.replace(value, **made)


def together(*outs: Out) -> Out:
    """Take several things out at once.

    Args:
        outs: the ways to take each out.
    """

    def act() -> None:
        for out in outs:
            out()

    return act
