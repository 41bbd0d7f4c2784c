"""Control tables of the X and P families: addresses, sizes and units of what is read and written here.

Sources: ROBOTIS e-manual, pages of XM540-W270 (docs/en/dxl/x/xm540-w270) and PH54-200-S500-R (docs/en/dxl/p). The tests
hold every address against the tables that ship with the official SDK (``dynamixel_easy_sdk/control_table``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CURRENT_CONTROL = 0
"""Operating Mode for current (torque) control, both families."""
ENABLED, DISABLED = 1, 0
"""Values of Torque Enable."""
WATCHDOG_UNIT_S = 0.020
"""Unit of Bus Watchdog; 0 switches it off, 255 (-1) says that it has tripped (e-manual)."""
WATCHDOG_LONGEST = 127
WATCHDOG_TRIPPED = 255
RETURN_DELAY_UNIT_S = 2e-6
"""Unit of Return Delay Time."""
VOLTAGE_UNIT_V = 0.1
"""Unit of Present Input Voltage, both families."""
REV_PER_MIN = 2.0 * math.pi / 60.0
"""rad/s."""


@dataclass(frozen=True, slots=True)
class Register:
    """One entry of a control table.

    Attributes:
        name: as the e-manual calls it.
        address: of its first byte.
        size: bytes, low byte first.
        is_persistent: it lies in the EEPROM area: it cannot be written while torque is on, and wears out.
    """

    name: str
    address: int
    size: int
    is_persistent: bool = False


@dataclass(frozen=True, slots=True)
class ControlTable:
    """Where the registers of a family are.

    Attributes:
        family: X or P.
        firmware: version of its firmware.
        operating_mode: 0 is current control.
        return_delay: time before an answer, in 2 us.
        current_limit: largest goal current, in the model's unit.
        shutdown: which hardware errors switch torque off.
        torque_enable: 1 gives torque.
        status_return_level: 2 answers every instruction.
        hardware_error: bits, see ``ERROR_BITS``.
        bus_watchdog: in 20 ms.
        goal_current: signed.
        present_current: signed.
        present_velocity: signed.
        present_position: signed.
        input_voltage: in 0.1 V.
        temperature: in degrees C.
        indirect_address: first of the 2-byte entries that say which byte each byte of indirect data is.
        indirect_data: first byte of indirect data.
    """

    family: str
    firmware: Register
    operating_mode: Register
    return_delay: Register
    current_limit: Register
    shutdown: Register
    torque_enable: Register
    status_return_level: Register
    hardware_error: Register
    bus_watchdog: Register
    goal_current: Register
    present_current: Register
    present_velocity: Register
    present_position: Register
    input_voltage: Register
    temperature: Register
    indirect_address: Register
    indirect_data: Register


_COMMON = {
    "firmware": Register("Firmware Version", 6, 1, is_persistent=True),
    "operating_mode": Register("Operating Mode", 11, 1, is_persistent=True),
    "return_delay": Register("Return Delay Time", 9, 1, is_persistent=True),
    "current_limit": Register("Current Limit", 38, 2, is_persistent=True),
    "shutdown": Register("Shutdown", 63, 1, is_persistent=True),
}
X_TABLE = ControlTable(
    family="X",
    **_COMMON,
    torque_enable=Register("Torque Enable", 64, 1),
    status_return_level=Register("Status Return Level", 68, 1),
    hardware_error=Register("Hardware Error Status", 70, 1),
    bus_watchdog=Register("Bus Watchdog", 98, 1),
    goal_current=Register("Goal Current", 102, 2),
    present_current=Register("Present Current", 126, 2),
    present_velocity=Register("Present Velocity", 128, 4),
    present_position=Register("Present Position", 132, 4),
    input_voltage=Register("Present Input Voltage", 144, 2),
    temperature=Register("Present Temperature", 146, 1),
    indirect_address=Register("Indirect Address 1", 168, 2),
    indirect_data=Register("Indirect Data 1", 224, 1),
)
"""X series; indirect addresses lie in RAM."""
P_TABLE = ControlTable(
    family="P",
    **_COMMON,
    torque_enable=Register("Torque Enable", 512, 1),
    status_return_level=Register("Status Return Level", 516, 1),
    hardware_error=Register("Hardware Error Status", 518, 1),
    bus_watchdog=Register("Bus Watchdog", 546, 1),
    goal_current=Register("Goal Current", 550, 2),
    present_current=Register("Present Current", 574, 2),
    present_velocity=Register("Present Velocity", 576, 4),
    present_position=Register("Present Position", 580, 4),
    input_voltage=Register("Present Input Voltage", 592, 2),
    temperature=Register("Present Temperature", 594, 1),
    indirect_address=Register("Indirect Address 1", 168, 2, is_persistent=True),
    indirect_data=Register("Indirect Data 1", 634, 1),
)
"""P series; indirect addresses lie in the EEPROM area, so they are written only where they differ."""

ERROR_BITS: dict[int, str] = {
    0x01: "input voltage",
    0x04: "overheating",
    0x08: "motor encoder",
    0x10: "electrical shock",
    0x20: "overload",
}
"""Bits of Hardware Error Status (e-manual, both families)."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model of servo.

    Attributes:
        name: its name.
        number: what it answers as Model Number.
        table: where its registers are.
        counts_per_turn: of Present Position.
        speed_unit_rad_s: of Present Velocity.
        current_unit_a: of currents.
    """

    name: str
    number: int
    table: ControlTable
    counts_per_turn: int
    speed_unit_rad_s: float
    current_unit_a: float


_X = (X_TABLE, 4096, 0.229 * REV_PER_MIN, 2.69e-3)
_P = (P_TABLE, 1_003_846, 0.01 * REV_PER_MIN, 1.0e-3)
MODELS: dict[str, Model] = {
    name: Model(name, number, *units)
    for name, number, units in (
        ("XH540-W270", 1100, _X),
        ("XH540-W150", 1110, _X),
        ("XM540-W270", 1120, _X),
        ("XM540-W150", 1130, _X),
        ("XW540-T260", 1170, _X),
        ("XW540-T140", 1180, _X),
        ("PH54-100-S500", 2010, _P),
        ("PH54-200-S500", 2020, _P),
    )
}
"""Models that have been described, by name; units by the e-manual's page of each. XH540-V has another unit of current,
PM54 and PH42 have other gears: they are left out until somebody needs them."""


def model_of(number: int) -> Model | None:
    """Return the model with a model number, None where it is not described here."""
    return next((model for model in MODELS.values() if model.number == number), None)


def model_name(number: int) -> str:
    """Return the name of a model number, for messages."""
    model = model_of(number)
    return f"model number {number}" if model is None else model.name


def error_words(bits: int) -> str:
    """Return the hardware errors of a servo in words."""
    known = [word for bit, word in ERROR_BITS.items() if bits & bit]
    rest = bits & ~sum(ERROR_BITS)
    return ", ".join([*known, *([f"unknown bits {rest:#04x}"] if rest else [])])
