"""A robot file without its meshes, which often lie on the machine that the file was made on."""

from __future__ import annotations

import html
from xml.parsers import expat

_SHAPES = ("visual", "collision")


def without_meshes(content: bytes) -> str:
    """Return the text of a well-formed URDF file without the <visual> and <collision> elements that hold a mesh."""
    parser = expat.ParserCreate()
    writer = _Writer()
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.Parse(content, True)
    return "".join(writer.text)


class _Writer:
    """Writes elements as they come; those inside of a shape only once it has ended and may stay."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self._shape: list[str] = []
        self._depth = 0
        """Open elements from the shape on; 0 outside of shapes."""
        self._is_mesh = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        values = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
        if self._depth or tag in _SHAPES:
            self._depth += 1
            self._is_mesh = self._is_mesh or tag == "mesh"
            self._shape.append(f"<{tag}{values}>")
        else:
            self.text.append(f"<{tag}{values}>")

    def end(self, tag: str) -> None:
        if not self._depth:
            self.text.append(f"</{tag}>\n")
            return
        self._shape.append(f"</{tag}>\n")
        self._depth -= 1
        if self._depth == 0:
            if not self._is_mesh:
                self.text += self._shape
            self._shape, self._is_mesh = [], False
