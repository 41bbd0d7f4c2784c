"""What a massage program file may say: strokes of the registered techniques, units in the names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from trajectories.techniques.fields import Name, Strict, StrokeModel, rule_error
from trajectories.techniques.registry import OneOfTechniques

SCHEMA_VERSION = 1
"""Version of the program file format; a file says which one it was written for."""


def _check_version(value: object) -> object:
    """Accept the whole number only: Python takes ``true`` and ``1.0`` for equal to 1."""
    if type(value) is not int or value != SCHEMA_VERSION:
        raise PydanticCustomError("rule", "{allowed}", {"allowed": f"the whole number {SCHEMA_VERSION}"})
    return value


Stroke = Annotated[StrokeModel, OneOfTechniques()]
"""A stroke of any registered technique."""


class Program(Strict):
    """A whole massage: strokes in order.

    Attributes:
        schema_version: version of the format.
        name: name of the program.
        description: one or two sentences for people.
        allow_neck_base: the neck base is off unless this says otherwise.
        strokes: the strokes, in order.
    """

    schema_version: Annotated[Literal[1], BeforeValidator(_check_version)]
    name: Name
    description: str = Field(default="", max_length=1000)
    allow_neck_base: bool = False
    strokes: Annotated[
        tuple[Stroke, ...],
        Field(min_length=1, max_length=40),
        BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    ]

    @model_validator(mode="after")
    def _check_names(self) -> Program:
        names = [stroke.name for stroke in self.strokes]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise rule_error(f"strokes[{index}].name", repr(name), "a name that no other stroke has")
        return self
