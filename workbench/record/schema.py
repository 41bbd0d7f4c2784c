"""JSON Schema of the recorded dataclasses, made from their type hints and docstrings so that it cannot go stale."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import types
import typing
from collections.abc import Mapping

import orjson

JsonSchema = dict[str, typing.Any]
_ATTRIBUTE = re.compile(r"^ {4,8}(\w+): (.+)$")
_SCALARS: dict[type, JsonSchema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": ["number", "null"], "description": "null where the value is not a number"},
    str: {"type": "string"},
    type(None): {"type": "null"},
}


LeftOut = Mapping[type, frozenset[str]]
"""Fields by dataclass."""
_NOTHING: LeftOut = types.MappingProxyType({})


def json_schema(cls: type, left_out: LeftOut = _NOTHING) -> bytes:
    """Return the JSON Schema of a dataclass as UTF-8 JSON.

    Args:
        cls: a dataclass of scalars, enums, tuples and further dataclasses.
        left_out: fields that are not recorded.

    Raises:
        TypeError: a field has a type that the record cannot hold.
    """
    return orjson.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | _of_type(cls, left_out))


def _of_type(hint: typing.Any, left_out: LeftOut) -> JsonSchema:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if inspect.isclass(hint) and issubclass(hint, enum.StrEnum):
        return {"type": "string", "enum": [member.value for member in hint]}
    if inspect.isclass(hint) and dataclasses.is_dataclass(hint):
        return _of_dataclass(hint, left_out)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return _of_tuple(arguments, left_out)
    if origin in (types.UnionType, typing.Union):
        return {"oneOf": [_of_type(argument, left_out) for argument in arguments]}
    raise TypeError(f"no JSON Schema for {hint!r}")


def _of_tuple(arguments: tuple[typing.Any, ...], left_out: LeftOut) -> JsonSchema:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": _of_type(arguments[0], left_out)}
    count = len(arguments)
    return {"type": "array", "items": _of_type(arguments[0], left_out), "minItems": count, "maxItems": count}


def _of_dataclass(cls: type, left_out: LeftOut) -> JsonSchema:
    hints = typing.get_type_hints(cls)
    texts = _attribute_texts(cls)
    properties = {}
    for field in dataclasses.fields(cls):
        if field.name in left_out.get(cls, ()):
            continue
        properties[field.name] = _of_type(hints[field.name], left_out)
        if field.name in texts:
            properties[field.name]["description"] = texts[field.name]
    documentation = inspect.getdoc(cls) or ""
    return {
        "title": cls.__name__,
        "description": documentation.partition("\n")[0],
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _attribute_texts(cls: type) -> dict[str, str]:
    """Return the first line of each entry of the ``Attributes:`` section of a Google docstring."""
    _, _, section = (inspect.getdoc(cls) or "").partition("Attributes:\n")
    matches = (_ATTRIBUTE.match(line) for line in section.splitlines())
    return {match[1]: match[2] for match in matches if match}
