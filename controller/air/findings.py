"""What the checks in free air found, as events and records keep it."""

from __future__ import annotations

from dataclasses import dataclass

from controller.types import Vector, Vector6


@dataclass(frozen=True, slots=True)
class Found:
    """What a free-air check found; it is recorded whether it passes or not.

    Attributes:
        is_weighed: gravity turned enough in the sensor to tell tool mass and sensor zero apart; where it did not, mass
            and centre of mass are those of the file.
        mass_kg: tool mass by the wrist sensor.
        stated_mass_kg: tool mass of the file.
        com_error_m: distance of the tool's centre of mass from that of the file.
        zero_s: zero of the wrist sensor [N, Nm].
        drift_s: its drift [N/s, Nm/s].
        gravity_error_nm: torque that gravity asks for beyond the model, largest in the check, (n,).
        holding_nm: torque of the model there, (n,).
        friction_nm: sliding friction, (n,); that of the file where a joint did not slide both ways.
        is_corrected: gravity of the model was corrected by what was found.
    """

    is_weighed: bool
    mass_kg: float
    stated_mass_kg: float
    com_error_m: float
    zero_s: Vector6
    drift_s: Vector6
    gravity_error_nm: Vector
    holding_nm: Vector
    friction_nm: Vector
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class AirChecked:
    """An event: arm, tool and wrist sensor were checked in the air before the first approach.

    Attributes:
        found: what was found.
        is_passed: False where the session was stopped for it.
    """

    found: Found
    is_passed: bool


@dataclass(frozen=True, slots=True)
class Tared:
    """An event: a transfer has taken the wrist sensor's zero anew.

    Attributes:
        zero_s: zero from now on [N, Nm].
        drift_s: drift that is followed from now on [N/s, Nm/s].
        residual_nm: largest torque that a joint showed beside its model in the air.
    """

    zero_s: Vector6
    drift_s: Vector6
    residual_nm: float


AirEvent = AirChecked | Tared
