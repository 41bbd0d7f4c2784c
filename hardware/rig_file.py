"""Read rig files: strict YAML, one line for whatever is wrong with one."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from controller.errors import ConfigError
from hardware.rig_content import AnyRig
from hardware.rig_families import SHIPPED, content_of
from hardware.rig_model import LoadedRig
from hardware.rig_schema import allowed_words, meaning, node_at
from trajectories.strict_yaml import read_yaml

RIG_FOLDER = Path(__file__).parent / "rigs"
OPTION = "--rig"
MAX_FILE_BYTES = 50_000
"""A rig file has some sixty lines; guards against a wrong file."""
TO_BE_FILLED = "TO_BE_FILLED"
"""Stands in a draft for what nobody could read: such a file is no rig yet."""
MAX_SHOWN = 60
"""Longest part of a wrong value that a message repeats."""


def rig_names() -> tuple[str, ...]:
    """Return the names of the rigs that are shipped as examples."""
    return tuple(sorted(path.stem for path in RIG_FOLDER.glob("*.yaml")))


def load_rig(name_or_path: str) -> LoadedRig:
    """Return a rig by shipped name or by file.

    Raises:
        ConfigError: no such rig or file, unreadable, or anything in it wrong; names file, key, got and allowed.
    """
    path = RIG_FOLDER / f"{name_or_path}.yaml" if name_or_path in rig_names() else Path(name_or_path)
    text = _text(path, name_or_path)
    data = read_yaml(text, str(path))
    if not isinstance(data, dict):
        raise ConfigError(str(path), f"a {type(data).__name__}", "a YAML mapping", "begin with schema_version: 1")
    _refuse_draft(data, str(path))
    family = _family(data, str(path))
    try:
        content = content_of(family).model_validate(data)
    except ValidationError as error:
        raise _readable(error, str(path), family) from error
    _check(content, str(path))
    return LoadedRig(content, hashlib.sha256(text.encode()).hexdigest(), path)


def _refuse_draft(data: dict[Any, Any], shown: str) -> None:
    """Refuse a draft that is not completed; raises ConfigError."""
    open_keys = list(_to_be_filled(data, ()))
    if open_keys:
        keys = "key that is" if len(open_keys) == 1 else "keys that are"
        got = f"a draft with {len(open_keys)} {keys} to be filled, the first: {_key_words(open_keys[0])}"
        raise ConfigError(shown, got, "a completed rig file", f"write a value for every {TO_BE_FILLED}")


def _to_be_filled(node: object, path: tuple[int | str, ...]) -> Iterator[tuple[int | str, ...]]:
    """Yield where the mark of a draft stands."""
    if node == TO_BE_FILLED:
        yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _to_be_filled(child, (*path, key if isinstance(key, int) else str(key)))


def _family(data: dict[Any, Any], shown: str) -> str:
    """Return the family that a file names, the first one where it names none; raises ConfigError for an unknown one."""
    bus = data.get("bus")
    family = bus.get("family") if isinstance(bus, dict) else None
    if not isinstance(family, str):
        return next(iter(SHIPPED))  # whose content refuses the key in words
    try:
        content_of(family)
    except ConfigError as error:
        raise ConfigError(f"{shown}: {error.where}", error.got, error.allowed, error.todo) from error
    return family


def _check(content: AnyRig, shown: str) -> None:
    """Refuse what no single field shows; raises ConfigError."""
    ids = [servo.id for servo in content.servos]
    joints = [servo.joint for servo in content.servos]
    low_v, high_v = content.voltage_v
    checks = (
        (bool(ids), "servos", "no servo", "one per joint"),
        (len(set(ids)) == len(ids), "servos", f"ids {ids}", "every id once"),
        (len(set(joints)) == len(joints), "servos", f"joints {', '.join(joints)}", "every joint once"),
        (low_v < high_v, "voltage_v", f"{low_v:g} to {high_v:g}", "the lower one first"),
    )
    for is_right, key, got, allowed in checks:
        if not is_right:
            raise ConfigError(f"{shown}: {key}", got, allowed)
    for mistake in content.mistakes():
        raise ConfigError(f"{shown}: {mistake.key}", mistake.got, mistake.allowed, mistake.todo)


def _text(path: Path, shown: str) -> str:
    allowed = f"a rig of {', '.join(rig_names())}, or a YAML file"
    try:
        if not path.is_file():
            near = difflib.get_close_matches(shown, rig_names(), 1)
            hint = f"did you mean {near[0]}?" if near else ""
            raise ConfigError(OPTION, f"{shown[:MAX_SHOWN]!r}, no such rig or file", allowed, hint)
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ConfigError(shown, f"{size} bytes", f"a rig file of at most {MAX_FILE_BYTES} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(shown, "a binary file (not UTF-8 text)", "a YAML rig file") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(OPTION, f"{shown[:MAX_SHOWN]!r}, unreadable ({reason})", allowed) from error


def _readable(error: ValidationError, shown: str, family: str) -> ConfigError:
    """Turn pydantic's first complaint into one line with file, key, got, allowed and what the key is.

    An unknown key goes first: it is often a required one that is misspelled.
    """
    complaints = error.errors(include_url=False)
    first = next((one for one in complaints if one["type"] == "extra_forbidden"), complaints[0])
    path = first["loc"]
    where = f"{shown}: {_key_words(path)}" if path else shown
    if first["type"] == "extra_forbidden":
        known = list(node_at(path[:-1], family).get("properties", {}))
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        todo = f"did you mean {near[0]}?" if near else "remove it, or correct its name"
        return ConfigError(where, "an unknown key", ", ".join(known), todo)
    node = node_at(path, family)
    words = meaning(node)
    if first["type"] == "missing":
        allowed = f"a value: this key is required ({allowed_words(node)})"
        return ConfigError(where, "nothing", allowed, f"write the {words}" if words else "add it")
    text = str(first["input"])
    got = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
    if isinstance(first["input"], str):
        got = f"the text {got!r}"
    elif first["input"] is None:
        got = "no value"
    allowed = allowed_words(node) or first["msg"].removeprefix("Input should be ")
    return ConfigError(where, got, allowed, f"write the {words}" if words else "")


def _key_words(path: tuple[int | str, ...]) -> str:
    """Return where a key stands; places in lists count from 1."""
    return ": ".join(str(part + 1) if isinstance(part, int) else part for part in path)
