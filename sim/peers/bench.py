"""Servos and wrist sensor of an arm that lies at rest, without the arm: for commands that only read.

It answers in a thread of this process. Its sensor sends a record with every group read, so that a program that reads
in lock step gets one a cycle, and now and then while the bus is quiet.
"""

from __future__ import annotations

import random
import select
import threading
from collections.abc import Sequence
from typing import Self

from controller.types import Vector, Vector6
from sim.peers.bus import ServoBus
from sim.peers.dynamixel import PeerServo
from sim.peers.line import Line
from sim.peers.packets import FAST_SYNC_READ, InstructionStream
from sim.peers.rdt_server import RdtServer
from sim.peers.servo import KINDS, Servo

POLL_S = 0.02
"""How long the thread sleeps at most before it looks whether it is to end."""
AT_REST: Vector6 = (0.1, -0.2, -3.0, 0.01, 0.02, 0.0)
"""Wrench of a tool that hangs, and a zero that is a little off (assumed)."""


class BenchPeer:
    """An arm at rest as its bus and its sensor show it.

    Args:
        servos: one per joint.
        posture_rad: where the joints are, (n,).
        noise_n: rms noise of a force axis; a hundredth of it in Nm on the moments.
        seed: of the noise.
    """

    def __init__(self, servos: Sequence[PeerServo], posture_rad: Vector, noise_n: float, seed: int = 1) -> None:
        self.bus = ServoBus([Servo(servo.servo_id, KINDS[servo.model_number]) for servo in servos])
        """The servos; tests spoil them."""
        self.line, self.sensor = Line(), RdtServer()
        self.noise_n = noise_n
        """Noise of the sensor."""
        for servo, peer, q_rad in zip(self.bus.servos, servos, posture_rad, strict=True):
            servo.show(peer.direction * peer.gear * q_rad + peer.zero_rad, 0.0, 0.0)
        self._random = random.Random(seed)  # noqa: S311 - noise, no secret
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="bench peer", daemon=True)
        self._measure()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self.line.close()
        self.sensor.close()

    def _serve(self) -> None:
        stream, waited = InstructionStream(), (self.line, self.sensor)
        while not self._is_over.is_set():
            ready, _, _ = select.select(waited, [], [], POLL_S)
            if not ready:
                self._measure()
            if self.sensor in ready:
                self.sensor.listen()
            if self.line in ready:
                for instruction in stream.feed(self.line.receive()):
                    # Before the answer: whoever has it finds the record as well.
                    if instruction.code == FAST_SYNC_READ:
                        self._measure()
                    if answer := self.bus.answer(instruction):
                        self.line.send(answer)

    def _measure(self) -> None:
        noise = [self._random.gauss(0.0, self.noise_n * (1.0 if axis < 3 else 0.01)) for axis in range(6)]
        fx, fy, fz, mx, my, mz = (value + extra for value, extra in zip(AT_REST, noise, strict=True))
        self.sensor.measure((fx, fy, fz, mx, my, mz))
