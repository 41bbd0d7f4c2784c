"""Arms for tests: the two shipped ones and a made-up one with six joints."""

from __future__ import annotations

import functools
from pathlib import Path

from controller.arm import Placement
from controller.robot import RobotModel
from urdf.arms import load_arm

PLACEMENT = Placement((0.3, -0.45, 0.05), (0.0, 0.0, 0.7071067811865476, 0.7071067811865476))
SIX_JOINT_URDF = Path(__file__).parent / "data" / "six_joints.urdf"


@functools.cache
def robot_named(name: str) -> RobotModel:
    """Return a robot model by arm name; ``six`` is the six-joint arm."""
    return RobotModel(load_arm(str(SIX_JOINT_URDF) if name == "six" else name), PLACEMENT)
