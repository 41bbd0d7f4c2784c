"""The simulated arm as a drive side: what the drive policy has to know of it, and what the drive loop owns."""

from __future__ import annotations

from controller.arm import ArmDescription
from controller.processes.drive_loop import DriveSenses
from controller.processes.drives import DriveFeedback, DriveSettings
from controller.processes.gravity import GravityCompensated, RobotGravity
from controller.rig import Rig
from controller.robot import RobotModel
from controller.safety.limits import StopGains
from controller.types import Vector
from sim.plant import SimPlant


def drive_settings(arm: ArmDescription, rig: Rig, stop: StopGains) -> DriveSettings:
    """Return what the policy has to know of a simulated arm's drives.

    Args:
        arm: the arm.
        rig: the rig it stands for.
        stop: gains of the stop laws.
    """
    return DriveSettings(arm.torque_limit_nm, rig.dt_s, rig.drive_lag_s, rig.braked_joints, stop)


class SimDriveSide:
    """A simulated arm that has been activated, as ``controller.processes.drive_loop.DriveSide``.

    An arm that adds gravity itself takes torques without it: see ``drive_side``.

    Args:
        plant: the arm.
    """

    def __init__(self, plant: SimPlant) -> None:
        self._plant = plant
        self._all = frozenset(range(plant.rig.joints))
        self._resting_nm: Vector = ()

    def read(self) -> DriveSenses:
        """Return the senses; the drives' own encoders have neither noise nor the faults of the arm's."""
        return DriveSenses(self._plant.read(), self.feedback())

    def feedback(self) -> DriveFeedback:
        """Return what the drives measure themselves."""
        q_rad, dq_rad_s = self._plant.drive_motion()
        return DriveFeedback(q_rad, dq_rad_s, self._plant.given_nm(), self._resting_nm)

    def advance(self, tau_nm: Vector) -> None:
        """Let one period pass with these torques.

        Behind closed brakes the arm is held by torque as well: the engine's brakes resist speed only and would creep
        under its weight.
        """
        is_held = bool(self._resting_nm) and not self._plant.rig.adds_gravity
        self._plant.advance(self._resting_nm if is_held else tau_nm)

    def set_brakes(self, joints: frozenset[int]) -> None:
        """Close the brakes of these joints (from 0) and open all others."""
        self._plant.set_brakes(joints)
        self._resting_nm = self._plant.holding_nm() if joints == self._all else ()


def drive_side(drives: SimDriveSide, rig: Rig, robot: RobotModel) -> SimDriveSide | GravityCompensated:
    """Return the drives as every loop commands them: with gravity in every torque.

    Args:
        drives: of the simulated arm.
        rig: what it is.
        robot: model of the arm for what it adds itself, updated here only in between other uses.
    """
    return GravityCompensated(drives, RobotGravity(robot)) if rig.adds_gravity else drives
