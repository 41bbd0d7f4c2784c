"""One emulated controller: modes, registers, configuration and diagnostic stream.

Sources: mjbots/moteus, docs/protocol/registers.md, docs/reference/configuration.md, docs/protocol/diagnostic.md, and
fw/bldc_servo_control.h for what changes its mode. Torque is taken as it is commanded: current loop, friction and
cogging of a real one are not played.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from typing import ClassVar

from sim.peers.moteus import multiplex
from sim.peers.moteus.multiplex import FLOAT, Poll, Read, Said, Write

STOPPED, FAULT, PREPARING, POSITION, TIMEOUT, BRAKE = 0, 1, 3, 10, 11, 15
TORQUES, SCALES, TIMES = (0.5, 0.01, 0.001), (1 / 127, 1 / 32767, 1 / 2147483647), (0.01, 0.001, 1e-6)
TURNS, SPEEDS, VOLTS, DEGREES = (0.01, 1e-4, 1e-5), (0.1, 0.00025, 1e-5), (0.5, 0.1, 0.001), (1.0, 0.1, 0.001)
UNITS: dict[int, tuple[float, float, float]] = {
    0x001: TURNS, 0x002: SPEEDS, 0x003: TORQUES, 0x00D: VOLTS, 0x00E: DEGREES, 0x020: TURNS, 0x021: SPEEDS,
    0x022: TORQUES, 0x023: SCALES, 0x024: SCALES, 0x025: TORQUES, 0x027: TIMES, 0x02B: SCALES,
}  # fmt: skip
"""What a step of 8, 16 and 32 bits stands for; 1 where nothing is said (registers.md, Mappings)."""
COMMANDS = {0x020: 0.0, 0x021: 0.0, 0x022: 0.0, 0x023: 1.0, 0x024: 1.0, 0x025: math.nan, 0x027: 0.0, 0x02B: 1.0}
"""Registers of a command in position mode, and what they are where a command leaves them out."""
_LARGEST = (127, 32_767, 2_147_483_647)
"""Of 8, 16 and 32 bits."""
REGISTER_MAP, FIRMWARE = 5, 0x000302
UNKNOWN = 1
"""Error number of a register that is not there."""


class Controller:
    """A controller that has been switched on: stopped, without fault, its output position known.

    Args:
        servo_id: its id.
        unique_id: its 128-bit number.
        brake_nms_per_rad: damping of its shorted windings at the output; what motor and gear make of it is assumed by
            whoever builds the peer.
    """

    volts: ClassVar[float] = 24.0

    def __init__(self, servo_id: int, unique_id: uuid.UUID, brake_nms_per_rad: float) -> None:
        self.servo_id, self.unique_id = servo_id, unique_id
        self.mode, self.fault, self.home, self.register_map = STOPPED, 0, 2, REGISTER_MAP
        self.temperature_c = 31.0
        self.config = {
            "servo.max_current_A": 100.0, "servo.timeout_mode": 12.0, "servo.default_timeout_s": 0.1,
            "servo.fixed_voltage_mode": 0.0, "servo.voltage_mode_control": 0.0,
        }  # fmt: skip
        """As the maker delivers it (configuration.md)."""
        self._brake = brake_nms_per_rad
        self._turns = self._turns_s = self._torque_nm = 0.0
        self._command = dict(COMMANDS)
        self._left_s = math.nan
        self._heard, self._says = b"", b""

    @property
    def is_on(self) -> bool:
        """Whether it gives torque for a master."""
        return self.mode == POSITION

    @property
    def given_nm(self) -> float:
        """Torque at its output: what is commanded, or what shorted windings make of its speed."""
        if self.mode == TIMEOUT and self.config["servo.timeout_mode"] == BRAKE:
            return -self._brake * math.tau * self._turns_s
        if self.mode != POSITION:
            return 0.0
        command = self._command
        # Stiffness and damping need a position and a speed to hold; with scales of 0 there is feedforward alone.
        wanted = command[0x022] - command[0x024] * math.tau * self._turns_s
        limit = command[0x025]
        return wanted if math.isnan(limit) else max(-limit, min(limit, wanted))

    def show(self, turns: float, turns_s: float, torque_nm: float) -> None:
        """Show what its encoder and its current sensor see, at the output."""
        self._turns, self._turns_s, self._torque_nm = turns, turns_s, torque_nm

    def pass_time(self, span_s: float) -> None:
        """Let time pass without a command; a watchdog that trips latches the time-out."""
        if self.mode in (PREPARING, POSITION) and not math.isnan(self._left_s):
            self._left_s -= span_s
            if self._left_s <= 0.0:
                self.mode = TIMEOUT

    def fail(self, code: int) -> None:
        """Have a fault."""
        self.mode, self.fault = FAULT, code

    def hear(self, data: bytes) -> bytes:
        """Do what a frame asks for and return the answer, empty for none."""
        try:
            found = list(multiplex.parts(data))
        except multiplex.DamagedError:
            return b""
        writes = [part for part in found if isinstance(part, Write)]
        if writes:
            self._obey({part.register: self._number(part) for part in writes})
        answer = b""
        for part in found:
            match part:
                case Read():
                    answer += self._told(part)
                case Said():
                    self._listen(part.data)
                case Poll():
                    answer += multiplex.stream(self._says[: part.longest])
                    self._says = self._says[part.longest :]
                case _:
                    pass
        return answer

    def _obey(self, written: dict[int, float]) -> None:
        mode = written.get(0x000)
        if mode == STOPPED:
            self.mode, self.fault, self._command = STOPPED, 0, dict(COMMANDS)
            return
        if mode != POSITION or self.mode in (FAULT, TIMEOUT):
            return
        self._command = COMMANDS | {register: value for register, value in written.items() if register in COMMANDS}
        # 0 stands for the configured time, NaN for none.
        asked_s = self._command[0x027]
        self._left_s = self.config["servo.default_timeout_s"] if asked_s == 0.0 else asked_s
        # It measures the offset of its current sensors between being stopped and giving torque.
        self.mode = PREPARING if self.mode == STOPPED else POSITION

    def _told(self, asked: Read) -> bytes:
        answer = b""
        for register in range(asked.register, asked.register + asked.count):
            value = self._value(register)
            if value is None:
                answer += multiplex.refusal(register, UNKNOWN)
                continue
            answer += multiplex.reply(register, asked.kind, [_scaled(register, asked.kind, value)])
        return answer

    def _value(self, register: int) -> float | None:
        """Return a register in the unit of the protocol; None where there is none."""
        if register in self._command:
            return self._command[register]
        if 0x150 <= register <= 0x153:
            start = 4 * (register - 0x150)
            return int.from_bytes(self.unique_id.bytes[start : start + 4], "little", signed=True)
        plain: dict[int, Callable[[], float]] = {
            0x000: lambda: self.mode, 0x001: lambda: self._turns, 0x002: lambda: self._turns_s,
            0x003: lambda: self._torque_nm, 0x00C: lambda: self.home, 0x00D: lambda: self.volts,
            0x00E: lambda: self.temperature_c, 0x00F: lambda: self.fault, 0x101: lambda: FIRMWARE,
            0x102: lambda: self.register_map,
        }  # fmt: skip
        return plain[register]() if register in plain else None

    def _listen(self, data: bytes) -> None:
        """Take bytes of the diagnostic stream and answer every whole line."""
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            self._says += self._answered(line.decode("ascii", "replace").split()).encode() + b"\r\n"

    def _answered(self, words: list[str]) -> str:
        match words:
            case ["conf", "get", name] if name in self.config:
                return f"{self.config[name]:.6f}"
            case ["conf", "set", name, value] if name in self.config:
                self.configure(name, float(value))
                return "OK"
            case _:
                return "ERR unknown command"

    def configure(self, name: str, value: float) -> None:
        """Set a number of the configuration; tests let a controller keep its own."""
        self.config[name] = value

    @staticmethod
    def _number(part: Write) -> float:
        """Return a written value in the unit of the protocol; the smallest integer stands for no number."""
        if part.kind == FLOAT:
            return part.value
        if part.value == -(_LARGEST[part.kind] + 1):
            return math.nan
        return part.value * UNITS.get(part.register, (1.0, 1.0, 1.0))[part.kind]


def _scaled(register: int, kind: int, value: float) -> float:
    """Return a value as it stands in a frame: integers saturate, and the smallest one stands for no number."""
    if kind == FLOAT:
        return value
    most = _LARGEST[kind]
    if math.isnan(value):
        return -most - 1
    step = UNITS.get(register, (1.0, 1.0, 1.0))[kind]
    if step == 1.0 and register >= 0x100:
        return value  # bit patterns
    return float(max(-most, min(most, round(value / step))))
