"""Requests of a person from a file: a YAML list of session times and requests."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from controller.errors import ConfigError
from controller.observers import RequestEvent
from controller.operator import Asked, Request, TimedRequest
from controller.safety.limits import SESSION_CEILING_S
from trajectories.strict_yaml import read_yaml
from workbench.record.messages import Event

MAX_FILE_BYTES = 200_000
"""No list that a person writes is longer; guards against a wrong file."""
NAMES = ", ".join(Request)
EXAMPLE = "a YAML list such as [{t_s: 12.0, request: softer}]"


class _Entry(BaseModel):
    """One entry of the file.

    Attributes:
        t_s: session time [s].
        request: what is asked for.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    t_s: float = Field(ge=0.0, le=SESSION_CEILING_S)
    request: Annotated[Request, Field(strict=False)]


_ENTRIES = TypeAdapter(list[_Entry])


def load_events(path: Path) -> tuple[TimedRequest, ...]:
    """Return the requests of an events file, in the order of the file.

    Args:
        path: the file.

    Raises:
        ConfigError: it cannot be read, or anything in it is wrong; names entry and key, what was got, what is allowed.
    """
    shown = str(path)
    data = read_yaml(_text(path), shown)
    if not isinstance(data, list):
        raise ConfigError(shown, "an empty file" if data is None else f"a {type(data).__name__}", EXAMPLE)
    try:
        entries = _ENTRIES.validate_python(data)
    except ValidationError as error:
        raise _readable(error, shown) from error
    return tuple(TimedRequest(entry.t_s, Asked(entry.request)) for entry in entries)


def recorded_requests(events: Sequence[Event]) -> tuple[TimedRequest, ...]:
    """Return the requests of a recorded session, those that were refused too; they repeat the session.

    Args:
        events: events of the record.
    """
    return tuple(
        TimedRequest(event.t_s, Asked(event.data.request, event.data.who))
        for event in events
        if isinstance(event.data, RequestEvent)
    )


def events_text(timed: Sequence[TimedRequest]) -> str:
    """Return requests as the text of an events file."""
    return "".join(f"- {{t_s: {float(one.t_s)!r}, request: {one.asked.request}}}\n" for one in timed) or "[]\n"


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise ConfigError("--events", f"{path}, a folder", "an events file, " + EXAMPLE)
        if path.exists() and not path.is_file():  # a device or a pipe may never end
            raise ConfigError("--events", f"{path}, no regular file", "an events file, " + EXAMPLE)
        if path.stat().st_size > MAX_FILE_BYTES:
            size = path.stat().st_size
            raise ConfigError(str(path), f"{size} bytes", f"an events file of at most {MAX_FILE_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "a binary file (not UTF-8 text)", EXAMPLE) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError("--events", f"{path} ({reason})", "an events file, " + EXAMPLE) from error


def _readable(error: ValidationError, shown: str) -> ConfigError:
    """Turn pydantic's first complaint into one line with entry, key, got and allowed."""
    first = error.errors(include_url=False)[0]
    number, *keys = first["loc"]
    where = f"{shown}: entry {int(number) + 1}" + "".join(f", {key}" for key in keys)
    kind, got = first["type"], first["input"]
    if kind == "extra_forbidden":
        return ConfigError(where, "an unknown key", "the keys t_s and request")
    if kind == "missing":
        return ConfigError(where, "nothing", _allowed(str(keys[-1])), "add the key")
    if not keys:
        return ConfigError(where, f"{got!r:.60}", "an entry such as {t_s: 12.0, request: softer}")
    near = difflib.get_close_matches(str(got), list(Request), n=1) if keys[-1] == "request" else []
    return ConfigError(where, f"{got!r:.60}", _allowed(str(keys[-1])), f"did you mean {near[0]}" if near else "")


def _allowed(key: str) -> str:
    return f"one of {NAMES}" if key == "request" else f"a number from 0 to {SESSION_CEILING_S:g} s"
