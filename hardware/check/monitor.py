"""A look at every servo and at the wrist sensor, a few times a second; nothing is written, nothing gets torque."""

from __future__ import annotations

import time
from dataclasses import dataclass

from controller.types import Vector6
from hardware.check.rig_check import RigPlace
from hardware.dynamixel.port import OwnedPort
from hardware.dynamixel.servo import ServoSettings
from hardware.dynamixel.tables import VOLTAGE_UNIT_V, Register, error_words, model_name
from hardware.dynamixel.transactions import Transactions
from hardware.errors import LinkError, ServoError
from hardware.netft import NetFtSensor


@dataclass(frozen=True, slots=True)
class JointLook:
    """One joint; numbers are those of its last answer, None where there has been none.

    Attributes:
        joint: its name.
        servo_id: id of its servo.
        q_rad: position by the zero of the rig file.
        dq_rad_s: speed.
        current_a: current of the servo, in the sense of the joint.
        voltage_v: supply.
        temperature_c: temperature.
        has_torque: it gives torque, which a monitor never switches on.
        age_s: time since its last answer.
        trouble: why it does not answer, or its hardware errors; empty for none.
    """

    joint: str
    servo_id: int
    q_rad: float | None = None
    dq_rad_s: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    temperature_c: float | None = None
    has_torque: bool | None = None
    age_s: float | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class RigLook:
    """One look at a rig.

    Attributes:
        t_s: time since the monitor began.
        joints: in the order of the rig file.
        wrench_s: newest wrench in S [N, Nm]; None without a sensor, NaN where it reports an error.
        wrench_age_s: since a new one came.
    """

    t_s: float
    joints: tuple[JointLook, ...]
    wrench_s: Vector6 | None
    wrench_age_s: float | None


class RigMonitor:
    """Bus and sensor, read only.

    Args:
        servos: as the rig file has them.
        place: where bus and sensor are.

    Raises:
        LinkError: the bus cannot be opened. A sensor that does not answer is left out.
    """

    def __init__(self, servos: tuple[ServoSettings, ...], place: RigPlace) -> None:
        self._port = OwnedPort(place.port)
        self._ask, self._servos = Transactions(self._port), servos
        self._known: set[int] = set()
        self._last: dict[int, tuple[float, JointLook]] = {}
        self._sensor: NetFtSensor | None = None
        self.sensor_trouble = ""
        """Why there is no wrench."""
        try:
            self._sensor = NetFtSensor(place.sensor)
        except LinkError as error:
            self.sensor_trouble = str(error)
        self._began_s = time.monotonic()

    def look(self) -> RigLook:
        """Read everything once; raises LinkError where the bus is gone."""
        joints = tuple([self._joint(servo) for servo in self._servos])
        now_s = self._now_s()
        if self._sensor is None:
            return RigLook(now_s, joints, None, None)
        sample = self._sensor.poll(now_s)
        return RigLook(now_s, joints, sample.wrench_s, now_s - sample.arrived_s)

    def close(self) -> None:
        """Give bus and sensor back; never raises."""
        self._port.close()
        if self._sensor is not None:
            self._sensor.close()

    def _now_s(self) -> float:
        return time.monotonic() - self._began_s

    def _joint(self, servo: ServoSettings) -> JointLook:
        joint, servo_id = servo.address.joint, servo.address.servo_id
        try:
            if servo_id not in self._known:
                number = self._ask.model_number(servo.address)
                if number != servo.scale.model.number:
                    trouble = f"{model_name(number)} instead of {servo.scale.model.name}"
                    return JointLook(joint, servo_id, trouble=trouble)
                self._known.add(servo_id)
            found = self._read(servo)
        except ServoError as error:
            at_s, last = self._last.get(servo_id, (None, JointLook(joint, servo_id)))
            age_s = None if at_s is None else self._now_s() - at_s
            return JointLook(joint, servo_id, last.q_rad, last.dq_rad_s, last.current_a, last.voltage_v,
                             last.temperature_c, last.has_torque, age_s, error.got)  # fmt: skip
        self._last[servo_id] = (self._now_s(), found)
        return found

    def _read(self, servo: ServoSettings) -> JointLook:
        """Read one servo; raises ServoError."""
        scale = servo.scale
        table, model, way = scale.model.table, scale.model, scale.direction
        begin, last = table.present_current.address, table.temperature
        span = Register("present values", begin, last.address + last.size - begin)
        data = self._ask.read(servo.address, span).to_bytes(span.size, "little")

        def value(register: Register, *, signed: bool = False) -> int:
            start = register.address - begin
            return int.from_bytes(data[start : start + register.size], "little", signed=signed)

        return JointLook(
            joint=servo.address.joint,
            servo_id=servo.address.servo_id,
            q_rad=scale.angle_rad(value(table.present_position, signed=True)),
            dq_rad_s=way * value(table.present_velocity, signed=True) * model.speed_unit_rad_s / scale.gear,
            current_a=way * value(table.present_current, signed=True) * model.current_unit_a,
            voltage_v=value(table.input_voltage) * VOLTAGE_UNIT_V,
            temperature_c=float(value(table.temperature)),
            has_torque=self._ask.read(servo.address, table.torque_enable) != 0,
            age_s=0.0,
            trouble=error_words(self._ask.read(servo.address, table.hardware_error)),
        )
