"""The JSON Schema of a rig file, and what it allows at a key, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hardware.rig_families import SHIPPED, content_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FIRST = next(iter(SHIPPED))
"""The family whose schema is meant where none is named."""
Schema = dict[str, Any]


def rig_schema(family: str = FIRST) -> Schema:
    """Return the JSON Schema of a rig file, for editors; descriptions carry the units.

    Args:
        family: of the servos.

    Raises:
        ConfigError: no such family.
    """
    return {
        "$schema": DRAFT,
        "title": "Rig file of massage-arm",
        **_without_titles(content_of(family).model_json_schema()),
    }


def node_at(path: Sequence[int | str], family: str = FIRST) -> Schema:
    """Return the schema of a key; empty where there is none.

    Args:
        path: keys, and places in lists from 0.
        family: of the servos.
    """
    root = rig_schema(family)
    node = root
    for part in path:
        if isinstance(part, int):
            listed = node.get("prefixItems", [])
            node = listed[part] if part < len(listed) else node.get("items", {})
        else:
            node = node.get("properties", {}).get(part, {})
        node = _resolved(node, root)
    return node


def allowed_words(node: Schema) -> str:
    """Return what a key may be, in words; empty where the schema does not say."""
    for word in ("enum", "const"):
        if word in node:
            values = node[word] if word == "enum" else [node[word]]
            return " or ".join(map(str, values)) if len(values) <= 2 else ", ".join(map(str, values))
    match node.get("type"):
        case "number" | "integer" as kind:
            return f"{'a number' if kind == 'number' else 'a whole number'}{_range_words(node)}"
        case "string":
            longest = node.get("maxLength")
            return f"text of 1 to {longest} characters" if longest else "text that is not empty"
        case "object":
            return f"the keys {', '.join(node['properties'])}"
        case "array":
            listed = node.get("prefixItems")
            return f"a list of {len(listed)} values" if listed else "a list"
        case _:
            return ""


def meaning(node: Schema) -> str:
    """Return what a key is, without its unit; empty where the schema does not say."""
    description: str = node.get("description", "")
    return description.removesuffix(f" [{node['unit']}]") if "unit" in node else description


def _range_words(node: Schema) -> str:
    low, above = node.get("minimum", -math.inf), node.get("exclusiveMinimum", -math.inf)
    high = node.get("maximum", math.inf)
    unit = f" {node['unit']}" if "unit" in node else ""
    if low > -math.inf and high < math.inf:
        return f" from {low:.10g} to {high:.10g}{unit}"
    begin = f" above {above:.10g}" if above > -math.inf else f" from {low:.10g} on" if low > -math.inf else ""
    end = f"{',' if begin else ''} at most {high:.10g}" if high < math.inf else ""
    return f"{begin}{end}{unit}" if begin or end else ""


def _resolved(node: Schema, root: Schema) -> Schema:
    """Follow a reference, and leave the alternative null out; what stands beside either goes along."""
    if "$ref" in node:
        named = node["$ref"].rpartition("/")[2]
        return {**root["$defs"][named], **{name: value for name, value in node.items() if name != "$ref"}}
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            return {**_resolved(choice, root), **{name: value for name, value in node.items() if name != "anyOf"}}
    return node


def _without_titles(node: Any) -> Any:
    """Leave out the titles that pydantic makes of names: an editor shows descriptions."""
    if isinstance(node, list):
        return [_without_titles(part) for part in node]
    if isinstance(node, dict):
        return {name: _without_titles(part) for name, part in node.items() if not _is_title(name, part)}
    return node


def _is_title(name: str, part: Any) -> bool:
    return name == "title" and isinstance(part, str)
