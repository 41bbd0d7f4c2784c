"""What the owner of a bus asks of a servo driver, whatever the family: docs/driver.md says it claim by claim.

The suite in ``tests/conformance`` holds every driver to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from controller.types import Vector


@dataclass(frozen=True, slots=True)
class JointReading:
    """What one servo says of itself in one cycle, at the joint.

    Attributes:
        q_rad: joint position.
        dq_rad_s: joint speed.
        tau_nm: joint torque, as the servo measures or estimates it.
        fault: ``JointFault`` flags, 0 for none.
        hardware_error: the servo's own code of its error, 0 for none.
        temperature_c: temperature.
        voltage_v: supply.
    """

    q_rad: float
    dq_rad_s: float
    tau_nm: float
    fault: int
    hardware_error: int
    temperature_c: float
    voltage_v: float


def whole(found: Sequence[JointReading | None] | None) -> tuple[JointReading, ...]:
    """Return what a cycle has read where every servo has answered; else nothing."""
    readings = tuple([reading for reading in found or () if reading is not None])
    return readings if found is not None and len(readings) == len(found) else ()


class ServoDriver(Protocol):
    """The servos of an arm in torque control, in the order of its joints; gravity is in every torque it is given.

    Errors are ``ServoError``, ``ServosError`` and ``LinkError`` of ``hardware.errors``: they name joint or link, what
    was got, what is allowed and the cure.
    """

    @property
    def lost_cycles(self) -> int:
        """Cyclic reads that stayed without a whole answer."""
        ...

    @property
    def repeated_reads(self) -> int:
        """Cyclic reads that had to be asked for again."""
        ...

    @property
    def clipped(self) -> int:
        """Torques that were cut at the limit of their servo."""
        ...

    def connect(self) -> None:
        """Find every servo, check that it is the one of the rig file, set its limits and read them back.

        Gives no torque. All servos are tried, and all that fail are named.

        Raises:
            ServoError, ServosError: one or more are missing, another one, give torque already, have an error, or do not
                take a limit.
        """
        ...

    def enable(self, tau_nm: Vector) -> None:
        """Give torque: these joint torques [Nm], (n,), from the first instant on, with the servos' watchdog set.

        Raises:
            ServoError, ServosError: one or more did not take it; torque is off again at all that answer.
        """
        ...

    def adopt(self, tau_nm: Vector) -> None:
        """Command joint torques [Nm], (n,), each cut at the limit, to servos whose master gave them torque and is gone.

        The first call of a driver, in the place of ``connect`` and ``enable``. It commands before it reads, and waits
        for a silent servo no longer than a cycle does. Afterwards the watchdog is set; servos whose watchdog has
        tripped get their torque back, where that takes more than one command within some cycles.

        Raises:
            ValueError: a torque is no finite number, or there are too few or too many; nothing was sent.
        """
        ...

    def read(self) -> Sequence[JointReading | None] | None:
        """Return what every servo says now, (n,); None in the place of a joint that did not answer, or for all."""
        ...

    def write(self, tau_nm: Vector) -> None:
        """Send joint torques [Nm], (n,), each cut at the limit of its servo; servos without torque stay without.

        Raises:
            ValueError: a torque is no finite number, or there are too few or too many; nothing was sent.
        """
        ...

    def release(self) -> None:
        """Take torque off everywhere.

        Raises:
            ServoError, ServosError: one or more did not answer; all were tried.
        """
        ...

    def close(self) -> None:
        """Give the link back; torque stays as it is, and the servos' watchdogs decide from then on. Never raises."""
        ...


class DriverSettings(Protocol):
    """What a driver is opened with; it goes to the processes of owner and heir, so that it can be pickled."""

    @property
    def watchdog_s(self) -> float:
        """Time without a command after which a servo stops by itself [s]; 0 for never."""
        ...

    def open(self) -> ServoDriver:
        """Open the link, for one owner only; nothing is sent.

        The heir opens it when the owner is gone, and again for a while where it is not free yet.

        Raises:
            LinkError: no such link, no permission, or another owner has it.
        """
        ...

    def at_peer(self, place: str, answer_s: float) -> Self:
        """Return the same driver at a peer that plays the servos, for rehearsals.

        Args:
            place: link of the peer, as the family writes it.
            answer_s: how long its answers may take [s]: nothing is lost by waiting for a peer.
        """
        ...
