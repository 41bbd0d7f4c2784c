"""Single transactions with one servo: asked again a few times, every failure named with joint and cure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dynamixel_sdk import COMM_NOT_AVAILABLE, COMM_SUCCESS, PacketHandler

from hardware.dynamixel.port import OwnedPort
from hardware.dynamixel.tables import Register
from hardware.errors import ServoError

TRIES = 5
"""How often a single transaction is tried: with 1 % of damaged packets one in ten thousand million fails."""
PROTOCOL = 2.0
SILENT_TODO = "check its id, the baud of the bus, cable and supply; `ping` it with the maker's Wizard"
ALERT_BIT = 0x80
"""The servo's hardware error is set; its answer is good all the same."""
STATUS_ERRORS = {
    1: "the servo failed to do it",
    2: "an instruction that it does not know",
    3: "a damaged packet",
    4: "a value out of its range, or goals are locked by its watchdog",
    5: "data of the wrong length",
    6: "a value over its limit",
    7: "no access: a persistent register while torque is on, or a read-only one",
}
"""Error numbers of Status Packets (e-manual, Protocol 2.0)."""


@dataclass(frozen=True, slots=True)
class Address:
    """One servo as errors name it.

    Attributes:
        joint: name of its joint.
        servo_id: its id on the bus.
    """

    joint: str
    servo_id: int


class Transactions:
    """Reads and writes single registers, with a bounded number of tries.

    Args:
        port: the bus.
    """

    def __init__(self, port: OwnedPort) -> None:
        self._port = port
        self.handler = PacketHandler(PROTOCOL)
        """The SDK's packet handler."""
        self.retries = 0
        """Transactions that had to be tried again."""

    def model_number(self, servo: Address) -> int:
        """Ping a servo and return its model number; raises ServoError where it does not answer."""
        number, _ = self._sure(servo, "ping", lambda: self.handler.ping(self._port, servo.servo_id))
        return int(number)

    def scan(self) -> dict[int, int]:
        """Return the model number of every servo that answers a ping to all, by id; takes about 0.8 s."""
        found, _ = self.handler.broadcastPing(self._port)
        return {int(servo_id): int(number) for servo_id, (number, _) in sorted(found.items())}

    def read(self, servo: Address, register: Register) -> int:
        """Return the value of a register, unsigned; raises ServoError."""

        def ask() -> tuple[Any, int, int]:
            data, result, error = self.handler.readTxRx(self._port, servo.servo_id, register.address, register.size)
            return data, result, error

        data, error = self._sure(servo, f"reading {register.name}", ask)
        _refuse_error(servo, f"reading {register.name}", error)
        return int.from_bytes(bytes(data), "little")

    def write(self, servo: Address, register: Register, value: int) -> None:
        """Write a register and read it back.

        Args:
            servo: which.
            register: which.
            value: what it is to hold; negative values are written as signed ones.

        Raises:
            ServoError: no answer, a refusal, or another value afterwards.
        """
        data = list(value.to_bytes(register.size, "little", signed=value < 0))

        def ask() -> tuple[Any, int, int]:
            result, error = self.handler.writeTxRx(self._port, servo.servo_id, register.address, len(data), data)
            return None, result, error

        _, error = self._sure(servo, f"writing {register.name}", ask)
        _refuse_error(servo, f"writing {value} to {register.name}", error)
        found = self.read(servo, register)
        if found != int.from_bytes(bytes(data), "little"):
            raise ServoError(
                servo.joint, servo.servo_id, f"{register.name} {found} after writing {value}", f"{value}",
                "read the servo's manual for what else limits it, or replace the servo",
            )  # fmt: skip

    def make(self, servo: Address, register: Register, value: int) -> bool:
        """Write a register only where it holds another value; return whether it was written. Raises ServoError."""
        if self.read(servo, register) == value:
            return False
        self.write(servo, register, value)
        return True

    def _sure(self, servo: Address, what: str, ask: Callable[[], tuple[Any, int, int]]) -> tuple[Any, int]:
        """Ask until there is an answer, ``TRIES`` times at most; return it with its error byte."""
        for attempt in range(TRIES):
            found, result, error = ask()
            if result == COMM_SUCCESS:
                return found, int(error)
            if result == COMM_NOT_AVAILABLE:
                break
            self.retries += attempt + 1 < TRIES
        words = self.handler.getTxRxResult(result).removeprefix("[TxRxResult] ")
        raise ServoError(servo.joint, servo.servo_id, f"no answer, {what}: {words}", "an answer", SILENT_TODO)


def _refuse_error(servo: Address, what: str, error: int) -> None:
    """Refuse an answer with an error number; raises ServoError."""
    number = error & ~ALERT_BIT
    if number:
        words = STATUS_ERRORS.get(number, f"error {number}")
        todo = "switch its torque off, or start again"
        raise ServoError(servo.joint, servo.servo_id, f"{what}: {words}", "no error", todo)
