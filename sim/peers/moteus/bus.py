"""Emulated controllers on one CAN-FD bus: every frame is answered as the controllers would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.peers.moteus import multiplex
from sim.peers.moteus.controller import Controller

_REPLY, _PLACE, _ALL = 0x8000, 0x7F, 0x7F


class ControllerBus:
    """Controllers by their ids.

    Args:
        controllers: on the bus, in the order of the joints.
    """

    def __init__(self, controllers: Sequence[Controller]) -> None:
        self.controllers = tuple(controllers)
        """All of them, in the order of the joints."""
        self.absent: set[int] = set()
        """Ids that do not answer, as without power."""

    def answers(self, identifier: int, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Do what a frame asks for and yield the answers, identifier and data; damaged frames are dropped."""
        place, source = identifier & _PLACE, identifier >> 8 & _PLACE
        for controller in self.controllers:
            if controller.servo_id in self.absent or place not in (controller.servo_id, _ALL):
                continue
            answer = controller.hear(data)
            if identifier & _REPLY:
                yield controller.servo_id << 8 | source, answer

    def ends_cycle(self, identifier: int, data: bytes) -> bool:
        """Return whether a frame ends a master's cycle: to the last controller, without a question, and no stream."""
        is_last = identifier & _PLACE == self.controllers[-1].servo_id
        return is_last and not identifier & _REPLY and data[:1] != bytes([multiplex.CLIENT_DATA])
