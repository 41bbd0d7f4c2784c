"""What a plant differs by from its model, as values: one number, or one per joint; what is left out is exact."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from controller.arm import ArmDescription
from controller.errors import ConfigError
from controller.types import Side, Vector, Vector3

LIGHTEST_TOOL_KG = 0.02
"""What must be left behind the wrist sensor (design choice)."""
NOWHERE: Vector3 = (0.0, 0.0, 0.0)
_ELASTIC_ONLY = ("joint_damping_ratio", "motor_inertia_kg_m2", "stribeck_ratio", "friction_load_share")
"""Keys that mean something for elastic joints alone."""


@dataclass(frozen=True, slots=True)
class PlantDifferences:
    """What a plant differs by; keys of a plant file are the names of these fields.

    Every vector has one value for all joints, or one per joint from the base.

    Attributes:
        name: what the plant is called: ``exact``, ``typical``, ``poor``, or the name of its file.
        joint_stiffness_nm_per_rad: torsional stiffness between motor and link; None for rigid joints.
        joint_damping_ratio: damping beside it, as ``controller.arm.JointDrive`` has it; None for the arm's own.
        motor_inertia_kg_m2: inertia of the rotors felt at the output; None for the arm's own.
        encoder_side: side of the joint encoders; None for the arm's own.
        torque_constant_scale: true torque over the torque that the drive believes in.
        friction_scale: true Coulomb friction over the arm's.
        stribeck_ratio: friction at rest over Coulomb friction.
        stribeck_speed_rad_s: joint speed at which the excess at rest has fallen to 37 %.
        friction_load_share: friction added for every Nm that the gear transmits [Nm/Nm].
        arm_mass_scale: true mass and inertia of the links over those of the arm's file, tool and sensor excepted.
        arm_com_error_m: shift of every link's centre of mass in the axes of its joint: one for all, or one per joint.
        tool_mass_error_kg: what is behind the wrist sensor is heavier by this, evenly.
        torque_ripple_nm: amplitude of the torque ripple at the output.
        torque_ripple_per_turn: periods of the ripple in one turn of the output.
        backlash_rad: play of the gears, from one flank to the other.
        encoder_eccentricity_rad: amplitude of the position error of an encoder, once a turn.
        speed_filter_hz: corner of the filter behind differenced positions; None for true speed.
        transport_delay_ms: time from a command's being sent to its reaching the drive; None for one period.
        jitter_ms: largest deviation of that time, and of the instants at which joints are read.
        sensor_gain: reading over force or moment: one for all axes of the wrist sensor, or six.
        sensor_crosstalk: share of every axis that each other axis of its kind reads: one for all, or a matrix of six by
            six in rows, whose diagonal is zero; moments then read a force by so many Nm/N.
        sensor_drift_n_per_s: drift of the three force axes; from a single value of a file, of the axis out of the
            flange.
        sensor_rate_hz: samples that the wrist sensor gives in a second; None for one in every period.
        base_error_m: where the arm's base stands against the plan, in W.
        base_error_deg: how it is turned against the plan, about the axes of W through the base, x first.

    Raises:
        ConfigError: a key that needs elastic joints without them.
    """

    name: str = "exact"
    joint_stiffness_nm_per_rad: Vector | None = None
    joint_damping_ratio: Vector | None = None
    motor_inertia_kg_m2: Vector | None = None
    encoder_side: tuple[Side, ...] | None = None
    torque_constant_scale: Vector = (1.0,)
    friction_scale: Vector = (1.0,)
    stribeck_ratio: Vector = (1.0,)
    stribeck_speed_rad_s: Vector = (0.02,)
    friction_load_share: Vector = (0.0,)
    arm_mass_scale: Vector = (1.0,)
    arm_com_error_m: tuple[Vector3, ...] = (NOWHERE,)
    tool_mass_error_kg: float = 0.0
    torque_ripple_nm: Vector = (0.0,)
    torque_ripple_per_turn: Vector = (120.0,)
    backlash_rad: Vector = (0.0,)
    encoder_eccentricity_rad: Vector = (0.0,)
    speed_filter_hz: float | None = None
    transport_delay_ms: float | None = None
    jitter_ms: float = 0.0
    sensor_gain: Vector = (1.0,)
    sensor_crosstalk: Vector = (0.0,)
    sensor_drift_n_per_s: Vector3 = NOWHERE
    sensor_rate_hz: float | None = None
    base_error_m: Vector3 = NOWHERE
    base_error_deg: Vector3 = NOWHERE

    def __post_init__(self) -> None:
        """Refuse keys of elastic joints where joints are rigid."""
        if self.is_elastic:
            return
        for field in fields(self):
            if field.name in _ELASTIC_ONLY and getattr(self, field.name) != field.default:
                todo = "give joint_stiffness_nm_per_rad too"
                raise ConfigError(f"plant {self.name}: {field.name}", "rigid joints", "elastic joints", todo)

    @staticmethod
    def exact() -> PlantDifferences:
        """Return a plant that is its model."""
        return EXACT_PLANT

    @property
    def is_elastic(self) -> bool:
        """Whether the joints have stiffness, or play, which needs a stiffness behind it."""
        return self.joint_stiffness_nm_per_rad is not None or any(play > 0.0 for play in self.backlash_rad)

    @property
    def is_exact(self) -> bool:
        """Whether nothing differs, whatever the name."""
        return all(getattr(self, field.name) == field.default for field in fields(self) if field.name != "name")

    def check(self, arm: ArmDescription) -> None:
        """Refuse what this arm cannot have: a vector for another number of joints, no tool; raises ConfigError."""
        joints, tool_kg = len(arm.joint_names), arm.tool.mass_kg
        if not tool_kg + self.tool_mass_error_kg >= LIGHTEST_TOOL_KG:
            allowed = f"at least {LIGHTEST_TOOL_KG - tool_kg:.3f} for {arm.name}, whose tool has {tool_kg:.3f} kg"
            raise ConfigError(f"plant {self.name}: tool_mass_error_kg", f"{self.tool_mass_error_kg:g}", allowed)
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in PER_JOINT and value is not None and len(value) not in (1, joints):
                got, allowed = f"{len(value)} values", f"one value, or {joints}: one per joint"
                raise ConfigError(f"plant {self.name}: {field.name}", got, allowed)


EXACT_PLANT = PlantDifferences()
"""A plant that is its model."""
PER_JOINT = frozenset(
    {
        "joint_stiffness_nm_per_rad", "joint_damping_ratio", "motor_inertia_kg_m2", "encoder_side",
        "torque_constant_scale", "friction_scale", "stribeck_ratio", "stribeck_speed_rad_s", "friction_load_share",
        "arm_mass_scale", "arm_com_error_m", "torque_ripple_nm", "torque_ripple_per_turn", "backlash_rad",
        "encoder_eccentricity_rad",
    }
)  # fmt: skip
"""Fields with one value for all joints, or one per joint."""


def per_joint(values: Vector, joints: int) -> Vector:
    """Return one value per joint."""
    return values if len(values) == joints else values * joints


def damping_nms_per_rad(ratio: float, stiffness_nm_per_rad: float, inertia_kg_m2: float) -> float:
    """Return the damping of an elastic joint: ``ratio`` is that of the motor's oscillation against a held link."""
    return 2.0 * ratio * math.sqrt(stiffness_nm_per_rad * inertia_kg_m2)
