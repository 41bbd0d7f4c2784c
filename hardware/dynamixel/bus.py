"""A bus of Dynamixel servos in current control: found, checked, enabled, and read and commanded in every cycle.

Every servo is tried, also where another one has failed; what is checked and set in each is in ``servo.py``.
"""

from __future__ import annotations

import contextlib

from hardware.driver import JointReading
from hardware.dynamixel.cyclic import decode
from hardware.dynamixel.group_read import fast_blocks
from hardware.dynamixel.port import OwnedPort
from hardware.dynamixel.servo import ServoSettings, refuse_unready, set_up
from hardware.dynamixel.tables import DISABLED, ENABLED, WATCHDOG_LONGEST, WATCHDOG_UNIT_S, ControlTable, Register
from hardware.dynamixel.transactions import Transactions
from hardware.errors import ServoError, ServosError, with_every

CYCLE_TRIES = 2
"""How often one cycle asks for the block: once more fits into a period, and what then is missing is told by its age."""


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
        with_every(self._servos, "connecting", lambda servo: refuse_unready(self._ask, servo))
        with_every(self._servos, "setting up", lambda servo: set_up(self._ask, servo))

    def enable(self, tau_nm: tuple[float, ...]) -> None:
        """Give torque, with these joint torques [Nm], (n,), from the first instant on.

        Raises:
            ServoError, ServosError: one or more did not take it; torque is off again at all of them.
        """
        goals = {
            servo.address: servo.scale.goal_current(tau, servo.current_limit)
            for servo, tau in zip(self._servos, tau_nm, strict=True)
        }
        ask, table = self._ask, self._table

        def preset(servo: ServoSettings) -> None:
            ask.write(servo.address, table.bus_watchdog, 0)
            ask.write(servo.address, table.goal_current, goals[servo.address])

        def enable(servo: ServoSettings) -> None:
            ask.write(servo.address, table.torque_enable, ENABLED)

        def watch(servo: ServoSettings) -> None:
            ask.write(servo.address, table.bus_watchdog, self._watchdog)

        try:
            with_every(self._servos, "presetting", preset)
            with_every(self._servos, "enabling", enable)
            with_every(self._servos, "setting the watchdog", watch)
        except (ServoError, ServosError):
            with contextlib.suppress(ServoError, ServosError):  # the first error says what is wrong
                self.release()
            raise

    def adopt(self, tau_nm: tuple[float, ...]) -> None:
        """Command joint torques [Nm], (n,), to servos that another master has enabled and that it has lost.

        Three packets without an answer, so that nothing is waited for: a watchdog that has tripped is cleared, which
        gives the arm its torque back, the torques are sent, and the watchdog is set. Nothing is read back.

        Raises:
            ValueError: a torque is no finite number, or their number is wrong; nothing was sent.
        """
        goals, watchdog = self._goals(tau_nm), self._table.bus_watchdog
        self._send(watchdog, [b"\0"] * len(self._servos))
        self._send(self._table.goal_current, goals)
        self._send(watchdog, [self._watchdog.to_bytes(1, "little")] * len(self._servos))

    def release(self) -> None:
        """Take torque off everywhere.

        Raises:
            ServoError, ServosError: one or more did not answer; all were tried.
        """
        register = self._table.torque_enable
        with_every(self._servos, "releasing", lambda servo: self._ask.write(servo.address, register, DISABLED))

    def read(self) -> tuple[JointReading, ...] | None:
        """Return what every servo says of itself, (n,), all of the same instant; None where no whole packet came."""
        for attempt in range(CYCLE_TRIES):
            self.repeated_reads += attempt > 0
            blocks = fast_blocks(self._ask, self._port, self._table.indirect_data.address, self._ids)
            if blocks is not None:
                pairs = zip(blocks, self._servos, strict=True)
                return tuple([decode(block, servo.scale) for block, servo in pairs])
        self.lost_cycles += 1
        return None

    def write(self, tau_nm: tuple[float, ...]) -> None:
        """Send joint torques [Nm], (n,), in one packet; each is cut at the current limit of its servo.

        Raises:
            ValueError: a torque is no finite number, or their number is wrong; nothing was sent.
        """
        self._send(self._table.goal_current, self._goals(tau_nm))

    def close(self) -> None:
        """Give the port back; torque stays as it is. Never raises."""
        self._port.close()

    def _goals(self, tau_nm: tuple[float, ...]) -> list[bytes]:
        """Return the goal currents for joint torques [Nm], (n,), and count what is cut; raises ValueError."""
        goals: list[bytes] = []
        for servo, tau in zip(self._servos, tau_nm, strict=True):
            limit = servo.current_limit
            goal = servo.scale.goal_current(tau, limit)
            self.clipped += abs(goal) >= limit
            goals.append(goal.to_bytes(2, "little", signed=True))
        return goals

    def _send(self, register: Register, values: list[bytes]) -> None:
        """Write a register of every servo in one packet that is not answered."""
        data: list[int] = []
        for servo_id, value in zip(self._ids, values, strict=True):
            data.append(servo_id)
            data.extend(value)
        self._ask.handler.syncWriteTxOnly(self._port, register.address, register.size, data, len(data))
