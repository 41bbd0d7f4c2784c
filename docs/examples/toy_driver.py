"""A whole driver for servos of another maker: what a package of its own needs, see docs/driver.md.

The toy servos answer datagrams: sequence, id, order, value; they tell sequence, id, mode, fault, position in turns,
speed in turns/s, torque and limit at their output in Nm, supply in V, temperature in degrees C.
"""

from __future__ import annotations

import contextlib
import math
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

from controller.types import JointFault, Vector
from hardware.driver import JointReading
from hardware.errors import LinkError, ServoError, ServosError, with_every
from hardware.rig_content import Mistake, Part, RigContent, Text, key

ASK, TELL = struct.Struct("<BBBf"), struct.Struct("<BBBB6f")
READ, TORQUE, OFF, LIMIT, WATCHDOG = range(5)
IS_OFF, IS_ON, TOO_HOT, TRIES, OWN_PORT = 0, 1, 1, 5, 47_110
CABLE = "check its id, cable and supply"


class ToyBusPart(Part):
    """The bus."""

    family: Annotated[Literal["toy"], key("family of the servos")]
    host: Annotated[Text, key("address of the servos' gateway")]
    port: Annotated[int, key("UDP port of the gateway", ge=1, le=65535)]
    latency_ms: Annotated[float, key("longest time from a question to its answer", "ms", gt=0.0, le=100.0)]
    watchdog_ms: Annotated[float, key("time without a command after which a servo stops", "ms", gt=0.0, le=2000.0)]


class ToyServoPart(Part):
    """One servo, which drives one joint."""

    joint: Annotated[Text, key("name of the joint in the arm's URDF")]
    id: Annotated[int, key("id of the servo", ge=0, le=255)]
    direction: Annotated[Literal[-1, 1], key("sense of the joint against that of the servo")]
    zero_turns: Annotated[float, key("position of the servo where the joint is at zero", "turns")]
    largest_nm: Annotated[float, key("largest torque; written to the servo and read back", "Nm", gt=0.0)]


class ToyRigFile(RigContent[ToyBusPart, ToyServoPart]):
    """The entry point: what a rig file with ``family: toy`` holds."""

    def driver(self) -> ToySettings:
        """Return what the driver is opened with."""
        bus = self.bus
        return ToySettings(bus.host, bus.port, 1e-3 * bus.latency_ms, self.servos, 1e-3 * bus.watchdog_ms)

    def mistakes(self) -> Iterator[Mistake]:
        """Yield nothing: every key shows its own mistakes."""
        return iter(())


@dataclass(frozen=True, slots=True)
class ToySettings:
    """What the driver is opened with; it goes to the owner's process."""

    host: str
    port: int
    latency_s: float
    servos: tuple[ToyServoPart, ...]
    watchdog_s: float

    def open(self) -> ToyBus:
        """Open the link; the local port is fixed, so that a second owner finds it taken."""
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            link.bind(("", OWN_PORT))
            link.connect((self.host, self.port))
        except OSError as error:
            link.close()
            raise LinkError(self.host, f"taken by another program, or not there ({error})", "end it") from error
        link.settimeout(self.latency_s)
        return ToyBus(self, link)

    def at_peer(self, place: str, answer_s: float) -> Self:
        """Return the same driver at a peer on a port of this machine."""
        return replace(self, host="127.0.0.1", port=int(place), latency_s=answer_s)


@dataclass
class ToyBus:
    """The driver."""

    settings: ToySettings
    link: Any
    lost_cycles: int = 0
    repeated_reads: int = 0
    clipped: int = 0
    _is_enabled: bool = False
    _sequence: int = field(default=0, init=False)

    def connect(self) -> None:
        """Find, check and limit every servo."""
        with_every(self.settings.servos, "connecting", self._check)

    def enable(self, tau_nm: Vector) -> None:
        """Give torque; one that does not take it leaves none with torque."""
        goals = dict(zip(self.settings.servos, self._goals(tau_nm), strict=True))
        try:
            with_every(self.settings.servos, "watching",
                       lambda servo: self._sure(servo, WATCHDOG, self.settings.watchdog_s))  # fmt: skip
            with_every(self.settings.servos, "enabling", lambda servo: self._turn(servo, TORQUE, goals[servo], IS_ON))
        except (ServoError, ServosError):
            with contextlib.suppress(ServoError, ServosError):  # the first error says what is wrong
                self.release()
            raise
        self._is_enabled = True

    def adopt(self, tau_nm: Vector) -> None:
        """Command servos of a lost master; one that has stopped by its watchdog is turned off and on."""
        goals = dict(zip(self.settings.servos, self._goals(tau_nm), strict=True))
        self._is_enabled = True
        for servo, goal in goals.items():
            if (told := self._ask(servo, TORQUE, goal)) is not None and told[2] != IS_ON:
                self._ask(servo, OFF)
                self._ask(servo, TORQUE, goal)
        for servo in self.settings.servos:
            self._ask(servo, WATCHDOG, self.settings.watchdog_s)

    def read(self) -> list[JointReading | None]:
        """Return what every servo says now."""
        found = [
            self._reading(servo, self._ask(servo, READ) or self._ask(servo, READ)) for servo in self.settings.servos
        ]
        self.lost_cycles += None in found
        return found

    def write(self, tau_nm: Vector) -> None:
        """Send torques; nothing before enable."""
        goals = self._goals(tau_nm)
        for servo, goal in zip(self.settings.servos, goals, strict=True):
            if self._is_enabled:
                self.clipped += abs(goal) >= servo.largest_nm
                self._ask(servo, TORQUE, goal)

    def release(self) -> None:
        """Take torque off everywhere."""
        self._is_enabled = False
        with_every(self.settings.servos, "releasing", lambda servo: self._turn(servo, OFF, 0.0, IS_OFF))

    def close(self) -> None:
        """Give the link back; torque stays."""
        self.link.close()

    def _goals(self, tau_nm: Vector) -> list[float]:
        if not all(map(math.isfinite, tau_nm)):
            raise ValueError(f"torques of {tau_nm} Nm; allowed: finite numbers")
        return [max(-servo.largest_nm, min(servo.largest_nm, servo.direction * tau))
                for servo, tau in zip(self.settings.servos, tau_nm, strict=True)]  # fmt: skip

    def _reading(self, servo: ToyServoPart, told: tuple[Any, ...] | None) -> JointReading | None:
        if told is None:
            return None
        _, _, mode, fault, turns, turns_s, torque_nm, _, volts, celsius = told
        flags = JointFault.OVERHEATED if fault == TOO_HOT else JointFault.OTHER if fault else JointFault.NONE
        lost = JointFault.TORQUE if self._is_enabled and mode != IS_ON else JointFault.NONE
        way = servo.direction
        return JointReading(way * math.tau * (turns - servo.zero_turns), way * math.tau * turns_s, way * torque_nm,
                            (flags | lost).value, fault, celsius, volts)  # fmt: skip

    def _check(self, servo: ToyServoPart) -> None:
        _, _, mode, fault, *_ = self._sure(servo, READ)
        if fault or mode != IS_OFF:
            todo = "remove the cause, support the arm by hand, and switch the supply off and on"
            raise ServoError(servo.joint, servo.id, f"mode {mode}, fault {fault}", "mode 0, fault 0", todo)
        self._sure(servo, LIMIT, servo.largest_nm)
        limit = self._sure(servo, READ)[7]
        if not math.isclose(limit, servo.largest_nm, rel_tol=1e-6):
            raise ServoError(servo.joint, servo.id, f"limit {limit} Nm", f"{servo.largest_nm} Nm", "replace the servo")

    def _turn(self, servo: ToyServoPart, order: int, value: float, wanted: int) -> None:
        mode = self._sure(servo, order, value)[2]
        if mode != wanted:
            raise ServoError(servo.joint, servo.id, f"mode {mode}", f"mode {wanted}", "remove the cause of its fault")

    def _sure(self, servo: ToyServoPart, order: int, value: float = 0.0) -> tuple[Any, ...]:
        for _ in range(TRIES):
            if (told := self._ask(servo, order, value)) is not None:
                return told
        raise ServoError(servo.joint, servo.id, "no answer", "an answer", CABLE)

    def _ask(self, servo: ToyServoPart, order: int, value: float = 0.0) -> tuple[Any, ...] | None:
        """Ask once; an answer with another sequence number belongs to an older question."""
        self._sequence = (self._sequence + 1) % 256
        try:
            self.link.send(ASK.pack(self._sequence, servo.id, order, value))
            while True:
                data = self.link.recv(TELL.size + 1)
                if len(data) == TELL.size and (told := TELL.unpack(data))[:2] == (self._sequence, servo.id):
                    return told
        except TimeoutError:
            return None
        except OSError as error:
            raise LinkError(self.settings.host, f"the link is gone ({error})", CABLE) from error
