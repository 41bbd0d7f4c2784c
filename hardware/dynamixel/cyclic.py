"""The block that is read from every servo in every cycle, one packet for all of them, and what its bytes mean.

Indirect addresses put what is read into one block. Its order keeps the bytes FF FF FD, which begin a packet, out of it:
fast sync packets are not un-stuffed by the SDK, and what firmware does about stuffing there is not known. After every
signed number, which is FF FF where it is small and negative, stands a byte that is never FD: hardware error,
temperature, high byte of the voltage.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from controller.types import JointFault
from hardware.driver import JointReading
from hardware.dynamixel.tables import VOLTAGE_UNIT_V, ControlTable, Model, Register

_LAYOUT = struct.Struct("<hBiBiBB")
BLOCK_BYTES = _LAYOUT.size
ANSWER_BYTES = BLOCK_BYTES + 4
"""Of one servo in a fast sync packet: error, id, block, CRC (e-manual, Protocol 2.0)."""
ALERT = 0x80
"""Bit of a servo's error byte: its hardware error is set."""
_FAULTS = {0x01: JointFault.VOLTAGE, 0x04: JointFault.OVERHEATED, 0x10: JointFault.OVERCURRENT}
"""Hardware errors that have a flag of their own. Encoder is not among them: that flag says that the joint's own brake
holds it, and these joints have none."""


@dataclass(frozen=True, slots=True)
class JointScale:
    """From a servo's numbers to a joint's and back.

    Attributes:
        model: of the servo.
        direction: +1 or -1: sense of the joint against that of the servo.
        zero_count: Present Position where the joint is at zero.
        gear: turns of the servo for one turn of the joint; 1 where the joint sits on its horn.
        torque_nm_per_a: torque at the joint per ampere, that gear included.
    """

    model: Model
    direction: int
    zero_count: int
    gear: float
    torque_nm_per_a: float

    @property
    def rad_per_count(self) -> float:
        """Angle of the joint for a count of Present Position."""
        return math.tau / (self.model.counts_per_turn * self.gear)

    def angle_rad(self, position: int) -> float:
        """Return the joint's angle for a Present Position."""
        return self.direction * (position - self.zero_count) * self.rad_per_count

    def goal_current(self, tau_nm: float, limit: int) -> int:
        """Return the goal current for a torque [Nm], within the limit; raises ValueError where it is no number."""
        if not math.isfinite(tau_nm):
            raise ValueError(f"a torque of {tau_nm} Nm; allowed: finite numbers")
        raw = round(self.direction * tau_nm / (self.torque_nm_per_a * self.model.current_unit_a))
        return max(-limit, min(limit, raw))


def block_addresses(table: ControlTable) -> tuple[int, ...]:
    """Return the address of every byte of the block, in its order."""

    def spread(register: Register) -> tuple[int, ...]:
        return tuple(range(register.address, register.address + register.size))

    low_v, high_v = spread(table.input_voltage)
    return (
        *spread(table.present_current), table.hardware_error.address, *spread(table.present_velocity),
        table.temperature.address, *spread(table.present_position), high_v, low_v,
    )  # fmt: skip


def decode(block: bytes, scale: JointScale) -> JointReading:
    """Return what a block of ``BLOCK_BYTES`` says."""
    current, error, speed, temperature, position, high_v, low_v = _LAYOUT.unpack(block)
    model, way = scale.model, scale.direction
    return JointReading(
        q_rad=scale.angle_rad(position),
        dq_rad_s=way * speed * model.speed_unit_rad_s / scale.gear,
        tau_nm=way * current * model.current_unit_a * scale.torque_nm_per_a,
        fault=_fault(error),
        hardware_error=error,
        temperature_c=float(temperature),
        voltage_v=(256 * high_v + low_v) * VOLTAGE_UNIT_V,
    )


def _fault(hardware_error: int) -> int:
    """Return ``JointFault`` flags for the hardware errors of a servo."""
    if not hardware_error:
        return JointFault.NONE.value
    flags = [flag.value for bit, flag in _FAULTS.items() if hardware_error & bit]
    known = sum(_FAULTS)
    return sum(flags) | (JointFault.OTHER.value if hardware_error & ~known else 0)
