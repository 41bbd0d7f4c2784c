"""What the controller has to know about an arm and its tool, whatever file it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.errors import ConfigError
from controller.types import Side, Vector, Vector3, Vector4


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the arm base stands: X_WB.

    Attributes:
        position_m: p_WB.
        quaternion_xyzw: R_WB.
    """

    position_m: Vector3
    quaternion_xyzw: Vector4


@dataclass(frozen=True, slots=True)
class PadDescription:
    """One spherical pad of a tool.

    Attributes:
        name: name of the pad, unique in its tool.
        radius_m: radius of the sphere.
        position_t_m: centre of the sphere in T.
    """

    name: str
    radius_m: float
    position_t_m: Vector3


@dataclass(frozen=True, slots=True)
class ToolDescription:
    """A massage tool behind the wrist sensor.

    Attributes:
        name: name of the tool.
        pads: what touches the person, at least one; references, estimates, limits and truth keep this order.
        mass_kg: mass behind the sensor.
        com_s_m: its centre of mass in S.
    """

    name: str
    pads: tuple[PadDescription, ...]
    mass_kg: float
    com_s_m: Vector3

    def only_pad(self, user: str) -> PadDescription:
        """Return the pad of a tool with one pad at the origin of T, for code that can do no other.

        Args:
            user: that code, as the error names it: "the planner".

        Raises:
            ConfigError: another number of pads, or a pad away from the origin of T.
        """
        where, todo = f"tool {self.name!r}", "choose an arm whose tool has one pad, with the link 'tool' at its centre"
        if len(self.pads) != 1:
            raise ConfigError(where, f"{len(self.pads)} pads", f"1 pad for {user}", todo)
        pad = self.pads[0]
        if pad.position_t_m != (0.0, 0.0, 0.0):
            x, y, z = (f"{1e3 * v:.1f}" for v in pad.position_t_m)
            raise ConfigError(where, f"a pad at ({x}, {y}, {z}) mm of T", f"a pad at its origin for {user}", todo)
        return pad


@dataclass(frozen=True, slots=True)
class JointDrive:
    """Drive and gear of one joint, as the arm's maker or a measurement gives them.

    Attributes:
        stiffness_nm_per_rad: torsional stiffness between motor and link, gear and joint torque sensor together.
        damping_ratio: damping beside that stiffness, as the ratio of the motor's oscillation against a held link:
            d = 2 ratio sqrt(stiffness * motor inertia).
        motor_inertia_kg_m2: inertia of the rotor felt at the output: gear ratio squared times the rotor's.
        is_motor_in_link: the inertia of the child link in the arm's file holds the motor's already, as a ring about the
            joint axis (``urdf.geometry.with_reflected_rotor``).
        position_side: side of the joint encoder.
        torque_side: side at which the reported torque is measured; at the motor it is the motor's current.
        is_known: False where nothing is known of this drive and the values are assumed.
    """

    stiffness_nm_per_rad: float
    damping_ratio: float
    motor_inertia_kg_m2: float
    is_motor_in_link: bool
    position_side: Side
    torque_side: Side
    is_known: bool


@dataclass(frozen=True, slots=True)
class ArmDescription:
    """An arm with its tool, as one URDF file and the data that a URDF does not hold.

    Attributes:
        name: name of the arm.
        urdf_path: file with arm, wrist sensor and tool as it was given; pictures are drawn from it.
        joint_names: actuated joints from base to flange, (n,).
        sensor_frame: link S; its parent joint is fixed and carries everything behind the sensor.
        tool_frame: link T, the control point, z out of the tool: the centre of the pad's sphere where there is one pad.
        lower_rad: lower joint limits, (n,).
        upper_rad: upper joint limits, (n,).
        speed_limit_rad_s: joint speed limits, (n,).
        torque_limit_nm: joint torque limits, (n,).
        friction_nm: Coulomb friction left after compensation, (n,).
        drives: drive and gear of every joint, (n,).
        home_rad: posture to begin an inverse-kinematics search with, (n,).
        reach_m: distance from the first joint axis to T with the arm stretched.
        tool: the tool.
        urdf_text: the same robot rewritten for the models: joints that turn and links with mass only, no shapes.
        notes: what was taken otherwise than it stands in the file, one sentence each; ``check`` prints them.
        link_additions: what was measured to be added to mass [kg] and first moment (3) [kg m] of every moving link of
            the URDF, (n, 4); empty for nothing.
    """

    name: str
    urdf_path: Path
    joint_names: tuple[str, ...]
    sensor_frame: str
    tool_frame: str
    lower_rad: Vector
    upper_rad: Vector
    speed_limit_rad_s: Vector
    torque_limit_nm: Vector
    friction_nm: Vector
    drives: tuple[JointDrive, ...]
    home_rad: Vector
    reach_m: float
    tool: ToolDescription
    urdf_text: str
    notes: tuple[str, ...]
    link_additions: tuple[tuple[float, float, float, float], ...] = ()
