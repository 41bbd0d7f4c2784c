"""Gains by name or from a YAML file: four numbers and, if wanted, a name."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controller.errors import ConfigError
from controller.law.gains import GAIN_SETS, ForceGains, GainSet, gain_names
from trajectories.names import NAME_RULE, normal_name
from trajectories.strict_yaml import read_yaml

MAX_FILE_BYTES = 10_000
"""A file of gains has five lines; guards against a wrong file."""
MAX_SHOWN = 60
"""Longest part of a wrong value that a message repeats."""
_OPTION = "--gains"
_KINDS = {"float_type": "a number", "finite_number": "a finite number", "string_type": "text"}
"""pydantic's kinds of error in plain words."""


class _GainsFile(BaseModel):
    """Content of a file; the ranges hold every set found in prototypes with room to tune (assumed).

    Whether gains are stable is not a matter of ranges: ``refuse_unstable`` decides it for the tissue and lag at hand.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    name: str | None = None
    kp: Annotated[float, Field(ge=0.0, le=10.0)]
    ki_per_s: Annotated[float, Field(ge=0.0, le=100.0)]
    kd_s: Annotated[float, Field(ge=0.0, le=0.2)]
    d0_ns_per_m: Annotated[float, Field(ge=0.0, le=200.0)]


def load_gains(name_or_path: str) -> GainSet:
    """Return gains by name or from a file; a file without a name in it is named after itself.

    Args:
        name_or_path: one of ``gain_names()``, or the path of a YAML file (with a slash or a suffix).

    Raises:
        ConfigError: no such set or file, unreadable, or anything in it wrong; one line with what was got and what is
            allowed.
    """
    for known in GAIN_SETS:
        if known.name == name_or_path:
            return known
    content = _validated(read_yaml(_text(name_or_path), name_or_path), name_or_path)
    name = _name(content.name if content.name is not None else Path(name_or_path).stem, name_or_path)
    return GainSet(name, ForceGains(content.kp, content.ki_per_s, content.kd_s, content.d0_ns_per_m))


def gains_path(name_or_path: str) -> Path | None:
    """Return the file that gains come from, None for a set that comes with the project."""
    return None if name_or_path in gain_names() else Path(name_or_path)


def _text(name_or_path: str) -> str:
    path, allowed = Path(name_or_path), f"{', '.join(gain_names())}, or a YAML file"
    shown = repr(name_or_path if len(name_or_path) <= MAX_SHOWN else name_or_path[: MAX_SHOWN - 3] + "...")
    try:
        if path.is_dir():
            raise ConfigError(_OPTION, f"{shown}, a folder", allowed)
        if not path.is_file():
            near = difflib.get_close_matches(name_or_path, gain_names(), 1)
            raise ConfigError(
                _OPTION, f"{shown}, no such set or file", allowed, f"did you mean {near[0]}?" if near else ""
            )
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ConfigError(name_or_path, f"{size} bytes", f"a file of gains of at most {MAX_FILE_BYTES} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(name_or_path, "a binary file (not UTF-8 text)", "a YAML file of gains") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(_OPTION, f"{shown}, unreadable ({reason})", allowed) from error


def _name(text: str, shown: str) -> str:
    name = normal_name(text)
    if name is None:
        raise ConfigError(f"{shown}: name", repr(text[:MAX_SHOWN]), NAME_RULE)
    if name in gain_names():
        raise ConfigError(
            f"{shown}: name", repr(name), f"another name than {', '.join(gain_names())}", "write a name of your own"
        )
    return name


def _validated(data: object, shown: str) -> _GainsFile:
    if not isinstance(data, dict):
        got = "an empty file" if data is None else f"a {type(data).__name__}"
        raise ConfigError(shown, got, f"a YAML mapping with {', '.join(_keys(is_required=True))}")
    try:
        return _GainsFile.model_validate(data)
    except ValidationError as error:
        raise _readable(error, shown) from error


def _readable(error: ValidationError, shown: str) -> ConfigError:
    """Turn pydantic's first complaint into one line with file, key, got, allowed."""
    first = error.errors(include_url=False)[0]
    key, kind = str(first["loc"][0]) if first["loc"] else "", first["type"]
    where = f"{shown}: {key}" if key else shown
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key, _keys(), 1)
        hint = f"did you mean {near[0]}?" if near else ""
        return ConfigError(where, "an unknown key", f"the keys {', '.join(_keys())}", hint)
    if kind == "missing":
        return ConfigError(where, "nothing", _range(key), "add the key")
    return ConfigError(where, _shown(first["input"]), _range(key) or _KINDS.get(kind, first["msg"]))


def _keys(*, is_required: bool = False) -> tuple[str, ...]:
    return tuple(key for key, field in _GainsFile.model_fields.items() if field.is_required() or not is_required)


def _range(key: str) -> str:
    """Return in words what a number may be; empty for a key that is no number."""
    field = _GainsFile.model_fields.get(key)
    limits: dict[str, float] = {}
    for item in field.metadata if field else ():
        limits.update({name: getattr(item, name) for name in ("ge", "le") if hasattr(item, name)})
    return f"a number from {limits['ge']:g} to {limits['le']:g}" if {"ge", "le"} <= limits.keys() else ""


def _shown(value: Any) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)}"
    text = f"the text {value!r}" if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
