"""A value is a frozen dataclass with slots in everything but the time it takes to make one."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from controller.types import ArmState, PadEstimate, StepRecord
from controller.values import value


@value
class Spot:
    """A value with a default."""

    x_m: float
    y_m: float
    name: str = "here"


@dataclasses.dataclass(frozen=True, slots=True)
class PlainSpot:
    """The same without ``value``."""

    x_m: float
    y_m: float
    name: str = "here"


def test_fields_arguments_and_defaults_are_those_of_the_dataclass() -> None:
    assert Spot(1.0, y_m=2.0) == Spot(1.0, 2.0, "here") != Spot(1.0, 2.0, "there")
    assert dataclasses.asdict(Spot(1.0, 2.0)) == dataclasses.asdict(PlainSpot(1.0, 2.0))
    assert repr(Spot(1.0, 2.0)) == repr(PlainSpot(1.0, 2.0)).replace("PlainSpot", "Spot")
    assert hash(Spot(1.0, 2.0)) == hash(Spot(1.0, 2.0))
    assert dataclasses.replace(Spot(1.0, 2.0), y_m=3.0) == Spot(1.0, 3.0)
    assert copy.deepcopy(Spot(1.0, 2.0)) == Spot(1.0, 2.0)


@pytest.mark.parametrize("arguments", [(), (1.0,), (1.0, 2.0, "here", 4.0)])
def test_wrong_arguments_are_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match=r"__init__\(\)"):
        Spot(*arguments)
    with pytest.raises(TypeError, match="z_m"):
        Spot(1.0, 2.0, z_m=3.0)


def test_values_are_immutable_and_take_no_other_attribute() -> None:
    spot = Spot(1.0, 2.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spot.x_m = 3.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        del spot.x_m
    assert not hasattr(spot, "__dict__")


@pytest.mark.parametrize("cls", [ArmState, PadEstimate, StepRecord])
def test_values_of_the_loop_are_frozen_dataclasses(cls: type) -> None:
    assert dataclasses.is_dataclass(cls)
    assert cls.__slots__ == tuple(field.name for field in dataclasses.fields(cls))


@pytest.mark.parametrize("name", ["authority", "supervisor_age_s", "command_age_s"])
def test_what_nobody_said_about_the_drives_never_reads_as_present_and_fresh(name: str) -> None:
    (field,) = (field for field in dataclasses.fields(ArmState) if field.name == name)
    assert field.default is dataclasses.MISSING
    with pytest.raises(TypeError, match=name):
        ArmState(0.0, (), (), (), (0.0,) * 6, 0.0, 0)  # type: ignore[call-arg]
