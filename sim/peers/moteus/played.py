"""A bus of emulated moteus controllers with its joints, on a CAN bus between processes (multicast on the loopback)."""

from __future__ import annotations

import math
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import can

from controller.errors import PlantError
from sim.peers.moteus.bus import ControllerBus
from sim.peers.moteus.controller import Controller

LENGTHS = (*range(9), 12, 16, 20, 24, 32, 48, 64)
"""Bytes that a CAN-FD frame can have (ISO 11898-1)."""
FIRST_PORT, PORTS = 40_000, 20_000
"""UDP ports to choose from (assumed to be free; the group is chosen as well)."""


@dataclass(frozen=True, slots=True)
class MoteusJoint:
    """One controller and what is between it and its joint.

    Attributes:
        servo_id: its id.
        unique_id: its 128-bit number.
        direction: +1 or -1: sense of the joint against that of the controller's output.
        zero_rev: its position where the joint is at zero, in turns.
        gear: turns of its output for one turn of the joint.
        torque_scale: torque at the joint for a newton metre at its output.
        brake_nms_per_rad: damping of its shorted windings, at the joint.
    """

    servo_id: int
    unique_id: uuid.UUID
    direction: int
    zero_rev: float
    gear: float
    torque_scale: float
    brake_nms_per_rad: float

    def controller(self) -> Controller:
        """Return the controller, switched on."""
        return Controller(self.servo_id, self.unique_id, self.brake_nms_per_rad / (self.gear * self.torque_scale))


class PlayedController:
    """A controller at its joint: ``sim.peers.played.PlayedJoint``.

    Args:
        controller: the controller.
        joint: what is between.
    """

    def __init__(self, controller: Controller, joint: MoteusJoint) -> None:
        self._controller, self._joint = controller, joint

    @property
    def is_on(self) -> bool:
        """Whether it gives torque for a master."""
        return self._controller.is_on

    @property
    def tau_nm(self) -> float:
        """Joint torque that it gives."""
        return self._joint.direction * self._joint.torque_scale * self._controller.given_nm

    def show(self, q_rad: float, dq_rad_s: float, tau_nm: float) -> None:
        """Show where its joint is, how fast, and the joint torque that its drive gives."""
        joint, way = self._joint, self._joint.direction
        output_nm = way * tau_nm / joint.torque_scale if self.is_on else 0.0
        turns = way * joint.gear * q_rad / math.tau + joint.zero_rev
        self._controller.show(turns, way * joint.gear * dq_rad_s / math.tau, output_nm)

    def pass_time(self, span_s: float) -> None:
        """Let time pass without a command."""
        self._controller.pass_time(span_s)


class MoteusWire:
    """The bus on a multicast group of its own: ``sim.peers.played.PlayedBus``.

    Args:
        joints: one per joint.

    Raises:
        PlantError: this machine has no multicast.
    """

    def __init__(self, joints: tuple[MoteusJoint, ...]) -> None:
        self.bus = ControllerBus([joint.controller() for joint in joints])
        """What the driver talks to."""
        self.joints = tuple(
            PlayedController(controller, joint) for controller, joint in zip(self.bus.controllers, joints, strict=True)
        )
        # Administratively scoped (RFC 2365), and never beyond this machine: its hop limit is 0.
        group = ".".join(["239", *(str(1 + secrets.randbelow(254)) for _ in range(3))])
        port = FIRST_PORT + secrets.randbelow(PORTS)
        self.place = f"{group}:{port}"
        """Group and port."""
        try:
            self._can = can.Bus(interface="udp_multicast", channel=group, port=port, hop_limit=0, fd=True)
        except (can.CanError, OSError) as error:
            todo = "give this machine a network interface with multicast: `ip link set lo multicast on` and a route"
            raise PlantError(f"the peer's CAN bus {self.place}: {error}", todo) from error

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return int(self._can.fileno())

    def serve(self) -> Iterator[None]:
        """Answer what has come, and yield at the end of every cycle of the master."""
        while (message := self._can.recv(0.0)) is not None:
            data = bytes(message.data)
            for identifier, answer in self.bus.answers(message.arbitration_id, data):
                self._send(identifier, answer)
            if self.bus.ends_cycle(message.arbitration_id, data):
                yield

    def close(self) -> None:
        """Pull the cable."""
        self._can.shutdown()

    def _send(self, identifier: int, data: bytes) -> None:
        size = next(length for length in LENGTHS if length >= len(data))
        padded = data.ljust(size, b"\x50")
        self._can.send(can.Message(arbitration_id=identifier, is_extended_id=identifier >= 0x800, is_fd=True,
                                   bitrate_switch=True, data=padded))  # fmt: skip


@dataclass(frozen=True, slots=True)
class MoteusPlan:
    """Which controllers are played: ``sim.peers.played.BusPlan``.

    Attributes:
        joints: one per joint.
    """

    joints: tuple[MoteusJoint, ...]

    def play(self) -> MoteusWire:
        """Return the controllers at their wire; raises PlantError."""
        return MoteusWire(self.joints)
