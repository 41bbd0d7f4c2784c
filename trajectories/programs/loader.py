"""Read program files: strict YAML, one clear line for whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from controller.errors import ConfigError
from trajectories.programs.model import Program
from trajectories.strict_yaml import read_yaml
from trajectories.techniques.registry import TECHNIQUES

PROGRAM_FOLDER = Path(__file__).parent
DEFAULT_PROGRAM = "first_session"
MAX_FILE_BYTES = 200_000
"""No program a person writes is longer; guards against a wrong file and against alias bombs."""
MAX_SHOWN = 60
"""Longest part of a wrong value that a message repeats."""

_PLAIN_WORDS = {
    "missing": "a value: this key is required",
    "model_attributes_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "dict_type": "a mapping of keys to values",
    "tuple_type": "a list of strokes",
    "too_short": "a list of 1 to 40 strokes",
    "too_long": "a list of 1 to 40 strokes",
    "string_type": "text",
    "bool_type": "true or false",
}


def program_names() -> tuple[str, ...]:
    """Return the names of the shipped programs."""
    return tuple(sorted(path.stem for path in PROGRAM_FOLDER.glob("*.yaml")))


def load_program(name_or_path: str) -> Program:
    """Return a program by shipped name or by file.

    Args:
        name_or_path: one of ``program_names()``, or the path of a YAML file (with a slash or a suffix).

    Raises:
        ConfigError: no such program or file, unreadable, or anything in it wrong; names file, key, what was got and
            what is allowed.
    """
    if name_or_path in program_names():
        path, shown = PROGRAM_FOLDER / f"{name_or_path}.yaml", f"{name_or_path}.yaml"
    else:
        path, shown = Path(name_or_path), name_or_path
    return _validated(_parsed(_text(path, shown), shown), shown)


def _text(path: Path, shown: str) -> str:
    names = f"a program of {', '.join(program_names())}, or a YAML file"
    try:
        if not shown:
            raise ConfigError("program", "an empty name", names)
        if path.is_dir():
            raise ConfigError(f"program {shown!r}", "a folder", names)
        if not path.is_file():
            raise ConfigError(f"program {shown!r}", "no such program or file", names)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(
                shown, f"{path.stat().st_size} bytes", f"a program file of at most {MAX_FILE_BYTES} bytes"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(shown, "a binary file (not UTF-8 text)", "a YAML program file") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"program {shown[:80]!r}", f"unreadable ({reason})", names) from error


def _parsed(text: str, shown: str) -> dict[str, Any]:
    data = read_yaml(text, shown)
    if data is None:
        raise ConfigError(shown, "an empty file", "a YAML mapping with schema_version, name and strokes")
    if not isinstance(data, dict):
        raise ConfigError(shown, _got(data), "a YAML mapping with schema_version, name and strokes")
    return data


def _validated(data: dict[str, Any], shown: str) -> Program:
    try:
        return Program.model_validate(data)
    except ValidationError as error:
        raise _readable(error, shown) from error


def _readable(error: ValidationError, shown: str) -> ConfigError:
    """Turn pydantic's first complaint into one line with file, key, got, allowed."""
    first = error.errors(include_url=False)[0]
    context: dict[str, Any] = first.get("ctx", {})
    location = tuple(part for part in first["loc"] if part not in TECHNIQUES)
    kind = first["type"]
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tag = repr(context["tag"]) if "tag" in context else "nothing"
        hint = _suggestion(str(context.get("tag", "")).strip("'"), TECHNIQUES)
        return ConfigError(_where(shown, (*location, "technique")), tag, f"one of {', '.join(TECHNIQUES)}", hint)
    if kind == "rule" and "key" in context:
        return ConfigError(_where(shown, (*location, context["key"])), context["got"], context["allowed"])
    if kind == "extra_forbidden":
        keys = tuple(_model_of(first["loc"]).model_fields)
        meant = _suggestion(str(location[-1]), keys)
        allowed = f"one of {len(keys)} keys" if meant else f"the keys {', '.join(keys)}"
        return ConfigError(_where(shown, location), "an unknown key", allowed, meant)
    allowed = _allowed(first["loc"], str(first["msg"]), kind)
    if kind == "missing":
        return ConfigError(_where(shown, location), "nothing", allowed, "add the key")
    return ConfigError(_where(shown, location), _got(first["input"]), allowed, _hint(first["input"], kind))


def _where(shown: str, location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return f"{shown}: {text}" if text else shown


def _model_of(location: tuple[int | str, ...]) -> type[Any]:
    for part in location:
        if part in TECHNIQUES:
            return TECHNIQUES[str(part)].model
    return Program


def _allowed(location: tuple[int | str, ...], message: str, kind: str) -> str:
    field: FieldInfo | None = _model_of(location).model_fields.get(str(location[-1])) if location else None
    limits = {}
    for item in field.metadata if field else ():
        limits.update({name: getattr(item, name) for name in ("ge", "le") if hasattr(item, name)})
    if {"ge", "le"} <= limits.keys():
        number = "a whole number" if field and int in (field.annotation, *get_args(field.annotation)) else "a number"
        return f"{number} from {limits['ge']:g} to {limits['le']:g}"
    if kind == "literal_error":
        return "one of " + message.removeprefix("Input should be ")
    return _PLAIN_WORDS.get(kind, message.removeprefix("Input should be "))


def _got(value: object) -> str:
    """Return a value of a file in words."""
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return f"a mapping of {len(value)} keys" if value else "an empty mapping"
    text = f"the text {value!r}" if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def _suggestion(word: str, known: Iterable[str]) -> str:
    """Return a question with the known word that is nearest to what was written; empty where none is near."""
    near = get_close_matches(word, tuple(known), n=1)
    return f"did you mean {near[0]}?" if near else ""


def _hint(value: object, kind: str) -> str:
    if not isinstance(value, str) or kind not in ("float_type", "int_type"):
        return ""
    try:
        number = float(value)
    except ValueError:
        return ""
    return f"write {number!r} without quotes"
