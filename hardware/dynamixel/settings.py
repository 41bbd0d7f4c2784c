"""What a driver of Dynamixel servos is opened with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from hardware.dynamixel.bus import DynamixelBus
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.dynamixel.servo import ServoSettings


@dataclass(frozen=True, slots=True)
class DynamixelSettings:
    """A bus of Dynamixel servos: ``hardware.driver.DriverSettings``.

    Attributes:
        port: the bus.
        servos: as the rig file has them, all of one family.
        watchdog_s: time without a packet after which a servo stops by itself; 0 for never.
    """

    port: PortSettings
    servos: tuple[ServoSettings, ...]
    watchdog_s: float

    def open(self) -> DynamixelBus:
        """Open the port, for one owner only; raises LinkError."""
        return DynamixelBus(OwnedPort(self.port), self.servos, self.watchdog_s)

    def at_peer(self, place: str, answer_s: float) -> Self:
        """Return the same driver at a peer whose pseudo terminal is ``place``, with so long an answer [s]."""
        return replace(self, port=replace(self.port, path=place, latency_s=answer_s))
