"""The simulated arm behind its emulated servos and sensor: goal currents in, encoder counts and wrench records out.

Lock step: physics goes on by a period when goal currents arrive, and only then, so that a machine that is busy makes a
rehearsal slow and nothing else. Until all servos give torque the arm lies on its rest, which holds it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from controller.types import Vector
from sim.drive_side import SimDriveSide
from sim.peers.bus import ServoBus
from sim.peers.rdt_server import RdtServer
from sim.peers.servo import KINDS, Servo
from sim.plant import SimPlant


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


class PeerWorld:
    """The arm with its servos and its sensor.

    Args:
        plant: the arm, activated where it rests.
        servos: one per joint.
        sensor: the wrist sensor.
        on_period: called after every period, with the time at which it began and whether the servos gave torque.
    """

    def __init__(
        self,
        plant: SimPlant,
        servos: tuple[PeerServo, ...],
        sensor: RdtServer,
        on_period: Callable[[float, bool], None],
    ) -> None:
        self._plant, self._servos, self._sensor, self._on_period = plant, servos, sensor, on_period
        self.bus = ServoBus([Servo(servo.servo_id, KINDS[servo.model_number]) for servo in servos])
        """What the driver talks to."""
        self._side = SimDriveSide(plant)
        self._all = frozenset(range(len(servos)))
        self._side.set_brakes(self._all)
        self._is_on = False
        self._sequence = -1
        self._show()

    def pass_period(self) -> None:
        """Let physics go on by a period with the goal currents as they are."""
        plant, t_s = self._plant, self._plant.t_s
        is_on = any(servo.is_on for servo in self.bus.servos)
        if is_on and not self._is_on:
            self._is_on = True
            self._side.set_brakes(frozenset())
        self._side.advance(self._torques())
        for servo in self.bus.servos:
            servo.pass_time(plant.rig.dt_s)
        self._show()
        self._on_period(t_s, is_on)

    def _torques(self) -> Vector:
        """Return the joint torques that the goal currents stand for; a servo without torque gives none."""
        pairs = zip(self.bus.servos, self._servos, strict=True)
        return tuple([peer.direction * peer.torque_nm_per_a * servo.goal_a for servo, peer in pairs])

    def _show(self) -> None:
        """Show encoders, currents and wrench of this instant to whoever asks."""
        state = self._plant.read()
        rows = zip(self.bus.servos, self._servos, state.q_rad, state.dq_rad_s, state.tau_nm, strict=True)
        for servo, peer, q, dq, tau in rows:
            way = peer.direction
            current_a = way * tau / peer.torque_nm_per_a if servo.is_on else 0.0
            servo.show(way * peer.gear * q + peer.zero_rad, way * peer.gear * dq, current_a)
        if state.wrench_sequence != self._sequence:
            self._sequence = state.wrench_sequence
            self._sensor.measure(state.wrench_s)
