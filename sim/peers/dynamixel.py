"""A bus of emulated Dynamixel servos with its joints, on a pseudo terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sim.peers.bus import ServoBus
from sim.peers.line import Line
from sim.peers.packets import InstructionStream
from sim.peers.servo import KINDS, Servo


@dataclass(frozen=True, slots=True)
class PeerServo:
    """One servo and what is between it and its joint.

    Attributes:
        servo_id: its id.
        model_number: of ``KINDS``.
        direction: +1 or -1: sense of the joint against that of the servo.
        zero_count: its position where the joint is at zero.
        gear: turns of the servo for one turn of the joint.
        torque_nm_per_a: torque at the joint per ampere, as whoever built the arm states it.
    """

    servo_id: int
    model_number: int
    direction: int
    zero_count: int
    gear: float
    torque_nm_per_a: float

    @property
    def zero_rad(self) -> float:
        """Angle of the servo where the joint is at zero."""
        return math.tau * self.zero_count / KINDS[self.model_number].counts


class PlayedServo:
    """A servo at its joint: ``sim.peers.played.PlayedJoint``.

    Args:
        servo: the servo.
        peer: what is between.
    """

    def __init__(self, servo: Servo, peer: PeerServo) -> None:
        self._servo, self._peer = servo, peer

    @property
    def is_on(self) -> bool:
        """Whether it gives torque."""
        return self._servo.is_on

    @property
    def tau_nm(self) -> float:
        """Joint torque that its goal current stands for; none without torque."""
        return self._peer.direction * self._peer.torque_nm_per_a * self._servo.goal_a

    def show(self, q_rad: float, dq_rad_s: float, tau_nm: float) -> None:
        """Show where its joint is, how fast, and the joint torque that its drive gives."""
        peer, way = self._peer, self._peer.direction
        current_a = way * tau_nm / peer.torque_nm_per_a if self.is_on else 0.0
        self._servo.show(way * peer.gear * q_rad + peer.zero_rad, way * peer.gear * dq_rad_s, current_a)

    def pass_time(self, span_s: float) -> None:
        """Let time pass without a packet."""
        self._servo.pass_time(span_s)


class DynamixelWire:
    """The bus on a pseudo terminal: ``sim.peers.played.PlayedBus``.

    Args:
        servos: one per joint.
    """

    def __init__(self, servos: tuple[PeerServo, ...]) -> None:
        self._bus = ServoBus([Servo(servo.servo_id, KINDS[servo.model_number]) for servo in servos])
        self._line, self._stream = Line(), InstructionStream()
        self.joints = tuple(PlayedServo(servo, peer) for servo, peer in zip(self._bus.servos, servos, strict=True))
        """One per joint, from base to flange."""

    @property
    def place(self) -> str:
        """The device to open."""
        return self._line.path

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._line.fileno()

    def serve(self) -> Iterator[None]:
        """Answer what has come, and yield with every packet of goal currents."""
        for instruction in self._stream.feed(self._line.receive()):
            if answer := self._bus.answer(instruction):
                self._line.send(answer)
            if self._bus.is_goal(instruction):
                yield

    def close(self) -> None:
        """Pull the cable."""
        self._line.close()


@dataclass(frozen=True, slots=True)
class DynamixelPlan:
    """Which servos are played: ``sim.peers.played.BusPlan``.

    Attributes:
        servos: one per joint.
    """

    servos: tuple[PeerServo, ...]

    def play(self) -> DynamixelWire:
        """Return the servos at their wire."""
        return DynamixelWire(self.servos)
