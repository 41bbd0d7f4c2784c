"""A bus of Dynamixel servos in current control: found, checked, enabled, and read and commanded in every cycle.

Connecting reads; of what would last it writes only what the rig file states (current limit) and, on the P family, the
map of the cyclic block, each only where it differs. Whatever is written is read back. Every servo is tried, also where
another one has failed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from dynamixel_sdk import BROADCAST_ID, COMM_SUCCESS

from hardware.dynamixel.cyclic import (
    ALERT,
    ANSWER_BYTES,
    BLOCK_BYTES,
    JointScale,
    Reading,
    block_addresses,
    decode,
)
from hardware.dynamixel.port import OwnedPort
from hardware.dynamixel.tables import (
    CURRENT_CONTROL,
    DISABLED,
    ENABLED,
    RETURN_DELAY_UNIT_S,
    WATCHDOG_LONGEST,
    WATCHDOG_UNIT_S,
    ControlTable,
    Register,
    error_words,
    model_name,
)
from hardware.dynamixel.transactions import Address, Transactions
from hardware.errors import ServoError, ServosError

CYCLE_TRIES = 2
"""How often one cycle asks for the block: once more fits into a period, and what then is missing is told by its age."""
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


class DynamixelBus:
    """The servos of an arm, in the order of its joints.

    Args:
        port: the bus.
        servos: as the rig file has them, all of one family.
        watchdog_s: time without a packet after which a servo stops by itself; 0 for never.
    """

    def __init__(self, port: OwnedPort, servos: tuple[ServoSettings, ...], watchdog_s: float) -> None:
        self._port, self._servos = port, servos
        self._ask = Transactions(port)
        self._table: ControlTable = servos[0].scale.model.table
        self._watchdog = min(WATCHDOG_LONGEST, round(watchdog_s / WATCHDOG_UNIT_S))
        self._ids = [servo.address.servo_id for servo in servos]
        self.lost_cycles = 0
        """Cyclic reads that stayed without a whole answer."""
        self.repeated_reads = 0
        """Cyclic reads that had to be asked for again."""
        self.clipped = 0
        """Goal currents that were cut at the limit of their servo."""

    def connect(self) -> None:
        """Find every servo and check what it is; nothing is enabled.

        Raises:
            ServoError, ServosError: one or more are missing, of another model, in another mode, or have an error.
        """
        self._every("connecting", self._check)
        self._every("setting up", self._set_up)

    def enable(self, tau_nm: tuple[float, ...]) -> None:
        """Give torque, with these joint torques [Nm], (n,), from the first instant on.

        Raises:
            ServoError, ServosError: one or more did not take it; torque is off again at all of them.
        """
        goals = {id(servo): servo.scale.goal_current(tau, servo.current_limit)
                 for servo, tau in zip(self._servos, tau_nm, strict=True)}  # fmt: skip
        table = self._table

        def begin(servo: ServoSettings) -> None:
            self._ask.write(servo.address, table.bus_watchdog, 0)
            self._ask.write(servo.address, table.goal_current, goals[id(servo)])

        try:
            self._every("presetting", begin)
            self._every("enabling", lambda servo: self._ask.write(servo.address, table.torque_enable, ENABLED))
            if self._watchdog:
                self._every(
                    "watchdog", lambda servo: self._ask.write(servo.address, table.bus_watchdog, self._watchdog)
                )
        except (ServoError, ServosError):
            self.release()
            raise

    def release(self) -> None:
        """Take torque off everywhere.

        Raises:
            ServosError: some did not answer; all were tried.
        """
        table = self._table
        self._every("releasing", lambda servo: self._ask.write(servo.address, table.torque_enable, DISABLED))

    def read(self) -> tuple[Reading, ...] | None:
        """Return what every servo says of itself, (n,), all of the same instant; None where no whole packet came."""
        for attempt in range(CYCLE_TRIES):
            self.repeated_reads += attempt > 0
            blocks = self._blocks()
            if blocks is not None:
                pairs = zip(blocks, self._servos, strict=True)
                return tuple([decode(block, servo.scale) for block, servo in pairs])
        self.lost_cycles += 1
        return None

    def write(self, tau_nm: tuple[float, ...]) -> None:
        """Send joint torques [Nm], (n,), in one packet; each is cut at the current limit of its servo.

        Raises:
            ValueError: a torque is no number.
        """
        data: list[int] = []
        for servo, tau in zip(self._servos, tau_nm, strict=True):
            limit = servo.current_limit
            goal = servo.scale.goal_current(tau, limit)
            self.clipped += abs(goal) >= limit
            data.append(servo.address.servo_id)
            data.extend(goal.to_bytes(2, "little", signed=True))
        register = self._table.goal_current
        self._ask.handler.syncWriteTxOnly(self._port, register.address, register.size, data, len(data))

    def close(self) -> None:
        """Give the port back; torque stays as it is. Never raises."""
        self._port.close()

    def _blocks(self) -> list[bytes] | None:
        """Ask for the cyclic block once; return it of every servo, None where anything of it is damaged or missing."""
        handler, count = self._ask.handler, len(self._ids)
        address = self._table.indirect_data.address
        if handler.syncReadTx(self._port, address, BLOCK_BYTES, self._ids, count, True) != COMM_SUCCESS:
            return None
        raw, result, _ = handler.fastSyncReadRx(self._port, BROADCAST_ID, ANSWER_BYTES * count)
        self._port.is_using = False
        # The SDK passes a late answer to something else on as it is: everything is looked at here.
        if result != COMM_SUCCESS or len(raw) != ANSWER_BYTES * count:
            return None
        blocks: list[bytes] = []
        for index, servo_id in enumerate(self._ids):
            error, found_id, *rest = raw[index * ANSWER_BYTES : (index + 1) * ANSWER_BYTES]
            if found_id != servo_id or error & ~ALERT:
                return None
            blocks.append(bytes(rest[:BLOCK_BYTES]))
        return blocks

    def _check(self, servo: ServoSettings) -> None:
        """Refuse a servo that is not the one of the rig file, or not ready; only reads."""
        ask, address, model = self._ask, servo.address, servo.scale.model
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

    def _set_up(self, servo: ServoSettings) -> None:
        """Write current limit and map of the cyclic block where they differ, and read them back."""
        ask, address, table = self._ask, servo.address, self._table
        ask.make(address, table.current_limit, servo.current_limit)
        for index, wanted in enumerate(block_addresses(table)):
            entry = table.indirect_address
            place = entry.address + index * entry.size
            ask.make(address, Register(f"Indirect Address {index + 1}", place, entry.size), wanted)

    def _every(self, what: str, do: Callable[[ServoSettings], None]) -> None:
        """Do something with every servo, also where one fails; then raise what failed."""
        errors: list[ServoError] = []
        for servo in self._servos:
            try:
                do(servo)
            except ServoError as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ServosError(what, tuple(errors))
