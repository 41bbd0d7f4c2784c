"""What the controller has to know about an arm and its tool, whatever file it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.types import Vector, Vector3, Vector4


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
class ToolDescription:
    """A massage tool behind the wrist sensor.

    Attributes:
        name: name of the tool.
        pad_radius_m: radius of the spherical pad.
        mass_kg: mass behind the sensor.
        com_s_m: its centre of mass in S.
    """

    name: str
    pad_radius_m: float
    mass_kg: float
    com_s_m: Vector3


@dataclass(frozen=True, slots=True)
class ArmDescription:
    """An arm with its tool, as one URDF file and the data that a URDF does not hold.

    Attributes:
        name: name of the arm.
        urdf_path: URDF with arm, wrist sensor and tool; one chain of revolute joints.
        joint_names: actuated joints from base to flange, (n,).
        sensor_frame: link S; its parent joint is fixed and carries everything behind the sensor.
        tool_frame: link T, the control point: the centre of the pad's sphere, z out of the tool.
        lower_rad: lower joint limits, (n,).
        upper_rad: upper joint limits, (n,).
        speed_limit_rad_s: joint speed limits, (n,).
        torque_limit_nm: joint torque limits, (n,).
        friction_nm: Coulomb friction left after compensation, (n,).
        home_rad: posture to begin an inverse-kinematics search with, (n,).
        reach_m: distance from the first joint axis to T with the arm stretched.
        tool: the tool.
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
    home_rad: Vector
    reach_m: float
    tool: ToolDescription
