"""One servo of a rig: what it must be before anything is enabled, and what is set in it.

Connecting reads. Of what would last it writes only what the rig file states (current limit) and, on the P family, the
map of the cyclic block, each only where it differs. Whatever is written is read back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hardware.dynamixel.cyclic import JointScale, block_addresses
from hardware.dynamixel.facts import ServoFacts, read_facts
from hardware.dynamixel.tables import CURRENT_CONTROL, Register, error_words, model_name
from hardware.dynamixel.transactions import Address, Transactions
from hardware.errors import ServoError

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


def unready(facts: ServoFacts, servo: ServoSettings) -> tuple[ServoError, ...]:
    """Return everything for which a servo is not the one of the rig file, or not ready."""
    model, state = servo.scale.model, facts.state

    def error(got: str, allowed: str, todo: str) -> ServoError:
        return ServoError(servo.address.joint, servo.address.servo_id, got, allowed, todo)

    found: list[ServoError] = []
    if facts.model_number != model.number:
        todo = "correct id or model in the rig file, or exchange the servo"
        found.append(error(model_name(facts.model_number), model.name, todo))
    if state is None:
        return tuple(found)
    if state.hardware_error:
        todo = "remove its cause, then reboot the servo"
        found.append(error(f"hardware error: {error_words(state.hardware_error)}", "none", todo))
    if state.has_torque:
        todo = "support the arm by hand and switch the supply off and on"
        found.append(error("torque that is on already", "torque off at rest", todo))
    if state.operating_mode != CURRENT_CONTROL:
        allowed = f"{CURRENT_CONTROL}, current control"
        found.append(error(f"Operating Mode {state.operating_mode}", allowed, WIZARD))
    if state.return_delay_s:
        found.append(error(f"Return Delay Time of {1e6 * state.return_delay_s:.0f} us", "0 us", WIZARD))
    return tuple(found)


def refuse_unready(ask: Transactions, servo: ServoSettings) -> None:
    """Refuse a servo that is not the one of the rig file, or not ready; only reads. Raises ServoError."""
    for error in unready(read_facts(ask, servo.address), servo):
        raise error


def set_up(ask: Transactions, servo: ServoSettings) -> None:
    """Write current limit and map of the cyclic block where they differ, and read them back. Raises ServoError."""
    address, table = servo.address, servo.scale.model.table
    ask.make(address, table.current_limit, servo.current_limit)
    for index, wanted in enumerate(block_addresses(table)):
        entry = table.indirect_address
        place = entry.address + index * entry.size
        ask.make(address, Register(f"Indirect Address {index + 1}", place, entry.size), wanted)
