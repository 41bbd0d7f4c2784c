"""What a massage program file may say: strict models of strokes with ranges, units in the names."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from controller.safety.limits import PAD_CEILING_N
from trajectories.names import NAME_RULE, normal_name

SCHEMA_VERSION = 1
"""Version of the program file format; a file says which one it was written for."""
TOUCH_FORCE_N = 5.0
"""Press force at which every stroke begins and ends [N]: light touch (assumed comfortable anywhere on the back)."""

Landmark = Literal["L5S1", "L3", "T12", "T9", "T3", "C7"]
LANDMARK_ORDER: tuple[str, ...] = get_args(Landmark)
"""Spine landmarks that a stroke may refer to, from below to above."""


def _check_spine_place(value: object) -> object:
    """Accept a landmark name or a number from 0 (L5S1) to 1 (C7)."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (isinstance(value, str) and value in LANDMARK_ORDER) or (is_number and 0.0 <= float(str(value)) <= 1.0):
        return float(str(value)) if is_number else value
    allowed = f"a landmark of {', '.join(LANDMARK_ORDER)}, or a number from 0 (L5S1) to 1 (C7)"
    raise PydanticCustomError("rule", "{allowed}", {"allowed": allowed})


SpinePlace = Annotated[str | float, BeforeValidator(_check_spine_place)]
"""A place on the spine: a landmark name, or the fraction of the way from L5S1 (0) to C7 (1) along x."""


def _check_name(value: object) -> object:
    """Accept a name in any script and return it in Unicode's composed form; what is no text is left to the type."""
    name = normal_name(value) if isinstance(value, str) else None
    if isinstance(value, str) and name is None:
        raise PydanticCustomError("rule", "{allowed}", {"allowed": NAME_RULE})
    return value if name is None else name


Name = Annotated[str, BeforeValidator(_check_name)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class ParaspinalCircles(_Strict):
    """Circles that creep along the muscle beside the spine.

    Attributes:
        name: unique name of the stroke.
        technique: tag.
        side: side of the person.
        lower: lower end of the stretch; the circles' outer edge stays inside it.
        upper: upper end of the stretch; the circles' outer edge stays inside it.
        direction: which way the circles creep.
        turning: turning direction seen from above (from outside the body).
        lateral_offset_m: distance of the circles' centres from the spine line.
        radius_m: radius of the circles.
        rate_hz: circles per second; slowed where the skin is curved.
        creep_m_s: speed of the centres along the spine.
        force_n: reference press force.
        force_ramp_s: time of the force ramp at both ends.
    """

    name: Name
    technique: Literal["paraspinal_circles"]
    side: Literal["left", "right"]
    lower: SpinePlace = "L5S1"
    upper: SpinePlace = "T3"
    direction: Literal["up", "down"] = "up"
    turning: Literal["clockwise", "counterclockwise"] = "counterclockwise"
    lateral_offset_m: float = Field(default=0.040, ge=0.025, le=0.055)
    radius_m: float = Field(default=0.016, ge=0.012, le=0.025)
    rate_hz: float = Field(default=0.55, ge=0.3, le=1.5)
    creep_m_s: float = Field(default=0.020, ge=0.002, le=0.060)
    force_n: float = Field(default=18.0, ge=TOUCH_FORCE_N, le=PAD_CEILING_N)
    force_ramp_s: float = Field(default=1.5, ge=0.5, le=5.0)

    @model_validator(mode="after")
    def _check_order(self) -> ParaspinalCircles:
        if not spine_fraction_hint(self.lower) < spine_fraction_hint(self.upper):
            raise _rule("upper", f"{self.upper!r} with lower {self.lower!r}", "a place above 'lower'")
        return self


class ShoulderKneading(_Strict):
    """Press, roll and release along the upper trapezius, from the neck base to the acromion and back.

    Attributes:
        name: unique name of the stroke.
        technique: tag.
        side: side of the person.
        force_low_n: press force when released.
        force_high_n: press force when pressed.
        period_s: time of one press, roll and release.
        roll_along_m: amplitude of the roll along the muscle.
        roll_across_m: amplitude of the roll across the muscle.
        creep_m_s: speed along the muscle.
        passes: times along the muscle, outward and inward in turn.
        force_ramp_s: time of the force ramp at both ends.
    """

    name: Name
    technique: Literal["shoulder_kneading"]
    side: Literal["left", "right"]
    force_low_n: float = Field(default=8.0, ge=8.0, le=25.0)
    force_high_n: float = Field(default=20.0, ge=8.0, le=25.0)
    period_s: float = Field(default=1.6, ge=0.8, le=2.5)
    roll_along_m: float = Field(default=0.010, ge=0.0, le=0.020)
    roll_across_m: float = Field(default=0.005, ge=0.0, le=0.012)
    creep_m_s: float = Field(default=0.008, ge=0.002, le=0.030)
    passes: int = Field(default=2, ge=1, le=8)
    force_ramp_s: float = Field(default=1.5, ge=0.5, le=5.0)

    @model_validator(mode="after")
    def _check_order(self) -> ShoulderKneading:
        if not self.force_low_n <= self.force_high_n:
            raise _rule("force_low_n", f"{self.force_low_n:g}", f"at most force_high_n = {self.force_high_n:g}")
        return self


Stroke = ParaspinalCircles | ShoulderKneading
TECHNIQUES: dict[str, type[ParaspinalCircles] | type[ShoulderKneading]] = {
    "paraspinal_circles": ParaspinalCircles,
    "shoulder_kneading": ShoulderKneading,
}


class Program(_Strict):
    """A whole massage: strokes in order.

    Attributes:
        schema_version: version of the format.
        name: name of the program.
        description: one or two sentences for people.
        allow_neck_base: the neck base is off unless this says otherwise.
        strokes: the strokes, in order.
    """

    schema_version: Literal[1]
    name: Name
    description: str = Field(default="", max_length=1000)
    allow_neck_base: bool = False
    strokes: Annotated[
        tuple[Annotated[Stroke, Field(discriminator="technique")], ...],
        Field(min_length=1, max_length=40),
        BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    ]

    @model_validator(mode="after")
    def _check_names(self) -> Program:
        names = [stroke.name for stroke in self.strokes]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise _rule(f"strokes[{index}].name", repr(name), "a name that no other stroke has")
        return self


def spine_fraction_hint(place: str | float) -> float:
    """Order places before a body is known: fractions as they are, landmarks at a typical fraction of L5S1 to C7.

    The typical fractions are those of the shipped bodies, rounded (assumed for any other); the planner compares again
    on the real body.
    """
    typical = {"L5S1": 0.0, "L3": 0.15, "T12": 0.28, "T9": 0.42, "T3": 0.65, "C7": 1.0}
    return typical[place] if isinstance(place, str) else place


def _rule(key: str, got: str, allowed: str) -> PydanticCustomError:
    context: dict[str, Any] = {"key": key, "got": got, "allowed": allowed}
    return PydanticCustomError("rule", "{allowed}", context)
