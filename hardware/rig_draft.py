"""The draft of a rig file: what a bus says of itself is filled in, everything else is marked as to be filled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controller.arm import ArmDescription
from controller.errors import PlantError
from hardware.dynamixel.facts import ServoFacts, read_facts
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.dynamixel.tables import model_name, model_of
from hardware.dynamixel.transactions import SILENT_TODO, Address, Transactions
from hardware.rig_content import BusPart, RigFile, SensorPart, ServoPart
from hardware.rig_file import TO_BE_FILLED
from hardware.rig_schema import allowed_words, meaning, node_at

SCHEMA_LINE = "# yaml-language-server: $schema=rig.schema.json"
"""Editors look for the schema beside the file; `massage-arm rig schema` prints it."""


@dataclass(frozen=True, slots=True)
class FoundServo:
    """A servo that answers.

    Attributes:
        servo_id: its id.
        facts: what it says.
    """

    servo_id: int
    facts: ServoFacts


def scan_bus(port: PortSettings) -> tuple[FoundServo, ...]:
    """Return every servo on a bus, by id; only reads.

    Raises:
        LinkError: the port cannot be opened.
        PlantError: no servo answers.
        ServoError: one answered the ping to all and is silent now.
    """
    opened = OwnedPort(port)
    try:
        ask = Transactions(opened)
        ids = ask.scan()
        found = tuple(FoundServo(servo_id, read_facts(ask, Address("unknown", servo_id))) for servo_id in ids)
    finally:
        opened.close()
    if not found:
        raise PlantError(f"servo bus {port.path}: no servo answers at {port.baud} baud", SILENT_TODO)
    return found


def draft_text(
    name: str, arm_name: str, arm: ArmDescription, port: PortSettings, servos: tuple[FoundServo, ...]
) -> str:
    """Return the text of a draft.

    Args:
        name: of the rig.
        arm_name: name of the arm, or its file.
        arm: the arm.
        port: the bus.
        servos: found on it.
    """
    known = {"schema_version": "1", "name": _quoted(name), "arm": _quoted(arm_name)}
    bus = {"family": "dynamixel", "port": _quoted(port.path), "baud": str(port.baud)}
    lines = [SCHEMA_LINE, f"# A draft: write a value for every {TO_BE_FILLED}, then `massage-arm rig check`."]
    for key in RigFile.model_fields:
        match key:
            case "bus":
                lines += ["bus:", *_keys(tuple(BusPart.model_fields), bus, "bus")]
            case "servos":
                lines += ["servos:", f"  # joints of {arm.name} from base to flange: {', '.join(arm.joint_names)}"]
                lines += [line for servo in servos for line in _servo(servo)]
            case "sensor":
                lines += ["sensor:", *_keys(tuple(SensorPart.model_fields), {"family": "ati_netft"}, "sensor")]
            case "voltage_v":
                lines.append(f"voltage_v: [{TO_BE_FILLED}, {TO_BE_FILLED}]  # {_words('voltage_v')}; {_supply(servos)}")
            case "limits":
                pass  # may be left out
            case _:
                lines += _keys((key,), known)
    return "\n".join(lines) + "\n"


def _keys(names: tuple[str, ...], known: dict[str, str], *path: str) -> Iterator[str]:
    """Yield a line per key; what is not known is marked, with what it may be."""
    indent = "  " * len(path)
    for name in names:
        if name in known:
            yield f"{indent}{name}: {known[name]}"
        else:
            yield f"{indent}{name}: {TO_BE_FILLED}  # {_words(*path, name)}"


def _servo(servo: FoundServo) -> Iterator[str]:
    """Yield the lines of a servo."""
    facts = servo.facts
    number, state = facts.model_number, facts.state
    name = model_name(number)
    shown = "" if state is None else (
        f", firmware {state.firmware}, {state.voltage_v:.1f} V, {state.temperature_c:.0f} degrees C, Present Position "
        f"{state.position}"
    )  # fmt: skip
    yield f"  # id {servo.servo_id}: {name}{shown}"
    known = {"id": str(servo.servo_id)} | ({} if model_of(number) is None else {"model": name})
    for index, key in enumerate(ServoPart.model_fields):
        begin = "  - " if index == 0 else "    "
        value = known.get(key, TO_BE_FILLED)
        note = "" if key in known else f"  # {_words('servos', 0, key)}"
        yield f"{begin}{key}: {value}{note}"


def _supply(servos: tuple[FoundServo, ...]) -> str:
    volts = [servo.facts.state.voltage_v for servo in servos if servo.facts.state is not None]
    return f"now {min(volts):.1f} to {max(volts):.1f} V" if volts else "not read"


def _words(*path: str | int) -> str:
    """Return what a key is and may be."""
    node = node_at(path)
    return f"{meaning(node)}: {allowed_words(node)}"


def _quoted(text: str) -> str:
    """Return text as YAML reads it back, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"
