"""What a servo says of itself, register by register; only reads."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.dynamixel.tables import (
    DISABLED,
    RETURN_DELAY_UNIT_S,
    VOLTAGE_UNIT_V,
    Register,
    model_of,
)
from hardware.dynamixel.transactions import Address, Transactions


@dataclass(frozen=True, slots=True)
class ServoState:
    """State of a servo whose model is known.

    Attributes:
        firmware: version of its firmware.
        hardware_error: bits, 0 for none.
        has_torque: it gives torque.
        operating_mode: 0 is current control.
        return_delay_s: time before an answer.
        position: Present Position, in counts.
        voltage_v: supply.
        temperature_c: temperature.
    """

    firmware: int
    hardware_error: int
    has_torque: bool
    operating_mode: int
    return_delay_s: float
    position: int
    voltage_v: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class ServoFacts:
    """A servo that answers.

    Attributes:
        model_number: its Model Number.
        state: what else it says; None where its model is not described, so that its registers are not known.
    """

    model_number: int
    state: ServoState | None


def read_facts(ask: Transactions, address: Address) -> ServoFacts:
    """Return what a servo says of itself, by the table of the model that it is; raises ServoError."""
    number = ask.model_number(address)
    model = model_of(number)
    if model is None:
        return ServoFacts(number, None)
    table = model.table

    def read(register: Register) -> int:
        return ask.read(address, register)

    bits = 8 * table.present_position.size
    position = read(table.present_position)
    state = ServoState(
        firmware=read(table.firmware),
        hardware_error=read(table.hardware_error),
        has_torque=read(table.torque_enable) != DISABLED,
        operating_mode=read(table.operating_mode),
        return_delay_s=read(table.return_delay) * RETURN_DELAY_UNIT_S,
        position=position - (1 << bits) if position >> (bits - 1) else position,
        voltage_v=read(table.input_voltage) * VOLTAGE_UNIT_V,
        temperature_c=float(read(table.temperature)),
    )
    return ServoFacts(number, state)
