"""A servo bus with its wrist sensor as the drive side of the drive loop (``controller.processes.drive_loop``)."""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import PlantError
from controller.processes.drive_loop import DriveSenses
from controller.processes.drives import DriveFeedback
from controller.processes.gravity import GravityModel
from controller.types import ArmState, Authority, Vector
from hardware.driver import JointReading, ServoDriver, whole
from hardware.errors import LinkError
from hardware.netft import NetFtSensor
from hardware.owner.bus_word import BusWord, Power
from hardware.owner.clock import Clock

FIRST_READS = 20
"""Cyclic reads until the first whole one (assumed: more than noise can spoil)."""
STILL_RAD_S = 0.05
"""Joint speed of an arm that lies still: twice the unit in which an X servo reports its speed."""
AT_REST_RAD = 0.05
"""How far from its rest a joint may be where torque is switched off: it settles on the rest's support (assumed)."""


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What a drive side goes on from whose servos have torque already, by another master that is gone.

    Attributes:
        readings: newest ones that are known, (n,).
        age_s: of each, (n,).
    """

    readings: tuple[JointReading, ...]
    age_s: Vector


@dataclass(frozen=True, slots=True)
class SideParts:
    """What a drive side is made of.

    Attributes:
        bus: connected, or adopted.
        sensor: the wrist sensor.
        gravity: by a model of the arm that only this drive side uses.
        clock: what time it is.
        word: where it says what it does with the bus.
    """

    bus: ServoDriver
    sensor: NetFtSensor
    gravity: GravityModel
    clock: Clock
    word: BusWord


@dataclass(frozen=True, slots=True)
class CycleCounts:
    """What the bus has cost so far.

    Attributes:
        lost: cycles without a whole answer.
        repeated: cyclic reads that were asked for again.
        clipped: goal currents cut at a limit.
        sensor_missed: records of the wrist sensor that never came.
    """

    lost: int
    repeated: int
    clipped: int
    sensor_missed: int


class ServoDriveSide:
    """Servos without brakes, commanded in torque with gravity in every torque.

    Where nobody commands, the drive policy holds the arm by ``DriveFeedback.holding_nm``: gravity by the owner's own
    model at the posture of this very cycle, so that the arm floats wherever it is led.

    Args:
        parts: bus, sensor, model and clock.
        rest_rad: where the arm lies without torque, (n,).
        inherited: None where the servos have no torque yet.
    """

    def __init__(self, parts: SideParts, rest_rad: Vector, inherited: Inheritance | None = None) -> None:
        self._bus, self._sensor, self._gravity, self._clock = parts.bus, parts.sensor, parts.gravity, parts.clock
        self._word, self._rest_rad = parts.word, rest_rad
        self._is_on = inherited is not None
        if inherited is None:
            readings = self._first_readings()
            inherited = Inheritance(readings, (0.0,) * len(readings))
        self._readings, now_s = list(inherited.readings), self._clock.now_s()
        self._read_s = [now_s - age_s for age_s in inherited.age_s]

    @property
    def counts(self) -> CycleCounts:
        """What the bus has cost so far."""
        bus = self._bus
        return CycleCounts(bus.lost_cycles, bus.repeated_reads, bus.clipped, self._sensor.missed)

    @property
    def may_release(self) -> bool:
        """Whether there is no torque, or the arm lies still on its rest by the last cycle, so that it may go."""
        return not self._is_on or all(
            abs(reading.q_rad - rest) <= AT_REST_RAD and abs(reading.dq_rad_s) <= STILL_RAD_S
            for reading, rest in zip(self._readings, self._rest_rad, strict=True)
        )

    def read(self) -> DriveSenses:
        """Read bus and sensor; joints that did not answer keep their last values, whose age grows."""
        found = self._bus.read()
        now_s = self._clock.now_s()
        readings = self._readings
        for joint, reading in enumerate(found or ()):
            if reading is not None:
                readings[joint], self._read_s[joint] = reading, now_s
        sample = self._sensor.poll(now_s)
        q_rad = tuple([reading.q_rad for reading in readings])
        dq_rad_s = tuple([reading.dq_rad_s for reading in readings])
        tau_nm = tuple([reading.tau_nm for reading in readings])
        state = ArmState(
            t_s=now_s,
            q_rad=q_rad,
            dq_rad_s=dq_rad_s,
            tau_nm=tau_nm,
            wrench_s=sample.wrench_s,
            sensor_age_s=now_s - sample.arrived_s + self._sensor.delay_s,
            wrench_sequence=sample.number,
            authority=Authority.NOBODY,
            supervisor_age_s=0.0,
            command_age_s=0.0,
            temperatures_c=tuple([reading.temperature_c for reading in readings]),
            voltages_v=tuple([reading.voltage_v for reading in readings]),
            joint_age_s=tuple([now_s - read_s for read_s in self._read_s]),
            joint_fault=tuple([reading.fault for reading in readings]),
        )
        return DriveSenses(state, DriveFeedback(q_rad, dq_rad_s, tau_nm, self._gravity(q_rad)))

    def enable(self) -> None:
        """Give torque: what holds the arm where it is, from the first instant on.

        Raises:
            PlantError: a servo does not take it; none has torque then.
        """
        self._word.say(Power.CHANGING)
        self._bus.enable(self._gravity(tuple([reading.q_rad for reading in self._readings])))
        self._is_on = True
        self._word.say(Power.ON)

    def advance(self, tau_nm: Vector) -> None:
        """Send joint torques [Nm], (n,), gravity included; servos without torque only take note of them."""
        self._bus.write(tau_nm)
        self._word.beat()
        self._clock.advance()

    def set_brakes(self, joints: frozenset[int]) -> None:
        """Refuse to close a brake: these servos have none.

        Raises:
            PlantError: a brake is to be closed.
        """
        if joints:
            raise PlantError(f"brakes of joints {sorted(joints)} are to close", "this rig has none; correct its rig")

    def release(self) -> bool:
        """Take torque off where the arm lies still on its rest; return whether there is none any more."""
        if self._is_on and self.may_release:
            self._word.say(Power.CHANGING)
            self._bus.release()
            self._is_on = False
            self._word.say(Power.OFF)
        return not self._is_on

    def close(self) -> None:
        """Give bus and sensor back; torque stays as it is. Never raises."""
        self._bus.close()
        self._sensor.close()

    def _first_readings(self) -> tuple[JointReading, ...]:
        for _ in range(FIRST_READS):
            if readings := whole(self._bus.read()):
                return readings
        todo = "check cable and terminators, lower the baud"
        raise LinkError("servo bus", f"no whole cycle in {FIRST_READS}, though every servo answers alone", todo)
