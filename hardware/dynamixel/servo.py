"""One servo of a rig: what it must be before anything is enabled, and what is set in it.

Connecting reads. Of what would last it writes only what the rig file states (current limit) and, on the P family, the
map of the cyclic block, each only where it differs. Whatever is written is read back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from hardware.dynamixel.cyclic import JointScale, block_addresses
from hardware.dynamixel.tables import (
    CURRENT_CONTROL,
    DISABLED,
    RETURN_DELAY_UNIT_S,
    Register,
    error_words,
    model_name,
)
from hardware.dynamixel.transactions import Address, Transactions
from hardware.errors import ServoError, ServosError

WIZARD = "set it with the maker's Wizard while torque is off"


@dataclass(frozen=True, slots=True)
class ServoSettings:
    """One servo as the rig file has it.

    Attributes:
        address: joint and id.
        scale: from its numbers to the joint's.
        current_limit_a: largest current.
    """

    address: Address
    scale: JointScale
    current_limit_a: float

    @property
    def current_limit(self) -> int:
        """The largest current in the servo's unit, rounded down."""
        return math.floor(self.current_limit_a / self.scale.model.current_unit_a + 1e-9)


def refuse_unready(ask: Transactions, servo: ServoSettings) -> None:
    """Refuse a servo that is not the one of the rig file, or not ready; only reads. Raises ServoError."""
    address, model = servo.address, servo.scale.model
    joint, servo_id, table = address.joint, address.servo_id, model.table
    number = ask.model_number(address)
    if number != model.number:
        todo = "correct id or model in the rig file, or exchange the servo"
        raise ServoError(joint, servo_id, model_name(number), model.name, todo)
    error = ask.read(address, table.hardware_error)
    if error:
        got, todo = f"hardware error: {error_words(error)}", "remove its cause, then reboot the servo"
        raise ServoError(joint, servo_id, got, "none", todo)
    if ask.read(address, table.torque_enable) != DISABLED:
        todo = "support the arm by hand and switch the supply off and on"
        raise ServoError(joint, servo_id, "torque that is on already", "torque off at rest", todo)
    mode = ask.read(address, table.operating_mode)
    if mode != CURRENT_CONTROL:
        allowed = f"{CURRENT_CONTROL}, current control"
        raise ServoError(joint, servo_id, f"Operating Mode {mode}", allowed, WIZARD)
    delay = ask.read(address, table.return_delay)
    if delay:
        got = f"Return Delay Time of {delay * RETURN_DELAY_UNIT_S * 1e6:.0f} us"
        raise ServoError(joint, servo_id, got, "0 us", WIZARD)


def set_up(ask: Transactions, servo: ServoSettings) -> None:
    """Write current limit and map of the cyclic block where they differ, and read them back. Raises ServoError."""
    address, table = servo.address, servo.scale.model.table
    ask.make(address, table.current_limit, servo.current_limit)
    for index, wanted in enumerate(block_addresses(table)):
        entry = table.indirect_address
        place = entry.address + index * entry.size
        ask.make(address, Register(f"Indirect Address {index + 1}", place, entry.size), wanted)


def with_every(servos: tuple[ServoSettings, ...], what: str, do: Callable[[ServoSettings], None]) -> None:
    """Do something with every servo, also where one fails; then raise what failed.

    Args:
        servos: all of them.
        what: is done, for the error.
        do: does it; raises ServoError.

    Raises:
        ServoError, ServosError: one or more failed.
    """
    errors: list[ServoError] = []
    for servo in servos:
        try:
            do(servo)
        except ServoError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ServosError(what, tuple(errors))
