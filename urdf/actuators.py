"""Published data of the joint actuators that our own arm is built from.

All four are planetary drives of one maker and one bus, so that one driver serves the arm; the two large ones run on
48 V, the two small ones on 24 V. Source of every number that is not marked otherwise: "RMD-X V4 Series Product Manual"
(MyActuator, 2025), table of the model: mass is its row "Weight", rotor inertia "Inertia", friction "Back Drive Torque".
The manual was read in a public transcription, diameter and length in a public survey of its drawings; Seeed Studio's
table of the same models agrees except for the back-drive torque of the X8-120 (3.21 instead of 1.5 Nm) and the ratio of
the X4-10 (12.6 instead of 12.5). Check against the maker's PDF before ordering. The manual does not say to which side
of the gear its inertia refers: "assumed" to be the rotor's, as the size of the rotor suggests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_KG_CM2 = 1e-4
_RPM = math.pi / 30.0


@dataclass(frozen=True, slots=True)
class Actuator:
    """One actuator with drive, encoders and gear in one housing.

    Attributes:
        name: model name of the maker.
        rated_torque_nm: continuous torque at the output [Nm].
        peak_torque_nm: peak torque at the output [Nm].
        gear_ratio: rotor turns per output turn.
        mass_kg: mass of the whole actuator [kg].
        diameter_m: outer diameter of the housing [m].
        length_m: length of the housing along its axis [m].
        rotor_inertia_kg_m2: inertia of the rotor about its axis, before the gear [kg m2].
        rated_speed_rad_s: output speed at the rated torque [rad/s].
        back_drive_torque_nm: torque at the output that turns the unpowered actuator [Nm].
        source: where the numbers are published.
    """

    name: str
    rated_torque_nm: float
    peak_torque_nm: float
    gear_ratio: float
    mass_kg: float
    diameter_m: float
    length_m: float
    rotor_inertia_kg_m2: float
    rated_speed_rad_s: float
    back_drive_torque_nm: float
    source: str

    @property
    def reflected_inertia_kg_m2(self) -> float:
        """Rotor inertia felt at the output: gear ratio squared times the rotor's [kg m2]."""
        return self.rotor_inertia_kg_m2 * self.gear_ratio**2


RMD_X8_120 = Actuator(
    name="MyActuator RMD-X8-P20-120-E",
    rated_torque_nm=43.0,
    peak_torque_nm=120.0,
    gear_ratio=19.612,
    mass_kg=1.40,
    diameter_m=0.096,
    length_m=0.076,
    rotor_inertia_kg_m2=1.5 * _KG_CM2,
    rated_speed_rad_s=127.0 * _RPM,
    back_drive_torque_nm=1.5,
    source="MyActuator RMD-X V4 Series Product Manual, model X8-120",
)
"""Base yaw and shoulder pitch."""

RMD_X6_60 = Actuator(
    name="MyActuator RMD-X6-P20-60-E",
    rated_torque_nm=20.0,
    peak_torque_nm=60.0,
    gear_ratio=19.612,
    mass_kg=0.82,
    diameter_m=0.080,
    length_m=0.0675,
    rotor_inertia_kg_m2=0.66 * _KG_CM2,
    rated_speed_rad_s=153.0 * _RPM,
    back_drive_torque_nm=1.6,
    source="MyActuator RMD-X V4 Series Product Manual, model X6-60",
)
"""Upper-arm roll and elbow."""

RMD_X4_36 = Actuator(
    name="MyActuator RMD-X4-P36-36-E",
    rated_torque_nm=10.5,
    peak_torque_nm=34.0,
    gear_ratio=36.0,
    mass_kg=0.36,
    diameter_m=0.055,
    length_m=0.061,
    rotor_inertia_kg_m2=0.30 * _KG_CM2,
    rated_speed_rad_s=83.0 * _RPM,
    back_drive_torque_nm=1.14,
    source="MyActuator RMD-X V4 Series Product Manual, model X4-36; length: assumed equal to the X4-36-L's 61 mm",
)
"""Wrist pitch and tilt: sideways friction of a stroke turns on these two, so they need the torque reserve."""

RMD_X4_10 = Actuator(
    name="MyActuator RMD-X4-P12-10-E",
    rated_torque_nm=4.0,
    peak_torque_nm=10.0,
    gear_ratio=12.5,
    mass_kg=0.33,
    diameter_m=0.055,
    length_m=0.0555,
    rotor_inertia_kg_m2=0.25 * _KG_CM2,
    rated_speed_rad_s=238.0 * _RPM,
    back_drive_torque_nm=0.8,
    source="MyActuator RMD-X V4 Series Product Manual, model X4-10",
)
"""Tool roll."""
