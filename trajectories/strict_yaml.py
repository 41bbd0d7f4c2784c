"""YAML that means one thing: no alias, no tag, no key twice, no value that versions of YAML read differently."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, Protocol

import yaml

from controller.errors import ConfigError

MAX_DEPTH = 20
"""Levels of nesting; a program file has four."""
_NUMBER_12 = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WHOLE_12 = re.compile(r"[-+]?[0-9]+")
_BASED_12 = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_INFINITE_12 = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS_12: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SHORT_WORDS_11: dict[str, bool] = {"y": True, "Y": True, "n": False, "N": False}


class _Mark(Protocol):
    """A place in a file, from 0; PyYAML has two classes of it."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader without duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise _TwiceError(problem=f"key {key!r} twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


class _TwiceError(yaml.MarkedYAMLError):
    """A key stands twice in one mapping."""


def read_yaml(text: str, shown: str) -> object:
    """Return the content of a YAML text: mappings, lists, text, numbers, true or false, None where it is empty.

    Args:
        text: the text.
        shown: name of the file for messages.

    Raises:
        ConfigError: names line and column, what was found and what is allowed.
    """
    try:
        _check_events(text, shown)
        return _Loader(text).get_single_data()
    except _TwiceError as error:
        raise ConfigError(shown, _at(str(error.problem), error.problem_mark), "each key once") from error
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, shown) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        got = f"the control character U+{ord(text[error.position]):04X} at line {line}"
        raise ConfigError(shown, got, "printable text") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ConfigError(shown, f"no YAML ({str(error).splitlines()[0]})", "key: value pairs") from error


def _syntax_error(error: yaml.MarkedYAMLError, shown: str) -> ConfigError:
    problem = str(error.problem or error.context)
    if "'\\t'" in problem:
        return ConfigError(shown, _at("a tab", error.problem_mark), "spaces only", "replace the tab by spaces")
    return ConfigError(shown, f"no YAML: {_at(problem, error.problem_mark)}", "key: value pairs, indented by spaces")


def _check_events(text: str, shown: str) -> None:
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent):
            got = _at(f"a YAML alias (*{event.anchor})", event.start_mark)
            raise ConfigError(shown, got, "plain values", "write the value out")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise ConfigError(shown, _at(f"the YAML tag {event.tag!r}", event.start_mark), "plain values")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and event.style is None:
            _refuse_ambiguous(event.value, event.start_mark, shown)
        if depth > MAX_DEPTH:
            raise ConfigError(shown, _at("values nested too deep", event.start_mark), f"{MAX_DEPTH} levels")


def _refuse_ambiguous(value: str, mark: _Mark | None, shown: str) -> None:
    older, newer = _value_11(value), _value_12(value)
    if repr(older) == repr(newer):  # tells 1 from 1.0 and true, and holds for NaN
        return
    got = f"{value} (YAML 1.1 reads {_words(older)}, YAML 1.2 reads {_words(newer)})"
    hint = "write true or false, or quotes around text" if isinstance(older, bool) else _number_hint(value)
    raise ConfigError(shown, _at(got, mark), "values that every version of YAML reads alike", hint)


def _number_hint(value: str) -> str:
    digits = value.replace("_", "")
    plain = repr(float(digits)).removesuffix(".0") if _NUMBER_12.fullmatch(digits) else "a plain decimal number"
    return f"write {plain}, or quotes around text"


def _value_11(value: str) -> object:
    """Return what YAML 1.1 makes of a plain scalar: PyYAML's value, and its short booleans that PyYAML leaves out."""
    if value in _SHORT_WORDS_11:
        return _SHORT_WORDS_11[value]
    tag: str = _Loader("").resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    try:
        return _Loader("").construct_object(yaml.ScalarNode(tag, value))
    except (yaml.YAMLError, ValueError):
        return value


def _value_12(value: str) -> object:
    """Return what the core schema of YAML 1.2 makes of a plain scalar."""
    if value in _WORDS_12:
        return _WORDS_12[value]
    if _WHOLE_12.fullmatch(value):
        return int(value)
    if _BASED_12.fullmatch(value):
        return int(value, 0)
    if _NUMBER_12.fullmatch(value):
        return float(value)
    if _INFINITE_12.fullmatch(value):
        return float(value.replace(".", ""))
    return value


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "text" if isinstance(value, str) else str(value)


def _at(what: str, mark: _Mark | None) -> str:
    return f"{what} at line {mark.line + 1}, column {mark.column + 1}" if mark else what
