"""Emulated servos on one bus: every instruction is answered as the servos would."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sim.peers import packets
from sim.peers.packets import BROADCAST, Instruction
from sim.peers.servo import Servo

WHOLE_STATUS = 2
"""Status Return Level: every instruction is answered."""


class ServoBus:
    """Servos by their ids.

    Args:
        servos: on the bus.
    """

    def __init__(self, servos: Sequence[Servo]) -> None:
        self.servos = tuple(servos)
        """All of them, in the order of the joints."""
        self.absent: set[int] = set()
        """Ids that do not answer, as without power."""
        self._by_id = {servo.servo_id: servo for servo in servos}

    @property
    def present(self) -> list[Servo]:
        """Servos that hear and answer."""
        return [servo for servo in self.servos if servo.servo_id not in self.absent]

    def is_goal(self, instruction: Instruction) -> bool:
        """Return whether an instruction sends goal currents to all servos: the end of a master's cycle."""
        if instruction.code != packets.SYNC_WRITE or len(instruction.parameters) < 4:
            return False
        address, _ = struct.unpack_from("<HH", instruction.parameters)
        return bool(address == self.servos[0].kind.layout.goal_current)

    def answer(self, instruction: Instruction) -> bytes:
        """Do what is asked and return the answer, empty for none."""
        for servo in self.present:
            servo.silent_s = 0.0
        parameters = instruction.parameters
        match instruction.code:
            case packets.SYNC_WRITE:
                self._sync_write(parameters)
                return b""
            case packets.SYNC_READ:
                return b"".join(packets.status(servo_id, error, data)
                                for error, servo_id, data in self._asked(parameters))  # fmt: skip
            case packets.FAST_SYNC_READ:
                answers = self._asked(parameters)
                # Each servo adds its part after the one before it: with one of them silent the packet never ends.
                return packets.fast_status(answers) if len(answers) == len(parameters) - 4 else b""
            case _:
                return b"".join(self._single(servo, instruction) for servo in self._addressed(instruction.servo_id))

    def _addressed(self, servo_id: int) -> list[Servo]:
        return [servo for servo in self.present if servo_id in (servo.servo_id, BROADCAST)]

    def _single(self, servo: Servo, instruction: Instruction) -> bytes:
        """Answer an instruction for one servo."""
        parameters = instruction.parameters
        match instruction.code:
            case packets.PING:
                return packets.status(servo.servo_id, servo.alert, servo.read(0, 2) + servo.read(6, 1))
            case packets.READ if len(parameters) == 4:
                address, size = struct.unpack("<HH", parameters)
                return packets.status(servo.servo_id, servo.alert, servo.read(address, size))
            case packets.WRITE if len(parameters) >= 3:
                error = servo.write(struct.unpack_from("<H", parameters)[0], parameters[2:])
                is_answered = instruction.servo_id != BROADCAST and servo.read(servo.kind.layout.level, 1)[0] >= (
                    WHOLE_STATUS
                )
                return packets.status(servo.servo_id, error | servo.alert) if is_answered else b""
            case packets.REBOOT:
                servo.reboot()
                return packets.status(servo.servo_id, 0)
            case _:
                return packets.status(servo.servo_id, 2 | servo.alert)

    def _sync_write(self, parameters: bytes) -> None:
        if len(parameters) < 4:
            return
        address, size = struct.unpack_from("<HH", parameters)
        for start in range(4, len(parameters) - size, size + 1):
            servo = self._by_id.get(parameters[start])
            if servo is not None and servo.servo_id not in self.absent:
                servo.write(address, parameters[start + 1 : start + 1 + size])

    def _asked(self, parameters: bytes) -> list[tuple[int, int, bytes]]:
        """Return error, id and data of every servo that a sync read asks and that is there."""
        if len(parameters) < 4:
            return []
        address, size = struct.unpack_from("<HH", parameters)
        servos = [self._by_id[i] for i in parameters[4:] if i in self._by_id and i not in self.absent]
        return [(servo.alert, servo.servo_id, servo.read(address, size)) for servo in servos]
