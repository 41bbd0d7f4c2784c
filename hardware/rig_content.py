"""What a rig file holds: every key with its type, range, unit and meaning; ``rig_schema`` writes it for editors."""

from __future__ import annotations

import difflib
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from controller.safety.limits import PAD_CEILING_N, TOOL_CEILING_N
from hardware.driver import DriverSettings
from hardware.dynamixel.cyclic import JointScale
from hardware.dynamixel.port import PortSettings
from hardware.dynamixel.servo import ServoSettings
from hardware.dynamixel.settings import DynamixelSettings
from hardware.dynamixel.tables import MODELS
from hardware.dynamixel.transactions import Address

BAUDS = (57_600, 115_200, 1_000_000, 2_000_000, 3_000_000, 4_000_000)
"""Rates of a bus that every servo described here has (e-manual)."""
LONGEST_TEXT = 200
"""Characters of a name (assumed); provenance may be longer."""


def key(description: str, unit: str = "", **allowed: Any) -> Any:
    """Return a field's description with its unit and what it may be, for the schema and for error messages.

    Args:
        description: what the key is.
        unit: of its value, empty for none.
        allowed: bounds as of pydantic's ``Field``, ``enum`` for a list of values, ``is_list`` for YAML lists.
    """
    extra: dict[str, Any] = {"unit": unit} if unit else {}
    if "enum" in allowed:
        extra["enum"] = list(allowed.pop("enum"))
    if allowed.pop("is_list", False):
        allowed["strict"] = False  # YAML has lists only
    shown = f"{description} [{unit}]" if unit else description
    return Field(description=shown, json_schema_extra=extra or None, **allowed)


def _refuse_boolean(value: object) -> object:
    """Refuse true and false, which Python takes for 1 and 0; raises ValueError."""
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    return value


NO_BOOLEAN = BeforeValidator(_refuse_boolean)
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
_Volts = Annotated[float, Field(gt=0.0, le=100.0)]


class Part(BaseModel):
    """A part of a rig file: strict, closed and frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong that only several keys together show.

    Attributes:
        key: where.
        got: what was found.
        allowed: what is allowed.
        todo: the cure, empty where that says it.
    """

    key: str
    got: str
    allowed: str
    todo: str = ""


Bus = TypeVar("Bus", bound=Part)
Servo = TypeVar("Servo", bound=Part)


class BusPart(Part):
    """The servo bus."""

    family: Annotated[Literal["dynamixel"], key("family of the servos")]
    port: Annotated[Text, key("device of the bus, best a symbolic link that a udev rule makes by serial number")]
    baud: Annotated[int, key("bits per second that the servos are set to", "1/s", enum=BAUDS)]
    latency_ms: Annotated[float, key("time that adapter and scheduler may add to an answer", "ms", gt=0.0, le=100.0)]
    watchdog_ms: Annotated[
        float, key("time without a packet after which the servos stop by themselves, 0 for never", "ms", ge=0, le=2000)
    ]


class ServoPart(Part):
    """One servo, which drives one joint."""

    joint: Annotated[Text, key("name of the joint in the arm's URDF")]
    id: Annotated[int, key("id of the servo on the bus", ge=0, le=252)]
    model: Annotated[str, key("model of the servo", enum=MODELS)]
    direction: Annotated[Literal[-1, 1], NO_BOOLEAN, key("sense of the joint against that of the servo")]
    zero_count: Annotated[
        int, key("Present Position of the servo where the joint is at zero", "counts", ge=-(2**31), le=2**31 - 1)
    ]
    gear: Annotated[float, key("turns of the servo for one turn of the joint", ge=0.1, le=200.0)] = 1.0
    torque_nm_per_a: Annotated[float, key("torque at the joint per ampere, the gear included", "Nm/A", gt=0.0)]
    current_limit_a: Annotated[float, key("largest current; written to the servo and read back", "A", gt=0.0)]

    @property
    def largest_nm(self) -> float:
        """Largest torque at the joint."""
        return self.torque_nm_per_a * self.current_limit_a

    def settings(self) -> ServoSettings:
        """Return the servo as the driver has it."""
        scale = JointScale(MODELS[self.model], self.direction, self.zero_count, self.gear, self.torque_nm_per_a)
        return ServoSettings(Address(self.joint, self.id), scale, self.current_limit_a)


class SensorPart(Part):
    """The wrist sensor."""

    family: Annotated[Literal["ati_netft"], key("family of the sensor")]
    host: Annotated[Text, key("address of the sensor")]
    port: Annotated[int, key("UDP port of the sensor", ge=1, le=65535)]
    counts_per_n: Annotated[float, key("counts of a newton, as its configuration page says", "1/N", gt=0.0)]
    counts_per_nm: Annotated[float, key("counts of a newton metre", "1/Nm", gt=0.0)]
    rate_hz: Annotated[float, key("samples per second", "Hz", ge=100.0, le=7000.0)]
    noise_n: Annotated[float, key("noise of a force axis, rms", "N", ge=0.0, le=10.0)]
    delay_ms: Annotated[float, key("age of a sample when it arrives: filter and network", "ms", ge=0.0, le=100.0)]


class LimitsPart(Part):
    """Limits of the rig; they only tighten those of code and arm."""

    pad_n: Annotated[float | None, key("press force of a pad, which only tightens", "N", gt=0.0, le=PAD_CEILING_N)] = (
        None
    )
    tool_n: Annotated[
        float | None, key("force of the tool on its sensor, which only tightens", "N", gt=0.0, le=TOOL_CEILING_N)
    ] = None
    tool_speed_m_s: Annotated[float | None, key("speed of the tool, which only tightens", "m/s", gt=0.0)] = None


class RigContent(Part, Generic[Bus, Servo]):
    """A rig of massage-arm: servo bus, servos, wrist sensor, timing and limits of one arm."""

    schema_version: Annotated[Literal[1], NO_BOOLEAN, key("version of this format")]
    name: Annotated[Text, key("name of the rig")]
    description: Annotated[Text, key("description of the rig in a line")]
    arm: Annotated[Text, key("name of the arm, or its URDF file")]
    serial: Annotated[Text, key("serial number of the arm")]
    period_ms: Annotated[float, key("period of the loop", "ms", ge=1.0, le=2.0)]
    command_delay_ms: Annotated[float, key("time from a command to its current", "ms", ge=0.0, le=100.0)]
    drive_lag_ms: Annotated[float, key("time constant of the servos' current loops", "ms", gt=0.0, le=50.0)]
    voltage_v: Annotated[tuple[_Volts, _Volts], key("lowest and highest supply", "V", is_list=True)]
    bus: Annotated[Bus, key("servo bus")]
    servos: Annotated[tuple[Servo, ...], key("servos, one per joint, from base to flange", is_list=True)]
    sensor: Annotated[SensorPart, key("wrist sensor")]
    limits: Annotated[LimitsPart, key("limits, which only tighten")] = LimitsPart()
    provenance: Annotated[str, key("source of the numbers", min_length=1)]

    @abstractmethod
    def driver(self) -> DriverSettings:
        """Return what the driver of the servos is opened with."""

    @property
    def wire_s(self) -> float:
        """Time that the frames of a cycle take on the bus, as computed; 0 where nobody has computed it."""
        return 0.0

    @abstractmethod
    def mistakes(self) -> Iterator[Mistake]:
        """Yield what no single key shows."""


class RigFile(RigContent[BusPart, ServoPart]):
    """A rig of massage-arm: servo bus, servos, wrist sensor, timing and limits of one arm."""

    def driver(self) -> DynamixelSettings:
        """Return what the driver of the servos is opened with."""
        bus = self.bus
        port = PortSettings(bus.port, bus.baud, 1e-3 * bus.latency_ms)
        return DynamixelSettings(port, tuple(servo.settings() for servo in self.servos), 1e-3 * bus.watchdog_ms)

    def mistakes(self) -> Iterator[Mistake]:
        """Yield what no single key shows."""
        for servo in self.servos:
            if servo.model not in MODELS:
                near = difflib.get_close_matches(servo.model, MODELS, 1)
                todo = f"did you mean {near[0]}?" if near else ""
                yield Mistake(f"servos: {servo.joint}: model", repr(servo.model), ", ".join(MODELS), todo)
                return
        families = {MODELS[servo.model].table.family for servo in self.servos}
        if len(families) > 1:
            yield Mistake("servos", f"families {sorted(families)}", "one family on a bus")
        if self.bus.baud not in BAUDS:
            yield Mistake("bus: baud", str(self.bus.baud), ", ".join(map(str, BAUDS)))


AnyRig = RigContent[Any, Any]
"""A rig file of whatever family; its bus has at least ``family``, ``latency_ms`` and ``watchdog_ms``, its servos
``joint``, ``id`` and ``largest_nm``."""
