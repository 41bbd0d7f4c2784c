"""The registry of techniques: one line each; everything else takes names, models and paths from here."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from controller.errors import ConfigError
from trajectories.techniques.fields import StrokeModel
from trajectories.techniques.gliding_stroke import GLIDING_STROKE
from trajectories.techniques.paraspinal_circles import PARASPINAL_CIRCLES
from trajectories.techniques.shoulder_kneading import SHOULDER_KNEADING
from trajectories.techniques.technique import Technique

TECHNIQUES: dict[str, Technique[Any]] = {
    technique.name: technique
    for technique in (
        PARASPINAL_CIRCLES,
        SHOULDER_KNEADING,
        GLIDING_STROKE,
    )
}  # fmt: skip
"""Every technique by its name in program files, in the order in which they are shown."""


def technique_named(name: str, where: str) -> Technique[Any]:
    """Return a technique by its name.

    Args:
        name: its name.
        where: what gave the name, for the error.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in TECHNIQUES:
        raise ConfigError(where, repr(name), ", ".join(TECHNIQUES))
    return TECHNIQUES[name]


class OneOfTechniques:
    """Annotation of ``StrokeModel``: validate as the model of the technique that the stroke names."""

    def __get_pydantic_core_schema__(self, source: type[StrokeModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the tagged union of the models of all techniques."""
        choices = {name: handler.generate_schema(technique.model) for name, technique in TECHNIQUES.items()}
        return core_schema.tagged_union_schema(choices, discriminator="technique")
