"""The documentation of every technique, taken from the registry: fields, ranges, defaults, examples."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from trajectories.techniques.fields import Allowed, StrokeModel
from trajectories.techniques.registry import TECHNIQUES

UNITS = (
    ("_m_s", "m/s"),
    ("_hz", "Hz"),
    ("_rad", "rad"),
    ("_n", "N"),
    ("_m", "m"),
    ("_s", "s"),
)
"""Endings of field names and their units; the first that fits counts."""
LANDMARK_NOTE = (
    "The landmark `T3` of the shipped bodies is a joint of the body model's skeleton. It lies **8 to 14 cm lower than "
    "a person's third thoracic vertebra**, at 0.61 to 0.71 of the way from L5S1 to C7; the vertebra itself is at about "
    "0.86 (estimated from C7 and T12). A stroke up to `T3` therefore ends lower than its name says. To go higher, "
    "write a number, for example `upper: 0.85`. `massage-arm body NAME` draws where the landmarks are."
)
PAGE_HEAD = (
    "# Techniques",
    "",
    "What a stroke of a program may be. Made from the code by `massage-arm techniques --markdown docs/techniques.md`; "
    "a test fails when this page is older than the code.",
    "",
    "A program is a YAML file with `schema_version: 1`, `name`, `strokes`, and if wanted `description` and "
    "`allow_neck_base`. Every stroke names its technique and sets that technique's fields. Lengths are in m, speeds in "
    "m/s, rates in Hz, forces in N, times in s. Every stroke begins and ends at a light touch of 5 N.",
    "",
    LANDMARK_NOTE,
    "",
    "To add a technique, write one file in `trajectories/techniques` (fields with ranges, path, short form, words) and "
    "add one line to `trajectories/techniques/registry.py`. Nothing else knows techniques by name.",
)


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """One field of a technique.

    Attributes:
        name: its key in a program file.
        unit: unit, empty where it has none.
        allowed: what is allowed, in words.
        default: default value; None where there is none.
        is_required: it must be given.
        description: what it means.
    """

    name: str
    unit: str
    allowed: str
    default: str | float | None
    is_required: bool
    description: str

    @property
    def shown_default(self) -> str:
        """Default in words."""
        if self.is_required:
            return "required"
        return "-" if self.default is None else f"{self.default}"


@dataclass(frozen=True, slots=True)
class TechniqueDoc:
    """One technique.

    Attributes:
        name: its name in program files.
        summary: one line.
        description: sentences.
        regions: regions it may press on.
        fields: its fields in order.
        example: YAML of one stroke.
    """

    name: str
    summary: str
    description: str
    regions: tuple[str, ...]
    fields: tuple[FieldDoc, ...]
    example: str


def technique_docs() -> tuple[TechniqueDoc, ...]:
    """Return the documentation of all techniques, in the order of the registry."""
    return tuple(
        TechniqueDoc(
            technique.name,
            technique.summary,
            technique.description,
            tuple(sorted(technique.allowed)),
            tuple(_field_doc(name, field) for name, field in technique.model.model_fields.items()),
            technique.example,
        )
        for technique in TECHNIQUES.values()
    )


def techniques_page() -> str:
    """Return the page of all techniques in Markdown."""
    lines = [*PAGE_HEAD]
    for doc in technique_docs():
        regions = ", ".join(region.replace("_", " ") for region in doc.regions)
        lines += ["", f"## {doc.name}", "", f"{doc.summary[0].upper()}{doc.summary[1:]}.", "", doc.description, ""]
        lines += [f"It may press on: {regions}.", "", "| field | unit | allowed | default | meaning |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [
            f"| `{field.name}` | {field.unit} | {field.allowed} | {field.shown_default} | {field.description} |"
            for field in doc.fields
        ]
        lines += ["", "```yaml", doc.example.rstrip("\n"), "```"]
    return "\n".join(lines) + "\n"


def _field_doc(name: str, field: FieldInfo) -> FieldDoc:
    unit = next((unit for ending, unit in UNITS if name.endswith(ending)), "")
    default = None if field.is_required() else field.default
    words = " ".join((field.description or _shared_description(name)).split())
    return FieldDoc(name, unit, _allowed(field), default, field.is_required(), words)


def _allowed(field: FieldInfo) -> str:
    """Return in words what a field allows: from its mark, its choices or its range."""
    for mark in field.metadata:
        if isinstance(mark, Allowed):
            return mark.text
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return " or ".join(str(choice) for choice in get_args(annotation))
    kinds = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    if bool in kinds:
        return "true or false"
    kind = "whole number" if int in kinds else "number" if float in kinds else "text"
    limits = {key: getattr(mark, key) for mark in field.metadata for key in ("ge", "le") if hasattr(mark, key)}
    return f"{kind} from {limits['ge']:g} to {limits['le']:g}" if {"ge", "le"} <= limits.keys() else kind


def _shared_description(name: str) -> str:
    """Return the description of a field that every stroke has; a technique that narrows its type need not repeat it."""
    shared = StrokeModel.model_fields.get(name)
    return shared.description or "" if shared else ""
