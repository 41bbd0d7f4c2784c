"""A small XML reader for files that users bring: elements and attributes only.

Document types and entities are refused, so that a file cannot grow in memory or reach for other files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from controller.errors import ModelError

_LARGEST_BYTES = 4_000_000


@dataclass(slots=True)
class Element:
    """One element: ``tag``, ``attributes``, ``children`` in order, ``line`` where it starts in the file."""

    tag: str
    attributes: Mapping[str, str]
    line: int
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> tuple[Element, ...]:
        """Return the children of that tag, in order."""
        return tuple(child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """Return the first child of that tag."""
        return next((child for child in self.children if child.tag == tag), None)


class _Tree:
    """Collects the elements of one file."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._open: list[Element] = []
        self.root: Element | None = None
        self.refused = ""
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, self._parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        self.refused = "a document type declaration"
        raise ValueError(self.refused)


def read_markup(path: Path) -> Element:
    """Return the root element of an XML file.

    Raises:
        ModelError: no such file, a folder, unreadable, empty, too large, or malformed.
    """
    try:
        if path.is_dir():
            raise ModelError(str(path), "a folder", "a URDF file", "name the file inside it")
        if not path.is_file():
            raise ModelError(str(path), "no such file", "a URDF file", "check the path")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(str(path), f"unreadable file ({error.strerror})", "a readable URDF file") from error
    if not data.strip():
        raise ModelError(str(path), "an empty file", "a URDF file")
    if len(data) > _LARGEST_BYTES:
        raise ModelError(str(path), f"{len(data)} bytes", f"at most {_LARGEST_BYTES} bytes")
    return _parse(path, data)


def _parse(path: Path, data: bytes) -> Element:
    parser = expat.ParserCreate()
    tree = _Tree(parser)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = f"malformed XML in line {error.lineno} ({expat.errors.messages[error.code]})"
        raise ModelError(str(path), what, "well-formed XML") from error
    except (ValueError, LookupError) as error:
        raise ModelError(str(path), tree.refused or f"malformed XML ({error})", "plain XML in UTF-8") from error
    if tree.root is None:
        raise ModelError(str(path), "no element", "a <robot> element")
    return tree.root
