"""An emulated servo bus that answers in a thread, and the driver's side of it, for tests."""

from __future__ import annotations

import select
import threading
from typing import Self

from hardware.dynamixel.bus import DynamixelBus
from hardware.dynamixel.cyclic import JointScale
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.dynamixel.servo import ServoSettings
from hardware.dynamixel.tables import MODELS
from hardware.dynamixel.transactions import Address
from sim.peers.bus import ServoBus
from sim.peers.line import Line
from sim.peers.packets import InstructionStream
from sim.peers.servo import KINDS, Servo

JOINTS = ("one", "two", "three")
X_MODEL, P_MODEL = "XM540-W270", "PH54-200-S500"
ANSWER_S = 0.1
"""Longest wait for an answer: whole packets come within a millisecond, on a busy machine within tens of them."""
CURRENT_LIMIT_A = 2.0


class ThreadedBus:
    """Emulated servos of one model on a pseudo terminal, with ids from 1 on.

    Args:
        model: their model, by the driver's name of it.
        count: how many.
    """

    def __init__(self, model: str = X_MODEL, count: int = len(JOINTS)) -> None:
        self.model = MODELS[model]
        self.bus = ServoBus([Servo(number, KINDS[self.model.number]) for number in range(1, count + 1)])
        self.line = Line()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self.line.close()

    def servo(self, number: int) -> Servo:
        """Return a servo by its id."""
        return self.bus.servos[number - 1]

    def driver(self, watchdog_s: float = 0.0, directions: tuple[int, int, int] = (1, -1, 1)) -> DynamixelBus:
        """Return a driver of the first three servos that has opened the line."""
        port = OwnedPort(PortSettings(self.line.path, 4_000_000, ANSWER_S))
        servos = tuple(
            ServoSettings(Address(name, number), JointScale(self.model, way, 100 * number, 1.0, 2.0), CURRENT_LIMIT_A)
            for number, (name, way) in enumerate(zip(JOINTS, directions, strict=True), 1)
        )
        return DynamixelBus(port, servos, watchdog_s)

    def _serve(self) -> None:
        stream = InstructionStream()
        while not self._is_over.is_set():
            if select.select([self.line], [], [], 0.02)[0]:
                for instruction in stream.feed(self.line.receive()):
                    if answer := self.bus.answer(instruction):
                        self.line.send(answer)
