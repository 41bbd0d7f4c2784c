"""Dynamixel servos for the suite: the real driver and SDK on a port that is answered at once."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from hardware.dynamixel.bus import DynamixelBus
from hardware.dynamixel.cyclic import JointScale
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.dynamixel.servo import ServoSettings
from hardware.dynamixel.settings import DynamixelSettings
from hardware.dynamixel.tables import MODELS
from hardware.dynamixel.transactions import Address
from sim.peers.bus import ServoBus
from sim.peers.line import Line
from sim.peers.packets import InstructionStream
from sim.peers.servo import KINDS, Servo
from tests.conformance.bench import DIRECTIONS, JOINTS, Bench, Moment, Steps

GEAR, TORQUE_NM_PER_A, CURRENT_LIMIT_A = 3.0, 2.0, 1.5
WATCHDOG_S = 0.06
OVERLOAD, OVERHEATED = 0x20, 0x04


class DirectPort:
    """The SDK's port handler on a bus that answers at once: what has not come when it looks never comes.

    Args:
        bench: the servos.
    """

    def __init__(self, bench: DynamixelBench) -> None:
        self.settings, self.is_using = PortSettings("direct", 4_000_000, 1.0), False
        self._bench, self._stream, self._buffer, self._late = bench, InstructionStream(), b"", b""
        self.is_holding = False
        self.share, self._random = 0.0, random.Random(1)  # noqa: S311

    def close(self) -> None:
        """Do nothing."""

    def clearPort(self) -> None:  # noqa: N802
        self._buffer = b""

    def writePort(self, packet: bytes | list[int]) -> int:  # noqa: N802
        for instruction in self._stream.feed(bytes(packet)):
            answer = self._damaged(self._bench.bus.answer(instruction))
            if self.is_holding:
                self._late += answer
            else:
                self._buffer += answer
            self._bench.note()
        return len(packet)

    def readPort(self, length: int) -> bytes:  # noqa: N802
        found, self._buffer = self._buffer[: max(0, length)], self._buffer[max(0, length) :]
        return found

    def setPacketTimeout(self, packet_length: int) -> None:  # noqa: N802
        """Do nothing: nothing is waited for."""

    def setPacketTimeoutMillis(self, msec: float) -> None:  # noqa: N802
        """Do nothing: nothing is waited for."""

    def isPacketTimeout(self) -> bool:  # noqa: N802
        return not self._buffer

    def getBaudRate(self) -> int:  # noqa: N802
        return self.settings.baud

    def deliver(self) -> None:
        """Let what was kept back come."""
        self.is_holding, self._buffer, self._late = False, self._buffer + self._late, b""

    def _damaged(self, answer: bytes) -> bytes:
        if not answer or self._random.random() >= self.share:
            return answer
        place = self._random.randrange(len(answer))
        return answer[:place] + bytes([answer[place] ^ (1 << self._random.randrange(8))]) + answer[place + 1 :]


class DynamixelBench(Bench):
    """Three servos of a model.

    Args:
        model: their model.
        other: number of another model of the same family.
    """

    watchdog_s = WATCHDOG_S

    def __init__(self, model: str, other: int) -> None:
        super().__init__()
        self.model, self._other = MODELS[model], other
        self.bus = ServoBus([Servo(number, KINDS[self.model.number]) for number in range(1, len(JOINTS) + 1)])
        self.servos = tuple(
            ServoSettings(
                Address(name, number),
                JointScale(self.model, way, 1000 * number, GEAR, TORQUE_NM_PER_A),
                CURRENT_LIMIT_A,
            )
            for number, (name, way) in enumerate(zip(JOINTS, DIRECTIONS, strict=True), 1)
        )
        unit_a = self.model.current_unit_a
        self.limit_nm = self.servos[0].current_limit * unit_a * TORQUE_NM_PER_A
        self.steps = Steps(
            self.servos[0].scale.rad_per_count, self.model.speed_unit_rad_s / GEAR, unit_a * TORQUE_NM_PER_A
        )
        self._port = DirectPort(self)

    def driver(self) -> DynamixelBus:
        return DynamixelBus(cast("OwnedPort", self._port), self.servos, WATCHDOG_S)

    @contextmanager
    def real_link(self) -> Iterator[DynamixelSettings]:
        line = Line()
        try:
            yield DynamixelSettings(PortSettings(line.path, 4_000_000, 0.001), self.servos, WATCHDOG_S)
        finally:
            line.close()

    @contextmanager
    def cut(self) -> Iterator[DynamixelBus]:
        with self.real_link() as settings:
            driver = settings.open()
        with contextlib.closing(driver):
            yield driver

    def place(self, joint: int, q_rad: float, dq_rad_s: float = 0.0, tau_nm: float = 0.0) -> None:
        servo, way = self.bus.servos[joint], DIRECTIONS[joint]
        zero_rad = math.tau * 1000 * (joint + 1) / servo.kind.counts
        servo.show(way * GEAR * q_rad + zero_rad, way * GEAR * dq_rad_s, way * tau_nm / TORQUE_NM_PER_A)

    def moment(self) -> Moment:
        rows = list(zip(self.bus.servos, DIRECTIONS, strict=True))
        return Moment(
            tuple(servo.is_on for servo, _ in rows),
            tuple(way * servo.goal_a * TORQUE_NM_PER_A for servo, way in rows),
        )

    def silence(self, *joints: int) -> None:
        self.bus.absent = {joint + 1 for joint in joints}

    def spoil(self, joint: int) -> None:
        self.bus.servos[joint].put(self.bus.servos[joint].kind.layout.error, OVERLOAD, 1)

    def overheat(self, joint: int) -> None:
        self.bus.servos[joint].put(self.bus.servos[joint].kind.layout.error, OVERHEATED, 1)

    def exchange(self, joint: int) -> None:
        self.bus.servos[joint].put(0, self._other, 2)

    def give_torque(self, joint: int) -> None:
        servo = self.bus.servos[joint]
        servo.put(servo.kind.layout.torque, 1, 1)
        servo.put(servo.kind.layout.goal_current, 50, 2)

    def refuse_limit(self, joint: int) -> None:
        servo = self.bus.servos[joint]
        whole = servo.write
        servo.write = lambda address, data: 0 if address == 38 else whole(address, data)  # type: ignore[method-assign]

    def stored_limit_nm(self, joint: int) -> float:
        return self.bus.servos[joint].get(38, 2) * self.model.current_unit_a * TORQUE_NM_PER_A

    def hold_answers(self) -> None:
        self._port.is_holding = True

    def deliver_answers(self) -> None:
        self._port.deliver()

    def lose_answers(self, share: float) -> None:
        self._port.share = share

    def pass_time(self, span_s: float) -> None:
        for servo in self.bus.servos:
            servo.pass_time(span_s)
