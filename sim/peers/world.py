"""The simulated arm behind its emulated servos and sensor: torques in, positions, speeds and wrench records out.

Lock step: physics goes on by a period when the commands of a cycle have come, and only then, so that a machine that is
busy makes a rehearsal slow and nothing else. Until all servos give torque the arm lies on its rest, which holds it.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.types import Vector
from sim.drive_side import SimDriveSide
from sim.peers.played import PlayedJoint
from sim.peers.rdt_server import RdtServer
from sim.plant import SimPlant


class PeerWorld:
    """The arm with its servos and its sensor.

    Args:
        plant: the arm, activated where it rests.
        joints: with their servos.
        sensor: the wrist sensor.
        on_period: called after every period, with the time at which it began and whether the servos gave torque.
    """

    def __init__(
        self,
        plant: SimPlant,
        joints: tuple[PlayedJoint, ...],
        sensor: RdtServer,
        on_period: Callable[[float, bool], None],
    ) -> None:
        self._plant, self._joints, self._sensor, self._on_period = plant, joints, sensor, on_period
        self._side = SimDriveSide(plant)
        self._all = frozenset(range(len(joints)))
        self._side.set_brakes(self._all)
        self._is_on = False
        self._sequence = -1
        self._show()

    def pass_period(self) -> None:
        """Let physics go on by a period with the torques as they are."""
        plant, t_s = self._plant, self._plant.t_s
        is_on = any(joint.is_on for joint in self._joints)
        if is_on and not self._is_on:
            self._is_on = True
            self._side.set_brakes(frozenset())
        self._side.advance(self._torques())
        for joint in self._joints:
            joint.pass_time(plant.rig.dt_s)
        self._show()
        self._on_period(t_s, is_on)

    def _torques(self) -> Vector:
        """Return the joint torques that the servos give; one without torque gives none."""
        return tuple([joint.tau_nm for joint in self._joints])

    def _show(self) -> None:
        """Show encoders, torques and wrench of this instant to whoever asks."""
        state = self._plant.read()
        for joint, q, dq, tau in zip(self._joints, state.q_rad, state.dq_rad_s, state.tau_nm, strict=True):
            joint.show(q, dq, tau)
        if state.wrench_sequence != self._sequence:
            self._sequence = state.wrench_sequence
            self._sensor.measure(state.wrench_s)
