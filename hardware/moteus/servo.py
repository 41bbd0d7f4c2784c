"""One moteus controller of a rig: what it must be before anything is enabled, and what is set in it.

Connecting asks. What it sets (largest current, mode of the time-out) is set in the controller's memory, is read back,
and is forgotten at power-off: `conf write` is never sent.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import Any

from controller.types import Vector
from hardware.driver import JointReading
from hardware.errors import ServoError
from hardware.moteus import frames
from hardware.moteus.asking import Address, Asking
from hardware.moteus.frames import Questions
from hardware.moteus.tables import (
    BRAKE,
    HOMED_AT_OUTPUT,
    MODE_WORDS,
    NEEDED_CONFIG,
    REGISTER_MAP_VERSION,
    STOPPED,
    error_code,
    error_words,
    fault_flags,
)

MAX_CURRENT, TIMEOUT_MODE = "servo.max_current_A", "servo.timeout_mode"
CLOSE = 1e-4
"""Relative difference up to which a number that is read back as text is the one that was written (assumed: text has six
digits)."""
NEEDED = (
    frames.MODE,
    frames.POSITION,
    frames.VELOCITY,
    frames.TORQUE,
    frames.VOLTAGE,
    frames.TEMPERATURE,
    frames.FAULT,
)
"""Registers of a cyclic answer."""


@dataclass(frozen=True, slots=True)
class MoteusServo:
    """One controller as the rig file has it.

    Attributes:
        address: joint and id.
        unique_id: the controller's own 128-bit number, which tells it from a swapped one.
        direction: +1 or -1: sense of the joint against that of the controller's output.
        zero_rev: what the controller gives as its position where the joint is at zero, in turns.
        gear: turns of the controller's output for one turn of the joint; 1 where the joint sits on it.
        torque_scale: torque at the joint for a newton metre that the controller states, that gear included.
        torque_limit_nm: largest torque at the joint; goes with every command.
        current_limit_a: largest phase current; written to the controller and read back.
    """

    address: Address
    unique_id: uuid.UUID
    direction: int
    zero_rev: float
    gear: float
    torque_scale: float
    torque_limit_nm: float
    current_limit_a: float

    @property
    def output_limit_nm(self) -> float:
        """Largest torque at the controller's output."""
        return self.torque_limit_nm / self.torque_scale

    def output_torque(self, tau_nm: float) -> float:
        """Return the torque at the output for one at the joint [Nm], within the limit; raises ValueError for none."""
        if not math.isfinite(tau_nm):
            raise ValueError(f"a torque of {tau_nm} Nm; allowed: finite numbers")
        limit = self.output_limit_nm
        return max(-limit, min(limit, self.direction * tau_nm / self.torque_scale))

    def reading(self, values: dict[int, Any], *, is_enabled: bool) -> JointReading | None:
        """Return what a cyclic answer says of the joint; None where it is not whole."""
        if not all(register in values for register in NEEDED):
            return None
        position, velocity, torque = (float(values[place]) for place in NEEDED[1:4])
        error = error_code(int(values[frames.MODE]), int(values[frames.FAULT]), is_enabled=is_enabled)
        way = self.direction
        return JointReading(
            q_rad=way * math.tau * (position - self.zero_rev) / self.gear,
            dq_rad_s=way * math.tau * velocity / self.gear,
            tau_nm=way * torque * self.torque_scale,
            fault=fault_flags(error),
            hardware_error=error,
            temperature_c=float(values[frames.TEMPERATURE]),
            voltage_v=float(values[frames.VOLTAGE]),
        )


@dataclass(frozen=True, slots=True)
class AskedServo:
    """A controller with the frames for it.

    Attributes:
        settings: as the rig file has it.
        questions: to it.
    """

    settings: MoteusServo
    questions: Questions

    def error(self, got: str, allowed: str, todo: str) -> ServoError:
        """Return an error of this controller."""
        address = self.settings.address
        return ServoError(address.joint, address.servo_id, got, allowed, todo)


def refuse_unready(asking: Asking, servo: AskedServo) -> None:
    """Refuse a controller that is not the one of the rig file, or not ready; only asks. Raises ServoError."""
    address, questions = servo.settings.address, servo.questions
    state = asking.sure(address, "asking for its state", questions.cyclic).values
    found = _unique_id(asking.numbers(address, questions, frames.UUID, 4))
    if found != servo.settings.unique_id:
        todo = "correct id or unique_id in the rig file, or exchange the controller"
        raise servo.error(f"controller {found}", str(servo.settings.unique_id), todo)
    version = asking.number(address, questions, frames.REGISTER_MAP)
    if version != REGISTER_MAP_VERSION:
        todo = "update its firmware with `moteus_tool --flash`"
        raise servo.error(f"register map {version}", f"register map {REGISTER_MAP_VERSION}", todo)
    if not all(register in state for register in NEEDED):
        raise servo.error(
            "an answer without all cyclic registers", "", "update its firmware with `moteus_tool --flash`"
        )
    mode = int(state[frames.MODE])
    if error := error_code(mode, int(state[frames.FAULT]), is_enabled=False):
        raise servo.error(error_words(error), "no fault", "remove its cause, then clear it with `moteus_tool --stop`")
    if mode != STOPPED:
        todo = "support the arm by hand and switch the supply off and on"
        raise servo.error(f"mode {mode}, {MODE_WORDS.get(mode, 'unknown')}", "stopped, without torque, at rest", todo)
    home = asking.number(address, questions, frames.HOME)
    if home != HOMED_AT_OUTPUT:
        todo = "configure an output encoder, or set the output's position once where it is known (`d nearest`)"
        raise servo.error(f"home state {home}", f"{HOMED_AT_OUTPUT}, a position that is known at the output", todo)


def set_up(asking: Asking, servo: AskedServo) -> None:
    """Refuse what spoils torque control; set largest current and time-out, and read them back. Raises ServoError."""
    for name, allowed in NEEDED_CONFIG.items():
        if (found := _get(asking, servo, name)) != allowed:
            raise servo.error(
                f"{name} of {found:g}", f"{allowed:g}", "set it with `moteus_tool --console`, `conf write`"
            )
    for name, wanted in ((MAX_CURRENT, servo.settings.current_limit_a), (TIMEOUT_MODE, float(BRAKE))):
        if _is_close(_get(asking, servo, name), wanted):
            continue
        said = asking.line(servo.settings.address, servo.questions, f"conf set {name} {wanted:.7g}")
        found = _get(asking, servo, name)
        if not _is_close(found, wanted):
            todo = "look for what else sets it, update its firmware, or replace the controller"
            raise servo.error(f"{name} {found:g} after writing {wanted:g} ({said})", f"{wanted:g}", todo)


def output_torques(servos: tuple[MoteusServo, ...], tau_nm: Vector) -> list[float]:
    """Return torques at the outputs for those at the joints [Nm]; raises ValueError where one is no number."""
    return [servo.output_torque(tau) for servo, tau in zip(servos, tau_nm, strict=True)]


def _unique_id(words: tuple[int, ...]) -> uuid.UUID:
    """Return the unique id that four registers hold, each with its low byte first."""
    return uuid.UUID(bytes=b"".join((word & 0xFFFF_FFFF).to_bytes(4, "little") for word in words))


def _get(asking: Asking, servo: AskedServo, name: str) -> float:
    """Return a number of the configuration; raises ServoError."""
    text = asking.line(servo.settings.address, servo.questions, f"conf get {name}")
    try:
        return float(text)
    except ValueError as error:
        todo = "update its firmware with `moteus_tool --flash`"
        raise servo.error(f"{text!r} for {name}", "a number", todo) from error


def _is_close(found: float, wanted: float) -> bool:
    return math.isclose(found, wanted, rel_tol=CLOSE)
