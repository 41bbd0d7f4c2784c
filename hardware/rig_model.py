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
from hardware.dynamixel.port import PortSettings
from hardware.dynamixel.servo import ServoSettings
from hardware.netft import SensorSettings
from hardware.rig_content import AnyRig, RigFile

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

    content: AnyRig
    sha256: str
    path: Path

    def dynamixel(self) -> RigFile:
        """Return the content of a rig on Dynamixel servos, for commands that know no other family.

        Raises:
            ConfigError: it is a rig of another family.
        """
        if isinstance(self.content, RigFile):
            return self.content
        got = f"family {self.content.bus.family}"
        raise ConfigError(f"{self.path}: bus", got, "dynamixel here", "`massage-arm drive` takes rigs of every family")

    def servos(self) -> tuple[ServoSettings, ...]:
        """Return the servos for the bus, in the order of the joints; raises ConfigError for another family."""
        return self.dynamixel().driver().servos

    def port(self) -> PortSettings:
        """Return which port the bus is on; raises ConfigError for another family."""
        return self.dynamixel().driver().port

    def driver(self) -> DriverSettings:
        """Return what the driver of the servos is opened with."""
        return self.content.driver()

    def refuse_slow_bus(self) -> None:
        """Refuse a bus on which a cycle cannot fit into a period; peers play no wire time.

        Raises:
            ConfigError: it is too slow.
        """
        wire_ms, period_ms = 1e3 * self.content.wire_s, self.content.period_ms
        if wire_ms > period_ms:
            got = f"{period_ms:g} ms, while the frames of a cycle take {wire_ms:.2f} ms on the wire"
            todo = "this bus bears rehearsals only, see docs/hardware.md"
            raise ConfigError(f"{self.path}: period_ms", got, f"at least {wire_ms:.2f} ms", todo)

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
            min(limit, servo.largest_nm) for limit, servo in zip(arm.torque_limit_nm, content.servos, strict=True)
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
