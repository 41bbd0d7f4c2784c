"""Field types and checks that the models of all techniques share: names, sides, places on the spine, forces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from trajectories.names import NAME_RULE, normal_name

TOUCH_FORCE_N = 5.0
"""Press force at which every stroke begins and ends [N]: light touch (assumed comfortable anywhere on the back)."""

Landmark = Literal["L5S1", "L3", "T12", "T9", "T3", "C7"]
LANDMARK_ORDER: tuple[str, ...] = get_args(Landmark)
"""Spine landmarks that a stroke may refer to, from below to above."""
SPINE_PLACES = f"a landmark of {', '.join(LANDMARK_ORDER)}, or a number from 0 (L5S1) to 1 (C7)"
"""What a place on the spine may be, in words."""


def _check_spine_place(value: object) -> object:
    """Accept a landmark name or a number from 0 (L5S1) to 1 (C7)."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (isinstance(value, str) and value in LANDMARK_ORDER) or (is_number and 0.0 <= float(str(value)) <= 1.0):
        return float(str(value)) if is_number else value
    raise PydanticCustomError("rule", "{allowed}", {"allowed": SPINE_PLACES})


@dataclass(frozen=True, slots=True)
class Allowed:
    """Mark on a field's type that says in words what is allowed, for the documentation; it checks nothing."""

    text: str


SpinePlace = Annotated[str | float, BeforeValidator(_check_spine_place), Allowed(SPINE_PLACES)]
"""A place on the spine: a landmark name, or the fraction of the way from L5S1 (0) to C7 (1) along x."""


def _check_name(value: object) -> object:
    """Accept a name in any script and return it in Unicode's composed form; what is no text is left to the type."""
    name = normal_name(value) if isinstance(value, str) else None
    if isinstance(value, str) and name is None:
        raise PydanticCustomError("rule", "{allowed}", {"allowed": NAME_RULE})
    return value if name is None else name


Name = Annotated[str, BeforeValidator(_check_name), Allowed(NAME_RULE)]
Side = Literal["left", "right"]


class Strict(BaseModel):
    """Base of everything in a program file: no unknown keys, no converted types, no NaN; immutable.

    The text below a field is its description, for the documentation of techniques.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class StrokeModel(Strict):
    """What every stroke has; a technique adds its own fields and narrows ``technique`` to its own name."""

    name: Name
    """Unique name of the stroke."""
    technique: str
    """Name of the technique."""
    side: Side
    """Side of the person."""


def rule_error(key: str, got: str, allowed: str) -> PydanticCustomError:
    """Return the error of a rule that holds between fields.

    Args:
        key: field at fault.
        got: its value, and those it was compared with.
        allowed: what is allowed.
    """
    context: dict[str, Any] = {"key": key, "got": got, "allowed": allowed}
    return PydanticCustomError("rule", "{allowed}", context)


def check_order(lower: str | float, upper: str | float) -> None:
    """Refuse two places on the spine that are not one above the other. Raises PydanticCustomError."""
    if not typical_fraction(lower) < typical_fraction(upper):
        raise rule_error("upper", f"{upper!r} with lower {lower!r}", "a place above 'lower'")


def typical_fraction(place: str | float) -> float:
    """Order places before a body is known: fractions as they are, landmarks at a typical fraction of L5S1 to C7.

    The typical fractions are those of the shipped bodies, rounded (assumed for any other); the planner compares again
    on the real body.
    """
    typical = {"L5S1": 0.0, "L3": 0.15, "T12": 0.28, "T9": 0.42, "T3": 0.65, "C7": 1.0}
    return typical[place] if isinstance(place, str) else place
