"""The Franka Panda as second arm: published kinematics and limits, identified link inertias, primitive shapes.

Kinematics: modified Denavit-Hartenberg parameters of the maker's documentation, the same as ``franka_panda/panda.urdf``
of pybullet_data (held to it by a test). Limits: "Franka Control Interface Documentation", robot limits (joint position,
torque 87 / 12 Nm, speed 2.175 / 2.61 rad/s). Link masses, centres of mass and inertias: Gaz, Cognetti, Oliva,
Robuffo Giordano, De Luca, "Dynamic Identification of the Franka Emika Panda Robot With Retrieval of Feasible Parameters
Using Penalty-Based Optimization", IEEE RA-L 4(4), 2019 (the file of pybullet_data has 0.1 kg m2 placeholders). The
rotors are not identified one by one there: the reflected rotor inertia is part of the numbers only as far as the
identification attributed it to the links. Shapes are our own: cylinders and spheres about the size of the real covers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.arm import JointDrive
from controller.types import Side, Vector3
from urdf.document import Joint, Link, Motion, Shape, write_urdf
from urdf.geometry import AXIS_Y, AXIS_Z, Cylinder, Inertial, Sphere
from urdf.tool import tool_joints, tool_links

HOME_RAD = (0.0, 0.3, 0.0, -2.0, 0.0, 2.3, 0.0)
"""Elbow up, tool down, in the middle of a back in front of the base."""
_FRICTION_NM = (0.3, 0.3, 0.3, 0.3, 0.1, 0.1, 0.1)
"""Coulomb friction left after 80 % compensation of 1.5 and 0.5 Nm: the acceptance scenario of the project."""
_DRIVE = JointDrive(14e3, 0.05, 0.03, False, Side.LINK, Side.LINK, is_known=True)
_WRIST_DRIVE = JointDrive(9e3, 0.05, 0.01, False, Side.LINK, Side.LINK, is_known=True)
"""Stiffness (assumed) of joint and torque sensor. The arm's own torque control feeds the joint torque sensors back,
which makes the rotors' inertia look smaller: a fifth of 0.15 and 0.05 kg m2 (assumed: rotors of 0.1 to 0.2 kg m2 are
used for this arm in public simulation models; a factor of 3 to 5 is what torque-sensing arms of this kind report)."""
_QUARTER = math.pi / 2.0


@dataclass(frozen=True, slots=True)
class _Stage:
    """One joint with the link it carries: placement in the parent, limits, identified link."""

    origin_m: Vector3
    roll_rad: float
    lower_rad: float
    upper_rad: float
    torque_nm: float
    speed_rad_s: float
    body: Inertial
    shapes: tuple[Shape, ...]


def _tube(center_m: Vector3, axis: Vector3, length_m: float, radius_m: float) -> Cylinder:
    """Return a shape without mass of its own; the identified inertia is the link's."""
    return Cylinder(center_m, axis, length_m, radius_m, 0.0)


def _ball(center_m: Vector3, radius_m: float) -> Sphere:
    return Sphere(center_m, radius_m, 0.0, color="shell")


_STAGES = (
    _Stage(
        (0.0, 0.0, 0.333),
        0.0,
        -2.8973,
        2.8973,
        87.0,
        2.175,
        Inertial(4.970684, (0.003875, 0.002081, -0.04762), (0.70337, 0.70661, 0.009117, -0.000139, 0.006772, 0.019169)),
        (_tube((0.0, 0.0, -0.0965), AXIS_Z, 0.193, 0.055), _tube((0.0, 0.0, 0.0), AXIS_Y, 0.13, 0.055)),
    ),
    _Stage(
        (0.0, 0.0, 0.0),
        -_QUARTER,
        -1.7628,
        1.7628,
        87.0,
        2.175,
        Inertial(
            0.646926, (-0.003141, -0.02872, 0.003495), (0.007962, 0.02811, 0.025995, -0.003925, 0.010254, 0.000704)
        ),
        (_tube((0.0, -0.10, 0.0), AXIS_Y, 0.20, 0.055), _ball((0.0, 0.0, 0.0), 0.055)),
    ),
    _Stage(
        (0.0, -0.316, 0.0),
        _QUARTER,
        -2.8973,
        2.8973,
        87.0,
        2.175,
        Inertial(
            3.228604, (0.027518, 0.039252, -0.066502), (0.037242, 0.036155, 0.01083, -0.004761, -0.011396, -0.012805)
        ),
        (_tube((0.0, 0.0, -0.06), AXIS_Z, 0.12, 0.055), _tube((0.0825, 0.0, 0.0), AXIS_Y, 0.12, 0.05)),
    ),
    _Stage(
        (0.0825, 0.0, 0.0),
        _QUARTER,
        -3.0718,
        -0.0698,
        87.0,
        2.175,
        Inertial(
            3.587895, (-0.05317, 0.104419, 0.027454), (0.025853, 0.019552, 0.028323, 0.007796, -0.001332, 0.008641)
        ),
        (_ball((0.0, 0.0, 0.0), 0.055), _tube((-0.0825, 0.10, 0.0), AXIS_Y, 0.16, 0.055)),
    ),
    _Stage(
        (-0.0825, 0.384, 0.0),
        -_QUARTER,
        -2.8973,
        2.8973,
        12.0,
        2.61,
        Inertial(
            1.225946, (-0.011953, 0.041065, -0.038437), (0.035549, 0.029474, 0.008627, -0.002117, -0.004037, 0.000229)
        ),
        (_tube((0.0, 0.03, -0.11), AXIS_Z, 0.22, 0.045), _tube((0.0, 0.0, 0.0), AXIS_Y, 0.12, 0.045)),
    ),
    _Stage(
        (0.0, 0.0, 0.0),
        _QUARTER,
        -0.0175,
        3.7525,
        12.0,
        2.61,
        Inertial(
            1.666555, (0.060149, -0.014117, -0.010517), (0.001964, 0.004354, 0.005433, 0.000109, -0.001158, 0.000341)
        ),
        (_ball((0.0, 0.0, 0.0), 0.045), _tube((0.088, 0.0, 0.0), AXIS_Y, 0.09, 0.045)),
    ),
    _Stage(
        (0.088, 0.0, 0.0),
        _QUARTER,
        -2.8973,
        2.8973,
        12.0,
        2.61,
        Inertial(
            0.735522, (0.010517, -0.004252, 0.061597), (0.012516, 0.010027, 0.004815, -0.000428, -0.001196, -0.000741)
        ),
        (_tube((0.0, 0.0, 0.0535), AXIS_Z, 0.107, 0.044),),
    ),
)


def panda_urdf() -> str:
    """Return the URDF text of the Panda with the thumb tool in place of the gripper."""
    column: tuple[Shape, ...] = (_tube((0.0, 0.0, 0.07), AXIS_Z, 0.14, 0.065),)
    base = Inertial(2.9, (0.0, 0.0, 0.05), (0.01, 0.01, 0.01, 0.0, 0.0, 0.0))  # never moves: mass of pybullet_data
    links = [Link("panda_link0", base, column, column)]
    joints: list[Joint] = []
    for number, (stage, friction) in enumerate(zip(_STAGES, _FRICTION_NM, strict=True), start=1):
        parent, child = f"panda_link{number - 1}", f"panda_link{number}"
        drive = _WRIST_DRIVE if number > len(_STAGES) - 3 else _DRIVE
        motion = Motion(AXIS_Z, stage.lower_rad, stage.upper_rad, stage.torque_nm, stage.speed_rad_s, friction, drive)
        links.append(Link(child, stage.body, stage.shapes, stage.shapes))
        joints.append(Joint(f"panda_joint{number}", parent, child, stage.origin_m, (stage.roll_rad, 0.0, 0.0), motion))
    joints += tool_joints("panda_link7", (0.0, 0.0, 0.107), (0.0, 0.0, 0.0))
    links += tool_links()
    comment = "Generated by python -m urdf.build from urdf/panda.py; do not edit."
    return write_urdf("panda", comment, tuple(links), tuple(joints))
