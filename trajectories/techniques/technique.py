"""What a technique is: its model, its path over a back, its short form and its words for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from controller.errors import ConfigError
from controller.types import Region
from trajectories.anatomy.back import Back
from trajectories.techniques.fields import StrokeModel
from trajectories.techniques.stroke_path import StrokePath

S = TypeVar("S", bound=StrokeModel)


@dataclass(frozen=True, slots=True, eq=False)
class Technique(Generic[S]):
    """One massage technique; everything the rest of the program knows about it.

    Attributes:
        name: its name in program files.
        model: its fields with their ranges; ``technique`` is the literal of ``name``.
        make_path: path of a stroke over a back; raises PlanError where it does not fit.
        make_short: short form for the fault table: a stroke that reaches a set-point [N] soon.
        least_force_n: smallest set-point of the short form.
        allowed: regions it may press on.
        summary: one line for people.
        description: what it does, for therapists, in sentences.
        example: YAML of one stroke.
    """

    name: str
    model: type[S]
    make_path: Callable[[S, Back], StrokePath]
    make_short: Callable[[float], S]
    least_force_n: float
    allowed: frozenset[Region]
    summary: str
    description: str
    example: str

    def path(self, stroke: StrokeModel, back: Back) -> StrokePath:
        """Return the path of a stroke of this technique.

        Raises:
            ConfigError: the stroke is of another technique.
            PlanError: it does not fit this body.
        """
        if not isinstance(stroke, self.model):
            raise ConfigError(f"stroke {stroke.name!r}", f"a {type(stroke).__name__}", f"a stroke of {self.name}")
        return self.make_path(stroke, back)

    def short_stroke(self, force_n: float) -> S:
        """Return the short form at a set-point [N]. Raises ConfigError where the technique cannot have that force."""
        try:
            return self.make_short(force_n)
        except ValidationError as error:
            allowed = f"at least {self.least_force_n:g} N and what {self.name} allows"
            raise ConfigError("set-point", f"{force_n:g} N", allowed) from error
