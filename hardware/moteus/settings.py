"""What a driver of moteus controllers is opened with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from hardware.moteus.bus import MoteusBus
from hardware.moteus.link import CanSettings, OwnedCan
from hardware.moteus.servo import MoteusServo

PEER_INTERFACE = "udp_multicast"
"""How a peer in another process is reached: the interface of python-can for that."""


@dataclass(frozen=True, slots=True)
class MoteusSettings:
    """A bus of moteus controllers: ``hardware.driver.DriverSettings``.

    Attributes:
        can: the bus.
        servos: as the rig file has them.
        watchdog_s: time without a command after which a controller stops by itself; 0 for never.
    """

    can: CanSettings
    servos: tuple[MoteusServo, ...]
    watchdog_s: float

    def open(self) -> MoteusBus:
        """Open the interface, for one owner only; raises LinkError."""
        return MoteusBus(OwnedCan(self.can), self.servos, self.watchdog_s)

    def at_peer(self, place: str, answer_s: float) -> Self:
        """Return the same driver at a peer on the multicast group and port ``place``, with so long an answer [s]."""
        return replace(self, can=CanSettings(PEER_INTERFACE, place, answer_s))
