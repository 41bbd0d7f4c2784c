"""servo7: a seven-axis arm of our own design, described by its parts; mass properties follow from them.

Axes from the base: yaw (1), pitch (2) and roll (3) at the shoulder, elbow (4), pitch (5), tilt (6) and roll (7) at the
wrist. Shoulder axes 1 to 3 meet in one point, wrist axes 5 to 7 in another (W), and the tool's axis is axis 7. So a
force pressed along the tool passes through every wrist axis: wrist torque, friction and backlash have no part in it,
and the wrist can be light. Axis 5 is parallel to the elbow and not a roll of the forearm: with the tool square to a
back the wrist is then far from its singular posture (axis 6 at 90 deg), where a roll-pitch-roll wrist is close to it.
The forearm runs beside the upper arm and can fold onto it; the actuator of axis 5 sits behind the elbow as a
counterweight and drives the wrist through a 1:1 belt. Both keep the mass felt at the tool low.

At zero the arm stands straight up and every joint frame is parallel to the base frame: z along the arm, pitch axes y.
Rotor inertia, gear ratio squared, is lumped about the joint axis on the child link (``geometry.with_reflected_rotor``).
Torque limits are the actuators' rated (continuous) torques.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.arm import JointDrive
from controller.types import Side, Vector3
from urdf.actuators import RMD_X4_10, RMD_X4_36, RMD_X6_60, RMD_X8_120, Actuator
from urdf.document import Joint, Link, Motion, write_urdf
from urdf.geometry import AXIS_X, AXIS_Y, AXIS_Z, Cylinder, Part, combine, tube, with_reflected_rotor
from urdf.tool import ALUMINIUM_KG_M3, tool_joints, tool_links

CFRP_KG_M3 = 1600.0
"""Carbon-fibre tube with 60 % fibre; common catalogue value."""
SPEED_CAP_RAD_S = 4.5
"""Joint speed that the arm is allowed, engineering choice: 258 deg/s. Over the furrow of a muscular
back, with the planner's skin 3 mm off, the wrist needs 3.8 rad/s. Arms of this size allow 100 to 180 deg/s at the
shoulder and up to 300 to 360 deg/s at the wrist of newer ones; these actuators could turn two to five times faster.
The speed of the tool has a limit of its own (``controller.safety.limits``)."""
SHOULDER_HEIGHT_M = 0.42
"""Height of the shoulder point over the base. It and the links come from a search over the eight bodies: higher than
the wrist, so that the elbow need not fold up for the near shoulder; links long enough for the far one."""
UPPER_ARM_M = 0.54
FOREARM_M = 0.48
WRIST_TO_FLANGE_M = 0.102
FOREARM_SIDE_M = -0.090
"""Where the forearm runs beside the upper arm, along the elbow axis: on the side that the tool seldom leans to."""
HOME_RAD = (0.0, 1.05, 0.0, 2.09, 0.0, 0.0, 0.0)
"""Elbow up, tool down and in the middle of the back, straight in front of the base."""
SHOULDER_FRICTION_NM = 0.3
WRIST_FRICTION_NM = 0.1
"""Coulomb friction left after 80 % compensation of 1.5 and 0.5 Nm: the acceptance scenario of the project. The
published back-drive torques (1.5 to 1.6 Nm, wrist 1.14 and 0.8 Nm) would leave 0.30 to 0.32, 0.23 and 0.16 Nm."""
WRIST_AXES = 3
STIFFNESS_NM_PER_RAD, WRIST_STIFFNESS_NM_PER_RAD, GEAR_DAMPING_RATIO = 14e3, 9e3, 0.05
"""Torsional stiffness of gear and bearing, and damping beside it (assumed: the actuators' manual gives neither; geared
arms of this size have 10 to 20 kNm/rad in the large joints). The actuators have an encoder at the output (their manual,
"dual encoder") and report torque from the motor's current."""

_PLATE_M = 0.012
_TURNTABLE_M = SHOULDER_HEIGHT_M - 0.080
_ROLL_M = 0.125
_WALL_M = 0.003


@dataclass(frozen=True, slots=True)
class Axis:
    """One actuated joint of the design.

    Attributes:
        actuator: what turns it.
        axis: unit axis in the joint frame.
        offset_m: origin of this joint frame in the previous one.
        range_rad: it turns this far to either side.
        friction_nm: Coulomb friction left after compensation.
        parts: what the joint carries up to the next joint, in this joint's frame.
    """

    actuator: Actuator
    axis: Vector3
    offset_m: Vector3
    range_rad: float
    friction_nm: float
    parts: tuple[Part, ...]


def _body(actuator: Actuator, center_m: Vector3, axis: Vector3) -> Cylinder:
    """Return an actuator as a solid cylinder of its published mass and size."""
    return Cylinder(center_m, axis, actuator.length_m, actuator.diameter_m / 2.0, actuator.mass_kg, color="actuator")


def _clamp(actuator: Actuator, center_m: Vector3, axis: Vector3) -> Cylinder:
    """Return the aluminium sleeve that holds an actuator over 70 % of its length."""
    radius = actuator.diameter_m / 2.0 + _WALL_M
    return tube(center_m, axis, 0.7 * actuator.length_m, radius, _WALL_M, ALUMINIUM_KG_M3)


def _rod(center_m: Vector3, axis: Vector3, length_m: float, radius_m: float) -> Cylinder:
    return tube(center_m, axis, length_m, radius_m, radius_m, ALUMINIUM_KG_M3)


def _along(start_m: float, end_m: float, x_m: float = 0.0, y_m: float = 0.0) -> Vector3:
    """Return the middle of a part that runs along z from ``start_m`` to ``end_m``."""
    return (x_m, y_m, 0.5 * (start_m + end_m))


def base_parts() -> tuple[Part, ...]:
    """Return the standing part: plate, column, first actuator and its housing."""
    top = _TURNTABLE_M - 0.012
    bottom = top - RMD_X8_120.length_m
    center = _along(bottom, top)
    return (
        _rod(_along(0.0, _PLATE_M), AXIS_Z, _PLATE_M, 0.070),
        tube(_along(_PLATE_M, bottom), AXIS_Z, bottom - _PLATE_M, 0.032, 0.006, ALUMINIUM_KG_M3),
        _body(RMD_X8_120, center, AXIS_Z),
        _clamp(RMD_X8_120, center, AXIS_Z),
    )


def _shoulder_yoke() -> tuple[Part, ...]:
    center = (0.0, 0.0, SHOULDER_HEIGHT_M - _TURNTABLE_M)
    return (
        _rod((0.0, 0.0, 0.0), AXIS_Z, 0.012, 0.040),
        _body(RMD_X8_120, center, AXIS_Y),
        _clamp(RMD_X8_120, center, AXIS_Y),
    )


def _shoulder_bracket() -> tuple[Part, ...]:
    middle = _along(0.0575, _ROLL_M)
    return (
        _rod((0.0, 0.045, 0.0), AXIS_Y, 0.014, 0.032),
        tube(_along(0.0, 0.105, y_m=0.052), AXIS_Z, 0.105, 0.016, _WALL_M, ALUMINIUM_KG_M3),
        _body(RMD_X6_60, middle, AXIS_Z),
        _clamp(RMD_X6_60, middle, AXIS_Z),
    )


def _upper_arm() -> tuple[Part, ...]:
    elbow = UPPER_ARM_M - _ROLL_M
    end = elbow - RMD_X6_60.diameter_m / 2.0
    return (
        _rod((0.0, 0.0, 0.005), AXIS_Z, 0.010, 0.032),
        tube(_along(0.01, end), AXIS_Z, end - 0.01, 0.030, 0.002, CFRP_KG_M3),
        _body(RMD_X6_60, (0.0, 0.0, elbow), AXIS_Y),
        _clamp(RMD_X6_60, (0.0, 0.0, elbow), AXIS_Y),
    )


def _forearm() -> tuple[Part, ...]:
    side = FOREARM_SIDE_M
    behind = (0.0, side, -0.062)
    end = FOREARM_M - 0.024
    belt_kg = 0.12  # 15 mm belt and two aluminium pulleys, assumed
    return (
        _rod((0.0, -0.050, 0.0), AXIS_Y, 0.030, 0.024),
        tube(_along(-0.034, end, y_m=side), AXIS_Z, end + 0.034, 0.025, 0.002, CFRP_KG_M3),
        Cylinder(_along(-0.062, FOREARM_M, y_m=side), AXIS_Z, FOREARM_M + 0.062, 0.015, belt_kg, 0.012),
        _body(RMD_X4_36, behind, AXIS_Y),
        _clamp(RMD_X4_36, behind, AXIS_Y),
        tube((0.0, side, FOREARM_M), AXIS_Y, 0.030, 0.024, 0.005, ALUMINIUM_KG_M3),
    )


def _wrist_pitch() -> tuple[Part, ...]:
    return (
        _rod((0.0, -0.055, 0.0), AXIS_Y, 0.050, 0.011),
        _body(RMD_X4_36, (0.0, 0.0, 0.0), AXIS_X),
        _clamp(RMD_X4_36, (0.0, 0.0, 0.0), AXIS_X),
    )


def _wrist_tilt() -> tuple[Part, ...]:
    return (
        _rod((0.0355, 0.0, 0.0), AXIS_X, 0.010, 0.018),
        tube(_along(0.0, 0.075, x_m=0.042), AXIS_Z, 0.075, 0.010, 0.002, ALUMINIUM_KG_M3),
        _body(RMD_X4_10, (0.0, 0.0, 0.063), AXIS_Z),
        _clamp(RMD_X4_10, (0.0, 0.0, 0.063), AXIS_Z),
    )


def _flange_plate() -> tuple[Part, ...]:
    return (_rod((0.0, 0.0, 0.005), AXIS_Z, 0.010, 0.025),)


def axes() -> tuple[Axis, ...]:
    """Return the seven axes from base to flange."""
    degree = math.pi / 180.0
    shoulder, wrist = SHOULDER_FRICTION_NM, WRIST_FRICTION_NM
    yoke = (0.0, 0.0, SHOULDER_HEIGHT_M - _TURNTABLE_M)
    return (
        Axis(RMD_X8_120, AXIS_Z, (0.0, 0.0, _TURNTABLE_M), 170 * degree, shoulder, _shoulder_yoke()),
        Axis(RMD_X8_120, AXIS_Y, yoke, 125 * degree, shoulder, _shoulder_bracket()),
        Axis(RMD_X6_60, AXIS_Z, (0.0, 0.0, _ROLL_M), 170 * degree, shoulder, _upper_arm()),
        Axis(RMD_X6_60, AXIS_Y, (0.0, 0.0, UPPER_ARM_M - _ROLL_M), 165 * degree, shoulder, _forearm()),
        Axis(RMD_X4_36, AXIS_Y, (0.0, 0.0, FOREARM_M), 165 * degree, wrist, _wrist_pitch()),
        Axis(RMD_X4_36, AXIS_X, (0.0, 0.0, 0.0), 100 * degree, wrist, _wrist_tilt()),
        Axis(RMD_X4_10, AXIS_Z, (0.0, 0.0, WRIST_TO_FLANGE_M - 0.010), 170 * degree, wrist, _flange_plate()),
    )


def _drive(actuator: Actuator, *, is_wrist: bool) -> JointDrive:
    stiffness = WRIST_STIFFNESS_NM_PER_RAD if is_wrist else STIFFNESS_NM_PER_RAD
    inertia = actuator.reflected_inertia_kg_m2
    return JointDrive(stiffness, GEAR_DAMPING_RATIO, inertia, True, Side.LINK, Side.MOTOR, is_known=True)


def servo7_urdf() -> str:
    """Return the URDF text of the arm with the thumb tool."""
    base = base_parts()
    links = [Link("base_link", combine(base), base, base[1:3])]
    joints: list[Joint] = []
    for number, axis in enumerate(axes(), start=1):
        parent, child = ("base_link" if number == 1 else f"link{number - 1}"), f"link{number}"
        body = with_reflected_rotor(combine(axis.parts), axis.axis, axis.actuator.reflected_inertia_kg_m2)
        speed = min(axis.actuator.rated_speed_rad_s, SPEED_CAP_RAD_S)
        drive = _drive(axis.actuator, is_wrist=number > len(axes()) - WRIST_AXES)
        motion = Motion(
            axis.axis, -axis.range_rad, axis.range_rad, axis.actuator.rated_torque_nm, speed, axis.friction_nm, drive
        )
        links.append(Link(child, body, axis.parts, axis.parts))
        joints.append(Joint(f"joint{number}", parent, child, axis.offset_m, (0.0, 0.0, 0.0), motion))
    turned = (0.0, 0.0, math.pi)  # at home, tool down, the tool's x axis then points where the base's does
    joints += tool_joints("link7", (0.0, 0.0, 0.010), turned)
    links += tool_links()
    comment = "Generated by python -m urdf.build from urdf/servo7.py; do not edit."
    return write_urdf("servo7", comment, tuple(links), tuple(joints))
