"""A rig file that was read, and what driver and session get of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from controller.arm import ArmDescription
from controller.errors import ConfigError
from controller.rig import Caps, Identity, Rig
from controller.types import JointSenses
from hardware.driver import DriverSettings
from hardware.dynamixel.cyclic import JointScale
from hardware.dynamixel.port import PortSettings
from hardware.dynamixel.servo import ServoSettings
from hardware.dynamixel.settings import DynamixelSettings
from hardware.dynamixel.tables import MODELS
from hardware.dynamixel.transactions import Address
from hardware.netft import SensorSettings
from hardware.rig_content import RigFile

SENSES = JointSenses(has_temperatures=True, has_voltages=True, has_ages=True, has_faults=True)
"""What the cyclic block of every servo reports."""


@dataclass(frozen=True, slots=True)
class LoadedRig:
    """A rig file with where it came from.

    Attributes:
        content: what it says.
        sha256: hash of its text: the calibration that a session runs with.
        path: of the file.
    """

    content: RigFile
    sha256: str
    path: Path

    def servos(self) -> tuple[ServoSettings, ...]:
        """Return the servos for the bus, in the order of the joints."""
        return tuple(
            ServoSettings(
                Address(servo.joint, servo.id),
                JointScale(MODELS[servo.model], servo.direction, servo.zero_count, servo.gear, servo.torque_nm_per_a),
                servo.current_limit_a,
            )
            for servo in self.content.servos
        )

    def port(self) -> PortSettings:
        """Return which port the bus is on."""
        bus = self.content.bus
        return PortSettings(bus.port, bus.baud, 1e-3 * bus.latency_ms)

    def driver(self) -> DriverSettings:
        """Return what the driver of the servos is opened with."""
        return DynamixelSettings(self.port(), self.servos(), 1e-3 * self.content.bus.watchdog_ms)

    def sensor(self) -> SensorSettings:
        """Return where the wrist sensor is."""
        part = self.content.sensor
        return SensorSettings(part.host, part.port, part.counts_per_n, part.counts_per_nm, 1e-3 * part.delay_ms)

    def rig(self, arm: ArmDescription, *, is_simulated: bool) -> Rig:
        """Return the rig as a session knows it.

        Args:
            arm: the arm that the file names.
            is_simulated: time is that of a peer, which waits.

        Raises:
            ConfigError: the servos are not those of the arm's joints.
        """
        content, where = self.content, str(self.path)
        joints = tuple(servo.joint for servo in content.servos)
        if joints != arm.joint_names:
            allowed = f"the joints of {arm.name} from base to flange: {', '.join(arm.joint_names)}"
            raise ConfigError(f"{where}: servos", ", ".join(joints), allowed, "write one servo per joint, in order")
        dt_s = 1e-3 * content.period_ms
        samples = math.ceil(1.0 / (content.sensor.rate_hz * dt_s) - 1e-9)
        torque_nm = tuple(
            min(limit, servo.torque_nm_per_a * servo.current_limit_a)
            for limit, servo in zip(arm.torque_limit_nm, content.servos, strict=True)
        )
        limits = content.limits
        return Rig(
            name=content.name,
            joints=len(joints),
            dt_s=dt_s,
            loop_lag_s=1e-3 * (content.command_delay_ms + content.sensor.delay_ms) + (samples - 1) * dt_s,
            drive_lag_s=1e-3 * content.drive_lag_ms,
            sensor_period_s=samples * dt_s,
            sensor_noise_n=content.sensor.noise_n,
            adds_gravity=False,
            braked_joints=frozenset(),
            is_simulated=is_simulated,
            senses=SENSES,
            voltage_v=content.voltage_v,
            identity=Identity(content.serial, content.bus.family, self.sha256),
            caps=Caps(limits.pad_n, limits.tool_n, limits.tool_speed_m_s, torque_nm=torque_nm),
        )
