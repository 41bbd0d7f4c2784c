"""Ranges that plants are drawn from; ``docs/plants.md`` shows them as a table with their sources."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ranges:
    """What a drawn plant may differ by. A single number is the largest difference to either side.

    Attributes:
        mass_share: mass and inertia of a link.
        com_m: centre of mass of a link, each axis.
        tool_kg: mass behind the wrist sensor.
        torque_constant_share: torque constant of a motor.
        motor_inertia_share: inertia of a rotor.
        friction: factors of Coulomb friction, drawn evenly in their logarithm.
        stribeck: friction at rest over Coulomb friction.
        stribeck_speed_rad_s: speed at which the excess at rest is gone.
        friction_load: friction for every Nm transmitted [Nm/Nm].
        stiffness_nm_per_rad: of the joints before the wrist.
        wrist_stiffness_nm_per_rad: of the last three joints.
        damping_ratio: damping beside it.
        backlash_rad: play of a gear.
        ripple_share: amplitude of the torque ripple over the rated torque.
        ripple_per_turn: its periods in a turn of the output.
        eccentricity_rad: amplitude of an encoder's error.
        speed_filter_hz: corner of the filter behind differenced positions.
        delay_ms: time from a command's being sent to its reaching the drive.
        jitter_ms: of that time and of the clock.
        gain_share: gain of an axis of the wrist sensor.
        crosstalk: share of one axis in another.
        drift_n_per_s: of a force axis.
        rates_hz: samples a second of the wrist sensor, one of these.
        base_m: place of the base, each axis.
        base_deg: its tilt about each axis.
    """

    mass_share: float
    com_m: float
    tool_kg: float
    torque_constant_share: float
    motor_inertia_share: float
    friction: Range
    stribeck: Range
    stribeck_speed_rad_s: Range
    friction_load: Range
    stiffness_nm_per_rad: Range
    wrist_stiffness_nm_per_rad: Range
    damping_ratio: Range
    backlash_rad: Range
    ripple_share: Range
    ripple_per_turn: Range
    eccentricity_rad: Range
    speed_filter_hz: Range
    delay_ms: Range
    jitter_ms: float
    gain_share: float
    crosstalk: float
    drift_n_per_s: float
    rates_hz: tuple[float, ...]
    base_m: float
    base_deg: float


TYPICAL = Ranges(
    mass_share=0.05,
    com_m=0.005,
    tool_kg=0.05,
    torque_constant_share=0.05,
    motor_inertia_share=0.10,
    friction=(0.7, 1.5),
    stribeck=(1.0, 1.5),
    stribeck_speed_rad_s=(0.01, 0.05),
    friction_load=(0.0, 0.005),
    stiffness_nm_per_rad=(10e3, 20e3),
    wrist_stiffness_nm_per_rad=(6e3, 12e3),
    damping_ratio=(0.03, 0.08),
    backlash_rad=(0.0, 0.5e-3),
    ripple_share=(0.0, 0.01),
    ripple_per_turn=(60.0, 300.0),
    eccentricity_rad=(0.0, 0.2e-3),
    speed_filter_hz=(100.0, 250.0),
    delay_ms=(1.0, 2.0),
    jitter_ms=0.2,
    gain_share=0.01,
    crosstalk=0.01,
    drift_n_per_s=0.01,
    rates_hz=(500.0, 800.0, 1000.0),
    base_m=0.003,
    base_deg=0.5,
)
"""A geared arm in good order, calibrated once."""
POOR = Ranges(
    mass_share=0.15,
    com_m=0.015,
    tool_kg=0.3,
    torque_constant_share=0.15,
    motor_inertia_share=0.20,
    friction=(0.5, 4.0),
    stribeck=(1.0, 2.0),
    stribeck_speed_rad_s=(0.005, 0.1),
    friction_load=(0.0, 0.02),
    stiffness_nm_per_rad=(5e3, 10e3),
    wrist_stiffness_nm_per_rad=(3e3, 6e3),
    damping_ratio=(0.02, 0.05),
    backlash_rad=(0.0, 4.4e-3),
    ripple_share=(0.0, 0.03),
    ripple_per_turn=(60.0, 300.0),
    eccentricity_rad=(0.0, 1e-3),
    speed_filter_hz=(50.0, 150.0),
    delay_ms=(2.0, 4.0),
    jitter_ms=0.75,
    gain_share=0.05,
    crosstalk=0.03,
    drift_n_per_s=0.05,
    rates_hz=(100.0, 250.0, 333.0, 500.0),
    base_m=0.010,
    base_deg=2.0,
)
"""A worn or badly calibrated one."""
